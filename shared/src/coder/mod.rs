//! The row coder: how one row's state goes from one step to the next in as few bits as the schema allows.
//!
//! A row's *state* is its words plus what prediction needs; it is a function of the row's own history, the same for every client, so the bits made
//! here once are copied into every frame. A row that moves exactly as predicted is asleep and costs nothing. An awake row's run is one symbol for
//! which groups of fields deviate, then the residuals of those: class and raw bits, the class in a static prefix code chosen by the size of the
//! last residual. A load is words and state as they are.
//!
//! | module | is |
//! |---|---|
//! | `plan` | from a kind to groups, predictors, tables |
//! | `predict` | what the groups will be; how the state goes on |
//! | `carry` | the same for a row that moves with another one |
//! | `residual`, `prefix`, `tables` | numbers as symbols, symbols as bits, which code when |
//! | `code`, `load` | the symbols of a run, of a whole state |
//! | `spawn`, `muzzle`, `births` | a newborn row told by the one that spawned it; what a training finds out about that |
//!
//! All arithmetic is on integers and wraps. Tables are constants of the schema: a running room never changes them.

mod births;
mod carry;
mod code;
mod load;
mod muzzle;
mod plan;
mod predict;
mod prefix;
mod residual;
mod spawn;
mod tables;

use std::sync::Arc;

pub use births::Birth;
use code::{Bits, Deviation, Known, NONE_BEFORE, OUTSIDE, Sink, Source, Told, get_rest, put_rest};
use muzzle::Muzzle;
pub use plan::Rates;
use plan::{AXES_MAX, GROUPS_MAX, Model, Plan, TableSpec};
pub use prefix::{CODE_BITS_MAX, lengths};
pub use spawn::Relative;
use spawn::Spawn;
use tables::Tables;

use crate::bits::{BitReader, BitWriter};
use crate::schema::{FieldSpec, Kind, Schema};
use crate::words::DecodeError;

/// Mode of a row that was just born.
const NEW: u8 = u8::MAX;

/// A row at one step: all that its next run depends on.
#[derive(Clone, Debug, Default)]
pub struct RowState {
    /// Number of its kind.
    pub kind: u8,
    /// Whether it has a run at the next step.
    pub awake: bool,
    /// Its words, as the schema's kind says.
    pub words: Vec<u32>,
    /// Which groups deviated at the last step, a bit each.
    pub(crate) mode: u8,
    /// What the predictors remember.
    pub(crate) aux: Vec<i32>,
    /// Whether it is known that a step as predicted changes nothing: it rests. Follows from the rest, and costs nothing then.
    rests: bool,
}

impl PartialEq for RowState {
    fn eq(&self, other: &Self) -> bool {
        let parts = |state: &Self| (state.kind, state.awake, state.mode);
        parts(self) == parts(other) && self.words == other.words && self.aux == other.aux
    }
}

impl Eq for RowState {}

/// What a row has at a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    /// Nothing: it was asleep and moved as predicted, or it is born at this step.
    #[default]
    None,
    /// A run, for it was awake before.
    Awake,
    /// A run coded for a row that was asleep: it is named in the frame's list of woken rows.
    Woken,
}

/// Codes the rows of one schema. Copies share what follows from the schema alone.
#[derive(Clone, Debug)]
pub struct RowCoder {
    kinds: Arc<[Kind]>,
    plans: Arc<[Plan]>,
    /// By kind: how a newborn row is told by its spawner.
    spawns: Arc<[Option<Spawn>]>,
    specs: Arc<[TableSpec]>,
    tables: Arc<Tables>,
    /// Words of a row before a step, or of one that is being read.
    old: Vec<u32>,
    before: Vec<i32>,
    /// By group: what the row at hand does.
    deviations: [Deviation; GROUPS_MAX],
    /// How often each symbol came, by table, while a training counts.
    counts: Option<Counts>,
    /// By kind.
    taken: Vec<Taken>,
}

