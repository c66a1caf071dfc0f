//! Clients that watch a world: the runs are made once, each client's frames are spliced from them, a replica that is fed their bytes alone must
//! hold exactly the rows that are seen. Everything is timed apart.

mod room;

use std::ops::Range;
use std::time::Duration;

use room::Room;
use snapline_shared::frame::FrameParts;
use snapline_shared::ids::NetId;
use snapline_shared::rows::Rows;
use snapline_shared::tick::Step;

use crate::traces::Trace;

/// What is watched, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The world.
    pub trace: &'a Trace,
    /// Tables of its coder; empty: formula codes.
    pub tables: &'a str,
    /// Clients, each looking from the row of the player with its number.
    pub clients: u16,
    /// How far they see, in units; may be infinite.
    pub radius: f64,
    /// Whether they play: then they are told what they steer, and their own state exact once a second.
    pub plays: bool,
    /// Steps from one frame of a client to the next.
    pub every: u32,
    /// Whether the same is sent in Quake III's way as well; frames must then come every step.
    pub quake3: bool,
}

/// Nanoseconds for one row, taken step by step.
#[derive(Clone, Debug, Default)]
pub struct Cost(Vec<f64>);

impl Cost {
    pub(crate) fn note(&mut self, took: Duration, rows: usize) {
        if rows > 0 {
            self.0.push(took.as_nanos() as f64 / rows as f64);
        }
    }

    /// The median of all steps; 0 when there was none.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

/// What was seen, frames of joining clients left out.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Frames.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Where the bits of them went.
    pub parts: FrameParts,
    /// Rows in them.
    pub visible: u64,
    /// Runs in them.
    pub runs: u64,
    /// LOADs in them.
    pub loads: u64,
    /// Making the runs of a step, for an awake row.
    pub encode: Cost,
    /// Writing frames, for a row that is visible.
    pub splice: Cost,
    /// Reading frames, for a run in them.
    pub decode: Cost,
    /// Bytes in Quake III's way.
    pub quake3_bytes: u64,
    /// Writing them, for a row that is visible.
    pub quake3: Cost,
    /// Frames whose reader did not hold exactly the rows seen.
    pub wrong: u64,
    /// Whether what was spliced for some of the clients is not, byte by byte, what is made for each of them alone, from no rows but those it sees.
    pub alone_differs: bool,
    /// What some clients got, frame by frame.
    sent: Vec<(u16, Vec<Vec<u8>>)>,
    /// All rows that those clients ever knew.
    known: Vec<Vec<NetId>>,
}

impl Seen {
    /// Mean bytes of a frame.
    #[must_use]
    pub fn bytes_each(&self) -> f64 {
        self.bytes as f64 / self.frames.max(1) as f64
    }

    /// Mean bytes of a frame without own state.
    #[must_use]
    pub fn bytes_each_beside_own(&self) -> f64 {
        (self.bytes as f64 - self.parts.own as f64 / 8.0) / self.frames.max(1) as f64
    }

    /// Mean bytes of a frame's rows: the list of woken ones and the runs.
    #[must_use]
    pub fn bytes_rows_each(&self) -> f64 {
        (self.parts.woken + self.parts.runs) as f64 / 8.0 / self.frames.max(1) as f64
    }

    /// Mean rows of a frame.
    #[must_use]
    pub fn visible_each(&self) -> f64 {
        self.visible as f64 / self.frames.max(1) as f64
    }
}

impl Watch<'_> {
    /// Watches the world from its first step to its last: once to read and compare every frame, once to time those who write them, once to time one
    /// client that reads, for in a process with hundreds of clients everything waits for memory.
    ///
    /// # Errors
    /// When the tables are none of its schema; in words.
    pub fn run(&self) -> Result<Seen, String> {
        let mut seen = self.run_of(&|_| true, 0..self.clients, true)?;
        let server = self.run_of(&|_| true, 0..self.clients, false)?;
        if server.sent != seen.sent {
            seen.wrong += 1;
        }
        (seen.encode, seen.splice, seen.quake3) = (server.encode, server.splice, server.quake3);
        for ((number, frames), known) in seen.sent.iter().zip(&seen.known) {
            let alone = self.run_of(&|id| known.binary_search(&id).is_ok(), *number..number + 1, true)?;
            seen.alone_differs |= frames.is_empty() || alone.sent.first().is_none_or(|(_, alone)| alone != frames);
            seen.decode = alone.decode;
        }
        Ok(seen)
    }

    fn run_of(&self, exists: &dyn Fn(NetId) -> bool, numbers: Range<u16>, reads: bool) -> Result<Seen, String> {
        let mut room = Room::new(self, numbers, reads)?;
        for (step, rows) in (1u32..).zip(&self.trace.steps) {
            let mut here = Rows::new(self.trace.schema.clone());
            for row in rows.list().iter().filter(|row| exists(row.id)) {
                here.put_words(row.id, row.kind, rows.words(row));
            }
            for &(id, other) in rows.spawned().iter().filter(|(id, other)| exists(*id) && exists(*other)) {
                here.set_by(id, other);
            }
            here.finish();
            room.step(Step(step), &here);
        }
        Ok(room.seen())
    }
}
