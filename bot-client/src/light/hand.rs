//! What a light bot presses.

use snapline_shared::quant::WordSpec;
use snapline_shared::schema::{FieldSpec, Kind};
use snapline_shared::tick::Tick;

use crate::options::Pattern;
use crate::steer::{Steering, turns};

/// The input of one bot, tick by tick.
#[derive(Debug)]
pub(crate) enum Hand {
    /// See [`Pattern::Wander`].
    Wander(Box<Steering>),
    /// See [`Pattern::Turn`].
    Turn(Turn),
}

impl Hand {
    pub(crate) fn new(pattern: Pattern, input: &Kind, seed: u64) -> Self {
        match pattern {
            Pattern::Wander => Self::Wander(Box::new(Steering::new(input, seed))),
            Pattern::Turn => Self::Turn(Turn::new(input, seed)),
        }
    }

    /// The words held in the room's tick `tick`, `elapsed_us` after the bot has joined.
    pub(crate) fn at(&mut self, tick: Tick, elapsed_us: u64) -> &[u32] {
        match self {
            Self::Wander(steering) => steering.at(elapsed_us),
            Self::Turn(turn) => turn.at(tick),
        }
    }
}

/// Whatever turns goes on by one step a tick, one way for good; the rest is 0.
#[derive(Debug)]
pub(crate) struct Turn {
    /// Word, steps of a turn, where it was at tick 0.
    turning: Vec<(usize, u64, u64)>,
    back: bool,
    words: Vec<u32>,
}

impl Turn {
    fn new(input: &Kind, seed: u64) -> Self {
        let layout = input.layout();
        let mut turning = Vec::new();
        let mut at = 0;
        for field in input.fields.iter() {
            let words = width(field);
            if turns(field) && words == 1 {
                let WordSpec { modulus, .. } = layout[at];
                turning.push((at, modulus, (seed >> 8) % modulus));
            }
            at += words;
        }
        Self { turning, back: seed.count_ones() % 2 == 1, words: vec![0; layout.len()] }
    }

    fn at(&mut self, tick: Tick) -> &[u32] {
        for &(word, modulus, from) in &self.turning {
            let ticks = u64::from(tick.0) % modulus;
            let by = if self.back { modulus - ticks } else { ticks };
            self.words[word] = ((from + by) % modulus) as u32;
        }
        &self.words
    }
}

fn width(field: &FieldSpec) -> usize {
    field.shape.components() * field.lane.words()
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::game::schema;
    use snapline_swarm::Swarm;

    #[test]
    fn the_heading_goes_on_by_one_step_a_tick_and_nothing_else_moves() {
        let input = schema::<Swarm>().input;
        let mut ways = [0; 2];
        for seed in 0..32u64 {
            let mut turn = Turn::new(&input, seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let mut before = turn.at(Tick(7))[0];
            let by = turn.at(Tick(8))[0].wrapping_sub(before) & 255;
            ways[usize::from(by == 255)] += 1;
            before = turn.at(Tick(8))[0];
            for tick in 9..600 {
                let words = turn.at(Tick(tick));
                assert_eq!((words[0].wrapping_sub(before) & 255, words[1]), (by, 0));
                before = words[0];
            }
        }
        assert!(ways[0] > 0 && ways[1] > 0, "{ways:?}");
    }
}
