//! For which tick an input is to be sent now: a clock that the server's input slack steers.
//!
//! The server says by how many whole ticks the tightest input of the last second (to a second and a half) was early. What that input's lead was is
//! remembered here, so a report tells how much lead the way to the server *needs*, whatever has been corrected since: corrections in flight are
//! those that the reported inputs did not have yet. The clock runs a few per cent faster or slower until the lead is what is needed and one tick more.

use std::collections::VecDeque;

use super::least::Least;
use crate::frame::SLACK_NONE;
use crate::tick::Tick;

/// Whole ticks that the tightest input is to be early by: one in reserve, for inputs are read once a tick.
const SLACK_TARGET: f64 = 1.0;
/// Rate per tick of error, and how far the rate goes: nobody notices 5 %. While inputs are late each of them is worse than 10 %, and above `FAR_TICKS`
/// the way back would take seconds.
const GAIN: f64 = 0.1;
const RATE_MAX: f64 = 0.05;
const RATE_FAR_MAX: f64 = 0.1;
const FAR_TICKS: f64 = 3.0;
/// Beyond this the clock jumps.
const JUMP_TICKS: f64 = 10.0;
/// The server's reports cover at most this long.
const REPORT_US: u64 = 1_500_000;
/// Reports are whole ticks. Ticks a second by which the lead is shortened to find out where within the tick the need lies, and what is added when
/// a report says that this was too far.
const PROBE_PER_S: f64 = 0.1;
const PROBE_BACK: f64 = 0.25;
/// An input later by more than this while those after it are in time was stuck (a TCP retransmission): as long as there were no more than
/// `SPIKES_MAX` within `SPIKES_US`, that moves nothing.
const SPIKE_US: f64 = 50_000.0;
const SPIKES_MAX: usize = 2;
const SPIKES_US: u64 = 10_000_000;
/// How long later inputs may take to show that they are in time: this, or so many round trips, for one loss may follow on another.
const DOUBT_US: f64 = 150_000.0;
const DOUBT_RTTS: f64 = 1.5;
/// Spikes up to this late are worth a longer lead once there are many; beyond it the cure is worse than the illness, and the server drops what comes
/// 32 ticks early.
const ABSORBED_US: f64 = 250_000.0;
const ABSORBED_TICKS: f64 = 24.0;
/// Half of the time over which the best round trip counts.
const RTT_HALF_US: u64 = 5_000_000;
/// How often the lead of what is sent is remembered, and how many of them: round trips up to two seconds beside the reports' span.
const PAST_GAP_US: u64 = 40_000;
const PAST_MAX: usize = 96;
/// The largest slack that a report can tell.
const SLACK_MAX: i8 = i8::MAX;

/// What a snapshot says about inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    /// The tick that it shows.
    pub(super) tick: Tick,
    /// The least slack of the last second, in whole ticks; `SLACK_NONE`: no input came.
    pub(super) slack: i8,
    /// Whether the input for that very tick was applied.
    pub(super) in_time: bool,
}

/// Lone late events.
#[derive(Clone, Debug, Default)]
struct Spikes {
    /// When the last ones came.
    at_us: VecDeque<u64>,
    /// Since when reports have been far worse than expected, and the worst of them; whether inputs were seen to be in time meanwhile.
    doubt: Option<(u64, f64, bool)>,
    /// Until when the lead stays long for them.
    hold_until_us: u64,
}

/// The tick that inputs are sent for. Ticks are counted from `base`, so that their number may wrap.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    base: Tick,
    tick_us: f64,
    /// At `at_us` the clock stood here; it runs at `rate` until `until_us` and at 1 from then on.
    at_us: u64,
    position: f64,
    rate: f64,
    until_us: f64,
    /// Ticks that corrections have added so far, at `at_us`.
    lead: f64,
    past: VecDeque<(u64, f64)>,
    /// The lead at which the tightest input would come just in time; none before the first report.
    needed: Option<f64>,
    /// The same without the spikes that the lead covers.
    needed_calm: f64,
    spikes: Spikes,
    /// When the last report came, and until when they do not count.
    reported_us: u64,
    blind_until_us: u64,
    rtt_us: Least,
}

