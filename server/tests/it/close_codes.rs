//! Every way in which a peer can end its WebSocket: the code, the reason, and that nobody else notices.

use std::time::{Duration, Instant};

use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::tick::Step;

use crate::client::{Bytes, Client, Witness, frame, head, hello, upgrade};
use crate::{config, start};

/// What a client sends, and what it is told.
type Row = (&'static str, Vec<u8>, u16, &'static str);

/// Broken at any time, before Hello and in the game.
fn framing() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("text", frame(0x81, b"hello"), 1003, "binary_only"),
        ("text in two fragments", [frame(0x01, b"hel"), frame(0x80, b"lo")].concat(), 1003, "binary_only"),
        ("one byte too long, by its head alone", head(0x82, 1025), 1009, "too_big"),
        ("2^40 bytes long, by its head alone", head(0x82, 1 << 40), 1009, "too_big"),
        ("2^63 bytes long, by its head alone", head(0x82, 1 << 63), 1009, "too_big"),
        ("too long in fragments", [frame(0x02, &[0; 600]), frame(0x00, &[0; 600])].concat(), 1009, "too_big"),
        ("unmasked", vec![0x82, 1, 0], 1002, "protocol_error"),
        ("unmasked ping", vec![0x89, 0], 1002, "protocol_error"),
        ("a continuation of nothing", frame(0x80, b"x"), 1002, "protocol_error"),
        ("a message within another", [frame(0x02, b"x"), frame(0x82, b"y")].concat(), 1002, "protocol_error"),
        ("a ping in fragments", frame(0x09, b"x"), 1002, "protocol_error"),
        ("a ping of 126 bytes", frame(0x89, &[0; 126]), 1002, "protocol_error"),
        ("a close of one byte", frame(0x88, &[3]), 1002, "protocol_error"),
        ("a close with bad UTF-8", frame(0x88, &[3, 232, 0xff]), 1002, "protocol_error"),
        ("a close without code", frame(0x88, &[]), 1000, "bye"),
        ("a close with 1000", frame(0x88, &[3, 232, b'b', b'y', b'e']), 1000, "bye"),
    ];
    for (name, bit) in [("reserved bit 1", 0x40), ("reserved bit 2", 0x20), ("reserved bit 3", 0x10)] {
        rows.push((name, frame(0x82 | bit, b"x"), 1002, "protocol_error"));
    }
    for opcode in (3..=7).chain(11..=15) {
        rows.push(("a reserved opcode", frame(0x80 | opcode, b""), 1002, "protocol_error"));
    }
    for code in [0u16, 999, 1005, 1006, 1015, 1016, 2999, 5000] {
        rows.push((
            "a close with a code that must not travel",
            frame(0x88, &code.to_be_bytes()),
            1002,
            "protocol_error",
        ));
    }
    rows
}

fn binary(message: &[u8]) -> Vec<u8> {
    frame(0x82, message)
}

#[test]
fn before_hello() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    let ack = ClientMessage::Ack(Step(0)).bytes();
    let long_name = ClientMessage::Hello(Hello { name: "x".repeat(25), ..Hello::default() }).bytes();
    let mut rows = framing();
    rows.extend([
        ("an empty message", binary(b""), 4000, "bad_message: "),
        ("an unknown type", binary(&[99]), 4000, "bad_message: "),
        ("an ack before Hello", binary(&ack), 4000, "bad_message: a message before Hello"),
        ("a Hello with bytes left over", binary(&[hello("x"), vec![0]].concat()), 4000, "bad_message: "),
        (
            "a Hello with a hostile length",
            binary(&[1, 253, 255, 255, 255, 255, 255, 255, 255, 15]),
            4000,
            "bad_message: ",
        ),
        ("a name of 25 characters", binary(&long_name), 4000, "bad_message: "),
        ("as long as allowed, but no message", binary(&[99; 1024]), 4000, "bad_message: "),
        ("a message in one packet with Hello", [binary(&hello("x")), binary(&ack)].concat(), 4000, "bad_message: "),
        ("pings for ever", frame(0x89, b"").repeat(100), 4000, "bad_message: "),
        ("nothing", Vec::new(), 4104, "hello_timeout"),
        ("half a Hello", binary(&hello("x"))[..9].to_vec(), 4104, "hello_timeout"),
        ("a name that the game refuses", binary(&hello("nobody")), 4002, "forbidden: nobody may play here"),
    ]);
    for (name, bytes, code, reason) in rows {
        let mut client = Client::open(server.address(), "main");
        client.send_raw(&bytes);
        let close = client.closed();
        assert!(close.0 == code && close.1.starts_with(reason), "{name}: {close:?}");
        witness.sees_ticks(name);
    }
}

#[test]
fn in_the_game() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    let never_sent = |by: i32| binary(&ClientMessage::Ack(Step(0).offset(by)).bytes());
    let mut rows = framing();
    rows.extend([
        ("an unknown type", binary(&[99]), 4000, "bad_message: "),
        ("a second Hello", binary(&hello("x")), 4000, "bad_message: a second Hello"),
        ("an input cut short", binary(&[2, 0]), 4000, "bad_message: "),
        ("a request that the game does not have", binary(&[4, 1, 0, 0]), 4000, "bad_message: "),
        ("an ack of what was never sent", never_sent(30_000), 4000, "bad_message: an ack of what was never sent"),
    ]);
    for (name, bytes, code, reason) in rows {
        let mut client = Client::join(server.address(), "main", "rogue");
        client.next_snapshot();
        client.send_raw(&bytes);
        let close = client.closed();
        assert!(close.0 == code && close.1.starts_with(reason), "{name}: {close:?}");
        witness.sees_ticks(name);
    }
}

