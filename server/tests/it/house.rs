//! House bots as people meet them: in the list of players, nowhere in the counts, gone when nobody is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use snapline_server::Server;

use crate::client::{Client, get, hello};
use crate::config;
use crate::game::{Idle, Trial};

fn start(settings: &crate::Config) -> Server {
    Server::start_with_bots::<Trial>(settings, Idle::maker).expect("a server starts on a free port")
}

/// People and bots in a list of players; a program that comes through a socket is one of the people.
fn count(roster: &BTreeMap<u16, String>) -> (usize, usize) {
    let people = roster.values().filter(|name| name.starts_with("person")).count();
    (people, roster.len() - people)
}

fn listed(server: &Server) -> serde_json::Value {
    let rooms: serde_json::Value = serde_json::from_slice(&get(server.address(), "/api/rooms").body).expect("JSON");
    rooms[0]["players"].clone()
}

#[test]
fn they_give_way_and_count_nowhere() {
    let server = start(&crate::Config { house_bots: 5, players_max: 2, rooms_on_demand: false, ..config() });
    let mut first = Client::join(server.address(), "main", "person 1");
    first.sees(|roster| count(roster) == (1, 5));
    assert_eq!(listed(&server), 1);
    assert_eq!(get(server.address(), "/readyz").status, 200, "a seat is free");
    assert!(get(server.address(), "/api/admit").text().contains("\"admit\":true"));
    let second = Client::join(server.address(), "main", "person 2");
    first.sees(|roster| count(roster) == (2, 4));
    assert_eq!(listed(&server), 2);
    let mut third = Client::open(server.address(), "main");
    third.send(&hello("person 3"));
    assert_eq!(third.closed().0, 4103, "two seats for people");
    assert_eq!(get(server.address(), "/readyz").status, 503);
    drop(second);
    first.sees(|roster| count(roster) == (1, 5));
}

#[test]
fn they_do_not_keep_the_room_awake() {
    let server = start(&crate::Config { house_bots: 3, ..config() });
    let begun = Instant::now();
    let mut first = Client::join(server.address(), "main", "person 1");
    first.sees(|roster| count(roster) == (1, 3));
    drop(first);
    while listed(&server) != 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the person has left");
        std::thread::sleep(Duration::from_millis(10));
    }
    let awake = begun.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    let mut second = Client::join(server.address(), "main", "person 2");
    let ticks = second.welcome.as_ref().map_or(0, |welcome| welcome.tick.0);
    let ticks_max = (awake.as_secs_f32() * 30.0) as u32 + 10;
    assert!(ticks <= ticks_max, "no ticks while nobody is there: {ticks}, awake for {awake:?}");
    second.sees(|roster| count(roster) == (1, 3));
}

#[test]
fn other_rooms_and_games_without_a_brain_have_none() {
    let server = start(&crate::Config { house_bots: 3, ..config() });
    let without = crate::start(&crate::Config { house_bots: 3, ..config() });
    for (address, room) in [(server.address(), "other"), (without.address(), "main")] {
        let mut first = Client::join(address, room, "person 1");
        (0..10).for_each(|_| first.next_snapshot());
        // Who comes later has the whole list at once.
        Client::join(address, room, "person 2").sees(|roster| {
            assert_eq!(count(roster).1, 0, "{roster:?}");
            roster.len() == 2
        });
    }
}
