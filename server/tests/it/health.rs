//! `/livez` and `/readyz`, and what debuggers see with `--dev`.

use std::time::Duration;

use crate::client::{Client, get, hello};
use crate::{config, start};

#[test]
fn a_stuck_tick_thread_is_named_and_recovers() {
    let server = start(&config());
    assert_eq!(get(server.address(), "/livez").status, 200);
    let mut sloth = Client::open(server.address(), "main");
    sloth.send(&hello("sloth"));
    let mut seen = None;
    for _ in 0..100 {
        let answer = get(server.address(), "/livez");
        if answer.status == 503 {
            seen = Some(answer.text());
            break;
        }
        std::thread::sleep(Duration::from_millis(40));
    }
    assert!(seen.as_ref().is_some_and(|words| words.contains("tick-0")), "{seen:?}");
    // Three seconds at 30 Hz: three ticks are caught up, the others never exist.
    assert_eq!(sloth.play(std::time::Instant::now() + Duration::from_secs(2)), None);
    assert!((80..=200).contains(&server.ticks_skipped()), "{}", server.ticks_skipped());
    assert_eq!(get(server.address(), "/livez").status, 200);
}

#[test]
fn rows_are_there_for_debuggers() {
    let server = start(&crate::Config { dev: true, history_ms: 500, ..config() });
    let rows = |room: &str, step: u32| get(server.address(), &format!("/debug/rooms/{room}/rows?step={step}"));
    assert_eq!(rows("nowhere", 1).status, 404);
    assert_eq!(get(server.address(), "/debug/rooms/main/rows").status, 400);
    let mut client = Client::join(server.address(), "main", "seen");
    client.next_snapshot();

    // A step to come is waited for.
    let step = client.step().0 + 10;
    let answer = rows("main", step);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(json["step"], step);
    assert_eq!(json["epoch"], client.welcome.as_ref().map_or(0, |welcome| welcome.epoch));
    assert_eq!(json["rows"], serde_json::json!([{"slot": 0, "generation": 0, "kind": 0, "words": [0, 0]}]));

    assert_eq!(rows("main", step + 10_000).status, 504);
    assert_eq!(client.play(std::time::Instant::now() + Duration::from_secs(1)), None);
    assert_eq!(rows("main", step).status, 410, "half a second is kept");
}
