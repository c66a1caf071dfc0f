//! Whether a socket is better asked at every tick or announced by the kernel.
//!
//! Whoever plays sends an input a tick, and then the announcement (a callback at each arrival, a look at each socket in `epoll_wait`) says what is known
//! anyway; an empty `recv` is cheaper than that. Whoever is seldom heard is better announced.

/// Of the last 32 reads, one a tick: with something there in so many, the socket is asked from then on.
const ASKED_FROM: u32 = 24;
/// With something there in so few it is announced again.
const ANNOUNCED_TO: u32 = 14;

/// One socket's recent past.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    /// The reads up to number `newest`; a bit is set where there was something, the lowest is the newest.
    recent: u32,
    newest: u64,
}

impl Attendance {
    /// Read number `read` of the room has found something in this socket, or not; reads that left it out had no announcement of it. Gives whether it
    /// should be asked from now on; `is_asked` says whether it is.
    pub(super) fn note(&mut self, read: u64, was_there: bool, is_asked: bool) -> bool {
        let since = u32::try_from(read.saturating_sub(self.newest)).unwrap_or(u32::MAX);
        self.recent = self.recent.checked_shl(since).unwrap_or(0) | u32::from(was_there);
        self.newest = read;
        let found = self.recent.count_ones();
        if is_asked { found > ANNOUNCED_TO } else { found >= ASKED_FROM }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_always_heard_is_asked_and_who_falls_silent_is_announced() {
        let mut attendance = Attendance::default();
        let asked_at = (1..).find(|&read| attendance.note(read, true, false));
        assert_eq!(asked_at, Some(u64::from(ASKED_FROM)));
        let announced_at = (25..).find(|&read| !attendance.note(read, false, true));
        // 24 reads with something leave the 32 one by one from read 33 on: 14 are left after read 42.
        assert_eq!(announced_at, Some(42));
    }

    #[test]
    fn what_was_not_announced_was_not_there() {
        let mut attendance = Attendance::default();
        // Every second tick, as a client that sends two inputs in one message.
        assert!((1..200).step_by(2).all(|read| !attendance.note(read, true, false)));
        // Once more after a long silence.
        assert!((1000..1023).all(|read| !attendance.note(read, true, false)) && attendance.note(1023, true, false));
    }

    #[test]
    fn a_read_counts_once_and_jitter_changes_nothing() {
        let mut attendance = Attendance::default();
        assert!((0..100).all(|_| !attendance.note(7, true, false)), "a hundred reads in one tick");
        let (mut is_asked, mut changes) = (false, 0);
        for read in 8..10_000 {
            // Seven of eight ticks, the eighth brings two.
            let wanted = attendance.note(read, read % 8 != 0, is_asked);
            changes += u32::from(wanted != is_asked);
            is_asked = wanted;
        }
        assert_eq!((changes, is_asked), (1, true));
    }
}
