//! A swarm of headless clients for any Snapline server: load, latency, bandwidth.
//!
//! Every bot has a real socket and a real `Session`, the client that browsers run too; what a bot does is made from the server's schema, so this
//! crate knows `snapline-shared` alone and no game. The binary `bot-client` is arguments, a progress bar and a table around [`run_until`].
//!
//! | module | has |
//! |---|---|
//! | `options`, `target` | what to do, checked; where the server is |
//! | `fetch`, `open_files` | one HTTP request: the schema; enough descriptors |
//! | `steer` | the input of a bot, from a seed and the schema |
//! | `bot`, `socket` | one bot from its connection to its goodbye |
//! | `swarm` | starts all, times the run, collects |
//! | `samples`, `report`, `table` | what is measured; what comes out: JSON and a table |
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
mod fetch;
mod open_files;
mod options;
mod report;
mod samples;
mod socket;
mod steer;
mod swarm;
mod table;
mod target;

pub use fetch::FetchError;
pub use options::{BOTS, Options, OptionsError, RAMP_PER_SECOND, SECONDS, Wrong};
pub use report::{Bots, Mispredictions, Percentiles, Report, Spread, Visible};
pub use steer::Steering;
pub use swarm::{Live, RunError, run, run_until};
