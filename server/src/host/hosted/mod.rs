//! One room with its sockets: reads what has arrived, ticks, writes what there is to say.

mod books;
mod hear;

use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mio::Registry;
use snapline_shared::game::{Game, SetupError};
use snapline_shared::message::{Close, Hello, ROOM_DEFAULT};
use snapline_shared::tick::Step;
use tokio::sync::oneshot;

use crate::room::{PHASES, Room, RoomStats, SessionKey};

use super::clock::{SECOND_NS, now_ns, now_us};
use super::directory::Figures;
use super::fan_out::fan_out;
use super::house::{BrainMaker, House};
use super::looks::Looks;
use super::outgoing::Outgoing;
use super::pacer::{Due, Pacer};
use super::peer::Peer;
use super::peers::{Liveness, Peers};
use super::socket::Socket;
use super::stopwatch::Stopwatch;
use super::{RowsAnswer, Shared, farewell, token};
pub(super) use books::Spent;
use hear::check_silence;

/// A kept room goes to sleep when nobody has looked at it for so many seconds.
const UNWATCHED_S: u32 = 1;

/// A room on its thread.
pub(super) struct Hosted<G: Game> {
    room: Room<G>,
    name: String,
    /// Its number among the rooms of the thread.
    number: usize,
    peers: Peers,
    /// The server's own players; none where there are none.
    house: Option<House<G>>,
    /// Who is just joining.
    newcomer: Option<Socket>,
    /// Peers whose sockets have something to read, and whether that is the end.
    readable: Vec<(SessionKey, bool)>,
    /// Its moment of the tick and its deadlines; none while it sleeps, and until [`Self::begin`].
    pace: Option<(usize, Pacer)>,
    /// Whether it never ends, and sleeps while nobody looks.
    is_kept: bool,
    /// Ticks in a row that nobody has looked at.
    unwatched_ticks: u32,
    /// Since when it sleeps, in nanoseconds: nobody has a seat, or in a kept room nobody looks.
    asleep_since_ns: Option<u64>,
    /// Whether more than signs of life has come since the last look round, and since the last `second`: while it sleeps there may be thousands of
    /// connections that are better left alone.
    has_news: bool,
    is_stirred: bool,
    figures: Arc<Figures>,
    watch: Stopwatch,
    /// Since the last `second`: bytes in and out, ticks, their time by phase and the longest one.
    told: RoomStats,
    bytes: (u64, u64),
    ticks: u64,
    spent_ns: [u64; PHASES],
    longest_ns: u64,
    /// The gauges as they were told.
    gauges: [usize; 5],
    looks: Looks,
    out: Outgoing,
    shared: Arc<Shared>,
    registry: Arc<Registry>,
}

