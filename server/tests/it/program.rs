//! The program from outside: its arguments, its settings, its exit codes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::client::{Client, get};

fn snapline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapline"));
    command.env_clear();
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

fn file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("snapline-{name}-{}.toml", std::process::id()));
    std::fs::write(&path, text).expect("a file");
    path
}

#[test]
fn all_errors_are_told_at_once() {
    let path = file("errors", "tick_hz = 500\nplayers = 7\nroom_empty_s = \"long\"\n[options]\nview_radius = 1\n");
    let mut command = snapline();
    command.arg("--config").arg(&path).env("SNAPLINE_ROOMS_MAX", "0").env("SNAPLINE_NONSENSE", "1");
    let (code, _, errors) = run(command.args(["--ticks-per-step", "17"]));
    let _ = std::fs::remove_file(path);
    assert_eq!(code, Some(2), "{errors}");
    for words in [
        "tick_hz: 500 is not within 1 to 240",
        "players: there is no such setting",
        "room_empty_s: invalid type",
        "rooms_max: 0 is not within 1 to 65536",
        "nonsense: there is no such setting",
        "ticks_per_step: 17 is not within 1 to 16",
    ] {
        assert!(errors.contains(words), "{words:?} in {errors}");
    }
}

#[test]
fn what_cannot_be_used_ends_with_2() {
    let rows: [(&[&str], &str); 6] = [
        (&["--config", "/nonexistent/snapline.toml"], "/nonexistent/snapline.toml"),
        (&["--listen", "nowhere"], "listen"),
        (&["--map", "/nonexistent.json"], "map: /nonexistent.json: "),
        (&["--assets", "/nonexistent"], "assets: /nonexistent is not a directory"),
        (&["--listen", "127.0.0.1:0", "--trace", "/nonexistent/t"], "trace: /nonexistent/t: "),
        (&["--no-such-flag"], "--no-such-flag"),
    ];
    for (arguments, words) in rows {
        let (code, _, errors) = run(snapline().args(arguments));
        assert!(code == Some(2) && errors.contains(words), "{arguments:?}: {code:?} {errors}");
    }
    let (code, _, errors) =
        run(snapline().args(["--listen", "127.0.0.1:0"]).env("SNAPLINE_OPTIONS__VIEW_RADIUS", "wide"));
    assert!(code == Some(2) && errors.contains("options.view_radius: \"wide\" is not a number"), "{errors}");
}

#[test]
fn the_layers_win_in_order() {
    let path = file("layers", "tick_hz = 30\nticks_per_step = 3\nrooms_max = 5\n[options]\nview_radius = 121\n");
    let mut command = snapline();
    command.arg("--config").arg(&path).env("SNAPLINE_TICKS_PER_STEP", "4").env("SNAPLINE_ROOMS_MAX", "6");
    let (code, text, errors) = run(command.args(["--ticks-per-step", "5", "--print-config"]));
    let _ = std::fs::remove_file(path);
    assert_eq!(code, Some(0), "{errors}");
    for line in ["tick_hz = 30", "ticks_per_step = 5", "rooms_max = 6", "view_radius = \"121\"", "players_max = 512"] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    // What is printed can be read again.
    let path = file("again", &text);
    let (code, again, errors) = run(snapline().arg("--config").arg(&path).arg("--print-config"));
    let _ = std::fs::remove_file(path);
    assert_eq!((code, again), (Some(0), text), "{errors}");
}

#[test]
fn help_teaches() {
    let (code, text, _) = run(snapline().arg("--help"));
    assert_eq!(code, Some(0));
    for words in [
        "Examples:",
        "--listen",
        "--tick-hz",
        "--ticks-per-step",
        "--map",
        "--trace",
        "--assets",
        "--dev",
        "--print-config",
        "SNAPLINE_",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn it_greets_and_ends_on_signals_with_0() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut command = snapline();
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let line = lines.take(20).find(|line| line.contains("/livez")).expect("a greeting with addresses");
        let port =
            line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).and_then(|port| port.parse().ok());
        let address = ([127, 0, 0, 1], port.expect("a port")).into();
        assert_eq!(get(address, "/livez").status, 200);
        let mut player = Client::join(address, "main", "player");

        let start = Instant::now();
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, signal).expect("a signal");
        assert_eq!(player.closed(), (1012, "restart".to_owned()));
        let status = child.wait().expect("it ends");
        assert!(status.success() && start.elapsed() < Duration::from_secs(5), "{status} after {:?}", start.elapsed());
    }
}
