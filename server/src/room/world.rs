//! The game and what it needs: time, ids, randomness, events, its past; one tick of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use slab::Slab;
use snapline_shared::events::Events;
use snapline_shared::game::{
    Command, Game, Past, Profile, Refusal, Replies, Request, Results, Setup, SetupError, Tools, Turn,
};
use snapline_shared::ids::{NetIds, PlayerId};
use snapline_shared::message::{RESULTS_BYTES_MAX, Welcome};
use snapline_shared::quant::WordSpec;
use snapline_shared::rng::Rng;
use snapline_shared::rows::{Ring, Rows};
use snapline_shared::schema::{Kind, Schema};
use snapline_shared::tick::{Seen, Step, Tick};

use super::connection::{Asked, Connection};
use super::replicate::Replicator;
use super::resume::{TOKEN_S, Ticket};
use super::timing::{Laps, Phase};
use super::{RoomConfig, RowsAt, SessionKey};

/// Rows of kinds without `at`: everybody gets them.
const GLOBAL_ROWS_MAX: usize = 64;

/// A game in progress.
pub(crate) struct World<G: Game> {
    game: G,
    scene: G::Scene,
    map_hash: u64,
    schema: Arc<Schema>,
    input_layout: Vec<WordSpec>,
    request_layouts: Vec<Vec<WordSpec>>,
    epoch: u32,
    now: Tick,
    /// The newest one; counted, not computed, so that it goes on when ticks wrap.
    step: Step,
    ids: NetIds,
    rng: Rng,
    events: Events,
    ring: Ring,
    replies: Replies,
    commands: Vec<Command<G::Input>>,
    asked: Vec<(PlayerId, Asked)>,
    spare: Option<Rows>,
    over_at: Option<Tick>,
    entities: usize,
}

impl<G: Game> World<G> {
    pub(crate) fn new(config: &RoomConfig, schema: &Arc<Schema>) -> Result<Self, SetupError> {
        let setup = setup::<G>(config);
        let scene = G::scene(&setup)?;
        let (mut ids, mut rng, mut events) = (NetIds::default(), Rng::new(config.seed), Events::new(G::EVENTS));
        let game =
            G::new(&scene, &setup, &mut Tools { now: Tick(0), ids: &mut ids, rng: &mut rng, events: &mut events });
        let step_ms = 1000 * config.ticks_per_step / config.tick_hz;
        Ok(Self {
            game,
            scene,
            map_hash: config.map_of::<G>().hash(),
            input_layout: schema.input.layout(),
            request_layouts: schema.requests.iter().map(Kind::layout).collect(),
            schema: schema.clone(),
            epoch: 1,
            now: Tick(0),
            step: Step(0),
            ids,
            rng,
            events,
            ring: Ring::new((config.history_ms / step_ms.max(1)) as usize + 1),
            replies: Replies::default(),
            commands: Vec::new(),
            asked: Vec::new(),
            spare: None,
            over_at: None,
            entities: 0,
        })
    }

