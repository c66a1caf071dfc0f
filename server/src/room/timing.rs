//! How long the last ticks took, as the host measured them, and the phases of a tick as the host times them.

/// A part of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading and taking inputs.
    Input,
    /// The game's `step`.
    Step,
    /// The game's `extract`.
    Extract,
    /// Who sees what.
    Interest,
    /// Coding rows and splicing frames.
    Encode,
    /// Giving frames to the kernel.
    Send,
}

/// How many phases there are.
pub const PHASES: usize = 6;

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; PHASES] = [Self::Input, Self::Step, Self::Extract, Self::Interest, Self::Encode, Self::Send];

    /// As operators read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["input", "step", "extract", "interest", "encode", "send"][self as usize]
    }
}

/// Is told when a phase has ended: the room has no clock, its caller has one.
pub trait Laps {
    /// What was done since the last lap belongs to `phase`.
    fn lap(&mut self, phase: Phase);
}

/// Nobody wants to know.
impl Laps for () {
    fn lap(&mut self, _: Phase) {}
}

/// Ticks that the percentiles are taken over.
const TICKS: usize = 256;

/// A ring of durations in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    took_us: Vec<u32>,
    next: usize,
    percentiles_us: (u32, u32),
}

impl Timing {
    pub(crate) fn note(&mut self, took_us: u32) {
        if self.took_us.len() < TICKS {
            self.took_us.push(took_us);
        } else {
            self.took_us[self.next] = took_us;
            self.next = (self.next + 1) % TICKS;
        }
    }

    /// To be called once a second: takes the percentiles anew.
    pub(crate) fn second(&mut self) {
        let mut sorted = self.took_us.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = |share: usize| sorted.get((sorted.len() * share / 100).min(last)).copied().unwrap_or(0);
        self.percentiles_us = (at(50), at(99));
    }

    /// The middle one and the one that one in a hundred exceeds; 0 in the first second.
    pub(crate) const fn percentiles_us(&self) -> (u32, u32) {
        self.percentiles_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_ticks() {
        let mut timing = Timing::default();
        timing.second();
        assert_eq!(timing.percentiles_us(), (0, 0));
        (0..1000).for_each(|us| timing.note(us));
        timing.second();
        assert_eq!(timing.percentiles_us(), (744 + 128, 744 + 253));
    }
}
