//! A run: fetch the schema, start the bots one by one, let them play, end them, count.

use std::future::{pending, ready};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use snapline_shared::schema::SchemaError;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::http::uri::InvalidUri;

use crate::bot::{End, Outcome, Shared, play};
use crate::brains::Brains;
use crate::cpu;
use crate::fetch::FetchError;
use crate::field::{Field, SCHEMA_PATH};
use crate::live_counts::Live;
use crate::open_files;
use crate::options::{Options, OptionsError};
use crate::part::{Part, Watch};
use crate::report::{Report, Tally};
use crate::samples::Samples;
use crate::series::span_s;
use crate::socket::CODE_NO_CLOSE;

/// Before hidden bots are measured: a kept room falls asleep a second after somebody has come.
const HIDDEN_REST: Duration = Duration::from_secs(3);
/// Every bot's own waiting ends well before this.
const END_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What was asked is out of its limits.
    #[error("{0}")]
    Options(#[from] OptionsError),
    /// The system does not allow enough sockets.
    #[error("bots: this many need {needed} open files, and the system allows {allowed} (ulimit -n)")]
    OpenFiles {
        /// One for each bot and some more.
        needed: u64,
        /// What the process may raise its limit to.
        allowed: u64,
    },
    /// The schema did not come.
    #[error("http://{authority}{SCHEMA_PATH}: {error}")]
    Fetch {
        /// Host and port.
        authority: String,
        /// What went wrong.
        error: FetchError,
    },
    /// The schema cannot be used.
    #[error("http://{authority}{SCHEMA_PATH}: {error}")]
    Schema {
        /// Host and port.
        authority: String,
        /// What is wrong with it.
        error: SchemaError,
    },
    /// The floor's name cannot be looked up.
    #[error("{0}: no such host")]
    Address(String),
    /// The system has no thread, poll or timer for the light bots.
    #[error("light bots: {0}")]
    Light(String),
    /// The trace cannot be begun.
    #[error("trace: {path}: {error}", path = path.display())]
    Trace {
        /// Its file.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
    /// A process of a run by several has failed.
    #[error("processes: {0}")]
    Process(String),
    /// The URL of the sockets is none.
    #[error("url: {0}")]
    Url(#[from] InvalidUri),
    /// Ended before there was anything to report.
    #[error("stopped before the schema had come")]
    Stopped,
}

/// What all bots are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Some are still coming: play, but measure nothing.
    Joining,
    /// Play and measure.
    Playing,
    /// Say goodbye.
    Ending,
}

/// Runs the swarm that `options` describes, by the schema alone.
///
/// # Errors
/// When it cannot begin. What goes wrong later is in the report.
pub async fn run(options: &Options) -> Result<Report, RunError> {
    run_until(options, &Brains::default(), &Arc::default(), pending()).await
}

/// The same with `brains` for the games that they know, ended early when `stop` is done: the bots say goodbye and the report holds what there is.
/// `live` counts along.
///
/// # Errors
/// When it cannot begin. What goes wrong later is in the report.
pub async fn run_until(
    options: &Options,
    brains: &Brains,
    live: &Arc<Live>,
    stop: impl Future<Output = ()>,
) -> Result<Report, RunError> {
    let part = run_part(options, brains, live, ready(()), stop).await?;
    Ok(Part::report(options, vec![part]))
}

/// Runs the bots of this process. They play when all have joined and `go` is done.
pub(crate) async fn run_part(
    options: &Options,
    brains: &Brains,
    live: &Arc<Live>,
    go: impl Future<Output = ()>,
    stop: impl Future<Output = ()>,
) -> Result<Part, RunError> {
    let target = options.target()?;
    open_files::allow(options.bots).map_err(|(needed, allowed)| RunError::OpenFiles { needed, allowed })?;
    tokio::pin!(stop);
    let field = tokio::select! {
        field = Field::find(options, &target, brains, live) => field?,
        () = &mut stop => return Err(RunError::Stopped),
    };
    let mut watch = Watch::new(options.server_pid.or_else(|| field.listener()), span_s(options.seconds));
    let phase = watch::Sender::new(Phase::Joining);
    let mut bots = JoinSet::new();
    let mut tally = Tally::default();
    let mut playing_since: Option<(Instant, Option<f64>)> = None;
    // Each bot holds a sender until it is in the room or will never be; the channel carries nothing.
    let (joining, mut all_settled) = mpsc::channel::<()>(1);
    let light = field.start_light(options, &phase, joining.clone(), live)?;
    let script = async {
        match &field.shared {
            Some(shared) => start(options, shared, &phase, joining, &mut bots).await,
            None => drop(joining),
        }
        all_settled.recv().await;
        live.set_settled();
        go.await;
        if options.hidden {
            live.sleep_while_any(HIDDEN_REST).await;
        }
        playing_since = Some((Instant::now(), cpu::seconds()));
        live.set_playing();
        phase.send_replace(Phase::Playing);
        let time = Duration::from_secs(options.seconds.into());
        // Without any bot left there is nothing to wait for.
        let full = timeout(time, collect(&mut bots, &mut tally));
        let light = async {
            if light.is_some() {
                live.sleep_while_any(time).await;
            }
        };
        tokio::select! {
            _ = async { tokio::join!(full, light) } => {}
            () = watch.follow() => {}
        }
    };
    tokio::select! {
        () = script => {}
        () = &mut stop => {}
    }
    let seconds = playing_since.map_or(0.0, |(since, _)| since.elapsed().as_secs_f64());
    let cpu_s = playing_since.and_then(|(_, before)| Some(cpu::seconds()? - before?));
    watch.end();
    phase.send_replace(Phase::Ending);
    if timeout(END_TIMEOUT, collect(&mut bots, &mut tally)).await.is_err() {
        bots.shutdown().await;
    }
    let samples = field.shared.as_ref().map_or_else(Samples::new, |shared| shared.samples.sum());
    let threads = Handle::current().metrics().num_workers() as u32;
    let mut part =
        Part { seconds, cpu_s, threads, play: field.play(), tally, samples, watch, light_s: 0.0, busy: None };
    if let Some(light) = light {
        part.add_light(light.await.map_err(|_| RunError::Light("its thread has failed".to_owned()))??);
    }
    Ok(part)
}

/// Starts the bots at the rate asked for.
async fn start(
    options: &Options,
    shared: &Arc<Shared>,
    phase: &watch::Sender<Phase>,
    joining: mpsc::Sender<()>,
    bots: &mut JoinSet<Outcome>,
) {
    let gap = Duration::from_secs(1) / options.ramp_per_second;
    let first = Instant::now();
    for number in options.numbers().filter(|&number| options.is_full(number)) {
        sleep_until(first + gap * number).await;
        bots.spawn(play(number, shared.clone(), phase.subscribe(), joining.clone()));
    }
}

/// Waits for the bots and counts what became of them.
async fn collect(bots: &mut JoinSet<Outcome>, tally: &mut Tally) {
    while let Some(outcome) = bots.join_next().await {
        match outcome {
            Ok(outcome) => count(outcome, tally),
            // The panic's words are on stderr; its socket ended without a close frame.
            Err(_) => tally.add_dropped(1006, "a bot panicked"),
        }
    }
}

fn count(outcome: Outcome, tally: &mut Tally) {
    tally.joined += u32::from(outcome.joined);
    tally.desyncs += outcome.desyncs;
    tally.resumes += outcome.resumes;
    tally.starved_ticks += outcome.starved_ticks;
    tally.late_inputs.add(outcome.late_inputs);
    tally.compared += outcome.compared;
    tally.mispredictions.add(outcome.mispredictions);
    match outcome.end {
        End::Finished => tally.silent += u32::from(outcome.snapshots == 0),
        End::Outside(words) => tally.add_reason(&words),
        End::Dropped(code, words) => tally.add_dropped(code, &words),
        // Nobody came back from it.
        End::Reset => tally.add_dropped(CODE_NO_CLOSE, "a reset of its own, after which it did not come back"),
        End::Undecodable(words, _) => {
            tally.decode_errors += 1;
            tally.add_reason(&words);
        }
    }
}
