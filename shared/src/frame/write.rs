//! The server's side of a frame: decides row by row what a client gets, and splices it. In the order of the wire.

mod carried;

use super::lists::{write_number, write_ranks};
use super::spawn::write_rank;
use super::store::{Piece, StepRuns, Store};
use super::{
    CHECK_EVERY_FRAMES, EVENT_BITS_PER_FRAME_MAX, EVENTS_PER_FRAME_MAX, Eye, FrameParts, Gaps, KNOWN_ROWS_MAX,
    SNAPSHOT, STORED_STEPS, flags, fold, more,
};
use crate::bits::BitWriter;
use crate::coder::Run;
use crate::events::Audience;
use crate::tick::{Step, Tick};
use crate::words::write_words;

/// What naming a row in the lists of held and reloaded rows costs beside its LOAD, in bits.
const RELOAD_NAME_BITS: usize = 5;
/// Share of the byte budget that runs may fill, in hundredths; rows beyond it are held, the farthest first, and reloaded in turn with what is left.
const RUNS_SHARE_MAX: usize = 70;
/// A held row counts as half as far after so many steps: so all come in turn, the near ones more often.
const AGE_STEPS: f32 = 8.0;

/// A row that a client should know now. Lists of them are in slot order, without repetition, of live rows only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The row's slot.
    pub slot: u16,
    /// Whether it may enter; false for a row that only stays if it is known (hysteresis).
    pub enters: bool,
    /// Less is sooner when not everything fits: the distance divided by the kind's weight, say.
    pub priority: f32,
}

/// What a client knows of one row.
#[derive(Clone, Copy, Debug)]
struct Known {
    slot: u16,
    held: bool,
    born: Step,
    /// While it is held: the step of its state.
    since: Step,
}

/// The server's copy of the list of rows that one client knows. Nothing else is kept for a client.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    rows: Vec<Known>,
    last: Option<Step>,
    /// The step up to which events were told; unlike `last` it outlives `forget`.
    told: Option<Step>,
    frames: u32,
    eye: Option<Eye>,
}

impl Mirror {
    /// The step of the last frame; none before the first, or after `forget`.
    #[must_use]
    pub const fn last(&self) -> Option<Step> {
        self.last
    }

    /// The next frame empties the client's list (failed check, next match).
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// How many rows it knows, and how many of them are held.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.rows.iter().filter(|row| row.held).count())
    }
}

/// What one frame is made from, beside the store and the mirror.
#[derive(Clone, Copy, Debug)]
pub struct FrameSpec<'a> {
    /// Ticks from one step to the next.
    pub ticks_per_step: u32,
    /// The newest input of this client that was applied.
    pub input: Option<Tick>,
    /// Smallest slack of the last second, in whole ticks; `SLACK_NONE` when no input came in it.
    pub slack: i8,
    /// Rows that the client should know, in slot order.
    pub wanted: &'a [Wanted],
    /// Words of the own state, when it is to be sent whole.
    pub own: Option<&'a [u32]>,
    /// Where the client looks from.
    pub eye: Eye,
    /// Bytes that the rows of the frame fill at most, but for one load that goes in any case.
    pub bytes_max: usize,
}

/// What a frame held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameStats {
    /// Steps since the client's last frame; 0 for its first.
    pub steps: u32,
    /// Runs spliced.
    pub runs: usize,
    /// LOADs spliced.
    pub loads: usize,
    /// Rows that the client knows and that are held.
    pub held: usize,
    /// Events left out because there were too many.
    pub events_dropped: usize,
    /// Where its bits went.
    pub parts: FrameParts,
}

