//! What a room tells of itself: where the time of its ticks went, and once a second everything that is counted.

use std::mem::take;
use std::sync::atomic::Ordering;

use snapline_shared::game::Game;

use crate::room::{PHASES, Pace, Phase};

use super::super::clock::SECOND_NS;
use super::Hosted;

/// The time that a room took in the last second.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::host) struct Spent {
    /// By all of its ticks.
    pub(in crate::host) all_ns: u64,
    /// By making and sending frames.
    pub(in crate::host) frames_ns: u64,
    /// By the longest tick.
    pub(in crate::host) longest_ns: u64,
}

impl<G: Game> Hosted<G> {
    /// Notes where the time of a tick went, and warns when it was too much.
    pub(super) fn account(&mut self, took_ns: u64) {
        self.ticks += 1;
        self.longest_ns = self.longest_ns.max(took_ns);
        for ((spent, sum), histogram) in
            self.watch.spent_ns().iter().zip(&mut self.spent_ns).zip(&self.shared.meters.phases)
        {
            *sum += spent;
            histogram.record(*spent as f64 / SECOND_NS as f64);
        }
        let tick_us = 1_000_000 / self.shared.config.tick_hz;
        let budget_us = match self.shared.config.step_budget_us {
            0 => tick_us / 2,
            budget_us => budget_us,
        };
        let step_us = self.watch.spent_ns()[Phase::Step as usize] / 1000;
        let is_over = step_us > budget_us.into();
        if is_over {
            self.shared.meters.over_budget.increment(1);
        }
        if !is_over && took_ns / 1000 <= tick_us.into() {
            return;
        }
        if let Some(suppressed) = self.shared.slow_noise.may_speak() {
            let (room, took_us, phase) = (&self.name, took_ns / 1000, self.watch.longest().name());
            tracing::warn!(room, phase, took_us, step_us, budget_us, tick_us, suppressed, "a slow tick");
        }
    }

    /// Once a second: tells the metrics what has come together, and lowers or raises step rates.
    pub(in crate::host) fn second(&mut self, pace: Pace) -> Spent {
        self.room.set_pace(pace);
        let meters = &self.shared.meters;
        if self.asleep_since_ns.is_none() || take(&mut self.is_stirred) {
            let stats = self.room.stats();
            meters.add(&self.told, &stats);
            self.told = stats;
        }
        let (read, wrote) = take(&mut self.bytes);
        meters.bytes_in.increment(read);
        meters.bytes_out.increment(wrote);
        let (mut hidden, mut held) = (0, 0);
        if self.asleep_since_ns.is_none() {
            for sample in self.room.samples() {
                if let Some(rtt_us) = sample.rtt_us {
                    meters.rtt.record(rtt_us as f64 / 1e6);
                }
                hidden += usize::from(!sample.visible);
                held += sample.rows_held;
                meters.outqueue.record(sample.outbox_bytes as f64);
            }
        } else {
            hidden = self.peers.len();
        }
        let (spent, ticks) = (take(&mut self.spent_ns), take(&mut self.ticks));
        let spent_ns: u64 = spent.iter().sum();
        let slowest = (0..PHASES).max_by_key(|&phase| spent[phase]).unwrap_or(0);
        self.figures.tick_us.store((spent_ns / 1000).checked_div(ticks).unwrap_or(0) as u32, Ordering::Relaxed);
        self.figures.slowest_phase.store(slowest, Ordering::Relaxed);
        self.set_gauges([
            self.room.players(),
            self.room.entities(),
            self.peers.len().saturating_sub(hidden),
            hidden,
            held,
        ]);
        let frames = [Phase::Interest, Phase::Encode, Phase::Send];
        let frames_ns = frames.into_iter().map(|phase| spent[phase as usize]).sum();
        Spent { all_ns: spent_ns, frames_ns, longest_ns: take(&mut self.longest_ns) }
    }

    /// Gauges are sums over all rooms, so each room tells by how much its own share has changed.
    pub(super) fn set_gauges(&mut self, now: [usize; 5]) {
        let meters = &self.shared.meters;
        let gauges = [&meters.players, &meters.entities, &meters.playing, &meters.hidden, &meters.rows_held];
        for (gauge, (now, told)) in gauges.into_iter().zip(now.into_iter().zip(self.gauges)) {
            if now != told {
                gauge.increment(now as f64 - told as f64);
            }
        }
        self.gauges = now;
    }
}
