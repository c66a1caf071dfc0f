//! Which rooms there are, on which thread, how full: what HTTP reads and joins go by.
//!
//! Locked when a room is made or ends, at joins, and when somebody asks; never by a tick.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use snapline_shared::message::{Close, ROOM_DEFAULT, is_room_name};

use crate::config::Config;
use crate::room::{PHASES, Phase};

/// One line of the list of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) players: usize,
    pub(crate) players_max: usize,
    pub(crate) tick_hz: u32,
    /// Seconds from a match's results to the next match.
    pub(crate) restart_s: u32,
    pub(crate) game: &'static str,
    /// The tick thread that runs it.
    pub(crate) thread: usize,
    /// Mean time of its ticks in the last second, in microseconds; 0 while it sleeps.
    pub(crate) tick_us: u32,
    /// The phase that took most of it.
    pub(crate) slowest_phase: &'static str,
}

/// What a room's thread tells of it, without a lock.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) players: AtomicUsize,
    pub(crate) tick_us: AtomicU32,
    /// A `Phase` as a number.
    pub(crate) slowest_phase: AtomicUsize,
}

#[derive(Debug)]
struct Entry {
    thread: usize,
    figures: Arc<Figures>,
    /// Joins on their way to the thread: it may not end the room under them.
    joining: usize,
    /// Whether the thread has the room; else it makes it at the next join.
    is_made: bool,
}

impl Entry {
    fn new(thread: usize) -> Self {
        Self { thread, figures: Arc::default(), joining: 0, is_made: false }
    }
}

/// All rooms of the server, by name.
#[derive(Debug)]
pub(crate) struct Directory {
    rooms: Mutex<BTreeMap<String, Entry>>,
    closed: AtomicBool,
    /// By thread: the share of its time that it is busy, in thousandths, and whether it takes nobody any more.
    loads: Vec<(AtomicU32, AtomicBool)>,
    rooms_max: usize,
    rooms_on_demand: bool,
    players_max: usize,
    tick_hz: u32,
    restart_s: u32,
    game: &'static str,
}

impl Directory {
    /// With the room that is always there.
    pub(crate) fn new(config: &Config, game: &'static str) -> Self {
        Self {
            rooms: Mutex::new(BTreeMap::from([(ROOM_DEFAULT.to_owned(), Entry::new(0))])),
            closed: AtomicBool::new(false),
            loads: (0..config.tick_threads).map(|_| Default::default()).collect(),
            rooms_max: config.rooms_max,
            rooms_on_demand: config.rooms_on_demand,
            players_max: config.players_max,
            tick_hz: config.tick_hz,
            restart_s: config.restart_s,
            game,
        }
    }

