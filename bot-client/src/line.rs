//! Both directions between a bot's socket and its player, each through a simulated link.
//!
//! A full link pushes back as a socket does: the player's messages wait in the player, and the server's stay unread in the socket, so that the
//! server sees what it would see of a slow client.

use snapline_shared::client::Player;
use snapline_shared::link::{Link, LinkSpec};

use crate::trace::Trace;

/// The way to the server and back.
#[derive(Debug)]
pub(crate) struct Line {
    up: Link,
    down: Link,
}

impl Line {
    /// Either direction is like `spec`; the two do not stumble at once.
    pub(crate) fn new(spec: LinkSpec, seed: u64) -> Self {
        Self { up: Link::new(spec, seed), down: Link::new(spec, !seed) }
    }

    /// Whether the socket is to be read: what comes down has room.
    pub(crate) fn takes(&self) -> bool {
        self.down.is_ready()
    }

    /// The socket has brought a message: it enters the way down.
    pub(crate) fn arrive(&mut self, now_us: u64, message: Vec<u8>) {
        // There was room when the socket was read.
        self.down.send(now_us, message);
    }

    /// The next message that has come down by now, for the player.
    pub(crate) fn receive(&mut self, now_us: u64) -> Option<Vec<u8>> {
        self.down.receive(now_us)
    }

    /// The next message that has come up by now, for the socket. What the player wants to send enters the way up before, and is traced.
    pub(crate) fn poll_transmit(
        &mut self,
        now_us: u64,
        player: &mut dyn Player,
        trace: Option<&Trace>,
    ) -> Option<Vec<u8>> {
        while self.up.is_ready()
            && let Some(message) = player.poll_transmit()
        {
            let traced = trace.map(|trace| (trace, message.clone()));
            self.up.send(now_us, message);
            let passage = self.up.last_passage();
            if passage.stalled {
                player.mark_stalled();
            }
            if let Some((trace, message)) = traced {
                trace.add_sent(now_us, player.session(), &message, passage);
            }
        }
        self.up.receive(now_us)
    }

    /// When the next message arrives at either end; none while nothing is on its way.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.up.next_arrival_us().into_iter().chain(self.down.next_arrival_us()).min()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::options::Pattern;
    use crate::steered::Steered;
    use snapline_shared::client::LateInputs;
    use snapline_shared::frame::FrameHead;
    use snapline_shared::game::schema;
    use snapline_shared::message::{ClientMessage, ServerMessage, Welcome};
    use snapline_shared::tick::{Step, Tick};
    use snapline_swarm::Swarm;

    const MS: u64 = 1000;

    fn player() -> Steered {
        let mut player = Steered::new(Arc::new(schema::<Swarm>()), Pattern::Wander, 1);
        player.handle_open(0, "bot");
        player
    }

    /// The same once a room has taken it in.
    fn playing() -> Steered {
        let (mut player, mut welcome) = (player(), Vec::new());
        ServerMessage::Welcome(Welcome { tick_hz: 60, ticks_per_step: 2, ..Welcome::default() }).encode(&mut welcome);
        assert!(player.poll_transmit().is_some(), "Hello");
        player.handle_message(0, &welcome).expect("a Welcome");
        player
    }

    #[test]
    fn messages_take_their_time_in_both_directions() {
        let mut line = Line::new(LinkSpec { delay_us: 50 * MS, ..LinkSpec::NONE }, 1);
        let mut player = player();
        assert_eq!((line.poll_transmit(0, &mut player, None), line.next_us()), (None, Some(50 * MS)));
        line.arrive(20 * MS, vec![7]);
        assert_eq!(line.poll_transmit(50 * MS - 1, &mut player, None), None);
        assert!(line.poll_transmit(50 * MS, &mut player, None).is_some(), "Hello");
        assert_eq!((line.receive(70 * MS - 1), line.next_us()), (None, Some(70 * MS)));
        assert_eq!((line.receive(70 * MS), line.next_us()), (Some(vec![7]), None));
    }

    #[test]
    fn without_a_link_nothing_is_held_back() {
        let mut line = Line::new(LinkSpec::NONE, 1);
        assert!(line.poll_transmit(9, &mut player(), None).is_some());
        line.arrive(9, vec![7]);
        assert_eq!((line.receive(9), line.next_us(), line.takes()), (Some(vec![7]), None, true));
    }

    #[test]
    fn a_full_link_leaves_messages_with_player_and_socket() {
        let mut line = Line::new(LinkSpec { delay_us: MS, buffer_bytes: 1, ..LinkSpec::NONE }, 1);
        line.arrive(0, vec![7]);
        assert!(!line.takes());
        let mut player = player();
        assert_eq!(line.poll_transmit(0, &mut player, None), None);
        player.handle_open(0, "another Hello, for the first is in the link");
        assert_eq!(line.poll_transmit(0, &mut player, None), None);
        assert!(line.poll_transmit(MS, &mut player, None).is_some() && player.poll_transmit().is_some());
        assert!(line.receive(MS).is_some() && line.takes());
    }

    #[test]
    fn the_player_is_told_what_a_loss_holds_up() {
        let spec = LinkSpec { loss_per_mille: 1000, stall_us: 1000 * MS, ..LinkSpec::NONE };
        let (mut line, mut player) = (Line::new(spec, 1), playing());
        for tick in 1..=30 {
            player.update(tick * 17 * MS);
            assert_eq!(line.poll_transmit(tick * 17 * MS, &mut player, None), None, "all of it is lost once");
        }
        let Some(first) = line.poll_transmit(10_000 * MS, &mut player, None) else { panic!("an input") };
        let layout = player.session().schema().input.layout();
        let Ok(ClientMessage::Input(input)) = ClientMessage::decode(&first, &layout, Tick(0), Step(0)) else {
            panic!("{first:?} is an input")
        };
        // The server has got no farther than that one.
        let (mut frame, shown) = (Vec::new(), Step(input.first.0 / 2 + 5));
        FrameHead::write_empty(shown, Some(input.first.0 as u8), 0, &mut frame);
        player.handle_message(600 * MS, &frame).expect("a frame");
        let LateInputs { count, stalled } = player.stats().late_inputs;
        assert!(count >= 9 && stalled == count, "{count} late, {stalled} of them stalled");
    }
}
