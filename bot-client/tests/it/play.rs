//! A run against a server that takes the bots in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::common::{options, schema, server, welcome};
use snapline_bots::{Options, run};
use snapline_server::{Config, Server};
use snapline_shared::link::LinkSpec;
use snapline_shared::message::{ClientMessage, Notice, ServerMessage, Status};
use snapline_swarm::Swarm;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn bots_join_send_inputs_hear_the_server_and_say_goodbye() {
    let inputs = Arc::<AtomicU64>::default();
    let (counted, (goodbyes, mut heard)) = (inputs.clone(), mpsc::unbounded_channel());
    let address = server(schema().to_json(), move |number, mut peer| {
        let (inputs, goodbyes) = (counted.clone(), goodbyes.clone());
        async move {
            let hello = peer.hello().await;
            assert!(hello.name.starts_with("bot-") && hello.bot);
            peer.say(&ServerMessage::Welcome(welcome(number))).await;
            let mut status_due = Instant::now();
            let code = loop {
                match peer.next().await {
                    Ok(message) => {
                        inputs.fetch_add(u64::from(matches!(message, ClientMessage::Input(_))), Ordering::Relaxed)
                    }
                    Err(code) => break code,
                };
                if status_due.elapsed() > Duration::from_millis(100) {
                    status_due = Instant::now();
                    let status = Status { rtt_ms: 20 + number as u16, ..Status::default() };
                    peer.say(&ServerMessage::Notice(Notice::Status(status))).await;
                }
            };
            goodbyes.send(code).unwrap();
        }
    })
    .await;
    let report = run(&options(address, 4)).await.unwrap();
    // This server has no world to show; nothing else may be wrong.
    assert_eq!(report.faults(), ["4 without a snapshot"], "{report}");
    assert_eq!((report.bots.joined, report.bots.reasons.len()), (4, 0));
    assert!((1.0..10.0).contains(&report.seconds), "{report}");
    assert_eq!((report.rtt_ms.p99, report.snapshots), (Some(23.0), 0));
    assert!(inputs.load(Ordering::Relaxed) >= 4 * 5, "{} inputs", inputs.load(Ordering::Relaxed));
    for _ in 0..4 {
        assert_eq!(heard.recv().await, Some(1000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_on_a_simulated_link_are_as_far_away_as_it_says_and_say_which_inputs_a_loss_held_up() {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), tick_threads: 1, ..Config::default() };
    let server = Server::start::<Swarm>(&config).expect("a server starts on a free port");
    let spec = LinkSpec { delay_us: 60_000, loss_per_mille: 30, stall_us: 300_000, ..LinkSpec::NONE };
    let options = Options { seconds: 4, link: Some(spec), ..options(server.address(), 4) };
    let report = run(&options).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert!(report.rtt_ms.p50 >= Some(120.0) && report.echo_ms.p50 >= Some(120.0), "{report}");
    // At 60 messages a second, each of 30 in a thousand holds up 18 for which nobody could have had the lead.
    assert!(report.late_inputs.stalled > 0 && report.late_inputs.stalled <= report.late_inputs.count, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_that_reset_their_connections_come_back_to_their_seats_and_are_counted() {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), tick_threads: 1, ..Config::default() };
    let server = Server::start::<Swarm>(&config).expect("a server starts on a free port");
    let options = Options { seconds: 4, drop_every_s: Some(1), ..options(server.address(), 3) };
    let report = run(&options).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert!(report.resumes >= 3 && report.resume_ms.p50.is_some(), "{report}");
}

#[tokio::test]
async fn a_bot_dropped_in_the_middle_counts_and_the_run_ends_once_nobody_is_left() {
    let address = server(schema().to_json(), |number, mut peer| async move {
        peer.hello().await;
        peer.say(&ServerMessage::Welcome(welcome(number))).await;
        let _ = timeout(Duration::from_millis(300), peer.goodbye()).await;
        peer.close(1012, "restart").await;
    })
    .await;
    let options = Options { seconds: 3600, ..options(address, 2) };
    let report = run(&options).await.unwrap();
    assert_eq!((report.bots.joined, report.bots.dropped), (2, [(1012, 2)].into()));
}

#[tokio::test]
async fn bytes_that_do_not_decode_are_counted_and_end_the_bot() {
    let (goodbyes, mut heard) = mpsc::unbounded_channel();
    let address = server(schema().to_json(), move |number, mut peer| {
        let goodbyes = goodbyes.clone();
        async move {
            peer.hello().await;
            peer.say(&ServerMessage::Welcome(welcome(number))).await;
            peer.send(vec![255, 1, 2, 3].into()).await;
            goodbyes.send(peer.goodbye().await).unwrap();
        }
    })
    .await;
    let report = run(&options(address, 1)).await.unwrap();
    assert_eq!((report.bots.joined, report.decode_errors), (1, 1));
    assert_eq!(heard.recv().await, Some(1002));
    assert!(report.bots.reasons.keys().all(|words| words.contains("does not decode")), "{report}");
}
