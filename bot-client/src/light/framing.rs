//! WebSocket frames as a client without a library reads and writes them: one message a frame, as the protocol has it. Trusts nothing.

use snapline_shared::message::{Close, SERVER_MESSAGE_BYTES_MAX};

const FIN: u8 = 0x80;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const CONTROL_BYTES_MAX: usize = 125;
/// Bytes that a client's frame has before its payload, at most: its own messages are short.
const HEADER_BYTES_MAX: usize = 8;

const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// What a frame of the server is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    Message(&'a [u8]),
    Ping(&'a [u8]),
    Pong,
    /// Its code (1005 without one) and reason.
    Close(u16, String),
}

/// Why a frame cannot be used, and what to answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str, pub(super) Close);

const fn broken(words: &'static str) -> Wrong {
    Wrong(words, Close::ProtocolError)
}

/// The frame at the beginning of `bytes` and its length; none while it is not all there.
pub(super) fn next(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Wrong> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    if second & MASKED != 0 {
        return Err(broken("a masked frame of the server"));
    }
    let (opcode, short) = (first & OPCODE, usize::from(second));
    if first & !OPCODE != FIN {
        return Err(broken("a message in fragments, or reserved bits"));
    }
    match opcode {
        BINARY | PING | PONG | CLOSE => {}
        TEXT => return Err(Wrong("the server sent a text frame", Close::BinaryOnly)),
        0 => return Err(broken("a message in fragments")),
        _ => return Err(broken("a frame of an unknown kind")),
    }
    let (header, length) = match short {
        126 => match rest {
            &[high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            _ => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(&eight) => (10, usize::try_from(u64::from_be_bytes(eight)).unwrap_or(usize::MAX)),
            None => return Ok(None),
        },
        _ => (2, short),
    };
    if opcode >= CLOSE && short > CONTROL_BYTES_MAX {
        return Err(broken("a control frame of more than 125 bytes"));
    }
    if length > SERVER_MESSAGE_BYTES_MAX {
        return Err(Wrong("the message is larger than 256 KiB", Close::TooBig));
    }
    let Some(payload) = bytes.get(header..header + length) else { return Ok(None) };
    let frame = match opcode {
        BINARY => Frame::Message(payload),
        PING => Frame::Ping(payload),
        PONG => Frame::Pong,
        _ => match payload {
            [] => Frame::Close(1005, "without a reason".to_owned()),
            [_] => return Err(broken("a close frame of one byte")),
            &[high, low, ref reason @ ..] => {
                Frame::Close(u16::from_be_bytes([high, low]), String::from_utf8_lossy(reason).into_owned())
            }
        },
    };
    Ok(Some((frame, header + length)))
}

/// Appends a frame whose payload `write` appends, masked by `key`.
pub(super) fn put(opcode: u8, key: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; HEADER_BYTES_MAX]);
    write(out);
    let length = out.len() - start - HEADER_BYTES_MAX;
    debug_assert!(u16::try_from(length).is_ok(), "a client's messages are short");
    let key = key.to_le_bytes();
    for (i, byte) in out[start + HEADER_BYTES_MAX..].iter_mut().enumerate() {
        *byte ^= key[i % 4];
    }
    // The header ends where the payload begins; what is left before it is taken out.
    let mut header = [0; HEADER_BYTES_MAX];
    header[4..].copy_from_slice(&key);
    let from = if length < 126 {
        header[2..4].copy_from_slice(&[FIN | opcode, MASKED | length as u8]);
        2
    } else {
        let [high, low] = (length as u16).to_be_bytes();
        header[..4].copy_from_slice(&[FIN | opcode, MASKED | 126, high, low]);
        0
    };
    out[start..start + HEADER_BYTES_MAX].copy_from_slice(&header);
    out.drain(start..start + from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::rng::Rng;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

    /// What a library's server reads of our frame.
    fn read_by_library(bytes: Vec<u8>) -> Message {
        WebSocket::from_raw_socket(std::io::Cursor::new(bytes), Role::Server, None).read().unwrap()
    }

    #[test]
    fn a_library_reads_what_is_written() {
        for length in [0, 1, 10, 125, 126, 1000] {
            let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut bytes = Vec::new();
            put(BINARY, 0xdead_beef, &mut bytes, |out| out.extend(&payload));
            assert_eq!(read_by_library(bytes), Message::binary(payload));
        }
        let mut bytes = Vec::new();
        put(CLOSE, 7, &mut bytes, |out| out.extend(1000u16.to_be_bytes()));
        assert!(matches!(read_by_library(bytes), Message::Close(Some(frame)) if u16::from(frame.code) == 1000));
    }

    #[test]
    fn what_a_library_writes_is_read_however_it_is_cut() {
        let mut socket = WebSocket::from_raw_socket(std::io::Cursor::new(Vec::new()), Role::Server, None);
        let lengths = [0, 1, 125, 126, 65_535, 65_536, SERVER_MESSAGE_BYTES_MAX];
        for length in lengths {
            socket.write(Message::binary(vec![7; length])).unwrap();
        }
        socket.write(Message::Ping(vec![1, 2].into())).unwrap();
        socket.flush().unwrap();
        let bytes = socket.get_ref().get_ref().as_slice();
        let mut at = 0;
        for length in lengths {
            let (frame, size) = next(&bytes[at..]).unwrap().unwrap();
            assert!(matches!(frame, Frame::Message(payload) if payload.len() == length));
            for cut in [0, 1, 2, 3, 9, size - 1] {
                assert_eq!(next(&bytes[at..at + cut.min(size - 1)]).unwrap(), None);
            }
            at += size;
        }
        assert_eq!(next(&bytes[at..]).unwrap(), Some((Frame::Ping(&[1, 2]), 4)));
    }

    #[test]
    fn frames_that_break_the_rules_are_errors_before_their_payload_has_come() {
        for bytes in [
            &[0x82, 0x80][..],
            &[0x02, 1],
            &[0x80, 1],
            &[0xc2, 1],
            &[0x83, 0],
            &[0x81, 0],
            &[0x89, 126, 0, 126],
            &[0x88, 1, 3],
            &[0x82, 127, 0, 0, 0, 0, 0, 4, 0, 1],
            &[0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            assert!(next(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error_or_not_all_there() {
        let mut rng = Rng::new(1);
        for _ in 0..20_000 {
            let mut bytes: Vec<u8> = (0..rng.below(200)).map(|_| rng.below(256) as u8).collect();
            if let (Some(first), true) = (bytes.first_mut(), rng.one_in(2)) {
                *first = 0x80 | *first & 0x0f;
            }
            if let Ok(Some((_, size))) = next(&bytes) {
                assert!((2..=bytes.len()).contains(&size));
            }
        }
    }
}
