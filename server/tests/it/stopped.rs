//! A player whose process stops: what it costs the server, how it comes back, and that nobody else notices. Forty bots play the swarm meanwhile.

use std::time::{Duration, Instant};

use snapline_server::Server;
use snapline_server::room::RoomConfig;
use snapline_shared::frame::{Replica, SNAPSHOT};
use snapline_shared::game::schema;
use snapline_shared::message::ClientMessage;
use snapline_swarm::Swarm;

use crate::client::{Bytes, Client, get};
use crate::config;

/// Snapshots in flight at most: ceil((round trip + 250 ms) x 30 Hz), and a round trip here stays below 100 ms even on a busy machine.
const WINDOW_MAX: usize = 11;

/// Reads for `time`, acknowledging or not; gives the snapshots.
fn read(client: &mut Client, replica: &mut Replica, time: Duration, acks: bool) -> Vec<usize> {
    let (until, mut sizes) = (Instant::now() + time, Vec::new());
    while let Ok(frame) = client.next_frame(until) {
        if frame.payload.first() == Some(&SNAPSHOT) {
            let info = replica.read(&frame.payload).expect("a frame that follows");
            assert!(!info.check_failed);
            sizes.push(frame.payload.len());
            if acks {
                client.send(&ClientMessage::Ack(info.step).bytes());
            }
        }
    }
    sizes
}

/// Every row in step equals the server's row at that step.
fn assert_equals_server(server: &Server, replica: &Replica) {
    let step = replica.step().expect("a step");
    let answer = get(server.address(), &format!("/debug/rooms/main/rows?step={step}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let truth: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let rows = truth["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), replica.rows().len());
    for (row, truth) in replica.rows().iter().zip(rows) {
        assert!(!row.held, "all rows are in step again: {row:?}");
        assert_eq!(
            (row.id.slot.into(), &serde_json::json!(row.state.words)),
            (truth["slot"].as_u64().unwrap_or(0), &truth["words"])
        );
    }
}

#[test]
fn it_costs_a_window_and_comes_back_within_a_second() {
    let settings = crate::Config {
        tick_hz: 60,
        ticks_per_step: 2,
        dev: true,
        ping_interval_s: 30,
        snapshot_bytes_max: 256,
        ..config()
    };
    let server = Server::start::<Swarm>(&settings).expect("a server starts on a free port");
    let url = format!("ws://{}/play", server.address());
    let bots = std::thread::spawn(move || {
        let options = snapline_bots::Options { bots: 40, seconds: 10, ..snapline_bots::Options::new(&url) };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(snapline_bots::run(&options)).expect("a run")
    });
    std::thread::sleep(Duration::from_millis(1500));
    let mut client = Client::join(server.address(), "main", "stops");
    let mut replica =
        Replica::new(&std::sync::Arc::new(schema::<Swarm>()), RoomConfig::default().rates()).expect("no tables");
    let played = read(&mut client, &mut replica, Duration::from_secs(1), true);
    assert!(played.len() > 15, "{} snapshots in a second", played.len());
    assert_equals_server(&server, &replica);

    std::thread::sleep(Duration::from_secs(5));

    // What waited in the kernels, read without an ack: the window and no more.
    let waited = read(&mut client, &mut replica, Duration::from_millis(100), false);
    assert!((1..=WINDOW_MAX).contains(&waited.len()), "{} snapshots waited for it", waited.len());
    let step = replica.step().expect("a step");
    client.send(&ClientMessage::Ack(step).bytes());
    let after = read(&mut client, &mut replica, Duration::from_secs(1), true);
    assert!(after.len() > 15, "{} snapshots in the second after", after.len());
    let usual = played.iter().max().copied().unwrap_or(0).max(settings.snapshot_bytes_max);
    assert!(after.iter().all(|&size| size <= usual + usual / 3), "loads stay within the budget: {after:?}");
    assert_equals_server(&server, &replica);
    drop(client);

    let report = bots.join().expect("the bots end");
    assert!(report.is_good(), "the others noticed: {report}");
}
