//! Golden vectors: what quantisers, messages, frames, motion and a whole client make today. `cargo test` compares them with `assets/golden/`,
//! `node --test` runs the same files through the WebAssembly builds. After a wanted change of the wire, or of the arena's rules:
//! `SNAPLINE_GOLDEN=write cargo test -p snapline-server --test golden`.

mod messages;
mod motion;
mod rows;
mod session;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use snapline_server::room::{Room, RoomConfig, RowsAt, SessionKey};
use snapline_shared::frame::{Replica, SNAPSHOT};
use snapline_shared::game::schema;
use snapline_shared::link::LinkSpec;
use snapline_shared::message::{ClientMessage, Hello, InputMessage};
use snapline_shared::numbers::to_words;
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;
use snapline_swarm::Swarm;

/// Compares `value` with the file, or writes it when asked to.
fn golden(name: &str, value: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/golden").join(name);
    let text = lines(value);
    if std::env::var("SNAPLINE_GOLDEN").as_deref() == Ok("write") {
        std::fs::write(&path, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        kept == text,
        "{name} differs from what the code makes: is the change of the wire wanted? Then write it anew (see above)"
    );
}

/// One element a line, so that a difference can be read.
fn lines(value: &serde_json::Value) -> String {
    let mut text = String::from("{\n");
    let fields = value.as_object().into_iter().flatten();
    for (i, (name, field)) in fields.enumerate() {
        let comma = if i == 0 { "" } else { ",\n" };
        let _ = match field.as_array() {
            Some(list) => {
                let rows: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(text, "{comma}\"{name}\": [\n{}\n]", rows.join(",\n"))
            }
            None => write!(text, "{comma}\"{name}\": {field}"),
        };
    }
    text + "\n}\n"
}

/// Bytes as the files have them.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

wire! { struct Fixes { wrapping: f32 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, clamped: f64 => Lerp Fixed { min: -8.0, max: 8.0, step: 0.125, wrap: false } } }
wire! { struct Turns { coarse: f32 => Arc Angle { bits: 8 }, fine: f64 => Arc Angle { bits: 24 } } }
wire! { struct Integers { small: u8 => Snap Uint { bits: 7 }, wide: u64 => Snap Uint { bits: 50 }, signed: i32 => Lerp Int { bits: 12 }, flag: bool => Snap Uint { bits: 1 } } }
wire! { struct Exact { single: f32 => Snap F32, double: f64 => Snap F64 } }
wire! { struct Rotation { turn: Quat => Arc Quat { bits: 9 } } }

#[test]
fn quantised_fields() {
    let edge =
        [0.0, -0.0, 0.03125, 999.97, 1000.0, -1.0, 7.9375, -8.0, 1e9, -1e9, 0.1, 6.25, -3.2, 127.4, 127.5, 2048.0];
    let mut cases = Vec::new();
    for kind in [Fixes::KIND, Turns::KIND, Integers::KIND, Exact::KIND] {
        for (i, &first) in edge.iter().enumerate() {
            let numbers = [first, edge[(i + 5) % edge.len()], edge[(i + 9) % edge.len()], edge[(i + 2) % edge.len()]];
            cases.push(json!({ "kind": kind.name, "numbers": numbers, "words": to_words(&kind, &numbers) }));
        }
    }
    for turn in [[0.0, 0.0, 0.0, 1.0], [0.5, -0.5, 0.5, 0.5], [0.1, 0.2, -0.3, -0.927], [-1.0, 0.0, 0.0, 0.0]] {
        cases.push(json!({ "kind": "Rotation", "numbers": turn, "words": to_words(&Rotation::KIND, &turn) }));
    }
    let schema = Schema {
        game: "golden".into(),
        entities: vec![Fixes::KIND, Turns::KIND, Integers::KIND, Exact::KIND, Rotation::KIND].into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "".into(),
    };
    let json = schema.to_json();
    assert_eq!(Schema::from_json(&json).as_ref(), Ok(&schema));
    golden("quantised.json", &json!({ "schema": String::from_utf8_lossy(&json), "cases": cases }));
}

fn send(room: &mut Room<Swarm>, session: SessionKey, message: &ClientMessage) {
    let mut bytes = Vec::new();
    message.encode(&schema::<Swarm>().input.layout(), &mut bytes);
    room.handle_message(1, session, &bytes).unwrap_or_else(|close| panic!("{close:?}"));
}

/// The swarm as one of seven players sees it: steering, coming and going, frames skipped and missed.
fn frames() -> Vec<(Vec<u8>, Step)> {
    let options = BTreeMap::from([("view_radius".to_owned(), "450".to_owned())]);
    let (mut room, mut sessions) = (room(options), Vec::new());
    let mut frames = Vec::new();
    for tick in 0..660u32 {
        if tick % 9 == 0 && sessions.len() < 7 {
            sessions.push(room.handle_open(&Hello::default()).unwrap_or_else(|close| panic!("{close:?}")));
        } else if tick % 97 == 96 {
            room.handle_left(sessions.remove(3));
        }
        for (i, &session) in sessions.iter().enumerate().skip(1) {
            // The first message is Welcome, and only after it a client may speak; the others get no snapshots.
            if room.poll_transmit(1, session, &mut Vec::new()) && tick % (5 * i as u32) == 0 {
                let words = vec![tick * i as u32 / 3 % 256, u32::from(i == 2)];
                let first = room.now().next();
                send(&mut room, session, &ClientMessage::Input(InputMessage { first, count: 1, words, ack: None }));
            }
        }
        room.tick(1);
        // Read at most steps, not at some, and not at all for longer than runs are kept.
        let asleep = tick % 150 > 100 && tick % 150 < 140;
        let mut bytes = Vec::new();
        while !asleep && tick % 7 != 0 && room.poll_transmit(1, sessions[0], &mut bytes) {
            let step = Step(room.now().0 / 2);
            if bytes[0] == SNAPSHOT {
                send(&mut room, sessions[0], &ClientMessage::Ack(step));
                frames.push((std::mem::take(&mut bytes), step));
            }
            bytes.clear();
        }
    }
    frames.truncate(200);
    frames
}

fn room(options: BTreeMap<String, String>) -> Room<Swarm> {
    let config = RoomConfig { snapshot_bytes_max: 30, history_ms: 20_000, options, ..RoomConfig::default() };
    let room = Room::new(config).expect("good options");
    assert!(matches!(room.rows_at(Step(0)), RowsAt::NotYet));
    room
}

#[test]
fn frames_of_the_swarm() {
    let schema = std::sync::Arc::new(schema::<Swarm>());
    let mut replica = Replica::new(&schema, RoomConfig::default().rates()).expect("good tables");
    let mut held = 0;
    let frames: Vec<serde_json::Value> = frames()
        .into_iter()
        .map(|(bytes, step)| {
            let info = replica.read(&bytes).unwrap_or_else(|error| panic!("{step}: {error}"));
            assert_eq!((info.step, info.check_failed), (step, false));
            let row = |row: &snapline_shared::frame::KnownRow| {
                let name = [row.id.slot.into(), row.id.generation & 0xff, row.held.into(), row.state.kind.into()];
                [&name[..], &[row.state.words.len() as u32], &row.state.words].concat()
            };
            let rows: Vec<u32> = replica.rows().iter().flat_map(row).collect();
            held += replica.rows().iter().filter(|row| row.held).count();
            json!({ "step": step.0, "bytes": hex(&bytes), "rows": rows })
        })
        .collect();
    assert_eq!(frames.len(), 200);
    assert!(held > 0, "held rows are among them");
    let json = schema.to_json();
    let text =
        json!({ "schema": String::from_utf8_lossy(&json), "tick_hz": 60, "ticks_per_step": 2, "frames": frames });
    golden("swarm.json", &text);
}

#[test]
fn links_with_a_name() {
    let ms = |us: u64| us as f64 / 1000.0;
    let links: Vec<_> = LinkSpec::PRESETS
        .iter()
        .map(|(name, link)| {
            json!({
                "preset": name, "delayMs": ms(link.delay_us), "jitterMs": ms(link.jitter_us), "lossPerMille": link.loss_per_mille,
                "stallMs": ms(link.stall_us), "bytesPerS": link.bytes_per_s,
            })
        })
        .collect();
    golden("links.json", &json!({ "links": links }));
}
