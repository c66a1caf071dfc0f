//! A client made of bytes: it can keep every rule, and break each of them.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use snapline_shared::frame::SNAPSHOT;
use snapline_shared::message::{ClientMessage, Hello, Notice, RosterChange, SUBPROTOCOL, ServerMessage, Welcome};
use snapline_shared::tick::Step;

/// Nothing that a test waits for takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// An HTTP answer: its head in lower case, and its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line == header)
    }
}

/// Sends a request as it stands and reads the answer until the server closes.
pub(crate) fn http(address: SocketAddr, request: &str) -> Answer {
    let mut stream = dial(address);
    let request = request.replace("\r\n\r\n", "\r\nConnection: close\r\nHost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the request leaves");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the answer comes");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

/// `GET path`.
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    http(address, &format!("GET {path} HTTP/1.1\r\n\r\n"))
}

/// The head of an upgrade that is right but for what is replaced in it.
pub(crate) fn upgrade(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat, {SUBPROTOCOL}\r\n\r\n"
    )
}

/// A connection on which nothing was said yet.
pub(crate) fn dial(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// A frame from the server.
pub(crate) struct Frame {
    opcode: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) const fn is_binary(&self) -> bool {
        self.opcode == BINARY
    }
}

/// A WebSocket as a client has it.
pub(crate) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
    pub(crate) head: String,
    pub(crate) welcome: Option<Welcome>,
    roster: BTreeMap<u16, String>,
    step: Step,
    pub(crate) snapshots: u64,
    pub(crate) acks: bool,
    pub(crate) pongs: bool,
}

impl Client {
    /// After the upgrade.
    pub(crate) fn open(address: SocketAddr, room: &str) -> Self {
        Self::open_with(address, upgrade(&format!("/play?room={room}")).as_bytes())
    }

    /// After the upgrade that `request` asks for.
    pub(crate) fn open_with(address: SocketAddr, request: &[u8]) -> Self {
        let mut stream = dial(address);
        stream.write_all(request).expect("the request leaves");
        let mut unread = Vec::new();
        let end = loop {
            if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let mut some = [0; 1024];
            let size = stream.read(&mut some).expect("the answer comes");
            assert!(size > 0, "closed without an answer");
            unread.extend_from_slice(&some[..size]);
        };
        let head = String::from_utf8_lossy(&unread[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        unread.drain(..end);
        let step = Step(0);
        Self {
            stream,
            unread,
            head,
            welcome: None,
            roster: BTreeMap::new(),
            step,
            snapshots: 0,
            acks: true,
            pongs: true,
        }
    }

    /// In the room: Hello said, Welcome heard.
    pub(crate) fn join(address: SocketAddr, room: &str, name: &str) -> Self {
        let mut client = Self::open(address, room);
        client.send(&hello(name));
        let until = Instant::now() + PATIENCE;
        while client.welcome.is_none() {
            client.handle_next(until).expect("Welcome comes");
        }
        client
    }

    /// Sends a binary message.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.send_raw(&frame(0x80 | BINARY, message));
    }

    /// Sends bytes as they stand. A server that has closed already is told apart by what is read.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Keeps the rules until `until`: acknowledges snapshots, answers pings. The close code and reason, should the server close.
    pub(crate) fn play(&mut self, until: Instant) -> Option<(u16, String)> {
        loop {
            match self.handle_next(until) {
                Ok(Some(close)) => return Some(close),
                Ok(None) => {}
                Err(ErrorKind::TimedOut) => return None,
                Err(kind) => panic!("the connection broke without a close frame: {kind:?}"),
            }
        }
    }

    /// Plays until the server closes and gives the code and reason.
    pub(crate) fn closed(&mut self) -> (u16, String) {
        self.play(Instant::now() + PATIENCE).expect("the server closes the connection")
    }

    /// Plays until a snapshot comes.
    pub(crate) fn next_snapshot(&mut self) {
        let (before, until) = (self.snapshots, Instant::now() + PATIENCE);
        while self.snapshots == before {
            let close = self.handle_next(until).expect("a snapshot comes");
            assert_eq!(close, None, "closed instead of a snapshot");
        }
    }

    /// Plays until the names of those who play, by seat, are as `is_so` wants them.
    pub(crate) fn sees(&mut self, is_so: impl Fn(&BTreeMap<u16, String>) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so(&self.roster) {
            let close = self.handle_next(until).unwrap_or_else(|_| panic!("not in time: {:?}", self.roster));
            assert_eq!(close, None, "closed instead of a notice");
        }
    }

    fn learn(&mut self, whole: bool, changes: Vec<RosterChange>) {
        if whole {
            self.roster.clear();
        }
        for change in changes {
            match change {
                RosterChange::Join { player, name, .. } => drop(self.roster.insert(player.0, name)),
                RosterChange::Leave { player } => drop(self.roster.remove(&player.0)),
                RosterChange::Away { .. } => {}
            }
        }
    }

    fn handle_next(&mut self, until: Instant) -> Result<Option<(u16, String)>, ErrorKind> {
        let Frame { opcode, payload } = self.next_frame(until)?;
        match opcode {
            BINARY if payload.first() == Some(&SNAPSHOT) => {
                self.step = self.step.nearest(payload[2].into(), 8);
                self.snapshots += 1;
                if self.acks {
                    self.send(&ClientMessage::bytes(&ClientMessage::Ack(self.step)));
                }
            }
            BINARY => match ServerMessage::decode(&payload) {
                Ok(ServerMessage::Welcome(welcome)) => {
                    self.step = Step(welcome.tick.0 / u32::from(welcome.ticks_per_step));
                    self.welcome = Some(welcome);
                }
                Ok(ServerMessage::Notice(Notice::Roster { whole, changes })) => self.learn(whole, changes),
                _ => {}
            },
            PING if self.pongs => self.send_raw(&frame(0x80 | PONG, &payload)),
            PING | PONG => {}
            CLOSE => {
                // As a browser does: answer, and read until the server has gone.
                self.send_raw(&frame(0x80 | CLOSE, &payload));
                let code = payload.first_chunk().map_or(1005, |&code| u16::from_be_bytes(code));
                let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
                assert!(self.next_frame(until).is_err(), "nothing follows a close frame");
                return Ok(Some((code, reason)));
            }
            other => panic!("a server does not send frames of type {other} (text is {TEXT})"),
        }
        Ok(None)
    }

    pub(crate) fn next_frame(&mut self, until: Instant) -> Result<Frame, ErrorKind> {
        loop {
            if let Some((frame, size)) = parse(&self.unread) {
                self.unread.drain(..size);
                return Ok(frame);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut);
            }
            self.stream.set_read_timeout(Some(left)).expect("a time-out");
            let mut some = [0; 4096];
            match self.stream.read(&mut some) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof),
                Ok(size) => self.unread.extend_from_slice(&some[..size]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut),
                Err(error) => return Err(error.kind()),
            }
        }
    }

    /// Resets the connection: no goodbye, and what is on its way is lost.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("a reset instead of an end");
    }

    /// The newest step seen.
    pub(crate) const fn step(&self) -> Step {
        self.step
    }
}

