//! The proof of the frame: one server side, many virtual clients that skip, fall behind, look elsewhere; each a separate decoder fed by bytes
//! alone. After every frame every row in step must equal the server's at that step, every held row its row at its own step.

use std::sync::Arc;

use glam::{Quat, Vec2};

use crate::coder::Rates;
use crate::events::{Audience, Event};
use crate::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, STORED_STEPS, Store, Wanted};
use crate::ids::{NetId, NetIds, PlayerId};
use crate::prelude::*;
use crate::rng::Rng;
use crate::rows::{Row, Rows};
use crate::schema::Schema;
use crate::tick::{Step, Tick};

const TICKS_PER_STEP: u32 = 2;
const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: TICKS_PER_STEP };
/// A world is replaced after this many steps, so that all of its past can be kept for comparison.
const WORLD_STEPS: u32 = 1500;
const ROWS_MAX: usize = 70;

crate::wire! { struct Mover at place with Mover about turn teleport 64 weight 4 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, speed: Vec2 => Lerp Int { bits: 11 },
    turn: f32 => Arc Angle { bits: 10 }, alive: bool => Snap Uint { bits: 1 },
} }
crate::wire! { struct Block at place with Block about spin {
    place: Vec3 => Lerp Fixed { min: -100.0, max: 1100.0, step: 0.03125, wrap: false }, spin: Quat => Arc Quat { bits: 11 },
} }
crate::wire! { struct Dart at place from Mover {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, turn: f32 => Arc Angle { bits: 10 },
} }
crate::wire! { struct Odd { serial: u64 => Snap Uint { bits: 64 }, level: f32 => Lerp F32, attitude: Quat => Arc Quat { bits: 9 }, delta: i64 => Snap Int { bits: 40 } } }
crate::wire! { struct Flag { on: bool => Snap Uint { bits: 1 } } }
crate::wire! { struct Bang { loudness: u8 => Snap Uint { bits: 5 } } }
crate::wire! { struct Hold { x: f32 => Snap F32, count: u16 => Snap Uint { bits: 9 } } }

/// What a proof went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameProofReport {
    /// Frames written, read and compared.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows compared that were in step.
    pub rows_in_step: u64,
    /// Rows compared that were held.
    pub rows_held: u64,
    /// Frames over more than one step whose runs were stored.
    pub frames_behind: u64,
    /// Frames after a gap beyond the stored steps.
    pub frames_far_behind: u64,
    /// Births in a slot that another row left at the same step.
    pub reborn: u64,
    /// Rows compared that said to move with another one.
    pub rows_carried: u64,
    /// Rows told by those that spawned them, in bits of one world.
    pub spawn_bits: u64,
    /// Events compared.
    pub events: u64,
}

/// A running proof.
#[derive(Debug)]
pub struct FrameProof {
    schema: Arc<Schema>,
    rng: Rng,
    clients_max: usize,
    world: World,
    clients: Vec<Client>,
    writer: FrameWriter,
    report: FrameProofReport,
}

#[derive(Debug)]
struct World {
    store: Store,
    first: Step,
    past: Vec<Rows>,
    events: Vec<(Tick, Event)>,
    ids: NetIds,
    live: Vec<Thing>,
    busy: u32,
}

#[derive(Debug)]
struct Thing {
    id: NetId,
    kind: u8,
    mover: Mover,
    odd: Odd,
    block: Block,
    dart: Dart,
    flag: Flag,
    by: Option<NetId>,
    with: Option<NetId>,
    steady: bool,
}

#[derive(Debug)]
struct Client {
    player: PlayerId,
    mirror: Mirror,
    replica: Replica,
    own: [u32; 2],
    place: f32,
    radius: f32,
    sleeps_until: Step,
    bytes_max: usize,
    /// The step of its last frame.
    told: Option<Step>,
}

