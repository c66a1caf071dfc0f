//! What the codec costs beside others' ways: `cargo run --release -p snapline-benches --bin codec-table -- --help`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use snapline_benches::table::Table;
use snapline_benches::{traces, worlds};

/// Seed of the arena that is measured, and of the one that its tables are trained on.
const SEEDS: [u64; 2] = [1, 2];

/// Measures the codec on recorded or played worlds: bytes of a snapshot, bits of a row, nanoseconds to encode, splice and decode, beside Quake III's
/// way, DDNet's way and xor + zstd level 1. Every frame counted was read back by a client that had nothing but the bytes.
///
/// Without a file: an arena that its own brains play, and the swarm. What trace files are is in benches/src/traces.rs.
#[derive(Parser)]
struct Arguments {
    /// Recorded cubes.
    #[arg(long, value_name = "FILE", conflicts_with = "arena")]
    cubes: Option<PathBuf>,
    /// Recorded arena.
    #[arg(long, value_name = "FILE")]
    arena: Option<PathBuf>,
    /// Recording of another seed that tables are trained on; without it the neighbour of FILE whose name says -train in place of -a.
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// JSON in place of a table.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn train_of(&self, trace: &Path) -> Result<PathBuf, String> {
        if let Some(train) = &self.train {
            return Ok(train.clone());
        }
        let name = trace.file_name().unwrap_or_default().to_string_lossy();
        let train = trace.with_file_name(name.replacen("-a.", "-train.", 1));
        if train == trace || !train.exists() {
            return Err(format!("no recording to train on beside {}: tell one with --train", trace.display()));
        }
        Ok(train)
    }

    fn measure(&self) -> Result<Table, String> {
        let mut table = Table::default();
        if let Some(file) = &self.cubes {
            table.cubes(&traces::cubes(file)?, &traces::cubes(&self.train_of(file)?)?)?;
            return Ok(table);
        }
        if let Some(file) = &self.arena {
            table.arena(&traces::arena(file)?, &traces::arena(&self.train_of(file)?)?, None)?;
        } else {
            let [trace, train] = SEEDS.map(|seed| worlds::arena(64, 300, seed));
            table.arena(&trace, &train, Some(1000.0))?;
        }
        table.swarm(600)?;
        Ok(table)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.measure() {
        Ok(table) => {
            if arguments.json {
                println!("{:#}", table.json());
            } else {
                println!("{}", table.text());
            }
            if table.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}
