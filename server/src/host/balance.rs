//! Which room leaves a tick thread that has too much to do, and where it goes. No clock, no thread: figures in, a choice out.

/// A thread that is busy for less than this share of its time keeps its rooms.
const BUSY_MIN: f32 = 0.7;
/// So much less must the busier of the two threads have to do after the move: else rooms would go to and fro.
const GAIN_MIN: f32 = 0.1;

/// The room (by its number) that should move, and the thread that it should move to. `loads` are the busy shares of all threads, `rooms` those of the
/// rooms of thread `mine`.
pub(super) fn choose(loads: &[f32], mine: usize, rooms: &[(usize, f32)]) -> Option<(usize, usize)> {
    let busy = loads.get(mine).copied().filter(|&busy| busy >= BUSY_MIN)?;
    let others = (0..loads.len()).filter(|&thread| thread != mine);
    let to = others.min_by(|&a, &b| loads[a].total_cmp(&loads[b]))?;
    let after = |load: f32| (busy - load).max(loads[to] + load);
    let &(room, load) = rooms.iter().min_by(|a, b| after(a.1).total_cmp(&after(b.1)))?;
    (after(load) <= busy - GAIN_MIN).then_some((room, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_that_evens_out_best_moves_to_the_least_loaded() {
        let rooms = [(3, 0.6), (4, 0.3), (5, 0.05)];
        assert_eq!(choose(&[0.95, 0.2, 0.4], 0, &rooms), Some((4, 1)));
    }

    #[test]
    fn nothing_moves_without_need_or_gain() {
        assert_eq!(choose(&[0.69, 0.0], 0, &[(1, 0.3)]), None, "not busy");
        assert_eq!(choose(&[0.9, 0.0], 0, &[(1, 0.9)]), None, "one room alone would only change places");
        assert_eq!(choose(&[0.9, 0.85], 0, &[(1, 0.1)]), None, "all are busy");
        assert_eq!(choose(&[0.9], 0, &[(1, 0.3), (2, 0.6)]), None, "there is no other thread");
    }

    #[test]
    fn a_moved_room_stays_where_it_is() {
        // Seeded by hand: from any split of these rooms, moves come to an end.
        let loads = [0.31, 0.22, 0.17, 0.12, 0.09, 0.05];
        for start in 0..64u32 {
            let mut on: Vec<usize> = (0..6).map(|room| (start >> room & 1) as usize).collect();
            let mut moves = 0;
            loop {
                let sum =
                    |thread: usize| (0..6).filter(|&room| on[room] == thread).map(|room| loads[room]).sum::<f32>();
                let busy = [sum(0), sum(1)];
                let choice = (0..2).find_map(|mine| {
                    let rooms: Vec<(usize, f32)> =
                        (0..6).filter(|&room| on[room] == mine).map(|room| (room, loads[room])).collect();
                    choose(&busy, mine, &rooms)
                });
                let Some((room, to)) = choice else { break };
                on[room] = to;
                moves += 1;
                assert!(moves < 10, "rooms go to and fro from {start:06b}");
            }
        }
    }
}
