//! `Session`: follows any game by its schema.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::{Clock, Report};
use super::facts::{Arrival, ClientError, FrameFacts, Pace, SessionEvent, SessionStats};
use super::playback::Playback;
use super::sent::SentInputs;
use super::timeline::{Drawn, Moment, Timeline};
use crate::coder::Rates;
use crate::frame::{Eye, ReceivedEvent, Replica, SNAPSHOT};
use crate::message::{
    CHAT_BYTES_MAX, ClientMessage, Hello, INPUTS_MAX, InputMessage, NAME_CHARS_MAX, Notice, SERVER_MESSAGE_BYTES_MAX,
    ServerMessage, Welcome, cut,
};
use crate::quant::WordSpec;
use crate::schema::Schema;
use crate::tick::{Seen, Tick};
use crate::words::DecodeError;

/// Messages and events that may wait to be polled; a caller that never polls loses the oldest.
const WAITING_MAX: usize = 1024;
/// Snapshots whose arrival may wait to be polled: the oldest go first.
const ARRIVALS_MAX: usize = 64;
/// The server drops inputs that come earlier than this.
const EARLY_TICKS_MAX: i32 = 32;
/// A loop that has not called `update` for this long (a hidden tab) does not carry acks either.
const LOOP_STOPPED_US: u64 = 50_000;

/// First tick and number of the inputs in a message.
type Inputs = (Tick, usize);

/// What there is once the room has taken us in.
#[derive(Clone, Debug)]
struct Joined {
    welcome: Welcome,
    clock: Clock,
    playback: Playback,
    replica: Replica,
    timeline: Timeline,
    next_input: Tick,
    sent: SentInputs,
    pending_events: Vec<ReceivedEvent>,
    /// By how much what is drawn lay behind the newest input when that was sent.
    behind_ticks: Option<f32>,
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
    /// Whether the room has answered the Hello of this connection: before it nothing may be said.
    is_open: bool,
    /// How often a room has taken us in, or begun an epoch.
    timelines: u32,
    /// Takes us back to our seat.
    resume: Option<String>,
    /// Requests that are not answered yet, in order.
    asked: VecDeque<u32>,
    opened_us: u64,
    updated_us: Option<u64>,
    ack_waits: bool,
    visible: bool,
    /// How often somebody looks again who did not.
    returns: u32,
    next_request: u32,
    transmit: VecDeque<(Vec<u8>, Option<Inputs>)>,
    /// The inputs of the message that was polled last.
    polled: Option<Inputs>,
    interpolates: bool,
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
            is_open: false,
            timelines: 0,
            resume: None,
            asked: VecDeque::new(),
            opened_us: 0,
            updated_us: None,
            ack_waits: false,
            visible: true,
            returns: 0,
            next_request: 0,
            transmit: VecDeque::new(),
            polled: None,
            interpolates: true,
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

    /// A socket is open: queues Hello, with the resume token if there is one. The name is cut to 24 characters. What was queued for an earlier
    /// socket is dropped; the world stays as it was until the room's Welcome.
    pub fn handle_open(&mut self, now_us: u64, name: &str, bot: bool) {
        self.handle_close();
        self.opened_us = now_us;
        let name = name.chars().take(NAME_CHARS_MAX).collect();
        let resume = self.resume.clone();
        self.send(&ClientMessage::Hello(Hello { name, token: None, resume, schema_hash: self.schema_hash, bot }));
    }

    /// The socket is lost: nothing is queued until the next one has been answered.
    pub fn handle_close(&mut self) {
        self.is_open = false;
        self.transmit.clear();
        self.ack_waits = false;
    }

    /// Whether the room has taken this connection in.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// What the next Hello takes us back to our seat with: the newest that a Welcome has brought. A secret.
    #[must_use]
    pub fn resume_token(&self) -> Option<&str> {
        self.resume.as_deref()
    }

