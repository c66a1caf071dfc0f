//! Keeps log lines that peers can cause from flooding the log.

use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::{SECOND_NS, now_ns};

/// Lets through one line a second and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Noise {
    next_ns: AtomicU64,
    suppressed: AtomicU64,
    /// The same, since they were last taken for the metrics.
    suppressed_ever: AtomicU64,
}

impl Noise {
    /// Some when the line may be written, with the number of those that were not since the last one.
    pub(crate) fn may_speak(&self) -> Option<u64> {
        let (now, next) = (now_ns(), self.next_ns.load(Ordering::Relaxed));
        let mine = now >= next
            && self.next_ns.compare_exchange(next, now + SECOND_NS, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        self.suppressed_ever.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Lines that were not written, since the last call of this.
    pub(crate) fn take_suppressed(&self) -> u64 {
        self.suppressed_ever.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_and_the_rest_counted() {
        let noise = Noise::default();
        assert_eq!(noise.may_speak(), Some(0));
        assert_eq!((noise.may_speak(), noise.may_speak()), (None, None));
        noise.next_ns.store(0, Ordering::Relaxed);
        assert_eq!(noise.may_speak(), Some(2));
    }
}
