//! Benchmarks.

pub mod traces;
