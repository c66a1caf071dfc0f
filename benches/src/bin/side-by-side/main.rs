//! The workloads and their floors in one run, one after the other and several times over: server on core 0, bots on core 1. What is told is the ratio,
//! for absolute times move from run to run.

// A bench's shell: processes, ports, clocks.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod growth;
mod latency;

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};
use snapline_bots::{LimitSearch, Workload};

type Result<T> = std::result::Result<T, String>;

/// Bytes of an Input of the swarm.
const IN_BYTES: u32 = 10;
/// Lateness of 99 of 100 snapshots that still counts as keeping up.
const LATE_MS_MAX: f64 = 25.0;

/// Workloads against their floors. Build first: cargo build --release -p snapline-benches -p snapline-bots -p snapline-server --bins --examples
#[derive(Debug, Parser)]
struct Args {
    /// Seconds of play of each run
    #[arg(long, default_value = "10")]
    seconds: u32,
    /// How often each is run; told is the middle one
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Instead: CPU by players in one room (each sees as many) and by rooms of two
    #[arg(long)]
    growth: bool,
    /// Instead: the largest room, each seeing as many, that keeps up
    #[arg(long)]
    limit: bool,
    /// Instead: w2 for so many minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    soak: Option<u32>,
    /// Instead: how long an input takes to show and how late ticks start, at 60/60 Hz
    #[arg(long)]
    latency: bool,
    #[arg(long, hide = true)]
    empty_loop: bool,
    /// The most players that --growth and --limit try
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u32).range(50..=4000))]
    most: u32,
    /// Write the figures as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the plots of --growth as a page
    #[arg(long)]
    html: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("side-by-side: {words}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    if args.empty_loop {
        latency::empty_loop(args.seconds);
        return Ok(());
    }
    let figures = if args.latency {
        latency::latency(args.seconds)?
    } else if args.growth {
        growth::growth(args)?
    } else if args.limit {
        limit(args)?
    } else if let Some(minutes) = args.soak {
        soak(minutes)?
    } else {
        table(args)?
    };
    match &args.json {
        Some(path) => {
            std::fs::write(path, format!("{figures:#}\n")).map_err(|error| format!("{}: {error}", path.display()))
        }
        None => Ok(()),
    }
}

