//! The Snapline server: rooms, sockets, HTTP, operations.
//!
//! | module | is | never |
//! |---|---|---|
//! | [`config`] | all settings, checked at once | |
//! | [`room`] | the server minus sockets, clocks and threads | a socket, a clock, a thread |
//! | `host` | tick threads: pacing, placement, one socket, house bots | a lock or another thread during a tick |
//! | `net` | accepting, the upgrade, Hello | a game, the codec |
//! | `ops` | every HTTP address, the page's files, the greeting | |
//!
//! A game's author writes `fn main() -> ExitCode { snapline_server::main::<MyGame>() }`, or [`main_with_bots`] when the game has a brain; tests use
//! [`Server::start`].

mod args;
pub mod config;
mod host;
mod net;
mod ops;
pub mod room;
mod server;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use snapline_shared::game::Game;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

pub use config::{Config, ConfigError, ConfigErrors};
pub use host::BrainMaker;
pub use server::{Server, StartError};

/// A whole program: arguments, settings, a server of `G` until SIGINT or SIGTERM.
#[must_use]
pub fn main<G: Game>() -> ExitCode {
    match Config::from_args() {
        Ok(config) => run::<G>(&config),
        Err(code) => code,
    }
}

/// The same for a game that has a brain: with house bots, whose brains `maker` makes from seeds.
#[must_use]
pub fn main_with_bots<G: Game>(maker: BrainMaker<G>) -> ExitCode {
    match Config::from_args() {
        Ok(config) => run_with_bots::<G>(&config, maker),
        Err(code) => code,
    }
}

/// Serves `G` until SIGINT or SIGTERM; a second one ends the program at once. Gives the code to exit with: 2 when the settings are wrong.
#[must_use]
pub fn run<G: Game>(config: &Config) -> ExitCode {
    serve::<G>(config, None)
}

/// The same with house bots.
#[must_use]
pub fn run_with_bots<G: Game>(config: &Config, maker: BrainMaker<G>) -> ExitCode {
    serve::<G>(config, Some(maker))
}

fn serve<G: Game>(config: &Config, maker: Option<BrainMaker<G>>) -> ExitCode {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails only where the program has set up its own logs.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    let start = || Server::launch::<G>(config, server::listen(config.listen)?, maker);
    let server = match start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{error}");
            let is_setting = matches!(error, StartError::Config(_) | StartError::Options(_) | StartError::Map { .. });
            return ExitCode::from(if is_setting { 2 } else { 1 });
        }
    };
    let banner = ops::banner::banner(
        config,
        &ops::banner::Facts {
            game: G::NAME,
            map: G::MAP.name,
            has_brain: maker.is_some(),
            address: server.address(),
            ops_address: server.ops_address(),
            has_page: server.has_page(),
        },
    );
    // Whether anybody reads it makes no difference.
    let _ = writeln!(std::io::stdout(), "{banner}");
    server.run_until(async {
        if let Err(error) = end_signal().await {
            tracing::error!(%error, "signals cannot be received");
        }
        tracing::info!("stopping: every connection is closed with 1012 (restart)");
        tokio::spawn(async {
            let _ = end_signal().await;
            std::process::exit(130);
        });
    });
    ExitCode::SUCCESS
}

async fn end_signal() -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