    /// The next match, from the same scene: seats join in `PlayerId` order. Gives those that the game refuses.
    pub(crate) fn begin_epoch<'a>(
        &mut self,
        config: &RoomConfig,
        players: impl Iterator<Item = (PlayerId, Profile<'a>)>,
    ) -> Vec<(PlayerId, Refusal)> {
        self.epoch = self.epoch.wrapping_add(1);
        self.over_at = None;
        self.ids = NetIds::default();
        self.ring.clear();
        self.events.take();
        let mut tools =
            Tools { now: self.now.next(), ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
        self.game = G::new(&self.scene, &setup::<G>(config), &mut tools);
        players
            .filter_map(|(player, profile)| self.join(player, &profile).err().map(|refusal| (player, refusal)))
            .collect()
    }

    pub(crate) fn join(&mut self, player: PlayerId, profile: &Profile<'_>) -> Result<(), Refusal> {
        let mut tools =
            Tools { now: self.now.next(), ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
        self.game.join(&self.scene, player, profile, &mut tools)
    }

    pub(crate) fn leave(&mut self, player: PlayerId) {
        let mut tools =
            Tools { now: self.now.next(), ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
        self.game.leave(player, &mut tools);
    }

    /// One tick: inputs, requests, step; at a step also rows, runs and interest. Gives the results when the match ends here.
    pub(crate) fn tick(
        &mut self,
        config: &RoomConfig,
        connections: &mut Slab<Connection<G>>,
        by_player: &BTreeMap<PlayerId, SessionKey>,
        replicator: &mut Replicator,
        laps: &mut impl Laps,
    ) -> Option<Results> {
        self.now = self.now.next();
        self.collect(config, connections, by_player);
        laps.lap(Phase::Input);
        let mut finish = None;
        let schema = &self.schema;
        let requests: Vec<Request<'_>> =
            self.asked.iter().map(|(player, asked)| request(schema, *player, asked)).collect();
        self.game.step(
            &self.scene,
            Turn {
                commands: &self.commands,
                requests: &requests,
                replies: &mut self.replies,
                past: Past::new(&self.ring, config.ticks_per_step),
                finish: &mut finish,
                tools: Tools { now: self.now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events },
            },
        );
        laps.lap(Phase::Step);
        self.advance_own(connections, by_player);
        self.reply(connections, by_player);
        let (events, _) = self.events.take();
        replicator.store.push_events(self.now, &events);
        let step = self.step.next();
        if step.tick(config.ticks_per_step) == self.now {
            self.step = step;
            self.show(config, replicator, laps);
        }
        laps.lap(Phase::Encode);
        let finish = finish.filter(|_| self.over_at.is_none())?;
        self.over_at = Some(self.now.offset((config.restart_s * config.tick_hz).cast_signed()));
        assert!(finish.json.len() <= RESULTS_BYTES_MAX, "results of more than {RESULTS_BYTES_MAX} bytes");
        Some(finish)
    }

    /// One command a seat, by `PlayerId`, and the requests of this tick.
    fn collect(
        &mut self,
        config: &RoomConfig,
        connections: &mut Slab<Connection<G>>,
        by_player: &BTreeMap<PlayerId, SessionKey>,
    ) {
        self.commands.clear();
        self.asked.clear();
        let oldest = self.now.offset(-((config.rewind_ms_max * config.tick_hz / 1000).cast_signed()));
        for (&player, &key) in by_player {
            let Some(connection) = connections.get_mut(key) else { continue };
            let held = connection.inputs.take(self.now);
            let seen = if oldest.is_after(held.seen.tick) { Seen::of(oldest) } else { held.seen };
            let seen = connection.window.blended(seen, config.ticks_per_step);
            let connected = connection.is_here();
            self.commands.push(Command { player, input: held.input, seen, fresh: held.fresh, connected });
            self.asked.extend(connection.requests.drain(..).map(|asked| (player, asked)));
        }
    }

    /// Goes along with what each client can predict of its own state.
    fn advance_own(&self, connections: &mut Slab<Connection<G>>, by_player: &BTreeMap<PlayerId, SessionKey>) {
        // One command a seat, in the same order.
        for (command, &key) in self.commands.iter().zip(by_player.values()) {
            if let Some(connection) = connections.get_mut(key) {
                debug_assert_eq!(connection.player, command.player);
                connection.own.advance(command.fresh, |own| G::advance(&self.scene, own, command.input));
            }
        }
    }

    /// Sends the game's answers; what it left unanswered is refused. A client whose queue is full is given up at the end of the tick.
    fn reply(&mut self, connections: &mut Slab<Connection<G>>, by_player: &BTreeMap<PlayerId, SessionKey>) {
        let answers = self.replies.take();
        for (player, asked) in &self.asked {
            let answer = answers.iter().find(|(to, number, _)| to == player && *number == asked.number);
            let refused =
                answer.map_or_else(|| Some("not possible now".to_owned()), |(_, _, answer)| answer.clone().err());
            if let Some(connection) = by_player.get(player).and_then(|&key| connections.get_mut(key)) {
                let queued = connection.answer(asked.number, refused);
                connection.is_full |= queued.is_err();
            }
        }
    }

    /// A step: takes the rows and makes everything that frames are spliced from.
    fn show(&mut self, config: &RoomConfig, replicator: &mut Replicator, laps: &mut impl Laps) {
        let step = self.step;
        let mut rows = self.spare.take().unwrap_or_else(|| Rows::new(self.schema.clone()));
        rows.clear();
        self.game.extract(&mut rows);
        rows.finish();
        let globals = rows.list().iter().filter(|row| rows.place(row).is_none()).count();
        assert!(globals <= GLOBAL_ROWS_MAX, "the game shows more than {GLOBAL_ROWS_MAX} rows without a place");
        assert!(rows.list().len() <= config.rows_max, "the game shows more than rows_max = {} rows", config.rows_max);
        for row in rows.list() {
            assert!(self.ids.is_live(row.id), "rule 6: `extract` showed {:?}, which was freed", row.id);
        }
        laps.lap(Phase::Extract);
        replicator.store.push_step(step, &rows);
        laps.lap(Phase::Encode);
        replicator.interest.rebuild(&rows);
        laps.lap(Phase::Interest);
        self.entities = rows.list().len();
        self.spare = self.ring.push(step, rows);
    }

    pub(crate) fn welcome(&self, config: &RoomConfig, connection: &Connection<G>, schema_hash: u64) -> Welcome {
        let ticket = Ticket {
            player: connection.player,
            epoch: self.epoch,
            nonce: connection.nonce,
            until: self.now.offset((TOKEN_S * config.tick_hz).cast_signed()),
        };
        let is_kept = config.resume_s > 0;
        Welcome {
            epoch: self.epoch,
            tick: self.now,
            tick_hz: config.tick_hz as u16,
            ticks_per_step: config.ticks_per_step as u16,
            player: connection.player,
            game: G::NAME.to_owned(),
            schema_hash,
            map: config.map_of::<G>().name.to_owned(),
            map_hash: self.map_hash,
            options: config.options.clone().into_iter().collect(),
            resume: if is_kept { ticket.seal(&config.resume_key, &config.name) } else { String::new() },
            resume_s: config.resume_s as u16,
            answers: if connection.may_speak { Vec::new() } else { connection.told.iter().cloned().collect() },
        }
    }

    pub(crate) fn rows_at(&self, step: Step) -> RowsAt<'_> {
        match self.ring.at(step) {
            Some(rows) => RowsAt::Here(rows),
            None if self.ring.has_dropped(step) => RowsAt::Gone,
            None => RowsAt::NotYet,
        }
    }

    /// Whether a request of this kind with these words can exist.
    pub(crate) fn is_request(&self, kind: u8, words: &[u32]) -> bool {
        self.request_layouts.get(usize::from(kind)).is_some_and(|layout| {
            layout.len() == words.len() && layout.iter().zip(words).all(|(spec, &word)| u64::from(word) < spec.modulus)
        })
    }

    pub(crate) fn input_layout(&self) -> &[WordSpec] {
        &self.input_layout
    }

    pub(crate) const fn game(&self) -> &G {
        &self.game
    }

    /// Rows shown at the newest step.
    pub(crate) const fn entities(&self) -> usize {
        self.entities
    }

    pub(crate) const fn now(&self) -> Tick {
        self.now
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether the match has ended and its results were shown long enough.
    pub(crate) fn is_over(&self) -> bool {
        self.over_at.is_some_and(|at| !at.is_after(self.now))
    }
}

fn setup<G: Game>(config: &RoomConfig) -> Setup<'_> {
    Setup {
        map: config.map_of::<G>().bytes,
        options: &config.options,
        tick_hz: config.tick_hz,
        ticks_per_step: config.ticks_per_step,
    }
}

fn request<'a>(schema: &'a Schema, player: PlayerId, asked: &'a Asked) -> Request<'a> {
    Request { player, number: asked.number, kind: &schema.requests[usize::from(asked.kind)].name, words: &asked.words }
}
