//! The connections of one room: which of them are read at every tick, and when each is to be pinged or given up. What a look costs is what is due, not
//! who is there.

use std::collections::VecDeque;

use crate::config::Config;
use crate::room::SessionKey;

use super::peer::Peer;

/// A sleeping room sends nothing, so its connections are asked seldom.
const SLEEPING_INTERVAL_US: u64 = 25_000_000;

/// The times of liveness, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Liveness {
    interval_us: u64,
    sleeping_interval_us: u64,
    timeout_us: u64,
}

impl Liveness {
    pub(super) fn new(config: &Config) -> Self {
        let us = |seconds: u32| u64::from(seconds) * 1_000_000;
        let interval_us = us(config.ping_interval_s);
        let sleeping_interval_us = interval_us.max(SLEEPING_INTERVAL_US);
        Self { interval_us, sleeping_interval_us, timeout_us: us(config.pong_timeout_s) }
    }
}

/// By session, which are small numbers; the queues are in the order of time because all connections wait equally long.
pub(super) struct Peers {
    slots: Vec<Option<Box<Peer>>>,
    count: usize,
    /// Who is read at every tick, each once; each knows its place here.
    asked: Vec<SessionKey>,
    /// Times at which the sockets were read.
    reads: u64,
    liveness: Liveness,
    is_sleeping: bool,
    pings: VecDeque<(u64, SessionKey)>,
    answers: VecDeque<(u64, SessionKey)>,
}

impl Peers {
    pub(super) const fn new(liveness: Liveness) -> Self {
        Self {
            slots: Vec::new(),
            count: 0,
            asked: Vec::new(),
            reads: 0,
            liveness,
            is_sleeping: false,
            pings: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn get_mut(&mut self, session: SessionKey) -> Option<&mut Peer> {
        self.slots.get_mut(session)?.as_deref_mut()
    }

    /// The first session that is there.
    pub(super) fn first(&self) -> Option<SessionKey> {
        self.slots.iter().position(Option::is_some)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (SessionKey, &mut Peer)> {
        self.slots.iter_mut().enumerate().filter_map(|(session, slot)| Some((session, slot.as_deref_mut()?)))
    }

    pub(super) fn insert(&mut self, now_us: u64, session: SessionKey, mut peer: Peer) {
        peer.ping_due_us = now_us + self.liveness.interval_us;
        if self.slots.len() <= session {
            self.slots.resize_with(session + 1, || None);
        }
        // In a sleeping room the times before are later ones.
        let at = self.pings.partition_point(|&(due_us, _)| due_us <= peer.ping_due_us);
        self.pings.insert(at, (peer.ping_due_us, session));
        debug_assert!(self.slots[session].is_none(), "a session that is another one's");
        self.count += usize::from(self.slots[session].replace(Box::new(peer)).is_none());
    }

    pub(super) fn remove(&mut self, session: SessionKey) -> Option<Peer> {
        let peer = self.slots.get_mut(session)?.take()?;
        self.count -= 1;
        if let Some(at) = peer.asked_at {
            self.drop_asked(at);
        }
        Some(*peer)
    }

    /// The sockets are read once more.
    pub(super) const fn begin_reads(&mut self) {
        self.reads += 1;
    }

    /// Who is to be read though nothing is announced.
    pub(super) fn asked(&self) -> impl Iterator<Item = SessionKey> {
        self.asked.iter().copied()
    }

    /// One of those, who is none of them from now on.
    pub(super) fn pop_asked(&mut self) -> Option<SessionKey> {
        let session = self.asked.last().copied()?;
        self.set_asked(session, false);
        Some(session)
    }

    /// The socket of `session` was read, and there was something or not. Gives whether it should be asked from now on, when it is not so.
    pub(super) fn note_read(&mut self, session: SessionKey, was_there: bool) -> Option<bool> {
        let reads = self.reads;
        let peer = self.get_mut(session)?;
        let is_asked = peer.asked_at.is_some();
        let should_be = peer.attendance.note(reads, was_there, is_asked);
        (should_be != is_asked).then_some(should_be)
    }

    /// From now on `session` is read at every tick, or only when it is announced.
    pub(super) fn set_asked(&mut self, session: SessionKey, is_asked: bool) {
        let end = self.asked.len();
        let Some(peer) = self.get_mut(session) else { return };
        match (peer.asked_at, is_asked) {
            (None, true) => {
                peer.asked_at = Some(end);
                self.asked.push(session);
            }
            (Some(at), false) => {
                peer.asked_at = None;
                self.drop_asked(at);
            }
            _ => {}
        }
    }

    /// The last one takes the place of the one at `at`.
    fn drop_asked(&mut self, at: usize) {
        self.asked.swap_remove(at);
        if let Some(&moved) = self.asked.get(at)
            && let Some(peer) = self.get_mut(moved)
        {
            peer.asked_at = Some(at);
        }
    }

    /// When there is something to do here next, though nothing arrives.
    pub(super) fn next_us(&self) -> Option<u64> {
        let due = |queue: &VecDeque<(u64, SessionKey)>| queue.front().map(|&(due_us, _)| due_us);
        due(&self.pings).into_iter().chain(due(&self.answers)).min()
    }

    /// The next one that has not answered in time.
    pub(super) fn poll_lost(&mut self, now_us: u64) -> Option<SessionKey> {
        while let Some(&(due_us, session)) = self.answers.front().filter(|(due_us, _)| *due_us <= now_us) {
            self.answers.pop_front();
            // Else it was heard, or is another one by now.
            if self.get_mut(session).is_some_and(|peer| peer.lost_us == Some(due_us)) {
                return Some(session);
            }
        }
        None
    }

    /// The next one to ping: from now on it must answer, even when its socket takes no ping now, for a peer that reads would have made room.
    pub(super) fn poll_ping(&mut self, now_us: u64) -> Option<SessionKey> {
        let Self { liveness, is_sleeping, .. } = *self;
        let interval_us = if is_sleeping { liveness.sleeping_interval_us } else { liveness.interval_us };
        while let Some(&(due_us, session)) = self.pings.front().filter(|(due_us, _)| *due_us <= now_us) {
            self.pings.pop_front();
            let Some(peer) = self.get_mut(session).filter(|peer| peer.ping_due_us == due_us) else { continue };
            peer.ping_due_us = now_us + interval_us;
            let must_answer = peer.lost_us.is_none();
            if must_answer {
                peer.lost_us = Some(now_us + liveness.timeout_us);
                self.answers.push_back((now_us + liveness.timeout_us, session));
            }
            self.pings.push_back((now_us + interval_us, session));
            return Some(session);
        }
        None
    }

    /// The room goes to sleep: pings become rarer, one by one.
    pub(super) const fn sleep(&mut self) {
        self.is_sleeping = true;
    }

    /// The room wakes up: those whose pings are farther off than they may be now are spread over one interval.
    pub(super) fn wake(&mut self, now_us: u64) {
        if !std::mem::replace(&mut self.is_sleeping, false) {
            return;
        }
        let (interval_us, count) = (self.liveness.interval_us, self.count.max(1) as u64);
        let mut due: Vec<(u64, SessionKey)> = Vec::with_capacity(self.count);
        for (nth, (session, peer)) in (1..).zip(self.iter_mut()) {
            peer.ping_due_us = peer.ping_due_us.min(now_us + interval_us * nth / count);
            due.push((peer.ping_due_us, session));
        }
        due.sort_unstable();
        self.pings = due.into();
    }
}
