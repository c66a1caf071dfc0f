//! A seat's inputs: each is for one tick, applied at that tick or never.

use std::collections::VecDeque;

use snapline_shared::frame::SLACK_NONE;
use snapline_shared::tick::{Seen, Tick};

/// How far ahead of the room's tick an input is kept. Farther ones are dropped: nothing honest is half a second early.
pub(crate) const EARLY_TICKS_MAX: usize = 32;
/// Ticks without input that repeat the last one; then hands off. 50 ms at 60 Hz: long enough for jitter, too short for a runaway.
const REPEAT_TICKS: u32 = 3;

/// What a seat does in one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Held<I> {
    pub(crate) input: I,
    pub(crate) seen: Seen,
    /// Whether it was sent for this very tick.
    pub(crate) fresh: bool,
}

/// An input that has arrived, for those who trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InputArrival {
    /// The seat's number.
    pub player: u16,
    /// The tick it is for.
    pub tick: u32,
    /// Whole ticks that it was early by: 0 is just in time, less is too late.
    pub slack: i32,
    /// Whether it will be applied at its tick: it is not late, not farther ahead than inputs are kept, and the first for its tick.
    pub applied: bool,
}

/// What becomes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It will be applied at its tick.
    Applied,
    /// Its tick is over.
    Late,
    /// Its tick is too far off.
    Early,
    /// There is one for its tick already.
    Repeated,
}

/// Inputs waiting for their ticks.
#[derive(Debug)]
pub(crate) struct InputQueue<I> {
    /// For the ticks after the room's, in order, up to the farthest that has arrived.
    waiting: VecDeque<Option<(I, Seen)>>,
    last: I,
    last_seen: Seen,
    starved_in_a_row: u32,
    applied: Option<Tick>,
    slack: Slack,
    /// Ticks of the current second without an input for them.
    starved: u16,
    late: u64,
}

impl<I: Copy + Default> InputQueue<I> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            last: I::default(),
            last_seen: Seen::default(),
            starved_in_a_row: REPEAT_TICKS,
            applied: None,
            slack: Slack::default(),
            starved: 0,
            late: 0,
        }
    }

    /// An input for `tick` has arrived while the room's last tick was `now`. Late and far too early ones are dropped, a second one is ignored.
    pub(crate) fn push(&mut self, now: Tick, tick: Tick, input: I, seen: Seen) -> Verdict {
        let slack = tick.since(now.next());
        self.slack.note(slack);
        match usize::try_from(slack) {
            Ok(at) if at < EARLY_TICKS_MAX => {
                if self.waiting.len() <= at {
                    self.waiting.resize(at + 1, None);
                }
                if self.waiting[at].is_some() {
                    return Verdict::Repeated;
                }
                self.waiting[at] = Some((input, seen));
                Verdict::Applied
            }
            Ok(_) => Verdict::Early,
            Err(_) => {
                self.late += 1;
                Verdict::Late
            }
        }
    }

    /// What is held during tick `now`.
    pub(crate) fn take(&mut self, now: Tick) -> Held<I> {
        let mine = self.waiting.pop_front().flatten();
        if let Some((input, seen)) = mine {
            (self.last, self.last_seen, self.starved_in_a_row, self.applied) = (input, seen, 0, Some(now));
            return Held { input, seen, fresh: true };
        }
        self.starved = self.starved.saturating_add(1);
        self.starved_in_a_row = self.starved_in_a_row.saturating_add(1);
        if self.starved_in_a_row > REPEAT_TICKS {
            self.last = I::default();
        }
        Held { input: self.last, seen: self.last_seen, fresh: false }
    }

    /// The newest input applied at its own tick.
    pub(crate) const fn applied(&self) -> Option<Tick> {
        self.applied
    }

    /// Smallest slack of the last second; `SLACK_NONE` when no input came in it.
    pub(crate) fn slack(&self) -> i8 {
        self.slack.min()
    }

    /// Inputs that came too late, ever.
    pub(crate) const fn late(&self) -> u64 {
        self.late
    }

    /// To be called once in half a second: closes the half over which slack is kept.
    pub(crate) fn half_second(&mut self) {
        self.slack.turn();
    }

    /// To be called once a second: the number of ticks in it that had no input.
    pub(crate) fn second(&mut self) -> u16 {
        std::mem::take(&mut self.starved)
    }
}

