//! Light bots: against a real server, and against servers that do what a test says.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::common::{Peer, options, schema, server, welcome};
use snapline_bots::{Options, Report, Workload, run};
use snapline_server::{Config, Server};
use snapline_shared::frame::{FrameHead, SNAPSHOT};
use snapline_shared::message::{ClientMessage, Notice, ServerMessage};
use snapline_shared::tick::Step;
use snapline_swarm::Swarm;
use tokio_tungstenite::tungstenite::protocol::Message;

fn swarm(workload: Workload) -> Server {
    let radius = workload.view_radius(workload.players());
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        tick_threads: 1,
        tick_hz: workload.tick_hz(),
        ticks_per_step: 1,
        options: [("view_radius".to_owned(), radius.to_string())].into(),
        ..Config::default()
    };
    Server::start::<Swarm>(&config).expect("a server starts on a free port")
}

fn light(address: SocketAddr, bots: u32) -> Options {
    Options { full_share: Some(0.0), ..options(address, bots) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_is_played_by_light_bots_and_checked_by_some_full_ones() {
    let server = swarm(Workload::W3);
    let options = Options { seconds: 2, ..options(server.address(), 0) }.for_workload(Workload::W3);
    let report = run(&Options { bots: 100, full_share: Some(0.1), ..options }).await.expect("a run");
    assert!(report.is_good(), "{report}");
    assert_eq!((report.bots.joined, report.load.light), (100, 90));
    // Two bots in each of the 50 rooms.
    assert_eq!(report.visible.mean, Some(2.0));
    assert!(report.load.inputs > 90 * 30 && report.load.late_ms.p99.is_some() && report.echo_ms.p50.is_some());
    let server_use = report.server.expect("the server is this process");
    assert_eq!(server_use.pid, std::process::id());
}

#[tokio::test(flavor = "multi_thread")]
async fn light_bots_come_and_go() {
    let server = swarm(Workload::W1);
    let options = Options { seconds: 2, churn_per_second: 20, ..light(server.address(), 20) };
    let report = run(&options).await.expect("a run");
    assert!(report.is_good(), "{report}");
    assert_eq!(report.bots.joined, 20);
    assert!((20..=60).contains(&report.load.churned), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_bots_are_silent_and_stay() {
    let server = swarm(Workload::W1);
    let options = Options { hidden: true, seconds: 2, ..light(server.address(), 10) };
    let report = run(&options).await.expect("a run");
    assert!(report.is_good(), "{report}");
    assert_eq!((report.load.inputs, report.bots.joined), (0, 10));
}

#[tokio::test]
async fn a_light_bot_acknowledges_what_it_has_read_with_its_inputs() {
    let address = server(schema().to_json(), |number, mut peer| async move {
        peer.hello().await;
        peer.say(&ServerMessage::Welcome(welcome(number))).await;
        let mut frame = Vec::new();
        FrameHead::write_empty(Step(50), None, 0, &mut frame);
        peer.send(Message::binary(frame)).await;
        peer.send(Message::binary(vec![SNAPSHOT, 0, 51, 0, 0, 1, 2, 3])).await;
        let mut acked = false;
        loop {
            match peer.next().await {
                Ok(ClientMessage::Input(input)) => acked |= input.ack.is_some_and(|(step, _)| step == Step(51)),
                Ok(other) => panic!("{other:?}"),
                Err(code) => break assert!(acked && code == 1000, "{code}"),
            }
        }
        peer.goodbye().await;
    })
    .await;
    let report = run(&light(address, 2)).await.expect("a run");
    assert_eq!((report.bots.joined, report.decode_errors), (2, 0), "{report}");
    assert_eq!(report.bots.dropped, BTreeMap::new());
}

/// What becomes of three light bots whose server says this after Welcome.
async fn hears(message: Message) -> Report {
    let address = server(schema().to_json(), move |number, mut peer: Peer| {
        let message = message.clone();
        async move {
            peer.hello().await;
            peer.say(&ServerMessage::Welcome(welcome(number))).await;
            peer.send(message).await;
            peer.goodbye().await;
        }
    })
    .await;
    run(&light(address, 3)).await.expect("a run")
}

#[tokio::test]
async fn what_does_not_decode_ends_a_light_bot_in_words() {
    let mut skips = Vec::new();
    FrameHead::write_empty(Step(50), None, 0, &mut skips);
    skips[2] ^= 1;
    for (message, words) in [
        (Message::text("hello"), "text frame"),
        (Message::binary(vec![]), "empty message"),
        (Message::binary(vec![9, 9]), "unknown type"),
        (Message::binary(vec![SNAPSHOT, 0, 1, 2, 3]), "the first frame must be whole"),
        (Message::binary(skips), "does not follow"),
        (Message::binary(vec![7; 256 * 1024 + 1]), "larger than 256 KiB"),
    ] {
        let report = hears(message).await;
        assert_eq!((report.bots.joined, report.decode_errors), (3, 3), "{words}: {report}");
        assert!(report.bots.reasons.keys().all(|reason| reason.contains(words)), "{words}: {report}");
    }
}

#[tokio::test]
async fn who_is_sent_away_says_with_what_code() {
    let report = hears(Message::Close(None)).await;
    assert_eq!(report.bots.dropped, [(1005, 3)].into(), "{report}");
    let address = server(schema().to_json(), |_, mut peer| async move {
        peer.hello().await;
        peer.close(4103, "room_full").await;
    })
    .await;
    let report = run(&light(address, 2)).await.expect("a run");
    assert_eq!((report.bots.joined, report.bots.dropped.get(&4103)), (0, Some(&2)), "{report}");
    let address = server(schema().to_json(), |_, peer| async move { drop(peer) }).await;
    let report = run(&light(address, 2)).await.expect("a run");
    assert_eq!((report.bots.joined, report.bots.dropped.get(&1006)), (0, Some(&2)), "{report}");
}

#[tokio::test]
async fn pings_are_answered_and_notices_heard() {
    let address = server(schema().to_json(), |number, mut peer| async move {
        peer.hello().await;
        peer.say(&ServerMessage::Welcome(welcome(number))).await;
        peer.send(Message::Ping(vec![1, 2, 3].into())).await;
        peer.say(&ServerMessage::Notice(Notice::Words("hello".to_owned()))).await;
        peer.goodbye().await;
    })
    .await;
    let report = run(&light(address, 1)).await.expect("a run");
    assert_eq!((report.bots.joined, report.decode_errors), (1, 0), "{report}");
}
