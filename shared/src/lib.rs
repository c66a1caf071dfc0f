//! Protocol, codec, simulation contract and client netcode of Snapline: all that server, bots and browser have in common.
//!
//! | module | is |
//! |---|---|
//! | [`prelude`], [`game`] | what a game's author needs: the trait [`game::Game`] and what it is given |
//! | [`tick`], [`ids`], [`rng`], [`bits`], [`words`] | time, names, randomness, bit strings |
//! | [`quant`], [`wire`](mod@wire), [`schema`], [`numbers`] | how a field becomes words on the wire; one list for struct, codec and JSON |
//! | [`rows`], [`events`] | the quantised world at one step, and what happened in a tick |
//! | [`coder`], [`frame`] | how rows go from one step to the next in few bits; a snapshot spliced from them for one client, and read back |
//! | [`message`] | every other message, the limits, the close codes |
//! | [`link`] | a simulated TCP link |
//! | [`client`] | the whole client minus its socket |
//! | [`testing`] | proofs that run anywhere; whether a game keeps its rules |
//!
//! Imports go one way, in about this order (`tests/layers.rs` checks it). The invariants kept here:
//!
//! 1. **Sans I/O**: no clock, thread, socket, randomly seeded map. Time and bytes come in as arguments, bytes and closes come out.
//! 2. **Deterministic**: the same in, the same bits out, on every machine and in the browser: `libm` for what `std` leaves to the platform, no fused
//!    multiply-add, no order of a hash map, randomness only from the seeded [`rng::Rng`].
//! 3. **What others see is quantised, what is simulated never is**: rows are coarse, a player's own state travels exact.
//! 4. **Bounded histories, each with one home**: [`rows::Ring`] serves rewind, [`frame::Store`] every client's runs and events.
//! 5. **Encode once, splice many**: a row's bits for a step are made once ([`frame::Store`]) and copied into every frame that needs them.
//! 6. **Nothing is believed**: every length and count is checked against a named limit before it is used; bytes reach no panic.

// `wire!` names this crate, and is used inside it too.
extern crate self as snapline_shared;

pub use serde;

pub mod bits;
pub mod client;
pub mod coder;
pub mod events;
pub mod frame;
pub mod game;
pub mod ids;
pub mod link;
pub mod message;
pub mod numbers;
pub mod prelude;
pub mod quant;
pub mod rng;
pub mod rows;
pub mod schema;
pub mod testing;
pub mod tick;
pub mod wire;
pub mod words;
