//! The command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use snapline_bots::{
    BOTS, CHURN, DROP_EVERY_S, FLOOR_IN_BYTES, LEAD_TICKS, Options, RAMP_PER_SECOND, ROOMS, SECONDS, Workload,
};
use snapline_shared::link::LinkSpec;

/// A swarm of headless clients for any Snapline server: load, latency, bandwidth.
///
/// Every bot is a real WebSocket with the same client core that browsers run. The bots fetch the game's schema from /schema.json of the same
/// host. Where this program has a brain for that game, the bots play with it and predict as a browser does; else they steer by the schema: what is
/// called heading, aim, angle or turn wanders, switches are thrown now and then, the rest takes small values. Only the time after the last bot has
/// joined is measured.
#[derive(Debug, Parser)]
#[command(name = "bot-client", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The server: ws://HOST:PORT/play; without a port 80, without a path /play
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:8080/play")]
    url: String,

    /// How many bots, 1 to 15000 [default: 10, or the workload's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = within(BOTS))]
    bots: Option<u32>,

    /// How long they play once the last has joined, 1 to 86400
    #[arg(long, value_name = "S", default_value = "10", allow_negative_numbers = true, value_parser = within(SECONDS))]
    seconds: u32,

    /// The room: 1 to 32 characters of a-z, 0-9 and -; without, the server's default
    #[arg(long, value_name = "R")]
    room: Option<String>,

    /// Bots started in a second, 1 to 10000
    #[arg(long, value_name = "PER_SECOND", default_value = "200", allow_negative_numbers = true,
        value_parser = within(RAMP_PER_SECOND))]
    ramp: u32,

    /// The same seed gives the same input over time, 0 to 18446744073709551615
    #[arg(long, value_name = "X", default_value = "1", allow_negative_numbers = true, value_parser = seed)]
    seed: u64,

    /// Steer by the schema even where there is a brain for the game
    #[arg(long)]
    steer: bool,

    /// Every bot resets its connection after so many seconds, again and again, and comes back to its seat, 1 to 3600; without, never
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = within(DROP_EVERY_S))]
    drop_every: Option<u32>,

    /// Put a simulated TCP link between each bot and the server, in either direction: delay, jitter, losses that stall all behind them, bandwidth.
    /// Whole clients alone have it; times are kept to a millisecond
    #[arg(long, value_name = "LINK", value_parser = PossibleValuesParser::new(LinkSpec::PRESETS.map(|(name, _)| name)))]
    link: Option<String>,

    /// Write a line of JSON for each input and each snapshot of whole clients to this file, for trace-join with the server's --trace; with --processes
    /// to FILE.0, FILE.1, ...
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    #[command(flatten)]
    load: LoadArgs,

    /// Run the bots by so many processes, 1 to 16: one process drives some 5000 bots at 10 Hz
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = within(1..=16))]
    pub(crate) processes: u32,

    /// The part of the bots that this process runs for the one that started it
    #[arg(long, hide = true, value_name = "N")]
    pub(crate) part: Option<u32>,

    /// Find how many bots go well: double their number from --bots, then bisect; good is a run without a fault or a skipped tick, whose snapshots come
    /// within so many milliseconds of when they are due, 99 of 100
    #[arg(long, value_name = "MS", num_args = 0..=1, default_missing_value = "25", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) find_limit: Option<u32>,

    /// The most that --find-limit tries, 1 to 15000
    #[arg(long, value_name = "N", default_value = "5000", allow_negative_numbers = true, value_parser = within(BOTS))]
    pub(crate) find_most: u32,

    /// On a terminal: a bar in one line in place of the live view
    #[arg(long)]
    pub(crate) no_view: bool,

    /// Write the report as a page that opens offline
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Write the report as JSON to this file; - prints it in place of the table
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// What makes load rather than play.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Load")]
struct LoadArgs {
    /// Play workload w1 (a room of 100 at 20 Hz), w2 (a room of 500, 34 in view) or w3 (50 rooms of 10 at 30 Hz) on a server that serves it
    #[arg(long, value_name = "W")]
    workload: Option<Workload>,

