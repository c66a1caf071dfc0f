//! The binary `snapline`: the demo game, with its brain for house bots; `snapline bench` tells what a player of it costs.

mod bench;

use std::process::ExitCode;

use snapline_arena::{Ace, Arena};
use snapline_bots::Brains;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("bench") => bench::main(&Brains::default().with::<Arena>(Ace::maker)),
        _ => snapline_server::main_with_bots::<Arena>(Ace::maker),
    }
}
