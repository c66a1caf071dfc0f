//! What a room keeps for all its clients: the coded rows of the newest step, the runs of the last 16 steps, the events of the last 64 ticks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::carriers::Carried;
use super::spawn::Births;
use super::{EVENT_TICKS, STORED_STEPS, row_hash};
use crate::bits::{BitWriter, head};
use crate::coder::{KindBits, Rates, Relative, RowCoder, RowState, Run};
use crate::events::{Audience, Event};
use crate::ids::NetId;
use crate::quant::WordSpec;
use crate::rows::{Row, Rows};
use crate::schema::{Kind, Schema};
use crate::tick::{Step, Tick};
use crate::words::write_words;

/// A piece of a bit string that frames copy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    pub(super) from: u32,
    pub(super) bits: u16,
}

/// A row of the newest step.
#[derive(Debug, Default)]
pub struct LiveRow {
    /// Which entity.
    pub id: NetId,
    /// The step it was born at; with the slot it names the row for good, however often its id comes back.
    pub born: Step,
    /// Its state at the newest step.
    pub state: RowState,
    live: bool,
}

impl LiveRow {
    /// Whether it is this entity.
    pub(super) fn is(&self, id: NetId) -> bool {
        self.live && self.id == id
    }
}

/// What a slot has at one step. Four to a cache line: a frame looks at one for each row it shows, and most runs are no longer than `head`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepRun {
    /// The first 32 bits of the run, zeros behind its end.
    head: u32,
    from: u32,
    /// When the row was born that lives here.
    born: Step,
    /// Bits of the run.
    pub(super) bits: u16,
    /// Of which kind the row is.
    pub(super) kind: u8,
    /// None: no row lives here.
    pub(super) run: Option<Run>,
}

impl StepRun {
    /// Whether the row that was born here at `born` still lives.
    pub(super) fn is(&self, born: Step) -> bool {
        self.run.is_some() && self.born == born
    }
}

/// What each slot has at one step.
#[derive(Debug, Default)]
pub(super) struct StepRuns {
    pub(super) step: Step,
    runs: Vec<StepRun>,
    /// Their runs come behind those of all others.
    pub(super) carried: Carried,
    bits: BitWriter,
}

impl StepRuns {
    pub(super) fn run(&self, slot: u16) -> StepRun {
        self.runs.get(usize::from(slot)).copied().unwrap_or_default()
    }

    /// Bits of all its runs.
    pub(super) fn bits(&self) -> usize {
        self.bits.len_bits()
    }

    /// Appends one of its runs.
    #[inline]
    pub(super) fn splice(&self, run: StepRun, out: &mut BitWriter) {
        if run.bits <= 32 {
            out.write(run.head, run.bits.into());
        } else {
            out.splice(self.bits.bytes(), run.from as usize, run.bits.into());
        }
    }

    /// Notes what the row in `slot` has at this step, its bits being those appended since bit `from`.
    fn note(&mut self, slot: usize, live: &LiveRow, run: Run, from: usize) {
        let bits = (self.bits.len_bits() - from) as u16;
        let (from, born, kind) = (from as u32, live.born, live.state.kind);
        self.runs[slot] = StepRun { head: 0, from, born, bits, kind, run: Some(run) };
    }

    /// To be called once all runs are there.
    fn finish(&mut self) {
        self.bits.align();
        for run in self.runs.iter_mut().filter(|run| run.bits > 0) {
            run.head = head(self.bits.bytes(), run.from as usize, run.bits.into());
        }
    }
}

/// An event as it is kept: its tick, who receives it, its bits.
#[derive(Debug)]
pub(super) struct StoredEvent {
    pub(super) tick: Tick,
    pub(super) audience: Audience,
    pub(super) kind: u8,
    pub(super) bits: BitWriter,
    pub(super) bits_len: usize,
}

/// LOADs, SPAWNs and hashes of the newest step, made when a frame first needs them.
#[derive(Debug, Default)]
struct Lazy {
    loads: Vec<Option<Piece>>,
    /// Of no bits: a LOAD is shorter.
    spawns: Vec<Option<Piece>>,
    hashes: Vec<Option<u32>>,
    bits: BitWriter,
    one: BitWriter,
    /// Bits of all LOADs and SPAWNs ever made, by kind.
    taken: Vec<(u64, u64)>,
}

