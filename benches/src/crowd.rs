//! A room without sockets, full of clients who steer by its schema and acknowledge by return.

use snapline_bots::Steering;
use snapline_server::room::{Room, RoomConfig, RowsAt, SessionKey};
use snapline_shared::frame::SNAPSHOT;
use snapline_shared::game::Game;
use snapline_shared::message::{ClientMessage, Hello, InputMessage};
use snapline_shared::quant::WordSpec;
use snapline_shared::rows::Rows;
use snapline_shared::tick::{Seen, Step};

const TICK_US: u64 = 1_000_000 / 60;
/// Ticks before anything is measured: everybody is in, views are filled, shots fly.
const WARM_TICKS: u32 = 120;

/// A room and its clients.
pub struct Crowd<G: Game> {
    room: Room<G>,
    clients: Vec<(SessionKey, Steering)>,
    layout: Vec<WordSpec>,
    /// Snapshots sent.
    pub snapshots: u64,
    /// Payload bytes of all messages sent.
    pub bytes: u64,
}

impl<G: Game> Crowd<G> {
    /// So many clients in a room with these options, at 60 ticks and 30 steps a second.
    ///
    /// # Panics
    /// When the game does not take the options or the clients.
    #[must_use]
    pub fn new(clients: usize, options: &[(&str, &str)]) -> Self {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = RoomConfig { players_max: 4096, rows_max: 16_384, options, ..RoomConfig::default() };
        let mut room = Room::new(config).expect("good options");
        let layout = room.schema().input.layout();
        let client = |seed| {
            let steering = Steering::new(&room.schema().input, seed);
            (room.handle_open(&Hello { bot: true, ..Hello::default() }).expect("a seat"), steering)
        };
        let clients = (0..clients as u64).map(client).collect();
        let mut crowd = Self { room, clients, layout, snapshots: 0, bytes: 0 };
        (0..WARM_TICKS).for_each(|_| crowd.tick());
        (crowd.snapshots, crowd.bytes) = (0, 0);
        crowd
    }

    /// One tick: an input of every client, the room's tick, and a snapshot for each when it is a step.
    ///
    /// # Panics
    /// When the room does not take an input: a mistake in here.
    pub fn tick(&mut self) {
        let (mut bytes, mut message) = (Vec::new(), Vec::new());
        let first = self.room.now().next();
        let now_us = u64::from(first.0) * TICK_US;
        for (session, steering) in &mut self.clients {
            message.clear();
            let ack = (first.0 > 10).then(|| (Step((first.0 - 1) / 2), Seen::default()));
            let words = steering.at(now_us).to_vec();
            ClientMessage::Input(InputMessage { first, count: 1, words, ack }).encode(&self.layout, &mut message);
            if first.0 > 1 {
                self.room.handle_message(now_us, *session, &message).expect("a good message");
            }
        }
        self.room.tick(now_us);
        for (session, _) in &self.clients {
            while self.room.poll_transmit(now_us, *session, &mut bytes) {
                self.snapshots += u64::from(bytes.first() == Some(&SNAPSHOT));
                self.bytes += bytes.len() as u64;
                bytes.clear();
            }
        }
    }

    /// The world at the newest step.
    ///
    /// # Panics
    /// Before the first step.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        match self.room.rows_at(Step(self.room.now().0 / 2)) {
            RowsAt::Here(rows) => rows,
            RowsAt::Gone | RowsAt::NotYet => panic!("the room keeps a second"),
        }
    }
}