/// Bytes of messages of this game.
pub(crate) trait Bytes {
    fn bytes(&self) -> Vec<u8>;
}

impl Bytes for ClientMessage {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&[], &mut bytes);
        bytes
    }
}

pub(crate) fn hello(name: &str) -> Vec<u8> {
    ClientMessage::Hello(Hello { name: name.to_owned(), bot: true, ..Hello::default() }).bytes()
}

/// A masked frame with this first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len() as u64);
    bytes.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The head of a masked frame with a payload of `size` bytes.
pub(crate) fn head(first: u8, size: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match size {
        0..=125 => bytes.push(0x80 | size as u8),
        126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend((size as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend(size.to_be_bytes());
        }
    }
    bytes.extend([1, 2, 3, 4]);
    bytes
}

/// A whole frame of the server at the beginning of `bytes`, and its size.
fn parse(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    assert_eq!(first & 0xf0, 0x80, "a server neither fragments nor sets reserved bits");
    assert_eq!(second & 0x80, 0, "a server does not mask");
    let (size, from) = match second {
        126 => (u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?).into(), 4),
        127 => (usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?, 10),
        size => (size.into(), 2),
    };
    let payload = bytes.get(from..from + size)?.to_vec();
    Some((Frame { opcode: first & 0xf, payload }, from + size))
}

/// Another player, who must not notice anything.
pub(crate) struct Witness {
    snapshots: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    /// Joins and plays until it is dropped.
    pub(crate) fn join(address: SocketAddr, room: &str) -> Self {
        let mut client = Client::join(address, room, "witness");
        let (snapshots, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&snapshots), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let close = client.play(Instant::now() + Duration::from_millis(20));
                assert_eq!(close, None, "the witness was closed");
                count.store(client.snapshots, Ordering::Relaxed);
            }
        });
        Self { snapshots, stop, thread: Some(thread) }
    }

    /// Waits for some more snapshots: the room lives.
    pub(crate) fn sees_ticks(&self, after: &str) {
        let (from, start) = (self.snapshots.load(Ordering::Relaxed), Instant::now());
        while self.snapshots.load(Ordering::Relaxed) < from + 3 {
            assert!(start.elapsed() < Duration::from_secs(5), "the room stands still after: {after}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || !matches!(ended, Some(Err(_))), "the witness was disturbed");
    }
}
