//! Lost connections over real sockets: whatever ends one, the seat is kept and found again; a goodbye gives it up.

use std::time::{Duration, Instant};

use snapline_server::{Config, Server};
use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::tick::Step;

use crate::client::{Bytes, Client, Witness, frame, get};
use crate::start;

fn serve(resume_s: u32) -> Server {
    start(&Config { resume_s, players_max: 2, ..crate::config() })
}

fn token(client: &Client) -> String {
    client.welcome.as_ref().expect("Welcome").resume.clone()
}

fn seat(client: &Client) -> u16 {
    client.welcome.as_ref().expect("Welcome").player.0
}

/// Says Hello with this token on a new connection.
fn resume(server: &Server, token: String) -> Client {
    let mut client = Client::open(server.address(), "main");
    client.send(&ClientMessage::Hello(Hello { resume: Some(token), ..Hello::default() }).bytes());
    client
}

#[test]
fn whatever_ends_a_connection_but_a_goodbye_keeps_the_seat() {
    let server = serve(30);
    let witness = Witness::join(server.address(), "main");
    let mut client = Client::join(server.address(), "main", "Ada");
    let mine = seat(&client);
    type End = (&'static str, fn(Client));
    let ends: [End; 4] = [
        ("a reset", Client::reset),
        ("an end without a close frame", drop),
        ("a close with 1001", |mut client| client.send_raw(&frame(0x88, &1001u16.to_be_bytes()))),
        ("a close without a code", |mut client| client.send_raw(&frame(0x88, &[]))),
    ];
    for (name, end) in ends {
        client.next_snapshot();
        let token = token(&client);
        end(client);
        client = resume(&server, token);
        client.next_snapshot();
        assert_eq!(seat(&client), mine, "{name}");
        client.sees(|roster| roster.get(&mine).is_some_and(|name| name == "Ada"));
        witness.sees_ticks(name);
    }
    client.next_snapshot();
    let token = token(&client);
    client.send_raw(&frame(0x88, &1000u16.to_be_bytes()));
    assert_eq!(client.closed().0, 1000);
    let close = resume(&server, token).closed();
    assert!(close.0 == 4007 && close.1.starts_with("resume_rejected: "), "{close:?}");
}

#[test]
fn a_connection_that_still_looks_alive_is_replaced() {
    let server = serve(30);
    let mut before = Client::join(server.address(), "main", "Ada");
    before.next_snapshot();
    let mut after = resume(&server, token(&before));
    after.next_snapshot();
    assert_eq!(before.closed(), (4005, "replaced".to_owned()));
    assert_eq!((seat(&after), after.play(Instant::now() + Duration::from_millis(500))), (seat(&before), None));
    let close = resume(&server, token(&before)).closed();
    assert_eq!(close.0, 4007, "the token was used: {close:?}");
}

#[test]
fn a_kept_seat_counts_until_its_time_is_over() {
    let server = serve(1);
    let witness = Witness::join(server.address(), "main");
    let mut client = Client::join(server.address(), "main", "Ada");
    client.next_snapshot();
    let token = token(&client);
    let lost = Instant::now();
    client.reset();
    let admitted = || get(server.address(), "/api/admit?room=main").text().contains("\"admit\":true");
    assert!(!admitted(), "nobody else gets it meanwhile");
    while !admitted() {
        assert!(lost.elapsed() < Duration::from_secs(20), "it is given up some time");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(lost.elapsed() >= Duration::from_millis(900), "{:?}", lost.elapsed());
    assert_eq!(resume(&server, token).closed().0, 4007);
    witness.sees_ticks("all of it");
}

#[test]
fn tokens_that_are_none_are_told_so() {
    let server = serve(30);
    let witness = Witness::join(server.address(), "main");
    for token in ["", "x", &"A".repeat(46), &"A".repeat(128)] {
        let close = resume(&server, token.to_owned()).closed();
        assert!(close.0 == 4007 && close.1 == "resume_rejected: it is no token of this room", "{close:?}");
    }
    assert_eq!(resume(&server, "A".repeat(129)).closed().0, 4000);
    let mut early = Client::join(server.address(), "main", "Ada");
    early.next_snapshot();
    let mut hasty = resume(&server, token(&early));
    hasty.send(&ClientMessage::Ack(Step(20_000)).bytes());
    assert_eq!(hasty.closed().0, 4000, "a resumed connection too is silent until Welcome");
    witness.sees_ticks("all of it");
}

#[test]
fn the_time_of_a_kept_seat_runs_in_a_room_that_sleeps() {
    let config = Config { resume_s: 1, players_max: 1, keep_rooms: vec!["lobby".to_owned()], ..crate::config() };
    let server = start(&Config { ping_interval_s: 60, ..config });
    let mut client = Client::join(server.address(), "lobby", "Ada");
    client.next_snapshot();
    client.send(&ClientMessage::Visibility(false).bytes());
    // Long enough for the room to fall asleep.
    assert_eq!(client.play(Instant::now() + Duration::from_secs(3)), None);
    client.reset();
    let lost = Instant::now();
    let admitted = || get(server.address(), "/api/admit?room=lobby").text().contains("\"admit\":true");
    while !admitted() {
        assert!(lost.elapsed() < Duration::from_secs(20), "the seat is given up though nobody looks");
        std::thread::sleep(Duration::from_millis(20));
    }
}
