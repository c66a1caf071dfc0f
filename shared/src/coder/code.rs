//! The symbols of a row: what deviates from its prediction, by group. One writer and one reader, table by table alike.

use super::plan::{AXES_MAX, Axis, Group, MASKED_MAX, Model, NEIGHBOURS, OWN_CLASSES, is_predicted};
use super::predict::Words;
use super::residual::{class, join, raw_bits, split};
use super::tables::Tables;
use crate::bits::{BitReader, BitWriter};
use crate::words::DecodeError;

/// In place of the largest class of a row's residuals: there was none before.
pub(crate) const NONE_BEFORE: i32 = -1;

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
        let (word, length) = self.tables.word(table, symbol);
        self.out.write(word, length);
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

    /// Bits read since `left` were left, which is brought here.
    pub(crate) const fn since(&self, left: &mut usize) -> u64 {
        let now = self.left();
        (std::mem::replace(left, now) - now) as u64
    }

    pub(crate) fn symbol(&mut self, table: usize) -> Result<u32, DecodeError> {
        let (symbol, length) = self.tables.symbol(table, self.bits.peek());
        self.bits.skip(length)?;
        Ok(symbol)
    }

    pub(crate) fn raw(&mut self, bits: u32) -> Result<u32, DecodeError> {
        Ok(self.bits.read(bits)?)
    }

    /// A class and its raw bits, with one look at the bits: both together are shorter than that.
    pub(crate) fn residual(&mut self, table: usize) -> Result<i64, DecodeError> {
        let bits = self.bits.peek();
        let (symbol, length) = self.tables.symbol(table, bits);
        let raw = raw_bits(symbol);
        self.bits.skip(length + raw)?;
        Ok(join(symbol, (bits >> length) as u32 & ((1 << raw) - 1)))
    }
}

pub(crate) fn put_residual(sink: &mut impl Sink, table: usize, residual: i64) {
    let (symbol, raw, bits) = split(residual);
    sink.symbol(table, symbol);
    if bits > 0 {
        sink.raw(raw, bits);
    }
}

/// What a group that is predicted does at a step, as its symbols need it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deviation {
    pub(crate) residuals: [i32; AXES_MAX],
    /// Classes of the residuals before, as far as they choose tables.
    own: [i32; AXES_MAX],
    /// The largest of them.
    last: i32,
}

impl Deviation {
    /// Makes it that of a group whose state is not yet brought on, without residuals.
    #[inline]
    pub(crate) fn begin(&mut self, group: &Group, aux: &[i32]) {
        let slot = if let Model::Turn = group.model { 2 } else { 1 };
        *self = Self::default();
        for (i, axis) in group.axes.iter().enumerate() {
            let own = aux[axis.aux + slot].min(OWN_CLASSES as i32 - 1);
            self.own[i] = own;
            self.last = self.last.max(own);
        }
    }

    const fn pair_table(&self, group: &Group) -> usize {
        group.table + self.last as usize
    }

    /// The table of axis number `at`; `so_far` is the largest class of the axes before it, `before` that of the groups before.
    fn table(&self, group: &Group, at: usize, so_far: i32, before: i32) -> usize {
        let own = self.own[at];
        let neighbour = match at {
            0 if before == NONE_BEFORE => self.last,
            0 => before,
            _ => so_far,
        };
        let off = (neighbour - own).clamp(-2, 2) + 2;
        let skipped = if group.axes.len() == 2 { OWN_CLASSES as usize } else { 0 };
        let next = if at > 0 { (OWN_CLASSES * NEIGHBOURS) as usize } else { 0 };
        group.table + skipped + next + (own * NEIGHBOURS as i32 + off) as usize
    }