impl Clock {
    /// The server was at `tick` a little while ago; Hello and Welcome took `rtt_us` together.
    pub(super) fn new(now_us: u64, tick: Tick, tick_hz: u16, rtt_us: u64) -> Self {
        let tick_us = 1e6 / f64::from(tick_hz.max(1));
        let mut clock = Self {
            base: tick,
            tick_us,
            at_us: now_us,
            // What arrives now left half a round trip ago, and an input takes the other half.
            position: rtt_us as f64 / tick_us + 1.0 + SLACK_TARGET,
            rate: 1.0,
            until_us: now_us as f64,
            lead: 0.0,
            past: VecDeque::from([(now_us, 0.0)]),
            needed: None,
            needed_calm: 0.0,
            spikes: Spikes::default(),
            reported_us: now_us,
            blind_until_us: now_us,
            rtt_us: Least::new(now_us, RTT_HALF_US),
        };
        clock.note_rtt(now_us, rtt_us);
        clock
    }

    /// A round trip was measured.
    pub(super) fn note_rtt(&mut self, now_us: u64, rtt_us: u64) {
        self.rtt_us.note(now_us, rtt_us as f64);
    }

    /// The best round trip of the last seconds, in microseconds.
    pub(super) fn rtt_us(&self) -> f64 {
        self.rtt_us.get().unwrap_or(0.0)
    }

    /// How fast the clock runs at `now_us`; 1: as the server's.
    pub(super) fn rate(&self, now_us: u64) -> f64 {
        if (now_us as f64) < self.until_us { self.rate } else { 1.0 }
    }

    /// A snapshot has arrived.
    pub(super) fn note_report(&mut self, now_us: u64, report: Report) {
        let passed_us = now_us.saturating_sub(self.reported_us);
        self.reported_us = now_us;
        self.settle(now_us);
        if report.slack == SLACK_NONE || now_us < self.blind_until_us {
            return;
        }
        if report.slack == SLACK_MAX {
            // Farther off than a report can tell: the server has skipped many ticks.
            let ahead = self.rtt_us() / self.tick_us + 1.0 + SLACK_TARGET;
            self.jump(now_us, f64::from(report.tick.since(self.base)) + ahead - self.position);
            self.needed = None;
            return;
        }
        let slack = f64::from(report.slack);
        let most = self.lead_then(now_us) - slack;
        let least = most - 1.0 + PROBE_BACK;
        let Some(needed) = self.needed else {
            (self.needed, self.needed_calm) = (Some(most - 0.5), most - 0.5);
            return self.steer(now_us);
        };
        let probed = needed - PROBE_PER_S * passed_us as f64 / 1e6;
        let holds = now_us < self.spikes.hold_until_us;
        // While the lead is long for spikes, calm reports do not shorten it.
        let taken = probed.max(least).min(if holds { f64::INFINITY } else { most });
        if least > self.needed_calm + SPIKE_US / self.tick_us {
            let counts = self.note_spike(now_us, least, report.in_time);
            if counts {
                self.needed = Some(taken);
            }
        } else {
            self.spikes.doubt = None;
            self.needed = Some(taken);
            self.needed_calm = (self.needed_calm - PROBE_PER_S * passed_us as f64 / 1e6).max(least).min(most);
        }
        self.steer(now_us);
    }

    /// A report is far worse than what is usual: whether it is to be believed.
    fn note_spike(&mut self, now_us: u64, least: f64, in_time: bool) -> bool {
        let doubt_us = DOUBT_US.max(DOUBT_RTTS * self.rtt_us()) as u64;
        let spikes = &mut self.spikes;
        let (since_us, worst, seen_in_time) = spikes.doubt.unwrap_or((now_us, least, false));
        if !seen_in_time {
            spikes.doubt = Some((since_us, worst.max(least), in_time));
            if in_time {
                spikes.add(now_us);
            } else if now_us.saturating_sub(since_us) >= doubt_us {
                // Later inputs are late as well: the way has become longer.
                spikes.doubt = None;
                self.needed_calm = least;
                return true;
            }
        } else if least > worst + 0.5 || now_us.saturating_sub(since_us) > REPORT_US {
            // Another one while the first is still in the reports, or right after it.
            spikes.add(now_us);
            spikes.doubt = Some((now_us, worst.max(least), true));
        }
        let covered = (ABSORBED_US / self.tick_us).min(ABSORBED_TICKS);
        let counts = spikes.are_many(now_us) && least - self.needed_calm <= covered;
        if counts {
            spikes.hold_until_us = now_us + SPIKES_US;
        }
        counts
    }

    /// What the lead of the tightest input in a report that arrives now was: the least of those that it covers.
    fn lead_then(&self, now_us: u64) -> f64 {
        let newest_us = now_us.saturating_sub(self.rtt_us() as u64);
        let oldest_us = newest_us.saturating_sub(REPORT_US);
        let next = self.past.iter().skip(1).map(|(at_us, _)| *at_us).chain([u64::MAX]);
        let covered = self.past.iter().zip(next).filter(|((at_us, _), next)| *at_us <= newest_us && *next > oldest_us);
        covered
            .map(|((_, lead), _)| *lead)
            .reduce(f64::min)
            .or(self.past.front().map(|(_, lead)| *lead))
            .unwrap_or(self.lead)
    }

