//! A snapshot frame: what one client is sent at one step, exactly as the design's section on replication says.
//!
//! The server has one [`Store`] a room (bits made once) and one [`Mirror`] a client (which rows it knows); [`FrameWriter`] splices a frame from
//! both. The client has one [`Replica`], fed by bytes alone. A frame decodes from what the client holds; it names no baseline.
//!
//! In bytes, then bits (least significant first):
//! - type, flags, low 8 bits of the step, low 8 bits of the newest input's tick, slack (i8): 5 bytes; one more when the flag `MORE` says so;
//! - the step in full (32 bits) when `EMPTY` or `HOLD_ALL`;
//! - lists, runs, loads, self, own, events, check: see `write.rs` (loads: `loads.rs`), which is in the order of the wire.

mod carriers;
mod head;
mod lists;
mod loads;
mod read;
mod spawn;
mod store;
mod write;

pub use head::FrameHead;
pub use read::{FrameInfo, KnownRow, ReceivedEvent, Replica};
pub use store::{LiveRow, Store};
pub use write::{FrameSpec, FrameStats, FrameWriter, Mirror, Wanted};

use crate::bits::{BitReader, BitWriter};
use crate::coder::RowState;
use crate::ids::NetId;
use crate::words::DecodeError;
use lists::{read_number, write_number};

/// Type of a snapshot among the server's messages: the first byte of its header.
pub const SNAPSHOT: u8 = 2;
/// Steps whose runs are kept: a client this far behind still gets them in one frame.
pub const STORED_STEPS: u32 = 16;
/// Ticks whose events are kept.
pub const EVENT_TICKS: u32 = 64;
/// Events in one frame; the newest beyond it are left out and counted.
pub const EVENTS_PER_FRAME_MAX: usize = 256;
/// Bits of events in one frame; beyond it as well.
const EVENT_BITS_PER_FRAME_MAX: usize = 8 * 16 * 1024;
/// Rows one client may know.
pub const KNOWN_ROWS_MAX: usize = 8192;
/// A frame in this many carries a check.
pub const CHECK_EVERY_FRAMES: u32 = 32;
/// Slack that says: no input of this client has arrived in the last second.
pub const SLACK_NONE: i8 = i8::MIN;

/// Where the bits of frames go; sums of as many as are added. What is left of a frame's bytes is its header and the filling at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameParts {
    /// Rows that leave.
    pub left: u64,
    /// Rows that become held.
    pub held: u64,
    /// Rows that wake.
    pub woken: u64,
    /// Runs.
    pub runs: u64,
    /// Rows that come back into step.
    pub reloads: u64,
    /// Rows that were not known.
    pub enters: u64,
    /// Where the client looks from.
    pub eye: u64,
    /// Own state.
    pub own: u64,
    /// Events.
    pub events: u64,
    /// Checks.
    pub check: u64,
}

impl core::ops::AddAssign for FrameParts {
    fn add_assign(&mut self, more: Self) {
        self.left += more.left;
        self.held += more.held;
        self.woken += more.woken;
        self.runs += more.runs;
        self.reloads += more.reloads;
        self.enters += more.enters;
        self.eye += more.eye;
        self.own += more.own;
        self.events += more.events;
        self.check += more.check;
    }
}

/// Flags in the second byte of a frame.
mod flags {
    pub(super) const LEFT: u8 = 1;
    pub(super) const HELD: u8 = 2;
    pub(super) const WOKEN: u8 = 4;
    pub(super) const RELOADS: u8 = 8;
    pub(super) const ENTERS: u8 = 16;
    pub(super) const OWN: u8 = 32;
    pub(super) const EVENTS: u8 = 64;
    pub(super) const MORE: u8 = 128;
}

/// Flags in the byte that `MORE` adds.
mod more {
    pub(super) const SELF: u8 = 1;
    pub(super) const EMPTY: u8 = 2;
    pub(super) const HOLD_ALL: u8 = 4;
    pub(super) const CHECK: u8 = 8;
    /// No input has been applied yet: the header's input tick says nothing.
    pub(super) const NO_INPUT: u8 = 16;
}

/// Where a client looks from and what it steers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Eye {
    /// The slot of the entity it steers.
    pub controls: Option<u16>,
    /// Centre of its view.
    pub place: [f32; 2],
    /// Half the side of its view.
    pub radius: f32,
}

/// The slots of rows that enter: their gaps, whose order follows from how many enter and from the last slot that was known before.
struct Gaps {
    order: u32,
    next: u32,
}

impl Gaps {
    fn new(last_known: Option<u16>, count: usize) -> Self {
        let order = last_known.map_or(3, |last| (u32::from(last) / (count as u32 + 1) + 1).ilog2());
        Self { order, next: 0 }
    }

    fn write(&mut self, slot: u16, out: &mut BitWriter) {
        write_number(u32::from(slot) - self.next, self.order, out);
        self.next = u32::from(slot) + 1;
    }

    fn read(&mut self, bits: &mut BitReader<'_>) -> Result<u16, DecodeError> {
        let slot = self.next + read_number(u32::from(u16::MAX), self.order, bits)?;
        self.next = slot + 1;
        u16::try_from(slot).map_err(|_| DecodeError("a row enters beyond the last slot"))
    }
}

/// 32 bits that depend on all of a row in step. Two ends that differ in any word differ here but for one case in four thousand million.
pub(crate) fn row_hash(id: NetId, state: &RowState) -> u32 {
    let name = u32::from(id.slot) | (id.generation & 0xff) << 16 | u32::from(state.kind) << 24;
    let first = mix(0x9E37_79B9 ^ u32::from(state.awake), name);
    let words = state.words.iter().fold(first, |hash, &word| mix(hash, word));
    // What the predictors remember is part of the state: two ends that differ in it will differ in words later.
    state.aux.iter().fold(words ^ u32::from(state.mode), |hash, number| mix(hash, number.cast_unsigned()))
}

fn mix(hash: u32, word: u32) -> u32 {
    let hash = (hash ^ word).wrapping_mul(0x85EB_CA6B);
    hash ^ hash >> 15
}

/// The 16 bits of a check: the wrapping sum of the hashes of all rows in step, its halves laid over one another.
pub(crate) const fn fold(sum: u32) -> u32 {
    (sum ^ sum >> 16) & 0xffff
}
