//! The smallest game on the smallest server: `cargo run --release -p snapline-server --example swarm`.
//!
//! Yours looks alike: a crate with a type that is a `Game`, and these lines.

use std::process::ExitCode;

fn main() -> ExitCode {
    snapline_server::main::<snapline_swarm::Swarm>()
}
