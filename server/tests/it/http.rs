//! Every refusal that HTTP can express, and the answers that are the same for everybody.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use snapline_shared::message::SUBPROTOCOL;

use crate::client::{Client, Witness, dial, get, http, upgrade};
use crate::game::Trial;
use crate::{config, start};

#[test]
fn refusals() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    let play = || upgrade("/play");
    let key = |key: &str| play().replace("dGhlIHNhbXBsZSBub25jZQ==", key);
    let rows: Vec<(&str, String, u16, &str)> = vec![
        ("an unknown path", "GET /nothing HTTP/1.1\r\n\r\n".into(), 404, ""),
        ("a path below one that there is", "GET /livez/x HTTP/1.1\r\n\r\n".into(), 404, ""),
        ("/debug without --dev", "GET /debug/rooms/main/rows?step=1 HTTP/1.1\r\n\r\n".into(), 404, ""),
        ("POST to /livez", "POST /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n".into(), 405, "allow: get,head"),
        ("DELETE of /api/rooms", "DELETE /api/rooms HTTP/1.1\r\n\r\n".into(), 405, "allow: get,head"),
        ("POST to /play", play().replace("GET", "POST"), 405, "allow: get,head"),
        ("HEAD of /play", play().replace("GET", "HEAD"), 405, "allow: get"),
        ("/play without an upgrade", "GET /play HTTP/1.1\r\n\r\n".into(), 400, ""),
        ("no subprotocol", play().replace("Sec-WebSocket-Protocol", "X"), 400, ""),
        ("no subprotocol of ours", play().replace(SUBPROTOCOL, "mqtt"), 400, ""),
        ("no key", play().replace("Sec-WebSocket-Key", "X"), 400, ""),
        ("a key of 3 bytes", key("AAAA"), 400, ""),
        ("a key that is not base64", key("dGhlIHNhbXBsZ!Bub25jZQ=="), 400, ""),
        ("version 8", play().replace("Version: 13", "Version: 8"), 426, "sec-websocket-version: 13"),
        ("no version", play().replace("Sec-WebSocket-Version", "X"), 426, "sec-websocket-version: 13"),
        ("not HTTP", "hello\r\n\r\n".into(), 400, ""),
        ("a header too long", format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000)), 431, ""),
    ];
    for (name, request, status, header) in rows {
        let answer = http(server.address(), &request);
        assert_eq!(answer.status, status, "{name}: {}{}", answer.head, answer.text());
        assert!(header.is_empty() || answer.has(header), "{name}: {}", answer.head);
        witness.sees_ticks(name);
    }
    let answer = http(server.address(), &play().replace(SUBPROTOCOL, "mqtt"));
    assert!(answer.text().contains(SUBPROTOCOL), "the body lists what is supported: {}", answer.text());
}

#[test]
fn the_connection_cap() {
    let server = start(&crate::Config { connections_max: 1, ..config() });
    let witness = Witness::join(server.address(), "main");
    let answer = http(server.address(), &upgrade("/play"));
    assert!(answer.status == 503 && answer.has("retry-after: 5"), "{}", answer.head);
    assert_eq!(get(server.address(), "/readyz").status, 503);
    let admission = get(server.address(), "/api/admit").text();
    assert!(admission.contains("\"code\":1013") && admission.contains("\"retry_after_s\":5"), "{admission}");
    assert_eq!(get(server.address(), "/livez").status, 200);
    witness.sees_ticks("refused connections");
    drop(witness);
    // The place is free again once the connection has gone.
    for _ in 0..100 {
        if get(server.address(), "/readyz").status == 200 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(Client::join(server.address(), "main", "next"));
}

#[test]
fn a_header_that_never_ends_holds_its_place_for_five_seconds() {
    let server = start(&crate::Config { handshakes_max: 1, ..config() });
    let mut slow = dial(server.address());
    slow.write_all(b"GET / HTTP/1.1\r\nHost: te").expect("the beginning leaves");
    let start = Instant::now();
    // The only place is taken: the next one waits in the kernel until then.
    assert_eq!(get(server.address(), "/livez").status, 200);
    let took = start.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(15)).contains(&took), "{took:?}");
    let mut rest = Vec::new();
    assert!(slow.read_to_end(&mut rest).is_ok(), "closed: {}", String::from_utf8_lossy(&rest));
}

#[test]
fn the_upgrade_says_what_was_chosen() {
    let server = start(&config());
    let client = Client::open(server.address(), "main");
    let head = client.head.to_lowercase();
    assert!(head.contains(&format!("sec-websocket-protocol: {SUBPROTOCOL}\r\n")), "{head}");
    assert!(client.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the accept key of RFC 6455's example: {head}");
    assert!(!head.contains("permessage-deflate"), "compression is refused silently: {head}");
}

#[test]
fn the_schema_is_served_to_the_byte() {
    let server = start(&config());
    let answer = get(server.address(), "/schema.json");
    assert_eq!(answer.body, snapline_shared::game::schema::<Trial>().to_json());
    assert!(answer.has("content-type: application/json") && answer.has("x-content-type-options: nosniff"));
}