/// Writes frames; keeps its lists between them so that a frame allocates nothing.
#[derive(Debug, Default)]
pub struct FrameWriter {
    bits: BitWriter,
    runs: BitWriter,
    left: Vec<u32>,
    held: Vec<u32>,
    woken: Vec<u32>,
    enters: Vec<Wanted>,
    loads: Vec<Candidate>,
    stay: Vec<Known>,
    priorities: Vec<f32>,
    order: Vec<(f32, u32)>,
    costs: Vec<Cost>,
    /// What is wanted and what carries it, when rows of some kind are carried.
    closed: Vec<Wanted>,
    /// Whether each row that stays is in step, when some are carried.
    in_step: Vec<bool>,
    /// Runs of the rows that are carried.
    late: Vec<Piece>,
    /// Kind and slot of the rows that went through the body, when some of them have spawned others.
    spawners: Vec<(u8, u16)>,
}

/// What a row in step takes in this frame.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Its place among the rows that stay, and among those in step.
    at: u32,
    rank: u32,
    bits: usize,
    /// Whether that is a LOAD.
    reloads: bool,
    holds: bool,
}

/// A row that could be loaded: one held (by its place among the rows that stay) or one that enters.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    stays_at: Option<u32>,
    slot: u16,
    chosen: bool,
}

impl FrameWriter {
    /// A writer without memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the frame that brings the client of `mirror` to the store's newest step, and brings `mirror` there too. `concerns` says which events
    /// reach the client.
    ///
    /// # Panics
    /// When the store has no step, or the client is there already: mistakes in the caller.
    pub fn write(
        &mut self,
        store: &Store,
        mirror: &mut Mirror,
        spec: &FrameSpec<'_>,
        concerns: impl Fn(&Audience) -> bool,
        out: &mut Vec<u8>,
    ) -> FrameStats {
        let Some(step) = store.step() else { panic!("a frame before the first step") };
        assert!(mirror.last.is_none_or(|last| step.is_after(last)), "a second frame for one step");
        let mut stats =
            FrameStats { steps: mirror.last.map_or(0, |last| step.since(last) as u32), ..FrameStats::default() };
        let empty = mirror.last.is_none();
        if empty {
            mirror.rows.clear();
        }
        let hold_all =
            !empty && (stats.steps > STORED_STEPS || mirror.last.and_then(|last| store.runs_since(last)).is_none());
        let from = mirror.last.filter(|_| !hold_all);
        self.bits.clear();
        if empty || hold_all {
            self.bits.write(step.0, 32);
        }

        let mut at = self.bits.len_bits();
        let mut flags = self.split_closed(store, mirror, spec.wanted);
        stats.parts.left = self.since(&mut at);
        self.choose_held(store, from, hold_all, spec.bytes_max);
        self.hold_carried(store, from);
        if !self.held.is_empty() && !hold_all {
            flags |= flags::HELD;
            let in_step = self.stay.iter().filter(|row| !row.held).count();
            write_ranks(&self.held, in_step, &mut self.bits);
        }
        self.hold(hold_all, mirror.last.unwrap_or(step));
        stats.parts.held = self.since(&mut at);
        if let Some(last) = from {
            flags |= self.write_body(store, last, &mut stats);
            stats.parts.runs = self.since(&mut at) - stats.parts.woken;
        }
        flags |= self.write_loads(store, from, step, spec.bytes_max, &mut stats);
        stats.parts.enters = self.since(&mut at) - stats.parts.reloads;
        std::mem::swap(&mut mirror.rows, &mut self.stay);

        let mut more = (u8::from(empty) * more::EMPTY) | (u8::from(hold_all) * more::HOLD_ALL);
        more |= u8::from(spec.input.is_none()) * more::NO_INPUT;
        if empty || differs(mirror.eye, spec.eye) {
            more |= more::SELF;
            write_eye(&spec.eye, &mut self.bits);
            mirror.eye = Some(spec.eye);
        }
        stats.parts.eye = self.since(&mut at);
        if let Some(own) = spec.own {
            flags |= flags::OWN;
            write_words(store.own_layout(), own, &mut self.bits);
        }
        stats.parts.own = self.since(&mut at);
        flags |= self.write_events(store, step, mirror.told, spec.ticks_per_step, concerns, &mut stats);
        stats.parts.events = self.since(&mut at);
        mirror.frames = mirror.frames.wrapping_add(1);
        if mirror.frames.is_multiple_of(CHECK_EVERY_FRAMES) {
            more |= more::CHECK;
            let in_step = mirror.rows.iter().filter(|row| !row.held);
            let sum = in_step.fold(0u32, |sum, row| sum.wrapping_add(store.hash(row.slot)));
            self.bits.write(fold(sum), 16);
        }
        stats.parts.check = self.since(&mut at);
        (mirror.last, mirror.told) = (Some(step), Some(step));
        stats.held = mirror.counts().1;
        out.extend_from_slice(&[SNAPSHOT, flags | (u8::from(more != 0) * flags::MORE), step.0 as u8]);
        out.extend_from_slice(&[spec.input.map_or(0, |tick| tick.0 as u8), spec.slack.cast_unsigned()]);
        if more != 0 {
            out.push(more);
        }
        self.bits.finish_into(out);
        stats
    }

