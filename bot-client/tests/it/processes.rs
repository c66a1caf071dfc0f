//! The program itself: several processes, files, the search for a limit.

use std::process::{Command, Output};

use snapline_server::{Config, Server};
use snapline_swarm::Swarm;

fn server() -> Server {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), tick_threads: 1, ..Config::default() };
    Server::start::<Swarm>(&config).expect("a server starts on a free port")
}

fn bot_client(server: &Server, line: &str) -> Output {
    let url = format!("ws://{}", server.address());
    let mut command = Command::new(env!("CARGO_BIN_EXE_bot-client"));
    command.args(["--url", &url]).args(line.split(' ')).output().expect("the program runs")
}

#[test]
fn several_processes_make_one_report_and_a_page() {
    let server = server();
    let page = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    let line =
        format!("--bots 20 --seconds 2 --processes 2 --full-share 0.2 --rooms 3 --json - --html {}", page.display());
    let output = bot_client(&server, &line);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for (path, value) in
        [("/bots/asked", 20), ("/bots/joined", 20), ("/load/light", 16), ("/desyncs", 0), ("/decode_errors", 0)]
    {
        assert_eq!(report.pointer(path).and_then(serde_json::Value::as_u64), Some(value), "{path} in {report}");
    }
    assert!(report["snapshots"].as_u64() > Some(20 * 30) && report["load"]["late_ms"]["p99"].is_number(), "{report}");
    assert!(std::fs::read_to_string(page).expect("the page").contains("<svg"));
}

#[test]
fn a_limit_is_found_and_told() {
    let server = server();
    let output = bot_client(&server, "--bots 1 --find-limit 1000 --find-most 3 --full-share 0 --seconds 1 --json -");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("limit: ") && words.contains("bots"), "{words}");
}
