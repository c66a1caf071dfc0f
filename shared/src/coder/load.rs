//! A whole state: which groups have one worth telling, the words, the numbers of the predictors.
//!
//! Numbers of one axis have much to do with one another, so the table of each is chosen by the first one's size and by whether the group deviated.

use super::code::{Sink, Source, put_residual};
use super::plan::{Axis, EDGE_SYMBOLS, Group, LOAD_CONTEXTS, Model, Plan, SUB, Slot, is_predicted};
use super::predict::settled;
use super::residual::class;
use super::{NEW, RowState};
use crate::words::DecodeError;

impl Group {
    /// The numbers of a row that was just born.
    pub(super) fn reset(&self, words: &[u32], aux: &mut [i32]) {
        for (at, slot, word) in self.slots() {
            aux[at] = match slot {
                Slot::Older => words[word].cast_signed(),
                Slot::Largest => words[self.axes[0].word - 1].cast_signed() & 3,
                _ => 0,
            };
        }
    }

    /// Whether the numbers are those of a row just born with these words.
    fn is_fresh(&self, words: &[u32], aux: &[i32]) -> bool {
        self.slots().all(|(at, slot, word)| match slot {
            Slot::Older => aux[at] == words[word].cast_signed(),
            Slot::Largest => aux[at] == words[self.axes[0].word - 1].cast_signed() & 3,
            _ => aux[at] == 0,
        })
    }
}

/// How a word is told.
enum Telling {
    /// By its difference from this word, the nearest way round, in this table.
    From(i64, usize),
    Whole,
}

impl Group {
    fn telling(&self, at: usize, axis: &Axis) -> Telling {
        match self.model {
            Model::Rest if is_predicted(axis) => Telling::From(0, self.load_table + at),
            _ if self.has_zero() => Telling::From(self.zero, self.load_table),
            _ => Telling::Whole,
        }
    }

    /// The tables of number `i` of its axes, or of those beside them.
    fn slot_table(&self, i: usize, context: usize) -> usize {
        self.load_table + usize::from(self.has_zero()) + i * LOAD_CONTEXTS + context
    }

    /// Each axis's numbers and those beside them: where they begin, what they are, which tables the first has, which word is the axis's.
    fn parts(&self) -> impl Iterator<Item = (usize, &[Slot], usize, usize)> {
        let each = self.model.slots();
        let axes = self.axes.iter().map(move |axis| (axis.aux, each, 0, axis.word));
        axes.chain([(self.extra(), self.model.extra_slots(), each.len(), 0)])
    }
}

/// The nearest way from `zero` to `word`, round the end of the range where that is nearer.
fn difference(axis: &Axis, zero: i64, word: i64) -> i64 {
    let modulus = axis.spec.modulus.cast_signed();
    (word - zero + modulus / 2).rem_euclid(modulus) - modulus / 2
}

/// Which of its tables tells number `i`: by the first of its axis, if that is one of any size, and by what is known of it otherwise: of a number before
/// the class whether the group deviated, of one behind it whether this axis did, of a further cost whether one before it is 0, for one of all is.
fn context(slots: &[Slot], i: usize, numbers: &[i32], deviated: bool) -> usize {
    let size = if i > 0 && slots[0] == Slot::Wide { class(numbers[0].into()).min(3) } else { 0 };
    let mut costs = slots[..i].iter().zip(numbers).filter(|(slot, _)| **slot == Slot::Cost).peekable();
    let more = if slots[i] == Slot::Cost && costs.peek().is_some() {
        costs.any(|(_, cost)| *cost == 0)
    } else {
        class_at(&slots[..i]).map_or(deviated, |at| numbers[at] != 0)
    };
    2 * size as usize + usize::from(more)
}

/// What a number is told as the difference from.
fn base(slots: &[Slot], i: usize, first: i32, word: u32) -> i64 {
    match slots[i] {
        Slot::Older => word.into(),
        // The turn before is much like the last one.
        Slot::Wide if i > 0 => first.into(),
        _ => 0,
    }
}

/// Where an estimate is put that was missed, by symbol.
const fn edge(symbol: u32) -> i64 {
    match symbol {
        0 => settled(1, 0),
        1 => settled(-1, 0),
        _ => 0,
    }
}

/// Where the class is among the numbers.
fn class_at(slots: &[Slot]) -> Option<usize> {
    slots.iter().position(|slot| *slot == Slot::Class)
}

/// Where the estimate is, and whether its axis was missed at the last step.
fn estimate(slots: &[Slot], numbers: &[i32]) -> Option<(usize, bool)> {
    let at = slots.iter().position(|slot| *slot == Slot::Sub)?;
    Some((at, class_at(slots).is_some_and(|class| numbers[class] != 0)))
}

