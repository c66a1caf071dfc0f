//! The tick threads: each owns some rooms and their sockets; nothing else touches those.
//!
//! In the steady state nothing crosses threads. Joins come through a bounded inbox, goodbyes leave through [`farewell`].
//! Never here: tokio's timers for pacing, a lock held during a tick, a wait for a peer.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the shell: sockets, threads and clocks live here"
)]

mod attendance;
mod balance;
mod clock;
mod directory;
mod fan_out;
mod farewell;
mod hosted;
mod house;
mod looks;
mod meters;
mod moments;
mod noise;
mod outgoing;
mod overload;
mod pacer;
mod peer;
mod peers;
mod socket;
mod stopwatch;
mod thread;
mod trace;

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Poll, Token, Waker};
use snapline_shared::game::Game;
use snapline_shared::message::{Close, Hello};
use snapline_shared::tick::Step;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

pub(crate) use clock::now_ns;
pub use house::BrainMaker;
pub(crate) use looks::RowsAnswer;
pub(crate) use meters::Meters;
pub(crate) use noise::Noise;
pub(crate) use socket::{answer_to, config as socket_config, violation};
pub(crate) use trace::{TickLine, Trace};

use crate::config::Config;
use crate::room::RoomMap;
use directory::{Directory, Listed};
use socket::Socket;
use thread::{Link, TickThread, WAKER};

/// Orders that may wait for a tick thread; more joins than these within a tick are refused (1013).
const INBOX_ORDERS_MAX: usize = 1024;
/// A tick thread that has not progressed for this long is stuck.
const STUCK: Duration = Duration::from_secs(2);
/// In place of a time of progress: the thread has nothing to do and waits for orders.
const IDLE: u64 = u64::MAX;

/// Somebody who has said Hello.
pub(crate) struct Joining {
    /// The room.
    pub(crate) room: String,
    /// What was said.
    pub(crate) hello: Hello,
    /// Non-blocking, in no reactor.
    pub(crate) stream: TcpStream,
    /// Its place among all connections.
    pub(crate) place: OwnedSemaphorePermit,
}

/// What a tick thread is asked to do.
enum Order {
    Join(Joining),
    Move { room: String, to: usize },
    Rows { room: String, step: Step, answer: oneshot::Sender<RowsAnswer> },
}

/// What the threads share.
struct Shared {
    config: Config,
    /// What all rooms play on in place of the game's own.
    map: Option<RoomMap>,
    directory: Directory,
    runtime: Handle,
    stopping: AtomicBool,
    /// By thread: when it last progressed, in nanoseconds, or [`IDLE`].
    beats: Vec<AtomicU64>,
    ticks_skipped: AtomicU64,
    meters: Arc<Meters>,
    skip_noise: Noise,
    slow_noise: Noise,
    join_noise: Noise,
    /// None: nobody traces.
    trace: Option<Trace>,
}

struct Mailbox {
    orders: SyncSender<Order>,
    waker: Arc<Waker>,
}

