//! The loop of the light bots.

mod fates;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::quant::WordSpec;
use snapline_shared::rng::Rng;
use snapline_shared::schema::Kind;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::http::Uri;

use super::framing::{BINARY, Frame, PONG, Wrong};
use super::hand::Hand;
use super::player::{Around, Next, Player};
use super::schedule::Schedule;
use super::timer::Timer;
use super::wire::{Ended, Wire};
use crate::cpu;
use crate::live_counts::Live;
use crate::options::Pattern;
use crate::report::Tally;
use crate::samples::Samples;
use crate::swarm::Phase;

/// The timer among the poll's tokens.
const TIMER: Token = Token(usize::MAX);
const EVENTS_MAX: usize = 1024;
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// The loop looks at least this often at what it is told.
const LOOK_US: u64 = 20_000;
/// The loop gathers what arrives within this time: a wake-up for every single frame would be charged to the server that sends it.
const GATHER: Duration = Duration::from_micros(100);
/// How long goodbyes may take.
const GOODBYE_US: u64 = 3_000_000;
/// How long the server may leave a bot's messages unread.
const UNREAD_US: u64 = 10_000_000;
const CODE_NO_CLOSE: u16 = 1006;

/// What the light bots of a run are to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    /// The sockets' addresses, by room; bot n goes to room n modulo their number. None: a server without HTTP and Hello (the floor).
    pub(crate) uris: Option<Vec<Uri>>,
    pub(crate) rooms: u32,
    pub(crate) input: Kind,
    /// Numbers of the bots, rising, and how far apart two neighbours start.
    pub(crate) numbers: Vec<u32>,
    pub(crate) gap: Duration,
    pub(crate) seed: u64,
    pub(crate) pattern: Pattern,
    pub(crate) lead_ticks: u32,
    pub(crate) hidden: bool,
    /// Bots that leave, and others that come in their place, in a second.
    pub(crate) churn_per_second: u32,
    /// Length of a span of the series, in seconds.
    pub(crate) span_s: u32,
    pub(crate) join_timeout: Duration,
}

/// What became of them.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) samples: Samples,
    /// CPU of their thread and length of the time of play, in seconds.
    pub(crate) cpu_s: Option<f64>,
    pub(crate) played_s: f64,
}

/// Runs them until `phase` says that it is over and all have gone. `joining` is dropped when all are in their rooms or never will be.
///
/// # Errors
/// When the system gives no poll or timer.
pub(crate) fn run(
    plan: Plan,
    mut phase: watch::Receiver<Phase>,
    joining: mpsc::Sender<()>,
    live: Arc<Live>,
) -> io::Result<Outcome> {
    let mut engine = Engine::new(plan, live)?;
    let mut joining = Some(joining);
    let mut events = Events::with_capacity(EVENTS_MAX);
    let mut goodbye_us = None;
    let mut played = None;
    loop {
        engine.wait(&mut events, goodbye_us.is_some())?;
        if let Some((since_us, _)) = played {
            let played_s = (engine.now_us() - since_us) / 1_000_000;
            engine.samples.span = played_s as u32 / engine.plan.span_s;
        }
        engine.handle(&events);
        engine.send_due();
        engine.settle();
        if engine.unsettled == 0 {
            joining = None;
        }
        // A run whose owner has gone is over.
        let told = if phase.has_changed().is_err() { Phase::Ending } else { *phase.borrow_and_update() };
        if told == Phase::Playing && !engine.measuring {
            engine.measuring = true;
            played = Some((engine.now_us(), cpu::thread_seconds()));
        }
        match goodbye_us {
            None if told == Phase::Ending => {
                engine.end_play(&mut played);
                engine.say_goodbye();
                goodbye_us = Some(engine.now_us() + GOODBYE_US);
            }
            Some(at_us) if engine.open == 0 || engine.now_us() > at_us => break,
            _ => {}
        }
    }
    drop(joining);
    engine.finish();
    Ok(Outcome { tally: engine.tally, samples: engine.samples, cpu_s: engine.cpu_s, played_s: engine.played_s })
}

/// Where a bot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not started.
    Before,
    Joining,
    In,
    Leaving,
    Over,
}

struct Bot {
    state: State,
    wire: Option<Wire>,
    player: Player,
    room: usize,
    since_us: u64,
    due_us: u64,
    unread_since_us: Option<u64>,
    /// Whether it comes in the place of one that has left.
    was_in: bool,
}

struct Engine {
    plan: Plan,
    live: Arc<Live>,
    start: Instant,
    poll: Poll,
    timer: Timer,
    layout: Vec<WordSpec>,
    bots: Vec<Bot>,
    schedules: Vec<Option<Schedule>>,
    /// What is due when: a bot's start or input.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    buffer: Vec<u8>,
    rng: Rng,
    measuring: bool,
    is_ending: bool,
    /// Bots that may still get in.
    unsettled: usize,
    /// Sockets that are not gone.
    open: usize,
    next_leaver: usize,
    next_leave_us: u64,
    next_settle_us: u64,
    woken: Instant,
    tally: Tally,
    samples: Samples,
    cpu_s: Option<f64>,
    played_s: f64,
}

