//! The end of the server: everybody is told 1012, within the time.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::{config, start};

#[test]
fn everybody_is_told_to_come_back() {
    let server = start(&crate::Config { tick_threads: 2, hello_timeout_s: 60, ..config() });
    let mut players: Vec<Client> =
        ["main", "main", "other"].map(|room| Client::join(server.address(), room, "player")).into();
    players.push(Client::open(server.address(), "main"));
    // Lets the last one's handshake reach the wait for Hello.
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    let ends: Vec<_> = players
        .into_iter()
        .map(|mut player| std::thread::spawn(move || player.play(Instant::now() + Duration::from_secs(5))))
        .collect();
    server.shutdown();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for end in ends {
        assert_eq!(end.join().expect("no panic"), Some((1012, "restart".to_owned())));
    }
}

#[test]
fn who_does_not_listen_delays_it_little() {
    let server = start(&config());
    let mut deaf = Client::join(server.address(), "main", "deaf");
    deaf.next_snapshot();
    let start = Instant::now();
    server.shutdown();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(deaf);
}