    /// Whether a player may join the room called `name` now; the room itself has the last word about seats.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit(&self, name: &str) -> Result<(), Close> {
        let rooms = self.lock();
        self.check(&rooms, name)?;
        match rooms.get(name) {
            Some(room) if room.figures.players.load(Ordering::Relaxed) + room.joining >= self.players_max => {
                Err(Close::RoomFull)
            }
            _ => Ok(()),
        }
    }

    /// Announces a join of the room called `name`, which is made when there is none, and gives its thread.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn reserve(&self, name: &str) -> Result<usize, Close> {
        let mut rooms = self.lock();
        self.check(&rooms, name)?;
        let thread = rooms.get(name).map_or_else(|| self.emptiest_thread(&rooms), |room| room.thread);
        rooms.entry(name.to_owned()).or_insert_with(|| Entry::new(thread)).joining += 1;
        Ok(thread)
    }

    fn check(&self, rooms: &BTreeMap<String, Entry>, name: &str) -> Result<(), Close> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Close::Restart);
        }
        if !is_room_name(name) {
            return Err(Close::RoomNotFound("a name is 1-32 characters of a-z, 0-9 and -"));
        }
        let refuses = |thread: usize| self.loads[thread].1.load(Ordering::Relaxed);
        let is_overloaded = match rooms.get(name) {
            Some(room) => refuses(room.thread),
            None => (0..self.loads.len()).all(refuses),
        };
        if is_overloaded {
            return Err(Close::Overloaded("there is too much to do here"));
        }
        if rooms.contains_key(name) {
            return Ok(());
        }
        if !self.rooms_on_demand {
            return Err(Close::RoomNotFound("there is no such room, and none is made here on demand"));
        }
        if rooms.len() >= self.rooms_max { Err(Close::Overloaded("no more rooms")) } else { Ok(()) }
    }

    fn emptiest_thread(&self, rooms: &BTreeMap<String, Entry>) -> usize {
        let mut count = vec![0usize; self.loads.len()];
        rooms.values().for_each(|room| count[room.thread] += 1);
        // What a room costs shows only after a while: among threads about as busy, the one with fewer rooms.
        let load = |thread: usize| {
            let (busy, refuses) = &self.loads[thread];
            (refuses.load(Ordering::Relaxed), busy.load(Ordering::Relaxed) / 50, count[thread])
        };
        (0..self.loads.len()).min_by_key(|&thread| load(thread)).unwrap_or(0)
    }

    /// How much `thread` has to do, as a share of its time, and whether it takes nobody any more.
    pub(crate) fn set_load(&self, thread: usize, busy: f32, refuses: bool) {
        self.loads[thread].0.store((busy * 1000.0) as u32, Ordering::Relaxed);
        self.loads[thread].1.store(refuses, Ordering::Relaxed);
    }

    /// The same shares, of all threads.
    pub(crate) fn loads(&self) -> Vec<f32> {
        self.loads.iter().map(|(busy, _)| busy.load(Ordering::Relaxed) as f32 / 1000.0).collect()
    }

    /// The room called `name` is on its way to `thread`, which has it already in its queue.
    pub(crate) fn moved(&self, name: &str, thread: usize) {
        if let Some(room) = self.lock().get_mut(name) {
            room.thread = thread;
        }
    }

    /// The announced join has reached the room, or failed before.
    pub(crate) fn arrived(&self, name: &str) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(name) {
            room.joining = room.joining.saturating_sub(1);
            if !room.is_made {
                forget(&mut rooms, name);
            }
        }
    }

    /// Its thread has made the room called `name`; gives where to write how it is doing.
    pub(crate) fn opened(&self, name: &str) -> Arc<Figures> {
        let mut rooms = self.lock();
        let Some(room) = rooms.get_mut(name) else { return Arc::default() };
        room.is_made = true;
        Arc::clone(&room.figures)
    }

    /// Asks to end the room called `name`: false when it is kept, or somebody is about to join.
    pub(crate) fn end(&self, name: &str) -> bool {
        forget(&mut self.lock(), name)
    }

    /// The room called `name` has failed and is no more; it is made anew for the next who joins.
    pub(crate) fn failed(&self, name: &str) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(name) {
            room.is_made = false;
            room.figures.players.store(0, Ordering::Relaxed);
        }
        forget(&mut rooms, name);
    }

    /// The thread of the room called `name`.
    pub(crate) fn thread_of(&self, name: &str) -> Option<usize> {
        self.lock().get(name).map(|room| room.thread)
    }

    /// Whether there is a free seat, in a room that is there or can be made.
    pub(crate) fn has_seat(&self) -> bool {
        let rooms = self.lock();
        let may_make = self.rooms_on_demand && rooms.len() < self.rooms_max;
        may_make || rooms.values().any(|room| room.figures.players.load(Ordering::Relaxed) < self.players_max)
    }

    /// The list of rooms, by name.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let line = |(name, room): (&String, &Entry)| Listed {
            name: name.clone(),
            players: room.figures.players.load(Ordering::Relaxed),
            players_max: self.players_max,
            tick_hz: self.tick_hz,
            restart_s: self.restart_s,
            game: self.game,
            thread: room.thread,
            tick_us: room.figures.tick_us.load(Ordering::Relaxed),
            slowest_phase: Phase::ALL[room.figures.slowest_phase.load(Ordering::Relaxed) % PHASES].name(),
        };
        self.lock().iter().map(line).collect()
    }

    /// From now on nobody joins: the server stops.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether the server stops.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Nothing that panics happens under this lock, and the map is whole at every point.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget(rooms: &mut BTreeMap<String, Entry>, name: &str) -> bool {
    let may_end = name != ROOM_DEFAULT && rooms.get(name).is_none_or(|room| room.joining == 0);
    if may_end {
        rooms.remove(name);
    }
    may_end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(rooms_max: usize) -> Directory {
        let config = Config { rooms_max, tick_threads: 2, players_max: 2, ..Config::default() };
        Directory::new(&config, "test")
    }

    #[test]
    fn rooms_are_spread_capped_and_found_again() {
        let rooms = directory(3);
        assert_eq!(rooms.reserve("a"), Ok(1));
        assert_eq!(rooms.reserve("b"), Ok(0));
        assert_eq!(rooms.reserve("a"), Ok(1));
        assert_eq!(rooms.reserve("c"), Err(Close::Overloaded("no more rooms")));
        assert!(matches!(rooms.reserve("C"), Err(Close::RoomNotFound(_))));
        assert_eq!(rooms.list().len(), 3);
    }

    #[test]
    fn a_room_does_not_end_under_a_join_and_main_never_ends() {
        let rooms = directory(3);
        assert_eq!(rooms.reserve("a"), Ok(1));
        assert!(!rooms.end("a"));
        rooms.opened("a");
        rooms.arrived("a");
        assert!(rooms.end("a") && rooms.thread_of("a").is_none());
        assert!(!rooms.end(ROOM_DEFAULT));
    }

    #[test]
    fn a_room_that_was_never_made_or_has_failed_leaves_nothing() {
        let rooms = directory(3);
        assert!(rooms.reserve("a").is_ok() && rooms.reserve("a").is_ok());
        rooms.arrived("a");
        assert!(rooms.thread_of("a").is_some());
        rooms.arrived("a");
        assert!(rooms.thread_of("a").is_none());
        assert!(rooms.reserve("b").is_ok());
        rooms.opened("b");
        rooms.arrived("b");
        rooms.failed("b");
        rooms.failed(ROOM_DEFAULT);
        assert_eq!(rooms.list().len(), 1);
    }

    #[test]
    fn new_rooms_go_where_there_is_least_to_do_and_nowhere_when_all_have_too_much() {
        let rooms = directory(9);
        rooms.set_load(1, 0.8, false);
        assert_eq!((rooms.reserve("a"), rooms.reserve("b")), (Ok(0), Ok(0)));
        rooms.set_load(0, 0.95, true);
        assert_eq!(rooms.reserve("c"), Ok(1));
        assert!(matches!(rooms.reserve("a"), Err(Close::Overloaded(_))), "its thread takes nobody");
        rooms.moved("a", 1);
        assert_eq!(rooms.reserve("a"), Ok(1));
        rooms.set_load(1, 0.95, true);
        assert!(matches!(rooms.reserve("d"), Err(Close::Overloaded(_))));
    }

    #[test]
    fn admission_says_what_a_join_would_meet() {
        let rooms = directory(1);
        assert_eq!(rooms.admit(ROOM_DEFAULT), Ok(()));
        assert!(rooms.has_seat());
        rooms.opened(ROOM_DEFAULT).players.store(2, Ordering::Relaxed);
        assert_eq!(rooms.admit(ROOM_DEFAULT), Err(Close::RoomFull));
        assert_eq!(rooms.admit("other"), Err(Close::Overloaded("no more rooms")));
        assert!(!rooms.has_seat());
        rooms.close();
        assert_eq!(rooms.admit(ROOM_DEFAULT), Err(Close::Restart));
    }
}
