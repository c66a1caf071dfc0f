//! `Session`: follows any game by its schema.

use std::sync::Arc;

use crate::ids::{NetId, PlayerId};
use crate::message::{Notice, Welcome};
use crate::schema::Schema;
use crate::tick::{Step, Tick};
use crate::words::DecodeError;

/// Why a session cannot go on; the socket is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server's bytes do not decode.
    #[error("the server's message does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// The schema is not the one that the room uses.
    #[error("the room's schema is not the one this client has")]
    Schema,
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
    /// An event of the game.
    Game {
        /// When it happened.
        tick: Tick,
        /// Number of its kind in the schema's list of events.
        kind: u8,
        /// Its words.
        words: Vec<u32>,
    },
}

/// What the newest snapshot brought; for measurements.
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
    /// Inputs that the server said came too late.
    pub late_inputs: u64,
}

/// One row as it is to be drawn now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnRow {
    /// Which entity (generation: low 8 bits).
    pub id: NetId,
    /// Number of its kind.
    pub kind: u8,
    /// Whether its newest data is old: to be shown dimmed.
    pub held: bool,
    /// First of its numbers in `Drawn::values`: one for each component of each field, in schema order.
    pub from: u32,
}

/// The world as it is to be drawn now: others interpolated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// In slot order.
    pub rows: Vec<DrawnRow>,
    /// Numbers of all rows.
    pub values: Vec<f32>,
    /// Index in `rows` of the entity that this player steers.
    pub own: Option<usize>,
    /// Centre of the view when nothing is steered.
    pub place: [f32; 2],
    /// Half the side of what can be seen.
    pub radius: f32,
    /// Tick that is drawn, with its fraction.
    pub tick: f64,
}

/// A connection's client side. Time comes in as microseconds of any steady clock; bytes come in and go out.
///
/// After every call that takes `now_us`, send all that `poll_transmit` gives.
#[derive(Debug)]
pub struct Session {
    schema: Arc<Schema>,
}

impl Session {
    /// A client for a room whose game has this schema.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Self {
        Self { schema }
    }

    /// The schema this session follows.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The socket is open: queues Hello.
    pub fn handle_open(&mut self, now_us: u64, name: &str, bot: bool) {
        let _ = (now_us, name, bot);
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// When it does not decode: close the socket with 1002's meaning in words.
    pub fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        let _ = (now_us, bytes);
        Ok(())
    }

    /// The input held from now on, as words of the schema's input kind (missing ones are 0).
    pub fn set_input(&mut self, words: &[u32]) {
        let _ = words;
    }

    /// Queues inputs for the ticks that have become due. To be called at least once a tick, or at each animation frame.
    pub fn update(&mut self, now_us: u64) {
        let _ = now_us;
    }

    /// When `update` has something to do next, in microseconds of the caller's clock; none before Welcome.
    #[must_use]
    pub fn next_update_us(&self) -> Option<u64> {
        None
    }

    /// Queues a line of chat (cut to 240 bytes).
    pub fn chat(&mut self, text: &str) {
        let _ = text;
    }

    /// Queues a request and gives its number.
    pub fn request(&mut self, kind: u8, words: &[u32]) -> u32 {
        let _ = (kind, words);
        0
    }

    /// Tells the server whether anybody looks.
    pub fn set_visible(&mut self, visible: bool) {
        let _ = visible;
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        None
    }

    /// What the last snapshot brought; none when there was no new one since the last call.
    pub fn poll_arrival(&mut self) -> Option<Arrival> {
        None
    }

    /// Who we are, after Welcome.
    #[must_use]
    pub const fn welcome(&self) -> Option<&Welcome> {
        None
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> SessionStats {
        SessionStats::default()
    }

    /// The world as it is to be drawn at `now_us`; buffers are reused.
    pub fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        let _ = (now_us, out);
    }
}