impl FrameProof {
    /// A proof with `clients_max` clients, the same for the same seed.
    #[must_use]
    pub fn new(seed: u64, clients_max: usize) -> Self {
        let schema = Arc::new(Schema {
            game: "proof".into(),
            entities: vec![Mover::KIND, Odd::KIND, Flag::KIND, Block::KIND, Dart::KIND].into(),
            events: vec![Bang::KIND].into(),
            requests: vec![].into(),
            input: <()>::KIND,
            own: Hold::KIND,
            tables: "".into(),
        });
        let mut rng = Rng::new(seed);
        let world = World::new(&schema, &mut rng);
        Self {
            schema,
            rng,
            clients_max,
            world,
            clients: Vec::new(),
            writer: FrameWriter::new(),
            report: FrameProofReport::default(),
        }
    }

    /// What it went through so far.
    #[must_use]
    pub const fn report(&self) -> &FrameProofReport {
        &self.report
    }

    /// One step of the world and a frame for every client that is not asleep.
    ///
    /// # Errors
    /// The first difference between what a client holds and the truth, in words.
    pub fn step(&mut self) -> Result<(), String> {
        if self.world.past.len() as u32 == WORLD_STEPS {
            self.world = World::new(&self.schema, &mut self.rng);
            self.clients.clear();
        }
        let step = self.world.advance(&self.schema, &mut self.rng, &mut self.report);
        let spawns = self.world.store.profile().iter().map(|kind| kind.spawns).sum();
        self.report.spawn_bits = self.report.spawn_bits.max(spawns);
        if self.clients.len() < self.clients_max && self.rng.one_in(2) {
            self.clients.push(Client::new(PlayerId(self.clients.len() as u16), &self.schema, step, &mut self.rng));
        }
        for client in &mut self.clients {
            client.live(step, &mut self.rng);
            if !client.sleeps_until.is_after(step) {
                client.frame(&self.world, step, &mut self.writer, &mut self.rng, &mut self.report)?;
            }
        }
        Ok(())
    }
}

impl World {
    fn new(schema: &Arc<Schema>, rng: &mut Rng) -> Self {
        // Some worlds begin shortly before the wrap of the step.
        let first = if rng.one_in(2) { Step(rng.below(1000)) } else { Step(u32::MAX - rng.below(1000)) };
        let (store, ids) = (Store::new(schema.clone(), RATES).expect("the proof has no tables"), NetIds::default());
        Self { store, first, past: Vec::new(), events: Vec::new(), ids, live: Vec::new(), busy: 2 + rng.below(30) }
    }

    fn rows(&self, step: Step) -> &Rows {
        &self.past[step.since(self.first) as usize]
    }

    fn advance(&mut self, schema: &Arc<Schema>, rng: &mut Rng, report: &mut FrameProofReport) -> Step {
        let step = self.first.offset(self.past.len() as i32);
        let mut freed = Vec::new();
        let ids = &mut self.ids;
        self.live.retain(|thing| {
            let dies = rng.one_in(60);
            if dies {
                freed.push(thing.id.slot);
                ids.free(thing.id);
            }
            !dies
        });
        while self.live.len() < ROWS_MAX && (rng.one_in(3) || (!freed.is_empty() && rng.one_in(2))) {
            let Some(id) = self.ids.spawn() else { break };
            report.reborn += u64::from(freed.contains(&id.slot));
            let mut thing = Thing::new(id, rng);
            if let Some(mover) = self.live.iter().find(|other| other.kind == 0 && rng.one_in(3)) {
                thing.by = Some(mover.id);
                thing.dart = Dart { place: mover.mover.place, turn: mover.mover.turn };
            }
            self.live.push(thing);
        }
        let mut rows = Rows::new(schema.clone());
        self.travel(rng);
        for thing in &self.live {
            match thing.kind {
                0 => rows.put(thing.id, &thing.mover),
                1 => rows.put(thing.id, &thing.odd),
                2 => rows.put(thing.id, &thing.flag),
                3 => rows.put(thing.id, &thing.block),
                _ => rows.put(thing.id, &thing.dart),
            }
            if let Some(other) = thing.by {
                rows.set_by(thing.id, other);
            }
            if let Some(other) = thing.with {
                rows.set_with(thing.id, other);
            }
        }
        rows.finish();
        for back in (0..TICKS_PER_STEP as i32).rev() {
            self.happen(step.tick(TICKS_PER_STEP).offset(-back), rng);
        }
        self.store.push_step(step, &rows);
        self.past.push(rows);
        step
    }

