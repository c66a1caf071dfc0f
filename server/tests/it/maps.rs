//! The map that is played: told in Welcome, given to the game, served.

use snapline_server::room::MAP_BYTES_MAX;
use snapline_server::{Server, StartError};
use snapline_shared::prelude::*;

use crate::client::{Client, get, http};
use crate::files::Directory;
use crate::game::Trial;
use crate::{config, start};

fn told(server: &Server, room: &str) -> (String, u64) {
    let welcome = Client::join(server.address(), room, "reader").welcome.expect("Welcome has come");
    (welcome.map, welcome.map_hash)
}

#[test]
fn the_games_own_is_told_and_served() {
    let server = start(&config());
    assert_eq!(told(&server, "main"), ("trial.txt".to_owned(), Trial::MAP.hash()));
    let answer = get(server.address(), "/maps/trial.txt");
    assert_eq!((answer.status, answer.body.as_slice()), (200, Trial::MAP.bytes));
    assert!(
        answer.has("content-type: text/plain; charset=utf-8") && answer.has("cache-control: no-cache"),
        "{}",
        answer.head
    );
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    let again = http(server.address(), &format!("GET /maps/trial.txt HTTP/1.1\r\nIf-None-Match: {tag}\r\n\r\n"));
    assert!(again.status == 304 && again.body.is_empty(), "{}", again.head);
    for path in ["/maps/", "/maps", "/maps/other.txt", "/maps/trial.txt/", "/maps/..%2fschema.json"] {
        assert_eq!(get(server.address(), path).status, 404, "{path}");
    }
    assert_eq!(http(server.address(), "POST /maps/trial.txt HTTP/1.1\r\nContent-Length: 0\r\n\r\n").status, 405);
}

#[test]
fn a_file_takes_its_place_in_all_rooms() {
    let directory = Directory::new("map");
    directory.write("mine.json", "trial: \"mine\"");
    let server = start(&crate::Config { map: Some(directory.0.join("mine.json")), ..config() });
    let mine = Map { name: "mine.json", bytes: b"trial: \"mine\"" };
    for room in ["main", "other"] {
        assert_eq!(told(&server, room), ("mine.json".to_owned(), mine.hash()), "{room}");
    }
    // What was read at the start is what is played and served, whatever becomes of the file.
    directory.write("mine.json", "something else");
    assert_eq!(told(&server, "third").1, mine.hash());
    let answer = get(server.address(), "/maps/mine.json");
    assert!(answer.body == mine.bytes && answer.has("content-type: application/json"), "{}", answer.head);
    assert_eq!(get(server.address(), "/maps/trial.txt").status, 404);
}

#[test]
fn a_game_without_a_map_has_none() {
    let server = Server::start::<snapline_swarm::Swarm>(&config()).expect("a server");
    assert_eq!(told(&server, "main"), (String::new(), 0));
    assert_eq!(get(server.address(), "/maps/trial.txt").status, 404);
}

#[test]
fn what_cannot_be_a_map_is_told_at_the_start() {
    let directory = Directory::new("bad-map");
    let told = |name: &str, text: &str| {
        directory.write(name, text);
        let settings = crate::Config { map: Some(directory.0.join(name)), ..config() };
        Server::start::<Trial>(&settings).err()
    };
    assert!(told("largest", &format!("trial{}", "x".repeat(MAP_BYTES_MAX - 5))).is_none());
    for (name, text, words) in [
        ("too-large", format!("trial{}", "x".repeat(MAP_BYTES_MAX - 4)), "more than 1048576 bytes"),
        ("with space", "trial".to_owned(), "\"with space\" is not 1-64 characters"),
        (".hidden", "trial".to_owned(), "the first no dot"),
    ] {
        let Some(StartError::Config(errors)) = told(name, &text) else { panic!("{name} is refused") };
        assert!(errors.0.len() == 1 && errors.0[0].field == "map", "{errors}");
        assert!(errors.0[0].words.contains(words), "{errors}");
    }
    let missing = crate::Config { map: Some(directory.0.join("missing")), ..config() };
    assert!(missing.validate().is_err_and(|errors| errors.0[0].field == "map"));
    let refused = told("refused.txt", "no trial").map(|error| error.to_string());
    assert_eq!(
        refused.as_deref(),
        Some("the game does not accept its map \"refused.txt\": it does not begin with \"trial\"")
    );
}
