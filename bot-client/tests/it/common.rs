//! A server of a few lines: `/schema.json`, and sockets that do what a test says.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use snapline_bots::Options;
use snapline_shared::message::{ClientMessage, Hello, SUBPROTOCOL};
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Upgrade, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

wire! {
    pub(crate) struct Input { heading: u8 => Snap Uint { bits: 8 }, fast: bool => Snap Uint { bits: 1 } }
}

/// A game without rows.
pub(crate) fn schema() -> Schema {
    Schema {
        game: "nothing".into(),
        entities: [].as_slice().into(),
        events: [].as_slice().into(),
        requests: [].as_slice().into(),
        input: Input::KIND,
        own: <()>::KIND,
        tables: "".into(),
    }
}

/// Options for `bots` bots and a second of play against `address`.
pub(crate) fn options(address: SocketAddr, bots: u32) -> Options {
    Options { bots, seconds: 1, ..Options::new(&format!("ws://{address}/play")) }
}

/// One bot's socket, seen from the server.
pub(crate) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    /// The next message of the bot, or the code of its close frame; 1006 without one.
    pub(crate) async fn next(&mut self) -> Result<ClientMessage, u16> {
        let mut code = 1006;
        loop {
            match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    let message = ClientMessage::decode(&bytes, &Input::KIND.layout(), Tick(100), Step(50));
                    return Ok(message.expect("bots speak the protocol"));
                }
                Some(Ok(Message::Close(frame))) => code = frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(code),
            }
        }
    }

    pub(crate) async fn hello(&mut self) -> Hello {
        match self.next().await {
            Ok(ClientMessage::Hello(hello)) => hello,
            other => panic!("the first message is {other:?}"),
        }
    }

    /// Reads to the end, and gives the code of the close frame.
    pub(crate) async fn goodbye(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        // The bot may be gone already.
        let _ = self.0.send(message).await;
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) {
        let _ = self.0.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

/// Serves until the test ends: `serve` gets each socket with its number, in order of arrival.
pub(crate) async fn server<F>(json: Vec<u8>, serve: impl Fn(u32, Peer) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut start = [0; 9];
            while stream.peek(&mut start).await.is_ok_and(|read| read > 0 && read < start.len()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if &start == b"GET /play" {
                // The form of the error is the library's.
                #[allow(clippy::result_large_err)]
                let agree = |_: &Upgrade, mut response: Response| -> Result<Response, ErrorResponse> {
                    let protocol = HeaderValue::from_static(SUBPROTOCOL);
                    response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
                    Ok(response)
                };
                let socket = accept_hdr_async(stream, agree).await.expect("bots open WebSockets");
                tokio::spawn(serve(number, Peer(socket)));
                number += 1;
            } else {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", json.len());
                let _ = stream.write_all(&[head.as_bytes(), &json].concat()).await;
            }
        }
    });
    address
}
