//! Light bots: thousands of connections on one thread, cheap enough that the server and not they are measured.
//!
//! Plain non-blocking sockets under one edge-triggered poll, inputs spread evenly over the tick, of each snapshot only the head is read. The protocol's
//! side (`player`, `schedule`, `framing`, `hand`) knows neither socket nor clock.

// The shell of the light bots: threads, clocks, sockets.
#[allow(clippy::disallowed_types, clippy::disallowed_methods)]
mod engine;
mod framing;
mod hand;
mod player;
mod schedule;
mod timer;
mod wire;

pub(crate) use engine::{Outcome, Plan, run};
pub(crate) use hand::Hand;