impl<G: Game> Hosted<G> {
    /// A room without players.
    ///
    /// # Errors
    /// When the game does not accept its options; the server has tried them at its start.
    pub(super) fn new(
        name: &str,
        number: usize,
        now_ns: u64,
        maker: Option<BrainMaker<G>>,
        shared: Arc<Shared>,
        registry: Arc<Registry>,
    ) -> Result<Self, SetupError> {
        let mut room = Room::new(shared.config.room(name, shared.map.clone()))?;
        if shared.trace.is_some() {
            room.trace();
        }
        let bots = if name == ROOM_DEFAULT { shared.config.house_bots } else { 0 };
        let house = maker.filter(|_| bots > 0).map(|maker| House::new(maker, bots, room.config().seed));
        Ok(Self {
            room,
            name: name.to_owned(),
            number,
            peers: Peers::new(Liveness::new(&shared.config)),
            house,
            newcomer: None,
            readable: Vec::new(),
            pace: None,
            is_kept: shared.config.keeps(name),
            unwatched_ticks: 0,
            asleep_since_ns: Some(now_ns),
            has_news: false,
            is_stirred: false,
            figures: shared.directory.opened(name),
            watch: Stopwatch::default(),
            told: RoomStats::default(),
            bytes: (0, 0),
            ticks: 0,
            spent_ns: [0; PHASES],
            longest_ns: 0,
            gauges: [0; 5],
            looks: Looks::default(),
            out: Outgoing::default(),
            shared,
            registry,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// When its next tick is due; none while it sleeps.
    pub(super) fn deadline_ns(&self) -> Option<u64> {
        self.pace.as_ref().map(|(_, pacer)| pacer.deadline_ns())
    }

    /// The moment of its ticks and its connections; none without ticks.
    pub(super) fn moment(&self) -> Option<(usize, usize)> {
        self.pace.as_ref().map(|(moment, _)| (*moment, self.peers.len()))
    }

    /// Whether it has woken up and [`Self::begin`] is due.
    pub(super) const fn wants_moment(&self) -> bool {
        self.asleep_since_ns.is_none() && self.pace.is_none()
    }

    /// Its connections.
    pub(super) const fn connections(&self) -> usize {
        self.peers.len()
    }

    /// From now on it ticks at `moment`. Should it have had another, the next tick comes later than it would have, by less than a tick: no input
    /// that is in time becomes late.
    pub(super) fn begin(&mut self, now_ns: u64, moment: usize) {
        debug_assert!(self.asleep_since_ns.is_none(), "a room that sleeps has no moment");
        let now_ns = self.deadline_ns().unwrap_or(now_ns);
        self.pace = Some((moment, Pacer::at_moment(self.shared.config.tick_hz, now_ns, moment)));
    }

    /// When it may end for having been empty; none while somebody is in it, and for rooms that are kept.
    pub(super) fn ends_at_ns(&self) -> Option<u64> {
        let since = self.asleep_since_ns.filter(|_| !self.is_kept && self.name != ROOM_DEFAULT);
        since.map(|since| since + u64::from(self.shared.config.room_empty_s) * SECOND_NS)
    }

    /// While it sleeps: when somebody in it must be pinged or given up.
    pub(super) fn look_at_ns(&self) -> Option<u64> {
        let next_us = self.peers.next_us().filter(|_| self.asleep_since_ns.is_some());
        next_us.map(|next_us| next_us * 1000)
    }

    /// While it sleeps: hears what has arrived, keeps the connections alive, and wakes up when somebody looks.
    pub(super) fn look_round(&mut self, now_ns: u64) {
        let is_due = self.look_at_ns().is_some_and(|at_ns| at_ns <= now_ns);
        if self.asleep_since_ns.is_none() || !is_due && self.readable.is_empty() {
            return;
        }
        self.hear(now_ns / 1000);
        self.keep_alive(now_ns / 1000);
        if !take(&mut self.has_news) {
            return;
        }
        self.is_stirred = true;
        self.publish();
        if self.room.is_watched() {
            self.wake(now_ns);
        } else if self.peers.is_empty() {
            self.asleep_since_ns = Some(now_ns);
        }
    }

    /// Leaves its thread: no socket is announced there any more.
    pub(super) fn pack(&mut self) {
        // `unpack` registers all.
        while self.peers.pop_asked().is_some() {}
        for (_, peer) in self.peers.iter_mut() {
            peer.socket.deregister(&self.registry);
        }
        self.readable.clear();
    }

    /// Has come to another thread, as its room `number`. What arrived on the way is read at the next tick.
    pub(super) fn unpack(&mut self, number: usize, registry: Arc<Registry>) {
        (self.number, self.registry) = (number, registry);
        let mut over = Vec::new();
        for (session, peer) in self.peers.iter_mut() {
            match peer.socket.register(&self.registry, token(number, session)) {
                Ok(()) => self.readable.push((session, false)),
                Err(error) => {
                    tracing::error!(%error, room = self.name, "a socket cannot be polled");
                    over.push(session);
                }
            }
        }
        for session in over {
            self.lose(session, Some(&Close::Overloaded("out of resources")));
        }
    }

    fn wake(&mut self, now_ns: u64) {
        self.unwatched_ticks = 0;
        if self.asleep_since_ns.take().is_some() {
            self.peers.wake(now_ns / 1000);
        }
    }

    fn fall_asleep(&mut self, now_ns: u64) {
        (self.asleep_since_ns, self.pace) = (Some(now_ns), None);
        (self.has_news, self.is_stirred) = (false, true);
        self.peers.sleep();
        self.announce_all();
    }

    /// The ticks that are due.
    pub(super) fn take_due(&mut self, now_ns: u64) -> Due {
        self.pace.as_mut().map_or_else(Due::default, |(_, pacer)| pacer.take_due(now_ns))
    }

    /// A socket of it has something to read; `is_ending`: its peer closes.
    pub(super) fn set_readable(&mut self, session: SessionKey, is_ending: bool) {
        self.readable.push((session, is_ending));
    }

    /// Somebody joins.
    pub(super) fn join(&mut self, now_ns: u64, hello: &Hello, socket: Socket) {
        let now_us = now_ns / 1000;
        // Their keys may be given to newcomers.
        self.part_closed();
        // Kept here during the call: should the game fail in it, `close_all` says goodbye.
        let opened = match check_silence(self.newcomer.insert(socket)) {
            Ok(()) => self.open(hello),
            Err(close) => Err(close),
        };
        let Some(mut socket) = self.newcomer.take() else { return };
        let session = match opened {
            Ok(session) => session,
            Err(close) => return farewell::say(&self.shared.runtime, socket, &close),
        };
        if let Err(error) = socket.register(&self.registry, token(self.number, session)) {
            tracing::error!(%error, room = self.name, "a socket cannot be polled");
            self.room.handle_closed(session);
            return farewell::say(&self.shared.runtime, socket, &Close::Overloaded("out of resources"));
        }
        // Whoever was on the seat that the newcomer has come back to.
        self.part_closed();
        if let Some(suppressed) = self.shared.join_noise.may_speak() {
            let resumed = hello.resume.is_some();
            tracing::info!(room = self.name, name = ?hello.name, bot = hello.bot, resumed, suppressed, "joined");
        }
        self.peers.insert(now_us, session, Peer::new(socket));
        self.wake(now_ns);
        self.publish();
    }

    fn open(&mut self, hello: &Hello) -> Result<SessionKey, Close> {
        let opened = self.room.handle_open(hello);
        // A game with fewer seats than the room may have given the last one to a house bot.
        let makes_way = opened == Err(Close::RoomFull) && self.room.players() < self.room.config().players_max;
        if let Some(house) = self.house.as_mut().filter(|_| makes_way)
            && house.give_way(&mut self.room)
        {
            return self.room.handle_open(hello);
        }
        opened
    }

    /// One tick: reads, advances the world, and writes unless another tick follows at once (newest wins).
    pub(super) fn tick(&mut self, writes: bool) {
        let start_ns = now_ns();
        let start_us = start_ns / 1000;
        self.watch.start(start_ns);
        self.hear(start_us);
        if let Some(house) = &mut self.house {
            house.settle(start_us, &mut self.room);
            house.speak(start_us, &mut self.room);
        }
        self.room.tick_timed(start_us, &mut self.watch);
        self.part_closed();
        self.keep_alive(start_us);
        if writes {
            self.write_all();
            if let Some(house) = &mut self.house {
                house.listen(now_us(), &mut self.room);
            }
        }
        self.looks.answer(&self.room);
        self.publish();
        let now_ns = now_ns();
        self.room.handle_tick_took(u32::try_from((now_ns - start_ns) / 1000).unwrap_or(u32::MAX));
        self.account(now_ns - start_ns);
        if let Some(trace) = &self.shared.trace {
            trace.add(&mut self.room, start_us, (now_ns - start_ns) / 1000, self.watch.spent_ns());
        }
        self.rest(now_ns / 1000);
    }

    /// Goes to sleep when there is nobody to tick for.
    fn rest(&mut self, now_us: u64) {
        if self.peers.is_empty() && self.room.is_empty() {
            if let Some(house) = &mut self.house {
                house.settle(now_us, &mut self.room);
            }
            return self.fall_asleep(now_us * 1000);
        }
        if self.is_kept {
            self.unwatched_ticks = if self.room.is_watched() { 0 } else { self.unwatched_ticks + 1 };
            if self.unwatched_ticks >= UNWATCHED_S * self.room.config().tick_hz {
                self.fall_asleep(now_us * 1000);
            }
        }
    }

    fn write_all(&mut self) {
        let sent = fan_out(&mut self.room, &mut self.peers, &mut self.watch, &mut self.out);
        self.bytes.1 += sent.bytes;
        for session in sent.gone {
            self.lose(session, None);
        }
    }

    /// Ends the connections that the room has forgotten by itself.
    fn part_closed(&mut self) {
        while let Some((session, close)) = self.room.poll_close() {
            self.part(session, &close);
        }
    }

    /// The connection ends and the room does not know yet.
    fn lose(&mut self, session: SessionKey, close: Option<&Close>) {
        self.has_news = true;
        if close.is_none_or(Close::keeps_seat) {
            self.room.handle_closed(session);
        } else {
            self.room.handle_left(session);
        }
        match close {
            Some(close) => self.part(session, close),
            None => {
                self.shared.meters.disconnected(None);
                drop(self.peers.remove(session));
            }
        }
    }

    /// The connection ends and the room has forgotten it.
    fn part(&mut self, session: SessionKey, close: &Close) {
        self.has_news = true;
        let Some(mut peer) = self.peers.remove(session) else {
            if let Some(house) = &mut self.house {
                house.handle_closed(now_us(), session);
            }
            return;
        };
        peer.socket.deregister(&self.registry);
        self.shared.meters.disconnected(Some(close));
        farewell::say(&self.shared.runtime, peer.socket, close);
    }

    /// Ends every connection; the room is not asked any more.
    pub(super) fn close_all(&mut self, close: &Close) {
        while let Some(session) = self.peers.first() {
            self.part(session, close);
        }
        if let Some(socket) = self.newcomer.take() {
            farewell::say(&self.shared.runtime, socket, close);
        }
    }

    /// Gives the rows of `step` as soon as they are there.
    pub(super) fn look(&mut self, step: Step, answer: oneshot::Sender<RowsAnswer>) {
        self.looks.add(step, answer);
        self.looks.answer(&self.room);
    }

    fn publish(&self) {
        self.figures.players.store(self.room.players(), Ordering::Relaxed);
    }
}

/// Its share of the gauges goes with it.
impl<G: Game> Drop for Hosted<G> {
    fn drop(&mut self) {
        self.set_gauges([0; 5]);
    }
}
