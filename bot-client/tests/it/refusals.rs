//! What a run says when bots do not get in.

use std::future::pending;
use std::time::Duration;

use crate::common::{options, schema, server};
use snapline_bots::{Brains, FetchError, Options, RunError, run, run_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

#[tokio::test]
async fn a_full_room_is_told_by_its_close_code_and_words() {
    let address = server(schema().to_json(), |_, mut peer| async move {
        peer.close(4103, "room_full").await;
    })
    .await;
    let report = run(&options(address, 5)).await.unwrap();
    assert_eq!((report.bots.asked, report.bots.joined, report.snapshots), (5, 0, 0));
    assert_eq!(report.bots.dropped, [(4103, 5)].into());
    assert_eq!(report.bots.reasons, [("4103 room_full".to_owned(), 5)].into());
    assert!(!report.is_good());
}

#[tokio::test]
async fn an_end_without_a_close_frame_counts_as_1006() {
    let address = server(schema().to_json(), |_, peer| async move { drop(peer) }).await;
    let report = run(&options(address, 3)).await.unwrap();
    assert_eq!(report.bots.dropped, [(1006, 3)].into());
}

#[tokio::test]
async fn bots_that_are_never_welcomed_give_up_in_time() {
    let address = server(schema().to_json(), |_, peer| async move {
        let _open = peer;
        pending::<()>().await;
    })
    .await;
    let options = Options { join_timeout: Duration::from_millis(300), ..options(address, 2) };
    let report = run(&options).await.unwrap();
    assert_eq!(report.bots.reasons, [("no Welcome in time".to_owned(), 2)].into());
    assert_eq!((report.bots.joined, report.bots.dropped.len()), (0, 0));
}

#[tokio::test]
async fn bots_that_find_no_socket_say_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let read = stream.read(&mut request).await.unwrap();
            let json = schema().to_json();
            let answer = if request[..read].starts_with(b"GET /schema.json") {
                [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", json.len()).as_bytes(), &json].concat()
            } else {
                b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec()
            };
            stream.write_all(&answer).await.unwrap();
        }
    });
    let report = run(&options(address, 2)).await.unwrap();
    assert_eq!(report.bots.reasons, [("no WebSocket: HTTP 503 Service Unavailable".to_owned(), 2)].into());
}

#[tokio::test]
async fn a_text_frame_is_a_decode_error() {
    let (goodbyes, mut heard) = mpsc::unbounded_channel();
    let address = server(schema().to_json(), move |_, mut peer| {
        let goodbyes = goodbyes.clone();
        async move {
            peer.send("hello".into()).await;
            goodbyes.send(peer.goodbye().await).unwrap();
        }
    })
    .await;
    let report = run(&options(address, 1)).await.unwrap();
    assert_eq!((report.decode_errors, heard.recv().await), (1, Some(1003)));
}

#[tokio::test]
async fn a_run_that_is_stopped_ends_early_with_what_there_is() {
    let (goodbyes, mut heard) = mpsc::unbounded_channel();
    let address = server(schema().to_json(), move |_, mut peer| {
        let goodbyes = goodbyes.clone();
        async move { goodbyes.send(peer.goodbye().await).unwrap() }
    })
    .await;
    let start = Instant::now();
    let options = Options { bots: 1000, seconds: 3600, ramp_per_second: 10, ..options(address, 1) };
    let stop = tokio::time::sleep(Duration::from_millis(300));
    let report = run_until(&options, &Brains::default(), &Default::default(), stop).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((report.bots.asked, report.bots.joined, report.seconds), (1000, 0, 0.0));
    assert_eq!(heard.recv().await, Some(1000));
}

#[tokio::test]
async fn a_run_that_cannot_begin_says_why() {
    let address = server(b"{}".to_vec(), |_, _| async {}).await;
    let error = run(&options(address, 1)).await.unwrap_err();
    assert!(matches!(error, RunError::Schema { .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("http://{address}/schema.json: not a schema")), "{error}");

    let error = run(&Options { bots: 0, ..options(address, 1) }).await.unwrap_err();
    assert_eq!(error.to_string(), "bots: takes a whole number from 1 to 15000, not 0");

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = silent.local_addr().unwrap();
    drop(silent);
    let error = run(&options(closed, 1)).await.unwrap_err();
    assert!(matches!(error, RunError::Fetch { error: FetchError::Io(_), .. }), "{error}");
}
