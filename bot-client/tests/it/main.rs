//! Whole runs of bots: against a real server, and against servers that do what a test says.

mod brains;
mod common;
mod light;
mod play;
mod processes;
mod refusals;
