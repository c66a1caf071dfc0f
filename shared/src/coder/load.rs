//! A whole state: which groups have one worth telling, the words, the numbers of the predictors.

use super::code::{Sink, Source, put_residual};
use super::plan::{Group, Model, Plan, SUB, Slot, is_predicted};
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
        for (i, axis) in group.axes.iter().enumerate() {
            let word = state.words[axis.word];
            if matches!(group.model, Model::Rest) && is_predicted(axis) {
                put_residual(sink, group.load_table + i, axis.gap(0, word.into()));
            } else {
                sink.raw(word, axis.spec.bits.into());
            }
        }
        if told >> bit & 1 == 1 {
            put_numbers(sink, group, state);
        }
    }
}

fn put_numbers(sink: &mut impl Sink, group: &Group, state: &RowState) {
    for (at, slot, word) in group.slots() {
        let number = i64::from(state.aux[at]);
        match slot {
            Slot::Sub => sink.raw((number + (1 << (SUB - 1))) as u32, SUB),
            Slot::Largest => sink.raw(number as u32, 2),
            Slot::Older => put_residual(sink, group.slot_table(at), number - i64::from(state.words[word])),
            _ => put_residual(sink, group.slot_table(at), number),
        }
    }
}

impl Group {
    fn slot_table(&self, at: usize) -> usize {
        let (each, first) = (self.model.slots().len(), self.axes[0].aux);
        let extra = self.extra();
        self.load_table + if at < extra { (at - first) % each } else { each + at - extra }
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
        for (i, axis) in group.axes.iter().enumerate() {
            let word = if matches!(group.model, Model::Rest) && is_predicted(axis) {
                axis.fit(source.residual(group.load_table + i)?) as u32
            } else {
                source.raw(axis.spec.bits.into())?
            };
            if u64::from(word) >= axis.spec.modulus {
                return Err(DecodeError("a value is outside its range"));
            }
            state.words[axis.word] = word;
        }
        group.reset(&state.words, &mut state.aux);
        if told >> bit & 1 == 1 {
            get_numbers(source, group, state)?;
        }
    }
    Ok(())
}

fn get_numbers(source: &mut Source<'_, '_>, group: &Group, state: &mut RowState) -> Result<(), DecodeError> {
    for (at, slot, word) in group.slots() {
        let number = match slot {
            Slot::Sub => i64::from(source.raw(SUB)?) - (1 << (SUB - 1)),
            Slot::Largest => i64::from(source.raw(2)?),
            Slot::Older => source.residual(group.slot_table(at))? + i64::from(state.words[word]),
            _ => source.residual(group.slot_table(at))?,
        };
        let (least, most) = slot.range();
        if !(i64::from(least)..=i64::from(most)).contains(&number) {
            return Err(DecodeError("a state is outside its range"));
        }
        state.aux[at] = number as i32;
    }
    Ok(())
}
