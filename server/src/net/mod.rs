//! From the listener to the tick thread: accepting, HTTP, the upgrade, Hello. Knows rooms by name only, and no game.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the shell: sockets and time-outs live here")]

mod accept;
mod hello;
mod play;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use accept::accept;
pub(crate) use play::{play, room_of};

use crate::host::Host;

/// The way in.
pub(crate) struct Gate {
    /// Where those go who have said Hello.
    pub(crate) host: Arc<Host>,
    /// Places for WebSockets.
    pub(crate) connections: Arc<Semaphore>,
    /// Time for Hello.
    pub(crate) hello_timeout: Duration,
}

/// Who sends a request; in its extensions.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The peer's address.
    pub(crate) address: SocketAddr,
    /// Its place among those who are not playing yet; held until Hello.
    place: Arc<OwnedSemaphorePermit>,
}
