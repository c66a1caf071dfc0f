//! One run by several processes: each has its part of the bots, all begin to play together, and what they measure comes together in the first.
//!
//! A child writes JSON, a line for each thing it says, and reads one line, which lets it play; the end of its input stops it.

use std::io::{BufRead, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::brains::{Brains, Play};
use crate::live_counts::{Counts, Live};
use crate::options::Options;
use crate::part::Part;
use crate::report::Report;
use crate::swarm::{RunError, run_part};

/// From one word of a child to the next.
const TELL_GAP: Duration = Duration::from_millis(250);

/// What a child says.
#[derive(Serialize, Deserialize)]
enum Said {
    /// Whether its bots have joined or failed to, and whether time counts; what it has counted, and who plays.
    Live([bool; 2], Counts, Option<Play>),
    Part(Box<Part>),
    Failed(String),
}

/// Runs this process's part of the bots as a child of [`run_processes`], on standard input and output.
///
/// # Errors
/// When the output cannot be written.
pub async fn run_child(options: &Options, brains: &Brains, stop: impl Future<Output = ()>) -> std::io::Result<()> {
    let live = Arc::<Live>::default();
    let orders = orders();
    let (mut go, mut end) = (orders.clone(), orders);
    let go = async move {
        let _ = go.wait_for(|lines| *lines > 0).await;
        // An input that ended without a word is the end, which `stop` sees.
        if go.has_changed().is_err() && *go.borrow() == 0 {
            std::future::pending::<()>().await;
        }
    };
    let stop = async move {
        tokio::select! {
            () = stop => {}
            // An error is the end of the input.
            () = async { while end.changed().await.is_ok() {} } => {}
        }
    };
    let run = run_part(options, brains, &live, go, stop);
    tokio::pin!(run);
    let result = loop {
        tokio::select! {
            result = &mut run => break result,
            () = sleep(TELL_GAP) => say(&Said::Live([live.is_settled(), live.is_playing()], live.counts(), live.play().cloned()))?,
        }
    };
    say(&match result {
        Ok(part) => Said::Part(Box::new(part)),
        Err(error) => Said::Failed(error.to_string()),
    })
}

/// The lines of standard input, counted; closed at its end. A thread of its own: a read that waits must not keep the process.
#[allow(clippy::disallowed_methods)]
fn orders() -> watch::Receiver<u32> {
    let (lines, orders) = watch::channel(0);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() {
                break;
            }
            lines.send_modify(|count| *count += 1);
        }
    });
    orders
}

fn say(said: &Said) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    std::io::stdout().lock().write_all(&line)
}

/// Runs the bots by so many processes; `command` makes that of part n, this program with [`run_child`] in it.
///
/// # Errors
/// When a process cannot be started, or one fails.
pub async fn run_processes(
    options: &Options,
    processes: u32,
    command: impl Fn(u32) -> std::process::Command,
    live: &Live,
    stop: impl Future<Output = ()>,
) -> Result<Report, RunError> {
    let failed = |error: std::io::Error| RunError::Process(error.to_string());
    let (told, mut heard) = mpsc::channel(64);
    let (mut inputs, mut children) = (Vec::new(), Vec::new());
    for number in 0..processes {
        let mut command = Command::from(command(number));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.map_err(failed)?;
        inputs.extend(child.stdin.take());
        tokio::spawn(listen(number, child.stdout.take(), told.clone()));
        children.push(child);
    }
    drop(told);
    let mut lives = vec![([false; 2], Counts::default()); processes as usize];
    let mut parts = Vec::new();
    let mut may_play = false;
    tokio::pin!(stop);
    let mut stopped = false;
    while parts.len() < children.len() {
        tokio::select! {
            said = heard.recv() => match said {
                Some((number, Said::Live(state, counts, play))) => {
                    lives[number as usize] = (state, counts);
                    if let Some(play) = play {
                        // All play alike: the first word is enough.
                        let _ = live.play.set(play);
                    }
                }
                Some((_, Said::Part(part))) => parts.push(*part),
                Some((_, Said::Failed(words))) => return Err(RunError::Process(words)),
                None => return Err(RunError::Process("one has ended without a report".to_owned())),
            },
            () = &mut stop, if !stopped => {
                stopped = true;
                inputs.clear();
            }
        }
        if !may_play && lives.iter().all(|([is_settled, _], _)| *is_settled) {
            may_play = true;
            let_play(&mut inputs).await;
        }
        live.set(lives.iter().all(|([_, is_playing], _)| *is_playing), &lives.iter().map(|(_, counts)| *counts).sum());
    }
    drop(inputs);
    wait(children).await;
    Ok(Part::report(options, parts))
}

async fn let_play(inputs: &mut [ChildStdin]) {
    for input in inputs {
        // One that has gone is told by its output.
        let _ = input.write_all(b"play\n").await;
    }
}

async fn wait(children: Vec<Child>) {
    for mut child in children {
        let _ = child.wait().await;
    }
}

/// Passes on what a child says until it is silent.
async fn listen(number: u32, output: Option<tokio::process::ChildStdout>, told: mpsc::Sender<(u32, Said)>) {
    let Some(output) = output else { return };
    let mut lines = BufReader::new(output).lines();
    let mut has_part = false;
    while let Ok(Some(line)) = lines.next_line().await {
        let said =
            serde_json::from_str(&line).unwrap_or_else(|error| Said::Failed(format!("it says {line:?}: {error}")));
        has_part |= matches!(said, Said::Part(_) | Said::Failed(_));
        if told.send((number, said)).await.is_err() {
            return;
        }
    }
    if !has_part {
        let _ = told.send((number, Said::Failed("it has ended without a report".to_owned()))).await;
    }
}
