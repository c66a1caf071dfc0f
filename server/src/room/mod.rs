//! A room: the server minus sockets, clocks and threads. Time and bytes come in, bytes and closes come out, so the whole of it runs in virtual time.
//!
//! The contract: `handle_*` says what happened, `tick` advances the world, then the caller drains `poll_close`, and for every session whose socket
//! can take data `poll_transmit` until it gives nothing.

mod connection;
mod flow;
mod inputs;
mod interest;
mod map;
mod messages;
mod outbox;
mod pace;
mod replicate;
mod resume;
mod roster;
mod seats;
mod timing;
mod world;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use slab::Slab;
use snapline_shared::coder::Rates;
use snapline_shared::frame::{FrameParts, Store};
use snapline_shared::game::{Game, Map, Profile, SetupError};
use snapline_shared::ids::PlayerId;
use snapline_shared::message::{Close, Notice, ServerMessage, Status};
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

pub use inputs::InputArrival;
pub use pace::Pace;
pub use timing::{Laps, PHASES, Phase};

pub use map::{MAP_BYTES_MAX, MAP_NAME_CHARS_MAX, RoomMap};
pub use resume::ResumeKey;

use connection::Connection;
use replicate::Replicator;
use roster::Roster;
use seats::close_of;
use timing::Timing;
use world::World;

/// Seats that any room may have: a `PlayerId` is 12 bits on the wire.
pub const PLAYERS_MAX: usize = 4096;

/// Names a connection within its room; reused after the connection has ended.
pub type SessionKey = usize;

/// What a room is made from.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// `[a-z0-9-]{1,32}`.
    pub name: String,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks from one snapshot to the next.
    pub ticks_per_step: u32,
    /// Seats for people, at most [`PLAYERS_MAX`]; house bots come beside them.
    pub players_max: usize,
    /// Rows in the world; a game that shows more ends the room.
    pub rows_max: usize,
    /// Bytes that the rows of a snapshot fill at most.
    pub snapshot_bytes_max: usize,
    /// How long rows are kept for rewind, in milliseconds.
    pub history_ms: u32,
    /// How far back a player's `seen` may lie, in milliseconds.
    pub rewind_ms_max: u32,
    /// Seconds from a match's results to the next match.
    pub restart_s: u32,
    /// Seconds for which the seat of a player whose connection is lost is kept, up to 3,600; 0: not at all.
    pub resume_s: u32,
    /// What resume tokens are made with. The default is no secret, and for tests.
    pub resume_key: ResumeKey,
    /// Seed of the room's random numbers.
    pub seed: u64,
    /// The map to play on; none: the game's own, if it has one.
    pub map: Option<RoomMap>,
    /// Options of the game.
    pub options: BTreeMap<String, String>,
}

impl Default for RoomConfig {
    /// 60 ticks and 30 snapshots a second, 100 seats kept for 30 s, 1,000 rows, rows of a snapshot up to 4 KiB, a second of history, seed 1, the game's
    /// own map, no options.
    fn default() -> Self {
        Self {
            name: snapline_shared::message::ROOM_DEFAULT.to_owned(),
            tick_hz: 60,
            ticks_per_step: 2,
            players_max: 100,
            rows_max: 1000,
            snapshot_bytes_max: 4096,
            history_ms: 1000,
            rewind_ms_max: 450,
            restart_s: 10,
            resume_s: 30,
            resume_key: ResumeKey::default(),
            seed: 1,
            map: None,
            options: BTreeMap::new(),
        }
    }
}

impl RoomConfig {
    /// How often its rows are shown.
    #[must_use]
    pub const fn rates(&self) -> Rates {
        Rates { tick_hz: self.tick_hz, ticks_per_step: self.ticks_per_step }
    }

    /// Snapshots a second, rounded up.
    #[must_use]
    pub const fn step_hz(&self) -> u32 {
        self.tick_hz.div_ceil(self.ticks_per_step)
    }

    /// The map that a room of `G` plays on.
    #[must_use]
    pub fn map_of<G: Game>(&self) -> Map<'_> {
        self.map.as_ref().map_or(G::MAP, RoomMap::get)
    }
}

