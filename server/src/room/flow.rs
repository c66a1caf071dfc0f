//! Flow control: how many snapshots may be unacknowledged. Without it newest-wins does not exist, for the kernel's buffers swallow a stopped peer's
//! frames by the thousand.

use std::collections::VecDeque;

use snapline_shared::message::Close;
use snapline_shared::tick::{Seen, Step};

/// Snapshots in flight at least and at most, whatever the round trip.
const STEPS_IN_FLIGHT: std::ops::RangeInclusive<u64> = 3..=64;
/// What a client may be late with its acks before the window closes, beside its best round trip.
const PATIENCE_US: u64 = 250_000;
/// Bytes in flight; one frame of any size is always allowed.
const BYTES_IN_FLIGHT_MAX: usize = 16 * 1024;
/// Without ack progress for this long, with something in flight, a client is given up.
const STALLED_US: u64 = 10_000_000;
/// Snapshots remembered for rewind: more than a second at any rate that makes sense.
const LOG_MAX: usize = 64;
/// Half of the time over which the best round trip is kept.
const RTT_HALF_US: u64 = 5_000_000;

/// The snapshots one client has not acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Window {
    in_flight: VecDeque<Sent>,
    /// The last steps that were sent, oldest first.
    log: VecDeque<Step>,
    /// How many steps in a row, up to the newest, were sent.
    unbroken: i32,
    bytes: usize,
    sent: Option<Step>,
    acked: Option<Step>,
    progress_us: u64,
    rtt_us: Option<u64>,
    rtt_min_us: [Option<u64>; 2],
    half_since_us: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    step: Step,
    at_us: u64,
    bytes: usize,
}

impl Window {
    /// Whether another snapshot may be made now.
    pub(crate) fn is_open(&self, steps_hz: u32) -> bool {
        let rtt_min_us = self.rtt_min_us.iter().flatten().min().copied().unwrap_or(0);
        let steps = ((rtt_min_us + PATIENCE_US) * u64::from(steps_hz)).div_ceil(1_000_000);
        let steps = steps.clamp(*STEPS_IN_FLIGHT.start(), *STEPS_IN_FLIGHT.end());
        (self.in_flight.len() as u64) < steps && (self.bytes < BYTES_IN_FLIGHT_MAX || self.in_flight.is_empty())
    }

    /// A snapshot was given to the socket.
    pub(crate) fn note_sent(&mut self, now_us: u64, step: Step, bytes: usize) {
        if self.in_flight.is_empty() {
            self.progress_us = now_us;
        }
        self.in_flight.push_back(Sent { step, at_us: now_us, bytes });
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(step);
        let goes_on = self.sent.is_some_and(|sent| sent.next() == step);
        self.unbroken = if goes_on { self.unbroken.saturating_add(1) } else { 1 };
        self.bytes += bytes;
        self.sent = Some(step);
    }

    /// A moment told by the two steps around it, as the client saw it: between the two snapshots that it got around it.
    pub(crate) fn blended(&self, seen: Seen, ticks_per_step: u32) -> Seen {
        let Some(newest) = self.sent else { return seen };
        let back = seen.tick.since(newest.tick(ticks_per_step)).div_euclid(ticks_per_step.cast_signed());
        // Nearly always: the log need not be searched.
        if back > -self.unbroken {
            return seen;
        }
        let step = newest.offset(back);
        let after = self.log.partition_point(|sent| !sent.is_after(step));
        let Some((&older, &newer)) = after.checked_sub(1).and_then(|at| self.log.get(at)).zip(self.log.get(after))
        else {
            return seen;
        };
        let gap = newer.since(older).unsigned_abs();
        let (Ok(skipped), true) = (u8::try_from(gap - 1), gap > 1) else { return seen };
        let fraction = (step.since(older).unsigned_abs() * 256 + u32::from(seen.fraction)) / gap;
        Seen { tick: older.tick(ticks_per_step), fraction: fraction as u8, skipped }
    }

    /// The client says that `step` is the newest it has applied. Repeated and older acks are harmless.
    pub(crate) fn handle_ack(&mut self, now_us: u64, step: Step) -> Result<(), Close> {
        if self.sent.is_none_or(|sent| step.is_after(sent)) {
            return Err(Close::BadMessage("an ack of what was never sent"));
        }
        while let Some(oldest) = self.in_flight.front().copied().filter(|oldest| !oldest.step.is_after(step)) {
            self.in_flight.pop_front();
            self.bytes -= oldest.bytes;
            (self.acked, self.progress_us) = (Some(oldest.step), now_us);
            if oldest.step == step {
                self.note_rtt(now_us, now_us.saturating_sub(oldest.at_us));
            }
        }
        Ok(())
    }