/// The bits a room makes once and copies into every frame that needs them.
#[derive(Debug)]
pub struct Store {
    schema: Arc<Schema>,
    coder: RowCoder,
    event_layouts: Vec<Vec<WordSpec>>,
    own_layout: Vec<WordSpec>,
    step: Option<Step>,
    slots: Vec<LiveRow>,
    births: Births,
    history: VecDeque<StepRuns>,
    events: VecDeque<StoredEvent>,
    lazy: RefCell<Lazy>,
}

impl Store {
    /// An empty store for rows shown at these rates.
    ///
    /// # Errors
    /// When the schema's tables are none; in words.
    pub fn new(schema: Arc<Schema>, rates: Rates) -> Result<Self, String> {
        Ok(Self {
            coder: RowCoder::new(&schema, rates)?,
            event_layouts: schema.events.iter().map(Kind::layout).collect(),
            own_layout: schema.own.layout(),
            schema,
            step: None,
            slots: Vec::new(),
            births: Births::default(),
            history: VecDeque::with_capacity(STORED_STEPS as usize),
            events: VecDeque::new(),
            lazy: RefCell::default(),
        })
    }

    /// Forgets all steps and events: the next step may be any.
    pub fn clear(&mut self) {
        self.step = None;
        self.slots.clear();
        self.history.clear();
        self.events.clear();
    }

    /// Bits that rows have taken so far, by kind and field: each run and load once, however many clients it was copied to.
    #[must_use]
    pub fn profile(&self) -> Vec<KindBits> {
        let mut profile = self.coder.profile();
        for (kind, bits) in profile.iter_mut().zip(&self.lazy.borrow().taken) {
            (kind.loads, kind.spawns) = *bits;
        }
        profile
    }

    /// The coder of its rows, for a training.
    pub const fn coder(&mut self) -> &mut RowCoder {
        &mut self.coder
    }

    /// Counts the symbols of the LOAD of the row in `slot`, in a training.
    pub fn count_load(&mut self, slot: u16) {
        if let Some(row) = self.slots.get(usize::from(slot)).filter(|row| row.live) {
            self.coder.count_load(&row.state);
        }
    }

    /// The schema of its rows.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The newest step; none before the first.
    #[must_use]
    pub const fn step(&self) -> Option<Step> {
        self.step
    }

    /// The row that lives in `slot` at the newest step.
    #[must_use]
    pub fn live(&self, slot: u16) -> Option<&LiveRow> {
        self.slots.get(usize::from(slot)).filter(|row| row.live)
    }

    /// Takes the rows of the next step and makes their runs. The first step may be any, each later one follows the last.
    ///
    /// # Panics
    /// When a step is left out: a mistake in the caller.
    pub fn push_step(&mut self, step: Step, rows: &Rows) {
        assert!(self.step.is_none_or(|last| last.next() == step), "steps follow one another");
        self.step = Some(step);
        let mut runs = if self.history.len() == STORED_STEPS as usize { self.history.pop_front() } else { None }
            .unwrap_or_default();
        runs.step = step;
        runs.runs.clear();
        runs.carried.clear();
        runs.bits.clear();
        let slots = rows.list().last().map_or(0, |row| usize::from(row.id.slot) + 1).max(self.slots.len());
        self.slots.resize_with(slots, LiveRow::default);
        runs.runs.resize(slots, StepRun::default());
        self.births.take(&self.coder, &self.slots, rows);
        self.run_carried(rows, &mut runs);
        let mut next = rows.list().iter().peekable();
        for (slot, mine) in self.slots.iter_mut().enumerate() {
            let Some(row) = next.next_if(|row| usize::from(row.id.slot) == slot) else {
                mine.live = false;
                continue;
            };
            if runs.carried.has(slot as u16) {
                continue;
            }
            let (words, from) = (rows.words(row), runs.bits.len_bits());
            let run = if mine.live && mine.id == row.id && mine.state.kind == row.kind {
                self.coder.run(&mut mine.state, words, None, &mut runs.bits)
            } else {
                (mine.live, mine.id, mine.born) = (true, row.id, step);
                self.coder.birth(row.kind, words, &mut mine.state);
                Run::None
            };
            runs.note(slot, mine, run, from);
        }
        debug_assert!(next.peek().is_none(), "rows come in slot order: `Rows::finish` was not called");
        runs.finish();
        self.history.push_back(runs);
        let lazy = self.lazy.get_mut();
        lazy.loads.clear();
        lazy.loads.resize(slots, None);
        lazy.spawns.clear();
        lazy.spawns.resize(if self.coder.has_spawns() { slots } else { 0 }, None);
        lazy.hashes.clear();
        lazy.hashes.resize(slots, None);
        lazy.bits.clear();
    }

