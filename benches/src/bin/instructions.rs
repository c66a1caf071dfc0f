//! Instructions of fixed cases, counted by callgrind: they hardly differ from run to run or machine to machine, so a table of them is committed and the
//! next change is compared with it.
//!
//! Each case runs so many times and twice so many times; the difference is what it takes, without what leads up to it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Parser;
use snapline_benches::crowd::Crowd;
use snapline_benches::worlds::{self, Steer};
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::game::schema;
use snapline_shared::message::{ClientMessage, InputMessage};
use snapline_shared::prelude::*;
use snapline_shared::tick::{Seen, Step};
use snapline_swarm::Swarm;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");
/// A case may take so much more than the table says, in percent: another compiler or allocator moves it by less.
const TOLERANCE_PERCENT: f64 = 2.0;
/// Times that a case runs, and half of the times that it runs for comparison.
const TIMES: u32 = 20;

type Case = (&'static str, fn(u32));

/// The cases, and of what each is.
const CASES: [Case; 8] = [
    ("encode-200-rows", |times| line(times, Part::Make)),
    ("splice-200-rows", |times| line(times, Part::Splice)),
    ("decode-200-rows", |times| line(times, Part::Read)),
    ("room-tick-w1", |times| room(times, 100, "500")),
    ("room-tick-w2", |times| room(times, 500, "121")),
    ("room-tick-w3", |times| room(times, 10, "500")),
    ("input-in", input_in),
    ("input-out", input_out),
];

/// Counts instructions of fixed cases and compares them with benches/instructions.txt.
#[derive(Debug, Parser)]
struct Args {
    /// Write the table anew
    #[arg(long)]
    write: bool,
    /// Compare with this table
    #[arg(long, default_value = TABLE)]
    table: PathBuf,
    /// Run one case, for callgrind
    #[arg(long, hide = true)]
    case: Option<String>,
    #[arg(long, hide = true, default_value = "1")]
    times: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(name) = &args.case {
        if let Some((_, case)) = CASES.iter().find(|(known, _)| known == name) {
            case(args.times);
        }
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: valgrind is not installed (Debian: apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    match compare(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            eprintln!("instructions: {words}");
            ExitCode::FAILURE
        }
    }
}

/// Counts all cases; false when one takes more than the table says.
fn compare(args: &Args) -> Result<bool, String> {
    let known = match std::fs::read_to_string(&args.table) {
        Ok(text) => read_table(&text),
        Err(_) if args.write => BTreeMap::new(),
        Err(error) => return Err(format!("{}: {error}", args.table.display())),
    };
    let mut table = String::from(
        "# Instructions of one run of each case, by callgrind: cargo run --release -p snapline-benches --bin instructions\n",
    );
    let mut is_good = true;
    for (name, _) in CASES {
        let counted = (counted(name, 2 * TIMES)?.saturating_sub(counted(name, TIMES)?)) / u64::from(TIMES);
        table += &format!("{name:<20}{counted:>12}\n");
        let percent = known.get(name).map(|&before| 100.0 * (counted as f64 / before.max(1) as f64 - 1.0));
        let (change, verdict) = match percent {
            None => ("new".to_owned(), ""),
            Some(percent) if percent > TOLERANCE_PERCENT => (format!("{percent:+.2} %"), "  MORE THAN THE TABLE SAYS"),
            Some(percent) => (format!("{percent:+.2} %"), ""),
        };
        is_good &= verdict.is_empty();
        println!("{name:<20}{counted:>12}  {change}{verdict}");
    }
    if args.write {
        std::fs::write(&args.table, table).map_err(|error| format!("{}: {error}", args.table.display()))?;
        return Ok(true);
    }
    Ok(is_good)
}

fn read_table(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, count)| Some((name.to_owned(), count.trim().parse().ok()?)))
        .collect()
}

