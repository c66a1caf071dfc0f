//! Whole runs of bots against servers that do what a test says.

mod common;
mod play;
mod refusals;
