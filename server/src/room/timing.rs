//! How long the last ticks took, as the host measured them.

/// Ticks that the percentiles are taken over.
const TICKS: usize = 256;

/// A ring of durations in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    took_us: Vec<u32>,
    next: usize,
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

    /// The middle one and the one that one in a hundred exceeds; 0 before the first tick.
    pub(crate) fn p50_p99_us(&self) -> (u32, u32) {
        let mut sorted = self.took_us.clone();
        sorted.sort_unstable();
        let at = |share: usize| {
            sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        (at(50), at(99))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_ticks() {
        let mut timing = Timing::default();
        assert_eq!(timing.p50_p99_us(), (0, 0));
        (0..1000).for_each(|us| timing.note(us));
        assert_eq!(timing.p50_p99_us(), (744 + 128, 744 + 253));
    }
}
