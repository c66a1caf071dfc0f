//! Benchmarks, and what they share.
//! The proof of the frame at length: `cargo run --release -p snapline-benches --bin frame-proof -- --frames 1000000`.

pub mod crowd;
pub mod traces;
