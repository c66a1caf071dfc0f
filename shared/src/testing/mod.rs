//! Proofs that run anywhere: seeded, in virtual time, usable by tests, benches and commands.

mod frames;

pub use frames::{FrameProof, FrameProofReport};