    /// Everything moves, what is carried with its carrier; now and then a row gets up or sits down, whatever that leads to.
    fn travel(&mut self, rng: &mut Rng) {
        let before: Vec<(NetId, Mover, Block)> =
            self.live.iter().map(|thing| (thing.id, thing.mover, thing.block)).collect();
        self.live.iter_mut().for_each(|thing| thing.advance(rng, self.busy));
        let after: Vec<(Mover, Block)> = self.live.iter().map(|thing| (thing.mover, thing.block)).collect();
        for thing in &mut self.live {
            if rng.one_in(if thing.with.is_some() { 200 } else { 40 }) {
                let other = rng.below(before.len() as u32) as usize;
                thing.with = if thing.with.is_none() { Some(before[other].0) } else { None };
            }
            let Some(at) = before.iter().position(|(id, ..)| Some(*id) == thing.with) else { continue };
            let ((_, mover, block), (moved, turned)) = (&before[at], &after[at]);
            let away = thing.mover.place - mover.place;
            thing.mover.place = moved.place + Vec2::from_angle(moved.turn - mover.turn).rotate(away);
            let turn = turned.spin * block.spin.inverse();
            thing.block.place = turned.place + turn * (thing.block.place - block.place);
            thing.block.spin = (turn * thing.block.spin).normalize();
        }
    }

    fn happen(&mut self, tick: Tick, rng: &mut Rng) {
        let mut events = Vec::new();
        while events.len() < 5 && rng.one_in(3) {
            let audience = match rng.below(3) {
                0 => Audience::All,
                1 => Audience::To(PlayerId(rng.below(50) as u16)),
                _ => Audience::Near(Vec2::splat(rng.unit() * 1000.0)),
            };
            events.push(Event { audience, kind: 0, words: vec![rng.below(32)] });
        }
        self.store.push_events(tick, &events);
        self.events.extend(events.into_iter().map(|event| (tick, event)));
    }
}

impl Thing {
    fn new(id: NetId, rng: &mut Rng) -> Self {
        let mover = Mover { place: Vec2::new(rng.unit(), rng.unit()) * 1000.0, ..Mover::default() };
        let (odd, flag) = (Odd { serial: u64::from(rng.bits()) << 20, ..Odd::default() }, Flag::default());
        let block = Block { place: mover.place.extend(rng.unit() * 100.0), spin: Quat::IDENTITY };
        let kind = [0, 0, 1, 2, 2, 3, 3, 4][rng.below(8) as usize];
        Self { id, kind, mover, odd, block, dart: Dart::default(), flag, by: None, with: None, steady: rng.one_in(4) }
    }

    fn advance(&mut self, rng: &mut Rng, busy: u32) {
        if self.steady || !rng.one_in(busy.div_ceil(8)) {
            return;
        }
        self.mover.place += self.mover.speed / 30.0;
        if rng.one_in(busy) {
            self.mover.speed = Vec2::new(rng.unit() - 0.5, rng.unit() - 0.5) * 400.0;
            self.mover.turn = rng.unit() * 7.0;
            self.mover.alive = !self.mover.alive;
            self.odd.serial = self.odd.serial.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.odd.delta -= i64::from(rng.bits());
            self.flag.on = !self.flag.on;
        }
        self.dart.place += Vec2::from_angle(self.dart.turn) * 5.0;
        self.block.place += self.mover.speed.extend(1.0) / 30.0;
        if !rng.one_in(3) {
            self.mover.turn += 0.05;
            self.block.spin *= Quat::from_euler(glam::EulerRot::XYZ, 0.02, 0.04, rng.unit() * 0.01);
        }
        self.odd.level += rng.unit();
        self.odd.attitude = Quat::from_rotation_z(self.odd.level);
    }
}

