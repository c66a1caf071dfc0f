//! `bot-client`: arguments in, a swarm of bots, a table and JSON out.

mod args;
mod progress;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use snapline_arena::{Ace, Arena};
use snapline_bots::{Brains, Live, Options, Report, RunError, run_until};

const EXIT_BAD_RUN: u8 = 1;
const EXIT_BAD_ARGUMENT: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    let options = args.options();
    if let Err(error) = options.check() {
        return fail(&error.to_string(), EXIT_BAD_ARGUMENT);
    }
    let mut output = match Output::open(args.json.as_deref()) {
        Ok(output) => output,
        Err(error) => return fail(&format!("json: takes a file that can be written: {error}"), EXIT_BAD_ARGUMENT),
    };
    let report = match run(&options).await {
        Ok(report) => report,
        Err(error) => return fail(&error.to_string(), EXIT_BAD_RUN),
    };
    match output.write(&report) {
        Ok(()) if report.is_good() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(EXIT_BAD_RUN),
        Err(error) => fail(&format!("the report cannot be written: {error}"), EXIT_BAD_RUN),
    }
}

/// The games that the bots play with a brain of the game's own.
fn brains() -> Brains {
    Brains::default().with::<Arena>(Ace::maker)
}

fn fail(words: &str, code: u8) -> ExitCode {
    for line in words.lines() {
        eprintln!("bot-client: {line}");
    }
    ExitCode::from(code)
}

/// The run, with a bar, until it is over or somebody ends it.
async fn run(options: &Options) -> Result<Report, RunError> {
    let (live, brains) = (Arc::<Live>::default(), brains());
    tokio::select! {
        report = run_until(options, &brains, &live, stopped()) => report,
        () = progress::show(options, &live) => Err(RunError::Stopped),
    }
}

/// Done when this process is asked to end.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Where the report goes. The file is opened before the run: a day of play must not end in a path that cannot be written.
enum Output {
    Table,
    TableAndFile(File),
    Json,
}

impl Output {
    fn open(json: Option<&Path>) -> io::Result<Self> {
        match json {
            None => Ok(Self::Table),
            Some(path) if path == Path::new("-") => Ok(Self::Json),
            // An older report stays until there is a new one.
            Some(path) => {
                let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
                Ok(Self::TableAndFile(file))
            }
        }
    }

    fn write(&mut self, report: &Report) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match self {
            Self::Json => return stdout.write_all(report.to_json().as_bytes()),
            Self::Table => {}
            Self::TableAndFile(file) => {
                file.set_len(0)?;
                file.write_all(report.to_json().as_bytes())?;
            }
        }
        write!(stdout, "{report}")
    }
}