/// Instructions of this program while it runs a case so many times.
fn counted(case: &str, times: u32) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let output =
        command.args(["--case", case, "--times", &times.to_string()]).output().map_err(|error| error.to_string())?;
    let words = String::from_utf8_lossy(&output.stderr);
    let count =
        words.lines().find_map(|line| line.split_once("Collected :")).and_then(|(_, count)| count.trim().parse().ok());
    count.ok_or_else(|| format!("{case}: callgrind says no count: {words}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Make,
    Splice,
    Read,
}

/// A world of 200 who turn; at each step its runs are made, a frame of all of them is spliced, and read. One of these is done twice.
fn line(times: u32, part: Part) {
    let schema = Arc::new(schema::<Swarm>());
    let trace = worlds::swarm(200, 20, Steer::Turning, 2 * TIMES + 2, 1);
    let mut stores = [(); 2].map(|()| Store::new(schema.clone(), trace.rates).expect("good tables"));
    let mut mirrors = [Mirror::default(), Mirror::default()];
    let mut replicas = [(); 2].map(|()| Replica::new(&schema, trace.rates).expect("good tables"));
    let mut writer = FrameWriter::new();
    // All steps are gone through in any case, and only in the first `times` of them the part in question is done a second time, on a state of its own.
    for (number, rows) in (0u32..).zip(&trace.steps) {
        let step = Step(number);
        let twice = number < times;
        stores[0].push_step(step, rows);
        if part == Part::Make && twice {
            stores[1].push_step(step, rows);
        }
        let bytes = frame(&mut writer, &stores[0], &mut mirrors[0], rows, step);
        if part == Part::Splice && twice {
            black_box(frame(&mut writer, &stores[0], &mut mirrors[1], rows, step));
        }
        replicas[0].read(&bytes).expect("it can be read");
        if part == Part::Read && twice {
            black_box(replicas[1].read(&bytes)).expect("it can be read");
        }
    }
}

fn frame(writer: &mut FrameWriter, store: &Store, mirror: &mut Mirror, rows: &Rows, step: Step) -> Vec<u8> {
    let wanted: Vec<Wanted> =
        rows.list().iter().map(|row| Wanted { slot: row.id.slot, enters: true, priority: 0.0 }).collect();
    let (input, eye) = (Some(Tick(step.0)), Eye::default());
    let spec = FrameSpec { ticks_per_step: 1, input, slack: 1, wanted: &wanted, own: None, eye, bytes_max: 1 << 16 };
    let mut bytes = Vec::new();
    writer.write(store, mirror, &spec, |_| true, &mut bytes);
    bytes
}

/// Two ticks of a room with its clients' inputs, one of them a step with a frame for each.
fn room(times: u32, clients: usize, view_radius: &str) {
    let mut crowd = Crowd::<Swarm>::new(clients, &[("view_radius", view_radius)]);
    for _ in 0..2 * times {
        crowd.tick();
    }
    black_box(crowd.bytes);
}

fn message() -> InputMessage {
    let seen = Seen { tick: Tick(996), fraction: 7, skipped: 0 };
    InputMessage { first: Tick(1002), count: 1, words: vec![77, 1], ack: Some((Step(500), seen)) }
}

fn input_in(times: u32) {
    let layout = <Swarm as Game>::Input::KIND.layout();
    let mut bytes = Vec::new();
    ClientMessage::Input(message()).encode(&layout, &mut bytes);
    for _ in 0..times {
        black_box(ClientMessage::decode(black_box(&bytes), &layout, Tick(1000), Step(500))).expect("an input");
    }
}

fn input_out(times: u32) {
    let layout = <Swarm as Game>::Input::KIND.layout();
    let mut bytes = Vec::with_capacity(1024);
    let message = ClientMessage::Input(message());
    for _ in 0..times {
        bytes.clear();
        black_box(&message).encode(&layout, &mut bytes);
        black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_has_every_case() {
        let table = read_table(&std::fs::read_to_string(TABLE).expect("the table"));
        assert!(CASES.iter().all(|(name, _)| table.get(*name).is_some_and(|&count| count > 0)), "{table:?}");
        assert_eq!(table.len(), CASES.len());
    }

    #[test]
    fn every_case_runs() {
        CASES.iter().for_each(|(_, case)| case(1));
    }
}
