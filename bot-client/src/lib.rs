//! A swarm of headless clients for any Snapline server: load, latency, bandwidth.
//!
//! Every bot has a real socket and the client that browsers run too. What it does, a game's own brain decides where the caller brings one
//! ([`Brains`]) and the server's schema is the one it was built for; else it is made from that schema. So this crate knows `snapline-shared` alone
//! and no game. The binary `bot-client` is arguments, a progress bar and a table around [`run_until`].
//!
//! | module | has |
//! |---|---|
//! | `options`, `target` | what to do, checked; where the server is |
//! | `fetch`, `map`, `open_files` | one HTTP request; the room's map for all bots; enough descriptors |
//! | `brains` | who plays: a brain or the schema |
//! | `steer`, `steered` | the input of a bot, from a seed and the schema; the player that presses it |
//! | `bot`, `socket` | one bot from its connection to its goodbye |
//! | `swarm` | starts all, times the run, collects |
//! | `samples`, `cpu`, `report`, `table` | what is measured; what comes out: JSON and a table |
//!
//! ```no_run
//! # async fn example() -> Result<(), snapline_bots::RunError> {
//! let mut options = snapline_bots::Options::new("ws://127.0.0.1:8080/play");
//! options.bots = 20;
//! options.seconds = 3;
//! let report = snapline_bots::run(&options).await?;
//! assert!(report.is_good(), "{report}");
//! # Ok(())
//! # }
//! ```

mod bot;
mod brains;
mod cpu;
mod fetch;
mod map;
mod open_files;
mod options;
mod report;
mod samples;
mod socket;
mod steer;
mod steered;
mod swarm;
mod table;
mod target;

pub use brains::{Brains, Play};
pub use fetch::FetchError;
pub use options::{BOTS, DROP_EVERY_S, Options, OptionsError, RAMP_PER_SECOND, SECONDS, Wrong};
pub use report::{Bots, Cpu, Mispredictions, Percentiles, Report, Spread, Visible};
pub use steer::Steering;
pub use swarm::{Live, RunError, run, run_until};
