//! The server's trace: a line a tick, with the inputs that came.

use std::time::{Duration, Instant};

use serde_json::Value;
use snapline_shared::message::{ClientMessage, InputMessage};
use snapline_shared::tick::Tick;

use crate::client::{Bytes, Client};
use crate::{Config, config, start};

#[test]
fn a_trace_has_a_line_a_tick_with_the_inputs_that_came() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("server-trace.jsonl");
    let server = start(&Config { trace: Some(path.clone()), ..config() });
    let mut client = Client::join(server.address(), "lab", "Ada");
    let welcome = client.welcome.clone().expect("Welcome");
    let mut send = |ticks: i32| {
        let input = InputMessage { first: welcome.tick.offset(ticks), count: 1, words: vec![1], ack: None };
        client.send(&ClientMessage::Input(input).bytes());
    };
    send(20);
    send(20);
    send(-5);
    assert_eq!(client.play(Instant::now() + Duration::from_millis(1000)), None);
    drop((client, server));

    let lines = std::fs::read_to_string(path).expect("the trace");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let number = |line: &Value, key: &str| line[key].as_i64().expect(key);
    let ticks: Vec<i64> = lines.iter().map(|line| number(line, "tick")).collect();
    assert!(ticks.len() > 20 && ticks.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
    assert!(lines.iter().all(|line| line["room"] == "lab" && number(line, "epoch") == i64::from(welcome.epoch)));
    let times: Vec<i64> = lines.iter().map(|line| number(line, "at_us")).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");

    let inputs = lines.iter().flat_map(|line| line["inputs"].as_array().expect("a list"));
    let inputs: Vec<(i32, bool, bool)> = inputs
        .map(|input| {
            let is_mine = number(input, "player") == i64::from(welcome.player.0);
            assert!(is_mine, "{input}");
            let tick = Tick(number(input, "tick") as u32).since(welcome.tick);
            (tick, input["applied"] == true, number(input, "slack") < 0)
        })
        .collect();
    assert_eq!(inputs, [(20, true, false), (20, false, false), (-5, false, true)]);
}
