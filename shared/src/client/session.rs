//! `Session`: follows any game by its schema.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::Clock;
use super::timeline::{Drawn, Timeline};
use crate::coder::Rates;
use crate::frame::{Eye, FrameParts, ReceivedEvent, Replica, SNAPSHOT};
use crate::game::SetupError;
use crate::ids::PlayerId;
use crate::message::{
    CHAT_BYTES_MAX, ClientMessage, Hello, INPUTS_MAX, InputMessage, NAME_CHARS_MAX, Notice, SERVER_MESSAGE_BYTES_MAX,
    ServerMessage, Welcome, cut,
};
use crate::quant::WordSpec;
use crate::schema::Schema;
use crate::tick::{Seen, Step, Tick};
use crate::words::DecodeError;

/// Messages and events that may wait to be polled; a caller that never polls loses the oldest.
const WAITING_MAX: usize = 1024;
/// Snapshots whose arrival may wait to be polled: the oldest go first.
const ARRIVALS_MAX: usize = 64;
/// Sent inputs remembered to measure their echo.
const SENT_MAX: usize = 128;
/// The server drops inputs that come earlier than this.
const EARLY_TICKS_MAX: i32 = 32;
/// A loop that has not called `update` for this long (a hidden tab) does not carry acks either.
const LOOP_STOPPED_US: u64 = 50_000;

/// Why a session cannot go on; the socket is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server's bytes do not decode.
    #[error("the server's message does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// The schema's tables are none.
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    /// The game makes no scene of the room's options.
    #[error("the room's options do not suit this client: {0}")]
    Setup(SetupError),
}

/// What a snapshot said that prediction needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFacts {
    /// The tick it shows.
    pub(super) tick: Tick,
    /// Whether the own state came whole; else it is as predicted.
    pub(super) own_whole: bool,
    /// Whether the server says that it went without an input of ours.
    pub(super) input_was_late: bool,
}

/// Something that happened, in order of arrival.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEvent {
    /// The room took us in.
    Welcome(Welcome),
    /// The server answers request `number`.
    Reply {
        /// The number that `Session::request` gave.
        number: u32,
        /// Why not; none: done.
        refused: Option<String>,
    },
    /// A line of chat.
    Chat {
        /// Who.
        player: PlayerId,
        /// What.
        text: String,
    },
    /// Roster, status, results, words.
    Notice(Notice),
    /// An event of the game, at the time to show it: at once when it is for this player alone, else when the drawn world reaches its tick.
    Game {
        /// When it happened.
        tick: Tick,
        /// Number of its kind in the schema's list of events.
        kind: u8,
        /// Its words.
        words: Vec<u32>,
    },
}

/// What a snapshot brought; for measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Its step.
    pub step: Step,
    /// Payload bytes.
    pub bytes: usize,
    /// Rows known after it, held ones included.
    pub rows: usize,
    /// For the newest input that the server had applied: how long ago it was sent, in microseconds. None when there is no new one.
    pub echo_us: Option<u64>,
    /// Smallest slack of the inputs of the last second, in whole ticks; below 0: one came too late.
    pub slack: i8,
    /// Where its bits went.
    pub parts: FrameParts,
}

/// Counters of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionStats {
    /// Snapshots applied.
    pub snapshots: u64,
    /// Their payload bytes.
    pub snapshot_bytes: u64,
    /// Messages sent.
    pub sent: u64,
    /// Checks that failed; 0 for ever.
    pub desyncs: u64,
    /// Ticks that the server simulated without this client's input for them, as its status says.
    pub starved_ticks: u64,
}

/// What there is once the room has taken us in.
#[derive(Clone, Debug)]
struct Joined {
    welcome: Welcome,
    clock: Clock,
    replica: Replica,
    timeline: Timeline,
    next_input: Tick,
    sent: VecDeque<(Tick, u64)>,
    /// The newest input that the server has applied.
    applied: Option<Tick>,
    pending_events: Vec<ReceivedEvent>,
}

/// A connection's client side. Time comes in as microseconds of any steady clock; bytes come in and go out.
///
/// After every call that takes `now_us`, send all that `poll_transmit` gives.
#[derive(Debug)]
pub struct Session {
    schema: Arc<Schema>,
    schema_hash: Option<u64>,
    input_layout: Vec<WordSpec>,
    input: Vec<u32>,
    joined: Option<Joined>,
    opened_us: u64,
    updated_us: Option<u64>,
    ack_waits: bool,
    visible: bool,
    next_request: u32,
    transmit: VecDeque<Vec<u8>>,
    events: VecDeque<SessionEvent>,
    arrivals: VecDeque<Arrival>,
    frame: Option<FrameFacts>,
    stats: SessionStats,
}

