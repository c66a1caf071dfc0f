//! Trains a schema's tables: `cargo run --release -p snapline-benches --bin train -- --help`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use snapline_benches::traces::{self, Trace};
use snapline_benches::training::Training;
use snapline_benches::worlds::{self, Steer};

/// Players and steps of a generated arena.
const ARENA: (u16, u32) = (120, 1500);
/// How far players of the swarm see in the workload w2, and those of the arena, in units.
const SWARM_RADIUS: f64 = 121.0;
const ARENA_RADIUS: f64 = 1000.0;
/// How far players of a recorded arena see, in its sixteenths of a unit.
const TRACE_RADIUS: f64 = 400.0 * 16.0;

/// Trains the coder's tables on worlds and writes them as text: a line each, its name and the length of each symbol's code word, a hexadecimal digit
/// each. A game takes the file up with `const TABLES: &'static str = include_str!("../tables.txt");`; it is part of /schema.json and of the schema's
/// hash, so servers and clients must be built anew. Tables that would save less than their line is long are left out: formula codes serve there.
///
/// Sources:
///   swarm:SEED         the swarm, turning and wandering, at the rates of the workloads w1 to w3 and of a room by default
///   arena:SEED         the arena as 120 of its own brains play it
///   cubes:FILE         recorded cubes (the format is in benches/src/traces.rs)
///   trace:FILE         a recorded arena (the same)
///
/// All sources of one training have the same kinds. Train on other seeds than those that are measured.
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// What to train on.
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// Of a recorded world only every so manyth frame is a step.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    stride: u16,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// A world, and how far its players see.
type Source = (Trace, f64);

fn worlds_of(source: &str, stride: usize) -> Result<Vec<Source>, String> {
    let (name, rest) = source.split_once(':').ok_or_else(|| format!("{source}: not NAME:SEED or NAME:FILE"))?;
    let seed = || rest.parse::<u64>().map_err(|_| format!("{source}: the seed is not a number"));
    let phases = |trace: &Trace, radius| (0..stride).map(|from| (trace.strided(stride, from), radius)).collect();
    match name {
        "swarm" => Ok(swarms(seed()?)),
        "arena" => Ok(vec![(worlds::arena(ARENA.0, ARENA.1, seed()?), ARENA_RADIUS)]),
        "cubes" => Ok(phases(&traces::cubes(rest.as_ref())?, f64::INFINITY)),
        "trace" => Ok(phases(&traces::arena(rest.as_ref())?, TRACE_RADIUS)),
        _ => Err(format!("{source}: sources are swarm, arena, cubes and trace")),
    }
}

fn swarms(seed: u64) -> Vec<Source> {
    let mut worlds = Vec::new();
    for (number, steer) in (0..).zip([Steer::Turning, Steer::Wandering]) {
        for (players, tick_hz, ticks) in [(100, 20, 1200), (100, 30, 1200), (100, 60, 1200)] {
            let trace = worlds::swarm(players, tick_hz, steer, ticks, seed ^ number);
            // A room sends every second of its 60 ticks.
            let trace = if tick_hz == 60 { trace.strided(2, 0) } else { trace };
            worlds.push((trace, SWARM_RADIUS));
        }
    }
    worlds
}

fn train(arguments: &Arguments) -> Result<String, String> {
    let style = ProgressStyle::with_template("{msg:24} {bar:40} {human_pos} of {human_len} steps, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut training: Option<Training> = None;
    for source in &arguments.sources {
        let playing = ProgressBar::new_spinner().with_message(format!("{source}: making the world"));
        playing.tick();
        let worlds = worlds_of(source, arguments.stride.into())?;
        playing.finish_and_clear();
        let steps = worlds.iter().map(|(trace, _)| trace.steps.len() as u64).sum();
        let bar = ProgressBar::new(steps).with_style(style.clone()).with_message(source.clone());
        for (trace, radius) in &worlds {
            let training = training.get_or_insert_with(|| Training::new(trace.schema.clone()));
            training.add(trace, *radius, || bar.inc(1)).map_err(|words| format!("{source}: {words}"))?;
        }
        bar.finish();
    }
    let tables = training.map_or(Ok(String::new()), |training| training.text())?;
    let stride = if arguments.stride > 1 { format!(" --stride {}", arguments.stride) } else { String::new() };
    let sources = arguments.sources.join(" ");
    Ok(format!("# Made by: cargo run --release -p snapline-benches --bin train -- {sources}{stride}\n{tables}"))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let written = train(&arguments).and_then(|text| {
        std::fs::write(&arguments.output, &text).map_err(|error| format!("{}: {error}", arguments.output.display()))?;
        Ok((text.lines().count() - 1, text.len()))
    });
    match written {
        Ok((tables, bytes)) => {
            println!("{tables} tables, {bytes} bytes: {}", arguments.output.display());
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}
