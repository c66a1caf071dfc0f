//! A player's connection within its room: the socket, how it is read, and the signs of life.

use super::attendance::Attendance;
use super::socket::Socket;

/// A connection that has a seat.
pub(super) struct Peer {
    pub(super) socket: Socket,
    /// How often there is something to read, and while it is asked at every tick its place among those.
    pub(super) attendance: Attendance,
    pub(super) asked_at: Option<usize>,
    /// When it is to be pinged.
    pub(super) ping_due_us: u64,
    /// Since the last ping nothing was heard; when that becomes too long.
    pub(super) lost_us: Option<u64>,
    /// Control frames heard while our own last write has not come to its end.
    unanswered: u32,
}

/// Control frames of a peer that does not read; their answers wait in memory.
const UNANSWERED_MAX: u32 = 64;

impl Peer {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, attendance: Attendance::default(), asked_at: None, ping_due_us: 0, lost_us: None, unanswered: 0 }
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
}
