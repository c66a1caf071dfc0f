//! A tick thread: waits for the next deadline, asks the kernel once what is readable, lets the rooms that are due tick.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use mio::{Events, Poll, Registry, Token};
use slab::Slab;
use snapline_shared::game::Game;
use snapline_shared::message::Close;

use super::clock::{SECOND_NS, now_ns, sharpen_sleep, sleep_until};
use super::hosted::Hosted;
use super::house::BrainMaker;
use super::pacer::CATCH_UP_TICKS_MAX;
use super::socket::Socket;
use super::{IDLE, Joining, Order, RowsAnswer, Shared, farewell};

/// Announces orders to a thread that waits for nothing else.
pub(super) const WAKER: Token = Token(usize::MAX);
/// Sockets announced by one look at the kernel; the others are announced by the next.
const EVENTS_MAX: usize = 4096;
/// At low tick rates joins and the end of the server do not wait for a tick.
const SLEEP_NS_MAX: u64 = SECOND_NS / 20;
/// How long a thread whose rooms all sleep rests after each look.
const DOZE: Duration = Duration::from_millis(20);

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
}

impl<G: Game> TickThread<G> {
    /// A thread without rooms.
    pub(super) fn new(
        number: usize,
        poll: Poll,
        inbox: Receiver<Order>,
        maker: Option<BrainMaker<G>>,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let registry = Arc::new(poll.registry().try_clone()?);
        let (events, rooms) = (Events::with_capacity(EVENTS_MAX), Slab::new());
        Ok(Self { number, poll, registry, events, inbox, rooms, maker, shared })
    }

    /// Runs until the server stops.
    pub(super) fn run(mut self) {
        sharpen_sleep();
        while !self.shared.stopping.load(Ordering::Acquire) {
            self.wait();
            self.beat(now_ns());
            while let Ok(order) = self.inbox.try_recv() {
                self.handle(order);
            }
            self.tick_rooms();
            self.end_empty_rooms();
        }
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
        match order {
            Order::Join(joining) => self.join(joining),
            Order::Rows { room, step, answer } => match self.number_of(&room) {
                Some(number) => self.guard(number, |room| room.look(step, answer)),
                None => drop(answer.send(RowsAnswer::NotYet)),
            },
        }
    }

    fn join(&mut self, joining: Joining) {
        let Joining { room: name, hello, stream, place } = joining;
        let socket = Socket::new(stream, place);
        match self.number_of(&name).or_else(|| self.open(&name)) {
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

    fn tick_rooms(&mut self) {
        // Rooms may fail on the way, so by number.
        let now = now_ns();
        for number in 0..self.rooms.capacity() {
            let Some(room) = self.rooms.get_mut(number) else { continue };
            if room.deadline_ns().is_none() {
                self.guard(number, |room| room.look_round(now));
                continue;
            }
            let due = room.take_due(now);
            if due.skipped > 0 {
                self.account(number, due.skipped);
            }
            for nth in 1..=due.run {
                self.guard(number, |room| room.tick(nth == due.run));
                if !self.rooms.contains(number) {
                    break;
                }
            }
        }
    }

    fn account(&self, number: usize, skipped: u64) {
        self.shared.ticks_skipped.fetch_add(skipped, Ordering::Relaxed);
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
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(room))) else { return };
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