    /// The next Hello comes with this token, one that was kept from an earlier session; none: it takes a free seat.
    pub fn set_resume_token(&mut self, token: Option<String>) {
        self.resume = token;
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
            ServerMessage::Reply { number, refused } => {
                self.asked.retain(|asked| *asked != number);
                SessionEvent::Reply { number, refused }
            }
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

    /// Begins an epoch, or goes on with it on another connection: rows and inputs from before are forgotten.
    fn join(&mut self, now_us: u64, welcome: &Welcome) -> Result<(), ClientError> {
        let ticks_per_step = welcome.ticks_per_step.max(1);
        let rates = Rates { tick_hz: welcome.tick_hz.max(1).into(), ticks_per_step: ticks_per_step.into() };
        let replica = Replica::new(&self.schema, rates).map_err(ClientError::Schema)?;
        let rtt_us = now_us.saturating_sub(self.opened_us);
        let before = self.joined.take();
        let comes_back = !self.is_open && before.is_some();
        let late = before.as_ref().map(|joined| joined.sent.late()).unwrap_or_default();
        let (clock, playback) = match before {
            Some(joined) if self.is_open => (joined.clock, joined.playback),
            // Another connection may take another way.
            _ => (
                Clock::new(now_us, welcome.tick, welcome.tick_hz, rtt_us),
                Playback::new(now_us, welcome.tick, welcome.tick_hz, ticks_per_step),
            ),
        };
        if comes_back {
            self.settle_requests(&welcome.answers);
        }
        self.stats.resumes += u64::from(!self.is_open && self.resume.is_some());
        self.resume = Some(welcome.resume.clone()).filter(|token| !token.is_empty());
        self.timelines = self.timelines.wrapping_add(1);
        self.is_open = true;
        self.joined = Some(Joined {
            next_input: clock.input_tick(now_us),
            clock,
            playback,
            replica,
            timeline: Timeline::new(&self.schema, rates.tick_hz, rates.ticks_per_step),
            welcome: welcome.clone(),
            sent: SentInputs::after(late),
            pending_events: Vec::new(),
            behind_ticks: None,
        });
        if !self.visible {
            self.send(&ClientMessage::Visibility(false));
        }
        Ok(())
    }

    /// We are back on our seat: these requests were answered while we were away; what became of the others nobody will tell.
    fn settle_requests(&mut self, answers: &[(u32, Option<String>)]) {
        for number in std::mem::take(&mut self.asked) {
            let answer = answers.iter().rev().find(|(of, _)| *of == number).map(|(_, refused)| refused.clone());
            let refused =
                answer.unwrap_or_else(|| Some("the connection was lost before there was an answer".to_owned()));
            self.push_event(SessionEvent::Reply { number, refused });
        }
    }

    fn handle_snapshot(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        let joined = self.joined.as_mut().filter(|_| self.is_open).ok_or(DecodeError("a snapshot before Welcome"))?;
        let info = joined.replica.read(bytes)?;
        let tick = info.step.tick(joined.welcome.ticks_per_step.max(1).into());
        let buffered_us = joined.playback.buffered_us(now_us);
        let lateness = joined.playback.note_arrival(now_us, tick);
        if info.emptied {
            joined.timeline.clear();
        }
        joined.timeline.push(&joined.replica);
        joined.pending_events.extend(joined.replica.events().iter().cloned());
        let too_many = joined.pending_events.len().saturating_sub(WAITING_MAX);
        joined.pending_events.drain(..too_many);
        let echo_us = joined.sent.note_applied(now_us, tick, info.input_low);
        let in_time = joined.sent.is_applied(tick);
        joined.clock.note_report(now_us, Report { tick, slack: info.slack, in_time });
        // Also when none came for a second: then the slack is the least there is.
        let input_was_late = info.slack < 0 || !in_time;
        self.frame = Some(FrameFacts { tick, own_whole: info.own, input_was_late });
        let rows = joined.replica.rows().len();
        let (step, slack, parts) = (info.step, info.slack, info.parts);
        if self.arrivals.len() == ARRIVALS_MAX {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(Arrival {
            step,
            bytes: bytes.len(),
            rows,
            echo_us,
            lateness,
            slack,
            buffered_us,
            parts,
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
        let Some(joined) = self.joined.as_mut().filter(|_| self.visible && self.is_open) else { return };
        let due = joined.clock.input_tick(now_us);
        let ahead = joined.next_input.since(due);
        if (1..=EARLY_TICKS_MAX).contains(&ahead) {
            return;
        }
        // After a pause only those are worth sending that may still be in time. After a jump back of the clock (the server skipped ticks) what was
        // sent for ticks far ahead was dropped there, so it is forgotten here.
        let worth = (INPUTS_MAX as i32).max(joined.clock.spare_ticks() as i32 + 1).min(EARLY_TICKS_MAX);
        let count = if ahead > 0 { 1 } else { ahead.saturating_neg().saturating_add(1).min(worth) };
        if ahead > 0 {
            joined.sent.forget();
        }
        joined.next_input = due.next();
        joined.clock.note_sent(now_us);
        joined.playback.advance(now_us);
        let seen = joined.timeline.seen(joined.playback.base(), joined.drawn(now_us, self.interpolates));
        let seen = seen.map(|(tick, fraction)| Seen { tick, fraction, skipped: 0 });
        joined.behind_ticks = seen.map(|seen| seen.age(due, joined.welcome.ticks_per_step.max(1).into()));
        let ack = joined.replica.step().zip(seen);
        self.ack_waits &= ack.is_none();
        let mut first = due.offset(1 - count);
        while !first.is_after(due) {
            let count = (due.since(first) as usize + 1).min(INPUTS_MAX);
            if let Some(joined) = &mut self.joined {
                (0..count).for_each(|i| joined.sent.add(first.offset(i as i32), now_us));
            }
            let words = self.input.repeat(count);
            self.send(&ClientMessage::Input(InputMessage { first, count, words, ack }));
            first = first.offset(count as i32);
        }
    }

    /// When `update` has something to do next, in microseconds of the caller's clock; none before Welcome.
    #[must_use]
    pub fn next_update_us(&self) -> Option<u64> {
        let joined = self.joined.as_ref().filter(|_| self.is_open)?;
        Some(joined.clock.input_due_us(joined.next_input))
    }

    /// Queues a line of chat (cut to 240 bytes).
    pub fn chat(&mut self, text: &str) {
        if self.is_open {
            self.send(&ClientMessage::Chat(cut(text, CHAT_BYTES_MAX).to_owned()));
        }
    }

    /// Queues a request and gives its number; none before Welcome. It is answered in any case: when the connection is lost, at the latest once a room
    /// has taken us in again.
    pub fn request(&mut self, kind: u8, words: &[u32]) -> Option<u32> {
        if !self.is_open {
            return None;
        }
        let number = self.next_request;
        self.next_request = number.wrapping_add(1);
        if self.asked.len() == WAITING_MAX {
            self.asked.pop_front();
        }
        self.asked.push_back(number);
        self.send(&ClientMessage::Request { number, kind, words: words.to_vec() });
        Some(number)
    }

    /// Tells the server whether anybody looks. While nobody does, no inputs are sent.
    pub fn set_visible(&mut self, visible: bool) {
        if self.visible != visible && self.is_open {
            self.send(&ClientMessage::Visibility(visible));
        }
        if visible && !self.visible {
            // What was known is old: the next snapshot is drawn at once, nothing of before is shown again.
            self.returns = self.returns.wrapping_add(1);
            if let Some(joined) = &mut self.joined {
                joined.playback.restart();
                joined.timeline.clear();
            }
        }
        self.visible = visible;
    }

    /// Whether others are drawn between snapshots, a little in the past (so it begins), or as the newest one has them: to see the difference.
    pub const fn set_interpolation(&mut self, on: bool) {
        self.interpolates = on;
    }

    fn send(&mut self, message: &ClientMessage) {
        let mut bytes = Vec::new();
        message.encode(&self.input_layout, &mut bytes);
        if self.transmit.len() == WAITING_MAX {
            self.transmit.pop_front();
        }
        let inputs = if let ClientMessage::Input(input) = message { Some((input.first, input.count)) } else { None };
        self.transmit.push_back((bytes, inputs));
        self.stats.sent += 1;
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        let (bytes, inputs) = self.transmit.pop_front()?;
        self.polled = inputs;
        Some(bytes)
    }

    /// The message that `poll_transmit` gave last is stuck behind a (simulated) retransmission: its inputs, if late, are counted apart.
    pub fn mark_stalled(&mut self) {
        if let (Some((first, count)), Some(joined)) = (self.polled.take(), &mut self.joined) {
            joined.sent.mark_stalled(first, count);
        }
    }

    fn push_event(&mut self, event: SessionEvent) {
        if self.events.len() == WAITING_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Hands out the game's events whose time has come.
    fn release_events(&mut self, now_us: u64) {
        let interpolates = self.interpolates;
        let Some(joined) = &mut self.joined else { return };
        joined.playback.advance(now_us);
        let drawn = joined.drawn(now_us, interpolates);
        let playback = &joined.playback;
        let is_due = |event: &ReceivedEvent| event.to_me || playback.ticks_to(event.tick) <= drawn;
        if !joined.pending_events.iter().any(is_due) {
            return;
        }
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

    /// What the next snapshot brought that was not polled yet.
    pub fn poll_arrival(&mut self) -> Option<Arrival> {
        self.arrivals.pop_front()
    }

    /// How often a room has taken us in or begun an epoch: with each, what was known of the timeline is void.
    pub(super) const fn timelines(&self) -> u32 {
        self.timelines
    }

    /// How often somebody has come back to look: what was shown before is void.
    pub(super) const fn returns(&self) -> u32 {
        self.returns
    }

    /// Ticks by which what is drawn lay behind the newest input when that was sent; none before there was something to draw.
    pub(super) fn behind_ticks(&self) -> Option<f32> {
        self.joined.as_ref()?.behind_ticks
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
        let sent = self.joined.iter().flat_map(|joined| joined.sent.ticks());
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
    pub fn stats(&self) -> SessionStats {
        let late_inputs = self.joined.as_ref().map(|joined| joined.sent.late()).unwrap_or_default();
        SessionStats { late_inputs, ..self.stats }
    }

    /// How the clocks run at `now_us`; nothing but zeros before Welcome.
    #[must_use]
    pub fn pace(&self, now_us: u64) -> Pace {
        self.joined.as_ref().map_or_else(Pace::default, |Joined { clock, playback, .. }| Pace {
            input_rate: clock.rate(now_us),
            drawn_rate: playback.rate(),
            delay_us: playback.delay_us(),
            buffered_us: playback.buffered_us(now_us),
            rtt_us: clock.rtt_us(),
        })
    }

    /// The world as it is to be drawn at `now_us`; `out`'s memory is reused.
    pub fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        self.release_events(now_us);
        let Some(joined) = &mut self.joined else {
            *out = Drawn::default();
            return;
        };
        let (drawn, base) = (joined.drawn(now_us, self.interpolates), joined.playback.base());
        let frozen = self.interpolates && joined.playback.is_frozen();
        let moment = Moment { drawn, base, now_us, frozen };
        joined.timeline.draw(&moment, joined.replica.eye(), out);
        self.stats.extrapolated_frames += u64::from(joined.timeline.newest(base).is_some_and(|newest| drawn > newest));
        self.stats.frozen_frames += u64::from(frozen);
    }

    /// The places of the rows of `drawn` in the newest snapshot, as they were sent, two numbers each; NaN for rows that are not in it.
    pub fn raw_places(&self, drawn: &Drawn, out: &mut Vec<f32>) {
        match &self.joined {
            Some(joined) => joined.timeline.raw_places(&drawn.rows, out),
            None => out.clear(),
        }
    }
}

impl Joined {
    /// The moment that others are drawn at: ticks from the playback's base.
    fn drawn(&self, now_us: u64, interpolates: bool) -> f64 {
        let newest = if interpolates { None } else { self.timeline.newest(self.playback.base()) };
        newest.unwrap_or_else(|| self.playback.drawn(now_us))
    }
}
