//! A client far away, in virtual time of half a millisecond's grain: a room that reads its sockets once a tick, a page that sends at its frames, and
//! what became of every input.

use std::collections::BTreeMap;
use std::sync::Arc;

use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::Session;
use snapline_shared::game::schema;
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::{ClientMessage, Hello, InputMessage};
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};
use snapline_swarm::Swarm;

/// Grain of time.
const GRAIN_US: u64 = 500;

/// When the client's `update` is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loop {
    /// When it is due, as bots do.
    Exact,
    /// At every frame of a page.
    Frames(u32),
}

/// An input on its way.
pub(crate) struct Sent {
    pub(crate) at_us: u64,
    pub(crate) arrives_us: u64,
    pub(crate) stalled: bool,
}

pub(crate) struct Far {
    pub(crate) room: Room<Swarm>,
    pub(crate) client: Session,
    pub(crate) now_us: u64,
    pub(crate) first_tick: Tick,
    /// When each tick was run.
    pub(crate) ticks: Vec<u64>,
    pub(crate) sent: BTreeMap<u32, Sent>,
    key: SessionKey,
    up: Link,
    down: Link,
    looped: Loop,
    next_tick_us: f64,
    next_frame_us: f64,
    seed: u64,
    others: Vec<(Session, SessionKey)>,
    schema: Arc<Schema>,
}

impl Far {
    pub(crate) fn join(tick_hz: u32, ticks_per_step: u32, spec: LinkSpec, looped: Loop, seed: u64) -> Self {
        let schema = Arc::new(schema::<Swarm>());
        let config = RoomConfig { tick_hz, ticks_per_step, ..RoomConfig::default() };
        let mut room = Room::<Swarm>::new(config).expect("good options");
        let mut client = Session::new(schema.clone());
        client.handle_open(0, "far", false);
        assert!(client.poll_transmit().is_some(), "Hello");
        let key = room.handle_open(&Hello::default()).expect("a seat");
        let (up, down) = (Link::new(spec, seed), Link::new(spec, seed + 100));
        // Hello was on its way as long as everything else.
        let now_us = spec.delay_us;
        Self {
            first_tick: room.now().next(),
            room,
            client,
            now_us,
            ticks: Vec::new(),
            sent: BTreeMap::new(),
            key,
            up,
            down,
            looped,
            next_tick_us: now_us as f64,
            next_frame_us: now_us as f64 + 777.0,
            seed,
            others: Vec::new(),
            schema,
        }
    }

    pub(crate) fn tick_us(&self) -> f64 {
        1e6 / f64::from(self.room.config().tick_hz)
    }

    /// Others without any link, who walk about.
    pub(crate) fn add_others(&mut self, count: usize) {
        for _ in 0..count {
            let mut session = Session::new(self.schema.clone());
            session.handle_open(self.now_us, "other", true);
            assert!(session.poll_transmit().is_some(), "Hello");
            let key = self.room.handle_open(&Hello::default()).expect("a seat");
            self.others.push((session, key));
        }
    }

    /// The way changes; what is on it keeps its order.
    pub(crate) fn set_spec(&mut self, spec: LinkSpec) {
        for link in [&mut self.up, &mut self.down] {
            let mut old = std::mem::replace(link, Link::new(spec, self.seed + 7));
            while let Some(message) = old.receive(u64::MAX) {
                assert!(link.send(self.now_us, message));
            }
        }
    }

    pub(crate) fn freeze_up(&mut self, for_us: u64) {
        self.up.freeze(self.now_us + for_us);
    }

    pub(crate) fn set_visible(&mut self, visible: bool) {
        self.client.set_visible(visible);
        self.collect();
    }

    /// Until then.
    pub(crate) fn run(&mut self, until_us: u64) {
        while self.now_us < until_us {
            self.now_us += GRAIN_US.min(until_us - self.now_us);
            while let Some(bytes) = self.down.receive(self.now_us) {
                self.client.handle_message(self.now_us, &bytes).expect("it decodes");
            }
            self.update();
            self.collect();
            if self.next_tick_us <= self.now_us as f64 {
                self.tick();
            }
        }
    }

    fn update(&mut self) {
        let due = match self.looped {
            Loop::Exact => self.client.next_update_us().is_some_and(|due_us| due_us <= self.now_us),
            Loop::Frames(hz) => {
                let due = self.next_frame_us <= self.now_us as f64;
                self.next_frame_us += if due { 1e6 / f64::from(hz) } else { 0.0 };
                due
            }
        };
        if due {
            self.client.update(self.now_us);
        }
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.client.poll_transmit() {
            let layout = self.schema.input.layout();
            let message = ClientMessage::decode(&bytes, &layout, self.room.now(), Step(0));
            assert!(self.up.send(self.now_us, bytes));
            let passage = self.up.last_passage();
            if passage.stalled {
                self.client.mark_stalled();
            }
            if let Ok(ClientMessage::Input(InputMessage { first, count, .. })) = message {
                for i in 0..count as i32 {
                    let sent = Sent { at_us: self.now_us, arrives_us: passage.arrives_us, stalled: passage.stalled };
                    self.sent.entry(first.offset(i).0).or_insert(sent);
                }
            }
        }
    }

    fn tick(&mut self) {
        self.next_tick_us += self.tick_us();
        while let Some(bytes) = self.up.receive(self.now_us) {
            self.room.handle_message(self.now_us, self.key, &bytes).expect("good messages");
        }
        let now = self.room.now().0;
        for (number, (session, key)) in self.others.iter_mut().enumerate() {
            // They turn now and then.
            session.set_input(&[(now / 40 * 29 + number as u32 * 50) % 256, 0]);
            session.update(self.now_us);
            while let Some(bytes) = session.poll_transmit() {
                self.room.handle_message(self.now_us, *key, &bytes).expect("good messages");
            }
        }
        self.room.tick(self.now_us);
        assert!(self.room.poll_close().is_none());
        self.ticks.push(self.now_us);
        let mut bytes = Vec::new();
        for (session, key) in &mut self.others {
            while self.room.poll_transmit(self.now_us, *key, &mut bytes) {
                session.handle_message(self.now_us, &bytes).expect("it decodes");
                bytes.clear();
            }
            while session.poll_event().is_some() {}
        }
        while self.down.is_ready() && self.room.poll_transmit(self.now_us, self.key, &mut bytes) {
            self.down.send(self.now_us, std::mem::take(&mut bytes));
        }
    }
}