/// A server of its own on core 0.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(program: &str, args: &[String]) -> Result<Self> {
        let port = free_port()?;
        let mut command = pinned(0, program)?;
        command.args(args).arg("--listen").arg(format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        let server = Self { child, port };
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("{program} does not listen within 5 s"))
    }

    /// Runs bots against it on core 1, and gives their report.
    fn bots(&self, args: &[String]) -> Result<Value> {
        let mut command = pinned(1, "bot-client")?;
        command.arg(format!("--url=ws://127.0.0.1:{}", self.port)).args(args).args(["--json", "-"]);
        command.arg(format!("--server-pid={}", self.child.id()));
        let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("bot-client: {error}"))?;
        serde_json::from_slice(&output.stdout).map_err(|error| format!("bot-client says no report: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    Ok(free.map_err(|error| error.to_string())?.port())
}

/// A program built beside this one, on one core where `taskset` is there.
fn pinned(core: u32, program: &str) -> Result<Command> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = here.with_file_name(program);
    if !path.is_file() {
        return Err(format!("{} is not there; build it first (--help)", path.display()));
    }
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(path);
    Ok(command)
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn workload(workload: Workload, players: u32, rooms: u32, seconds: u32) -> Result<Value> {
    let server = Server::start("examples/swarm", &words(&format!("--workload {workload} --players {players}")))?;
    let line = format!("--workload {workload} --bots {players} --rooms {rooms} --seconds {seconds} --ramp 500");
    server.bots(&words(&line))
}

fn floor(clients: u32, hz: u32, out_bytes: u32, seconds: u32) -> Result<Value> {
    let server = Server::start("floor", &words(&format!("--hz {hz} --out-bytes {out_bytes}")))?;
    server.bots(&words(&format!("--floor --in-bytes {IN_BYTES} --bots {clients} --seconds {seconds} --ramp 500")))
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

const CPU: &str = "/server/cpu_us_per_client_tick";
const USER: &str = "/server/user_us_per_client_tick";

fn table(args: &Args) -> Result<Value> {
    let mut runs = Vec::new();
    for round in 0..args.rounds {
        for load in Workload::ALL {
            eprintln!("round {} of {}: {load}", round + 1, args.rounds);
            let report = workload(load, load.players(), load.rooms(), args.seconds)?;
            let out_bytes = number(&report, "/bytes_per_client_tick/mean").round().max(10.0) as u32;
            let floor = floor(load.players(), load.tick_hz(), out_bytes, args.seconds)?;
            runs.push((load, report, floor));
        }
    }
    println!("      cpu us    user   floor us   / floor   late p50    p99 ms   RSS KiB   TCP KiB   bytes   faults");
    for load in Workload::ALL {
        let mut mine: Vec<_> = runs.iter().filter(|(of, ..)| *of == load).collect();
        let ratio = |run: &&(Workload, Value, Value)| number(&run.1, CPU) / number(&run.2, CPU);
        mine.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let Some(middle @ (_, report, floor)) = mine.get(mine.len() / 2) else { continue };
        println!(
            "{load}  {:>8.1}{:>8.1}{:>11.1}{:>10.2}{:>11.1}{:>10.1}{:>10.1}{:>10.1}{:>8.1}   {}",
            number(report, CPU),
            number(report, USER),
            number(floor, CPU),
            ratio(middle),
            number(report, "/load/late_ms/p50"),
            number(report, "/load/late_ms/p99"),
            number(report, "/server/rss_kib_per_bot"),
            number(report, "/server/tcp_kib_per_bot"),
            number(report, "/bytes_per_client_tick/mean"),
            faults(report),
        );
    }
    let all = runs.into_iter().map(|(load, report, floor)| json!({"workload": load, "report": report, "floor": floor}));
    Ok(Value::Array(all.collect()))
}

/// What went wrong, in few words.
fn faults(report: &Value) -> String {
    let counts = [
        ("/desyncs", "desyncs"),
        ("/decode_errors", "not decoded"),
        ("/load/skipped_ticks", "skipped"),
        ("/load/missed_steps", "missed"),
    ];
    let bad = counts.iter().filter(|(path, _)| number(report, path) > 0.0);
    let words: Vec<String> = bad.map(|(path, name)| format!("{} {name}", number(report, path))).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn limit(args: &Args) -> Result<Value> {
    let mut search = LimitSearch::new(500.min(args.most), args.most);
    let mut tried = Vec::new();
    while let Some(players) = search.next() {
        let report = workload(Workload::W2, players, 1, args.seconds)?;
        let late_ms = number(&report, "/load/late_ms/p99");
        let good = late_ms < LATE_MS_MAX && number(&report, "/load/skipped_ticks") == 0.0;
        let busy = number(&report, "/load/busy_share") * 100.0;
        println!("{players:>5} players: late p99 {late_ms:.1} ms, bots busy {busy:.0} %, {}", faults(&report));
        search.note(players, good);
        tried.push(json!({"players": players, "good": good, "report": report}));
    }
    println!("limit: {} players", search.limit());
    Ok(json!({"limit": search.limit(), "tried": tried}))
}

fn soak(minutes: u32) -> Result<Value> {
    let load = Workload::W2;
    let report = workload(load, load.players(), load.rooms(), 60 * minutes)?;
    let series = report["series"].as_array().cloned().unwrap_or_default();
    let memory: Vec<u64> = series.iter().filter_map(|moment| moment["server_rss_kib"].as_u64()).collect();
    let parts = memory.len() / 10;
    if parts > 0 {
        let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len() as u64;
        // The first tenth warms up.
        let (early, late) = (mean(&memory[parts..2 * parts]), mean(&memory[memory.len() - parts..]));
        println!("memory: {early} KiB in the second tenth, {late} KiB in the last");
    }
    println!("{minutes} minutes: late p99 {} ms, {}", number(&report, "/load/late_ms/p99"), faults(&report));
    Ok(report)
}
