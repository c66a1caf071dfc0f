//! The symbols of a row: what deviates from its prediction, by group. One writer and one reader, table by table alike.

use super::plan::{Axis, Group, MASKED_MAX, Model, NEIGHBOURS, OWN_CLASSES, is_predicted};
use super::predict::Guess;
use super::residual::{class, join, raw_bits, split};
use super::tables::Tables;
use crate::bits::{BitReader, BitWriter};
use crate::words::DecodeError;

/// Where symbols go: bits, or counts of a training.
pub(crate) trait Sink {
    /// Bits so far.
    fn at(&self) -> usize;
    fn symbol(&mut self, table: usize, symbol: u32);
    fn raw(&mut self, value: u32, bits: u32);
}

/// Symbols as bits.
pub(crate) struct Bits<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) out: &'a mut BitWriter,
}

impl Sink for Bits<'_> {
    fn at(&self) -> usize {
        self.out.len_bits()
    }

    fn symbol(&mut self, table: usize, symbol: u32) {
        self.tables.code(table).write(symbol, self.out);
    }

    fn raw(&mut self, value: u32, bits: u32) {
        self.out.write(value, bits);
    }
}

/// Bits as symbols.
pub(crate) struct Source<'a, 'b> {
    pub(crate) tables: &'a Tables,
    pub(crate) bits: &'a mut BitReader<'b>,
}

impl Source<'_, '_> {
    /// Bits still to be read.
    pub(crate) const fn left(&self) -> usize {
        self.bits.left_bits()
    }

    pub(crate) fn symbol(&mut self, table: usize) -> Result<u32, DecodeError> {
        Ok(self.tables.code(table).read(self.bits)?)
    }

    pub(crate) fn raw(&mut self, bits: u32) -> Result<u32, DecodeError> {
        Ok(self.bits.read(bits)?)
    }

    pub(crate) fn residual(&mut self, table: usize) -> Result<i64, DecodeError> {
        let symbol = self.symbol(table)?;
        let raw = self.raw(raw_bits(symbol))?;
        Ok(join(symbol, raw))
    }
}

pub(crate) fn put_residual(sink: &mut impl Sink, table: usize, residual: i64) {
    let (symbol, raw, bits) = split(residual);
    sink.symbol(table, symbol);
    if bits > 0 {
        sink.raw(raw, bits);
    }
}

/// What chooses the tables of a group's residuals.
struct Context<'a> {
    group: &'a Group,
    aux: &'a [i32],
    /// Largest class among the residuals that came before in this row; none: the group is the first.
    before: Option<i32>,
    /// Largest class of the group's last residuals.
    last: i32,
}

impl<'a> Context<'a> {
    fn new(group: &'a Group, aux: &'a [i32], before: Option<i32>) -> Self {
        let last = group.axes.iter().map(|axis| Self::own(group, aux, axis)).max().unwrap_or(0);
        Self { group, aux, before, last }
    }

    fn own(group: &Group, aux: &[i32], axis: &Axis) -> i32 {
        let slot = if let Model::Turn = group.model { 2 } else { 1 };
        aux[axis.aux + slot].min(OWN_CLASSES as i32 - 1)
    }

    const fn pair_table(&self) -> usize {
        self.group.table + self.last as usize
    }

    /// The table of axis number `at`; `so_far` is the largest class of the axes before it.
    fn table(&self, at: usize, so_far: i32) -> usize {
        let own = Self::own(self.group, self.aux, &self.group.axes[at]);
        let neighbour = if at > 0 { so_far } else { self.before.unwrap_or(self.last) };
        let off = (neighbour - own).clamp(-2, 2) + 2;
        let axes = self.group.axes.len();
        let skipped = if axes == 2 { OWN_CLASSES as usize } else { 0 };
        let next = if at > 0 { (OWN_CLASSES * NEIGHBOURS) as usize } else { 0 };
        self.group.table + skipped + next + (own as u32 * NEIGHBOURS) as usize + off as usize
    }
}

/// Appends what deviates in `group`; gives the largest class of its residuals, or of what came before. What each word takes is added to `words`.
pub(crate) fn put_group(
    sink: &mut impl Sink,
    group: &Group,
    aux: &[i32],
    guesses: &[Guess],
    new: &[u32],
    before: Option<i32>,
    words: &mut [u64],
) -> Option<i32> {
    if let Model::Rest = group.model {
        put_rest(sink, group, guesses, new, words);
        return before;
    }
    let from = sink.at();
    let after = put_predicted(sink, group, aux, guesses, new, before);
    words[group.axes[0].word] += (sink.at() - from) as u64;
    after
}

fn put_predicted(
    sink: &mut impl Sink,
    group: &Group,
    aux: &[i32],
    guesses: &[Guess],
    new: &[u32],
    before: Option<i32>,
) -> Option<i32> {
    let context = Context::new(group, aux, before);
    let residual = |at: usize| group.axes[at].gap(guesses[at].word, new[group.axes[at].word].into());
    if group.axes.len() == 2 {
        let (x, y) = (residual(0), residual(1));
        if x.abs().max(y.abs()) <= 2 {
            sink.symbol(context.pair_table(), ((x + 2) * 5 + y + 2) as u32);
            return before.max(Some(class(x).max(class(y))));
        }
        sink.symbol(context.pair_table(), 25);
    }
    let mut so_far = 0;
    for at in 0..group.axes.len() {
        let residual = residual(at);
        put_residual(sink, context.table(at, so_far), residual);
        so_far = so_far.max(class(residual));
    }
    before.max(Some(so_far))
}