/// Bits that the rows of a kind have taken.
#[derive(Clone, Debug, Default)]
struct Taken {
    modes: u64,
    loads: u64,
    spawns: u64,
    words: Vec<u64>,
}

/// Bits that the rows of one kind have taken, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindBits {
    /// The kind.
    pub kind: String,
    /// Which fields deviate.
    pub modes: u64,
    /// Whole states.
    pub loads: u64,
    /// Newborn rows told by the ones that spawned them.
    pub spawns: u64,
    /// What deviates, by field.
    pub fields: Vec<(String, u64)>,
}

/// How often each symbol of each table came; what tables are trained from.
#[derive(Clone, Debug, Default)]
pub struct Counts(Vec<Vec<u64>>);

impl Sink for Counts {
    fn at(&self) -> usize {
        0
    }

    fn symbol(&mut self, table: usize, symbol: u32) {
        self.0[table][symbol as usize] += 1;
    }

    fn raw(&mut self, _: u32, _: u32) {}
}

impl RowCoder {
    /// The coder of a schema, for rows shown at these rates.
    ///
    /// # Errors
    /// When the schema's tables are no tables of its kinds; in words.
    pub fn new(schema: &Schema, rates: Rates) -> Result<Self, String> {
        let mut specs = Vec::new();
        let plans: Vec<Plan> =
            schema.entities.iter().map(|kind| Plan::new(kind, &schema.entities, rates, &mut specs)).collect();
        let spawns = spawns(schema, &plans, rates, &mut specs)?;
        let tables = Tables::new(&specs, &schema.tables)?;
        let taken = plans.iter().map(|plan| Taken { words: vec![0; plan.layout.len()], ..Taken::default() }).collect();
        let kinds = Arc::from(&*schema.entities);
        let (old, before, deviations) = (Vec::new(), Vec::new(), [Deviation::default(); GROUPS_MAX]);
        Ok(Self {
            kinds,
            plans: plans.into(),
            spawns: spawns.into(),
            specs: specs.into(),
            tables: Arc::new(tables),
            old,
            before,
            deviations,
            counts: None,
            taken,
        })
    }

