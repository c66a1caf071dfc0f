//! A swarm of headless clients for any Snapline server: load, latency, bandwidth.
//!
//! Every bot has a real socket and the client that browsers run too. What it does, a game's own brain decides where the caller brings one
//! ([`Brains`]) and the server's schema is the one it was built for; else it is made from that schema. So this crate knows `snapline-shared` alone
//! and no game. The binary `bot-client` is arguments, a live view of the run and a table around [`run_until`].
//!
//! | module | has |
//! |---|---|
//! | `options`, `target` | what to do, checked; where the server is |
//! | `fetch`, `map`, `open_files` | one HTTP request; the room's map for all bots; enough descriptors |
//! | `brains` | who plays: a brain or the schema |
//! | `steer`, `steered` | the input of a bot, from a seed and the schema; the player that presses it |
//! | `bot`, `socket`, `line` | one bot from its connection to its goodbye; the simulated link between the two |
//! | `light` | bots by the thousand on one thread, of whose snapshots only the head is read |
//! | `workload` | the workloads w1, w2 and w3 |
//! | `field` | where a run takes place |
//! | `swarm` | starts all, times the run, collects |
//! | `samples`, `cpu`, `server_use` | what is measured; what this process and the server's spend |
//! | `series`, `counts`, `part` | the same over time; histograms in JSON; what one process of several brings home |
//! | `trace`, `trace_file` | what bots write while they play; a file that nobody waits for |
//! | `limit` | the largest count that goes well |
//! | `processes` | one run by several processes |
//! | `report`, `load`, `table`, `html`, `plot` | what comes out: JSON, a table, a page |
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
mod counts;
mod cpu;
mod fetch;
mod field;
mod html;
mod light;
mod limit;
mod line;
mod live_counts;
mod load;
mod map;
mod open_files;
mod options;
mod part;
mod plot;
mod processes;
mod report;
mod samples;
mod series;
mod server_use;
mod socket;
mod steer;
mod steered;
mod swarm;
mod table;
mod target;
mod trace;
mod trace_file;
mod workload;

pub use brains::{Brains, Play};
pub use fetch::FetchError;
pub use limit::LimitSearch;
pub use live_counts::{ECHO_LIMITS_MS, Live};
pub use load::{Load, Tail};
pub use options::{
    BOTS, CHURN, DROP_EVERY_S, FLOOR_IN_BYTES, LEAD_TICKS, Options, OptionsError, Pattern, RAMP_PER_SECOND, ROOMS,
    SECONDS, Wrong,
};
pub use plot::{Line, Plot, bars};
pub use processes::{run_child, run_processes};
pub use report::{Bots, Cpu, LateInputs, Mispredictions, Percentiles, Report, Spread, Visible};
pub use series::Moment;
pub use server_use::ServerUse;
pub use steer::Steering;
pub use swarm::{RunError, run, run_until};
pub use trace_file::{TraceFile, Tracer, unix_us};
pub use workload::Workload;