    /// Appends the residuals; gives the largest class so far in the row, of which `before` was that of the groups before.
    pub(crate) fn put(&self, sink: &mut impl Sink, group: &Group, before: i32) -> i32 {
        if group.axes.len() == 2 {
            let [x, y, ..] = self.residuals;
            if x.unsigned_abs().max(y.unsigned_abs()) <= 2 {
                sink.symbol(self.pair_table(group), ((x + 2) * 5 + y + 2) as u32);
                return before.max(class(x.into())).max(class(y.into()));
            }
            sink.symbol(self.pair_table(group), 25);
        }
        let mut so_far = 0;
        for (at, &residual) in self.residuals[..group.axes.len()].iter().enumerate() {
            put_residual(sink, self.table(group, at, so_far, before), residual.into());
            so_far = so_far.max(class(residual.into()));
        }
        before.max(so_far)
    }

    /// Reads what [`Self::put`] wrote.
    pub(crate) fn get(&mut self, source: &mut Source<'_, '_>, group: &Group, before: i32) -> Result<i32, DecodeError> {
        if group.axes.len() == 2 {
            let symbol = source.symbol(self.pair_table(group))?.cast_signed();
            if symbol < 25 {
                let (x, y) = (symbol / 5 - 2, symbol % 5 - 2);
                self.residuals[..2].copy_from_slice(&[x, y]);
                return Ok(before.max(class(x.into())).max(class(y.into())));
            }
        }
        let mut so_far = 0;
        for at in 0..group.axes.len() {
            let residual = source.residual(self.table(group, at, so_far, before))?;
            self.residuals[at] = residual as i32;
            so_far = so_far.max(class(residual));
        }
        Ok(before.max(so_far))
    }
}

/// Words that are known: what the residuals are.
pub(crate) struct Known<'a> {
    pub(crate) words: &'a [u32],
    pub(crate) residuals: &'a mut [i32; AXES_MAX],
}

impl Words for Known<'_> {
    #[inline]
    fn word(&self, at: usize) -> i64 {
        self.words[at].into()
    }

    #[inline(always)]
    fn settle(&mut self, at: usize, axis: &Axis, guess: i64) -> (i64, i64) {
        let is = i64::from(self.words[axis.word]);
        let residual = axis.gap(guess, is);
        self.residuals[at] = residual as i32;
        (is, residual)
    }
}

/// Words that follow from the residuals.
pub(crate) struct Told<'a> {
    /// As before, then as they are.
    pub(crate) words: &'a mut [u32],
    pub(crate) residuals: [i32; AXES_MAX],
    /// Whether a word was outside its range.
    pub(crate) is_outside: bool,
}

impl Words for Told<'_> {
    #[inline]
    fn word(&self, at: usize) -> i64 {
        self.words[at].into()
    }

    #[inline(always)]
    fn settle(&mut self, at: usize, axis: &Axis, guess: i64) -> (i64, i64) {
        if self.residuals[at] == 0 {
            debug_assert_eq!(guess, axis.fit(guess), "a guess is within the range of its word");
            self.words[axis.word] = guess as u32;
            return (guess, 0);
        }
        let word = guess + i64::from(self.residuals[at]);
        let is = axis.fit(word);
        self.is_outside |= !axis.wraps && is != word;
        self.words[axis.word] = is as u32;
        (is, axis.gap(guess, is))
    }
}

pub(crate) const OUTSIDE: DecodeError = DecodeError("a difference leaves the range of its word");

/// Bits of the gap to the next changed word, when `left` words may still have changed.
const fn gap_bits(left: usize) -> u32 {
    usize::BITS - left.leading_zeros()
}

/// Appends which words of a rest group have changed, and what they are. What each word takes is added to `taken`.
pub(crate) fn put_rest(sink: &mut impl Sink, group: &Group, old: &[u32], new: &[u32], taken: &mut [u64]) {
    let (axes, mut from) = (&group.axes, sink.at());
    let changed = |at: usize| old[axes[at].word] != new[axes[at].word];
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
        put_change(sink, words + at, axis, old[axis.word].into(), new[axis.word]);
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

/// Reads what [`put_rest`] wrote into `new`, which holds the words as they were.
pub(crate) fn get_rest(
    source: &mut Source<'_, '_>,
    group: &Group,
    new: &mut [u32],
    taken: &mut [u64],
) -> Result<(), DecodeError> {
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