    /// Makes the runs of the rows that others carry, while those still have their words of the step before.
    fn run_carried(&mut self, rows: &Rows, runs: &mut StepRuns) {
        if !self.coder.has_carriers() {
            return;
        }
        // What a row says of its carrier at this step counts from the next one on: all are found before the first goes on.
        let goes_on = |row: &Row| self.slots[usize::from(row.id.slot)].is(row.id);
        for row in rows.list().iter().filter(|row| goes_on(row)) {
            let Some(carrier) = self.carrier(row.id.slot) else { continue };
            let [mine, other] = [row.id.slot, carrier].map(|slot| &self.slots[usize::from(slot)]);
            let stays = |kept: &LiveRow, row: &Row| kept.state.kind == row.kind;
            if stays(mine, row) && rows.find(other.id).is_some_and(|after| stays(other, after)) {
                runs.carried.push(row.id.slot, carrier);
            }
        }
        for at in 0..runs.carried.len() {
            let (slot, carrier) = runs.carried.get(at);
            let mut state = std::mem::take(&mut self.slots[usize::from(slot)].state);
            let [mine, other] = [slot, carrier].map(|slot| &self.slots[usize::from(slot)]);
            let (mut run, from) = (Run::None, runs.bits.len_bits());
            if let (Some(row), Some(after)) = (rows.find(mine.id), rows.find(other.id)) {
                let other = Relative { before: &other.state.words, after: rows.words(after) };
                run = self.coder.run(&mut state, rows.words(row), Some(other), &mut runs.bits);
            }
            self.slots[usize::from(slot)].state = state;
            runs.note(slot.into(), &self.slots[usize::from(slot)], run, from);
        }
    }

    /// Whether rows of some kind move with others.
    pub(super) fn has_carriers(&self) -> bool {
        self.coder.has_carriers()
    }

    /// The slot of the row that carries the one in `slot` at the next step, if both go on.
    pub(super) fn carrier(&self, slot: u16) -> Option<u16> {
        let (kind, carrier) = self.coder.carrier_of(&self.live(slot)?.state)?;
        self.live(carrier).is_some_and(|other| self.coder.is_free(&other.state, kind)).then_some(carrier)
    }

    /// Takes the events of one tick and forgets those of more than 64 ticks ago.
    pub fn push_events(&mut self, tick: Tick, events: &[Event]) {
        while self.events.front().is_some_and(|event| tick.since(event.tick) >= EVENT_TICKS as i32) {
            self.events.pop_front();
        }
        for event in events {
            let mut bits = BitWriter::new();
            write_words(&self.event_layouts[usize::from(event.kind)], &event.words, &mut bits);
            let bits_len = bits.len_bits();
            bits.align();
            self.events.push_back(StoredEvent { tick, audience: event.audience, kind: event.kind, bits, bits_len });
        }
    }

    /// The runs of the newest step.
    pub(super) fn newest(&self) -> Option<&StepRuns> {
        self.history.back()
    }

    /// The runs of the steps after `last` up to the newest, oldest first; none when some of them are no longer kept.
    pub(super) fn runs_since(&self, last: Step) -> Option<impl Iterator<Item = &StepRuns> + Clone> {
        let behind = self.step?.since(last);
        let from = self.history.len().checked_sub(usize::try_from(behind).ok()?)?;
        Some(self.history.range(from..))
    }

