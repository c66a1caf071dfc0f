//! The binary `snapline`: the demo game, with its brain for house bots.

use std::process::ExitCode;

fn main() -> ExitCode {
    snapline_server::main_with_bots::<snapline_arena::Arena>(snapline_arena::Ace::maker)
}
