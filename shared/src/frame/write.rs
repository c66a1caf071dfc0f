//! The server's side of a frame: decides row by row what a client gets, and splices it. In the order of the wire.

mod carried;

use super::lists::{write_number, write_ranks};
use super::loads::Candidate;
use super::store::{StepRun, StepRuns, Store};
use super::{
    CHECK_EVERY_FRAMES, EVENT_BITS_PER_FRAME_MAX, EVENTS_PER_FRAME_MAX, Eye, FrameParts, SNAPSHOT, STORED_STEPS, flags,
    fold, more,
};
use crate::bits::BitWriter;
use crate::coder::Run;
use crate::events::Audience;
use crate::tick::{Step, Tick};
use crate::words::write_words;

/// What naming a row in the lists of held and reloaded rows costs beside its LOAD, in bits.
pub(super) const RELOAD_NAME_BITS: usize = 5;
/// Share of the byte budget that runs may fill, in hundredths; rows beyond it are held, the farthest first, and reloaded in turn with what is left.
const RUNS_SHARE_MAX: usize = 70;

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
pub(super) struct Known {
    pub(super) slot: u16,
    pub(super) held: bool,
    pub(super) born: Step,
    /// While it is held: the step of its state.
    pub(super) since: Step,
}

/// The server's copy of the list of rows that one client knows. Nothing else is kept for a client.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    rows: Vec<Known>,
    /// How many of them are held.
    held: usize,
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
    pub const fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.held)
    }

    fn check(&self, store: &Store) -> u32 {
        let in_step = self.rows.iter().filter(|row| !row.held);
        fold(in_step.fold(0u32, |sum, row| sum.wrapping_add(store.hash(row.slot))))
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
    pub(super) bits: BitWriter,
    runs: BitWriter,
    left: Vec<u32>,
    held: Vec<u32>,
    pub(super) woken: Vec<u32>,
    /// Rows in step so far that were asleep before the step.
    asleep: u32,
    pub(super) enters: Vec<Wanted>,
    pub(super) loads: Vec<Candidate>,
    pub(super) stay: Vec<Known>,
    pub(super) priorities: Vec<f32>,
    pub(super) order: Vec<(f32, u32)>,
    costs: Vec<Cost>,
    /// Whether each row that stays is in step, when some are carried.
    in_step: Vec<bool>,
    /// Runs of the rows that are carried.
    late: Vec<StepRun>,
    pub(super) entered: Vec<Known>,
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
        let (Some(step), Some(newest)) = (store.step(), store.newest()) else {
            panic!("a frame before the first step")
        };
        assert!(mirror.last.is_none_or(|last| step.is_after(last)), "a second frame for one step");
        let mut stats =
            FrameStats { steps: mirror.last.map_or(0, |last| step.since(last) as u32), ..FrameStats::default() };
        let empty = mirror.last.is_none();
        if empty {
            mirror.rows.clear();
            mirror.held = 0;
        }
        let hold_all =
            !empty && (stats.steps > STORED_STEPS || mirror.last.and_then(|last| store.runs_since(last)).is_none());
        let from = mirror.last.filter(|_| !hold_all);
        self.bits.clear();
        if empty || hold_all {
            self.bits.write(step.0, 32);
        }

        let mut at = self.bits.len_bits();
        let most = spec.bytes_max * 8 * RUNS_SHARE_MAX / 100;
        // In most rooms a client is one step behind and the runs of all rows together fit: then nothing has to be weighed.
        let one_fits = newest.bits() <= most && stats.steps == 1 && !hold_all && newest.carried.is_empty();
        let mut flags = self.split(newest, mirror, spec.wanted, one_fits, &mut stats);
        stats.parts.left = self.since(&mut at);
        if one_fits {
            self.list_held(mirror);
            flags |= self.write_step(false, &mut stats);
        } else {
            flags |= self.write_held(store, from, hold_all, most, mirror.last.unwrap_or(step));
            stats.parts.held = self.since(&mut at);
            if let Some(last) = from {
                flags |= self.write_body(store, last, &mut stats);
            }
        }
        stats.parts.runs = self.since(&mut at) - stats.parts.woken;
        flags |= self.write_loads(store, from, step, spec.bytes_max, &mut stats);
        stats.parts.enters = self.since(&mut at) - stats.parts.reloads;
        if !one_fits || mirror.held > 0 {
            mirror.held = self.stay.iter().filter(|row| row.held).count();
        }
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
            self.bits.write(mirror.check(store), 16);
        }
        stats.parts.check = self.since(&mut at);
        (mirror.last, mirror.told) = (Some(step), Some(step));
        stats.held = mirror.held;
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

    /// Sorts what is known and what is wanted into rows that leave (written here), rows that stay and rows that may enter. With `body` it collects
    /// the newest step's runs of the rows in step that stay, too.
    fn split(
        &mut self,
        newest: &StepRuns,
        mirror: &Mirror,
        wanted: &[Wanted],
        body: bool,
        stats: &mut FrameStats,
    ) -> u8 {
        debug_assert!(wanted.is_sorted_by(|a, b| a.slot < b.slot), "wanted rows come in slot order");
        self.left.clear();
        self.stay.clear();
        self.priorities.clear();
        self.enters.clear();
        self.begin_step();
        let weighs = !body || mirror.held > 0;
        let mut rank = 0;
        for want in wanted {
            while mirror.rows.get(rank).is_some_and(|row| row.slot < want.slot) {
                self.left.push(rank as u32);
                rank += 1;
            }
            let here = newest.run(want.slot);
            if let Some(row) = mirror.rows.get(rank).filter(|row| row.slot == want.slot) {
                rank += 1;
                if here.is(row.born) {
                    self.stay.push(*row);
                    if weighs {
                        self.priorities.push(want.priority);
                    }
                    if body && !row.held {
                        self.collect(newest, here, false, stats);
                    }
                    continue;
                }
                self.left.push(rank as u32 - 1);
            }
            if want.enters && here.run.is_some() {
                self.enters.push(*want);
            }
        }
        self.left.extend(rank as u32..mirror.rows.len() as u32);
        if self.left.is_empty() {
            return 0;
        }
        write_ranks(&self.left, mirror.rows.len(), &mut self.bits);
        flags::LEFT
    }

    /// The held rows that stay could be loaded.
    fn list_held(&mut self, mirror: &Mirror) {
        self.loads.clear();
        if mirror.held > 0 {
            let held = (0u32..).zip(&self.stay).filter(|(_, row)| row.held);
            self.loads.extend(held.map(|(at, row)| Candidate { stays_at: Some(at), slot: row.slot, chosen: false }));
        }
    }

    /// Appends which rows become held, and marks them; the states of those that do are of step `last`.
    fn write_held(&mut self, store: &Store, from: Option<Step>, hold_all: bool, most: usize, last: Step) -> u8 {
        self.choose_held(store, from, hold_all, most);
        self.hold_carried(store, from);
        let mut flags = 0;
        if !self.held.is_empty() && !hold_all {
            flags |= flags::HELD;
            let in_step = self.stay.iter().filter(|row| !row.held).count();
            write_ranks(&self.held, in_step, &mut self.bits);
        }
        let mut next = self.held.iter().copied().peekable();
        for (rank, row) in (0u32..).zip(self.stay.iter_mut().filter(|row| !row.held)) {
            row.held = hold_all || next.next_if_eq(&rank).is_some();
            row.since = last;
        }
        flags
    }

    /// Finds the rows in step that are to be held: those whose LOAD is cheaper than their runs since `last` (they are reloaded in the same frame),
    /// and when the runs of all take more than `most` bits, the farthest.
    fn choose_held(&mut self, store: &Store, last: Option<Step>, hold_all: bool, most: usize) {
        self.held.clear();
        self.loads.clear();
        self.costs.clear();
        let steps = last.and_then(|last| store.runs_since(last));
        let is_behind = steps.clone().is_some_and(|mut steps| steps.nth(1).is_some());
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
                steps.iter().flat_map(Clone::clone).map(|step| usize::from(step.run(row.slot).bits)).sum();
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

    /// Steps that the client goes through: at each the rows that wake, then the run of every awake row in step.
    fn write_body(&mut self, store: &Store, last: Step, stats: &mut FrameStats) -> u8 {
        let Some(steps) = store.runs_since(last) else { return 0 };
        let stay = std::mem::take(&mut self.stay);
        let in_step = stay.iter().filter(|row| !row.held);
        let wakes = |step: &StepRuns| in_step.clone().any(|row| step.run(row.slot).run == Some(Run::Woken));
        let any_woken = steps.clone().any(wakes);
        let mut flags = 0;
        for step in steps {
            self.begin_step();
            for row in in_step.clone() {
                let run = step.run(row.slot);
                self.collect(step, run, step.carried.has(row.slot), stats);
            }
            self.late.iter().for_each(|run| step.splice(*run, &mut self.runs));
            flags |= self.write_step(any_woken, stats);
        }
        self.stay = stay;
        flags
    }

    fn begin_step(&mut self) {
        self.woken.clear();
        self.runs.clear();
        self.late.clear();
        self.asleep = 0;
    }

    /// Takes what the next row in step has at a step: who wakes is told before the runs, so these wait in a string of their own.
    #[inline]
    fn collect(&mut self, step: &StepRuns, run: StepRun, is_carried: bool, stats: &mut FrameStats) {
        if run.run == Some(Run::Woken) {
            self.woken.push(self.asleep);
        }
        self.asleep += u32::from(run.run != Some(Run::Awake));
        stats.runs += usize::from(run.run != Some(Run::None));
        if is_carried {
            self.late.push(run);
        } else {
            step.splice(run, &mut self.runs);
        }
    }

    /// Appends what has been collected of a step. The list of those who wake is there at no step of a frame or at each.
    fn write_step(&mut self, always: bool, stats: &mut FrameStats) -> u8 {
        let tells = always || !self.woken.is_empty();
        if tells {
            let before = self.bits.len_bits();
            write_ranks(&self.woken, self.asleep as usize, &mut self.bits);
            stats.parts.woken += (self.bits.len_bits() - before) as u64;
        }
        let bits = self.runs.len_bits();
        self.runs.align();
        self.bits.splice(self.runs.bytes(), 0, bits);
        u8::from(tells) * flags::WOKEN
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