pub(super) fn put(sink: &mut impl Sink, plan: &Plan, state: &RowState) {
    let modes = 1u32 << plan.groups.len();
    sink.symbol(plan.load_table, if state.mode == NEW { modes } else { state.mode.into() });
    let told = plan
        .groups
        .iter()
        .enumerate()
        .fold(0, |told, (bit, group)| told | u32::from(!group.is_fresh(&state.words, &state.aux)) << bit);
    sink.symbol(plan.load_table + 1, told);
    for (bit, group) in plan.groups.iter().enumerate() {
        for (at, axis) in group.axes.iter().enumerate() {
            let word = state.words[axis.word];
            match group.telling(at, axis) {
                Telling::From(zero, table) => put_residual(sink, table, difference(axis, zero, word.into())),
                Telling::Whole => sink.raw(word, axis.spec.bits.into()),
            }
        }
        if told >> bit & 1 == 1 {
            put_numbers(sink, group, state, state.mode >> bit & 1 == 1);
        }
    }
}

fn put_numbers(sink: &mut impl Sink, group: &Group, state: &RowState, deviated: bool) {
    for (from, slots, tables, word) in group.parts() {
        let numbers = &state.aux[from..from + slots.len()];
        for (i, (slot, number)) in slots.iter().zip(numbers).enumerate() {
            let table = group.slot_table(tables + i, context(slots, i, numbers, deviated));
            match slot {
                Slot::Sub => {}
                Slot::Largest => sink.raw(*number as u32, 2),
                _ => put_residual(sink, table, i64::from(*number) - base(slots, i, numbers[0], state.words[word])),
            }
        }
        // Behind the class: an estimate that was missed was put to an edge.
        if let Some((i, missed)) = estimate(slots, numbers) {
            let sub = i64::from(numbers[i]);
            let symbol = (0..EDGE_SYMBOLS - 1).find(|symbol| edge(*symbol) == sub).unwrap_or(EDGE_SYMBOLS - 1);
            if missed {
                sink.symbol(group.slot_table(tables + i, 0), symbol);
            }
            if !missed || symbol == EDGE_SYMBOLS - 1 {
                let table = group.slot_table(tables + i, 2 + usize::from(deviated));
                sink.symbol(table, (sub + (1 << (SUB - 1))) as u32);
            }
        }
    }
    if group.carry.is_some() {
        let (at, i) = (group.aux.end - 1, group.model.slots().len() + group.model.extra_slots().len());
        put_residual(sink, group.slot_table(i, usize::from(deviated)), state.aux[at].into());
    }
}

pub(super) fn get(source: &mut Source<'_, '_>, plan: &Plan, state: &mut RowState) -> Result<(), DecodeError> {
    let modes = 1u32 << plan.groups.len();
    let mode = source.symbol(plan.load_table)?;
    state.mode = if mode == modes { NEW } else { mode as u8 };
    (state.awake, state.rests) = (state.mode != 0, false);
    let told = source.symbol(plan.load_table + 1)?;
    state.words.clear();
    state.words.resize(plan.layout.len(), 0);
    state.aux.clear();
    state.aux.resize(plan.aux, 0);
    for (bit, group) in plan.groups.iter().enumerate() {
        for (at, axis) in group.axes.iter().enumerate() {
            let word = match group.telling(at, axis) {
                Telling::From(zero, table) => {
                    (zero + source.residual(table)?).rem_euclid(axis.spec.modulus.cast_signed()) as u32
                }
                Telling::Whole => source.raw(axis.spec.bits.into())?,
            };
            if u64::from(word) >= axis.spec.modulus {
                return Err(DecodeError("a value is outside its range"));
            }
            state.words[axis.word] = word;
        }
        group.reset(&state.words, &mut state.aux);
        if told >> bit & 1 == 1 {
            get_numbers(source, group, state, state.mode >> bit & 1 == 1)?;
        }
    }
    Ok(())
}

fn get_numbers(
    source: &mut Source<'_, '_>,
    group: &Group,
    state: &mut RowState,
    deviated: bool,
) -> Result<(), DecodeError> {
    for (from, slots, tables, word) in group.parts() {
        let numbers = &mut state.aux[from..from + slots.len()];
        for (i, &slot) in slots.iter().enumerate() {
            let table = group.slot_table(tables + i, context(slots, i, numbers, deviated));
            let number = match slot {
                Slot::Sub => continue,
                Slot::Largest => i64::from(source.raw(2)?),
                _ => source.residual(table)? + base(slots, i, numbers[0], state.words[word]),
            };
            numbers[i] = within(slot, number)?;
        }
        if let Some((i, missed)) = estimate(slots, numbers) {
            let table = |context| group.slot_table(tables + i, context);
            let symbol = if missed { source.symbol(table(0))? } else { EDGE_SYMBOLS - 1 };
            numbers[i] = if symbol < EDGE_SYMBOLS - 1 {
                edge(symbol) as i32
            } else {
                source.symbol(table(2 + usize::from(deviated)))?.cast_signed() - (1 << (SUB - 1))
            };
        }
    }
    if group.carry.is_some() {
        let (at, i) = (group.aux.end - 1, group.model.slots().len() + group.model.extra_slots().len());
        state.aux[at] = within(Slot::Cost, source.residual(group.slot_table(i, usize::from(deviated)))?)?;
    }
    Ok(())
}

fn within(slot: Slot, number: i64) -> Result<i32, DecodeError> {
    let (least, most) = slot.range();
    if !(i64::from(least)..=i64::from(most)).contains(&number) {
        return Err(DecodeError("a state is outside its range"));
    }
    Ok(number as i32)
}
