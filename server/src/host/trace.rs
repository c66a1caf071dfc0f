//! What a room adds to the server's trace: a line a tick.

use serde::Serialize;
use snapline_bots::{Tracer, unix_us};
use snapline_shared::game::Game;

use crate::room::{InputArrival, PHASES, Phase, Room};

use super::clock::now_us;

/// One tick of one room. `room`, `epoch` and `tick` are the keys that the bots' lines have too.
#[derive(Debug, Serialize)]
pub(crate) struct TickLine {
    room: String,
    epoch: u32,
    tick: u32,
    /// When it began, in microseconds since 1970. All `inputs` were read then, for sockets are read once a tick.
    at_us: u64,
    /// From its beginning to its last write.
    took_us: u64,
    /// The same by phase.
    phase_us: Phases,
    players: usize,
    inputs: Vec<InputArrival>,
}

/// In the order of [`Phase::ALL`].
#[derive(Debug, Serialize)]
struct Phases {
    input: u64,
    step: u64,
    extract: u64,
    interest: u64,
    encode: u64,
    send: u64,
}

/// The trace as rooms see it.
#[derive(Clone)]
pub(crate) struct Trace {
    lines: Tracer<TickLine>,
    /// What the clock of 1970 says at zero of the tick threads' clock.
    zero_us: u64,
}

impl Trace {
    pub(crate) fn new(lines: Tracer<TickLine>) -> Self {
        Self { lines, zero_us: unix_us().saturating_sub(now_us()) }
    }

    /// A tick of `room` that began at `start_us` is over.
    pub(super) fn add<G: Game>(&self, room: &mut Room<G>, start_us: u64, took_us: u64, spent_ns: &[u64; PHASES]) {
        let spent = |phase: Phase| spent_ns[phase as usize] / 1000;
        self.lines.add(TickLine {
            room: room.config().name.clone(),
            epoch: room.epoch(),
            tick: room.now().0,
            at_us: self.zero_us + start_us,
            took_us,
            phase_us: Phases {
                input: spent(Phase::Input),
                step: spent(Phase::Step),
                extract: spent(Phase::Extract),
                interest: spent(Phase::Interest),
                encode: spent(Phase::Encode),
                send: spent(Phase::Send),
            },
            players: room.players(),
            inputs: room.take_arrivals(),
        });
    }
}
