//! After the upgrade: Hello, under a time limit, then the stream leaves tokio for its room's tick thread.

use std::io;
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use snapline_shared::message::{ClientMessage, Close, Hello};
use snapline_shared::tick::{Step, Tick};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::host::{Joining, answer_to, socket_config, violation};

use super::{Gate, Visitor};

/// Pings and pongs that a client may send before Hello.
const CONTROLS_MAX: usize = 16;

/// A connection whose upgrade has been answered.
pub(super) struct Upgrade {
    pub(super) upgrading: OnUpgrade,
    /// The room asked for, or why the connection ends at once.
    pub(super) room: Result<String, Close>,
    pub(super) place: OwnedSemaphorePermit,
    pub(super) visitor: Visitor,
}

/// Waits for Hello and hands the connection over, or says goodbye.
pub(super) async fn greet(gate: Arc<Gate>, upgrade: Upgrade) {
    let Upgrade { upgrading, room, place, visitor } = upgrade;
    let _pending = gate.host.meters().pending();
    // What the upgraded stream is, `accept` decides: plain TCP. Without it the peer has gone in the meantime.
    let Ok(Ok(upgraded)) = timeout(gate.hello_timeout, upgrading).await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
    let (stream, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
    let mut web = WebSocketStream::from_partially_read(stream, read, Role::Server, Some(socket_config())).await;
    let heard = match &room {
        Ok(_) => hear(&gate, &mut web).await,
        Err(close) => Err(Some(close.clone())),
    };
    // Leaves the reactor and stays non-blocking.
    let stream: io::Result<std::net::TcpStream> = web.into_inner().into_std();
    match (heard, room, stream) {
        (Ok(hello), Ok(room), Ok(stream)) => {
            gate.host.meters().handshake("ok");
            gate.host.join(Joining { room, hello, stream, place });
        }
        (Err(Some(close)), _, Ok(stream)) => gate.host.refuse(stream, place, &close),
        _ => gate.host.meters().handshake("gone"),
    }
    drop(visitor.place);
}

/// Hello, or what to close with; nothing when the connection is dead.
async fn hear(gate: &Gate, web: &mut WebSocketStream<TcpStream>) -> Result<Hello, Option<Close>> {
    let mut stopping = gate.host.stopping();
    let hello = tokio::select! {
        hello = timeout(gate.hello_timeout, read_hello(web)) => hello.unwrap_or(Err(Some(Close::HelloTimeout)))?,
        _ = stopping.wait_for(|stops| *stops) => return Err(Some(Close::Restart)),
    };
    // What has been read past Hello would be lost with `web`; there may be nothing but control frames.
    for _ in 0..CONTROLS_MAX {
        match web.next().now_or_never() {
            None => return Ok(hello),
            Some(None) => return Err(None),
            Some(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Some(Some(Err(error))) => return Err(violation(&error)),
            Some(Some(Ok(Message::Close(frame)))) => return Err(Some(answer_to(frame.as_ref()))),
            Some(Some(Ok(_))) => return Err(Some(Close::BadMessage("a message between Hello and Welcome"))),
        }
    }
    Err(Some(Close::BadMessage("too much between Hello and Welcome")))
}

async fn read_hello(web: &mut WebSocketStream<TcpStream>) -> Result<Hello, Option<Close>> {
    for _ in 0..CONTROLS_MAX {
        let message: Result<Message, Error> = web.next().await.ok_or(None)?;
        match message {
            Ok(Message::Binary(bytes)) => return decode(&bytes).map_err(Some),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            Ok(Message::Close(frame)) => return Err(Some(answer_to(frame.as_ref()))),
            Ok(Message::Text(_) | Message::Frame(_)) => return Err(Some(Close::BinaryOnly)),
            Err(error) => return Err(violation(&error)),
        }
    }
    Err(Some(Close::BadMessage("no Hello, only control frames")))
}

fn decode(bytes: &[u8]) -> Result<Hello, Close> {
    match ClientMessage::decode(bytes, &[], Tick(0), Step(0)) {
        Ok(ClientMessage::Hello(hello)) => Ok(hello),
        Ok(_) => Err(Close::BadMessage("a message before Hello")),
        Err(error) => Err(Close::BadMessage(error.0)),
    }
}