/// Minimum over the last one to one and a half seconds, in halves.
#[derive(Debug, Default)]
struct Slack {
    halves: [Option<i8>; 3],
}

impl Slack {
    fn note(&mut self, slack: i32) {
        let slack = slack.clamp(-127, 127) as i8;
        self.halves[0] = Some(self.halves[0].map_or(slack, |least| least.min(slack)));
    }

    fn turn(&mut self) {
        self.halves.rotate_right(1);
        self.halves[0] = None;
    }

    fn min(&self) -> i8 {
        self.halves.iter().flatten().copied().min().unwrap_or(SLACK_NONE)
    }
}

/// What a client says it saw, made believable: within 250 ms before the step it acked, else that step; then not before the rewind limit.
pub(crate) fn believable(seen: Seen, acked: Tick, now: Tick, tick_hz: u32, rewind_ms_max: u32) -> Seen {
    let back = (tick_hz / 4).cast_signed();
    let within = (-back..=0).contains(&seen.tick.since(acked));
    let seen = if within && !(seen.tick == acked && seen.fraction > 0) { seen } else { Seen::of(acked) };
    let oldest = now.offset(-((rewind_ms_max * tick_hz / 1000).cast_signed()));
    if oldest.is_after(seen.tick) { Seen::of(oldest) } else { seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut InputQueue<u8>, now: u32, tick: u32, input: u8) {
        queue.push(Tick(now), Tick(tick), input, Seen::default());
    }

    #[test]
    fn an_input_is_applied_at_its_tick_or_never() {
        let mut queue = InputQueue::new();
        push(&mut queue, 10, 11, 1);
        push(&mut queue, 10, 13, 3);
        push(&mut queue, 10, 13, 4);
        push(&mut queue, 10, 10, 9);
        push(&mut queue, 10, 43, 9);
        let held: Vec<(u8, bool)> =
            (11..=18).map(|tick| queue.take(Tick(tick))).map(|held| (held.input, held.fresh)).collect();
        assert_eq!(
            held,
            [(1, true), (1, false), (3, true), (3, false), (3, false), (3, false), (0, false), (0, false)]
        );
        assert_eq!((queue.applied(), queue.late(), queue.slack()), (Some(Tick(13)), 1, -1));
        assert_eq!(queue.second(), 6);
    }

    #[test]
    fn the_farthest_early_input_is_kept_and_one_past_it_is_not() {
        let mut queue = InputQueue::new();
        push(&mut queue, u32::MAX, 31, 1);
        push(&mut queue, u32::MAX, 32, 2);
        let held: Vec<u8> = (0..=32).map(|tick| queue.take(Tick(tick)).input).collect();
        assert_eq!((held[31], held[32]), (1, 1), "the 32nd tick ahead is kept; the one after it repeats");
    }

    #[test]
    fn slack_is_the_least_of_the_last_second() {
        let mut queue = InputQueue::new();
        assert_eq!(queue.slack(), SLACK_NONE);
        push(&mut queue, 10, 9, 0);
        queue.half_second();
        push(&mut queue, 10, 14, 0);
        assert_eq!(queue.slack(), -2);
        queue.half_second();
        queue.half_second();
        assert_eq!(queue.slack(), 3);
    }

    #[test]
    fn what_was_seen_is_believed_within_limits() {
        let at = |tick, fraction| Seen { tick: Tick(tick), fraction, skipped: 0 };
        assert_eq!(believable(at(90, 7), Tick(100), Tick(104), 60, 450), at(90, 7));
        assert_eq!(believable(at(84, 7), Tick(100), Tick(104), 60, 450), at(100, 0), "more than 250 ms before the ack");
        assert_eq!(believable(at(101, 0), Tick(100), Tick(104), 60, 450), at(100, 0), "not shown yet");
        assert_eq!(believable(at(90, 7), Tick(100), Tick(130), 60, 450), at(103, 0), "beyond the rewind limit");
    }
}