    /// How many kinds of rows there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.plans.len()
    }

    /// Makes `state` that of a row born with `words`. New rows are awake.
    pub fn birth(&self, kind: u8, words: &[u32], state: &mut RowState) {
        self.plans[usize::from(kind)].birth(kind, words, state);
    }

    /// Whether rows of some kind move with others.
    #[must_use]
    pub fn has_carriers(&self) -> bool {
        self.plans.iter().any(|plan| plan.carrier.is_some())
    }

    /// The kind and slot of the row that is said to carry this one at its next step. It does when it is live before and after that step, of that kind, and
    /// [nothing carries it](Self::is_free).
    #[must_use]
    pub fn carrier_of(&self, state: &RowState) -> Option<(u8, u16)> {
        let (word, kind) = self.plans[usize::from(state.kind)].carrier?;
        Some((kind, u16::try_from(state.words[word].checked_sub(1)?).ok()?))
    }

    /// Whether a row is of `kind` and not said to be carried itself: so there are neither chains nor circles.
    #[must_use]
    pub fn is_free(&self, state: &RowState, kind: u8) -> bool {
        state.kind == kind && self.carrier_of(state).is_none()
    }

    /// One step without a run: a sleeping row moves as predicted; `other` is the row that carries it.
    pub fn advance(&mut self, state: &mut RowState, other: Option<Relative<'_>>) {
        debug_assert!(!state.awake, "an awake row has a run at each step");
        if state.rests {
            return;
        }
        let plan = &self.plans[usize::from(state.kind)];
        self.old.clone_from(&state.words);
        self.before.clone_from(&state.aux);
        for group in &plan.groups {
            let mut told = Told { words: &mut state.words, residuals: [0; AXES_MAX], is_outside: false };
            group.step(&mut state.aux, &self.old, other, &mut told);
        }
        state.rests = state.words == self.old && self.before == state.aux && !plan.is_carried(&state.aux);
    }

    /// One step of the row whose words are now `words`: appends its run, if it has one, and says which. `other` is the row that carries it.
    pub fn run(
        &mut self,
        state: &mut RowState,
        words: &[u32],
        other: Option<Relative<'_>>,
        out: &mut BitWriter,
    ) -> Run {
        let plan = &self.plans[usize::from(state.kind)];
        let stays = !state.awake && state.words == words;
        if stays {
            if state.rests {
                return Run::None;
            }
            self.before.clone_from(&state.aux);
        }
        let mut mode = 0;
        for (bit, group) in plan.groups.iter().enumerate() {
            let deviates = if let Model::Rest = group.model {
                group.axes.iter().any(|axis| state.words[axis.word] != words[axis.word])
            } else {
                let deviation = &mut self.deviations[bit];
                deviation.begin(group, &state.aux);
                let mut known = Known { words, residuals: &mut deviation.residuals };
                group.step(&mut state.aux, &state.words, other, &mut known);
                deviation.residuals.iter().fold(0, |all, residual| all | residual) != 0
            };
            mode |= u8::from(deviates) << bit;
        }
        let run = match (state.awake, mode) {
            (false, 0) => Run::None,
            (false, _) => Run::Woken,
            (true, _) => Run::Awake,
        };
        if run != Run::None {
            let (last, deviations) = (state.mode, &self.deviations);
            let made = Made { plan, last, mode, deviations, old: &state.words, new: words };
            let taken = &mut self.taken[usize::from(state.kind)];
            made.put(&mut Bits { tables: &self.tables, out }, taken);
            if let Some(counts) = &mut self.counts {
                made.put(counts, taken);
            }
        }
        state.rests = stays && mode == 0 && self.before == state.aux && !plan.is_carried(&state.aux);
        state.words.copy_from_slice(words);
        (state.mode, state.awake) = (mode, mode != 0);
        run
    }

    /// Reads the run of a row for one step; `other` is the row that carries it.
    ///
    /// # Errors
    /// When the bits end or a difference leaves the word's range; the state is then of no use.
    pub fn read_run(
        &mut self,
        state: &mut RowState,
        other: Option<Relative<'_>>,
        bits: &mut BitReader<'_>,
    ) -> Result<(), DecodeError> {
        let plan = &self.plans[usize::from(state.kind)];
        let mut source = Source { tables: &self.tables, bits };
        let taken = &mut self.taken[usize::from(state.kind)];
        let mut left = source.left();
        let mode = source.symbol(plan.mode_table_of(state.mode))? as u8;
        taken.modes += source.since(&mut left);
        self.old.clone_from(&state.words);
        let mut before = NONE_BEFORE;
        for (bit, group) in plan.groups.iter().enumerate() {
            let deviates = mode >> bit & 1 == 1;
            if let Model::Rest = group.model {
                if deviates {
                    get_rest(&mut source, group, &mut state.words, &mut taken.words)?;
                }
                continue;
            }
            let mut deviation = Deviation::default();
            if deviates {
                deviation.begin(group, &state.aux);
                let mut left = source.left();
                before = deviation.get(&mut source, group, before)?;
                taken.words[group.axes[0].word] += source.since(&mut left);
            }
            let mut told = Told { words: &mut state.words, residuals: deviation.residuals, is_outside: false };
            group.step(&mut state.aux, &self.old, other, &mut told);
            if told.is_outside {
                return Err(OUTSIDE);
            }
        }
        (state.mode, state.awake, state.rests) = (mode, mode != 0, false);
        Ok(())
    }

    /// Appends the whole state.
    pub fn load(&self, state: &RowState, out: &mut BitWriter) {
        let plan = &self.plans[usize::from(state.kind)];
        load::put(&mut Bits { tables: &self.tables, out }, plan, state);
    }

    /// Bits taken so far, by kind and field.
    #[must_use]
    pub fn profile(&self) -> Vec<KindBits> {
        let kinds = self.kinds.iter().zip(&self.taken);
        kinds
            .map(|(kind, taken)| {
                let field = |(at, field): (usize, &FieldSpec)| {
                    let from = kind.word_of(at);
                    (field.name.to_string(), taken.words[from..from + field.words()].iter().sum())
                };
                let fields = kind.fields.iter().enumerate().map(field).collect();
                let &Taken { modes, loads, spawns, .. } = taken;
                KindBits { kind: kind.name.to_string(), modes, loads, spawns, fields }
            })
            .collect()
    }

    /// Counts the symbols of a LOAD of this state, in a training.
    pub fn count_load(&mut self, state: &RowState) {
        if let Some(counts) = &mut self.counts {
            load::put(counts, &self.plans[usize::from(state.kind)], state);
        }
    }

    /// Reads what [`Self::load`] wrote into `state`, as a row of `kind`.
    ///
    /// # Errors
    /// When the kind is unknown, the bits end or a number is outside its range.
    pub fn read_load(&mut self, kind: u8, state: &mut RowState, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        let plan = self.plans.get(usize::from(kind)).ok_or(DecodeError("a row of an unknown kind"))?;
        state.kind = kind;
        let left = bits.left_bits();
        load::get(&mut Source { tables: &self.tables, bits }, plan, state)?;
        self.taken[usize::from(kind)].loads += (left - bits.left_bits()) as u64;
        Ok(())
    }

    /// Whether rows of some kind are spawned by others.
    #[must_use]
    pub fn has_spawns(&self) -> bool {
        self.spawns.iter().any(Option::is_some)
    }

    /// The kind of the rows that spawn rows of `kind`; none: they are always loaded.
    #[must_use]
    pub fn spawner_of(&self, kind: u8) -> Option<u8> {
        self.spawns.get(usize::from(kind))?.as_ref().map(|spawn| spawn.spawner)
    }

    /// Appends what tells a row of `kind`, born at this step with `words`, by its spawner. Whoever reads it has the state that [`Self::birth`] makes.
    ///
    /// # Panics
    /// When rows of the kind have no spawner: a mistake in the caller.
    pub fn spawn(&self, kind: u8, words: &[u32], from: Relative<'_>, out: &mut BitWriter) {
        let Some(spawn) = &self.spawns[usize::from(kind)] else { panic!("rows of this kind have no spawner") };
        spawn::put(&mut Bits { tables: &self.tables, out }, spawn, words, from);
    }

    /// Counts the symbols of a SPAWN, in a training.
    pub fn count_spawn(&mut self, birth: &Birth) {
        if let (Some(spawn), Some(counts)) = (&self.spawns[usize::from(birth.kind)], &mut self.counts) {
            spawn::put(counts, spawn, &birth.words, birth.spawner());
        }
    }

    /// Reads what [`Self::spawn`] wrote into `state`, as a row of `kind`.
    ///
    /// # Errors
    /// When rows of the kind have no spawner, the bits end or a number is outside its range.
    pub fn read_spawn(
        &mut self,
        kind: u8,
        from: Relative<'_>,
        state: &mut RowState,
        bits: &mut BitReader<'_>,
    ) -> Result<(), DecodeError> {
        let spawn = self.spawns.get(usize::from(kind)).and_then(Option::as_ref);
        let spawn = spawn.ok_or(DecodeError("a row of this kind is not spawned"))?;
        let plan = &self.plans[usize::from(kind)];
        let left = bits.left_bits();
        let words = &mut self.old;
        words.clear();
        words.resize(plan.layout.len(), 0);
        spawn::get(&mut Source { tables: &self.tables, bits }, spawn, from, words)?;
        plan.birth(kind, words, state);
        self.taken[usize::from(kind)].spawns += (left - bits.left_bits()) as u64;
        Ok(())
    }

    /// From now on every symbol is counted, on top of what another coder of these kinds has counted.
    pub fn count(&mut self, before: Option<Counts>) {
        let none = || Counts(self.specs.iter().map(|spec| vec![0; spec.symbols as usize]).collect());
        self.counts = Some(before.unwrap_or_else(none));
    }

    /// What has been counted; from now on nothing is.
    pub fn counts(&mut self) -> Option<Counts> {
        self.counts.take()
    }

    /// The text of the tables that suit what has been counted, one line a table that saved more than its line is long; what [`Schema::tables`] takes.
    #[must_use]
    pub fn trained(&self, counts: &Counts) -> String {
        let used = self.specs.iter().zip(&counts.0).filter(|(spec, _)| spec.symbols > 1);
        used.filter_map(|(spec, counts)| tables::line(spec, counts)).collect()
    }
}

