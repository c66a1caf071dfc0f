//! A player's connection within its room: the socket and the signs of life.

use crate::config::Config;

use super::socket::{Socket, Written};

/// A connection that has a seat.
pub(super) struct Peer {
    pub(super) socket: Socket,
    ping_due_us: u64,
    /// Since the last ping nothing was heard; when that becomes too long.
    lost_us: Option<u64>,
    /// Control frames heard while our own last write has not come to its end.
    unanswered: u32,
}

/// Control frames of a peer that does not read; their answers wait in memory.
const UNANSWERED_MAX: u32 = 64;

/// The times of liveness, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Liveness {
    interval_us: u64,
    timeout_us: u64,
}

impl Liveness {
    pub(super) fn new(config: &Config) -> Self {
        let us = |seconds: u32| u64::from(seconds) * 1_000_000;
        Self { interval_us: us(config.ping_interval_s), timeout_us: us(config.pong_timeout_s) }
    }
}

impl Peer {
    pub(super) const fn new(socket: Socket, now_us: u64, liveness: Liveness) -> Self {
        Self { socket, ping_due_us: now_us + liveness.interval_us, lost_us: None, unanswered: 0 }
    }

    /// Anything has arrived, a pong or not.
    pub(super) const fn heard(&mut self) {
        self.lost_us = None;
    }

    /// A control frame has arrived: whether the answers of this peer, who does not read them, pile up.
    pub(super) fn piles_up(&mut self) -> bool {
        self.unanswered = if self.socket.is_blocked() { self.unanswered + 1 } else { 0 };
        self.unanswered > UNANSWERED_MAX
    }

    /// Whether nothing was heard for too long after a ping.
    pub(super) fn is_lost(&self, now_us: u64) -> bool {
        self.lost_us.is_some_and(|lost_us| now_us >= lost_us)
    }

    /// Sends a ping when one is due. The time for its answer runs even when the socket takes nothing: a peer that reads would have made room.
    pub(super) fn ping_when_due(&mut self, now_us: u64, is_ready: bool, liveness: Liveness) -> Written {
        if now_us < self.ping_due_us {
            return Written::Whole;
        }
        self.ping_due_us = now_us + liveness.interval_us;
        self.lost_us.get_or_insert(now_us + liveness.timeout_us);
        if is_ready { self.socket.ping() } else { Written::Partly }
    }
}
