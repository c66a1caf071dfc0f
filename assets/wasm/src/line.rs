//! Both directions between the socket and the client core, each through a simulated link. Without one wished for, the links hold nothing back.

use snapline_shared::client::ClientError;
use snapline_shared::link::{Link, LinkSpec};

use crate::core::ClientCore;

/// What is in between when nothing is asked for. No message is ever turned away: what the sender's buffer should hold is the socket's business.
pub(crate) const DIRECT: LinkSpec = LinkSpec { buffer_bytes: usize::MAX, ..LinkSpec::NONE };
/// So that the two directions do not stumble at once.
const SEEDS: [u64; 2] = [1, 2];

/// The way to the server and back.
pub(crate) struct Line {
    up: Link,
    down: Link,
    spec: LinkSpec,
    /// The newest time that was told.
    now_us: u64,
}

impl Line {
    /// Nothing in between.
    pub(crate) fn new() -> Self {
        let [up, down] = SEEDS.map(|seed| Link::new(DIRECT, seed));
        Self { up, down, spec: DIRECT, now_us: 0 }
    }

    /// From now on either direction is like `spec`. Messages on their way keep their order: they enter the new links first.
    pub(crate) fn set(&mut self, spec: LinkSpec) {
        self.spec = spec;
        for (link, seed) in [&mut self.up, &mut self.down].into_iter().zip(SEEDS) {
            let mut old = std::mem::replace(link, Link::new(spec, seed));
            while let Some(message) = old.receive(u64::MAX) {
                link.send(self.now_us, message);
            }
        }
    }

    /// Nothing arrives in either direction for so long; then all of it at once.
    pub(crate) const fn freeze(&mut self, now_us: u64, for_us: u64) {
        self.up.freeze(now_us + for_us);
        self.down.freeze(now_us + for_us);
    }

    /// The socket is lost, and with it what was on its way.
    pub(crate) fn close(&mut self, core: &mut dyn ClientCore) {
        core.session().handle_close();
        [self.up, self.down] = SEEDS.map(|seed| Link::new(self.spec, seed));
    }

    /// A socket was opened: what `core` says to that is on its way.
    pub(crate) fn open(&mut self, now_us: u64, core: &mut dyn ClientCore, name: &str, bot: bool) {
        self.close(core);
        self.now_us = self.now_us.max(now_us);
        core.session().handle_open(self.now_us, name, bot);
        self.collect(core);
    }

    /// The socket has brought a message: it enters the way down.
    pub(crate) fn arrive(&mut self, now_us: u64, message: Vec<u8>) {
        self.now_us = self.now_us.max(now_us);
        self.down.send(self.now_us, message);
    }

    /// Hands `core` what has come down by now.
    ///
    /// # Errors
    /// When the client cannot go on.
    pub(crate) fn pump(&mut self, now_us: u64, core: &mut dyn ClientCore) -> Result<(), ClientError> {
        self.now_us = self.now_us.max(now_us);
        while let Some(message) = self.down.receive(self.now_us) {
            core.handle_message(self.now_us, &message)?;
        }
        self.collect(core);
        Ok(())
    }

    /// The next message that has come up by now, to be sent.
    pub(crate) fn transmit(&mut self, core: &mut dyn ClientCore) -> Option<Vec<u8>> {
        self.collect(core);
        self.up.receive(self.now_us)
    }