    /// Runs towards the lead that is needed.
    fn steer(&mut self, now_us: u64) {
        let Some(needed) = self.needed else { return };
        let error = needed + SLACK_TARGET - self.lead;
        let for_spikes = now_us < self.spikes.hold_until_us;
        if error.abs() > JUMP_TICKS && !for_spikes {
            return self.jump(now_us, error);
        }
        let are_late = error > SLACK_TARGET;
        let most = if are_late || error.abs() > FAR_TICKS { RATE_FAR_MAX } else { RATE_MAX };
        let correction = (GAIN * error).clamp(-most, most);
        self.rate = 1.0 + correction;
        // What is needed may not be heard of again for long: then the clock goes on at the server's rate.
        let ticks = if correction == 0.0 { 0.0 } else { error / correction };
        self.until_us = now_us as f64 + ticks * self.tick_us;
    }

    fn jump(&mut self, now_us: u64, ticks: f64) {
        self.position += ticks;
        self.lead += ticks;
        (self.rate, self.until_us) = (1.0, now_us as f64);
        // Until then reports may be of inputs from before.
        self.blind_until_us = now_us + self.rtt_us() as u64 + REPORT_US;
        self.past.clear();
        self.past.push_back((now_us, self.lead));
    }

    /// An input has been sent: its lead is remembered.
    pub(super) fn note_sent(&mut self, now_us: u64) {
        self.settle(now_us);
        let is_due = |(at_us, lead): &(u64, f64)| now_us - at_us >= PAST_GAP_US || (lead - self.lead).abs() > 0.5;
        if self.past.back().is_none_or(is_due) {
            if self.past.len() >= PAST_MAX {
                self.past.pop_front();
            }
            self.past.push_back((now_us, self.lead));
        }
    }

    /// Moves the anchor to `now_us`.
    fn settle(&mut self, now_us: u64) {
        if now_us <= self.at_us {
            return;
        }
        let position = self.at(now_us);
        self.lead += position - self.position - (now_us - self.at_us) as f64 / self.tick_us;
        (self.position, self.at_us) = (position, now_us);
    }

    /// Where the clock stands at `now_us`: ticks from `base`.
    fn at(&self, now_us: u64) -> f64 {
        let (from_us, now_us) = (self.at_us as f64, now_us as f64);
        let steered_us = (now_us.min(self.until_us) - from_us).max(0.0);
        self.position + (now_us - from_us + steered_us * (self.rate - 1.0)) / self.tick_us
    }

    /// The newest tick for which an input is to be on its way at `now_us`.
    pub(super) fn input_tick(&self, now_us: u64) -> Tick {
        self.base.offset(self.at(now_us).floor() as i32)
    }

    /// When the input for `tick` is due.
    pub(super) fn input_due_us(&self, tick: Tick) -> u64 {
        let ticks_us = (f64::from(tick.since(self.base)) - self.position) * self.tick_us;
        let steered_us = (self.until_us - self.at_us as f64).max(0.0);
        let reached_us = steered_us * self.rate;
        let wait_us = if ticks_us <= reached_us { ticks_us / self.rate } else { steered_us + ticks_us - reached_us };
        (self.at_us as f64 + wait_us).ceil().max(0.0) as u64
    }

    /// How much of the time to the input for `next` has passed since the one before it, 0..=1.
    pub(super) fn input_fraction(&self, now_us: u64, next: Tick) -> f32 {
        (1.0 - (f64::from(next.since(self.base)) - self.at(now_us))).clamp(0.0, 1.0) as f32
    }

    /// How many ticks before the newest may still be in time when they are sent now.
    pub(super) fn spare_ticks(&self) -> f64 {
        (self.lead - self.needed_calm).max(0.0)
    }
}

impl Spikes {
    fn add(&mut self, now_us: u64) {
        self.at_us.push_back(now_us);
        if self.at_us.len() > SPIKES_MAX + 1 {
            self.at_us.pop_front();
        }
    }

    fn are_many(&self, now_us: u64) -> bool {
        self.at_us.iter().filter(|&&at_us| now_us.saturating_sub(at_us) < SPIKES_US).count() > SPIKES_MAX
    }
}

#[cfg(test)]
mod tests;
