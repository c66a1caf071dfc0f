//! A room moves to another tick thread under traffic, with its sockets: nobody notices.

use std::time::{Duration, Instant};

use snapline_shared::tick::Step;

use crate::client::Client;
use crate::{Config, config, start};

#[test]
fn a_room_moves_under_traffic_and_nobody_notices() {
    let server = start(&Config { tick_threads: 3, ..config() });
    assert!(!server.move_room("nowhere", 1) && !server.move_room("main", 3));
    let players: Vec<_> = (0..8)
        .map(|nth| {
            let mut client = Client::join(server.address(), "main", &format!("p{nth}"));
            std::thread::spawn(move || {
                let start = Instant::now();
                let mut steps: Vec<Step> = Vec::new();
                while start.elapsed() < Duration::from_secs(6) {
                    client.next_snapshot();
                    steps.push(client.step());
                }
                steps
            })
        })
        .collect();
    // Whole clients beside them check every frame against what the server thinks they hold.
    let bots = snapline_bots::Options {
        bots: 4,
        seconds: 5,
        ramp_per_second: 100,
        ..snapline_bots::Options::new(&format!("ws://{}/play", server.address()))
    };
    let bots = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(snapline_bots::run(&bots))
    });
    for round in 1..=20 {
        std::thread::sleep(Duration::from_millis(200));
        assert!(server.move_room("main", round % 3));
        // Whoever joins on the way comes along.
        let mut late = Client::join(server.address(), "main", "late");
        late.next_snapshot();
    }
    for player in players {
        let steps = player.join().expect("no player is closed or stalls");
        // A late room makes up for three ticks and shows the last of them: no step is lost beyond that, none comes twice.
        let gaps = steps.windows(2).filter(|pair| !(1..=4).contains(&pair[1].since(pair[0]))).count();
        assert_eq!(gaps, 0, "{steps:?}");
        assert!(steps.len() > 60, "{} steps", steps.len());
        let consecutive = steps.windows(2).filter(|pair| pair[1].since(pair[0]) == 1).count();
        assert!(2 * consecutive > steps.len(), "a move is the exception: {steps:?}");
    }
    let report = bots.join().expect("the bots run").expect("the bots begin");
    assert!(report.is_good() && report.desyncs == 0 && report.snapshots > 200, "{report}");
}
