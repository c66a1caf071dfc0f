//! The server as its peers meet it: bytes over sockets, one file per behaviour.
//!
//! Every wait is bounded in time, every server listens on a free port of this machine.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests speak over sockets, in real time")]

mod admission;
mod client;
mod close_codes;
mod equal;
mod files;
mod game;
mod health;
mod house;
mod http;
mod maps;
mod metrics;
mod moves;
mod program;
mod resume;
mod rooms;
mod shutdown;
mod stopped;
mod trace;

use snapline_server::{Config, Server};

/// Settings for a server that lives for one test: a free port, short times, little CPU.
fn config() -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        tick_hz: 30,
        ticks_per_step: 1,
        tick_threads: 1,
        hello_timeout_s: 1,
        ping_interval_s: 1,
        pong_timeout_s: 1,
        // A socket that is dropped is a player who is gone; `resume.rs` has its own settings.
        resume_s: 0,
        seed: Some(1),
        ..Config::default()
    }
}

/// A server of the test game.
fn start(config: &Config) -> Server {
    Server::start::<game::Trial>(config).expect("a server starts on a free port")
}
