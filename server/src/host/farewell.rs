//! The end of a connection: its close frame under a time limit, then no more writing, then waiting for the peer to go.
//!
//! Runs beside the tick threads, which never wait for a peer.

use std::time::Duration;

use snapline_shared::message::Close;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::socket::{Parting, Socket};

/// Time for the close frame to leave.
const SAY_TIMEOUT: Duration = Duration::from_secs(1);
/// Time for the peer to read it and go.
const LINGER_TIMEOUT: Duration = Duration::from_millis(500);
/// A parting socket is in no reactor: it is looked at this often, and there are never many.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Ends the connection with `close`, on `runtime`.
pub(crate) fn say(runtime: &Handle, socket: Socket, close: &Close) {
    tracing::debug!(code = close.code(), reason = ?close.reason(), "closing a connection");
    // The first write is tried here and now.
    let parting = socket.into_parting(close);
    runtime.spawn(see_off(parting));
}

async fn see_off(mut parting: Parting) {
    let said = timeout(SAY_TIMEOUT, async {
        while !parting.is_said() {
            sleep(LOOK_INTERVAL).await;
        }
    });
    if said.await.is_err() {
        return;
    }
    parting.shut();
    // Whether it has gone or the time is over: the socket is dropped.
    let _ = timeout(LINGER_TIMEOUT, async {
        while !parting.is_over() {
            sleep(LOOK_INTERVAL).await;
        }
    })
    .await;
}
