//! The two messages a client sends many times a second, bit-coded: Input and Ack.

use crate::bits::{BitReader, BitWriter};
use crate::quant::WordSpec;
use crate::tick::{Seen, Step, Tick};
use crate::words::{DecodeError, read_words, write_words};

use super::{ACK, INPUT};

/// Inputs in one message: those of consecutive ticks since the last one sent.
pub const INPUTS_MAX: usize = 4;

/// The inputs of 1-4 consecutive ticks, and what the client had when it gave them.
///
/// On the wire: type (8 bits), number of inputs less one (2), whether an ack follows (1), low 16 bits of the first tick; then, with an ack, low 16
/// bits of the newest step applied, low 16 bits of the tick seen and the fraction (8); then each input: one bit "as the one before" (not for the
/// first), else its words raw; zero bits to the next byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputMessage {
    /// The tick that the first of the inputs is for.
    pub first: Tick,
    /// How many inputs: 1-4.
    pub count: usize,
    /// Words of the inputs, one after the other.
    pub words: Vec<u32>,
    /// Newest step applied, and where others were drawn; none before the first snapshot.
    pub ack: Option<(Step, Seen)>,
}

impl InputMessage {
    /// Appends the message.
    pub fn encode(&self, layout: &[WordSpec], out: &mut Vec<u8>) {
        let input = |at: usize| &self.words[at * layout.len()..(at + 1) * layout.len()];
        debug_assert!((1..=INPUTS_MAX).contains(&self.count));
        let mut bits = BitWriter::new();
        bits.write(INPUT.into(), 8);
        bits.write(self.count as u32 - 1, 2);
        bits.write_bool(self.ack.is_some());
        bits.write(self.first.0 & 0xffff, 16);
        if let Some((step, seen)) = self.ack {
            bits.write(step.0 & 0xffff, 16);
            bits.write(seen.tick.0 & 0xffff, 16);
            bits.write(seen.fraction.into(), 8);
        }
        for at in 0..self.count {
            if at > 0 {
                bits.write_bool(input(at - 1) == input(at));
            }
            if at == 0 || input(at - 1) != input(at) {
                write_words(layout, input(at), &mut bits);
            }
        }
        bits.finish_into(out);
    }

    /// Reads a message, type byte included. `now` is the room's tick and `sent` the newest step sent to this client: they restore the high bits.
    ///
    /// # Errors
    /// When the bytes are not such a message.
    pub fn decode(bytes: &[u8], layout: &[WordSpec], now: Tick, sent: Step) -> Result<Self, DecodeError> {
        let mut bits = BitReader::new(bytes);
        if bits.read(8)? != u32::from(INPUT) {
            return Err(DecodeError("not an Input"));
        }
        let count = bits.read(2)? as usize + 1;
        let has_ack = bits.read_bool()?;
        let first = now.nearest(bits.read(16)?, 16);
        let mut ack = None;
        if has_ack {
            let step = sent.nearest(bits.read(16)?, 16);
            let tick = now.nearest(bits.read(16)?, 16);
            ack = Some((step, Seen { tick, fraction: bits.read(8)? as u8, skipped: 0 }));
        }
        let mut words = vec![0; count * layout.len()];
        for i in 0..count {
            let (before, mine) = words.split_at_mut(i * layout.len());
            let mine = &mut mine[..layout.len()];
            if i > 0 && bits.read_bool()? {
                mine.copy_from_slice(&before[before.len() - layout.len()..]);
            } else {
                read_words(layout, mine, &mut bits)?;
            }
        }
        bits.finish()?;
        Ok(Self { first, count, words, ack })
    }
}

/// Appends an Ack: type (8 bits), low 16 bits of the newest step applied.
pub fn encode_ack(step: Step, out: &mut Vec<u8>) {
    out.push(ACK);
    out.extend_from_slice(&(step.0 as u16).to_le_bytes());
}

/// Reads an Ack; `sent` is the newest step sent to this client.
///
/// # Errors
/// When the bytes are not an Ack.
pub fn decode_ack(bytes: &[u8], sent: Step) -> Result<Step, DecodeError> {
    match *bytes {
        [ACK, low, high] => Ok(sent.nearest(u32::from(u16::from_le_bytes([low, high])), 16)),
        _ => Err(DecodeError("not an Ack")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAYOUT: [WordSpec; 2] = [WordSpec { bits: 8, modulus: 256 }, WordSpec { bits: 7, modulus: 100 }];

    proptest! {
        #[test]
        fn inputs_come_back(tick: u32, lead in -30i32..30, back in 0i32..1000, seen: (i16, u8), acked: bool,
            inputs in proptest::collection::vec((0u32..256, 0u32..100), 1..=4)) {
            let (now, sent) = (Tick(tick), Step(tick / 2));
            let message = InputMessage {
                first: now.offset(lead),
                count: inputs.len(),
                words: inputs.iter().flat_map(|&(a, b)| [a, b]).collect(),
                ack: acked.then(|| (sent.offset(-back), Seen { tick: now.offset(seen.0.into()), fraction: seen.1, skipped: 0 })),
            };
            let mut bytes = Vec::new();
            message.encode(&LAYOUT, &mut bytes);
            prop_assert_eq!(InputMessage::decode(&bytes, &LAYOUT, now, sent), Ok(message));
        }

        #[test]
        fn any_bytes_are_an_input_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(first) = bytes.first_mut() {
                *first = INPUT;
            }
            if let Ok(message) = InputMessage::decode(&bytes, &LAYOUT, Tick(7), Step(3)) {
                prop_assert!(message.words.chunks(2).all(|words| words[0] < 256 && words[1] < 100));
            }
        }
    }

    #[test]
    fn a_held_input_costs_a_bit() {
        let mut bytes = Vec::new();
        InputMessage { first: Tick(9), count: 4, words: vec![1, 2, 1, 2, 1, 2, 1, 2], ack: None }
            .encode(&LAYOUT, &mut bytes);
        assert_eq!(bytes.len(), (27 + 15 + 3usize).div_ceil(8));
    }
}