    /// Bits written since `at`, which is brought here.
    fn since(&self, at: &mut usize) -> u64 {
        let now = self.bits.len_bits();
        (now - std::mem::replace(at, now)) as u64
    }

    /// Sorts what is known and what is wanted into rows that leave (written here), rows that stay and rows that may enter.
    fn split(&mut self, store: &Store, mirror: &Mirror, wanted: &[Wanted]) -> u8 {
        debug_assert!(wanted.is_sorted_by(|a, b| a.slot < b.slot), "wanted rows come in slot order");
        self.left.clear();
        self.stay.clear();
        self.priorities.clear();
        self.enters.clear();
        let mut known = mirror.rows.iter().enumerate().peekable();
        for want in wanted {
            while let Some((rank, _)) = known.next_if(|(_, row)| row.slot < want.slot) {
                self.left.push(rank as u32);
            }
            if let Some((rank, row)) = known.next_if(|(_, row)| row.slot == want.slot) {
                if store.live(row.slot).is_some_and(|live| live.born == row.born) {
                    self.stay.push(*row);
                    self.priorities.push(want.priority);
                    continue;
                }
                self.left.push(rank as u32);
            }
            if want.enters && store.live(want.slot).is_some() {
                self.enters.push(*want);
            }
        }
        self.left.extend(known.map(|(rank, _)| rank as u32));
        if self.left.is_empty() {
            return 0;
        }
        write_ranks(&self.left, mirror.rows.len(), &mut self.bits);
        flags::LEFT
    }

    /// Finds the rows in step that are to be held: those whose LOAD is cheaper than their runs since `last` (they are reloaded in the same frame),
    /// and when the runs of all do not fit their share of the budget, the farthest.
    fn choose_held(&mut self, store: &Store, last: Option<Step>, hold_all: bool, bytes_max: usize) {
        self.held.clear();
        self.loads.clear();
        self.costs.clear();
        let steps = last.and_then(|last| store.runs_since(last));
        let is_behind = steps.clone().is_some_and(|mut steps| steps.nth(1).is_some());
        let most = bytes_max * 8 * RUNS_SHARE_MAX / 100;
        // In most rooms the runs of all rows together fit, and there is nothing to weigh.
        let is_crowded = steps.iter().flat_map(Clone::clone).map(StepRuns::bits).sum::<usize>() > most;
        let (mut rank, mut sum) = (0, 0);
        for (at, row) in self.stay.iter().enumerate() {
            if row.held || hold_all {
                self.loads.push(Candidate { stays_at: Some(at as u32), slot: row.slot, chosen: false });
                continue;
            }
            let mine = rank;
            rank += 1;
            if !is_behind && !is_crowded {
                continue;
            }
            let runs: usize =
                steps.iter().flat_map(Clone::clone).map(|step| usize::from(step.run(row.slot).1.bits)).sum();
            let load = is_behind.then(|| store.load_bits(row.slot) + RELOAD_NAME_BITS).filter(|load| runs > *load);
            self.costs.push(Cost {
                at: at as u32,
                rank: mine,
                bits: load.unwrap_or(runs),
                reloads: load.is_some(),
                holds: false,
            });
            sum += load.unwrap_or(runs);
        }
        if sum > most {
            let priorities = &self.priorities;
            self.costs.sort_unstable_by(|a, b| {
                priorities[a.at as usize].total_cmp(&priorities[b.at as usize]).then(a.at.cmp(&b.at))
            });
            let mut filled = 0;
            for cost in &mut self.costs {
                filled += cost.bits;
                cost.holds = filled > most;
            }
            self.costs.sort_unstable_by_key(|cost| cost.rank);
        }
        for cost in self.costs.iter().filter(|cost| cost.holds || cost.reloads) {
            self.held.push(cost.rank);
            let slot = self.stay[cost.at as usize].slot;
            self.loads.push(Candidate { stays_at: Some(cost.at), slot, chosen: !cost.holds });
        }
        self.loads.sort_unstable_by_key(|load| load.stays_at);
    }