/// Reads what [`put_group`] wrote into `new`.
pub(crate) fn get_group(
    source: &mut Source<'_, '_>,
    group: &Group,
    aux: &[i32],
    guesses: &[Guess],
    new: &mut [u32],
    before: Option<i32>,
    words: &mut [u64],
) -> Result<Option<i32>, DecodeError> {
    if let Model::Rest = group.model {
        get_rest(source, group, new, words)?;
        return Ok(before);
    }
    let left = source.left();
    let after = get_predicted(source, group, aux, guesses, new, before)?;
    words[group.axes[0].word] += (left - source.left()) as u64;
    Ok(after)
}

fn get_predicted(
    source: &mut Source<'_, '_>,
    group: &Group,
    aux: &[i32],
    guesses: &[Guess],
    new: &mut [u32],
    before: Option<i32>,
) -> Result<Option<i32>, DecodeError> {
    let context = Context::new(group, aux, before);
    let mut set = |at: usize, residual: i64| {
        let axis = &group.axes[at];
        let word = guesses[at].word + residual;
        let fitted = if axis.wraps { axis.fit(word) } else { word };
        new[axis.word] = u32::try_from(fitted).map_err(|_| OUTSIDE)?;
        if fitted >= axis.spec.modulus.cast_signed() { Err(OUTSIDE) } else { Ok(()) }
    };
    if group.axes.len() == 2 {
        let symbol = i64::from(source.symbol(context.pair_table())?);
        if symbol < 25 {
            let (x, y) = (symbol / 5 - 2, symbol % 5 - 2);
            set(0, x)?;
            set(1, y)?;
            return Ok(before.max(Some(class(x).max(class(y)))));
        }
    }
    let mut so_far = 0;
    for at in 0..group.axes.len() {
        let residual = source.residual(context.table(at, so_far))?;
        set(at, residual)?;
        so_far = so_far.max(class(residual));
    }
    Ok(before.max(Some(so_far)))
}

const OUTSIDE: DecodeError = DecodeError("a difference leaves the range of its word");

/// Bits of the gap to the next changed word, when `left` words may still have changed.
const fn gap_bits(left: usize) -> u32 {
    usize::BITS - left.leading_zeros()
}

fn put_rest(sink: &mut impl Sink, group: &Group, guesses: &[Guess], new: &[u32], taken: &mut [u64]) {
    let (axes, mut from) = (&group.axes, sink.at());
    let changed = |at: usize| guesses[at].word != i64::from(new[axes[at].word]);
    let words = group.table + usize::from(axes.len() <= MASKED_MAX);
    if axes.len() <= MASKED_MAX {
        let mask = (0..axes.len()).fold(0, |mask, at| mask | u32::from(changed(at)) << at);
        if axes.len() > 1 {
            sink.symbol(group.table, mask);
        }
    }
    let mut next = 0;
    for at in (0..axes.len()).filter(|&at| changed(at)) {
        let axis = &axes[at];
        if axes.len() > MASKED_MAX {
            // One more than the gap; 0 ends the list.
            sink.raw((at - next + 1) as u32, gap_bits(axes.len() - next));
            next = at + 1;
        }
        put_change(sink, words + at, axis, guesses[at].word, new[axis.word]);
        taken[axis.word] += (sink.at() - from) as u64;
        from = sink.at();
    }
    if axes.len() > MASKED_MAX && next < axes.len() {
        sink.raw(0, gap_bits(axes.len() - next));
    }
}

fn put_change(sink: &mut impl Sink, table: usize, axis: &Axis, old: i64, new: u32) {
    if is_predicted(axis) {
        put_residual(sink, table, axis.gap(old, new.into()));
    } else if axis.spec.bits > 1 {
        sink.raw(new, axis.spec.bits.into());
    }
}

fn get_rest(source: &mut Source<'_, '_>, group: &Group, new: &mut [u32], taken: &mut [u64]) -> Result<(), DecodeError> {
    let (axes, mut left) = (&group.axes, source.left());
    if axes.len() <= MASKED_MAX {
        let mask = if axes.len() > 1 { source.symbol(group.table)? } else { 1 };
        for at in (0..axes.len()).filter(|at| mask >> at & 1 == 1) {
            get_change(source, group.table + 1 + at, &axes[at], new)?;
            taken[axes[at].word] += (left - source.left()) as u64;
            left = source.left();
        }
        return Ok(());
    }
    let mut next = 0;
    while next < axes.len() {
        let gap = source.raw(gap_bits(axes.len() - next))? as usize;
        if gap == 0 {
            return Ok(());
        }
        next += gap;
        let axis = axes.get(next - 1).ok_or(DecodeError("a change beyond the last word"))?;
        get_change(source, group.table + next - 1, axis, new)?;
        taken[axis.word] += (left - source.left()) as u64;
        left = source.left();
    }
    Ok(())
}

fn get_change(source: &mut Source<'_, '_>, table: usize, axis: &Axis, new: &mut [u32]) -> Result<(), DecodeError> {
    let word = &mut new[axis.word];
    if axis.spec.bits == 1 {
        *word ^= 1;
        if u64::from(*word) >= axis.spec.modulus {
            return Err(OUTSIDE);
        }
    } else if is_predicted(axis) {
        *word = axis.fit(i64::from(*word) + source.residual(table)?) as u32;
    } else {
        *word = source.raw(axis.spec.bits.into())?;
        if u64::from(*word) >= axis.spec.modulus {
            return Err(OUTSIDE);
        }
    }
    Ok(())
}
