//! One player's WebSocket as a tick thread holds it: never blocking, every error a close code.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use snapline_shared::message::{CLIENT_MESSAGE_BYTES_MAX, Close, SERVER_MESSAGE_BYTES_MAX};
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, error::ProtocolError};

/// Bytes read from one socket in one tick; also what ends a stream of empty fragments, which are no messages.
const READ_BYTES_PER_TICK_MAX: usize = 64 * 1024;
/// The kernel's send buffer (it doubles the number): what waits in it is stale.
const SEND_BUFFER_BYTES: usize = 32 * 1024;
/// Bytes that wait unsent in the kernel before it says would-block.
const NOTSENT_BYTES_MAX: u32 = 4 * 1024;
/// How long sent data may stay unacknowledged by the peer's kernel.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);

/// What there was to read.
pub(crate) enum Heard {
    /// A binary message.
    Message(Bytes),
    /// A ping (answered) or a pong.
    Control,
    /// Nothing until the next tick, or until the socket is announced.
    Nothing,
    /// More, but not in this tick.
    Later,
    /// The peer says goodbye (1000): it wants its seat no more.
    Left,
    /// The peer closes otherwise, or has broken a rule: what to answer.
    Over(Close),
    /// The connection is dead.
    Gone,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The kernel has all of it.
    Whole,
    /// The rest waits here: nothing may be written before `flush` says whole.
    Partly,
    /// The connection is dead.
    Gone,
}

impl Written {
    /// What came of this write and of `next`, which is done only after a whole one.
    pub(crate) fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        if self == Self::Whole { next() } else { self }
    }
}

/// A WebSocket, and the place it takes among all connections.
///
/// Reading and control frames are tungstenite's; binary frames are written past it, and only while nothing of it waits. What the kernel did not take
/// of them lies in the stream, before anything that tungstenite writes.
pub(crate) struct Socket {
    web: WebSocket<Stream>,
    place: OwnedSemaphorePermit,
    /// Whether tungstenite may have something to write: a pong.
    owes_pong: bool,
}

impl Socket {
    /// Takes over a connection that has been upgraded; of its stream nothing past a frame's end may have been read.
    pub(crate) fn new(stream: std::net::TcpStream, place: OwnedSemaphorePermit) -> Self {
        tune(&stream);
        let stream = Stream::new(TcpStream::from_std(stream));
        Self { web: WebSocket::from_raw_socket(stream, Role::Server, Some(config())), place, owes_pong: false }
    }

    /// Announces reads under `token`, edge-triggered.
    ///
    /// # Errors
    /// When the system does not take it.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.web.get_mut().tcp.register(registry, token, Interest::READABLE)
    }

    /// Undoes `register`.
    pub(crate) fn deregister(&mut self, registry: &Registry) {
        // Fails only when it is not registered.
        let _ = self.web.get_mut().tcp.deregister(registry);
    }

    /// There is or may be something to read: the allowance of bytes is whole again. `is_ending`: the kernel has announced that the peer closes; a socket
    /// that is asked at every tick needs no such word, its next read gives the end. Gives the bytes read since the last call.
    pub(crate) fn refill(&mut self, is_ending: bool) -> u64 {
        let stream = self.web.get_mut();
        let before = std::mem::replace(&mut stream.read_bytes_left, READ_BYTES_PER_TICK_MAX);
        stream.is_drained = false;
        stream.is_ending |= is_ending;
        (READ_BYTES_PER_TICK_MAX - before) as u64
    }

    /// Bytes written since the last call.
    pub(crate) fn take_written(&mut self) -> u64 {
        std::mem::take(&mut self.web.get_mut().bytes_out).into()
    }

    /// Whether the last write has not come to its end.
    pub(crate) fn is_blocked(&self) -> bool {
        self.web.get_ref().is_blocked
    }

    /// The next thing the peer sent.
    pub(crate) fn read(&mut self) -> Heard {
        match self.web.read() {
            Ok(Message::Binary(bytes)) => Heard::Message(bytes),
            Ok(Message::Ping(_)) => {
                self.owes_pong = true;
                Heard::Control
            }
            Ok(Message::Pong(_)) => Heard::Control,
            Ok(Message::Close(Some(frame))) if frame.code == CloseCode::Normal => Heard::Left,
            Ok(Message::Close(frame)) => Heard::Over(answer_to(frame.as_ref())),
            Ok(Message::Text(_) | Message::Frame(_)) => Heard::Over(Close::BinaryOnly),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                if self.web.get_ref().read_bytes_left == 0 { Heard::Later } else { Heard::Nothing }
            }
            Err(error) => violation(&error).map_or(Heard::Gone, Heard::Over),
        }
    }

    /// Writes what earlier writes left; costs nothing when nothing is left.
    pub(crate) fn flush(&mut self) -> Written {
        if !self.owes_pong && !self.is_blocked() {
            return Written::Whole;
        }
        let written = written(self.web.flush());
        self.owes_pong &= written != Written::Whole;
        written
    }

    /// Writes whole frames; only after `flush` has said whole.
    pub(crate) fn send(&mut self, frames: &[u8]) -> Written {
        self.web.get_mut().send(frames)
    }

    /// Writes a ping; only after `flush` has said whole.
    pub(crate) fn ping(&mut self) -> Written {
        written(self.web.send(Message::Ping(Bytes::new())))
    }

    /// Makes it a connection that says goodbye with `close` and then waits for the peer to go.
    pub(crate) fn into_parting(self, close: &Close) -> Parting {
        let Self { web, place, .. } = self;
        // Between two frames a fresh state says our own words; within one, the rest must go out first.
        let mut web = if web.get_ref().is_blocked {
            web
        } else {
            WebSocket::from_raw_socket(web.into_inner(), Role::Server, Some(config()))
        };
        let frame = CloseFrame { code: CloseCode::from(close.code()), reason: close.reason().into() };
        // Queued in any case; what is left is flushed.
        let _ = web.close(Some(frame));
        Parting { web, _place: place }
    }
}

