//! Players that are programs: a game's author writes a [`Brain`], and a [`Pilot`] plays it through the same client that people have.

use super::facts::{Arrival, ClientError, SessionEvent, SessionStats};
use super::predict::Predicted;
use super::session::Session;
use crate::frame::Replica;
use crate::game::Game;
use crate::ids::{NetId, PlayerId};
use crate::rows::kind_number;
use crate::tick::Tick;
use crate::wire::Wire;

/// What a bot of game `G` does. It lives in the game's crate; house bots and `bot-client` run the same one.
pub trait Brain<G: Game>: Send {
    /// The input to hold during the next tick; called once a tick.
    fn think(&mut self, world: &World<'_, G>) -> G::Input;
}

/// All that a player knows at a moment.
pub struct World<'a, G: Game> {
    /// Map and tuning.
    pub scene: &'a G::Scene,
    /// The own state, predicted up to `now`.
    pub own: &'a G::Own,
    /// The own seat.
    pub player: PlayerId,
    /// The newest tick that an input was sent for.
    pub now: Tick,
    /// Ticks by which `own` is ahead of the rows.
    pub ahead_ticks: i32,
    /// Ticks by which `own` is ahead of what people are shown, which is somewhat older than the rows: in that world a game that compensates lag
    /// judges shots.
    pub behind_ticks: f32,
    replica: &'a Replica,
}

impl<G: Game> World<'_, G> {
    /// The rows of kind `R` as the newest snapshot has them, in slot order; those frozen at an older step too.
    ///
    /// # Panics
    /// When `R` is not among the game's `ENTITIES`: a mistake in the brain.
    pub fn rows<R: Wire>(&self) -> impl Iterator<Item = (NetId, R)> {
        let Some(kind) = kind_number(G::ENTITIES, &R::KIND.name) else { panic!("{} is not in ENTITIES", R::KIND.name) };
        let rows = self.replica.rows().iter().filter(move |row| row.state.kind == kind);
        rows.map(|row| (row.id, R::dequantise(&row.state.words)))
    }

    /// The entity that this player steers.
    #[must_use]
    pub fn controls(&self) -> Option<u16> {
        self.replica.eye().controls
    }
}

/// A client with a brain in it.
pub struct Pilot<G: Game> {
    client: Predicted<G>,
    brain: Box<dyn Brain<G>>,
    thought_at: Option<Tick>,
}

impl<G: Game> Pilot<G> {
    /// A player that is not connected yet.
    #[must_use]
    pub fn new(brain: Box<dyn Brain<G>>) -> Self {
        Self { client: Predicted::new(), brain, thought_at: None }
    }

    /// The client: to open, to transmit, to count.
    pub const fn client(&mut self) -> &mut Predicted<G> {
        &mut self.client
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// As [`Predicted::handle_message`].
    pub fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        self.client.handle_message(now_us, bytes)?;
        // An ack that rides on the next input must ride on the one that is thought of.
        self.think();
        Ok(())
    }

    /// Thinks once a tick and sends the inputs that are due.
    pub fn update(&mut self, now_us: u64) {
        self.think();
        self.client.update(now_us);
    }

    fn think(&mut self) {
        let Some(now) = self.client.ahead_tick() else { return };
        if self.thought_at == Some(now) {
            return;
        }
        let Some(input) = self.client.world().map(|world| self.brain.think(&world)) else { return };
        self.thought_at = Some(now);
        self.client.set_input(input);
    }
}

impl<G: Game> Predicted<G> {
    /// What a brain sees; none before the first snapshot.
    #[must_use]
    pub fn world(&self) -> Option<World<'_, G>> {
        let (scene, own, now) = (self.scene()?, self.own()?, self.ahead_tick()?);
        let replica = self.session_ref().replica()?;
        let welcome = self.session_ref().welcome()?;
        let shown = replica.step()?.tick(welcome.ticks_per_step.max(1).into());
        let ahead_ticks = now.since(shown);
        let behind_ticks = self.session_ref().behind_ticks().unwrap_or(ahead_ticks as f32);
        Some(World { scene, own, player: welcome.player, now, ahead_ticks, behind_ticks, replica })
    }
}

/// What a program asks of a client that plays, whatever its game: a bot's loop needs no more.
pub trait Player: Send {
    /// The socket is open: queues Hello.
    fn handle_open(&mut self, now_us: u64, name: &str);
    /// A message has arrived.
    ///
    /// # Errors
    /// When the client cannot go on: close the socket and say so.
    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError>;
    /// Sends the inputs that are due.
    fn update(&mut self, now_us: u64);
    /// When `update` has something to do next; none before Welcome.
    fn next_update_us(&self) -> Option<u64>;
    /// The next message to send.
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
    /// The message that `poll_transmit` gave last is stuck behind a simulated retransmission.
    fn mark_stalled(&mut self);
    /// The next thing that happened.
    fn poll_event(&mut self) -> Option<SessionEvent>;
    /// What the last snapshot brought; none when there was no new one since the last call.
    fn poll_arrival(&mut self) -> Option<Arrival>;
    /// Whether the room has taken it in.
    fn has_joined(&self) -> bool;
    /// Name of the map that it needs before it can play.
    fn wants_map(&self) -> Option<&str>;
    /// Here is the map.
    ///
    /// # Errors
    /// When the game cannot use it.
    fn set_map(&mut self, bytes: &[u8]) -> Result<(), ClientError>;
    /// The session beneath, to look at.
    fn session(&self) -> &Session;
    /// Counters.
    fn stats(&self) -> SessionStats;
    /// How often its prediction was wrong, by cause.
    fn mispredictions(&self) -> super::Mispredictions;
    /// Snapshots whose own state could be compared with a prediction; 0 for a player that does not predict.
    fn compared(&self) -> u64;
}

impl<G: Game> Player for Pilot<G> {
    fn handle_open(&mut self, now_us: u64, name: &str) {
        self.client.session().handle_open(now_us, name, true);
    }

    fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        Self::handle_message(self, now_us, bytes)
    }

    fn update(&mut self, now_us: u64) {
        Self::update(self, now_us);
    }

    fn next_update_us(&self) -> Option<u64> {
        self.client.session_ref().next_update_us()
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.client.session().poll_transmit()
    }

    fn mark_stalled(&mut self) {
        self.client.session().mark_stalled();
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        self.client.session().poll_event()
    }

    fn poll_arrival(&mut self) -> Option<Arrival> {
        self.client.session().poll_arrival()
    }

    fn has_joined(&self) -> bool {
        self.client.session_ref().is_open()
    }

    fn wants_map(&self) -> Option<&str> {
        self.client.wants_map()
    }

    fn set_map(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.client.set_map(bytes)
    }

    fn session(&self) -> &Session {
        self.client.session_ref()
    }

    fn stats(&self) -> SessionStats {
        self.client.session_ref().stats()
    }

    fn mispredictions(&self) -> super::Mispredictions {
        self.client.mispredictions()
    }

    fn compared(&self) -> u64 {
        self.client.compared()
    }
}