    /// Marks the rows chosen to be held; the states of those that become so are of step `last`.
    fn hold(&mut self, hold_all: bool, last: Step) {
        let mut next = self.held.iter().copied().peekable();
        for (rank, row) in (0u32..).zip(self.stay.iter_mut().filter(|row| !row.held)) {
            row.held = hold_all || next.next_if_eq(&rank).is_some();
            row.since = last;
        }
    }

    /// Steps that the client goes through: at each the rows that wake, then the run of every awake row in step.
    fn write_body(&mut self, store: &Store, last: Step, stats: &mut FrameStats) -> u8 {
        let Some(steps) = store.runs_since(last) else { return 0 };
        let (in_step, one) = (self.stay.iter().filter(|row| !row.held), steps.clone().nth(1).is_none());
        let any_woken = !one && steps.clone().any(|step| in_step.clone().any(|row| step.run(row.slot).0 == Run::Woken));
        let mut told = any_woken;
        for step in steps {
            // One pass over the rows: who wakes is told before the runs, so these wait in a string of their own.
            self.woken.clear();
            self.runs.clear();
            self.late.clear();
            let mut asleep = 0;
            for row in in_step.clone() {
                let (run, piece) = step.run(row.slot);
                if run == Run::Woken {
                    self.woken.push(asleep);
                }
                asleep += u32::from(run != Run::Awake);
                if run == Run::None {
                    continue;
                }
                stats.runs += 1;
                if step.carried.has(row.slot) {
                    self.late.push(piece);
                } else {
                    step.splice(piece, &mut self.runs);
                }
            }
            self.late.iter().for_each(|piece| step.splice(*piece, &mut self.runs));
            told |= !self.woken.is_empty();
            if told {
                let before = self.bits.len_bits();
                write_ranks(&self.woken, asleep as usize, &mut self.bits);
                stats.parts.woken += (self.bits.len_bits() - before) as u64;
            }
            let bits = self.runs.len_bits();
            self.runs.align();
            self.bits.splice(self.runs.bytes(), 0, bits);
        }
        u8::from(told) * flags::WOKEN
    }

