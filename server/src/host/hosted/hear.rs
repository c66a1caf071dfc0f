//! Reading: what a room's sockets have received, once at each tick.
//!
//! A socket with something to read at nearly every tick is asked at every tick and is not in the poll at all; the others are announced by it.

use std::mem::take;

use snapline_shared::game::Game;
use snapline_shared::message::Close;

use crate::room::SessionKey;

use super::super::socket::{Heard, Socket, Written};
use super::super::token;
use super::Hosted;

/// Messages of one socket that are handled in one tick; the others wait for the next, and TCP slows the peer down.
const MESSAGES_PER_TICK_MAX: usize = 64;

impl<G: Game> Hosted<G> {
    /// Reads all that has arrived.
    pub(super) fn hear(&mut self, now_us: u64) {
        let mut readable = take(&mut self.readable);
        self.peers.begin_reads();
        readable.extend(self.peers.asked().map(|session| (session, false)));
        readable.sort_unstable();
        for (nth, &(session, is_ending)) in readable.iter().enumerate() {
            // Announced twice: the later entry of the two says more.
            if readable.get(nth + 1).is_none_or(|next| next.0 != session) {
                self.drain(now_us, session, is_ending);
            }
        }
        // What `drain` has left for the next tick comes behind, in the memory of this one.
        readable.clear();
        readable.append(&mut self.readable);
        self.readable = readable;
        self.part_closed();
    }

    fn drain(&mut self, now_us: u64, session: SessionKey, is_ending: bool) {
        let Some(peer) = self.peers.get_mut(session) else { return };
        self.bytes.0 += peer.socket.refill(is_ending);
        let mut was_there = false;
        for _ in 0..MESSAGES_PER_TICK_MAX {
            let heard = peer.socket.read();
            was_there |= matches!(heard, Heard::Message(_) | Heard::Control);
            let over = match heard {
                Heard::Message(bytes) => {
                    peer.heard();
                    self.has_news = true;
                    match self.room.handle_message(now_us, session, &bytes) {
                        Ok(()) => continue,
                        Err(close) => return self.part(session, &close),
                    }
                }
                Heard::Control => {
                    peer.heard();
                    if !peer.piles_up() {
                        continue;
                    }
                    Some(Close::SlowConsumer)
                }
                Heard::Nothing => return self.attend(session, was_there),
                Heard::Later => break,
                Heard::Left => {
                    self.room.handle_left(session);
                    return self.part(session, &Close::Bye);
                }
                Heard::Over(close) => Some(close),
                Heard::Gone => None,
            };
            return self.lose(session, over.as_ref());
        }
        self.shared.meters.floods.increment(1);
        // Edge-triggered: what was left unread is not announced again.
        self.readable.push((session, false));
    }

    /// Chooses how what comes next from `session` is noticed: its socket is asked at every tick, or the kernel announces it.
    fn attend(&mut self, session: SessionKey, was_there: bool) {
        // While the room sleeps nobody is asked.
        let Some(is_asked) = self.peers.note_read(session, was_there).filter(|_| self.asleep_since_ns.is_none()) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(session) else { return };
        if is_asked {
            peer.socket.deregister(&self.registry);
        } else if let Err(error) = peer.socket.register(&self.registry, token(self.number, session)) {
            tracing::debug!(%error, room = self.name, "a socket cannot be polled: it is still asked at every tick");
            return;
        }
        self.peers.set_asked(session, is_asked);
    }

    /// The room goes to sleep: nobody is asked any more, all are announced. What has arrived before is announced too, for the kernel looks when a
    /// socket is registered.
    pub(super) fn announce_all(&mut self) {
        while let Some(session) = self.peers.pop_asked() {
            let Some(peer) = self.peers.get_mut(session) else { continue };
            if let Err(error) = peer.socket.register(&self.registry, token(self.number, session)) {
                tracing::error!(%error, room = self.name, "a socket cannot be polled");
                self.lose(session, Some(&Close::Overloaded("out of resources")));
            }
        }
    }

    /// Gives up those who have not answered and pings those who are due.
    pub(super) fn keep_alive(&mut self, now_us: u64) {
        while let Some(session) = self.peers.poll_lost(now_us) {
            self.lose(session, Some(&Close::NoPong));
        }
        while let Some(session) = self.peers.poll_ping(now_us) {
            let Some(peer) = self.peers.get_mut(session) else { continue };
            if peer.socket.flush().and_then(|| peer.socket.ping()) == Written::Gone {
                self.lose(session, None);
            }
        }
    }
}

/// After Hello a client is silent until Welcome, which has not been sent yet: whatever has arrived came too early.
pub(super) fn check_silence(socket: &mut Socket) -> Result<(), Close> {
    let _ = socket.refill(false);
    for _ in 0..MESSAGES_PER_TICK_MAX {
        match socket.read() {
            Heard::Message(_) => return Err(Close::BadMessage("a message between Hello and Welcome")),
            Heard::Control => {}
            Heard::Nothing | Heard::Later => return Ok(()),
            Heard::Over(close) => return Err(close),
            Heard::Left | Heard::Gone => return Err(Close::Bye),
        }
    }
    Err(Close::BadMessage("too much between Hello and Welcome"))
}