    /// Spread the bots over so many rooms, ROOM-0, ROOM-1, ..., 1 to 4096 [default: 1, or the workload's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = within(ROOMS))]
    rooms: Option<u32>,

    /// Share of the bots, 0 to 1, that are whole clients and check all they get; the others read heads of snapshots alone, and cost a tenth
    /// [default: 1 for up to 300 bots without a workload, else 0.01]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    full_share: Option<f64>,

    /// Each input of a light bot is for the Nth tick after the newest that has come, 1 to 30
    #[arg(long, value_name = "N", default_value = "2", allow_negative_numbers = true, value_parser = within(LEAD_TICKS))]
    lead_ticks: u32,

    /// Bots that leave, each replaced by another, in a second of play, 0 to 1000
    #[arg(long, value_name = "PER_SECOND", default_value = "0", allow_negative_numbers = true, value_parser = within(CHURN))]
    churn: u32,

    /// Join with so many light bots and be hidden: answer pings, send no inputs; measured from 3 s after all have come
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = within(BOTS), conflicts_with_all = ["bots", "workload"])]
    keep_idle: Option<u32>,

    /// For the processes of --keep-idle
    #[arg(long, hide = true)]
    hidden: bool,

    /// Read CPU and memory of this process, the server's [default: who listens on the port, when the URL is of this machine]
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,

    /// The server is the floor (benches: --bin floor), which has neither HTTP nor game
    #[arg(long)]
    floor: bool,

    /// Bytes of a message to the floor, 9 to 1024
    #[arg(long, value_name = "BYTES", default_value = "24", allow_negative_numbers = true, value_parser = within(FLOOR_IN_BYTES))]
    in_bytes: u32,
}

impl Args {
    /// The arguments of the process that runs part `part` of `bots` bots: those of this one, but for what is done with the report.
    pub(crate) fn of_child(&self, part: u32, bots: u32) -> Vec<String> {
        let load = &self.load;
        let mut line =
            vec![format!("--url={}", self.url), format!("--bots={bots}"), format!("--seconds={}", self.seconds)];
        line.push(format!("--ramp={}", self.ramp));
        line.push(format!("--seed={}", self.seed));
        line.push(format!("--lead-ticks={}", load.lead_ticks));
        line.push(format!("--churn={}", load.churn / self.processes));
        line.push(format!("--in-bytes={}", load.in_bytes));
        line.push(format!("--processes={}", self.processes));
        line.push(format!("--part={part}"));
        line.extend(self.room.iter().map(|room| format!("--room={room}")));
        line.extend(self.drop_every.iter().map(|seconds| format!("--drop-every={seconds}")));
        line.extend(self.trace.iter().map(|trace| format!("--trace={}.{part}", trace.display())));
        line.extend(self.link.iter().map(|link| format!("--link={link}")));
        line.extend(load.workload.iter().map(|workload| format!("--workload={workload}")));
        line.extend(load.rooms.iter().map(|rooms| format!("--rooms={rooms}")));
        line.extend(load.full_share.iter().map(|share| format!("--full-share={share}")));
        line.extend(load.server_pid.iter().map(|pid| format!("--server-pid={pid}")));
        line.extend(load.keep_idle.map(|_| "--hidden".to_owned()));
        line.extend(self.steer.then(|| "--steer".to_owned()));
        line.extend(load.floor.then(|| "--floor".to_owned()));
        line
    }

    /// What a report of this run is called.
    pub(crate) fn title(&self) -> String {
        let what = self.load.workload.map_or_else(|| "bots".to_owned(), |workload| format!("workload {workload}"));
        let link = self.link.as_ref().map_or_else(String::new, |link| format!(" by {link}"));
        format!("Snapline: {what} on {}{link}", self.url)
    }