/// All tick threads and what leads to them. Knows no game.
pub(crate) struct Host {
    shared: Arc<Shared>,
    mailboxes: Vec<Mailbox>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl Host {
    /// Starts the threads; goodbyes run on `runtime`. House bots play when there is a `maker` of brains; rooms are traced when there is a `trace`.
    ///
    /// # Errors
    /// When the system gives no thread or no poll.
    pub(crate) fn start<G: Game>(
        config: &Config,
        map: Option<RoomMap>,
        maker: Option<BrainMaker<G>>,
        meters: Arc<Meters>,
        runtime: Handle,
        trace: Option<Trace>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            config: config.clone(),
            map,
            directory: Directory::new(config, G::NAME),
            runtime,
            stopping: AtomicBool::new(false),
            beats: (0..config.tick_threads).map(|_| AtomicU64::new(now_ns())).collect(),
            ticks_skipped: AtomicU64::new(0),
            meters,
            skip_noise: Noise::default(),
            slow_noise: Noise::default(),
            join_noise: Noise::default(),
            trace,
        });
        let (stop, _) = watch::channel(false);
        let mut host = Self { shared, mailboxes: Vec::new(), threads: Mutex::default(), stop };
        let (mut links, mut inboxes) = (Vec::new(), Vec::new());
        for _ in 0..config.tick_threads {
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
            let (orders, inbox): (_, Receiver<Order>) = sync_channel(INBOX_ORDERS_MAX);
            let (arrivals, arriving) = channel();
            links.push(Link { arrivals, orders: orders.clone(), waker: Arc::clone(&waker) });
            host.mailboxes.push(Mailbox { orders, waker });
            inboxes.push((poll, inbox, arriving));
        }
        let links = Arc::new(links);
        for (number, (poll, inbox, arriving)) in inboxes.into_iter().enumerate() {
            let (links, shared) = (Arc::clone(&links), Arc::clone(&host.shared));
            let thread = TickThread::<G>::new(number, poll, (inbox, arriving), links, maker, shared)?;
            let handle = std::thread::Builder::new().name(format!("tick-{number}")).spawn(move || thread.run())?;
            host.threads.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        }
        Ok(host)
    }

    /// Whether a player may join that room now.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit(&self, room: &str) -> Result<(), Close> {
        self.shared.directory.admit(room)
    }

    /// Hands somebody who has said Hello to the thread of the room, or says goodbye.
    pub(crate) fn join(&self, joining: Joining) {
        let thread = match self.shared.directory.reserve(&joining.room) {
            Ok(thread) => thread,
            Err(close) => return self.refuse(joining.stream, joining.place, &close),
        };
        if let Err(order) = self.order(thread, Order::Join(joining))
            && let Order::Join(joining) = *order
        {
            self.shared.directory.arrived(&joining.room);
            self.refuse(joining.stream, joining.place, &Close::Overloaded("too many join at once"));
        }
    }

    /// Says goodbye to a connection that no room has.
    pub(crate) fn refuse(&self, stream: TcpStream, place: OwnedSemaphorePermit, close: &Close) {
        self.shared.meters.handshake("refused");
        farewell::say(&self.shared.runtime, Socket::new(stream, place), close);
    }

    /// Asks the thread of `room` to give it to another one; false when there is no such room or thread, or the order cannot be taken.
    pub(crate) fn move_room(&self, room: &str, to: usize) -> bool {
        let thread = self.shared.directory.thread_of(room).filter(|_| to < self.mailboxes.len());
        thread.is_some_and(|thread| self.order(thread, Order::Move { room: room.to_owned(), to }).is_ok())
    }

    /// The rows of `step` in `room`, once they are there.
    pub(crate) async fn rows(&self, room: &str, step: Step, patience: Duration) -> RowsAnswer {
        let Some(thread) = self.shared.directory.thread_of(room) else { return RowsAnswer::NoRoom };
        let (answer, answered) = oneshot::channel();
        if self.order(thread, Order::Rows { room: room.to_owned(), step, answer }).is_err() {
            return RowsAnswer::NotYet;
        }
        match tokio::time::timeout(patience, answered).await {
            Ok(Ok(answer)) => answer,
            _ => RowsAnswer::NotYet,
        }
    }

    fn order(&self, thread: usize, order: Order) -> Result<(), Box<Order>> {
        let mailbox = &self.mailboxes[thread];
        mailbox.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(order) | TrySendError::Disconnected(order) => Box::new(order),
        })?;
        // A thread that ticks looks into its inbox anyway; a failure to wake an idle one has no remedy here.
        let _ = mailbox.waker.wake();
        Ok(())
    }

    /// Where to count.
    pub(crate) fn meters(&self) -> &Meters {
        &self.shared.meters
    }

    /// The list of rooms.
    pub(crate) fn rooms(&self) -> Vec<Listed> {
        self.shared.directory.list()
    }

    /// Whether there is a free seat, in a room that is there or can be made.
    pub(crate) fn has_seat(&self) -> bool {
        self.shared.directory.has_seat()
    }

    /// A tick thread that makes no progress, and since when.
    pub(crate) fn stuck(&self) -> Option<(String, Duration)> {
        let now = now_ns();
        self.shared.beats.iter().enumerate().find_map(|(number, beat)| {
            let beat = beat.load(Ordering::Relaxed);
            let quiet = Duration::from_nanos(now.saturating_sub(beat));
            (beat != IDLE && quiet > STUCK).then(|| (format!("tick-{number}"), quiet))
        })
    }

    /// Ticks that were skipped for lack of time, in all rooms since the start.
    pub(crate) fn ticks_skipped(&self) -> u64 {
        self.shared.ticks_skipped.load(Ordering::Relaxed)
    }

    /// Becomes true when the server stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Whether the server stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.directory.is_closed()
    }

    /// Nobody joins any more, every connection is closed with 1012, the threads end. Does not wait for it.
    pub(crate) fn stop(&self) {
        self.shared.directory.close();
        self.shared.stopping.store(true, Ordering::Release);
        self.stop.send_replace(true);
        for mailbox in &self.mailboxes {
            let _ = mailbox.waker.wake();
        }
    }

    /// Whether all threads have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).iter().all(JoinHandle::is_finished)
    }
}

const fn token(room: usize, session: usize) -> Token {
    Token(room << 32 | session & 0xffff_ffff)
}

// A token holds the number of a room and of a session in it.
const _: () = assert!(usize::BITS == 64, "Snapline's server is for 64-bit machines");
