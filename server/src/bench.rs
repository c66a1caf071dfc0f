//! `snapline bench`: this machine's answer to what a player costs. The server is one process, the bots are another.

// A shell: processes, ports, clocks.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Parser;
use snapline_bots::{Brains, Live, Options, Report, RunError, run_child, run_processes};

/// Bytes beside the payload that a snapshot takes on the wire: header of its frame, of TCP (timestamps included) and of IP.
const HEADERS_BYTES: f64 = 2.0 + 32.0 + 20.0;

const LONG: &str = "\
What a player of this game costs on this machine.

Starts this server in a process of its own on a free port of 127.0.0.1, lets bots play on it from another process, and divides the server's CPU time (user \
and system, as the kernel counts it) and its bytes by the players. Most bots play with the game's own brain and check every snapshot; one in ten is light and \
measures how late snapshots come.

players a core: players by the share of one core that the server took. It is what a core would carry if CPU went on growing in proportion; run it with \
more --players to see whether it does.
bytes a player-hour: payload of snapshots, and the same with the headers of WebSocket, TCP and IP, which a provider charges for. The price of a GB is an \
assumption: say yours with --gb-price.";

const EXAMPLES: &str = "\
Examples:
  snapline bench                                  100 players for 20 s
  snapline bench --players 300 --seconds 60
  snapline bench --gb-price 0.01 --html cost.html
  snapline bench --json - | jq .players_per_core";

/// What a player of this game costs on this machine
#[derive(Debug, Parser)]
#[command(name = "snapline bench", long_about = LONG, after_long_help = EXAMPLES)]
struct Args {
    /// Players, 10 to 2000
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(u32).range(10..=2000))]
    players: u32,
    /// Seconds of play once all have joined, 1 to 3600
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Price of a GB (10^9 bytes) sent, in any currency
    #[arg(long, default_value = "0.05", value_parser = price)]
    gb_price: f64,
    /// The report as a page that opens offline
    #[arg(long, value_name = "FILE", default_value = "snapline-bench.html")]
    html: PathBuf,
    /// The figures as JSON: to this file, or - in place of the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// For the process of the bots
    #[arg(long, hide = true)]
    url: Option<String>,
}

fn price(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0);
    number.ok_or_else(|| "takes a number from 0 up".to_owned())
}

/// The whole of `snapline bench`, with these brains for the bots.
pub(crate) fn main(brains: &Brains) -> ExitCode {
    let args = Args::parse_from(std::env::args_os().skip(1));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    let result = match &args.url {
        Some(url) => {
            runtime.block_on(run_child(&args.options(url), brains, stopped())).map_err(|error| error.to_string())
        }
        None => runtime.block_on(bench(&args)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => fail(&words),
    }
}

fn fail(words: &str) -> ExitCode {
    eprintln!("snapline bench: {words}");
    ExitCode::FAILURE
}

async fn stopped() {
    // Where it cannot be asked to stop it runs to its end.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Args {
    fn options(&self, url: &str) -> Options {
        let seconds = self.seconds;
        Options { bots: self.players, seconds, full_share: Some(0.9), ..Options::new(url) }
    }
}

/// The server's process; it goes with this one.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn bench(args: &Args) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let address = free_address().map_err(|error| error.to_string())?;
    let mut command = Command::new(&program);
    command.args(["--house-bots", "0", "--listen", &address]).env("SNAPLINE_PLAYERS_MAX", "4096");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server(command.spawn().map_err(|error| error.to_string())?);
    wait_for(&address).await?;
    eprintln!("{} players for {} s on ws://{address}", args.players, args.seconds);
    let url = format!("ws://{address}/play");
    let options = Options { server_pid: Some(server.0.id()), ..args.options(&url) };
    let bots = |_| {
        let mut command = Command::new(&program);
        command.args(["bench", "--url", &url]).args(["--players", &args.players.to_string()]);
        command.args(["--seconds", &args.seconds.to_string()]);
        command
    };
    let live = Live::default();
    let report = run_processes(&options, 1, bots, &live, stopped()).await;
    let report = report.map_err(|error: RunError| error.to_string())?;
    drop(server);
    tell(args, &report).map_err(|error| error.to_string())?;
    if report.is_good() { Ok(()) } else { Err(report.faults().join(", ")) }
}

