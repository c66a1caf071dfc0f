//! Rooms by name: made on demand, spread over threads, ended when empty; a failure stays within its room.

use std::time::{Duration, Instant};

use snapline_shared::message::ClientMessage;

use crate::client::{Bytes, Client, Witness, get, hello};
use crate::{config, start};

fn list(server: &snapline_server::Server) -> serde_json::Value {
    let answer = get(server.address(), "/api/rooms");
    assert_eq!(answer.status, 200);
    let mut rooms: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    for room in rooms.as_array_mut().expect("a list") {
        let room = room.as_object_mut().expect("a room");
        assert!(["thread", "tick_us", "slowest_phase"].iter().all(|field| room.remove(*field).is_some()));
    }
    rooms
}

fn within(time: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < time, "not within {time:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn they_are_listed_and_empty_ones_end() {
    let server = start(&crate::Config { room_empty_s: 1, tick_threads: 2, players_max: 7, restart_s: 3, ..config() });
    let main = serde_json::json!({"name": "main", "players": 0, "players_max": 7, "tick_hz": 30, "restart_s": 3, "game": "trial"});
    assert_eq!(list(&server), serde_json::json!([main]));
    let first = Witness::join(server.address(), "arena-1");
    let second = Witness::join(server.address(), "arena-1");
    let third = Witness::join(server.address(), "main");
    let rooms = list(&server);
    assert!(rooms[0]["name"] == "arena-1" && rooms[0]["players"] == 2 && rooms[1]["players"] == 1, "{rooms}");
    [&first, &second, &third].iter().for_each(|witness| witness.sees_ticks("three joins"));
    drop((first, second, third));
    within(Duration::from_secs(4), "only main is left", || list(&server) == serde_json::json!([main]));
    // It is made anew, and main wakes up.
    drop((Client::join(server.address(), "arena-1", "again"), Client::join(server.address(), "main", "again")));
}

#[test]
fn an_empty_room_sleeps() {
    let server = start(&config());
    let tick = |name: &str| Client::join(server.address(), "main", name).welcome.map_or(0, |welcome| welcome.tick.0);
    let before = tick("first");
    std::thread::sleep(Duration::from_secs(1));
    let after = tick("second");
    assert!(after - before < 20, "no ticks while nobody is there: from {before} to {after}");
}

#[test]
fn a_kept_room_sleeps_while_nobody_looks_and_never_ends() {
    let config =
        crate::Config { keep_rooms: vec!["lobby-*".to_owned()], room_empty_s: 1, ping_interval_s: 60, ..config() };
    let server = start(&config);
    let mut hidden: Vec<Client> = (0..3).map(|_| Client::join(server.address(), "lobby-1", "hidden")).collect();
    for client in &mut hidden {
        client.next_snapshot();
        client.send(&ClientMessage::bytes(&ClientMessage::Visibility(false)));
    }
    // One says so at every tick until after the room has fallen asleep: such a socket is not announced while the room is awake, and must be then.
    for _ in 0..80 {
        hidden[2].send(&ClientMessage::bytes(&ClientMessage::Visibility(false)));
        std::thread::sleep(Duration::from_millis(25));
    }
    // It goes on for a second, with a frame a second.
    let count = |clients: &mut Vec<Client>, ms: u64| -> u64 {
        std::thread::sleep(Duration::from_millis(ms));
        let now = Instant::now;
        clients.iter_mut().for_each(|client| assert_eq!(client.play(now() + Duration::from_millis(50)), None));
        clients.iter().map(|client| client.snapshots).sum()
    };
    let asleep = count(&mut hidden, 2500);
    let before = hidden[0].step();
    assert_eq!(count(&mut hidden, 1500), asleep, "no frames while it sleeps");
    // Whoever looks again wakes it for all, and its time has stood still.
    hidden[2].send(&ClientMessage::bytes(&ClientMessage::Visibility(true)));
    hidden[2].next_snapshot();
    let slept = hidden[2].step().since(before);
    assert!((0..75).contains(&slept), "{slept} steps went on while it slept");
    let before = hidden[2].snapshots;
    assert_eq!(hidden[2].play(Instant::now() + Duration::from_millis(1500)), None);
    assert!(hidden[2].snapshots > before + 30);
    // Connections that are closed while it sleeps are noticed, and the room stays.
    drop(hidden);
    within(Duration::from_secs(5), "all have left", || list(&server)[0]["players"] == 0);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(list(&server)[0]["name"], "lobby-1", "a kept room does not end");
}

#[test]
fn a_failure_ends_its_room_alone() {
    let server = start(&config());
    let witness = Witness::join(server.address(), "main");
    for (name, others) in [("fuse", 2), ("bomb", 2)] {
        let mut bystanders: Vec<Client> =
            (0..others).map(|_| Client::join(server.address(), "doomed", "bystander")).collect();
        let mut culprit = Client::open(server.address(), "doomed");
        culprit.send(&hello(name));
        assert_eq!(culprit.closed(), (1011, "internal".to_owned()), "{name}");
        for bystander in &mut bystanders {
            assert_eq!(bystander.closed(), (1011, "internal".to_owned()), "with {name}");
        }
        witness.sees_ticks(name);
        assert_eq!(list(&server).as_array().map(Vec::len), Some(1), "the room is gone");
        // And can be made anew.
        drop(Client::join(server.address(), "doomed", "next"));
    }
    drop(witness);
    // Main comes back too.
    let mut culprit = Client::open(server.address(), "main");
    culprit.send(&hello("fuse"));
    assert_eq!(culprit.closed().0, 1011);
    Client::join(server.address(), "main", "next").next_snapshot();
}
