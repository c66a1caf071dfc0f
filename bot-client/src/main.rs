//! `bot-client`: arguments in, a swarm of bots, a table and JSON out.

mod args;
mod find_limit;
#[cfg(feature = "view")]
mod live;
mod progress;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use snapline_arena::{Ace, Arena};
use snapline_bots::{Brains, Live, Options, Report, RunError, run_child, run_processes, run_until};

const EXIT_BAD_RUN: u8 = 1;
const EXIT_BAD_ARGUMENT: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    let options = args.options();
    if let Err(error) = options.check() {
        return fail(&error.to_string(), EXIT_BAD_ARGUMENT);
    }
    if args.part.is_some() {
        return match run_child(&options, &brains(), stopped()).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string(), EXIT_BAD_RUN),
        };
    }
    let mut output = match Output::open(args.json.as_deref(), args.html.as_deref()) {
        Ok(output) => output,
        Err(error) => {
            return fail(&format!("json, html: takes a file that can be written: {error}"), EXIT_BAD_ARGUMENT);
        }
    };
    let result = match args.find_limit {
        Some(late_ms) => find_limit::find(&args, &options, late_ms.into()).await,
        None => run(&args, &options).await,
    };
    let report = match result {
        Ok(report) => report,
        Err(error) => return fail(&error.to_string(), EXIT_BAD_RUN),
    };
    match output.write(&report, &args.title()) {
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

/// The run, with a view or a bar, until it is over or somebody ends it.
async fn run(args: &args::Args, options: &Options) -> Result<Report, RunError> {
    let (live, brains) = (Arc::<Live>::default(), brains());
    let bots = async {
        if args.processes == 1 {
            return run_until(options, &brains, &live, stopped()).await;
        }
        let program = std::env::current_exe().map_err(|error| RunError::Process(error.to_string()))?;
        let command = |part: u32| {
            let mut command = std::process::Command::new(&program);
            command.args(args.of_child(part, options.bots));
            command
        };
        let whole = Options { part: (0, 1), ..options.clone() };
        run_processes(&whole, args.processes, command, &live, stopped()).await
    };
    tokio::select! {
        report = bots => report,
        () = show(args, options, &live) => Err(RunError::Stopped),
    }
}

/// Shows how the run goes; never ends by itself.
async fn show(args: &args::Args, options: &Options, live: &Arc<Live>) {
    #[cfg(feature = "view")]
    if !args.no_view {
        live::show(options, live).await;
    }
    #[cfg(not(feature = "view"))]
    let _ = args.no_view;
    progress::show(options, live).await;
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

/// Where the report goes. Files are opened before the run: a day of play must not end in a path that cannot be written.
struct Output {
    /// The table is printed unless JSON is.
    print_json: bool,
    json: Option<File>,
    html: Option<File>,
}

impl Output {
    fn open(json: Option<&Path>, html: Option<&Path>) -> io::Result<Self> {
        // An older report stays until there is a new one.
        let open = |path: &Path| OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let print_json = json == Some(Path::new("-"));
        let json = json.filter(|_| !print_json).map(open).transpose()?;
        Ok(Self { print_json, json, html: html.map(open).transpose()? })
    }

    fn write(&mut self, report: &Report, title: &str) -> io::Result<()> {
        let files = [(&mut self.json, report.to_json()), (&mut self.html, report.to_html(title))];
        for (file, text) in files {
            if let Some(file) = file {
                file.set_len(0)?;
                file.write_all(text.as_bytes())?;
            }
        }
        let mut stdout = io::stdout().lock();
        if self.print_json {
            return stdout.write_all(report.to_json().as_bytes());
        }
        write!(stdout, "{report}")
    }
}