/// A connection on its way out.
pub(crate) struct Parting {
    web: WebSocket<Stream>,
    _place: OwnedSemaphorePermit,
}

impl Parting {
    /// Goes on writing the close frame; true when it is out or never will be.
    pub(crate) fn is_said(&mut self) -> bool {
        written(self.web.flush()) != Written::Partly
    }

    /// Nothing more will be written.
    pub(crate) fn shut(&self) {
        let _ = self.web.get_ref().tcp.shutdown(Shutdown::Write);
    }

    /// Throws away what arrives; true when the peer has gone. Unread bytes would make the kernel reset the connection and destroy the close frame.
    pub(crate) fn is_over(&mut self) -> bool {
        let mut waste = [0; 4096];
        for _ in 0..16 {
            match self.web.get_mut().tcp.read(&mut waste) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
        false
    }
}

/// The limits under which players' messages are read, here and before Hello.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        // Several of a client's messages. It is a connection's largest piece of memory, and tungstenite clears it before every read.
        .read_buffer_size(1024)
        .write_buffer_size(0)
        // One message, which is written only into an empty buffer, and a control frame beside it.
        .max_write_buffer_size(SERVER_MESSAGE_BYTES_MAX + 1024)
        .max_message_size(Some(CLIENT_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(CLIENT_MESSAGE_BYTES_MAX))
}

/// The close code for an error of reading; none: the connection is dead.
pub(crate) fn violation(error: &Error) -> Option<Close> {
    match error {
        Error::Capacity(_) => Some(Close::TooBig),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        // Bad UTF-8 stands in a close frame's reason or in a text frame: broken either way.
        Error::Protocol(_) | Error::Utf8(_) => Some(Close::ProtocolError),
        _ => None,
    }
}

/// What to answer to a peer's close frame: goodbye, unless its code is one that must not travel (tungstenite replaces those).
pub(crate) fn answer_to(frame: Option<&CloseFrame>) -> Close {
    match frame {
        Some(frame) if frame.code == CloseCode::Protocol => Close::ProtocolError,
        _ => Close::Bye,
    }
}

fn written(result: Result<(), Error>) -> Written {
    match result {
        Ok(()) => Written::Whole,
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Written::Partly,
        Err(_) => Written::Gone,
    }
}

/// Small buffers and no Nagle: what waits in the kernel is stale. All of it is a backstop, so a refusal by the system changes nothing here.
fn tune(stream: &std::net::TcpStream) {
    let socket = socket2::SockRef::from(stream);
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let _ = socket.set_tcp_notsent_lowat(NOTSENT_BYTES_MAX);
    let _ = socket.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT));
}

/// A TCP stream that gives only so many bytes a tick, does not ask the kernel for what cannot be there, and finishes what it has begun to write.
struct Stream {
    tcp: TcpStream,
    read_bytes_left: usize,
    /// Whether the last read emptied the kernel's buffer: what comes after that is announced anew, or read at the next tick.
    is_drained: bool,
    /// Whether the end has been announced: it is not announced again, so it must be read.
    is_ending: bool,
    is_blocked: bool,
    /// What the kernel did not take of a binary frame.
    rest: Vec<u8>,
    bytes_out: u32,
}

impl Stream {
    const fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            read_bytes_left: READ_BYTES_PER_TICK_MAX,
            is_drained: false,
            is_ending: false,
            is_blocked: false,
            rest: Vec::new(),
            bytes_out: 0,
        }
    }

    /// Writes frames of ours; nothing may be waiting.
    fn send(&mut self, frames: &[u8]) -> Written {
        debug_assert!(!self.is_blocked && self.rest.is_empty(), "a frame within another");
        let size = match self.write_some(frames) {
            Ok(size) => size,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return Written::Gone,
        };
        if size == frames.len() {
            return Written::Whole;
        }
        self.rest = frames[size..].to_vec();
        Written::Partly
    }

    fn write_rest(&mut self) -> io::Result<()> {
        while !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            let result = self.write_some(&rest);
            self.rest = rest;
            match result? {
                0 => return Err(io::ErrorKind::ConnectionReset.into()),
                size => drop(self.rest.drain(..size)),
            }
        }
        // Its memory goes too: few connections ever need it.
        self.rest = Vec::new();
        Ok(())
    }

    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = retry_on_intr(|| send(&self.tcp, bytes, SendFlags::NOSIGNAL)).map_err(io::Error::from);
        self.is_blocked = !matches!(result, Ok(size) if size == bytes.len());
        self.bytes_out = self.bytes_out.saturating_add(result.as_ref().map_or(0, |&size| size as u32));
        result
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read_bytes_left == 0 || self.is_drained {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let most = buffer.len().min(self.read_bytes_left);
        let (_, size) = recv(&self.tcp, &mut buffer[..most], RecvFlags::empty())?;
        self.read_bytes_left -= size;
        self.is_drained = size < most && !self.is_ending;
        Ok(size)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_rest()?;
        self.write_some(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_rest()
    }
}
