//! One room with its sockets: reads what has arrived, ticks, writes what there is to say.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mio::Registry;
use snapline_shared::game::{Game, SetupError};
use snapline_shared::message::{Close, Hello, ROOM_DEFAULT};
use snapline_shared::tick::Step;
use tokio::sync::oneshot;

use crate::room::{Room, SessionKey};

use super::clock::{SECOND_NS, now_us};
use super::house::{BrainMaker, House};
use super::looks::Looks;
use super::pacer::{Due, Pacer};
use super::peer::{Liveness, Peer};
use super::socket::{Heard, Socket, Written};
use super::{RowsAnswer, Shared, farewell, token};

/// Messages of one socket that are handled in one tick; the others wait for the next, and TCP slows the peer down.
const MESSAGES_PER_TICK_MAX: usize = 64;

/// A room on its thread.
pub(super) struct Hosted<G: Game> {
    room: Room<G>,
    name: String,
    /// Its number among the rooms of the thread.
    number: usize,
    peers: BTreeMap<SessionKey, Peer>,
    /// The server's own players; none where there are none.
    house: Option<House<G>>,
    /// Who is just joining.
    newcomer: Option<Socket>,
    /// Peers whose sockets have something to read.
    readable: Vec<SessionKey>,
    pacer: Pacer,
    liveness: Liveness,
    /// Since when nobody has a seat, in nanoseconds: it sleeps.
    empty_since_ns: Option<u64>,
    players: Arc<AtomicUsize>,
    looks: Looks,
    out: Vec<u8>,
    shared: Arc<Shared>,
    registry: Registry,
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
        registry: Registry,
    ) -> Result<Self, SetupError> {
        let room = Room::new(shared.config.room(name, shared.map.clone()))?;
        let bots = if name == ROOM_DEFAULT { shared.config.house_bots } else { 0 };
        let house = maker.filter(|_| bots > 0).map(|maker| House::new(maker, bots, room.config().seed));
        Ok(Self {
            room,
            name: name.to_owned(),
            number,
            peers: BTreeMap::new(),
            house,
            newcomer: None,
            readable: Vec::new(),
            pacer: Pacer::new(shared.config.tick_hz, now_ns),
            liveness: Liveness::new(&shared.config),
            empty_since_ns: Some(now_ns),
            players: shared.directory.opened(name),
            looks: Looks::default(),
            out: Vec::new(),
            shared,
            registry,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// When its next tick is due; none while it sleeps.
    pub(super) fn deadline_ns(&self) -> Option<u64> {
        self.empty_since_ns.is_none().then(|| self.pacer.deadline_ns())
    }

    /// When it may end for having been empty; none while somebody is in it, and for the room that is always there.
    pub(super) fn ends_at_ns(&self) -> Option<u64> {
        let since = self.empty_since_ns.filter(|_| self.name != ROOM_DEFAULT);
        since.map(|since| since + u64::from(self.shared.config.room_empty_s) * SECOND_NS)
    }

    /// The ticks that are due.
    pub(super) fn take_due(&mut self, now_ns: u64) -> Due {
        if self.empty_since_ns.is_some() { Due::default() } else { self.pacer.take_due(now_ns) }
    }

    /// A socket of it has something to read.
    pub(super) fn set_readable(&mut self, session: SessionKey) {
        self.readable.push(session);
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
        self.peers.insert(session, Peer::new(socket, now_us, self.liveness));
        if self.empty_since_ns.take().is_some() {
            self.pacer = Pacer::new(self.shared.config.tick_hz, now_ns);
        }
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
        let start_us = now_us();
        let mut readable = take(&mut self.readable);
        readable.sort_unstable();
        readable.dedup();
        for session in readable {
            self.drain(start_us, session);
        }
        self.part_closed();
        if let Some(house) = &mut self.house {
            house.settle(start_us, &mut self.room);
            house.speak(start_us, &mut self.room);
        }
        self.room.tick(start_us);
        self.part_closed();
        if writes {
            self.write_all();
            if let Some(house) = &mut self.house {
                house.listen(now_us(), &mut self.room);
            }
        }
        self.looks.answer(&self.room);
        self.publish();
        let now_us = now_us();
        self.room.handle_tick_took(u32::try_from(now_us - start_us).unwrap_or(u32::MAX));
        if self.peers.is_empty() && self.room.is_empty() {
            if let Some(house) = &mut self.house {
                house.settle(now_us, &mut self.room);
            }
            self.empty_since_ns = Some(now_us * 1000);
        }
    }

    fn drain(&mut self, now_us: u64, session: SessionKey) {
        let Some(peer) = self.peers.get_mut(&session) else { return };
        peer.socket.refill();
        for _ in 0..MESSAGES_PER_TICK_MAX {
            let over = match peer.socket.read() {
                Heard::Message(bytes) => {
                    peer.heard();
                    match self.room.handle_message(now_us, session, &bytes) {
                        Ok(()) => continue,
                        Err(close) => return self.part(session, &close),
                    }
                }
                Heard::Control => {
                    peer.heard();
                    if !peer.piles_up() {
                        continue;
                    }
                    Some(Close::SlowConsumer)
                }
                Heard::Nothing => return,
                Heard::Later => break,
                Heard::Left => {
                    self.room.handle_left(session);
                    return self.part(session, &Close::Bye);
                }
                Heard::Over(close) => Some(close),
                Heard::Gone => None,
            };
            return self.lose(session, over.as_ref());
        }
        // Edge-triggered: what was left unread is not announced again.
        self.readable.push(session);
    }

    fn write_all(&mut self) {
        let mut over: Vec<(SessionKey, Option<Close>)> = Vec::new();
        for (&session, peer) in &mut self.peers {
            let now_us = now_us();
            if peer.is_lost(now_us) {
                over.push((session, Some(Close::NoPong)));
                continue;
            }
            let mut written = peer.socket.flush();
            if written != Written::Gone {
                written = written.and(peer.ping_when_due(now_us, written == Written::Whole, self.liveness));
            }
            while written == Written::Whole {
                self.out.clear();
                if !self.room.poll_transmit(now_us, session, &mut self.out) {
                    break;
                }
                written = peer.socket.send(&self.out);
            }
            if written == Written::Gone {
                over.push((session, None));
            }
        }
        for (session, close) in over {
            self.lose(session, close.as_ref());
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
        if close.is_none_or(Close::keeps_seat) {
            self.room.handle_closed(session);
        } else {
            self.room.handle_left(session);
        }
        match close {
            Some(close) => self.part(session, close),
            None => drop(self.peers.remove(&session)),
        }
    }

    /// The connection ends and the room has forgotten it.
    fn part(&mut self, session: SessionKey, close: &Close) {
        let Some(mut peer) = self.peers.remove(&session) else {
            if let Some(house) = &mut self.house {
                house.handle_closed(now_us(), session);
            }
            return;
        };
        peer.socket.deregister(&self.registry);
        farewell::say(&self.shared.runtime, peer.socket, close);
    }

    /// Ends every connection; the room is not asked any more.
    pub(super) fn close_all(&mut self, close: &Close) {
        while let Some((&session, _)) = self.peers.first_key_value() {
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
        self.players.store(self.room.players(), Ordering::Relaxed);
    }
}

/// After Hello a client is silent until Welcome, which has not been sent yet: whatever has arrived came too early.
fn check_silence(socket: &mut Socket) -> Result<(), Close> {
    socket.refill();
    for _ in 0..MESSAGES_PER_TICK_MAX {
        match socket.read() {
            Heard::Message(_) => return Err(Close::BadMessage("a message between Hello and Welcome")),
            Heard::Control => {}
            Heard::Nothing | Heard::Later => return Ok(()),
            Heard::Over(close) => return Err(close),
            Heard::Left | Heard::Gone => return Err(Close::Bye),
        }
    }
    Err(Close::BadMessage("too much between Hello and Welcome"))
}
