//! Lower step rates under overload: a client then gets every second, fourth or eighth step of the same sequence, never fewer than two a second.

use snapline_shared::game::Game;

use super::{Room, SessionKey};

/// Steps a second that every client gets.
const STEPS_HZ_MIN: u32 = 2;
/// One client in so many counts as expensive: those with the largest frames.
const EXPENSIVE_SHARE: usize = 4;

/// Every how many steps a client gets a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For the quarter of the clients whose frames are the largest.
    pub expensive: u32,
    /// For all others.
    pub others: u32,
}

impl Pace {
    /// Every step for everybody.
    pub const FULL: Self = Self { expensive: 1, others: 1 };
}

impl<G: Game> Room<G> {
    /// Sets how often clients get frames. To be called again once a second while it is not [`Pace::FULL`]: which clients are expensive changes.
    pub fn set_pace(&mut self, pace: Pace) {
        if pace == Pace::FULL && self.pace == Pace::FULL {
            return;
        }
        self.pace = pace;
        let most = (self.config.step_hz() / STEPS_HZ_MIN).max(1);
        let mut by_cost: Vec<(u32, SessionKey)> =
            self.connections.iter().filter(|(_, c)| !c.is_house).map(|(key, c)| (c.frame_bytes, key)).collect();
        by_cost.sort_unstable_by(|a, b| b.cmp(a));
        let expensive = by_cost.len().div_ceil(EXPENSIVE_SHARE);
        for (nth, (_, key)) in by_cost.into_iter().enumerate() {
            let every = if nth < expensive { pace.expensive } else { pace.others };
            self.connections[key].every_steps = every.clamp(1, most);
        }
    }
}
