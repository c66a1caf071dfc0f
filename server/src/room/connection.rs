//! What the room keeps for one connection and the seat it sits on; while a seat is away there is the seat alone.

use std::collections::VecDeque;

use snapline_shared::frame::Mirror;
use snapline_shared::game::Game;
use snapline_shared::ids::PlayerId;
use snapline_shared::message::{ANSWERS_MAX, Close, NAME_CHARS_MAX, ServerMessage};
use snapline_shared::tick::{Step, Tick};

use super::flow::Window;
use super::inputs::InputQueue;
use super::outbox::Outbox;
use super::roster::RosterCursor;

/// Requests of one player in one tick.
pub(crate) const REQUESTS_PER_TICK_MAX: usize = 4;
/// Lines of chat that a player may say at once, and after that one a second.
const CHAT_BURST: u32 = 5;

/// A request waiting for the next tick.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) number: u32,
    pub(crate) kind: u8,
    pub(crate) words: Vec<u32>,
}

/// One seat, and the connection that sits on it.
#[derive(Debug)]
pub(crate) struct Connection<G: Game> {
    pub(crate) player: PlayerId,
    pub(crate) name: String,
    pub(crate) bot: bool,
    /// Whether it is a player of the host's own, without a socket.
    pub(crate) is_house: bool,
    /// The connection's number, which its resume token tells.
    pub(crate) nonce: u64,
    /// The number of the connection that was resumed, until the client is known to have this one's Welcome: should that have been lost on the way,
    /// the client still has the token that it used.
    pub(crate) nonce_before: Option<u64>,
    /// While the connection is lost: the tick before which the seat is given up.
    pub(crate) away_until: Option<Tick>,
    /// The last answers to requests, which a client that comes back may not have heard.
    pub(crate) answers: VecDeque<(u32, Option<String>)>,
    /// Those that this connection's Welcome has told, until the client is known to have it.
    pub(crate) told: VecDeque<(u32, Option<String>)>,
    /// Whether Welcome (of this epoch) has been given to the socket. Before it the client is silent.
    pub(crate) welcomed: bool,
    /// Whether Welcome was ever given to the socket: after that the client may speak, whatever the epoch.
    pub(crate) may_speak: bool,
    pub(crate) visible: bool,
    pub(crate) inputs: InputQueue<G::Input>,
    pub(crate) requests: Vec<Asked>,
    pub(crate) window: Window,
    pub(crate) mirror: Mirror,
    pub(crate) outbox: Outbox,
    /// Whether something that must not be lost found no room in the outbox.
    pub(crate) is_full: bool,
    pub(crate) roster: RosterCursor,
    pub(crate) own: OwnMirror<G::Own>,
    /// Ticks of the last whole second without input; for the status notice.
    pub(crate) starved: u16,
    pub(crate) status_due: bool,
    pub(crate) chat_left: u32,
    /// Whether a failed check of this second is still believed.
    pub(crate) may_desync: bool,
    /// When the next frame of a hidden client is due.
    pub(crate) hidden_until: Tick,
    /// The newest step of which it got no frame because its window was closed, and how many such steps there were.
    pub(crate) closed_at: Option<Step>,
    pub(crate) window_closed: u32,
    /// It gets a frame every so many steps.
    pub(crate) every_steps: u32,
    /// What its frames take lately, in eighths of a byte.
    pub(crate) frame_bytes: u32,
}

impl<G: Game> Connection<G> {
    pub(crate) fn new(
        player: PlayerId,
        name: String,
        bot: bool,
        is_house: bool,
        roster: RosterCursor,
        now: Tick,
        nonce: u64,
    ) -> Self {
        Self {
            player,
            name,
            bot,
            is_house,
            nonce,
            nonce_before: None,
            away_until: None,
            answers: VecDeque::new(),
            told: VecDeque::new(),
            welcomed: false,
            may_speak: false,
            visible: true,
            inputs: InputQueue::new(),
            requests: Vec::new(),
            window: Window::default(),
            mirror: Mirror::default(),
            outbox: Outbox::default(),
            is_full: false,
            roster,
            own: OwnMirror::default(),
            starved: 0,
            status_due: false,
            chat_left: CHAT_BURST,
            may_desync: true,
            hidden_until: now,
            closed_at: None,
            window_closed: 0,
            every_steps: 1,
            frame_bytes: 0,
        }
    }

    /// What sits on this seat once its player has come back by the token of connection `used`: a client that holds nothing. What was asked before
    /// and is not answered yet stays asked.
    pub(crate) fn resume(&mut self, used: u64, roster: RosterCursor, now: Tick, nonce: u64) -> Self {
        let mut answers = std::mem::take(&mut self.told);
        answers.append(&mut self.answers);
        Self {
            nonce_before: Some(used),
            answers,
            requests: std::mem::take(&mut self.requests),
            chat_left: self.chat_left,
            may_desync: self.may_desync,
            ..Self::new(self.player, self.name.clone(), self.bot, self.is_house, roster, now, nonce)
        }
    }

