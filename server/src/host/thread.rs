//! A tick thread: waits for the next deadline, asks the kernel once what is readable, lets the rooms that are due tick.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SendError, Sender, SyncSender, TrySendError};
use std::time::Duration;

use mio::{Events, Poll, Registry, Token, Waker};
use slab::Slab;
use snapline_shared::game::Game;
use snapline_shared::message::Close;

use crate::room::Pace;

use super::balance::choose;
use super::clock::{SECOND_NS, now_ns, sharpen_sleep, sleep_until};
use super::hosted::{Hosted, Spent};
use super::house::BrainMaker;
use super::meters::ThreadMeters;
use super::moments::{self, MOMENTS, Moments};
use super::overload::{Overload, Window};
use super::pacer::CATCH_UP_TICKS_MAX;
use super::socket::Socket;
use super::{IDLE, Joining, Noise, Order, RowsAnswer, Shared, farewell};

/// Announces orders to a thread that waits for nothing else.
pub(super) const WAKER: Token = Token(usize::MAX);
/// Sockets announced by one look at the kernel; the others are announced by the next.
const EVENTS_MAX: usize = 4096;
/// At low tick rates joins and the end of the server do not wait for a tick.
const SLEEP_NS_MAX: u64 = SECOND_NS / 20;
/// How long a thread whose rooms all sleep rests after each look.
const DOZE: Duration = Duration::from_millis(20);

/// Seconds from one move of a room to the next.
const MOVE_PAUSE_S: u32 = 5;

/// The way to one tick thread, for the others.
pub(super) struct Link<G: Game> {
    pub(super) arrivals: Sender<Box<Hosted<G>>>,
    pub(super) orders: SyncSender<Order>,
    pub(super) waker: Arc<Waker>,
}

/// The state of one tick thread.
pub(super) struct TickThread<G: Game> {
    number: usize,
    poll: Poll,
    registry: Arc<Registry>,
    events: Events,
    inbox: Receiver<Order>,
    rooms: Slab<Hosted<G>>,
    /// What house bots are made with; none: the game has no brain.
    maker: Option<BrainMaker<G>>,
    shared: Arc<Shared>,
    meters: ThreadMeters,
    /// When the metrics of a second are due.
    second_ns: u64,
    /// How many rooms were told awake and asleep.
    told: [usize; 2],
    overload: Overload,
    /// Whether ticks were skipped in this second.
    has_skipped: bool,
    /// For so many seconds no room moves away: what the last move brought must show first.
    rests_seconds: u32,
    arrivals: Receiver<Box<Hosted<G>>>,
    /// To all threads, by number.
    links: Arc<Vec<Link<G>>>,
}

impl<G: Game> TickThread<G> {
    /// A thread without rooms.
    pub(super) fn new(
        number: usize,
        poll: Poll,
        (inbox, arrivals): (Receiver<Order>, Receiver<Box<Hosted<G>>>),
        links: Arc<Vec<Link<G>>>,
        maker: Option<BrainMaker<G>>,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let registry = Arc::new(poll.registry().try_clone()?);
        let (events, rooms) = (Events::with_capacity(EVENTS_MAX), Slab::new());
        let meters = shared.meters.thread(number);
        let second_ns = now_ns() + SECOND_NS;
        Ok(Self {
            number,
            poll,
            registry,
            events,
            inbox,
            rooms,
            maker,
            shared,
            meters,
            second_ns,
            told: [0; 2],
            overload: Overload::default(),
            has_skipped: false,
            rests_seconds: 0,
            arrivals,
            links,
        })
    }

    /// Runs until the server stops.
    pub(super) fn run(mut self) {
        sharpen_sleep();
        while !self.shared.stopping.load(Ordering::Acquire) {
            self.wait();
            self.beat(now_ns());
            self.take_arrivals();
            while let Ok(order) = self.inbox.try_recv() {
                self.handle(order);
            }
            self.tick_rooms();
            self.end_empty_rooms();
            self.keep_books();
        }
        self.take_arrivals();
        for (_, room) in &mut self.rooms {
            room.close_all(&Close::Restart);
        }
        while let Ok(order) = self.inbox.try_recv() {
            if let Order::Join(joining) = order {
                farewell::say(&self.shared.runtime, Socket::new(joining.stream, joining.place), &Close::Restart);
            }
        }
        self.beat(IDLE);
    }

