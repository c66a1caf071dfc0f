//! The moment that others are drawn at: a little behind what has arrived, by as much as snapshots come late.
//!
//! The drawn time runs at the server's rate, a little faster or slower while the delay changes. Beyond the newest snapshot rows go on along their
//! velocity for `EXTRAPOLATED_US`; then time stands still, and what was lost by that is made up for within `CHASE_US` at no more than twice the rate.
//! So entities keep to their true way, and `seen` is what is drawn.

use std::collections::VecDeque;

use super::least::Least;
use crate::tick::Tick;

/// Half of the time over which the fastest arrival counts: 1 to 2 s, for skipped ticks and a longer way shift all later arrivals.
const OFFSET_HALF_US: u64 = 1_000_000;
/// Lateness counts for this long, and so many arrivals of it at most.
const LATENESS_US: u64 = 2_000_000;
const LATENESS_MAX: usize = 128;
/// This share of the snapshots is to be there when it is drawn.
const LATENESS_SHARE: f64 = 0.95;
/// Intervals behind at least: half of one in reserve.
const DELAY_INTERVALS: f64 = 1.5;
/// A delay is at most this: the server looks back 450 ms, of which the round trip takes its part.
const DELAY_MAX_US: f64 = 250_000.0;
/// Catching up and slowing down; the latter is faster, so that the buffer does not run empty.
const FASTER: f64 = 0.02;
const SLOWER: f64 = 0.04;
/// An error of this much is met with the full rate.
const FULL_RATE_US: f64 = 20_000.0;
/// Farther off than this the drawn time jumps.
const JUMP_INTERVALS: f64 = 4.0;
/// Beyond the newest snapshot rows move on for so long.
pub(super) const EXTRAPOLATED_US: f64 = 100_000.0;
/// What a standstill has cost is made up for in this time; more than it is jumped over.
const CHASE_US: f64 = 250_000.0;
/// Arrivals this much later than the fastest, for so long, are no jitter: the server has stood still.
const SHIFT_US: f64 = 500_000.0;
const SHIFT_AFTER_US: u64 = 250_000;

/// What is drawn, and when. Ticks are counted from `base`, so that their number may wrap.
#[derive(Clone, Debug)]
pub(super) struct Playback {
    base: Tick,
    tick_us: f64,
    interval_us: f64,
    /// Arrival time less the tick's time: the least belongs to what came fastest.
    offset_us: Least,
    /// Since when all arrivals have been far later.
    shifted_since_us: Option<u64>,
    /// When, and how long the snapshot before had been due to be followed.
    lateness_us: VecDeque<(u64, f64)>,
    sorted: Vec<f64>,
    delay_us: f64,
    /// The newest snapshot.
    newest: Option<f64>,
    arrived_us: u64,
    /// At `at_us` this was drawn; none: what comes next is jumped to.
    position: Option<f64>,
    at_us: u64,
    rate: f64,
    chase: Option<f64>,
    frozen: bool,
}

/// One arrival, for those who look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lateness {
    /// Microseconds since the arrival before; 0 for the first.
    pub interval_us: f64,
    /// Microseconds by which it came later than the fastest of the last seconds would have.
    pub late_us: f64,
}

impl Playback {
    /// The server was at `tick` a little while ago.
    pub(super) fn new(now_us: u64, tick: Tick, tick_hz: u16, ticks_per_step: u16) -> Self {
        let tick_us = 1e6 / f64::from(tick_hz.max(1));
        let interval_us = tick_us * f64::from(ticks_per_step.max(1));
        let mut offset_us = Least::new(now_us, OFFSET_HALF_US);
        offset_us.note(now_us, now_us as f64);
        Self {
            base: tick,
            tick_us,
            interval_us,
            offset_us,
            shifted_since_us: None,
            lateness_us: VecDeque::new(),
            sorted: Vec::new(),
            delay_us: DELAY_INTERVALS * interval_us,
            newest: None,
            arrived_us: now_us,
            position: None,
            at_us: now_us,
            rate: 1.0,
            chase: None,
            frozen: false,
        }
    }

    /// Ticks from `base` to `tick`.
    pub(super) fn ticks_to(&self, tick: Tick) -> f64 {
        f64::from(tick.since(self.base))
    }

    /// What `ticks_to` counts from.
    pub(super) const fn base(&self) -> Tick {
        self.base
    }

    /// Nobody has looked for a while: what comes next is drawn at once, and nothing of before counts.
    pub(super) fn restart(&mut self) {
        (self.position, self.newest, self.chase, self.frozen) = (None, None, None, false);
        self.lateness_us.clear();
        self.delay_us = DELAY_INTERVALS * self.interval_us;
    }