    fn note_rtt(&mut self, now_us: u64, rtt_us: u64) {
        if now_us.saturating_sub(self.half_since_us) >= RTT_HALF_US {
            self.half_since_us = now_us;
            self.rtt_min_us = [None, self.rtt_min_us[0]];
        }
        self.rtt_us = Some(rtt_us);
        let least = &mut self.rtt_min_us[0];
        *least = Some(least.map_or(rtt_us, |least| least.min(rtt_us)));
    }

    /// Whether nothing was acknowledged for too long.
    pub(crate) fn is_stalled(&self, now_us: u64) -> bool {
        !self.in_flight.is_empty() && now_us.saturating_sub(self.progress_us) >= STALLED_US
    }

    /// The newest step sent; the wire's short step numbers are read against it.
    pub(crate) const fn sent(&self) -> Option<Step> {
        self.sent
    }

    /// The newest round trip, in microseconds; none before the first ack.
    pub(crate) const fn rtt_us(&self) -> Option<u64> {
        self.rtt_us
    }

    /// The newest round trip, in milliseconds.
    pub(crate) fn rtt_ms(&self) -> u16 {
        (self.rtt_us.unwrap_or(0) / 1000).min(u64::from(u16::MAX)) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::tick::Tick;

    const STEP_US: u64 = 33_333;

    #[test]
    fn a_silent_client_gets_eight_frames_at_30_hz_and_is_given_up_after_10_s() {
        let mut window = Window::default();
        let mut sent = 0;
        for step in 0..400u32 {
            let now = u64::from(step) * STEP_US;
            assert_eq!(window.is_stalled(now), now >= STALLED_US, "{now}");
            if window.is_open(30) {
                window.note_sent(now, Step(step), 100);
                sent += 1;
            }
        }
        assert_eq!(sent, 8);
    }

    #[test]
    fn a_slow_client_that_acks_is_kept_and_its_round_trip_widens_the_window() {
        let mut window = Window::default();
        let mut sent = Vec::new();
        for step in 0..900u32 {
            let now = u64::from(step) * STEP_US;
            if let Some(&at) = sent.first().filter(|&&at: &&u32| now >= u64::from(at) * STEP_US + 1_000_000) {
                sent.remove(0);
                assert_eq!(window.handle_ack(now, Step(at)), Ok(()));
            }
            if window.is_open(30) {
                window.note_sent(now, Step(step), 100);
                sent.push(step);
            }
            assert!(!window.is_stalled(now));
        }
        assert!(sent.len() > 30, "ceil((1 s + 250 ms) x 30 Hz) are allowed, {} are in flight", sent.len());
        assert_eq!(window.rtt_ms(), 1033);
    }

    #[test]
    fn what_was_seen_lies_between_the_snapshots_that_were_sent() {
        let mut window = Window::default();
        let seen = |tick, fraction, skipped| Seen { tick: Tick(tick), fraction, skipped };
        assert_eq!(window.blended(seen(20, 64, 0), 2), seen(20, 64, 0), "nothing was sent");
        [10, 11, 15, 16].into_iter().for_each(|step| window.note_sent(0, Step(step), 1));
        for (given, blended) in [
            (seen(20, 64, 0), seen(20, 64, 0)),
            (seen(22, 0, 0), seen(22, 0, 3)),
            (seen(26, 128, 0), seen(22, 160, 3)),
            (seen(28, 255, 0), seen(22, 255, 3)),
            (seen(30, 1, 0), seen(30, 1, 0)),
            (seen(32, 0, 0), seen(32, 0, 0)),
            (seen(18, 9, 0), seen(18, 9, 0)),
        ] {
            assert_eq!(window.blended(given, 2), blended, "{given:?}");
        }
    }

    #[test]
    fn bytes_close_the_window_but_one_frame_always_fits() {
        let mut window = Window::default();
        assert!(window.is_open(30));
        window.note_sent(0, Step(1), 100_000);
        assert!(!window.is_open(30));
        assert_eq!(window.handle_ack(5, Step(1)), Ok(()));
        assert!(window.is_open(30));
    }

    #[test]
    fn an_ack_of_what_was_never_sent_is_an_error() {
        let mut window = Window::default();
        assert!(window.handle_ack(0, Step(0)).is_err());
        window.note_sent(0, Step(u32::MAX), 1);
        assert!(window.handle_ack(0, Step(0)).is_err());
        assert_eq!(window.handle_ack(0, Step(u32::MAX - 5)), Ok(()));
        assert_eq!(window.handle_ack(0, Step(u32::MAX)), Ok(()));
        assert_eq!(window.handle_ack(0, Step(u32::MAX)), Ok(()));
    }
}
