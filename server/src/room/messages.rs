//! What a room does with a client's messages.

use snapline_shared::game::Game;
use snapline_shared::message::{CLIENT_MESSAGE_BYTES_MAX, ClientMessage, Close, INPUT, InputMessage, ServerMessage};
use snapline_shared::tick::{Seen, Step};
use snapline_shared::wire::Wire;

use super::connection::{Asked, clean};
use super::inputs::{InputArrival, Verdict, believable};
use super::{Room, SessionKey};

/// Inputs that are noted for a trace between two ticks: in a room that sleeps nobody takes them.
const ARRIVALS_MAX: usize = 8192;

impl<G: Game> Room<G> {
    /// A binary message has arrived.
    ///
    /// # Errors
    /// When the connection must end. The room has ended it; the caller sends the close frame.
    pub fn handle_message(&mut self, now_us: u64, session: SessionKey, bytes: &[u8]) -> Result<(), Close> {
        let result = self.try_message(now_us, session, bytes);
        if let Err(close) = &result {
            self.stats.inputs_invalid += u64::from(bytes.first() == Some(&INPUT));
            self.end(session, close.keeps_seat());
        }
        result
    }

    fn try_message(&mut self, now_us: u64, session: SessionKey, bytes: &[u8]) -> Result<(), Close> {
        let Some(connection) = self.connections.get_mut(session).filter(|connection| connection.is_here()) else {
            return Ok(());
        };
        if !connection.may_speak {
            return Err(Close::BadMessage("a message between Hello and Welcome"));
        }
        // It has the Welcome, and with it the next token: the one that was used is used up.
        connection.nonce_before = None;
        connection.told.clear();
        if bytes.len() > CLIENT_MESSAGE_BYTES_MAX {
            return Err(Close::TooBig);
        }
        self.stats.messages_in[bytes.first().map_or(0, |&kind| usize::from(kind)) % 8] += 1;
        let sent = connection.window.sent().unwrap_or(Step(0));
        let message = ClientMessage::decode(bytes, self.world.input_layout(), self.world.now(), sent);
        match message.map_err(|error| Close::BadMessage(error.0))? {
            ClientMessage::Hello(_) => return Err(Close::BadMessage("a second Hello")),
            ClientMessage::Input(input) => return self.take_inputs(now_us, session, &input),
            ClientMessage::Ack(step) => connection.window.handle_ack(now_us, step)?,
            ClientMessage::Request { number, kind, words } => {
                if !self.world.is_request(kind, &words) {
                    return Err(Close::BadMessage("a request that the schema does not have"));
                }
                if !connection.ask(Asked { number, kind, words }) {
                    let refused = Some("too many requests at once".to_owned());
                    connection.answer(number, refused)?;
                }
            }
            ClientMessage::Chat(text) => {
                let (player, text) = (connection.player, clean(&text));
                if !text.is_empty() && connection.chat_left > 0 {
                    connection.chat_left -= 1;
                    self.tell_all(&ServerMessage::Chat { player, text });
                }
            }
            ClientMessage::Visibility(visible) => {
                connection.visible = visible;
                // Whoever comes back gets what is visible at the next step.
                connection.hidden_until = self.world.now();
            }
            ClientMessage::Desync(_) => {
                // Once a second: each costs a whole view of loads.
                if std::mem::replace(&mut connection.may_desync, false) {
                    self.stats.desyncs += 1;
                    connection.mirror.forget();
                }
            }
        }
        Ok(())
    }

    fn take_inputs(&mut self, now_us: u64, session: SessionKey, message: &InputMessage) -> Result<(), Close> {
        let Some(connection) = self.connections.get_mut(session) else { return Ok(()) };
        let now = self.world.now();
        let mut seen = Seen::of(now);
        if let Some((step, claimed)) = message.ack {
            connection.window.handle_ack(now_us, step)?;
            let acked = step.tick(self.config.ticks_per_step);
            seen = believable(claimed, acked, now, self.config.tick_hz, self.config.rewind_ms_max);
        }
        let width = self.world.input_layout().len();
        for i in 0..message.count {
            let input = G::Input::dequantise(&message.words[i * width..(i + 1) * width]);
            let tick = message.first.offset(i as i32);
            let verdict = connection.inputs.push(now, tick, input, seen);
            if let Some(arrivals) = self.arrivals.as_mut().filter(|arrivals| arrivals.len() < ARRIVALS_MAX) {
                let (slack, applied) = (tick.since(now.next()), verdict == Verdict::Applied);
                arrivals.push(InputArrival { player: connection.player.0, tick: tick.0, slack, applied });
            }
            match verdict {
                Verdict::Applied => self.stats.inputs_applied += 1,
                Verdict::Early => self.stats.inputs_early += 1,
                Verdict::Repeated => self.stats.inputs_repeated += 1,
                // Counted by its seat.
                Verdict::Late => {}
            }
        }
        Ok(())
    }
}