/// How rows that have a spawner are told by it, by kind; their tables come behind all others.
fn spawns(
    schema: &Schema,
    plans: &[Plan],
    rates: Rates,
    specs: &mut Vec<TableSpec>,
) -> Result<Vec<Option<Spawn>>, String> {
    let mut muzzles = Muzzle::all(&schema.tables)?;
    let mut spawns = Vec::with_capacity(plans.len());
    for (kind, plan) in schema.entities.iter().zip(plans) {
        let spawner = kind.spawner.as_ref().map(|name| {
            let number = schema
                .entities
                .iter()
                .position(|other| other.name == *name)
                .ok_or(format!("the spawner of {} is no kind", kind.name))?;
            let muzzle = muzzles.remove(&*kind.name);
            let spawner = (number as u8, &schema.entities[number]);
            Spawn::new((kind, plan), spawner, rates.ticks_per_step, muzzle, specs)
        });
        spawns.push(spawner.transpose()?);
    }
    match muzzles.first_key_value() {
        Some((name, _)) => Err(format!("tables: rows of {name} have no spawner")),
        None => Ok(spawns),
    }
}

impl Plan {
    /// Makes `state` that of a row of `kind` born with these words. New rows are awake.
    fn birth(&self, kind: u8, words: &[u32], state: &mut RowState) {
        debug_assert_eq!(words.len(), self.layout.len());
        (state.kind, state.awake, state.mode, state.rests) = (kind, true, NEW, false);
        state.words.clear();
        state.words.extend_from_slice(words);
        state.aux.clear();
        state.aux.resize(self.aux, 0);
        for group in &self.groups {
            group.reset(words, &mut state.aux);
        }
    }

