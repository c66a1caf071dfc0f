//! Frames in the making, of several connections one after the other in one piece of memory.

use std::ops::Range;

/// Room that is kept before a message for its frame's head.
const HEAD_BYTES: usize = 4;
/// First byte of a frame: the only one of its message, binary.
const WHOLE_BINARY: u8 = 0x82;

/// Whole binary frames, without masks: servers do not mask. Neighbours may leave in one call.
#[derive(Debug, Default)]
pub(super) struct Outgoing(Vec<u8>);

impl Outgoing {
    /// Forgets all frames; their memory is used again.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Bytes of all frames.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The frames in `range`, whose ends are former values of [`Self::len`].
    pub(super) fn frames(&self, range: Range<usize>) -> &[u8] {
        &self.0[range]
    }

    /// Appends a frame of the message that `write` appends; without one when it says that there is none. Gives what it says.
    pub(super) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let start = self.0.len();
        let message = start + HEAD_BYTES;
        self.0.resize(message, 0);
        if !write(&mut self.0) {
            self.0.truncate(start);
            return false;
        }
        let size = self.0.len() - message;
        let mut head = [WHOLE_BINARY, 127, 0, 0, 0, 0, 0, 0, 0, 0];
        let head: &[u8] = match size {
            0..=125 => {
                head[1] = size as u8;
                &head[..2]
            }
            126..=0xffff => {
                head[1] = 126;
                head[2..4].copy_from_slice(&(size as u16).to_be_bytes());
                &head[..4]
            }
            _ => {
                head[2..].copy_from_slice(&(size as u64).to_be_bytes());
                &head
            }
        };
        // Short messages move down by two bytes, huge ones up by six.
        self.0.resize(self.0.len().max(start + head.len() + size), 0);
        self.0.copy_within(message..message + size, start + head.len());
        self.0.truncate(start + head.len() + size);
        self.0[start..start + head.len()].copy_from_slice(head);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_those_of_rfc_6455() {
        let mut out = Outgoing::default();
        let sizes = [
            (0, vec![0x82, 0]),
            (125, vec![0x82, 125]),
            (126, vec![0x82, 126, 0, 126]),
            (0xffff, vec![0x82, 126, 0xff, 0xff]),
            (0x1_0000, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (1, vec![0x82, 1]),
        ];
        for (size, head) in sizes {
            let start = out.len();
            let payload: Vec<u8> = (0..size).map(|at| at as u8).collect();
            assert!(out.put(|bytes| {
                bytes.extend(&payload);
                true
            }));
            assert!(!out.put(|bytes| {
                bytes.push(9);
                false
            }));
            assert_eq!(out.frames(start..out.len()), [head, payload].concat(), "{size}");
        }
    }
}
