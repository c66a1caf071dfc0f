//! A server without a game: at each tick one `recv` and one `send` for every client, of messages as large as a game's, and nothing else. What it takes
//! is the kernel's; what a game's server takes more is its own. `bot-client --floor` drives it.
//!
//! There is no HTTP, no poll and no room: a connection is a client at once.

// A server's shell, all of it.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use snapline_shared::frame::FrameHead;
use snapline_shared::ids::PlayerId;
use snapline_shared::message::{ServerMessage, Welcome};
use snapline_shared::tick::{Step, Tick};

/// Connections at once; each takes a descriptor.
const CLIENTS_MAX: usize = 18_000;
/// Bytes read from one client in a tick.
const READ_BYTES: usize = 4096;
/// Where the first tick of an Input stands: after header, mask, type, and three bits of counts.
const INPUT_HEAD_BYTES: usize = 10;

/// A server without a game: what the kernel takes for so many messages of this size.
#[derive(Debug, Parser)]
struct Args {
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// Ticks a second
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u16).range(1..=240))]
    hz: u16,
    /// Payload bytes of a snapshot
    #[arg(long, default_value = "200", value_parser = clap::value_parser!(u16).range(10..=60_000))]
    out_bytes: u16,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {}: {error}", args.listen);
            ExitCode::FAILURE
        }
    }
}

struct Client {
    stream: TcpStream,
    /// Newest tick of its inputs.
    input: Option<Tick>,
}

fn serve(args: &Args) -> io::Result<()> {
    let listener = TcpListener::bind(args.listen)?;
    listener.set_nonblocking(true)?;
    println!("floor: {} Hz, {} bytes, on {}", args.hz, args.out_bytes, listener.local_addr()?);
    let period = Duration::from_secs(1) / u32::from(args.hz);
    let mut clients: Vec<Client> = Vec::new();
    let (mut buffer, mut frame) = (vec![0; READ_BYTES], Vec::new());
    let mut deadline = Instant::now();
    for tick in (1u32..).map(Tick) {
        deadline += period;
        let now = Instant::now();
        // What a tick has lost is lost: it begins anew from here.
        deadline = deadline.max(now - period);
        std::thread::sleep(deadline.saturating_duration_since(now));
        accept(&listener, tick, args.hz, &mut clients)?;
        clients.retain_mut(|client| {
            client.read(&mut buffer, tick) && client.send(tick, args.out_bytes.into(), &mut frame)
        });
    }
    Ok(())
}

fn accept(listener: &TcpListener, tick: Tick, hz: u16, clients: &mut Vec<Client>) -> io::Result<()> {
    while clients.len() < CLIENTS_MAX {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            // The peer has gone again, or there are no descriptors: the others play on.
            Err(error) => {
                eprintln!("floor: a connection is not taken: {error}");
                return Ok(());
            }
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let player = PlayerId(clients.len() as u16);
        let welcome = Welcome { epoch: 1, tick, tick_hz: hz, ticks_per_step: 1, player, ..Welcome::default() };
        let mut message = Vec::new();
        ServerMessage::Welcome(Welcome { game: "floor".to_owned(), ..welcome }).encode(&mut message);
        let mut client = Client { stream, input: None };
        let mut frame = vec![0x82, message.len() as u8];
        frame.extend(&message);
        if client.write(&frame) {
            clients.push(client);
        }
    }
    Ok(())
}

impl Client {
    /// Reads once; false when the client is gone or says goodbye.
    fn read(&mut self, buffer: &mut [u8], now: Tick) -> bool {
        match self.stream.read(buffer) {
            Ok(0) => false,
            Ok(size) => {
                let bytes = &buffer[..size];
                if bytes[0] == 0x88 {
                    return false;
                }
                // The newest frame is the last; frames of one client have one size.
                if let Some(frame) = bytes.get(..INPUT_HEAD_BYTES).filter(|frame| frame[1] & 0x7f < 126) {
                    let length = 6 + usize::from(frame[1] & 0x7f);
                    let last = &bytes[(size - 1) / length * length..];
                    self.input = first_tick(last, now).or(self.input);
                }
                true
            }
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }

    fn send(&mut self, tick: Tick, out_bytes: usize, frame: &mut Vec<u8>) -> bool {
        frame.clear();
        frame.push(0x82);
        if out_bytes < 126 {
            frame.push(out_bytes as u8);
        } else {
            frame.push(126);
            frame.extend((out_bytes as u16).to_be_bytes());
        }
        let header = frame.len();
        FrameHead::write_empty(Step(tick.0), self.input.map(|tick| tick.0 as u8), 0, frame);
        frame.resize(header + out_bytes, 0);
        self.write(frame)
    }

    /// Writes all or nothing; false when the client is gone. One that does not read is gone: half a frame cannot be taken back.
    fn write(&mut self, bytes: &[u8]) -> bool {
        match self.stream.write(bytes) {
            Ok(size) => size == bytes.len(),
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// The tick of the input in a client's short frame.
fn first_tick(frame: &[u8], now: Tick) -> Option<Tick> {
    let (mask, payload) = (frame.get(2..6)?, frame.get(6..10)?);
    let bytes: [u8; 4] = std::array::from_fn(|i| payload[i] ^ mask[i]);
    // Type (8 bits), count (2), whether an ack follows (1), then 16 bits of the tick.
    (bytes[0] == 2).then(|| now.nearest(u32::from_le_bytes(bytes) >> 11 & 0xffff, 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::message::{ClientMessage, InputMessage};
    use snapline_shared::quant::WordSpec;

    #[test]
    fn the_tick_of_an_input_is_found() {
        let layout = vec![WordSpec { bits: 8, modulus: 256 }; 15];
        for tick in [70_000, 65_535, 3] {
            let message = InputMessage { first: Tick(tick), count: 1, words: vec![9; 15], ack: None };
            let mut payload = Vec::new();
            ClientMessage::Input(message).encode(&layout, &mut payload);
            let mask = [1, 2, 3, 4];
            let masked = payload.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]);
            let frame: Vec<u8> = [0x82, 0x80 | payload.len() as u8].into_iter().chain(mask).chain(masked).collect();
            assert_eq!(first_tick(&frame, Tick(tick + 2)), Some(Tick(tick)));
        }
        assert_eq!(first_tick(&[0x82, 0x80, 0, 0, 0, 0], Tick(0)), None);
    }
}
