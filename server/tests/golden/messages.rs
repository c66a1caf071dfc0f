//! Every message of both directions but the snapshot: its bytes, and what they mean as the browser's client tells it.

use serde_json::{Map, Value, json};
use snapline_shared::message::{
    CHAT_BYTES_MAX, ClientMessage, Hello, InputMessage, NAME_CHARS_MAX, Notice, RosterChange, ServerMessage, Status,
    TOKEN_BYTES_MAX, Welcome,
};
use snapline_shared::numbers::of_words;
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Seen, Step};

use crate::{golden, hex};

wire! { struct Steer { way: f32 => Arc Angle { bits: 10 }, hot: bool => Snap Uint { bits: 1 }, wide: u64 => Snap Uint { bits: 40 } } }
wire! { struct Buy { item: u8 => Snap Uint { bits: 8 }, place: Vec2 => Snap Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true } } }
wire! { struct Surrender {} }

fn schema() -> Schema {
    Schema {
        game: "golden".into(),
        entities: vec![].into(),
        events: vec![].into(),
        requests: vec![Buy::KIND, Surrender::KIND].into(),
        input: Steer::KIND,
        own: <()>::KIND,
        tables: "".into(),
    }
}

/// An object without the fields that are not there.
fn object(fields: Value) -> Value {
    let Value::Object(fields) = fields else { return fields };
    Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

fn of_server(message: &ServerMessage) -> Value {
    object(match message {
        ServerMessage::Welcome(welcome) => json!({
            "type": "welcome", "epoch": welcome.epoch, "tick": welcome.tick.0, "tickHz": welcome.tick_hz,
            "ticksPerStep": welcome.ticks_per_step, "player": welcome.player.0, "game": welcome.game,
            "schemaHash": format!("{:016x}", welcome.schema_hash), "map": welcome.map,
            "mapHash": format!("{:016x}", welcome.map_hash), "options": welcome.options, "resumeS": welcome.resume_s,
        }),
        ServerMessage::Reply { number, refused } => json!({ "type": "reply", "number": number, "refused": refused }),
        ServerMessage::Chat { player, text } => json!({ "type": "chat", "player": player.0, "text": text }),
        ServerMessage::Notice(Notice::Roster { whole, changes }) => {
            let changes: Vec<Value> = changes.iter().map(of_change).collect();
            json!({ "type": "roster", "whole": whole, "changes": changes })
        }
        ServerMessage::Notice(Notice::Status(now)) => json!({
            "type": "status", "rttMs": now.rtt_ms, "players": now.players, "tickP50Us": now.tick_p50_us,
            "tickP99Us": now.tick_p99_us, "tickBudgetUs": now.tick_budget_us, "starvedTicks": now.starved_ticks,
            "stepHz": now.step_hz,
        }),
        ServerMessage::Notice(Notice::Results(json)) => json!({ "type": "results", "json": json }),
        ServerMessage::Notice(Notice::Words(text)) => json!({ "type": "words", "text": text }),
    })
}

fn of_change(change: &RosterChange) -> Value {
    match change {
        RosterChange::Join { player, name, bot } => {
            json!({ "change": "join", "player": player.0, "name": name, "bot": bot })
        }
        RosterChange::Leave { player } => json!({ "change": "leave", "player": player.0 }),
        RosterChange::Away { player, away } => json!({ "change": "away", "player": player.0, "away": away }),
    }
}

fn of_client(message: &ClientMessage) -> Value {
    object(match message {
        ClientMessage::Hello(Hello { name, token, resume, schema_hash, bot }) => {
            let hash = schema_hash.map(|hash| format!("{hash:016x}"));
            json!({ "type": "hello", "name": name, "token": token, "resume": resume, "schemaHash": hash, "bot": bot })
        }
        ClientMessage::Input(InputMessage { first, count, words, ack }) => {
            let ack = ack.map(|(step, seen)| json!({ "step": step.0, "tick": seen.tick.0, "fraction": seen.fraction }));
            json!({ "type": "input", "first": first.0, "count": count, "words": words, "ack": ack })
        }
        ClientMessage::Ack(step) => json!({ "type": "ack", "step": step.0 }),
        ClientMessage::Request { number, kind, words } => {
            let kind = &schema().requests[usize::from(*kind)];
            json!({ "type": "request", "number": number, "kind": kind.name, "numbers": of_words(kind, words) })
        }
        ClientMessage::Chat(text) => json!({ "type": "chat", "text": text }),
        ClientMessage::Visibility(visible) => json!({ "type": "visibility", "visible": visible }),
        ClientMessage::Desync(step) => json!({ "type": "desync", "step": step.0 }),
    })
}

fn welcomes() -> Vec<ServerMessage> {
    let options = vec![("view_radius".to_owned(), "450".to_owned()), ("größe".to_owned(), String::new())];
    let full = Welcome {
        epoch: u32::MAX,
        tick: Tick(u32::MAX),
        tick_hz: 1000,
        ticks_per_step: 250,
        player: PlayerId(4095),
        game: "arena".to_owned(),
        schema_hash: 0x0123_4567_89ab_cdef,
        map: "arena.json".to_owned(),
        map_hash: u64::MAX,
        options,
        resume: "AAABAAAAAQAAAAAAAAAwdScAjn8x2AjFRUsTGlIqfVFhBA".to_owned(),
        resume_s: 3600,
        answers: vec![(7, None), (u32::MAX, Some("too dear".to_owned()))],
    };
    let plain = Welcome { epoch: 1, tick: Tick(740), tick_hz: 60, ticks_per_step: 2, ..Welcome::default() };
    vec![ServerMessage::Welcome(plain), ServerMessage::Welcome(full)]
}

fn from_server() -> Vec<ServerMessage> {
    let join = |player, name: &str, bot| RosterChange::Join { player: PlayerId(player), name: name.to_owned(), bot };
    let mut messages = welcomes();
    messages.extend([
        ServerMessage::Reply { number: 0, refused: None },
        ServerMessage::Reply { number: u32::MAX, refused: Some("too dear: 250 is more than you have".to_owned()) },
        ServerMessage::Chat { player: PlayerId(250), text: "hi".to_owned() },
        ServerMessage::Chat { player: PlayerId(251), text: "ä".repeat(CHAT_BYTES_MAX / 2) },
    ]);
    let roster = |whole, changes| Notice::Roster { whole, changes };
    let notices = [
        roster(true, vec![]),
        roster(true, vec![join(0, "Ada", false), join(300, &"€".repeat(NAME_CHARS_MAX), true)]),
        roster(
            false,
            vec![
                RosterChange::Away { player: PlayerId(0), away: true },
                RosterChange::Away { player: PlayerId(4095), away: false },
                RosterChange::Leave { player: PlayerId(300) },
            ],
        ),
        Notice::Status(Status::default()),
        Notice::Status(Status {
            rtt_ms: 250,
            players: 251,
            tick_p50_us: 65_535,
            tick_p99_us: 65_536,
            tick_budget_us: u32::MAX,
            starved_ticks: u16::MAX,
            step_hz: 30,
        }),
        Notice::Results(r#"{"winner":"Ada","score":[12,7]}"#.to_owned()),
        Notice::Words("The server restarts in a minute.".to_owned()),
    ];
    messages.extend(notices.map(ServerMessage::Notice));
    messages
}

/// Messages, each with the room's tick and the newest step sent, which restore the high bits.
fn from_client() -> Vec<(ClientMessage, Tick, Step)> {
    let plain = |message| (message, Tick(0), Step(0));
    let hello = |name: &str, token, schema_hash, bot| {
        plain(ClientMessage::Hello(Hello { name: name.to_owned(), token, schema_hash, bot, ..Hello::default() }))
    };
    let steer = |way: f32, hot, wide| {
        let mut words = vec![0; Steer::KIND.words()];
        Steer { way, hot, wide }.quantise(&mut words);
        words
    };
    let buy = |item, place| {
        let mut words = vec![0; Buy::KIND.words()];
        Buy { item, place }.quantise(&mut words);
        ClientMessage::Request { number: u32::from(item), kind: 0, words }
    };
    let input = |first: u32, inputs: &[Vec<u32>], ack| {
        let message = InputMessage { first: Tick(first), count: inputs.len(), words: inputs.concat(), ack };
        ClientMessage::Input(message)
    };
    let (left, right) = (steer(-1.0, true, (1 << 40) - 1), steer(2.0, false, 7));
    let seen = |tick, fraction| Seen { tick: Tick(tick), fraction, skipped: 0 };
    vec![
        hello("", None, None, false),
        hello("Ada", None, None, true),
        hello(&"ä".repeat(NAME_CHARS_MAX), Some("t".repeat(TOKEN_BYTES_MAX)), Some(0xfedc_ba98_7654_3210), false),
        plain(ClientMessage::Hello(Hello {
            name: "Ada".to_owned(),
            resume: Some("AAABAAAAAQAAAAAAAAAwdScAjn8x2AjFRUsTGlIqfVFhBA".to_owned()),
            ..Hello::default()
        })),
        (input(742, std::slice::from_ref(&left), None), Tick(740), Step(0)),
        (input(742, &[left.clone(), left.clone()], Some((Step(369), seen(734, 0)))), Tick(740), Step(370)),
        (
            input(65_534, &[left.clone(), right.clone(), right, left], Some((Step(65_535), seen(65_530, 255)))),
            Tick(65_530),
            Step(65_540),
        ),
        (input(2, &[steer(0.0, false, 0)], Some((Step(u32::MAX), seen(u32::MAX, 128)))), Tick(0), Step(1)),
        (ClientMessage::Ack(Step(370)), Tick(740), Step(371)),
        (ClientMessage::Ack(Step(u32::MAX)), Tick(0), Step(2)),
        plain(buy(0, Vec2::new(1.0, 999.9375))),
        plain(buy(1, Vec2::new(500.5, 0.0))),
        plain(ClientMessage::Request { number: 2, kind: 1, words: vec![] }),
        plain(ClientMessage::Chat("hi".to_owned())),
        plain(ClientMessage::Chat("x".repeat(CHAT_BYTES_MAX))),
        plain(ClientMessage::Visibility(false)),
        plain(ClientMessage::Visibility(true)),
        plain(ClientMessage::Desync(Step(65_536))),
    ]
}

#[test]
fn messages() {
    let layout = schema().input.layout();
    let server = from_server().into_iter().map(|message| {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        assert_eq!(ServerMessage::decode(&bytes).as_ref(), Ok(&message));
        json!({ "bytes": hex(&bytes), "means": of_server(&message) })
    });
    let client = from_client().into_iter().map(|(message, now, sent)| {
        let mut bytes = Vec::new();
        message.encode(&layout, &mut bytes);
        assert_eq!(ClientMessage::decode(&bytes, &layout, now, sent).as_ref(), Ok(&message));
        json!({ "bytes": hex(&bytes), "now": now.0, "sent": sent.0, "means": of_client(&message) })
    });
    let (server, client): (Vec<_>, Vec<_>) = (server.collect(), client.collect());
    let json = schema().to_json();
    golden("messages.json", &json!({ "schema": String::from_utf8_lossy(&json), "server": server, "client": client }));
}
