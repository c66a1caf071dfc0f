//! The smallest game on the smallest server: `cargo run --release --example swarm`. Yours looks alike: a crate with a type that is a `Game`, and one
//! line, `snapline_server::main::<Swarm>()`.
//!
//! With `--workload w1|w2|w3 --listen ADDR` it serves what servers are compared by: as many ticks a second, and as much in view, as the workload says.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use snapline_bots::Workload;
use snapline_server::Config;
use snapline_swarm::Swarm;

fn main() -> ExitCode {
    if !std::env::args().any(|argument| argument.starts_with("--workload")) {
        return snapline_server::main::<Swarm>();
    }
    snapline_server::run::<Swarm>(&Args::parse().config())
}

/// Serves a workload.
#[derive(Parser)]
struct Args {
    /// w1: a room of 100 at 20 Hz; w2: a room of 500, of whom each sees 34; w3: 50 rooms of 10 at 30 Hz
    #[arg(long)]
    workload: Workload,
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Players that the view is made for: in w2 the radius shrinks as they grow, so that each sees as many [default: the workload's]
    #[arg(long)]
    players: Option<u32>,
    /// Threads that run rooms
    #[arg(long, default_value = "1")]
    tick_threads: usize,
}

impl Args {
    fn config(&self) -> Config {
        let view_radius = self.workload.view_radius(self.players.unwrap_or(self.workload.players()));
        Config {
            listen: self.listen,
            tick_hz: self.workload.tick_hz(),
            ticks_per_step: 1,
            tick_threads: self.tick_threads,
            rooms_max: 4096,
            players_max: 4096,
            connections_max: 18_000,
            handshakes_max: 4096,
            options: [("view_radius".to_owned(), view_radius.to_string())].into(),
            ..Config::default()
        }
    }
}