impl Client {
    fn new(player: PlayerId, schema: &Arc<Schema>, step: Step, rng: &mut Rng) -> Self {
        let replica = Replica::new(schema, RATES).expect("the proof has no tables");
        let bytes_max = if rng.one_in(3) { 60 } else { 4000 };
        Self {
            player,
            mirror: Mirror::default(),
            replica,
            own: [0; 2],
            place: 500.0,
            radius: 400.0,
            sleeps_until: step,
            bytes_max,
            told: None,
        }
    }

    /// Looks elsewhere now and then, loses everything now and then, sleeps: a step, a few, or more than are stored.
    fn live(&mut self, step: Step, rng: &mut Rng) {
        if rng.one_in(50) {
            self.place = rng.unit() * 1000.0;
            self.radius = rng.unit() * 600.0;
        }
        if rng.one_in(500) {
            self.mirror.forget();
        }
        if !self.sleeps_until.is_after(step) {
            let steps = match rng.below(40) {
                0..=25 => 0,
                26..=35 => rng.below(4),
                36..=38 => rng.below(STORED_STEPS + 2),
                _ => STORED_STEPS + rng.below(120),
            };
            self.sleeps_until = step.offset(steps as i32);
        }
    }

    fn frame(
        &mut self,
        world: &World,
        step: Step,
        writer: &mut FrameWriter,
        rng: &mut Rng,
        report: &mut FrameProofReport,
    ) -> Result<(), String> {
        let mut wanted = self.wanted(world.rows(step));
        world.store.close_over(&mut wanted, |row| self.sees(row));
        let own_changed = rng.one_in(4);
        if own_changed {
            self.own = [rng.bits() & 0x7f7f_ffff, rng.below(512)];
        }
        let spec = FrameSpec {
            ticks_per_step: TICKS_PER_STEP,
            input: (!rng.one_in(9)).then(|| Tick(rng.bits())),
            slack: rng.below(12) as i8 - 4,
            wanted: &wanted,
            own: own_changed.then_some(self.own.as_slice()),
            eye: Eye { controls: rng.one_in(2).then_some(7), place: [self.place, 0.0], radius: self.radius },
            bytes_max: self.bytes_max,
        };
        let last = self.told.replace(step);
        let mut bytes = Vec::new();
        let concerns = |audience: &Audience| concerns(self.player, self.place, audience);
        let stats = writer.write(&world.store, &mut self.mirror, &spec, concerns, &mut bytes);
        let info = self.replica.read(&bytes).map_err(|error| format!("step {step}: {error}"))?;
        report.frames += 1;
        report.bytes += bytes.len() as u64;
        report.frames_behind += u64::from((2..=STORED_STEPS).contains(&stats.steps));
        report.frames_far_behind += u64::from(stats.steps > STORED_STEPS);
        let low = spec.input.map(|tick| tick.0 as u8);
        if (info.step, info.slack, info.input_low, info.check_failed) != (step, spec.slack, low, false) {
            return Err(format!("step {step}: the frame says {info:?}"));
        }
        let told = self.replica.eye();
        if told.controls != spec.eye.controls || told.radius != spec.eye.radius {
            return Err(format!("step {step}: looks by {told:?} instead of {:?}", spec.eye));
        }
        if told.controls.is_none() && told.place != spec.eye.place {
            return Err(format!("step {step}: looks from {told:?} instead of {:?}", spec.eye));
        }
        if info.own && self.replica.own() != self.own || info.own != own_changed {
            return Err(format!("step {step}: own state differs"));
        }
        self.compare_rows(world, step, &wanted, report)?;
        self.compare_events(world, step, last, report)
    }

