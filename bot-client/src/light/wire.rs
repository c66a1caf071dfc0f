//! The socket of one light bot, from its connection to its end; never blocking.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use snapline_shared::message::{Close, SUBPROTOCOL};
use tokio_tungstenite::tungstenite::HandshakeError;
use tokio_tungstenite::tungstenite::client::{ClientRequestBuilder, client_with_config};
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::MidHandshake;
use tokio_tungstenite::tungstenite::handshake::client::ClientHandshake;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::framing::{self, Frame, Wrong};

/// Bytes that may wait for a server that does not read; then inputs are left out.
const WAITING_BYTES_MAX: usize = 8 * 1024;

/// How far a socket has come.
#[derive(Debug)]
enum Stage {
    Connecting(TcpStream),
    Shaking(MidHandshake<ClientHandshake<TcpStream>>),
    Open(TcpStream),
    Gone,
}

/// Why a socket does not open.
pub(super) type Unopened = String;

/// A WebSocket on its way or open.
#[derive(Debug)]
pub(super) struct Wire {
    stage: Stage,
    /// Of a frame that has come in part.
    tail: Vec<u8>,
    waiting: Vec<u8>,
}

/// What reading ended with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing more for now.
    Dry,
    /// The connection is dead; in words.
    Broken(String),
}

impl Wire {
    /// Begins to connect.
    pub(super) fn connect(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stage: Stage::Connecting(stream), tail: Vec::new(), waiting: Vec::new() })
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    /// Goes on opening, by `uri` or (none) without a handshake; true once it is open.
    pub(super) fn open(&mut self, uri: Option<&Uri>) -> Result<bool, Unopened> {
        let result = match std::mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Connecting(stream) => {
                if let Ok(Some(error)) | Err(error) = stream.take_error() {
                    return Err(format!("no connection: {error}"));
                }
                if stream.peer_addr().is_err_and(|error| error.kind() == io::ErrorKind::NotConnected) {
                    self.stage = Stage::Connecting(stream);
                    return Ok(false);
                }
                // An input that waits for the ack of the one before is a late input.
                stream.set_nodelay(true).map_err(|error| format!("no connection: {error}"))?;
                let Some(uri) = uri else {
                    self.stage = Stage::Open(stream);
                    return Ok(true);
                };
                let request = ClientRequestBuilder::new(uri.clone()).with_sub_protocol(SUBPROTOCOL);
                let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
                client_with_config(request, stream, Some(config))
            }
            Stage::Shaking(shaking) => shaking.handshake(),
            stage => {
                self.stage = stage;
                return Ok(self.is_open());
            }
        };
        match result {
            // The server is silent until Hello, so nothing that was read is lost with the library's buffer.
            Ok((socket, _)) => self.stage = Stage::Open(socket.into_inner()),
            Err(HandshakeError::Interrupted(shaking)) => self.stage = Stage::Shaking(shaking),
            Err(HandshakeError::Failure(Error::Http(answer))) => {
                return Err(format!("no WebSocket: HTTP {}", answer.status()));
            }
            Err(HandshakeError::Failure(error)) => return Err(format!("no WebSocket: {error}")),
        }
        Ok(self.is_open())
    }

    /// From now on only what arrives is of interest.
    pub(super) fn listen(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match &mut self.stage {
            Stage::Open(stream) => registry.reregister(stream, token, Interest::READABLE),
            _ => Ok(()),
        }
    }

    /// Reads what has arrived by way of `buffer` and gives each frame to `each`, which ends the reading with an error.
    pub(super) fn read<E: From<Wrong>>(
        &mut self,
        buffer: &mut [u8],
        mut each: impl FnMut(&mut Vec<u8>, Frame<'_>) -> Result<(), E>,
    ) -> Result<Ended, E> {
        let Self { stage: Stage::Open(stream), tail, waiting } = self else { return Ok(Ended::Dry) };
        loop {
            let size = match stream.read(buffer) {
                Ok(0) => return Ok(Ended::Broken("the connection ended".to_owned())),
                Ok(size) => size,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Ended::Dry),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Ended::Broken(error.to_string())),
            };
            let was_empty = tail.is_empty();
            if !was_empty {
                tail.extend_from_slice(&buffer[..size]);
            }
            let bytes = if was_empty { &buffer[..size] } else { tail.as_slice() };
            let mut at = 0;
            while let Some((frame, length)) = framing::next(&bytes[at..])? {
                each(waiting, frame)?;
                at += length;
            }
            if was_empty {
                tail.extend_from_slice(&buffer[at..size]);
            } else {
                tail.drain(..at);
            }
            // Less than was asked for: there is no more, and the next arrival is announced.
            if size < buffer.len() {
                return Ok(Ended::Dry);
            }
        }
    }

    /// Whether so much waits to be written that nothing should be added.
    pub(super) fn is_clogged(&self) -> bool {
        self.waiting.len() > WAITING_BYTES_MAX
    }

    /// Queues a frame; `flush` writes it.
    pub(super) fn put(&mut self, opcode: u8, key: u32, write: impl FnOnce(&mut Vec<u8>)) {
        framing::put(opcode, key, &mut self.waiting, write);
    }

    /// Queues goodbye.
    pub(super) fn put_close(&mut self, key: u32, close: &Close, words: &str) {
        self.put(framing::CLOSE, key, |out| {
            out.extend(close.code().to_be_bytes());
            out.extend(snapline_shared::message::cut(words, 123).as_bytes());
        });
    }

    /// Writes what waits; the bytes written, or why the connection is dead.
    pub(super) fn flush(&mut self) -> Result<usize, String> {
        let Stage::Open(stream) = &mut self.stage else { return Ok(0) };
        let mut written = 0;
        while written < self.waiting.len() {
            match stream.write(&self.waiting[written..]) {
                Ok(size) => written += size,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        self.waiting.drain(..written);
        Ok(written)
    }
}
