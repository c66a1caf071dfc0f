//! A predicting client and its links, in virtual time.

use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::Predicted;
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;

pub(crate) const TICK_US: u64 = 1_000_000 / 60;
/// 150 ms there and back.
pub(crate) const FAR: LinkSpec = LinkSpec { delay_us: 75_000, ..LinkSpec::NONE };

#[allow(dead_code, reason = "not every test has the room of the defaults")]
pub(crate) fn room<G: Game>(options: &[(&str, &str)]) -> Room<G> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = RoomConfig { options, ..RoomConfig::default() };
    Room::new(config).expect("good options")
}

/// A predicting client and its links.
pub(crate) struct Player<G: Game> {
    pub(crate) client: Predicted<G>,
    key: SessionKey,
    up: Link,
    down: Link,
}

impl<G: Game> Player<G> {
    pub(crate) fn join(room: &mut Room<G>, now_us: u64, spec: LinkSpec) -> Self {
        let mut client = Predicted::new();
        client.session().handle_open(now_us - 2 * spec.delay_us, "far", false);
        assert!(client.session().poll_transmit().is_some_and(|hello| {
            matches!(ClientMessage::decode(&hello, &[], Tick(0), Step(0)), Ok(ClientMessage::Hello(_)))
        }));
        let key = room.handle_open(&Hello::default()).expect("a seat");
        Self { client, key, up: Link::new(spec, 3), down: Link::new(spec, 4) }
    }

    /// One tick of the world with this input held.
    #[allow(dead_code, reason = "not every test has one player alone")]
    pub(crate) fn run(&mut self, room: &mut Room<G>, now_us: u64, input: G::Input) {
        self.receive(now_us);
        while self.client.session().poll_event().is_some() {}
        self.send(room, now_us, input);
        room.tick(now_us);
        self.fill(room, now_us);
    }

    /// What has come down by now.
    pub(crate) fn receive(&mut self, now_us: u64) {
        while let Some(bytes) = self.down.receive(now_us) {
            self.client.handle_message(now_us, &bytes).expect("it decodes");
        }
    }

    /// Holds this input; what has come up by now reaches the room.
    pub(crate) fn send(&mut self, room: &mut Room<G>, now_us: u64, input: G::Input) {
        self.client.set_input(input);
        self.client.update(now_us);
        while let Some(bytes) = self.client.session().poll_transmit() {
            assert!(self.up.send(now_us, bytes));
        }
        while let Some(bytes) = self.up.receive(now_us) {
            room.handle_message(now_us, self.key, &bytes).expect("good messages");
        }
    }

    /// The room fills the way down.
    pub(crate) fn fill(&mut self, room: &mut Room<G>, now_us: u64) {
        let mut bytes = Vec::new();
        while self.down.is_ready() && room.poll_transmit(now_us, self.key, &mut bytes) {
            self.down.send(now_us, std::mem::take(&mut bytes));
        }
    }
}

pub(crate) const fn at(tick: u64) -> u64 {
    2_000_000 + tick * TICK_US
}