impl Engine {
    fn new(plan: Plan, live: Arc<Live>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let timer = Timer::new(poll.registry(), TIMER)?;
        let count = plan.numbers.len();
        let bots = (0..count).map(|at| Bot::new(&plan, at, 0)).collect();
        let due = plan.numbers.iter().enumerate();
        let due = due.map(|(at, &number)| Reverse(((plan.gap * number).as_micros() as u64, at))).collect();
        Ok(Self {
            layout: plan.input.layout(),
            schedules: vec![None; plan.rooms.max(1) as usize],
            start: Instant::now(),
            poll,
            timer,
            bots,
            due,
            buffer: vec![0; READ_BUFFER_BYTES],
            rng: Rng::new(plan.seed),
            measuring: false,
            is_ending: false,
            unsettled: count,
            open: 0,
            next_leaver: 0,
            next_leave_us: 0,
            next_settle_us: 0,
            woken: Instant::now(),
            tally: Tally::default(),
            samples: Samples::new(),
            cpu_s: None,
            played_s: 0.0,
            plan,
            live,
        })
    }

    fn now_us(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// Sleeps until something is due or has arrived.
    fn wait(&mut self, events: &mut Events, ending: bool) -> io::Result<()> {
        let gathered = self.woken.elapsed();
        if gathered < GATHER {
            std::thread::sleep(GATHER.saturating_sub(gathered));
        }
        let now_us = self.now_us();
        let due_us = if ending { u64::MAX } else { self.due.peek().map_or(u64::MAX, |Reverse((due_us, _))| *due_us) };
        let timeout = match due_us.saturating_sub(now_us).min(LOOK_US) {
            0 => Some(Duration::ZERO),
            us => self.timer.set(us)?,
        };
        let polled = self.poll.poll(events, timeout);
        self.woken = Instant::now();
        polled.or_else(|error| if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) })
    }

    fn handle(&mut self, events: &Events) {
        for event in events {
            let Token(at) = event.token();
            if event.token() == TIMER {
                continue;
            }
            let now_us = self.now_us();
            if let Err(end) = self.hear(at, now_us) {
                self.end(at, now_us, end);
            }
        }
    }

    /// Something happened on the socket of bot `at`.
    fn hear(&mut self, at: usize, now_us: u64) -> Result<(), End> {
        let Some(bot) = self.bots.get_mut(at) else { return Ok(()) };
        let Some(wire) = &mut bot.wire else { return Ok(()) };
        if !wire.is_open() {
            let uri = self.plan.uris.as_ref().map(|uris| &uris[bot.room % uris.len()]);
            if !wire.open(uri).map_err(End::Outside)? {
                return Ok(());
            }
            wire.listen(self.poll.registry(), Token(at)).map_err(|error| End::Outside(error.to_string()))?;
            if uri.is_some() {
                let name = format!("bot-{}", self.plan.numbers[at]);
                let hello =
                    ClientMessage::Hello(Hello { name, token: None, schema_hash: None, resume: None, bot: true });
                wire.put(BINARY, self.rng.bits(), |out| hello.encode(&self.layout, out));
                wire.flush().map_err(End::broken)?;
            }
        }
        self.read(at, now_us)
    }

    fn read(&mut self, at: usize, now_us: u64) -> Result<(), End> {
        let Self { bots, schedules, samples, buffer, rng, live, measuring, .. } = self;
        let Bot { wire: Some(wire), player, room, state, .. } = &mut bots[at] else { return Ok(()) };
        let mut around = Around { now_us, schedule: &mut schedules[*room], samples, measuring: *measuring, live };
        let mut joined = false;
        let mut received = 0;
        let ended = wire.read(buffer, |out, frame| {
            match frame {
                Frame::Message(bytes) => {
                    received += bytes.len() as u64;
                    match player.handle(bytes, &mut around).map_err(|error| End::Undecodable(error.0))? {
                        Next::Joined => joined = true,
                        Next::Snapshot => live.add_snapshot(bytes.len()),
                        Next::Nothing => {}
                    }
                }
                Frame::Ping(bytes) => super::framing::put(PONG, rng.bits(), out, |out| out.extend(bytes)),
                Frame::Pong => {}
                Frame::Close(code, words) => return Err(End::Dropped(code, words)),
            }
            Ok(())
        });
        if joined {
            *state = State::In;
            live.add_joined();
        }
        let ended = ended?;
        if *measuring {
            samples.received_bytes += received;
        }
        if *state == State::Leaving {
            return if ended == Ended::Dry { Ok(()) } else { Err(End::Finished) };
        }
        if let Ended::Broken(words) = ended {
            return Err(End::Dropped(CODE_NO_CLOSE, words));
        }
        if joined && player.hidden {
            wire.put(BINARY, rng.bits(), |out| ClientMessage::Visibility(false).encode(&[], out));
        } else if received > 0
            && let Some(ack) = player.ack()
        {
            wire.put(BINARY, rng.bits(), |out| ack.encode(&[], out));
        }
        wire.flush().map_err(End::broken)?;
        if joined {
            self.settled(at);
            self.plan_input(at);
        }
        Ok(())
    }

    /// Bot `at` has got in, or will not.
    fn settled(&mut self, at: usize) {
        if self.bots[at].since_us != u64::MAX {
            self.bots[at].since_us = u64::MAX;
            self.unsettled = self.unsettled.saturating_sub(1);
        }
    }

    fn plan_input(&mut self, at: usize) {
        let bot = &mut self.bots[at];
        if let Some(due_us) = bot.player.due_us(self.schedules[bot.room].as_ref()) {
            bot.due_us = due_us;
            self.due.push(Reverse((due_us, at)));
        }
    }

    /// Starts bots and sends inputs whose time has come.
    fn send_due(&mut self) {
        let now_us = self.now_us();
        while let Some(&Reverse((due_us, at))) = self.due.peek().filter(|Reverse((due_us, _))| *due_us <= now_us) {
            self.due.pop();
            let result = match self.bots[at].state {
                State::Before => self.start(at, now_us),
                State::In if self.bots[at].due_us == due_us => self.send_input(at, now_us, due_us),
                _ => continue,
            };
            if let Err(end) = result {
                self.end(at, now_us, end);
            }
        }
    }

    fn start(&mut self, at: usize, now_us: u64) -> Result<(), End> {
        let bot = &mut self.bots[at];
        (bot.state, bot.since_us) = (State::Joining, now_us);
        self.open += 1;
        let wire = Wire::connect(self.plan.address, self.poll.registry(), Token(at));
        bot.wire = Some(wire.map_err(|error| End::Outside(format!("no connection: {error}")))?);
        Ok(())
    }

    fn send_input(&mut self, at: usize, now_us: u64, due_us: u64) -> Result<(), End> {
        let Self { bots, schedules, samples, rng, layout, measuring, .. } = self;
        let bot = &mut bots[at];
        let (Some(schedule), Some(wire)) = (&schedules[bot.room], &mut bot.wire) else { return Ok(()) };
        // The schedule may have moved since; then the input is not due yet.
        let is_due = bot.player.due_us(Some(schedule)).is_some_and(|due_us| due_us <= now_us);
        if is_due {
            let message = bot.player.input(now_us, schedule, layout);
            if wire.is_clogged() {
                if now_us > *bot.unread_since_us.get_or_insert(now_us) + UNREAD_US {
                    return Err(End::Dropped(CODE_NO_CLOSE, "the server does not read".to_owned()));
                }
            } else {
                bot.unread_since_us = None;
                wire.put(BINARY, rng.bits(), |out| message.encode(layout, out));
            }
            let written = wire.flush();
            if *measuring {
                samples.slip_us.saturating_record(now_us - due_us);
                samples.inputs += 1;
                samples.sent_bytes += written.as_ref().map_or(0, |&bytes| bytes as u64);
            }
            // What the server said before it went is still to be read.
            if let Err(words) = written {
                self.read(at, now_us)?;
                return Err(End::broken(words));
            }
        }
        self.plan_input(at);
        Ok(())
    }
}

/// How a light bot ended.
#[derive(Debug)]
enum End {
    Finished,
    Outside(String),
    Dropped(u16, String),
    Undecodable(&'static str),
}

impl End {
    fn broken(words: String) -> Self {
        Self::Dropped(CODE_NO_CLOSE, words)
    }
}

impl From<Wrong> for End {
    fn from(Wrong(words, _): Wrong) -> Self {
        Self::Undecodable(words)
    }
}

impl Bot {
    fn new(plan: &Plan, at: usize, life: u64) -> Self {
        let number = plan.numbers[at];
        let seed = plan.seed ^ (u64::from(number) + 1 + (life << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The golden ratio spreads any number of bots evenly over the tick.
        let phase = (f64::from(number) * 0.618_033_988_749_895).fract();
        let hand = Hand::new(plan.pattern, &plan.input, seed);
        let room = number as usize % plan.rooms.max(1) as usize;
        let player = Player::new(hand, phase, plan.lead_ticks, plan.hidden);
        Self {
            state: State::Before,
            wire: None,
            player,
            room,
            since_us: 0,
            due_us: 0,
            unread_since_us: None,
            was_in: false,
        }
    }
}
