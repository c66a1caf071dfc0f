//! A tick's frames on their way out: made for some connections, then sent to them, then for the next ones. So neither the codec nor the kernel's TCP
//! drives the other's code and data out of the caches at every single connection.

use snapline_shared::game::Game;

use crate::room::{Laps, Phase, Room, SessionKey};

use super::clock::now_us;
use super::outgoing::Outgoing;
use super::peers::Peers;
use super::socket::Written;
use super::stopwatch::{SAMPLE_EVERY, Stopwatch};

/// Connections whose frames are made together. The clock is read once for all of them.
const GROUP: usize = 32;
/// A connection that has so many bytes to send gets the rest of its messages at the next tick.
const BYTES_AT_ONCE_MAX: usize = 8 * 1024;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) bytes: u64,
    /// Whose connections are dead.
    pub(super) gone: Vec<SessionKey>,
}

/// Makes and sends what there is to say to each of `peers`. Whoever has not taken what it got before gets nothing new.
pub(super) fn fan_out<G: Game>(
    room: &mut Room<G>,
    peers: &mut Peers,
    watch: &mut Stopwatch,
    out: &mut Outgoing,
) -> Sent {
    let (mut sent, mut peers) = (Sent::default(), peers.iter_mut());
    let mut group = Vec::with_capacity(GROUP);
    watch.begin_fan_out();
    loop {
        group.extend(peers.by_ref().take(GROUP));
        if group.is_empty() {
            break;
        }
        out.clear();
        let now_us = now_us();
        let mut ends = [0; GROUP];
        for (nth, ((session, peer), end)) in group.iter_mut().zip(&mut ends).enumerate() {
            watch.sample(nth % SAMPLE_EVERY == 0);
            let from = out.len();
            match peer.socket.flush() {
                Written::Whole => {
                    while out.len() - from < BYTES_AT_ONCE_MAX
                        && out.put(|bytes| room.poll_transmit_timed(now_us, *session, watch, bytes))
                    {
                    }
                }
                Written::Partly => {}
                Written::Gone => sent.gone.push(*session),
            }
            *end = out.len();
        }
        let mut from = 0;
        for (nth, ((session, peer), end)) in group.drain(..).zip(ends).enumerate() {
            watch.sample(nth % SAMPLE_EVERY == 0);
            if from < end && peer.socket.send(out.frames(from..end)) == Written::Gone {
                sent.gone.push(session);
            }
            sent.bytes += peer.socket.take_written();
            from = end;
            watch.lap(Phase::Send);
        }
    }
    watch.end_fan_out();
    sent
}