impl Session {
    /// A client for a room whose game has this schema.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Self {
        Self {
            input_layout: schema.input.layout(),
            input: vec![0; schema.input.words()],
            schema,
            schema_hash: None,
            joined: None,
            opened_us: 0,
            updated_us: None,
            ack_waits: false,
            visible: true,
            next_request: 0,
            transmit: VecDeque::new(),
            events: VecDeque::new(),
            arrivals: VecDeque::new(),
            frame: None,
            stats: SessionStats::default(),
        }
    }

    /// The same for a client that is built for this schema and of no use with another: Hello says so, and such a room refuses.
    #[must_use]
    pub(super) fn built_for(schema: Arc<Schema>) -> Self {
        let schema_hash = Some(Schema::hash(&schema.to_json()));
        Self { schema_hash, ..Self::new(schema) }
    }

    /// The schema this session follows.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The socket is open: queues Hello. The name is cut to 24 characters.
    pub fn handle_open(&mut self, now_us: u64, name: &str, bot: bool) {
        self.opened_us = now_us;
        let name = name.chars().take(NAME_CHARS_MAX).collect();
        self.send(&ClientMessage::Hello(Hello { name, token: None, schema_hash: self.schema_hash, bot }));
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// When it does not decode, or comes before Welcome: close the socket and say so.
    pub fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        if bytes.len() > SERVER_MESSAGE_BYTES_MAX {
            return Err(DecodeError("the message is larger than 256 KiB").into());
        }
        if bytes.first() == Some(&SNAPSHOT) {
            return self.handle_snapshot(now_us, bytes);
        }
        let event = match ServerMessage::decode(bytes)? {
            ServerMessage::Welcome(welcome) => {
                self.join(now_us, &welcome)?;
                SessionEvent::Welcome(welcome)
            }
            ServerMessage::Reply { number, refused } => SessionEvent::Reply { number, refused },
            ServerMessage::Chat { player, text } => SessionEvent::Chat { player, text },
            ServerMessage::Notice(notice) => {
                if let (Notice::Status(status), Some(joined)) = (&notice, &mut self.joined) {
                    self.stats.starved_ticks += u64::from(status.starved_ticks);
                    if status.rtt_ms > 0 {
                        joined.clock.note_rtt(now_us, u64::from(status.rtt_ms) * 1000);
                    }
                }
                SessionEvent::Notice(notice)
            }
        };
        self.push_event(event);
        Ok(())
    }

    /// Begins an epoch: rows and inputs of the one before are forgotten.
    fn join(&mut self, now_us: u64, welcome: &Welcome) -> Result<(), ClientError> {
        let ticks_per_step = welcome.ticks_per_step.max(1);
        let rates = Rates { tick_hz: welcome.tick_hz.max(1).into(), ticks_per_step: ticks_per_step.into() };
        let replica = Replica::new(&self.schema, rates).map_err(ClientError::Schema)?;
        let rtt_us = now_us.saturating_sub(self.opened_us);
        let clock = match self.joined.take() {
            Some(joined) => joined.clock,
            None => Clock::new(now_us, welcome.tick, welcome.tick_hz, ticks_per_step, rtt_us),
        };
        self.joined = Some(Joined {
            next_input: clock.input_tick(now_us),
            clock,
            replica,
            timeline: Timeline::new(&self.schema, ticks_per_step.into()),
            welcome: welcome.clone(),
            sent: VecDeque::new(),
            applied: None,
            pending_events: Vec::new(),
        });
        if !self.visible {
            self.send(&ClientMessage::Visibility(false));
        }
        Ok(())
    }

    fn handle_snapshot(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        let joined = self.joined.as_mut().ok_or(DecodeError("a snapshot before Welcome"))?;
        let info = joined.replica.read(bytes)?;
        joined.clock.note_arrival(now_us, info.step.tick(joined.welcome.ticks_per_step.max(1).into()));
        if info.emptied {
            joined.timeline.clear();
        }
        joined.timeline.push(&joined.replica);
        joined.pending_events.extend(joined.replica.events().iter().cloned());
        let too_many = joined.pending_events.len().saturating_sub(WAITING_MAX);
        joined.pending_events.drain(..too_many);
        let echo_us = info.input_low.and_then(|low| joined.echo(now_us, low));
        let tick = info.step.tick(joined.welcome.ticks_per_step.max(1).into());
        // Also when none came for a second: then the slack is the least there is.
        let input_was_late = info.slack < 0 || joined.applied != Some(tick);
        self.frame = Some(FrameFacts { tick, own_whole: info.own, input_was_late });
        if self.arrivals.len() == ARRIVALS_MAX {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(Arrival {
            step: info.step,
            bytes: bytes.len(),
            rows: joined.replica.rows().len(),
            echo_us,
            slack: info.slack,
            parts: info.parts,
        });
        self.stats.snapshots += 1;
        self.stats.snapshot_bytes += bytes.len() as u64;
        if info.check_failed {
            self.stats.desyncs += 1;
            self.send(&ClientMessage::Desync(info.step));
        }
        self.release_events(now_us);
        self.ack_waits = true;
        self.send_inputs(now_us);
        // An ack waits for the next input only when that is near: after a jump of the clock it may be far.
        let loop_runs = self.visible && self.updated_us.is_some_and(|at| now_us.saturating_sub(at) < LOOP_STOPPED_US);
        let input_is_near = self.next_update_us().is_some_and(|due_us| due_us < now_us + LOOP_STOPPED_US);
        if self.ack_waits && !(loop_runs && input_is_near) {
            self.ack_waits = false;
            self.send(&ClientMessage::Ack(info.step));
        }
        Ok(())
    }

    /// The input held from now on, as words of the schema's input kind (missing ones are 0, too large ones the largest).
    pub fn set_input(&mut self, words: &[u32]) {
        for (i, (mine, spec)) in self.input.iter_mut().zip(&self.input_layout).enumerate() {
            let word = words.get(i).copied().unwrap_or(0);
            *mine = u64::from(word).min(spec.modulus - 1) as u32;
        }
    }

    /// Queues inputs for the ticks that have become due. To be called at least once a tick, or at each animation frame.
    pub fn update(&mut self, now_us: u64) {
        self.updated_us = Some(now_us);
        self.send_inputs(now_us);
        self.release_events(now_us);
    }

    fn send_inputs(&mut self, now_us: u64) {
        let Some(joined) = self.joined.as_mut().filter(|_| self.visible) else { return };
        let due = joined.clock.input_tick(now_us);
        let ahead = joined.next_input.since(due);
        if (1..=EARLY_TICKS_MAX).contains(&ahead) {
            return;
        }
        // After a pause only the newest are worth sending. After a jump back of the clock (the server skipped ticks) what was sent for ticks far
        // ahead was dropped there, so it is forgotten here.
        let count = if ahead > 0 { 1 } else { ahead.saturating_neg().saturating_add(1).min(INPUTS_MAX as i32) };
        if ahead > 0 {
            joined.sent.clear();
        }
        let first = due.offset(1 - count);
        joined.next_input = due.next();
        for i in 0..count {
            if joined.sent.len() == SENT_MAX {
                joined.sent.pop_front();
            }
            joined.sent.push_back((first.offset(i), now_us));
        }
        let words = self.input.repeat(count as usize);
        let drawn = joined.clock.drawn(now_us);
        let seen = joined.timeline.seen(joined.clock.base(), drawn).map(|(tick, fraction)| Seen { tick, fraction });
        let ack = joined.replica.step().zip(seen);
        self.ack_waits &= ack.is_none();
        self.send(&ClientMessage::Input(InputMessage { first, count: count as usize, words, ack }));
    }

    /// When `update` has something to do next, in microseconds of the caller's clock; none before Welcome.
    #[must_use]
    pub fn next_update_us(&self) -> Option<u64> {
        let joined = self.joined.as_ref()?;
        Some(joined.clock.input_due_us(joined.next_input))
    }

    /// Queues a line of chat (cut to 240 bytes).
    pub fn chat(&mut self, text: &str) {
        if self.joined.is_some() {
            self.send(&ClientMessage::Chat(cut(text, CHAT_BYTES_MAX).to_owned()));
        }
    }

    /// Queues a request and gives its number; none before Welcome.
    pub fn request(&mut self, kind: u8, words: &[u32]) -> Option<u32> {
        self.joined.as_ref()?;
        let number = self.next_request;
        self.next_request = number.wrapping_add(1);
        self.send(&ClientMessage::Request { number, kind, words: words.to_vec() });
        Some(number)
    }

    /// Tells the server whether anybody looks. While nobody does, no inputs are sent.
    pub fn set_visible(&mut self, visible: bool) {
        if self.visible != visible && self.joined.is_some() {
            self.send(&ClientMessage::Visibility(visible));
        }
        self.visible = visible;
    }

    fn send(&mut self, message: &ClientMessage) {
        let mut bytes = Vec::new();
        message.encode(&self.input_layout, &mut bytes);
        if self.transmit.len() == WAITING_MAX {
            self.transmit.pop_front();
        }
        self.transmit.push_back(bytes);
        self.stats.sent += 1;
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmit.pop_front()
    }

    fn push_event(&mut self, event: SessionEvent) {
        if self.events.len() == WAITING_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Hands out the game's events whose time has come.
    fn release_events(&mut self, now_us: u64) {
        let Some(joined) = &mut self.joined else { return };
        let drawn = joined.clock.drawn(now_us);
        let is_due = |event: &ReceivedEvent| event.to_me || joined.clock.ticks_to(event.tick) <= drawn;
        let (due, later): (Vec<_>, Vec<_>) = joined.pending_events.drain(..).partition(is_due);
        joined.pending_events = later;
        for ReceivedEvent { tick, kind, words, .. } in due {
            self.push_event(SessionEvent::Game { tick, kind, words });
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// What the last snapshot brought; none when there was no new one since the last call.
    pub fn poll_arrival(&mut self) -> Option<Arrival> {
        self.arrivals.pop_front()
    }

    /// Who we are, after Welcome.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.joined.as_ref().map(|joined| &joined.welcome)
    }

    /// What the last snapshot said; none when there was no new one since the last call.
    pub(super) const fn take_frame(&mut self) -> Option<FrameFacts> {
        self.frame.take()
    }

    /// Words of the own state as last sent whole.
    pub(super) fn own_words(&self) -> Option<&[u32]> {
        self.joined.as_ref().map(|joined| joined.replica.own())
    }

    /// Where the client looks from.
    pub(super) fn eye(&self) -> Option<&Eye> {
        self.joined.as_ref().map(|joined| joined.replica.eye())
    }

    /// The ticks after `tick` for which an input has been sent, in order; all that are remembered when there is none.
    pub(super) fn sent_after(&self, tick: Option<Tick>) -> impl Iterator<Item = Tick> {
        let sent = self.joined.iter().flat_map(|joined| joined.sent.iter().map(|(tick, _)| *tick));
        sent.filter(move |sent| tick.is_none_or(|tick| sent.is_after(tick)))
    }

    /// How much of the time from the newest sent input to the next has passed, 0..=1.
    pub(super) fn input_fraction(&self, now_us: u64) -> f32 {
        self.joined.as_ref().map_or(1.0, |joined| joined.clock.input_fraction(now_us, joined.next_input))
    }

    /// What is held of the world, after Welcome: rows as decoded, not as drawn.
    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        self.joined.as_ref().map(|joined| &joined.replica)
    }

    /// Counters.
    #[must_use]
    pub const fn stats(&self) -> SessionStats {
        self.stats
    }

    /// The world as it is to be drawn at `now_us`; `out`'s memory is reused.
    pub fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        self.release_events(now_us);
        match &self.joined {
            Some(joined) => {
                joined.timeline.draw(joined.clock.base(), joined.clock.drawn(now_us), joined.replica.eye(), out);
            }
            None => *out = Drawn::default(),
        }
    }
}

impl Joined {
    /// How long ago the newest applied input was sent, the first time a snapshot tells of it.
    fn echo(&mut self, now_us: u64, input_low: u8) -> Option<u64> {
        let newest = self.sent.back()?.0;
        let applied = newest.nearest(input_low.into(), 8);
        let is_new = self.applied.is_none_or(|last| applied.is_after(last));
        let (_, sent_us) = self.sent.iter().find(|(tick, _)| *tick == applied).filter(|_| is_new)?;
        self.applied = Some(applied);
        Some(now_us.saturating_sub(*sent_us))
    }
}