/// The rows of a step, or why there are none.
#[derive(Debug)]
pub enum RowsAt<'a> {
    /// Here they are.
    Here(&'a Rows),
    /// The step has not come.
    NotYet,
    /// The ring has dropped it.
    Gone,
}

/// Counters of a room, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomStats {
    /// Snapshots made.
    pub snapshots: u64,
    /// Their bytes.
    pub snapshot_bytes: u64,
    /// Steps that clients got in one frame beyond the first of each.
    pub steps_coalesced: u64,
    /// LOADs sent.
    pub loads: u64,
    /// Inputs kept for their tick.
    pub inputs_applied: u64,
    /// Inputs that came after their tick.
    pub inputs_late: u64,
    /// Inputs that came too far before their tick.
    pub inputs_early: u64,
    /// Inputs for a tick that had one.
    pub inputs_repeated: u64,
    /// Messages of inputs that do not decode, or ack what was never sent.
    pub inputs_invalid: u64,
    /// Messages from clients by first byte; 0: what is no type.
    pub messages_in: [u64; 8],
    /// Messages to clients by first byte.
    pub messages_out: [u64; 8],
    /// Bits of snapshots by what they are for.
    pub parts: FrameParts,
    /// Steps of which a client got no frame because too many were not acknowledged.
    pub window_closed: u64,
    /// Desync messages; 0 for ever.
    pub desyncs: u64,
    /// Connections that came back to their seats.
    pub resumes: u64,
    /// Events left out because there were too many.
    pub events_dropped: u64,
}

/// How one connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From a snapshot's sending to its ack, the newest one; none before the first.
    pub rtt_us: Option<u64>,
    /// Bytes of replies, chat and notices that wait.
    pub outbox_bytes: usize,
    /// Rows that are held.
    pub rows_held: usize,
    /// Whether anybody looks.
    pub visible: bool,
}

/// One game and those who play it.
pub struct Room<G: Game> {
    config: RoomConfig,
    schema: Arc<Schema>,
    schema_hash: u64,
    world: World<G>,
    connections: Slab<Connection<G>>,
    by_player: BTreeMap<PlayerId, SessionKey>,
    /// How many of the connections are house bots.
    house_bots: usize,
    /// Connections so far: each has a number.
    next_nonce: u64,
    roster: Roster,
    replicator: Replicator,
    timing: Timing,
    closes: VecDeque<(SessionKey, Close)>,
    /// The inputs since they were last taken; none while nobody traces.
    arrivals: Option<Vec<InputArrival>>,
    stats: RoomStats,
    pace: Pace,
}

impl<G: Game> Room<G> {
    /// A room before its first tick.
    ///
    /// # Errors
    /// When the game does not accept an option or the map, or its schema or its own map is out of the limits.
    pub fn new(config: RoomConfig) -> Result<Self, SetupError> {
        let schema = Arc::new(snapline_shared::game::schema::<G>());
        schema.check().map_err(|error| SetupError { field: "schema", words: error.to_string() })?;
        let map = config.map_of::<G>();
        if map != Map::NONE {
            map::check(&map).map_err(|words| SetupError { field: "map", words })?;
        }
        let schema_hash = Schema::hash(&schema.to_json());
        let world = World::new(&config, &schema)?;
        let store = Store::new(schema.clone(), config.rates());
        let replicator = Replicator::new(store.map_err(|words| SetupError { field: "schema", words })?);
        Ok(Self {
            config,
            schema,
            schema_hash,
            world,
            connections: Slab::new(),
            by_player: BTreeMap::new(),
            house_bots: 0,
            next_nonce: 0,
            roster: Roster::default(),
            replicator,
            timing: Timing::default(),
            closes: VecDeque::new(),
            arrivals: None,
            stats: RoomStats::default(),
            pace: Pace::FULL,
        })
    }

    /// From now on inputs are noted when they arrive, up to 8,192 of them, for [`Self::take_arrivals`] after each tick.
    pub fn trace(&mut self) {
        self.arrivals = Some(Vec::new());
    }