    /// The events after tick `after` up to `until`, oldest first.
    pub(super) fn events_between(&self, after: Tick, until: Tick) -> impl Iterator<Item = &StoredEvent> {
        let from = self.events.partition_point(|event| !event.tick.is_after(after));
        self.events.range(from..).take_while(move |event| !event.tick.is_after(until))
    }

    /// Bits of the LOAD of the row in `slot`, which must be live.
    pub(super) fn load_bits(&self, slot: u16) -> usize {
        self.load_piece(slot).bits.into()
    }

    /// Appends the LOAD of the row in `slot`, which must be live.
    pub(super) fn splice_load(&self, slot: u16, out: &mut BitWriter) {
        let piece = self.load_piece(slot);
        out.splice(self.lazy.borrow().bits.bytes(), piece.from as usize, piece.bits.into());
    }

    /// Makes the LOAD once a step: loads begin at whole bytes, so that the string can be read while it grows.
    fn load_piece(&self, slot: u16) -> Piece {
        let lazy = &mut *self.lazy.borrow_mut();
        *lazy.loads[usize::from(slot)].get_or_insert_with(|| {
            lazy.one.clear();
            self.coder.load(&self.slots[usize::from(slot)].state, &mut lazy.one);
            let piece = append(&mut lazy.one, &mut lazy.bits);
            lazy.taken.resize(self.coder.kinds(), (0, 0));
            lazy.taken[usize::from(self.slots[usize::from(slot)].state.kind)].0 += u64::from(piece.bits);
            piece
        })
    }

    /// Whether rows of `kind` may be told by their spawner.
    pub(super) fn spawns(&self, kind: u8) -> bool {
        self.coder.spawner_of(kind).is_some()
    }

    /// The slot of the row that tells the one in `slot`, which must be live: when that was born at the newest step and a LOAD is not shorter.
    pub(super) fn spawner(&self, slot: u16) -> Option<u16> {
        let (spawner, before) = self.births.of(slot)?;
        let most = self.load_bits(slot);
        let lazy = &mut *self.lazy.borrow_mut();
        let piece = *lazy.spawns[usize::from(slot)].get_or_insert_with(|| {
            let [mine, other] = [slot, spawner].map(|slot| &self.slots[usize::from(slot)].state);
            lazy.one.clear();
            self.coder.spawn(mine.kind, &mine.words, Relative { before, after: &other.words }, &mut lazy.one);
            if lazy.one.len_bits() >= most {
                return Piece::default();
            }
            let piece = append(&mut lazy.one, &mut lazy.bits);
            lazy.taken.resize(self.coder.kinds(), (0, 0));
            lazy.taken[usize::from(mine.kind)].1 += u64::from(piece.bits);
            piece
        });
        (piece.bits > 0).then_some(spawner)
    }

    /// Appends the SPAWN of the row in `slot`, which has a [`Self::spawner`].
    pub(super) fn splice_spawn(&self, slot: u16, out: &mut BitWriter) {
        let lazy = self.lazy.borrow();
        let piece = lazy.spawns[usize::from(slot)].unwrap_or_default();
        out.splice(lazy.bits.bytes(), piece.from as usize, piece.bits.into());
    }

    /// The hash of the row in `slot`, which must be live; made once a step.
    pub(super) fn hash(&self, slot: u16) -> u32 {
        let row = &self.slots[usize::from(slot)];
        *self.lazy.borrow_mut().hashes[usize::from(slot)].get_or_insert_with(|| row_hash(row.id, &row.state))
    }

    /// How many kinds of rows the schema has.
    pub(super) fn kinds(&self) -> usize {
        self.coder.kinds()
    }

    /// How many kinds of events the schema has.
    pub(super) const fn event_kinds(&self) -> usize {
        self.event_layouts.len()
    }

    /// The layout of the own state.
    pub(super) fn own_layout(&self) -> &[WordSpec] {
        &self.own_layout
    }
}

/// Appends `one` at a whole byte.
fn append(one: &mut BitWriter, to: &mut BitWriter) -> Piece {
    let piece = Piece { from: to.len_bits() as u32, bits: one.len_bits() as u16 };
    one.align();
    to.splice(one.bytes(), 0, one.bytes().len() * 8);
    to.align();
    piece
}
