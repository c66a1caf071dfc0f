//! The least value of a sliding span of time, in two halves.

/// The least of the last one to two halves of a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    halves: [Option<f64>; 2],
    half_us: u64,
    since_us: u64,
}

impl Least {
    pub(super) const fn new(now_us: u64, half_us: u64) -> Self {
        Self { halves: [None; 2], half_us, since_us: now_us }
    }

    pub(super) fn note(&mut self, now_us: u64, value: f64) {
        if now_us.saturating_sub(self.since_us) >= self.half_us {
            // After a pause of more than a half nothing of before counts.
            let paused = now_us.saturating_sub(self.since_us) >= 2 * self.half_us;
            self.halves = [None, self.halves[0].filter(|_| !paused)];
            self.since_us = now_us;
        }
        self.halves[0] = Some(self.halves[0].map_or(value, |least| least.min(value)));
    }

    pub(super) fn get(&self) -> Option<f64> {
        self.halves.iter().flatten().copied().reduce(f64::min)
    }
}
