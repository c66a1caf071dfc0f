//! Who is in the room, and how each client learns of it: the whole list at its join, then changes. Nothing is queued for a client: it reads on from
//! its own place in one shared log, and starts over when that place is gone.

use std::collections::{BTreeMap, VecDeque};

use snapline_shared::ids::PlayerId;
use snapline_shared::message::{Notice, RosterChange};

/// Changes kept for clients that have not read them.
const LOG_MAX: usize = 256;
/// Changes in one notice.
const CHANGES_PER_NOTICE: usize = 16;
/// Notices a second: with the above, 64 changes a second.
const NOTICES_HZ: u32 = 4;

/// The players of a room.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    players: BTreeMap<PlayerId, Entry>,
    log: VecDeque<RosterChange>,
    /// Number of the change after the newest.
    end: u64,
}

#[derive(Debug)]
struct Entry {
    name: String,
    bot: bool,
    away: bool,
}

/// Up to where one client has been told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RosterCursor {
    /// While the whole list is told: the next seat, and whether it is the first notice of the list.
    whole: Option<(u16, bool)>,
    next: u64,
    next_tick: u32,
}

impl Roster {
    pub(crate) fn join(&mut self, player: PlayerId, name: String, bot: bool) {
        self.change(RosterChange::Join { player, name: name.clone(), bot });
        self.players.insert(player, Entry { name, bot, away: false });
    }

    pub(crate) fn leave(&mut self, player: PlayerId) {
        if self.players.remove(&player).is_some() {
            self.change(RosterChange::Leave { player });
        }
    }

    pub(crate) fn away(&mut self, player: PlayerId, away: bool) {
        if self.players.get_mut(&player).is_some_and(|entry| std::mem::replace(&mut entry.away, away) != away) {
            self.change(RosterChange::Away { player, away });
        }
    }

    fn change(&mut self, change: RosterChange) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(change);
        self.end += 1;
    }

    /// The place of a client that knows nothing.
    pub(crate) const fn cursor(&self, tick: u32) -> RosterCursor {
        RosterCursor { whole: Some((0, true)), next: self.end, next_tick: tick }
    }

    /// The next notice for a client, when there is something new and it is time. `tick` counts ticks, `tick_hz` of them a second.
    pub(crate) fn poll(&self, cursor: &mut RosterCursor, tick: u32, tick_hz: u32) -> Option<Notice> {
        if cursor.whole.is_none() && (cursor.next == self.end || tick.wrapping_sub(cursor.next_tick).cast_signed() < 0)
        {
            return None;
        }
        let kept_from = self.end - self.log.len() as u64;
        if cursor.whole.is_none() && cursor.next < kept_from {
            // Starting over is for who fell behind, not for who stirs the list: once in two seconds.
            *cursor = RosterCursor { next_tick: tick.wrapping_add(2 * tick_hz), ..self.cursor(tick) };
        }
        if let Some((from, first)) = cursor.whole {
            let mut changes = Vec::new();
            let mut rest = self.players.range(PlayerId(from)..).peekable();
            while let Some((&player, entry)) = rest.next_if(|_| changes.len() < 4 * CHANGES_PER_NOTICE) {
                changes.push(RosterChange::Join { player, name: entry.name.clone(), bot: entry.bot });
                if entry.away {
                    changes.push(RosterChange::Away { player, away: true });
                }
            }
            cursor.whole = rest.peek().map(|(player, _)| (player.0, false));
            return Some(Notice::Roster { whole: first, changes });
        }
        cursor.next_tick = tick.wrapping_add(tick_hz.div_ceil(NOTICES_HZ));
        let from = (cursor.next - kept_from) as usize;
        let changes: Vec<RosterChange> = self.log.range(from..).take(CHANGES_PER_NOTICE).cloned().collect();
        cursor.next += changes.len() as u64;
        Some(Notice::Roster { whole: false, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies what a client is told until there is nothing more.
    fn catch_up(roster: &Roster, cursor: &mut RosterCursor, known: &mut BTreeMap<u16, (String, bool)>, tick: &mut u32) {
        for _ in 0..100 {
            *tick += 15;
            let Some(Notice::Roster { whole, changes }) = roster.poll(cursor, *tick, 60) else { continue };
            if whole {
                known.clear();
            }
            for change in changes {
                match change {
                    RosterChange::Join { player, name, .. } => drop(known.insert(player.0, (name, false))),
                    RosterChange::Leave { player } => drop(known.remove(&player.0)),
                    RosterChange::Away { player, away } => known.entry(player.0).or_default().1 = away,
                }
            }
        }
    }

    #[test]
    fn every_client_ends_with_the_same_list_however_far_it_fell_behind() {
        let mut roster = Roster::default();
        let (mut cursor, mut known, mut tick) = (roster.cursor(0), BTreeMap::new(), 0);
        for round in 0..40u16 {
            for i in 0..=round * 3 {
                roster.join(PlayerId(i % 90), format!("{round}-{i}"), false);
                if i % 3 == 0 {
                    roster.away(PlayerId(i % 90), i % 2 == 0);
                }
                if i % 5 == 0 {
                    roster.leave(PlayerId(i * 7 % 90));
                }
            }
            catch_up(&roster, &mut cursor, &mut known, &mut tick);
            let truth: BTreeMap<u16, (String, bool)> =
                roster.players.iter().map(|(player, entry)| (player.0, (entry.name.clone(), entry.away))).collect();
            assert_eq!(known, truth, "round {round}");
        }
    }

    #[test]
    fn at_most_64_changes_a_second() {
        let mut roster = Roster::default();
        let mut cursor = roster.cursor(0);
        assert!(roster.poll(&mut cursor, 0, 60).is_some());
        for i in 0..200 {
            roster.join(PlayerId(i), String::new(), true);
        }
        let told: usize = (0..60)
            .filter_map(|tick| roster.poll(&mut cursor, tick, 60))
            .map(|notice| if let Notice::Roster { changes, .. } = notice { changes.len() } else { 0 })
            .sum();
        assert_eq!(told, 64);
    }
}