    /// A snapshot of `tick` has arrived.
    pub(super) fn note_arrival(&mut self, now_us: u64, tick: Tick) -> Lateness {
        self.advance(now_us);
        let at = self.ticks_to(tick);
        let offset_us = now_us as f64 - at * self.tick_us;
        self.note_offset(now_us, offset_us);
        let late_us = offset_us - self.offset_us.get().unwrap_or(offset_us);
        let interval_us = if self.newest.is_some() { now_us.saturating_sub(self.arrived_us) as f64 } else { 0.0 };
        if let Some(newest) = self.newest {
            // So far the timeline had run past the snapshot before when this one came.
            self.note_lateness(now_us, late_us + (at - newest) * self.tick_us);
        }
        (self.newest, self.arrived_us) = (Some(at), now_us);
        if self.frozen {
            let gap_us = self.error_us(now_us);
            self.frozen = false;
            if gap_us > CHASE_US {
                self.position = None;
            } else if gap_us > 0.0 {
                self.chase = Some(1.0 + gap_us / CHASE_US);
            }
        }
        self.advance(now_us);
        Lateness { interval_us, late_us }
    }

    fn note_offset(&mut self, now_us: u64, offset_us: f64) {
        let is_far = self.offset_us.get().is_some_and(|least| offset_us > least + SHIFT_US);
        let since_us = *self.shifted_since_us.get_or_insert(now_us);
        if !is_far {
            self.shifted_since_us = None;
        } else if now_us.saturating_sub(since_us) >= SHIFT_AFTER_US {
            self.offset_us = Least::new(now_us, OFFSET_HALF_US);
            self.shifted_since_us = None;
            self.lateness_us.clear();
        }
        self.offset_us.note(now_us, offset_us);
    }

    fn note_lateness(&mut self, now_us: u64, lateness_us: f64) {
        while self.lateness_us.len() >= LATENESS_MAX
            || self.lateness_us.front().is_some_and(|(at_us, _)| now_us.saturating_sub(*at_us) > LATENESS_US)
        {
            self.lateness_us.pop_front();
        }
        self.lateness_us.push_back((now_us, lateness_us));
        self.sorted.clear();
        self.sorted.extend(self.lateness_us.iter().map(|(_, lateness_us)| *lateness_us));
        let at = ((self.sorted.len() as f64 * LATENESS_SHARE) as usize).min(self.sorted.len() - 1);
        let (_, &mut late_us, _) = self.sorted.select_nth_unstable_by(at, f64::total_cmp);
        self.delay_us = late_us.min(DELAY_MAX_US).max(DELAY_INTERVALS * self.interval_us);
    }

    /// The tick whose snapshot would arrive just now by the fastest way, less the delay.
    fn target(&self, now_us: u64) -> f64 {
        (now_us as f64 - self.offset_us.get().unwrap_or(0.0) - self.delay_us) / self.tick_us
    }

    fn error_us(&self, now_us: u64) -> f64 {
        self.position.map_or(0.0, |position| (self.target(now_us) - position) * self.tick_us)
    }

    /// Brings the drawn time to `now_us`; to be called before it is asked for.
    pub(super) fn advance(&mut self, now_us: u64) {
        let passed_us = now_us.saturating_sub(self.at_us) as f64;
        self.at_us = self.at_us.max(now_us);
        let Some(newest) = self.newest else { return };
        let end = newest + EXTRAPOLATED_US / self.tick_us;
        let position = match self.position {
            Some(position) => position + self.rate * passed_us / self.tick_us,
            None => self.target(self.at_us),
        };
        self.frozen = position >= end;
        self.position = Some(position.min(end));
        let error_us = self.error_us(self.at_us);
        let is_ahead = position > newest;
        self.chase = self.chase.filter(|_| error_us > 0.0);
        let far_us = JUMP_INTERVALS * self.interval_us;
        if self.chase.is_none() && ((error_us > far_us && !is_ahead) || (error_us < -far_us && is_ahead)) {
            self.position = Some(self.target(self.at_us).min(end));
        }
        let steered = 1.0 + if error_us > 0.0 { FASTER } else { SLOWER } * (error_us / FULL_RATE_US).clamp(-1.0, 1.0);
        self.rate = self.chase.unwrap_or(steered);
    }

    /// The moment that others are drawn at at `now_us`, near the last `advance`: ticks from `base`.
    pub(super) fn drawn(&self, now_us: u64) -> f64 {
        let from = self.position.unwrap_or_else(|| self.target(now_us));
        let end = self.newest.map_or(f64::INFINITY, |newest| newest + EXTRAPOLATED_US / self.tick_us);
        (from + self.rate * (now_us as f64 - self.at_us as f64) / self.tick_us).min(end)
    }

    /// How far the newest snapshot lies ahead of what is drawn, in microseconds; negative while rows are extrapolated.
    pub(super) fn buffered_us(&self, now_us: u64) -> f64 {
        self.newest.map_or(0.0, |newest| (newest - self.drawn(now_us)) * self.tick_us)
    }

    /// How far behind the fastest arrival others are meant to be drawn, in microseconds.
    pub(super) const fn delay_us(&self) -> f64 {
        self.delay_us
    }

    /// How fast the drawn time runs.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// Whether time stands still for want of snapshots.
    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen
    }
}

#[cfg(test)]
mod tests;