    /// Reloads and entering rows: those decided already, then nearest first while the budget lasts.
    fn write_loads(
        &mut self,
        store: &Store,
        last: Option<Step>,
        step: Step,
        bytes_max: usize,
        stats: &mut FrameStats,
    ) -> u8 {
        let enters_from = self.loads.len();
        self.loads.extend(self.enters.iter().map(|want| Candidate { stays_at: None, slot: want.slot, chosen: false }));
        if self.loads.is_empty() {
            return 0;
        }
        self.choose_loads(store, step, enters_from, bytes_max);
        stats.loads = self.loads.iter().filter(|load| load.chosen).count();

        let before = self.bits.len_bits();
        self.find_spawners(store, last, enters_from);
        let (reloads, enters) = self.loads.split_at(enters_from);
        self.woken.clear();
        self.woken.extend((0u32..).zip(reloads).filter(|(_, load)| load.chosen).map(|(rank, _)| rank));
        let mut flags = 0;
        if !self.woken.is_empty() {
            flags |= flags::RELOADS;
            write_ranks(&self.woken, reloads.len(), &mut self.bits);
            for load in reloads.iter().filter(|load| load.chosen) {
                store.splice_load(load.slot, &mut self.bits);
                if let Some(at) = load.stays_at {
                    self.stay[at as usize].held = false;
                }
            }
        }
        stats.parts.reloads = (self.bits.len_bits() - before) as u64;
        let count = enters.iter().filter(|load| load.chosen).count();
        if count == 0 {
            return flags;
        }
        write_number(count as u32, 1, &mut self.bits);
        let mut gaps = Gaps::new(self.stay.last().map(|row| row.slot), count);
        for load in enters.iter().filter(|load| load.chosen) {
            let Some(live) = store.live(load.slot) else { continue };
            gaps.write(load.slot, &mut self.bits);
            self.bits.write(live.id.generation & 0xff, 8);
            self.bits.write(live.state.kind.into(), kind_bits(store.kinds()));
            if last.is_some() && store.spawns(live.state.kind) {
                splice_newborn(store, load.slot, &self.spawners, &mut self.bits);
            } else {
                store.splice_load(load.slot, &mut self.bits);
            }
            self.stay.push(Known { slot: load.slot, held: false, born: live.born, since: step });
        }
        self.stay.sort_unstable_by_key(|row| row.slot);
        flags | flags::ENTERS
    }

    /// Lists the rows that went through the body, when a row that enters could be told by one of them.
    fn find_spawners(&mut self, store: &Store, last: Option<Step>, enters_from: usize) {
        self.spawners.clear();
        let mut enters = self.loads[enters_from..].iter().filter(|load| load.chosen);
        if last.is_none() || !enters.any(|load| store.spawner(load.slot).is_some()) {
            return;
        }
        let in_step = self.stay.iter().filter(|row| !row.held);
        self.spawners.extend(in_step.filter_map(|row| Some((store.live(row.slot)?.state.kind, row.slot))));
        self.spawners.sort_unstable();
    }

    /// Chooses among the candidates by priority until the budget is used up.
    fn choose_loads(&mut self, store: &Store, step: Step, enters_from: usize, bytes_max: usize) {
        let decided: usize = self.loads.iter().filter(|load| load.chosen).map(|load| store.load_bits(load.slot)).sum();
        let used = self.bits.len_bits() + decided;
        let mut left = (bytes_max * 8).saturating_sub(used);
        self.order.clear();
        for (at, load) in self.loads.iter().enumerate().filter(|(_, load)| !load.chosen) {
            let priority = match load.stays_at {
                Some(stays_at) => {
                    let age = step.since(self.stay[stays_at as usize].since).max(0) as f32;
                    self.priorities[stays_at as usize] / (1.0 + age / AGE_STEPS)
                }
                None => self.enters[at - enters_from].priority,
            };
            self.order.push((priority, at as u32));
        }
        // In turn, so that neither keeps the other out for ever: held rows come back in the first places of each pair, new ones in the second.
        let is_new = |at: u32| at as usize >= enters_from;
        self.order.sort_unstable_by(|a, b| is_new(a.1).cmp(&is_new(b.1)).then(a.0.total_cmp(&b.0)).then(a.1.cmp(&b.1)));
        let reloads = self.order.partition_point(|(_, at)| !is_new(*at));
        for (nth, place) in self.order.iter_mut().enumerate() {
            place.0 = if nth < reloads { 2 * nth } else { 2 * (nth - reloads) + 1 } as f32;
        }
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let candidates = self.order.len();
        let mut room = KNOWN_ROWS_MAX.saturating_sub(self.stay.len());
        let (mut any, mut waits, mut nth) = (false, 0, 0);
        while let Some(&(_, at)) = self.order.get(nth) {
            nth += 1;
            // Without its carrier it would be held again in the next frame. It comes behind it, or behind all.
            if store.carrier(self.loads[at as usize].slot).is_some_and(|carrier| !self.will_know(carrier, enters_from))
            {
                if waits < candidates {
                    self.order.push((0.0, at));
                    waits += 1;
                }
                continue;
            }
            let load = &mut self.loads[at as usize];
            // About what naming a row that enters takes: slot gap, generation, kind.
            let bits = store.load_bits(load.slot) + if load.stays_at.is_some() { RELOAD_NAME_BITS } else { 24 };
            if load.stays_at.is_none() && room == 0 {
                continue;
            }
            // The first goes whatever its size, or nothing behind it would ever come.
            if bits > left && any {
                break;
            }
            any = true;
            left = left.saturating_sub(bits);
            room -= usize::from(load.stays_at.is_none());
            load.chosen = true;
        }
    }

