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
//! | `residual`, `prefix`, `tables` | numbers as symbols, symbols as bits, which code when |
//! | `code`, `load` | the symbols of a run, of a whole state |
//!
//! All arithmetic is on integers and wraps. Tables are constants of the schema: a running room never changes them.

mod code;
mod load;
mod plan;
mod predict;
mod prefix;
mod residual;
mod tables;

use code::{Bits, Deviation, Known, NONE_BEFORE, OUTSIDE, Sink, Source, Told, get_rest, put_rest};
pub use plan::Rates;
use plan::{AXES_MAX, GROUPS_MAX, Model, Plan, TableSpec};
pub use prefix::{CODE_BITS_MAX, lengths};
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

/// Codes the rows of one schema.
#[derive(Clone, Debug)]
pub struct RowCoder {
    kinds: Vec<Kind>,
    plans: Vec<Plan>,
    specs: Vec<TableSpec>,
    tables: Tables,
    /// Words and numbers of a row before a step.
    old: Vec<u32>,
    before: Vec<i32>,
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
        let plans: Vec<Plan> = schema.entities.iter().map(|kind| Plan::new(kind, rates, &mut specs)).collect();
        let tables = Tables::new(&specs, &schema.tables)?;
        let taken = plans.iter().map(|plan| Taken { words: vec![0; plan.layout.len()], ..Taken::default() }).collect();
        let kinds = schema.entities.to_vec();
        Ok(Self { kinds, plans, specs, tables, old: Vec::new(), before: Vec::new(), counts: None, taken })
    }

    /// How many kinds of rows there are.
    #[must_use]
    pub const fn kinds(&self) -> usize {
        self.plans.len()
    }

    /// Makes `state` that of a row born with `words`. New rows are awake.
    pub fn birth(&self, kind: u8, words: &[u32], state: &mut RowState) {
        let plan = &self.plans[usize::from(kind)];
        debug_assert_eq!(words.len(), plan.layout.len());
        (state.kind, state.awake, state.mode, state.rests) = (kind, true, NEW, false);
        state.words.clear();
        state.words.extend_from_slice(words);
        plan.reset(words, &mut state.aux);
    }

    /// One step without a run: a sleeping row moves as predicted.
    pub fn advance(&mut self, state: &mut RowState) {
        debug_assert!(!state.awake, "an awake row has a run at each step");
        if state.rests {
            return;
        }
        let plan = &self.plans[usize::from(state.kind)];
        self.old.clone_from(&state.words);
        self.before.clone_from(&state.aux);
        for group in &plan.groups {
            let mut told = Told { words: &mut state.words, residuals: [0; AXES_MAX], is_outside: false };
            group.step(&mut state.aux, &self.old, &mut told);
        }
        state.rests = state.words == self.old && self.before == state.aux;
    }

    /// One step of the row whose words are now `words`: appends its run, if it has one, and says which.
    pub fn run(&mut self, state: &mut RowState, words: &[u32], out: &mut BitWriter) -> Run {
        let plan = &self.plans[usize::from(state.kind)];
        let stays = !state.awake && state.words == words;
        if stays {
            if state.rests {
                return Run::None;
            }
            self.before.clone_from(&state.aux);
        }
        let (mut mode, mut deviations) = (0, [Deviation::default(); GROUPS_MAX]);
        for (bit, (group, deviation)) in plan.groups.iter().zip(&mut deviations).enumerate() {
            let deviates = if let Model::Rest = group.model {
                group.axes.iter().any(|axis| state.words[axis.word] != words[axis.word])
            } else {
                *deviation = Deviation::new(group, &state.aux);
                let mut known = Known { words, residuals: [0; AXES_MAX] };
                group.step(&mut state.aux, &state.words, &mut known);
                deviation.residuals = known.residuals;
                known.residuals != [0; AXES_MAX]
            };
            mode |= u8::from(deviates) << bit;
        }
        let run = match (state.awake, mode) {
            (false, 0) => Run::None,
            (false, _) => Run::Woken,
            (true, _) => Run::Awake,
        };
        if run != Run::None {
            let made = Made { plan, last: state.mode, mode, deviations: &deviations, old: &state.words, new: words };
            let taken = &mut self.taken[usize::from(state.kind)];
            made.put(&mut Bits { tables: &self.tables, out }, taken);
            if let Some(counts) = &mut self.counts {
                made.put(counts, taken);
            }
        }
        state.rests = stays && mode == 0 && self.before == state.aux;
        state.words.copy_from_slice(words);
        (state.mode, state.awake) = (mode, mode != 0);
        run
    }

    /// Reads the run of a row for one step.
    ///
    /// # Errors
    /// When the bits end or a difference leaves the word's range; the state is then of no use.
    pub fn read_run(&mut self, state: &mut RowState, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
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
            let mut residuals = [0; AXES_MAX];
            if deviates {
                let mut deviation = Deviation::new(group, &state.aux);
                let mut left = source.left();
                before = deviation.get(&mut source, group, before)?;
                taken.words[group.axes[0].word] += source.since(&mut left);
                residuals = deviation.residuals;
            }
            let mut told = Told { words: &mut state.words, residuals, is_outside: false };
            group.step(&mut state.aux, &self.old, &mut told);
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
                KindBits { kind: kind.name.to_string(), modes: taken.modes, loads: taken.loads, fields }
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

impl Plan {
    /// The state of a row born with these words.
    fn reset(&self, words: &[u32], aux: &mut Vec<i32>) {
        aux.clear();
        aux.resize(self.aux, 0);
        for group in &self.groups {
            group.reset(words, aux);
        }
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
        for (bit, (group, deviation)) in self.plan.groups.iter().zip(self.deviations).enumerate() {
            if self.mode >> bit & 1 == 0 {
                continue;
            }
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
