//! The inputs that were sent, and what snapshots tell of them.

use std::collections::VecDeque;

use crate::tick::Tick;

/// Sent inputs remembered: more than two seconds' worth at 60 Hz.
const SENT_MAX: usize = 128;

#[derive(Clone, Copy, Debug)]
struct Sent {
    tick: Tick,
    at_us: u64,
    stalled: bool,
}

/// Inputs that the server went without although they were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LateInputs {
    /// All of them, as far as snapshots show: a lone one between two snapshots may be missed.
    pub count: u64,
    /// Those that were stuck behind a simulated retransmission.
    pub stalled: u64,
}

/// The inputs of the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct SentInputs {
    list: VecDeque<Sent>,
    /// The newest that the server has applied.
    applied: Option<Tick>,
    /// The newest tick that a snapshot has shown.
    shown: Option<Tick>,
    late: LateInputs,
}

impl SentInputs {
    /// None yet; `late` were counted before.
    pub(super) fn after(late: LateInputs) -> Self {
        Self { late, ..Self::default() }
    }

    pub(super) fn add(&mut self, tick: Tick, now_us: u64) {
        if self.list.len() == SENT_MAX {
            self.list.pop_front();
        }
        self.list.push_back(Sent { tick, at_us: now_us, stalled: false });
    }

    /// The clock has jumped back: what was sent for ticks far ahead was dropped by the server.
    pub(super) fn forget(&mut self) {
        self.list.clear();
    }

    /// The inputs for `count` ticks from `first` on are stuck behind a retransmission.
    pub(super) fn mark_stalled(&mut self, first: Tick, count: usize) {
        for sent in &mut self.list {
            sent.stalled |= (0..count as i32).contains(&sent.tick.since(first));
        }
    }

    /// A snapshot of `tick` says which input is the newest applied (low 8 bits of its tick). Gives how long ago that was sent, the first time it
    /// is told.
    pub(super) fn note_applied(&mut self, now_us: u64, tick: Tick, input_low: Option<u8>) -> Option<u64> {
        let echo_us = input_low.and_then(|low| {
            let applied = tick.nearest(low.into(), 8);
            let is_new = self.applied.is_none_or(|last| applied.is_after(last));
            let sent = self.list.iter().find(|sent| sent.tick == applied).filter(|_| is_new)?;
            self.applied = Some(applied);
            Some(now_us.saturating_sub(sent.at_us))
        });
        // Between the newest applied and the tick shown the server went without.
        let since = [self.applied, self.shown].into_iter().flatten().reduce(|a, b| if a.is_after(b) { a } else { b });
        if let (Some(since), Some(_)) = (since, self.applied) {
            let missed = self.list.iter().filter(|sent| sent.tick.is_after(since) && !sent.tick.is_after(tick));
            for sent in missed {
                self.late.count += 1;
                self.late.stalled += u64::from(sent.stalled);
            }
        }
        self.shown = Some(tick);
        echo_us
    }

    /// Whether the newest input that the server has applied is the one for `tick`.
    pub(super) fn is_applied(&self, tick: Tick) -> bool {
        self.applied == Some(tick)
    }

    pub(super) fn late(&self) -> LateInputs {
        self.late
    }

    /// All remembered ticks, oldest first.
    pub(super) fn ticks(&self) -> impl Iterator<Item = Tick> {
        self.list.iter().map(|sent| sent.tick)
    }
}

#[cfg(test)]
mod tests;
