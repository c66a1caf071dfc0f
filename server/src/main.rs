//! The binary `snapline`: the demo game.

use std::process::ExitCode;

fn main() -> ExitCode {
    snapline_server::main::<snapline_swarm::Swarm>()
}