    /// Some rows are hidden from some clients, whatever moves with them.
    fn sees(&self, row: NetId) -> bool {
        !(u32::from(row.slot) + row.generation + u32::from(self.player.0)).is_multiple_of(7)
    }

    /// Rows within the square that wraps at 1000, those without a place, and for known ones a rim.
    fn wanted(&self, rows: &Rows) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for row in rows.list().iter().filter(|row| self.sees(row.id)) {
            let gap = rows.place(row).map_or(0.0, |place| gap(place.x, self.place));
            if gap <= self.radius * 1.15 {
                wanted.push(Wanted { slot: row.id.slot, enters: gap <= self.radius, priority: gap });
            }
        }
        wanted
    }

    fn compare_rows(
        &self,
        world: &World,
        step: Step,
        wanted: &[Wanted],
        report: &mut FrameProofReport,
    ) -> Result<(), String> {
        let mut known = 0;
        for row in self.replica.rows() {
            let rows = world.rows(row.step);
            let truth = rows.list().iter().find(|truth| truth.id.slot == row.id.slot);
            let same = truth.is_some_and(|truth| {
                rows.words(truth) == row.state.words
                    && truth.kind == row.state.kind
                    && truth.id.generation & 0xff == row.id.generation
            });
            let is_wanted = |slot: u16| wanted.binary_search_by_key(&slot, |w| w.slot).is_ok();
            if !same || (!row.held && row.step != step) || !is_wanted(row.id.slot) {
                return Err(format!("step {step}, player {}: holds {row:?}, the truth is {truth:?}", self.player));
            }
            known += usize::from(wanted.iter().any(|w| w.enters && w.slot == row.id.slot));
            report.rows_carried += u64::from(truth.is_some_and(|truth| carrier(rows, truth).is_some()));
            report.rows_in_step += u64::from(!row.held);
            report.rows_held += u64::from(row.held);
        }
        let enough = self.bytes_max < 1000 || known == wanted.iter().filter(|w| w.enters).count();
        if enough { Ok(()) } else { Err(format!("step {step}: rows are missing though the budget is ample")) }
    }

    fn compare_events(
        &self,
        world: &World,
        step: Step,
        last: Option<Step>,
        report: &mut FrameProofReport,
    ) -> Result<(), String> {
        let until = step.tick(TICKS_PER_STEP);
        let after = last.unwrap_or(step.offset(-1)).tick(TICKS_PER_STEP);
        let mine = |(tick, event): &&(Tick, Event)| {
            tick.is_after(after) && until.since(*tick) < 64 && concerns(self.player, self.place, &event.audience)
        };
        let truth: Vec<_> =
            world.events.iter().filter(mine).map(|(tick, event)| (*tick, event.words.clone())).collect();
        let got: Vec<_> = self.replica.events().iter().map(|event| (event.tick, event.words.clone())).collect();
        report.events += got.len() as u64;
        if truth[..truth.len().min(256)] == got {
            Ok(())
        } else {
            Err(format!("step {step}: events {got:?}, the truth is {truth:?}"))
        }
    }
}

/// The slot of what the row says to move with.
fn carrier(rows: &Rows, row: &Row) -> Option<u16> {
    let word = rows.schema().entities[usize::from(row.kind)].carrier_word()?;
    rows.words(row)[word].checked_sub(1).map(|slot| slot as u16)
}

fn gap(a: f32, b: f32) -> f32 {
    let gap = (a - b).abs();
    gap.min(1000.0 - gap)
}

fn concerns(player: PlayerId, place: f32, audience: &Audience) -> bool {
    match audience {
        Audience::All => true,
        Audience::To(to) => *to == player,
        Audience::Near(near) => gap(near.x, place) < 300.0,
    }
}