    /// Whether there is a connection.
    pub(crate) const fn is_here(&self) -> bool {
        self.away_until.is_none()
    }

    /// The connection is lost; the seat is kept until `until`.
    pub(crate) fn go_away(&mut self, until: Tick) {
        self.away_until = Some(until);
        self.outbox = Outbox::default();
        self.is_full = false;
    }

    /// Answers a request: remembered, for the answer may get lost, and queued unless Welcome is still to tell it.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub(crate) fn answer(&mut self, number: u32, refused: Option<String>) -> Result<(), Close> {
        if self.answers.len() == ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((number, refused.clone()));
        if self.may_speak { self.tell(&ServerMessage::Reply { number, refused }) } else { Ok(()) }
    }

    /// The room's timeline is replaced: the client forgets rows and inputs, and is welcomed again.
    pub(crate) fn begin_epoch(&mut self) {
        self.welcomed = false;
        self.inputs = InputQueue::new();
        self.requests.clear();
        self.mirror.forget();
        self.own = OwnMirror::default();
    }

    /// Once a second.
    pub(crate) fn second(&mut self) {
        self.starved = self.inputs.second();
        self.status_due = true;
        self.chat_left = (self.chat_left + 1).min(CHAT_BURST);
        self.may_desync = true;
    }

    /// Takes a request for the next tick; false when there are too many.
    pub(crate) fn ask(&mut self, asked: Asked) -> bool {
        let room = self.requests.len() < REQUESTS_PER_TICK_MAX;
        if room {
            self.requests.push(asked);
        }
        room
    }

    /// Queues a message; for a client that is away it is lost.
    ///
    /// # Errors
    /// When the client does not read and must be given up. The host's own players lose the message instead: the host itself keeps them waiting.
    pub(crate) fn tell(&mut self, message: &ServerMessage) -> Result<(), Close> {
        if !self.is_here() {
            return Ok(());
        }
        let queued = self.outbox.push(message);
        if self.is_house { Ok(()) } else { queued }
    }

    /// Whether the client must be given up.
    pub(crate) fn check(&self, now_us: u64) -> Result<(), Close> {
        let is_slow = self.is_full || self.window.is_stalled(now_us);
        if is_slow && !self.is_house && self.is_here() { Err(Close::SlowConsumer) } else { Ok(()) }
    }
}

/// What the client can compute of its own state by itself: the last state sent whole, advanced by the inputs that it sent.
#[derive(Debug)]
pub(crate) struct OwnMirror<Own> {
    predicted: Option<Own>,
    whole_at: Tick,
}

impl<Own> Default for OwnMirror<Own> {
    fn default() -> Self {
        Self { predicted: None, whole_at: Tick(0) }
    }
}

impl<Own: Clone + PartialEq> OwnMirror<Own> {
    /// A tick has passed: with the client's very input its prediction goes on, else it has to be told.
    pub(crate) fn advance(&mut self, fresh: bool, advance: impl FnOnce(&mut Own)) {
        if fresh {
            if let Some(own) = &mut self.predicted {
                advance(own);
            }
        } else {
            self.predicted = None;
        }
    }

    /// Whether the frame at `now` must carry `own` whole: it is not as predicted, or was not sent for a second.
    pub(crate) fn must_send(&mut self, now: Tick, own: &Own, tick_hz: u32) -> bool {
        let fresh = now.since(self.whole_at) < tick_hz.cast_signed();
        if fresh && self.predicted.as_ref() == Some(own) {
            return false;
        }
        self.predicted = Some(own.clone());
        self.whole_at = now;
        true
    }
}

/// A name as others see it: no control characters, no space at the ends, at most 24 characters, never empty.
pub(crate) fn shown_name(name: &str, player: PlayerId) -> String {
    let name = clean(name);
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { format!("player {player}") } else { name }
}

/// Text without control characters and without space at its ends.
pub(crate) fn clean(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_cut() {
        assert_eq!(shown_name("  a\nb\u{7f} ", PlayerId(3)), "a b");
        assert_eq!(shown_name("\u{0}\t", PlayerId(3)), "player 3");
        assert_eq!(shown_name(&"é".repeat(30), PlayerId(3)).chars().count(), 24);
    }

    #[test]
    fn own_state_is_left_out_only_while_the_client_can_compute_it() {
        let mut mirror = OwnMirror::default();
        assert!(mirror.must_send(Tick(10), &1, 60), "never sent");
        mirror.advance(true, |own| *own += 1);
        assert!(!mirror.must_send(Tick(11), &2, 60), "as predicted");
        mirror.advance(true, |own| *own += 1);
        assert!(mirror.must_send(Tick(12), &9, 60), "something else touched it");
        mirror.advance(false, |own| *own += 1);
        assert!(mirror.must_send(Tick(13), &10, 60), "an input that the client did not send");
        for tick in 14..=80 {
            mirror.advance(true, |own| *own += 1);
            let whole = mirror.must_send(Tick(tick), &(tick - 3), 60);
            assert_eq!(whole, tick == 73, "once a second at least, {tick}");
        }
    }
}
