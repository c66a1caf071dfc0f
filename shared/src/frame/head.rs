//! The beginning of a frame: all that a load generator needs of it, and where a replica starts.

use super::{SNAPSHOT, STORED_STEPS, flags, more};
use crate::bits::BitReader;
use crate::tick::Step;
use crate::words::DecodeError;

/// What a frame's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// The step that it brings a client to.
    pub step: Step,
    /// Low 8 bits of the tick of the newest input applied; none before the first.
    pub input_low: Option<u8>,
    /// Smallest slack of the last second, in whole ticks.
    pub slack: i8,
    pub(super) flags: u8,
    pub(super) more: u8,
}

impl FrameHead {
    /// The head of a frame for a client whose last frame was of step `last`.
    ///
    /// # Errors
    /// When the bytes are no snapshot, or none that follows that step.
    pub fn peek(bytes: &[u8], last: Option<Step>) -> Result<Self, DecodeError> {
        Self::read(bytes, last).map(|(head, _)| head)
    }

    /// The same, and the bits after the head.
    pub(super) fn read(bytes: &[u8], last: Option<Step>) -> Result<(Self, BitReader<'_>), DecodeError> {
        let (&[kind, flags, step_low, input_low, slack], mut rest) =
            bytes.split_first_chunk::<5>().ok_or(DecodeError("a frame without its header"))?;
        if kind != SNAPSHOT {
            return Err(DecodeError("not a snapshot"));
        }
        let mut more = 0;
        if flags & flags::MORE != 0 {
            let (&byte, after) = rest.split_first().ok_or(DecodeError("a frame without its header"))?;
            (more, rest) = (byte, after);
        }
        if more & !(more::SELF | more::EMPTY | more::HOLD_ALL | more::CHECK | more::NO_INPUT) != 0 {
            return Err(DecodeError("a frame with an unknown flag"));
        }
        let mut bits = BitReader::new(rest);
        let step = step(step_low, more, last, &mut bits)?;
        let input_low = (more & more::NO_INPUT == 0).then_some(input_low);
        Ok((Self { step, input_low, slack: slack.cast_signed(), flags, more }, bits))
    }

    /// Whether everything known before is forgotten.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.more & more::EMPTY != 0
    }

    /// Appends the head of a frame at `step` that has nothing else to say and follows from nothing: what a server without a game sends.
    pub fn write_empty(step: Step, input_low: Option<u8>, slack: i8, out: &mut Vec<u8>) {
        let more = more::EMPTY | if input_low.is_some() { 0 } else { more::NO_INPUT };
        out.extend([SNAPSHOT, flags::MORE, step.0 as u8, input_low.unwrap_or(0), slack.cast_unsigned(), more]);
        out.extend(step.0.to_le_bytes());
    }
}

fn step(step_low: u8, more: u8, last: Option<Step>, bits: &mut BitReader<'_>) -> Result<Step, DecodeError> {
    let step = if more & (more::EMPTY | more::HOLD_ALL) != 0 {
        Step(bits.read(32)?)
    } else {
        let last = last.ok_or(DecodeError("the first frame must be whole"))?;
        let steps = step_low.wrapping_sub(last.0 as u8);
        if !(1..=STORED_STEPS as u8).contains(&steps) {
            return Err(DecodeError("a frame that does not follow the last one"));
        }
        last.offset(steps.into())
    };
    if step.0 as u8 != step_low || (more & more::EMPTY == 0 && last.is_none_or(|last| !step.is_after(last))) {
        return Err(DecodeError("a frame that does not follow the last one"));
    }
    Ok(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_head_comes_back_and_the_next_one_follows_from_it() {
        let mut bytes = Vec::new();
        FrameHead::write_empty(Step(70_000), None, -3, &mut bytes);
        let head = FrameHead::peek(&bytes, None).unwrap();
        assert_eq!((head.step, head.input_low, head.slack, head.is_empty()), (Step(70_000), None, -3, true));
        let next = [SNAPSHOT, 0, (70_002u32) as u8, 9, 1];
        let head = FrameHead::peek(&next, Some(head.step)).unwrap();
        assert_eq!((head.step, head.input_low, head.is_empty()), (Step(70_002), Some(9), false));
    }

    #[test]
    fn what_follows_from_nothing_or_from_too_long_ago_is_an_error() {
        let frame = [SNAPSHOT, 0, 40, 0, 0];
        assert!(FrameHead::peek(&frame, None).is_err());
        assert!(FrameHead::peek(&frame, Some(Step(39))).is_ok());
        assert!(FrameHead::peek(&frame, Some(Step(40))).is_err());
        assert!(FrameHead::peek(&frame, Some(Step(23))).is_err());
        assert!(FrameHead::peek(&frame[..4], Some(Step(39))).is_err());
        assert!(FrameHead::peek(&[3, 0, 40, 0, 0], Some(Step(39))).is_err());
        assert!(FrameHead::peek(&[SNAPSHOT, flags::MORE, 40, 0, 0, 0xff], Some(Step(39))).is_err());
    }
}