    fn beat(&self, value: u64) {
        self.shared.beats[self.number].store(value, Ordering::Relaxed);
    }

    /// Sleeps until a room is due, or, when all sleep, until there is an order or a sign of life; then notes which sockets are readable.
    fn wait(&mut self) {
        let timeout = if let Some(deadline_ns) = self.rooms.iter().filter_map(|(_, room)| room.deadline_ns()).min() {
            let now = now_ns();
            if deadline_ns > now {
                sleep_until(deadline_ns.min(now + SLEEP_NS_MAX));
            }
            Some(Duration::ZERO)
        } else {
            self.beat(IDLE);
            self.doze();
            let next = |(_, room): (usize, &Hosted<G>)| room.ends_at_ns().into_iter().chain(room.look_at_ns()).min();
            let next_ns = self.rooms.iter().filter_map(next).min();
            // What a thread without rooms has told stays true.
            let next_ns =
                if self.rooms.is_empty() { next_ns } else { next_ns.into_iter().chain([self.second_ns]).min() };
            next_ns.map(|next_ns| Duration::from_nanos(next_ns.saturating_sub(now_ns())))
        };
        if let Err(error) = self.poll.poll(&mut self.events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "the poll has failed");
        }
        for event in &self.events {
            let Token(token) = event.token();
            // A stale token names nobody, or a newcomer who is then read in vain: harmless.
            if let Some(room) = self.rooms.get_mut(token >> 32) {
                room.set_readable(token & 0xffff_ffff, event.is_read_closed() || event.is_error());
            }
        }
    }

    /// Lets signs of life gather before the next look, so that thousands of idle connections do not wake the thread one by one. Orders come at once.
    fn doze(&mut self) {
        if self.rooms.iter().all(|(_, room)| room.look_at_ns().is_none()) {
            return;
        }
        if let Ok(order) = self.inbox.recv_timeout(DOZE) {
            self.handle(order);
        }
    }

    fn handle(&mut self, order: Order) {
        // A room that the order is for has been sent before it.
        self.take_arrivals();
        match order {
            Order::Join(joining) => self.join(joining),
            Order::Move { room, to } => {
                if let Some(number) = self.number_of(&room) {
                    self.move_room(number, to);
                }
            }
            Order::Rows { room, step, answer } => match self.number_of(&room) {
                Some(number) => self.guard(number, |room| room.look(step, answer)),
                None => {
                    let name = room.clone();
                    if let Err(Order::Rows { answer, .. }) = self.forward(&name, Order::Rows { room, step, answer }) {
                        drop(answer.send(RowsAnswer::NotYet));
                    }
                }
            },
        }
    }

    fn join(&mut self, joining: Joining) {
        let name = joining.room.clone();
        let number = self.number_of(&name);
        let is_mine = number.is_some() || self.shared.directory.thread_of(&name) == Some(self.number);
        let joining = if is_mine {
            joining
        } else {
            match self.forward(&name, Order::Join(joining)) {
                Ok(()) => return,
                Err(Order::Join(joining)) => {
                    self.shared.directory.arrived(&name);
                    let close = Close::Overloaded("too many join at once");
                    return farewell::say(&self.shared.runtime, Socket::new(joining.stream, joining.place), &close);
                }
                Err(_) => return,
            }
        };
        let Joining { hello, stream, place, .. } = joining;
        let socket = Socket::new(stream, place);
        match number.or_else(|| self.open(&name)) {
            Some(number) => self.guard(number, |room| room.join(now_ns(), &hello, socket)),
            None => farewell::say(&self.shared.runtime, socket, &Close::Internal),
        }
        self.shared.directory.arrived(&name);
    }

    fn number_of(&self, name: &str) -> Option<usize> {
        self.rooms.iter().find(|(_, room)| room.name() == name).map(|(number, _)| number)
    }

    /// Makes a room; none when its game fails at that.
    fn open(&mut self, name: &str) -> Option<usize> {
        let number = self.rooms.vacant_key();
        let (shared, registry, maker) = (Arc::clone(&self.shared), Arc::clone(&self.registry), self.maker);
        let made = catch_unwind(AssertUnwindSafe(|| {
            Hosted::new(name, number, now_ns(), maker, shared, registry).map_err(|error| error.to_string())
        }));
        let error = match made {
            Ok(Ok(room)) => {
                tracing::info!(room = name, thread = self.number, "room opened");
                return Some(self.rooms.insert(room));
            }
            Ok(Err(error)) => error,
            Err(panic) => words_of(panic.as_ref()),
        };
        tracing::error!(room = name, error, "a room cannot be made");
        self.shared.directory.failed(name);
        None
    }

    /// The connections by moment.
    fn moments(&self) -> Moments {
        let mut moments = Moments::default();
        for (moment, connections) in self.rooms.iter().filter_map(|(_, room)| room.moment()) {
            moments.add(moment, connections);
        }
        moments
    }

    /// A room that has woken up gets its moment.
    fn begin(&mut self, number: usize) {
        let (now, connections) = (now_ns(), self.rooms[number].connections());
        let soonest = moments::next(self.shared.config.tick_hz, now) as usize % MOMENTS;
        let moment = self.moments().choose(soonest, connections);
        self.rooms[number].begin(now, moment);
    }

    /// Of rooms that have grown too large together one moves to another moment.
    fn relieve(&mut self, now: u64) {
        let rooms = self.rooms.iter();
        let rooms = rooms.filter_map(|(number, room)| room.moment().map(|(moment, size)| (number, moment, size)));
        if let Some((number, moment)) = self.moments().relieve(rooms) {
            self.rooms[number].begin(now, moment);
        }
    }

    fn tick_rooms(&mut self) {
        // Rooms may fail on the way, so by number.
        let now = now_ns();
        for number in 0..self.rooms.capacity() {
            let Some(room) = self.rooms.get_mut(number) else { continue };
            let Some(deadline_ns) = room.deadline_ns() else {
                self.guard(number, |room| room.look_round(now));
                continue;
            };
            let due = room.take_due(now);
            if due.run > 0 {
                self.note_lag(now_ns().saturating_sub(deadline_ns));
            }
            if due.skipped > 0 {
                self.account(number, due.skipped);
            }
            for nth in 1..=due.run {
                self.guard(number, |room| room.tick(nth == due.run));
                // It has failed, or sleeps.
                if self.rooms.get(number).is_none_or(|room| room.deadline_ns().is_none()) {
                    break;
                }
            }
        }
    }

    /// Once a second: metrics, step rates, and whether a room should move.
    fn keep_books(&mut self) {
        let now = now_ns();
        if now < self.second_ns {
            return;
        }
        let window_ns = (now - self.second_ns + SECOND_NS) as f32;
        self.second_ns = now + SECOND_NS;
        let (pace, mut all, mut awake, mut loads) = (self.overload.pace(), Spent::default(), 0, Vec::new());
        for (number, room) in &mut self.rooms {
            let spent = room.second(pace);
            all.all_ns += spent.all_ns;
            all.frames_ns += spent.frames_ns;
            all.longest_ns = all.longest_ns.max(spent.longest_ns);
            awake += usize::from(room.deadline_ns().is_some());
            loads.push((number, spent.all_ns as f32 / window_ns));
        }
        let busy = all.all_ns as f32 / window_ns;
        let skipped = std::mem::take(&mut self.has_skipped);
        if let Some(level) = self.overload.note(Window { busy, frames: all.frames_ns as f32 / window_ns, skipped }) {
            let Pace { expensive, others } = self.overload.pace();
            let refuses_joins = self.overload.refuses_joins();
            tracing::warn!(thread = self.number, level, busy, skipped, expensive, others, refuses_joins, "overload");
        }
        self.shared.directory.set_load(self.number, busy, self.overload.refuses_joins());
        self.meters.busy.set(f64::from(busy));
        self.meters.worst_tick.set(all.longest_ns as f64 / SECOND_NS as f64);
        self.meters.overload.set(f64::from(self.overload.level()));
        self.tell([awake, self.rooms.len() - awake]);
        self.relieve(now);
        if self.rests_seconds > 0 {
            self.rests_seconds -= 1;
        } else if let Some((room, to)) = choose(&self.shared.directory.loads(), self.number, &loads) {
            self.rests_seconds = MOVE_PAUSE_S;
            self.move_room(room, to);
        }
    }

    fn tell(&mut self, rooms: [usize; 2]) {
        let meters = &self.shared.meters;
        let suppressed = [&self.shared.skip_noise, &self.shared.slow_noise, &self.shared.join_noise];
        meters.log_suppressed.increment(suppressed.into_iter().map(Noise::take_suppressed).sum());
        meters.rooms_awake.increment(rooms[0] as f64 - self.told[0] as f64);
        meters.rooms_asleep.increment(rooms[1] as f64 - self.told[1] as f64);
        self.told = rooms;
    }

    /// Gives a room, with its sockets, to another thread. Orders for it that are on their way here are sent after it.
    fn move_room(&mut self, number: usize, to: usize) {
        let Some(link) = self.links.get(to).filter(|_| to != self.number && self.rooms.contains(number)) else {
            return;
        };
        let mut room = Box::new(self.rooms.remove(number));
        let name = room.name().to_owned();
        room.pack();
        if let Err(SendError(room)) = link.arrivals.send(room) {
            // That thread has ended, so the server ends.
            self.rooms.insert(*room);
            return;
        }
        // Only now: who asks the directory from here on comes to that thread after the room.
        self.shared.directory.moved(&name, to);
        let _ = link.waker.wake();
        self.shared.meters.rooms_moved.increment(1);
        tracing::info!(room = name, from = self.number, to, "room moved");
    }

    fn take_arrivals(&mut self) {
        while let Ok(mut room) = self.arrivals.try_recv() {
            let number = self.rooms.vacant_key();
            room.unpack(number, Arc::clone(&self.registry));
            self.rooms.insert(*room);
        }
    }

    /// Sends an order after a room that has moved; gives it back when it cannot go there.
    #[allow(clippy::result_large_err, reason = "an order that comes back is handled at once, and few ever do")]
    fn forward(&self, name: &str, order: Order) -> Result<(), Order> {
        let to = self.shared.directory.thread_of(name).filter(|&to| to != self.number);
        let Some(link) = to.and_then(|to| self.links.get(to)) else { return Err(order) };
        link.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(order) | TrySendError::Disconnected(order) => order,
        })?;
        let _ = link.waker.wake();
        Ok(())
    }

    /// How late ticks start.
    fn note_lag(&self, lag_ns: u64) {
        self.shared.meters.lag.record(lag_ns as f64 / SECOND_NS as f64);
        if lag_ns > SECOND_NS / u64::from(self.shared.config.tick_hz) / 2 {
            self.shared.meters.late.increment(1);
        }
    }

    fn account(&mut self, number: usize, skipped: u64) {
        self.has_skipped = true;
        self.shared.ticks_skipped.fetch_add(skipped, Ordering::Relaxed);
        self.shared.meters.skipped.increment(skipped);
        if let Some(suppressed) = self.shared.skip_noise.may_speak() {
            let room = self.rooms[number].name();
            tracing::warn!(room, skipped, caught_up = CATCH_UP_TICKS_MAX, suppressed, "overloaded: ticks were skipped");
        }
    }

    fn end_empty_rooms(&mut self) {
        let now = now_ns();
        let directory = &self.shared.directory;
        let is_over =
            |room: &Hosted<G>| room.ends_at_ns().is_some_and(|end_ns| now >= end_ns) && directory.end(room.name());
        let over: Vec<usize> = self.rooms.iter().filter(|(_, room)| is_over(room)).map(|(number, _)| number).collect();
        for number in over {
            let room = self.rooms.remove(number);
            tracing::info!(room = room.name(), "room ended: it was empty");
            drop_room(room);
        }
    }

    /// Calls into a room. A panic there ends that room alone.
    fn guard(&mut self, number: usize, call: impl FnOnce(&mut Hosted<G>)) {
        let Some(room) = self.rooms.get_mut(number) else { return };
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(room))) else {
            if room.wants_moment() {
                self.begin(number);
            }
            return;
        };
        let mut room = self.rooms.remove(number);
        tracing::error!(room = room.name(), panic = words_of(panic.as_ref()), "a room has failed: it is closed");
        self.shared.directory.failed(room.name());
        room.close_all(&Close::Internal);
        drop_room(room);
    }
}

/// What is left of a game may fail once more at its end.
fn drop_room<G: Game>(room: Hosted<G>) {
    drop(catch_unwind(AssertUnwindSafe(|| drop(room))));
}

pub(super) fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it says nothing".to_owned())
}