#[test]
fn between_hello_and_welcome() {
    let server = start(&config());
    for _ in 0..10 {
        let mut client = Client::open(server.address(), "main");
        client.send(&hello("hasty"));
        client.send(&ClientMessage::Ack(Step(20_000)).bytes());
        let close = client.closed();
        assert!(close.0 == 4000 && close.1.starts_with("bad_message: "), "{close:?}");
    }
}

#[test]
fn what_is_allowed_stays_allowed() {
    let server = start(&config());
    let mut client = Client::open(server.address(), "main");
    let bytes = hello("careful");
    client.send_raw(&frame(0x89, b"are you there"));
    client.send_raw(&frame(0x02, &bytes[..3]));
    client.send_raw(&frame(0x8a, b"a pong that nobody asked for"));
    client.send_raw(&frame(0x80, &bytes[3..]));
    client.next_snapshot();
    assert!(client.welcome.is_some());
    // Longer than the time-outs for Hello and for pongs.
    assert_eq!(client.play(Instant::now() + Duration::from_secs(3)), None);
}

#[test]
fn hello_may_come_in_the_packet_of_the_upgrade() {
    let server = start(&config());
    let bytes = [upgrade("/play").into_bytes(), binary(&hello("eager"))].concat();
    let mut client = Client::open_with(server.address(), &bytes);
    client.next_snapshot();
    assert!(client.welcome.is_some());
}

#[test]
fn another_version() {
    let server = start(&config());
    let request = upgrade("/play").replace("snapline.v1", "snapline.v9, snapline.v8");
    let mut client = Client::open_with(server.address(), request.as_bytes());
    assert!(client.head.to_lowercase().contains("sec-websocket-protocol: snapline.v9\r\n"), "{}", client.head);
    let close = client.closed();
    assert!(close.0 == 4003 && close.1.contains("snapline.v1"), "{close:?}");
}

#[test]
fn rooms_and_seats() {
    let server = start(&crate::Config { rooms_max: 2, players_max: 2, ..config() });
    let witness = Witness::join(server.address(), "main");
    let told = |room: &str| {
        let mut client = Client::open(server.address(), room);
        client.send(&hello("late"));
        client.closed()
    };
    for room in ["Main", "a%20b", "", "abcdefghijklmnopqrstuvwxyz-0123456"] {
        let close = told(room);
        assert!(close.0 == 4004 && close.1.starts_with("room_not_found: "), "{room}: {close:?}");
    }
    let second = Witness::join(server.address(), "main");
    assert_eq!(told("main"), (4103, "room_full".to_owned()));
    let other = Witness::join(server.address(), "other");
    assert_eq!(told("third"), (1013, "overloaded: no more rooms".to_owned()));
    [&witness, &second, &other].iter().for_each(|witness| witness.sees_ticks("all of it"));
    drop((witness, second, other));

    let server = start(&crate::Config { rooms_on_demand: false, ..config() });
    let mut client = Client::open(server.address(), "other");
    client.send(&hello("late"));
    assert_eq!(client.closed().0, 4004);
}

#[test]
fn who_answers_no_ping_or_acknowledges_nothing() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    let mut mute = Client::join(server.address(), "main", "mute");
    (mute.acks, mute.pongs) = (false, false);
    let start = Instant::now();
    assert_eq!(mute.closed(), (4201, "no_pong".to_owned()));
    let took = start.elapsed();
    assert!((Duration::from_millis(1500)..Duration::from_secs(8)).contains(&took), "{took:?}");

    let mut idle = Client::join(server.address(), "main", "idle");
    idle.acks = false;
    let start = Instant::now();
    assert_eq!(idle.closed(), (4101, "slow_consumer".to_owned()));
    let took = start.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(20)).contains(&took), "{took:?}");
    witness.sees_ticks("both");
}

#[test]
fn a_flood_is_slowed_down_and_harms_nobody() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    let mut flood = Client::join(server.address(), "main", "flood");
    flood.next_snapshot();
    // Empty fragments are no messages, yet reading them must not hold the tick up.
    let mut bytes = frame(0x02, b"");
    bytes.extend(frame(0x00, b"").repeat(10_000));
    let until = Instant::now() + Duration::from_secs(2);
    for _ in 0..2000 {
        if Instant::now() >= until {
            break;
        }
        flood.send_raw(&bytes);
        bytes = frame(0x00, b"").repeat(10_000);
    }
    witness.sees_ticks("a flood of fragments");
    drop(flood);
    let mut chatty = Client::join(server.address(), "main", "chatty");
    chatty.send_raw(&binary(&ClientMessage::Visibility(true).bytes()).repeat(500));
    chatty.next_snapshot();
    assert_eq!(chatty.play(Instant::now() + Duration::from_secs(1)), None, "500 messages are late, not forbidden");
    witness.sees_ticks("a flood of messages");
}
