//! The one clock of the tick threads: CLOCK_MONOTONIC, and sleeping until a point on it.
//!
//! tokio's timer rounds to 1 ms: it never paces a simulation.

use rustix::thread::{ClockId, clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{Timespec, clock_gettime};

/// Nanoseconds in a second.
pub(crate) const SECOND_NS: u64 = 1_000_000_000;

/// Nanoseconds on the monotonic clock.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * SECOND_NS + now.tv_nsec.cast_unsigned()
}

/// Microseconds on the monotonic clock.
pub(crate) fn now_us() -> u64 {
    now_ns() / 1000
}

/// Lets the calling thread wake within nanoseconds of its deadlines instead of the default 50 us.
pub(crate) fn sharpen_sleep() {
    // Only costs punctuality where it is refused.
    let _ = set_current_timer_slack(core::num::NonZeroU64::new(1));
}

/// Sleeps until `deadline_ns`. A signal may end it early; the caller looks at the clock anyway.
pub(crate) fn sleep_until(deadline_ns: u64) {
    let (seconds, rest) = (deadline_ns / SECOND_NS, deadline_ns % SECOND_NS);
    let at = Timespec { tv_sec: seconds.cast_signed(), tv_nsec: rest.cast_signed() };
    let _ = clock_nanosleep_absolute(ClockId::Monotonic, &at);
}