    pub(crate) fn options(&self) -> Options {
        let LoadArgs { workload, rooms, full_share, lead_ticks, churn, keep_idle, hidden, server_pid, floor, in_bytes } =
            self.load;
        let plain = Options { full_share, ..Options::new(&self.url) };
        let options = workload.map_or_else(|| plain.clone(), |workload| plain.clone().for_workload(workload));
        Options {
            bots: keep_idle.or(self.bots).unwrap_or(options.bots),
            rooms: rooms.unwrap_or(options.rooms),
            lead_ticks,
            churn_per_second: churn,
            hidden: hidden || keep_idle.is_some(),
            server_pid,
            part: (self.part.unwrap_or(0), self.processes),
            floor_in_bytes: floor.then_some(in_bytes),
            seconds: self.seconds,
            room: self.room.clone(),
            ramp_per_second: self.ramp,
            seed: self.seed,
            steer: self.steer,
            drop_every_s: self.drop_every,
            link: self.link.as_deref().and_then(LinkSpec::named),
            trace: self.trace.clone(),
            ..options
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  Ten bots for ten seconds in the default room of a server on this machine
      bot-client
  A thousand bots for a minute in a room of their own, the report kept for comparison
      bot-client --bots 1000 --seconds 60 --room load --json before.json
  A burst of joins
      bot-client --bots 500 --seconds 5 --ramp 10000
  A workload on this machine, the server and the bots on a core each
      taskset -c 0 cargo run --release --example swarm -- --workload w2 --listen 127.0.0.1:9000
      taskset -c 1 bot-client --workload w2 --url ws://127.0.0.1:9000 --seconds 30
  The same messages without a game: what the kernel takes for them
      taskset -c 0 cargo run --release -p snapline-benches --bin floor -- --listen 127.0.0.1:9001 --hz 20 --out-bytes 40
      taskset -c 1 bot-client --floor --in-bytes 10 --url ws://127.0.0.1:9001 --bots 500
  Ten bots far away, each with a connection of its own that loses and delays
      bot-client --link hotel
  One figure for a script
      bot-client --bots 100 --json - | jq .bytes_per_client_tick.p99

The report:
  snapshot   payload bytes of one snapshot
  rtt        from a snapshot's sending to its ack, as the server tells it
  echo       from an input's sending to the first snapshot that applied it
  resumed    from a bot's own reset of its connection (--drop-every) to the first snapshot that it applied after it
  visible    rows a bot knows
  late       from when a snapshot was due, by the even schedule of its room, to its arrival; those that never came count too
  late inputs  inputs that the server went without although they were sent, and how many of them a loss on the simulated link had held up
  mispredicted  own states that the server's differed from: an input came late, the game touched the player, or neither
  dropped    sockets that the server ended, by close code; 1006: without a close frame

Exit status:
  0  every bot joined and got snapshots, none was dropped, every message decoded, no desync, no misprediction unexplained
  1  anything else; the report says what
  2  an argument is out of its range

Ctrl-C ends the run early; the report is still printed.";

fn within(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("takes a whole number from {} to {}", range.start(), range.end()))
    }
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    number.ok_or_else(|| "takes a number from 0 to 1".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("takes a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_bots::Pattern;

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let args = Args::try_parse_from(["bot-client"]).unwrap();
        assert_eq!(args.options(), Options::new("ws://127.0.0.1:8080/play"));
    }

    #[test]
    fn every_argument_arrives() {
        let line = "bot-client --url ws://h --bots 3 --seconds 4 --room r --ramp 5 --seed 6 --steer --drop-every 7 --link 4g --trace t --json -";
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let options = args.options();
        assert_eq!((options.url.as_str(), options.bots, options.seconds), ("ws://h", 3, 4));
        assert_eq!((options.room.as_deref(), options.ramp_per_second, options.seed), (Some("r"), 5, 6));
        assert!(options.steer && options.drop_every_s == Some(7));
        assert_eq!(options.trace, Some(PathBuf::from("t")));
        assert_eq!((options.link, args.title().as_str()), (Some(LinkSpec::MOBILE), "Snapline: bots on ws://h by 4g"));
        assert_eq!(args.json, Some(PathBuf::from("-")));
    }

    #[test]
    fn a_workload_has_its_bots_rooms_and_pattern_unless_told_otherwise() {
        let options = |line: &str| Args::try_parse_from(line.split(' ')).unwrap().options();
        let w3 = options("bot-client --workload w3");
        assert_eq!((w3.bots, w3.rooms, w3.pattern, w3.full_bots()), (500, 50, Pattern::Turn, 5));
        let w2 = options("bot-client --workload w2 --bots 2000 --full-share 0 --lead-ticks 1 --churn 5 --server-pid 7");
        assert_eq!((w2.bots, w2.rooms, w2.full_bots(), w2.lead_ticks), (2000, 1, 0, 1));
        assert_eq!((w2.churn_per_second, w2.server_pid), (5, Some(7)));
        let idle = options("bot-client --keep-idle 9000 --rooms 20");
        assert_eq!((idle.bots, idle.rooms, idle.hidden, idle.full_bots()), (9000, 20, true, 0));
        assert_eq!(options("bot-client --floor --in-bytes 10").floor_in_bytes, Some(10));
    }

    #[test]
    fn a_process_of_several_is_told_all_that_this_one_was() {
        for line in [
            "bot-client --workload w3 --bots 70 --processes 2 --lead-ticks 1 --room r --ramp 7 --steer --full-share 0.5",
            "bot-client --keep-idle 9000 --rooms 20 --processes 3 --server-pid 7 --seconds 9 --seed 4 --json -",
            "bot-client --floor --in-bytes 10 --bots 30 --processes 4 --url ws://h:1",
            "bot-client --bots 30 --processes 2 --drop-every 5 --link hotel --trace t",
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            let options = args.options();
            let child = args.of_child(1, options.bots);
            let child = Args::try_parse_from(std::iter::once("bot-client".to_owned()).chain(child)).unwrap();
            let trace = options.trace.as_ref().map(|trace| trace.with_extension("1"));
            assert_eq!(child.options(), Options { part: (1, args.processes), trace, ..options });
            assert_eq!((child.part, child.json, child.html), (Some(1), None, None));
        }
    }

    #[test]
    fn mistakes_name_the_argument_and_its_range() {
        for (argument, values, range) in [
            ("--bots", ["0", "15001", "-1", "many"], "1 to 15000"),
            ("--seconds", ["0", "86401", "1.5", ""], "1 to 86400"),
            ("--drop-every", ["0", "3601", "-3", "x"], "1 to 3600"),
            ("--ramp", ["0", "10001", "-3", "x"], "1 to 10000"),
            ("--rooms", ["0", "4097", "-1", "x"], "1 to 4096"),
            ("--lead-ticks", ["0", "31", "-1", "x"], "1 to 30"),
            ("--churn", ["-1", "1001", "x", ""], "0 to 1000"),
            ("--keep-idle", ["0", "15001", "-1", "x"], "1 to 15000"),
            ("--in-bytes", ["8", "1025", "-1", "x"], "9 to 1024"),
            ("--full-share", ["1.1", "2", "x", ""], "0 to 1"),
            ("--workload", ["w0", "w4", "W1", ""], "w1, w2 or w3"),
            ("--link", ["none", "LAN", "5g", ""], "lan, wifi, 4g, hotel, satellite"),
            ("--seed", ["-1", "18446744073709551616", "x", ""], "0 to 18446744073709551615"),
        ] {
            for value in values {
                let error = Args::try_parse_from(["bot-client", argument, value]).unwrap_err().to_string();
                assert!(error.contains(argument) && error.contains(range), "{argument} {value}: {error}");
            }
        }
    }
}
