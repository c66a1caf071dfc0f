//! `/metrics` as Prometheus reads it: what has happened is there, under bounded labels.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use snapline_server::{Server, StartError};
use snapline_shared::message::{ClientMessage, INPUT};

use crate::client::{Bytes, Client, frame, get, hello, http};
use crate::game::Trial;
use crate::{Config, config, start};

fn ops() -> Config {
    Config { ops_listen: Some(([127, 0, 0, 1], 0).into()), ..config() }
}

/// The value of a series, its name and labels as they stand.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

fn scrape(server: &Server) -> String {
    let answer = get(server.ops_address().expect("a port of its own"), "/metrics");
    assert_eq!(answer.status, 200);
    assert!(answer.has("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
    answer.text()
}

/// Scrapes until all of `series` exceed their values.
fn within(server: &Server, series: &[(&str, f64)]) -> String {
    let start = Instant::now();
    loop {
        let text = scrape(server);
        let missing: Vec<_> =
            series.iter().filter(|(name, least)| value(&text, name).is_none_or(|value| value < *least)).collect();
        if missing.is_empty() {
            return text;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{missing:?} not in {text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_game_in_progress_is_seen() {
    let server = start(&ops());
    let mut client = Client::join(server.address(), "main", "seen");
    let text = Client::open(server.address(), "main");
    drop(text);
    assert_eq!(http(server.address(), "GET /play HTTP/1.1\r\n\r\n").status, 400);
    assert_eq!(client.play(Instant::now() + Duration::from_millis(2500)), None);
    let phase = |phase: &str| format!("snapline_tick_duration_seconds_count{{phase=\"{phase}\"}}");
    let phases: Vec<String> = ["input", "step", "extract", "interest", "encode", "send"].map(phase).into();
    let mut wanted: Vec<(&str, f64)> = phases.iter().map(|phase| (phase.as_str(), 30.0)).collect();
    wanted.extend([
        ("snapline_tick_lag_seconds_count", 30.0),
        ("snapline_rooms{state=\"awake\"}", 1.0),
        ("snapline_players", 1.0),
        ("snapline_entities", 1.0),
        ("snapline_connections{state=\"playing\"}", 1.0),
        ("snapline_handshakes_total{result=\"ok\"}", 1.0),
        ("snapline_handshakes_total{result=\"bad_request\"}", 1.0),
        ("snapline_messages_total{dir=\"in\",type=\"ack\"}", 20.0),
        ("snapline_messages_total{dir=\"out\",type=\"snapshot\"}", 20.0),
        ("snapline_messages_total{dir=\"out\",type=\"welcome\"}", 1.0),
        ("snapline_bytes_total{dir=\"in\"}", 100.0),
        ("snapline_bytes_total{dir=\"out\"}", 300.0),
        ("snapline_snapshots_total", 20.0),
        ("snapline_rtt_seconds_count", 1.0),
        ("snapline_thread_busy_ratio{thread=\"0\"}", 0.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_cpu_seconds_total", 0.0),
        ("process_open_fds", 3.0),
    ]);
    let text = within(&server, &wanted);
    assert!(text.contains("snapline_build_info{version=\"") && text.contains("game=\"trial\"} 1"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        assert!(name.is_empty() || name.starts_with("snapline_") || name.starts_with("process_"), "{line}");
        assert!(!line.contains("room=") && !line.contains("name="), "no series by room or player: {line}");
    }
}

#[test]
fn an_end_is_counted_by_its_code_and_gauges_fall() {
    let server = start(&ops());
    let mut client = Client::join(server.address(), "main", "rude");
    within(&server, &[("snapline_players", 1.0)]);
    client.send(&[99]);
    assert_eq!(client.closed().0, 4000);
    drop(Client::join(server.address(), "main", "gone"));
    within(
        &server,
        &[
            ("snapline_disconnects_total{code=\"4000\",initiator=\"server\"}", 1.0),
            ("snapline_disconnects_total{code=\"1006\",initiator=\"client\"}", 1.0),
            ("snapline_rooms{state=\"asleep\"}", 1.0),
        ],
    );
    let start = Instant::now();
    while value(&scrape(&server), "snapline_players") != Some(0.0) {
        assert!(start.elapsed() < Duration::from_secs(5), "players stay");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_peers_do_wrong_or_leave_undone_is_counted() {
    let server = start(&ops());
    let silent = Client::open(server.address(), "main");
    within(&server, &[("snapline_handshakes_pending", 1.0)]);
    let mut rogue = Client::join(server.address(), "main", "rogue");
    rogue.next_snapshot();
    rogue.send(&[INPUT, 0]);
    assert_eq!(rogue.closed().0, 4000);
    let mut hasty = Client::join(server.address(), "main", "hasty");
    hasty.next_snapshot();
    hasty.send_raw(&frame(0x82, &ClientMessage::Ack(hasty.step()).bytes()).repeat(200));
    let all = [
        ("snapline_inputs_total{verdict=\"invalid\"}", 1.0),
        ("snapline_floods_total", 3.0),
        ("snapline_messages_total{dir=\"in\",type=\"ack\"}", 200.0),
    ];
    within(&server, &all);
    drop(silent);
    let start = Instant::now();
    while value(&scrape(&server), "snapline_handshakes_pending") != Some(0.0) {
        assert!(start.elapsed() < Duration::from_secs(10), "somebody who has gone stays pending");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_slow_step_is_counted() {
    let server = start(&ops());
    let mut sloth = Client::open(server.address(), "main");
    sloth.send(&hello("sloth"));
    within(
        &server,
        &[
            ("snapline_step_over_budget_total", 1.0),
            ("snapline_tick_late_total", 1.0),
            ("snapline_tick_skipped_total", 30.0),
            ("snapline_overload_level{thread=\"0\"}", 1.0),
        ],
    );
}

#[test]
fn a_port_that_is_taken_is_an_error_only_when_it_was_asked_for() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let config = Config { ops_listen: taken.local_addr().ok(), ..config() };
    assert!(matches!(Server::start::<Trial>(&config), Err(StartError::Listen { .. })));
    let first = start(&crate::config());
    let second = start(&crate::config());
    assert!(first.ops_address().is_none() || second.ops_address().is_none(), "one of them has the default port");
    assert_eq!(get(second.address(), "/livez").status, 200);
}

#[test]
fn health_is_told_on_both_ports() {
    let server = start(&ops());
    let ops = server.ops_address().expect("a port of its own");
    for path in ["/livez", "/readyz"] {
        assert_eq!((get(server.address(), path).status, get(ops, path).status), (200, 200), "{path}");
    }
    assert_eq!(get(server.address(), "/metrics").status, 404, "players have no business with it");
    assert_eq!(get(ops, "/").status, 404);
}
