//! What one bot adds to a trace: a line for each message of inputs and one for each snapshot.
use std::sync::Arc;

use serde::{Serialize, Serializer};
use snapline_shared::client::{Arrival, Session};
use snapline_shared::frame::Replica;
use snapline_shared::link::Passage;
use snapline_shared::message::ClientMessage;
use snapline_shared::tick::{Step, Tick};

use crate::trace_file::{TraceFile, Tracer, unix_us};

/// One line. Times are in microseconds since 1970; `epoch`, `tick` and the room's name are the keys that the server's lines have too.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    bot: u32,
    #[serde(serialize_with = "as_text")]
    room: Arc<str>,
    player: u16,
    epoch: u32,
    /// The newest tick that the inputs are for; that of the snapshot.
    tick: u32,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Input {
        /// How many ticks up to `tick` the inputs are for.
        count: usize,
        /// When the player decided.
        sampled_us: u64,
        /// When the message was given to the link, or to the socket where there is none.
        sent_us: u64,
        /// Whether it is stuck behind a simulated retransmission.
        stalled: bool,
        /// The moment at which the player is shown others then, in ticks; null before there is one.
        drawn: Option<f64>,
    },
    Snapshot {
        /// When it had come through the link.
        arrived_us: u64,
        bytes: usize,
        rows: usize,
        /// Least slack of the last second, as the server said.
        slack: i8,
        /// By how much it came later than the fastest of the last seconds would have.
        late_us: f64,
        /// How far it lies ahead of what is drawn; negative while others are extrapolated.
        buffered_us: f64,
        /// How far behind the fastest arrival others are meant to be drawn.
        delay_us: f64,
    },
}

fn as_text<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// The traces of a run.
pub(crate) struct Traces {
    file: TraceFile<Line>,
    /// By room.
    rooms: Vec<Arc<str>>,
    /// What the clock of 1970 says at zero of the players' clocks.
    zero_us: u64,
}

impl Traces {
    /// `elapsed_us`: what the players' clocks say now.
    pub(crate) fn new(file: TraceFile<Line>, rooms: Vec<Arc<str>>, elapsed_us: u64) -> Self {
        Self { file, rooms, zero_us: unix_us().saturating_sub(elapsed_us) }
    }

    /// The trace of bot `number`.
    pub(crate) fn of(&self, number: u32) -> Trace {
        let room = Arc::clone(&self.rooms[number as usize % self.rooms.len()]);
        Trace { number, room, tracer: self.file.tracer(), zero_us: self.zero_us, sampled_us: 0 }
    }
}

/// The trace of one bot.
pub(crate) struct Trace {
    number: u32,
    room: Arc<str>,
    tracer: Tracer<Line>,
    zero_us: u64,
    sampled_us: u64,
}

impl Trace {
    /// The player is about to decide.
    pub(crate) const fn note_sampled(&mut self, now_us: u64) {
        self.sampled_us = now_us;
    }

    /// The player has sent a message, which fares like this.
    pub(crate) fn add_sent(&self, now_us: u64, session: &Session, message: &[u8], passage: Passage) {
        let Some(welcome) = session.welcome() else { return };
        let shown = shown(session);
        let sent = session.replica().and_then(Replica::step).unwrap_or(Step(0));
        let layout = session.schema().input.layout();
        let message = ClientMessage::decode(message, &layout, shown.unwrap_or(welcome.tick), sent);
        let Ok(ClientMessage::Input(input)) = message else { return };
        let buffered_ticks = session.pace(now_us).buffered_us * f64::from(welcome.tick_hz) / 1e6;
        let what = What::Input {
            count: input.count,
            sampled_us: self.zero_us + self.sampled_us,
            sent_us: self.zero_us + now_us,
            stalled: passage.stalled,
            drawn: shown.map(|shown| f64::from(shown.0) - buffered_ticks),
        };
        self.add(session, input.first.offset(input.count as i32 - 1), what);
    }

    /// A snapshot has arrived.
    pub(crate) fn add_arrival(&self, now_us: u64, session: &Session, arrival: &Arrival) {
        let Some(tick) = shown(session) else { return };
        let pace = session.pace(now_us);
        let what = What::Snapshot {
            arrived_us: self.zero_us + now_us,
            bytes: arrival.bytes,
            rows: arrival.rows,
            slack: arrival.slack,
            late_us: arrival.lateness.late_us,
            buffered_us: pace.buffered_us,
            delay_us: pace.delay_us,
        };
        self.add(session, tick, what);
    }

    fn add(&self, session: &Session, tick: Tick, what: What) {
        let Some(welcome) = session.welcome() else { return };
        let (bot, room, player, epoch) = (self.number, Arc::clone(&self.room), welcome.player.0, welcome.epoch);
        self.tracer.add(Line { bot, room, player, epoch, tick: tick.0, what });
    }
}

/// The tick of the newest snapshot.
fn shown(session: &Session) -> Option<Tick> {
    let step = session.replica()?.step()?;
    Some(step.tick(session.welcome()?.ticks_per_step.max(1).into()))
}
