//! A room: the server minus sockets, clocks and threads. Time and bytes come in, bytes and closes come out.
//!
//! The contract: `handle_*` says what happened, `tick` advances the world, then the caller drains `poll_close`, and for every session whose socket
//! can take data `poll_transmit` until it gives nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use snapline_shared::game::{Game, SetupError};
use snapline_shared::message::{Close, Hello};
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

/// Names a connection within its room; reused after the connection has ended.
pub type SessionKey = usize;

/// What a room is made from.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// `[a-z0-9-]{1,32}`.
    pub name: String,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks from one snapshot to the next.
    pub ticks_per_step: u32,
    /// Seats.
    pub players_max: usize,
    /// Rows in the world; a game that shows more ends the room.
    pub rows_max: usize,
    /// Bytes that loads may fill a snapshot up to.
    pub snapshot_bytes_max: usize,
    /// How long rows are kept for rewind, in milliseconds.
    pub history_ms: u32,
    /// How far back a player's `seen` may lie, in milliseconds.
    pub rewind_ms_max: u32,
    /// Seed of the room's random numbers.
    pub seed: u64,
    /// Options of the game.
    pub options: BTreeMap<String, String>,
}

/// The rows of a step, or why there are none.
#[derive(Debug)]
pub enum RowsAt<'a> {
    /// Here they are.
    Here(&'a Rows),
    /// The step has not come.
    NotYet,
    /// The ring has dropped it.
    Gone,
}

/// One game and those who play it.
pub struct Room<G: Game> {
    config: RoomConfig,
    schema: Arc<Schema>,
    scene: G::Scene,
}

impl<G: Game> Room<G> {
    /// A room before its first tick.
    ///
    /// # Errors
    /// When the game does not accept an option.
    pub fn new(config: RoomConfig) -> Result<Self, SetupError> {
        let schema = Arc::new(snapline_shared::game::schema::<G>());
        let setup = snapline_shared::game::Setup {
            map: &[],
            options: &config.options,
            tick_hz: config.tick_hz,
            ticks_per_step: config.ticks_per_step,
        };
        let scene = G::scene(&setup)?;
        Ok(Self { config, schema, scene })
    }

    /// A connection has said Hello: it takes a seat, and its Welcome is queued.
    ///
    /// # Errors
    /// When there is no seat or the game refuses: the close to send.
    pub fn handle_open(&mut self, now_us: u64, hello: &Hello) -> Result<SessionKey, Close> {
        let _ = (now_us, hello);
        Err(Close::RoomFull)
    }

    /// A binary message has arrived.
    ///
    /// # Errors
    /// When the connection must end. The room has forgotten it; the caller sends the close frame.
    pub fn handle_message(&mut self, now_us: u64, session: SessionKey, bytes: &[u8]) -> Result<(), Close> {
        let _ = (now_us, session, bytes);
        Ok(())
    }

    /// The connection has ended; its seat is given up.
    pub fn handle_closed(&mut self, now_us: u64, session: SessionKey) {
        let _ = (now_us, session);
    }

    /// How long the last tick took from its start to its last write, measured by the caller.
    pub fn handle_tick_took(&mut self, took_us: u32) {
        let _ = took_us;
    }

    /// Advances the world by one tick.
    pub fn tick(&mut self, now_us: u64) {
        let _ = now_us;
    }

    /// Appends the next message for `session` to `out` (empty) and says whether there was one. To be called only while its socket can take data:
    /// snapshots are made here, at the last moment (newest wins).
    pub fn poll_transmit(&mut self, now_us: u64, session: SessionKey, out: &mut Vec<u8>) -> bool {
        let _ = (now_us, session, out);
        false
    }

    /// The next connection that must end. The room has forgotten it; the caller sends the close frame.
    pub fn poll_close(&mut self) -> Option<(SessionKey, Close)> {
        None
    }

    /// Seats taken.
    #[must_use]
    pub fn players(&self) -> usize {
        0
    }

    /// Whether nobody is in the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.players() == 0
    }

    /// The tick last simulated.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick(0)
    }

    /// The epoch of the room's timeline.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        1
    }

    /// What the world showed at `step`.
    #[must_use]
    pub fn rows_at(&self, step: Step) -> RowsAt<'_> {
        let _ = step;
        RowsAt::NotYet
    }

    /// What it was made from.
    #[must_use]
    pub const fn config(&self) -> &RoomConfig {
        &self.config
    }
}
