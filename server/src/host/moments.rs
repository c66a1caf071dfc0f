//! At which moment of the tick a room's ticks begin.
//!
//! Rooms that share a moment are ticked after one sleep and one look at the kernel: waking a thread, and the peers' cores by the first frames, costs as
//! much as many small rooms do. But the fan-out of one moment makes the frames of its last room late, so a room that wakes up goes where there is a
//! place, and when those that are together have grown too large one of them moves. The price: up to a tick until the first one.

use super::clock::SECOND_NS;

/// Moments in a tick, evenly apart.
pub(super) const MOMENTS: usize = 8;
/// Connections that share a moment while another one is free: 50 to 100 hide the wake-up, and are served within a millisecond.
const TOGETHER: usize = 64;
/// More than that in several rooms, and one of them moves to another moment.
const CROWDED: usize = 2 * TOGETHER;
/// A room counts for so many connections at least: when it wakes up its players are still to come.
const ROOM_MIN: usize = 8;

/// Connections by moment.
#[derive(Debug, Default)]
pub(super) struct Moments([usize; MOMENTS]);

impl Moments {
    /// A room with so many connections has its ticks there.
    pub(super) fn add(&mut self, moment: usize, connections: usize) {
        self.0[moment] += connections.max(ROOM_MIN);
    }

    /// For a room with so many connections that wakes up: the fullest moment that has a place for it, else the emptiest; the first from `soonest` on
    /// when there are several.
    pub(super) fn choose(&self, soonest: usize, connections: usize) -> usize {
        let from_soonest = || (soonest..soonest + MOMENTS).map(|moment| moment % MOMENTS);
        let needed = connections.max(ROOM_MIN);
        let free = from_soonest().rev().filter(|&moment| self.0[moment] + needed <= TOGETHER);
        // Of equals `max_by_key` takes the last and `min_by_key` the first.
        let fullest = free.max_by_key(|&moment| self.0[moment]);
        fullest.or_else(|| from_soonest().min_by_key(|&moment| self.0[moment])).unwrap_or(soonest % MOMENTS)
    }

    /// Which of `rooms` (number, moment, connections) should move, and to which moment: the smallest one of a crowded moment, when it would be among
    /// far fewer there. For a little less no room should be delayed, nor one to and fro as players come and go.
    pub(super) fn relieve(&self, rooms: impl Iterator<Item = (usize, usize, usize)>) -> Option<(usize, usize)> {
        let crowded = (0..MOMENTS).max_by_key(|&moment| self.0[moment]).filter(|&moment| self.0[moment] > CROWDED)?;
        let emptiest = (0..MOMENTS).min_by_key(|&moment| self.0[moment])?;
        let (room, _, connections) =
            rooms.filter(|&(_, moment, _)| moment == crowded).min_by_key(|&(_, _, connections)| connections)?;
        let gains = self.0[emptiest] + connections.max(ROOM_MIN) + TOGETHER <= self.0[crowded];
        gains.then_some((room, emptiest))
    }
}

/// The number of the first moment, of any tick, that is not before `now_ns`.
pub(super) fn next(tick_hz: u32, now_ns: u64) -> u64 {
    let next = (u128::from(now_ns) * a_second(tick_hz)).div_ceil(SECOND_NS.into());
    u64::try_from(next).unwrap_or(u64::MAX)
}

/// When moment number `number` is.
pub(super) fn at_ns(tick_hz: u32, number: u64) -> u64 {
    let at = u128::from(number) * u128::from(SECOND_NS) / a_second(tick_hz);
    u64::try_from(at).unwrap_or(u64::MAX)
}

const fn a_second(tick_hz: u32) -> u128 {
    tick_hz as u128 * MOMENTS as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rooms_share_a_moment_until_it_is_full() {
        let mut moments = Moments::default();
        let mut chosen = Vec::new();
        for nth in 0..64 {
            let moment = moments.choose(nth % MOMENTS, 1);
            chosen.push(moment);
            moments.add(moment, 2);
        }
        let in_use = |rooms: usize| {
            let mut used = chosen[..rooms].to_vec();
            used.sort_unstable();
            used.dedup();
            used.len()
        };
        assert_eq!([1, 8, 9, 16, 17, 64].map(in_use), [1, 1, 2, 2, 3, 8], "{chosen:?}");
        // All are full: the emptiest, and of equals the soonest.
        assert_eq!(moments.choose(5, 1), 5);
        moments.add(5, 100);
        assert_eq!(moments.choose(5, 1), 6);
    }

    #[test]
    fn a_large_room_has_its_moment_to_itself() {
        let mut moments = Moments::default();
        moments.add(3, 500);
        assert_eq!(moments.choose(3, 1), 4);
        moments.add(4, 10);
        assert_eq!(moments.choose(3, 1), 4, "the fullest that has a place");
        assert_eq!(moments.choose(3, 60), 5, "which has none for so many");
    }

    #[test]
    fn rooms_that_have_grown_together_part() {
        // Eight that woke up together.
        let mut rooms = [(0, 100); 8];
        let loads = |rooms: &[(usize, usize)]| {
            let mut moments = Moments::default();
            rooms.iter().for_each(|&(moment, connections)| moments.add(moment, connections));
            moments
        };
        let mut moves = 0;
        while let Some((room, to)) =
            loads(&rooms).relieve(rooms.iter().enumerate().map(|(room, &(moment, size))| (room, moment, size)))
        {
            (rooms[room].0, moves) = (to, moves + 1);
        }
        assert_eq!(moves, 7);
        assert_eq!(loads(&rooms).0, [100; 8]);
        // For ten fewer none moves.
        let even: Vec<_> =
            (0..MOMENTS).flat_map(|moment| [(moment, 100), (moment, 50)]).chain([(0, 10), (0, 40)]).collect();
        let rooms = even.iter().enumerate().map(|(room, &(moment, size))| (room, moment, size));
        assert_eq!(loads(&even).0[..2], [200, 150]);
        assert_eq!(loads(&even).relieve(rooms), None);
        // A room that is large by itself stays where it is.
        assert_eq!(loads(&[(3, 2000), (4, 90)]).relieve([(0, 3, 2000), (1, 4, 90)].into_iter()), None);
    }

    #[test]
    fn moments_are_even_and_none_lies_before_now() {
        for tick_hz in [1, 7, 30, 60, 240] {
            for nth in 0..500u64 {
                let now_ns = 3_600_000_000_123 + nth * 7_919_333;
                let number = next(tick_hz, now_ns);
                let wait_ns = at_ns(tick_hz, number) - now_ns;
                assert!(wait_ns <= SECOND_NS / u64::from(tick_hz) / MOMENTS as u64 + 1, "{tick_hz} Hz: {wait_ns}");
                assert_eq!(next(tick_hz, at_ns(tick_hz, number)), number, "a moment is its own next one");
            }
        }
    }
}
