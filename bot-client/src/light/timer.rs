//! Waking at a microsecond: the poll itself counts in milliseconds.

use std::io;

use mio::{Registry, Token};

/// A timer that makes a poll return.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Timer(std::os::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Timer {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        use std::os::fd::AsRawFd;

        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut mio::unix::SourceFd(&timer.as_raw_fd()), token, mio::Interest::READABLE)?;
        Ok(Self(timer))
    }

    /// Wakes in `us` microseconds, which replaces what was set before. Gives how long the poll may take: for ever.
    pub(super) fn set(&self, us: u64) -> io::Result<Option<std::time::Duration>> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};

        let us = us.max(1);
        let value = Timespec { tv_sec: (us / 1_000_000).cast_signed(), tv_nsec: (us % 1_000_000 * 1000).cast_signed() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        Ok(None)
    }
}

/// Elsewhere the poll's own timeout has to do.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct Timer;

#[cfg(not(target_os = "linux"))]
impl Timer {
    pub(super) fn new(_: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn set(&self, us: u64) -> io::Result<Option<std::time::Duration>> {
        Ok(Some(std::time::Duration::from_micros(us)))
    }
}