fn free_address() -> io::Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

async fn wait_for(address: &str) -> Result<(), String> {
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the server does not listen within 10 s".to_owned())
}

/// What a player costs.
#[derive(Debug, PartialEq, serde::Serialize)]
struct Cost {
    players: u32,
    /// Players by the share of one core that the server took; null when it was not read.
    players_per_core: Option<f64>,
    payload_bytes_per_player_hour: f64,
    wire_bytes_per_player_hour: f64,
    gb_price: f64,
    price_per_1000_player_hours: f64,
    /// One player who plays without a pause for 30 days, in GB.
    gb_per_player_month: f64,
}

impl Cost {
    fn new(report: &Report, gb_price: f64) -> Self {
        let players = report.bots.joined;
        let hours = report.seconds / 3600.0 * f64::from(players);
        let per_hour = |bytes: f64| if hours > 0.0 { bytes / hours } else { 0.0 };
        let payload = report.snapshots as f64 * report.bytes_per_client_tick.mean.unwrap_or(0.0);
        let wire = per_hour(payload + report.snapshots as f64 * HEADERS_BYTES);
        let share = report.server.map(|server| (server.user_s + server.system_s) / report.seconds);
        Self {
            players,
            players_per_core: share.filter(|share| *share > 0.0).map(|share| f64::from(players) / share),
            payload_bytes_per_player_hour: per_hour(payload),
            wire_bytes_per_player_hour: wire,
            gb_price,
            price_per_1000_player_hours: wire * 1000.0 / 1e9 * gb_price,
            gb_per_player_month: wire * 720.0 / 1e9,
        }
    }
}

fn tell(args: &Args, report: &Report) -> io::Result<()> {
    let cost = Cost::new(report, args.gb_price);
    let json = format!(
        "{:#}\n",
        serde_json::json!({"cost": cost, "report": report, "players_per_core": cost.players_per_core})
    );
    std::fs::write(&args.html, report.to_html("Snapline: what a player costs"))?;
    match &args.json {
        Some(path) if path.as_os_str() == "-" => {
            print!("{json}");
            return Ok(());
        }
        Some(path) => std::fs::write(path, json)?,
        None => {}
    }
    print!("{report}");
    let core = cost.players_per_core.map_or_else(|| "not measured".to_owned(), |players| format!("{players:.0}"));
    println!();
    println!("players a core         {core}, if CPU grows in proportion");
    let [payload, wire] =
        [cost.payload_bytes_per_player_hour, cost.wire_bytes_per_player_hour].map(|bytes| bytes / 1e6);
    println!("MB a player-hour       {payload:.1} of snapshots, {wire:.1} with headers");
    println!("GB a player-month      {:.1}, playing without a pause", cost.gb_per_player_month);
    let (thousand, gb) = (cost.price_per_1000_player_hours, cost.gb_price);
    println!("1,000 player-hours     {thousand:.2} at {gb} a GB (an assumption: --gb-price)");
    println!("report                 {}", args.html.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_what_was_measured_by_players_and_hours() {
        let mut report = Report { seconds: 36.0, snapshots: 108_000, ..Report::default() };
        report.bots.joined = 100;
        report.bytes_per_client_tick.mean = Some(46.0);
        report.server = Some(snapline_bots::ServerUse { user_s: 3.0, system_s: 6.0, ..Default::default() });
        let cost = Cost::new(&report, 0.1);
        // A hundred players for a hundredth of an hour: one player-hour.
        assert_eq!((cost.payload_bytes_per_player_hour, cost.wire_bytes_per_player_hour), (4_968_000.0, 10_800_000.0));
        assert_eq!(cost.players_per_core.map(f64::round), Some(400.0));
        assert!((cost.price_per_1000_player_hours - 1.08).abs() < 1e-9);
        let nothing = Cost::new(&Report::default(), 0.1);
        assert_eq!((nothing.players_per_core, nothing.wire_bytes_per_player_hour), (None, 0.0));
    }

    #[test]
    fn prices_are_numbers_from_zero_up() {
        assert_eq!(price("0.05"), Ok(0.05));
        assert!(["-1", "x", "NaN", "inf", ""].iter().all(|text| price(text).is_err()));
    }
}
