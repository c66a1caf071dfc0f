//! Where the time of an input goes: `cargo run --release -p snapline-benches --bin trace-join -- --help`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use snapline_benches::join::Traces;

/// Joins the trace of a server (`snapline --trace`) with that of its bots (`bot-client --trace`) and prints where the time of an input goes: decided,
/// sent, read by the server, applied at its tick, shown by the first snapshot that has it, drawn as others are drawn.
///
/// A server reads its sockets once a tick, so "read" is the beginning of a tick, and the wait for it is part of "sent to read".
#[derive(Parser)]
struct Arguments {
    /// The server's trace.
    server: PathBuf,
    /// The bots' traces.
    #[arg(required = true)]
    bots: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match print(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn print(Arguments { server, bots }: &Arguments) -> Result<(), String> {
    let open = |path: &Path| File::open(path).map(BufReader::new).map_err(|error| in_file(path, &error.to_string()));
    let mut traces = Traces::default();
    traces.add_server(open(server)?).map_err(|words| in_file(server, &words))?;
    for path in bots {
        traces.add_bots(open(path)?).map_err(|words| in_file(path, &words))?;
    }
    print!("{}", traces.join());
    Ok(())
}

fn in_file(path: &Path, words: &str) -> String {
    format!("{}: {words}", path.display())
}
