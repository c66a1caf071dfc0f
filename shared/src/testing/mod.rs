//! Proofs that run anywhere: seeded, in virtual time, usable by tests, benches and commands. For a game's author: [`sync_test`], [`fuzz_inputs`].

mod driver;
mod frames;
mod harness;
mod sync;

pub use frames::{FrameProof, FrameProofReport};
pub use sync::{SyncOptions, SyncReport, fuzz_inputs, sync_test};
