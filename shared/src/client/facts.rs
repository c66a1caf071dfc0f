//! What a session tells: what happened, what was measured, why it cannot go on.

use super::playback::Lateness;
use super::sent::LateInputs;
use crate::frame::FrameParts;
use crate::game::SetupError;
use crate::ids::PlayerId;
use crate::message::{Notice, Welcome};
use crate::tick::{Step, Tick};
use crate::words::DecodeError;

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

/// What the newest snapshot brought; for measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrival {
    /// Its step.
    pub step: Step,
    /// Payload bytes.
    pub bytes: usize,
    /// Rows known after it, held ones included.
    pub rows: usize,
    /// For the newest input that the server had applied: how long ago it was sent, in microseconds. None when there is no new one.
    pub echo_us: Option<u64>,
    /// When it came, beside the others.
    pub lateness: Lateness,
    /// Least slack of this client's inputs in the last second, in whole ticks; `SLACK_NONE`: none came.
    pub slack: i8,
    /// How far the newest snapshot lay ahead of what was drawn just before it came, in microseconds; negative: rows were extrapolated.
    pub buffered_us: f64,
    /// Where its bits went.
    pub parts: FrameParts,
}

/// How the two clocks of a session run now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Rate of the clock of inputs; 1: as the server's.
    pub input_rate: f64,
    /// Rate of the drawn time.
    pub drawn_rate: f64,
    /// How far behind the fastest arrival others are meant to be drawn, in microseconds.
    pub delay_us: f64,
    /// How far the newest snapshot lies ahead of what is drawn, in microseconds; negative while rows are extrapolated.
    pub buffered_us: f64,
    /// The best round trip of the last seconds, in microseconds.
    pub rtt_us: f64,
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
    /// Connections that came back to their seats.
    pub resumes: u64,
    /// Ticks that the server simulated without this client's input for them, as its status says.
    pub starved_ticks: u64,
    /// Inputs that the server went without although they were sent.
    pub late_inputs: LateInputs,
    /// Frames drawn beyond the newest snapshot.
    pub extrapolated_frames: u64,
    /// Frames in which time stood still for want of snapshots.
    pub frozen_frames: u64,
}