    fn is_carried(&self, aux: &[i32]) -> bool {
        self.carrier.is_some() && self.groups.iter().any(|group| group.is_carried(aux))
    }

    const fn mode_table_of(&self, last: u8) -> usize {
        let new = 1 << self.groups.len();
        self.mode_table + if last == NEW { new } else { last as usize }
    }
}

/// A run, before it is symbols.
struct Made<'a> {
    plan: &'a Plan,
    last: u8,
    mode: u8,
    deviations: &'a [Deviation; GROUPS_MAX],
    old: &'a [u32],
    new: &'a [u32],
}

impl Made<'_> {
    fn put(&self, sink: &mut impl Sink, taken: &mut Taken) {
        let mut from = sink.at();
        sink.symbol(self.plan.mode_table_of(self.last), self.mode.into());
        let at = sink.at();
        taken.modes += (at - from) as u64;
        from = at;
        let mut before = NONE_BEFORE;
        let mut left = self.mode;
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            let (group, deviation) = (&self.plan.groups[bit], &self.deviations[bit]);
            if let Model::Rest = group.model {
                put_rest(sink, group, self.old, self.new, &mut taken.words);
                from = sink.at();
                continue;
            }
            before = deviation.put(sink, group, before);
            let at = sink.at();
            taken.words[group.axes[0].word] += (at - from) as u64;
            from = at;
        }
    }
}
