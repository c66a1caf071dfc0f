//! What a tick thread gives up, and in which order, when its time does not suffice: lower step rates for the most expensive clients, then for all, and
//! when ticks are skipped even so, joins. Windows of measurement in, a level out; no clock.

use crate::room::Pace;

/// The highest level: nobody may join the rooms of the thread.
pub(super) const LEVEL_MAX: u8 = 6;
/// More than this share of its time busy is too much: lateness grows without bound.
const BUSY_MAX: f32 = 0.9;
/// What the next lower level may be expected to take.
const RELAXED_MAX: f32 = 0.75;
/// Calm windows in a row before one level is taken back.
const CALM_WINDOWS: u32 = 3;
/// The same at most, when levels that were taken back had to come again.
const CALM_WINDOWS_MAX: u32 = 60;

/// What was measured in one window, a second or so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Share of the time in which the thread worked.
    pub(super) busy: f32,
    /// The part of that which grows with the number of frames.
    pub(super) frames: f32,
    /// Whether ticks were skipped.
    pub(super) skipped: bool,
}

/// The state of one thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overload {
    level: u8,
    calm: u32,
    /// How many calm windows it takes now: more after each relapse.
    needed: u32,
    /// Windows since a level was taken back.
    since_relief: u32,
}

impl Default for Overload {
    fn default() -> Self {
        Self { level: 0, calm: 0, needed: CALM_WINDOWS, since_relief: CALM_WINDOWS_MAX }
    }
}

impl Overload {
    /// 0: none.
    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    /// Takes a window; gives the level when it has changed.
    pub(super) fn note(&mut self, window: Window) -> Option<u8> {
        self.since_relief = self.since_relief.saturating_add(1);
        let is_over = window.busy > BUSY_MAX || window.skipped && window.busy > BUSY_MAX / 2.0;
        if is_over {
            self.calm = 0;
            // Joins are refused only when the lowest rates do not save the ticks.
            let most = if window.skipped { LEVEL_MAX } else { LEVEL_MAX - 1 };
            if self.level >= most {
                return None;
            }
            if self.since_relief < self.needed {
                self.needed = (2 * self.needed).min(CALM_WINDOWS_MAX);
            }
            self.level += 1;
            return Some(self.level);
        }
        // One level lower, frames come up to twice as often; for the last one they do not.
        let more = if self.level == LEVEL_MAX { 0.0 } else { window.frames };
        if self.level == 0 || window.busy + more > RELAXED_MAX {
            self.calm = 0;
            return None;
        }
        self.calm += 1;
        if self.calm < self.needed {
            return None;
        }
        (self.calm, self.since_relief) = (0, 0);
        self.level -= 1;
        if self.level == 0 {
            self.needed = CALM_WINDOWS;
        }
        Some(self.level)
    }

    /// The step rates of this level.
    pub(super) const fn pace(&self) -> Pace {
        match self.level {
            0 => Pace { expensive: 1, others: 1 },
            1 => Pace { expensive: 2, others: 1 },
            2 => Pace { expensive: 4, others: 1 },
            3 => Pace { expensive: 4, others: 2 },
            4 => Pace { expensive: 4, others: 4 },
            _ => Pace { expensive: 8, others: 8 },
        }
    }

    /// Whether nobody may join.
    pub(super) const fn refuses_joins(&self) -> bool {
        self.level == LEVEL_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAVY: Window = Window { busy: 1.0, frames: 0.6, skipped: true };

    #[test]
    fn what_is_given_up_comes_in_order() {
        let mut overload = Overload::default();
        let levels: Vec<Option<u8>> = (0..8).map(|_| overload.note(HEAVY)).collect();
        assert_eq!(levels, [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), None, None]);
        let mut overload = Overload::default();
        let mut before = 1;
        for _ in 0..5 {
            overload.note(HEAVY);
            let Pace { expensive, others } = overload.pace();
            assert!(expensive >= others && expensive * others >= before && !overload.refuses_joins());
            before = expensive * others;
        }
        overload.note(HEAVY);
        assert!(overload.refuses_joins());
    }

    #[test]
    fn joins_are_refused_only_when_ticks_are_lost() {
        let mut overload = Overload::default();
        for _ in 0..20 {
            overload.note(Window { skipped: false, ..HEAVY });
        }
        assert_eq!(overload.level(), LEVEL_MAX - 1);
    }

    #[test]
    fn a_level_goes_only_when_the_one_below_can_be_borne() {
        let mut overload = Overload::default();
        overload.note(HEAVY);
        for _ in 0..100 {
            assert_eq!(overload.note(Window { busy: 0.5, frames: 0.4, skipped: false }), None);
        }
        let calm = Window { busy: 0.5, frames: 0.2, skipped: false };
        let levels: Vec<Option<u8>> = (0..3).map(|_| overload.note(calm)).collect();
        assert_eq!(levels, [None, None, Some(0)]);
    }

    #[test]
    fn who_relapses_waits_longer() {
        let mut overload = Overload::default();
        let calm = Window { busy: 0.3, frames: 0.1, skipped: false };
        overload.note(HEAVY);
        overload.note(HEAVY);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = (1..=100).find(|_| overload.note(calm).is_some());
            waits.extend(wait);
            overload.note(HEAVY);
        }
        assert_eq!(waits, [3, 6, 12, 24, 48, 60]);
    }

    #[test]
    fn a_thread_that_waits_for_the_machine_gives_nothing_up() {
        let mut overload = Overload::default();
        assert_eq!(overload.note(Window { busy: 0.2, frames: 0.1, skipped: true }), None);
    }
}