    /// The inputs that have arrived since the last call; none unless the room is traced.
    pub fn take_arrivals(&mut self) -> Vec<InputArrival> {
        self.arrivals.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How long the last tick took from its start to its last write, measured by the caller.
    pub fn handle_tick_took(&mut self, took_us: u32) {
        self.timing.note(took_us);
    }

    /// Advances the world by one tick.
    ///
    /// # Panics
    /// When the game does, or breaks a rule: the caller ends this room alone.
    pub fn tick(&mut self, now_us: u64) {
        self.tick_timed(now_us, &mut ());
    }

    /// The same, telling `laps` when each phase is over.
    ///
    /// # Panics
    /// As [`Self::tick`].
    pub fn tick_timed(&mut self, now_us: u64, laps: &mut impl Laps) {
        self.give_up_seats();
        if self.world.is_over() {
            self.begin_epoch();
        }
        let Self { config, connections, by_player, replicator, .. } = self;
        let finished = self.world.tick(config, connections, by_player, replicator, laps);
        if let Some(results) = finished {
            self.tell_all(&ServerMessage::Notice(Notice::Results(results.json)));
        }
        self.keep_time();
        let failed: Vec<_> =
            self.connections.iter().filter_map(|(key, c)| c.check(now_us).err().map(|close| (key, close))).collect();
        for (key, close) in failed {
            self.close(key, close);
        }
    }

    /// What is due by the clock: players are spread over the second, so that no tick has to tell all of them.
    fn keep_time(&mut self) {
        let (now, tick_hz) = (self.world.now().0, self.config.tick_hz);
        if now.is_multiple_of(tick_hz) {
            self.timing.second();
        }
        for (&player, &key) in &self.by_player {
            let phase = now.wrapping_add(player.0.into());
            if phase.is_multiple_of(tick_hz.div_ceil(4)) {
                let connection = &self.connections[key];
                self.roster.away(player, !connection.visible || !connection.is_here());
            }
            if phase.is_multiple_of(tick_hz.div_ceil(2)) {
                self.connections[key].inputs.half_second();
            }
            if phase.is_multiple_of(tick_hz) {
                self.connections[key].second();
            }
        }
    }

    /// The next match: a new game from the same scene, everybody in their seats.
    fn begin_epoch(&mut self) {
        let players = self.by_player.iter().map(|(&player, &key)| {
            let connection = &self.connections[key];
            (player, Profile { name: &connection.name, user: None, bot: connection.bot })
        });
        let refused = self.world.begin_epoch(&self.config, players);
        self.replicator.begin_epoch();
        for (_, connection) in &mut self.connections {
            self.stats.inputs_late += connection.inputs.late();
            connection.begin_epoch();
        }
        for (player, refusal) in refused {
            // The new game has never had this player, so it is not told that the player leaves.
            if let Some(&key) = self.by_player.get(&player) {
                let is_here = self.connections[key].is_here();
                self.unseat(key);
                if is_here {
                    self.closes.push_back((key, close_of(refusal)));
                }
            }
        }
    }

    /// Queues a message for everybody.
    fn tell_all(&mut self, message: &ServerMessage) {
        let failed: Vec<_> = self
            .connections
            .iter_mut()
            .filter_map(|(key, c)| c.tell(message).err().map(|close| (key, close)))
            .collect();
        for (key, close) in failed {
            self.close(key, close);
        }
    }

    /// Appends the next message for `session` to `out` and says whether there was one. To be called only while its socket can take data:
    /// snapshots are made here, at the last moment (newest wins).
    pub fn poll_transmit(&mut self, now_us: u64, session: SessionKey, out: &mut Vec<u8>) -> bool {
        self.poll_transmit_timed(now_us, session, &mut (), out)
    }

    /// The same, telling `laps` when each phase is over.
    pub fn poll_transmit_timed(
        &mut self,
        now_us: u64,
        session: SessionKey,
        laps: &mut impl Laps,
        out: &mut Vec<u8>,
    ) -> bool {
        let before = out.len();
        let is_there = self.next_message(now_us, session, laps, out);
        if let Some(&kind) = out.get(before).filter(|_| is_there) {
            self.stats.messages_out[usize::from(kind) % 8] += 1;
        }
        laps.lap(Phase::Encode);
        is_there
    }

    fn next_message(&mut self, now_us: u64, session: SessionKey, laps: &mut impl Laps, out: &mut Vec<u8>) -> bool {
        let players = self.players() as u16;
        let Some(connection) = self.connections.get_mut(session).filter(|connection| connection.is_here()) else {
            return false;
        };
        if !connection.welcomed {
            if !connection.may_speak {
                connection.told = std::mem::take(&mut connection.answers);
            }
            ServerMessage::Welcome(self.world.welcome(&self.config, connection, self.schema_hash)).encode(out);
            (connection.welcomed, connection.may_speak) = (true, true);
            return true;
        }
        if self.replicator.is_due(connection, &self.config, self.world.now())
            && let Some(step) = self.replicator.store.step()
        {
            let before = out.len();
            let frame = self.replicator.write(self.world.game(), connection, &self.config, step, laps, out);
            let bytes = out.len() - before;
            connection.window.note_sent(now_us, step, bytes);
            connection.frame_bytes = (connection.frame_bytes * 7 + 8 * bytes as u32) / 8;
            self.stats.snapshots += 1;
            self.stats.snapshot_bytes += bytes as u64;
            self.stats.steps_coalesced += u64::from(frame.steps.saturating_sub(1));
            self.stats.loads += frame.loads as u64;
            self.stats.parts += frame.parts;
            self.stats.events_dropped += frame.events_dropped as u64;
            return true;
        }
        if connection.outbox.pop(out) {
            return true;
        }
        if std::mem::take(&mut connection.status_due) {
            let (tick_p50_us, tick_p99_us) = self.timing.percentiles_us();
            let status = Status {
                rtt_ms: connection.window.rtt_ms(),
                players,
                tick_p50_us,
                tick_p99_us,
                tick_budget_us: 1_000_000 / self.config.tick_hz,
                starved_ticks: connection.starved,
                step_hz: (self.config.step_hz() / connection.every_steps) as u16,
            };
            ServerMessage::Notice(Notice::Status(status)).encode(out);
            return true;
        }
        let notice = self.roster.poll(&mut connection.roster, self.world.now().0, self.config.tick_hz);
        if let Some(notice) = notice {
            ServerMessage::Notice(notice).encode(out);
            return true;
        }
        false
    }

    /// The next connection that must end. The room has ended it already; the caller sends the close frame.
    pub fn poll_close(&mut self) -> Option<(SessionKey, Close)> {
        self.closes.pop_front()
    }

    /// The tick last simulated.
    #[must_use]
    pub const fn now(&self) -> Tick {
        self.world.now()
    }

    /// The epoch of the room's timeline.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.world.epoch()
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> RoomStats {
        // Those who have left are counted already.
        let late: u64 = self.connections.iter().map(|(_, connection)| connection.inputs.late()).sum();
        let closed: u64 = self.connections.iter().map(|(_, connection)| u64::from(connection.window_closed)).sum();
        RoomStats {
            inputs_late: self.stats.inputs_late + late,
            window_closed: self.stats.window_closed + closed,
            ..self.stats
        }
    }

    /// How each connection of people is doing.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        let people = self.connections.iter().filter(|(_, connection)| !connection.is_house);
        people.map(|(_, connection)| Sample {
            rtt_us: connection.window.rtt_us(),
            outbox_bytes: connection.outbox.bytes(),
            rows_held: connection.mirror.counts().1,
            visible: connection.visible,
        })
    }

    /// Rows shown at the newest step.
    #[must_use]
    pub const fn entities(&self) -> usize {
        self.world.entities()
    }

    /// What the world showed at `step`.
    #[must_use]
    pub fn rows_at(&self, step: Step) -> RowsAt<'_> {
        self.world.rows_at(step)
    }

    /// The schema of its game.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// What it was made from.
    #[must_use]
    pub const fn config(&self) -> &RoomConfig {
        &self.config
    }
}
