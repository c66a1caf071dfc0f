//! A player of any game: follows the schema, predicts nothing, presses what its [`Hand`] says.

use std::sync::Arc;

use snapline_shared::client::{Arrival, ClientError, Mispredictions, Player, Session, SessionEvent, SessionStats};
use snapline_shared::schema::Schema;
use snapline_shared::tick::Tick;

use crate::light::Hand;
use crate::options::Pattern;

pub(crate) struct Steered {
    session: Session,
    hand: Hand,
    /// Inputs so far: the ticks of its hand.
    ticks: Tick,
    /// When the room took it in: the zero of its steering.
    joined_us: Option<u64>,
}

impl Steered {
    pub(crate) fn new(schema: Arc<Schema>, pattern: Pattern, seed: u64) -> Self {
        let hand = Hand::new(pattern, &schema.input, seed);
        Self { session: Session::new(schema), hand, ticks: Tick(0), joined_us: None }
    }
}

impl Player for Steered {
    fn handle_open(&mut self, now_us: u64, name: &str) {
        self.session.handle_open(now_us, name, true);
    }

    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        self.session.handle_message(now_us, bytes)?;
        if self.joined_us.is_none() && self.has_joined() {
            self.joined_us = Some(now_us);
        }
        Ok(())
    }

    fn update(&mut self, now_us: u64) {
        let elapsed_us = now_us.saturating_sub(self.joined_us.unwrap_or(now_us));
        if self.session.next_update_us().is_some_and(|due_us| due_us <= now_us) {
            self.ticks = self.ticks.next();
        }
        self.session.set_input(self.hand.at(self.ticks, elapsed_us));
        self.session.update(now_us);
    }

    fn next_update_us(&self) -> Option<u64> {
        self.session.next_update_us()
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.session.poll_transmit()
    }

    fn mark_stalled(&mut self) {
        self.session.mark_stalled();
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        self.session.poll_event()
    }

    fn poll_arrival(&mut self) -> Option<Arrival> {
        self.session.poll_arrival()
    }

    fn has_joined(&self) -> bool {
        self.session.is_open()
    }

    fn wants_map(&self) -> Option<&str> {
        None
    }

    fn set_map(&mut self, _: &[u8]) -> Result<(), ClientError> {
        Ok(())
    }

    fn session(&self) -> &Session {
        &self.session
    }

    fn stats(&self) -> SessionStats {
        self.session.stats()
    }

    fn mispredictions(&self) -> Mispredictions {
        Mispredictions::default()
    }

    fn compared(&self) -> u64 {
        0
    }
}