    /// Events of the ticks since `last`, the step of the last frame; of the newest step alone in a client's first one.
    fn write_events(
        &mut self,
        store: &Store,
        step: Step,
        last: Option<Step>,
        ticks_per_step: u32,
        concerns: impl Fn(&Audience) -> bool,
        stats: &mut FrameStats,
    ) -> u8 {
        let until = step.tick(ticks_per_step);
        let after = last.unwrap_or(step.offset(-1)).tick(ticks_per_step);
        let mine = || store.events_between(after, until).filter(|event| concerns(&event.audience));
        let count = mine().count();
        if count == 0 {
            return 0;
        }
        let fits = |bits: &mut usize, event: &super::store::StoredEvent| {
            *bits += event.bits_len;
            Some(*bits <= EVENT_BITS_PER_FRAME_MAX)
        };
        let fitting = mine().take(EVENTS_PER_FRAME_MAX).scan(0, fits).take_while(|fits| *fits).count();
        stats.events_dropped = count - fitting;
        write_number(fitting as u32, 1, &mut self.bits);
        for event in mine().take(fitting) {
            self.bits.write(until.since(event.tick) as u32, 6);
            self.bits.write_bool(matches!(event.audience, Audience::To(_)));
            self.bits.write(event.kind.into(), kind_bits(store.event_kinds()));
            self.bits.splice(event.bits.bytes(), 0, event.bits_len);
        }
        flags::EVENTS
    }
}

/// Whether the row that enters is told by one of those that went through the body, by which, and its SPAWN or LOAD.
fn splice_newborn(store: &Store, slot: u16, in_body: &[(u8, u16)], out: &mut BitWriter) {
    let known = |spawner: u16| {
        let kind = store.live(spawner)?.state.kind;
        let first = in_body.partition_point(|(other, _)| *other < kind);
        let of_kind = &in_body[first..in_body.partition_point(|(other, _)| *other <= kind)];
        Some((of_kind.binary_search_by_key(&spawner, |(_, slot)| *slot).ok()?, of_kind.len()))
    };
    let spawner = store.spawner(slot).and_then(known);
    out.write_bool(spawner.is_some());
    match spawner {
        Some((rank, population)) => {
            write_rank(rank, population, out);
            store.splice_spawn(slot, out);
        }
        None => store.splice_load(slot, out),
    }
}

/// Bits that tell one of `kinds` kinds.
pub(super) const fn kind_bits(kinds: usize) -> u32 {
    usize::BITS - kinds.saturating_sub(1).leading_zeros()
}

/// Whether the client must be told: its place follows from its own row while it steers one.
fn differs(told: Option<Eye>, eye: Eye) -> bool {
    told.is_none_or(|told| {
        told.controls != eye.controls
            || told.radius != eye.radius
            || (eye.controls.is_none() && told.place != eye.place)
    })
}

/// Self: whether something is steered, its slot (16 bits), place x and y, radius (32 bits each, exact).
fn write_eye(eye: &Eye, out: &mut BitWriter) {
    out.write_bool(eye.controls.is_some());
    if let Some(slot) = eye.controls {
        out.write(slot.into(), 16);
    }
    for value in [eye.place[0], eye.place[1], eye.radius] {
        out.write(value.to_bits(), 32);
    }
}
