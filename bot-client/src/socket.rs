//! The WebSocket of a bot: how it is opened, and what its ends mean.

use snapline_shared::message::{Close, SERVER_MESSAGE_BYTES_MAX, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::bot::{End, Shared};

/// Read buffers are made at once for every bot; snapshots are some hundred bytes.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// An input is some ten bytes; messages of one update go out in one write.
const WRITE_BUFFER_BYTES: usize = 1024;
/// A TCP end without a close frame, as browsers number it.
pub(crate) const CODE_NO_CLOSE: u16 = 1006;
/// A close frame without a code, as browsers number it.
const CODE_NONE: u16 = 1005;

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Opens the socket of bot `number`. The error says in words how far it came.
pub(crate) async fn connect(shared: &Shared, number: u32) -> Result<Socket, String> {
    let stream = TcpStream::connect(shared.address).await.map_err(|error| format!("no connection: {error}"))?;
    // An input that waits for the ack of the one before is a late input.
    stream.set_nodelay(true).map_err(|error| format!("no connection: {error}"))?;
    let request = ClientRequestBuilder::new(shared.uri(number)).with_sub_protocol(SUBPROTOCOL);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(8 * WRITE_BUFFER_BYTES)
        .max_message_size(Some(SERVER_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(SERVER_MESSAGE_BYTES_MAX));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(format!("no WebSocket: HTTP {}", answer.status())),
        Err(error) => Err(format!("no WebSocket: {error}")),
    }
}

/// The end of a socket by this close frame of the server.
pub(crate) fn dropped(frame: Option<CloseFrame>) -> End {
    match frame {
        Some(CloseFrame { code, reason }) => End::Dropped(code.into(), reason.to_string()),
        None => End::Dropped(CODE_NONE, "without a reason".to_owned()),
    }
}

/// The end of a socket by this error: the code that a browser would show, where there is one.
pub(crate) fn broken(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Undecodable(error.to_string(), Close::TooBig),
        Error::Io(_)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => {
            End::Dropped(CODE_NO_CLOSE, error.to_string())
        }
        _ => End::Undecodable(error.to_string(), Close::ProtocolError),
    }
}