    fn collect(&mut self, core: &mut dyn ClientCore) {
        while let Some(message) = core.session().poll_transmit() {
            self.up.send(self.now_us, message);
            if self.up.last_passage().stalled {
                core.session().mark_stalled();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use snapline_shared::client::{Session, SessionEvent};
    use snapline_shared::message::{ServerMessage, Welcome};
    use snapline_shared::schema::{Kind, Schema};

    use super::*;

    const MS: u64 = 1000;

    fn session() -> Session {
        let kind = Kind::new("nothing", &[]);
        let empty = || vec![].into();
        Session::new(Arc::new(Schema {
            game: "".into(),
            entities: empty(),
            events: empty(),
            requests: empty(),
            input: kind.clone(),
            own: kind,
            tables: "".into(),
        }))
    }

    fn bytes(message: &ServerMessage) -> Vec<u8> {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        bytes
    }

    fn reply(number: u32) -> Vec<u8> {
        bytes(&ServerMessage::Reply { number, refused: None })
    }

    fn welcome() -> Vec<u8> {
        bytes(&ServerMessage::Welcome(Welcome { tick_hz: 60, ticks_per_step: 2, ..Welcome::default() }))
    }

    /// Numbers of the replies that the client has seen.
    fn replies(session: &mut Session) -> Vec<u32> {
        let events = std::iter::from_fn(|| session.poll_event());
        events
            .filter_map(|event| if let SessionEvent::Reply { number, .. } = event { Some(number) } else { None })
            .collect()
    }

    fn sent(line: &mut Line, session: &mut Session) -> usize {
        std::iter::from_fn(|| line.transmit(session)).count()
    }

    #[test]
    fn without_a_link_everything_passes_at_once() {
        let (mut line, mut session) = (Line::new(), session());
        line.open(5, &mut session, "", false);
        assert_eq!(sent(&mut line, &mut session), 1, "Hello");
        line.arrive(6, reply(1));
        line.pump(6, &mut session).expect("a message");
        assert_eq!(replies(&mut session), [1]);
        // A clock that steps back holds nothing up.
        line.arrive(3, reply(2));
        line.pump(3, &mut session).expect("a message");
        assert_eq!(replies(&mut session), [2]);
    }

    #[test]
    fn both_directions_take_their_time_and_the_session_knows_no_other() {
        let (mut line, mut session) = (Line::new(), session());
        line.set(LinkSpec { delay_us: 70 * MS, ..DIRECT });
        line.open(0, &mut session, "", false);
        line.pump(69 * MS, &mut session).expect("nothing");
        assert_eq!(sent(&mut line, &mut session), 0, "Hello is on its way");
        line.pump(70 * MS, &mut session).expect("nothing");
        assert_eq!(sent(&mut line, &mut session), 1);
        line.arrive(71 * MS, welcome());
        line.pump(140 * MS, &mut session).expect("nothing");
        assert!(session.welcome().is_none());
        line.pump(141 * MS, &mut session).expect("Welcome");
        // As a session does that such a link lies in front of.
        let mut far = self::session();
        far.handle_open(0, "", false);
        far.handle_message(141 * MS, &welcome()).expect("Welcome");
        assert_eq!(session.next_update_us(), far.next_update_us());
    }

    #[test]
    fn a_changed_link_loses_and_reorders_nothing() {
        let (mut line, mut session) = (Line::new(), session());
        line.set(LinkSpec { delay_us: 500 * MS, ..DIRECT });
        line.open(0, &mut session, "", false);
        line.arrive(0, reply(1));
        line.arrive(1, reply(2));
        line.set(DIRECT);
        line.arrive(2, reply(3));
        line.pump(2, &mut session).expect("messages");
        assert_eq!((replies(&mut session), sent(&mut line, &mut session)), (vec![1, 2, 3], 1));
    }

    #[test]
    fn what_was_on_its_way_is_lost_with_the_socket_and_the_link_stays() {
        let (mut line, mut session) = (Line::new(), session());
        line.set(LinkSpec { delay_us: 70 * MS, ..DIRECT });
        line.open(0, &mut session, "", false);
        line.arrive(0, reply(1));
        line.close(&mut session);
        line.open(MS, &mut session, "", false);
        line.arrive(MS, reply(2));
        line.pump(70 * MS, &mut session).expect("nothing");
        assert_eq!((replies(&mut session), sent(&mut line, &mut session)), (vec![], 0));
        line.pump(71 * MS, &mut session).expect("a message");
        assert_eq!((replies(&mut session), sent(&mut line, &mut session)), (vec![2], 1));
    }

    #[test]
    fn bytes_that_are_none_are_told_when_they_arrive() {
        let (mut line, mut session) = (Line::new(), session());
        line.set(LinkSpec { delay_us: MS, ..DIRECT });
        line.arrive(0, vec![99]);
        assert_eq!(line.pump(0, &mut session), Ok(()));
        assert!(line.pump(MS, &mut session).is_err());
    }
}
