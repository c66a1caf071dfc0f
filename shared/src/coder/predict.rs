//! What a row's groups will be at the next step, from the codec's state, and how that state goes on once they are known. Integers that wrap.

use super::plan::{Axis, Group, Model, SUB, Slot};
use super::residual::class;

/// Half a place of the grid, in sub-quanta.
const HALF: i64 = 1 << (SUB - 1);
/// How far beyond the edge of the observed place an estimate is put: a sixteenth of a place. A residual of 1 says "just over the edge"; pulling to the
/// middle would throw the estimate out of its own place.
const EDGE: i64 = 1 << (SUB - 4);
/// Shares of a correction, in 64ths, that the velocity takes, by age.
const GAINS: [i64; 8] = [64, 48, 40, 32, 28, 24, 20, 16];
/// Costs are kept within this.
const COST_MAX: i32 = 15;
/// Corrections of a hidden speed that are no noise, in sub-quanta.
const SPEED_JUMP: i64 = 2 << SUB;
const SPEED_AGE_MAX: i32 = 15;

/// The words of a step: known to the one who makes a run, what the residuals say to the one who reads it.
pub(crate) trait Words {
    /// A word of the groups that are settled.
    fn word(&self, at: usize) -> i64;

    /// Settles axis number `at` of a group, thought to be `guess`: gives what its word is, and the residual that tells it. That is of another guess when
    /// the row is carried.
    fn settle(&mut self, at: usize, axis: &Axis, guess: i64) -> (i64, i64);
}

impl Axis {
    const fn modulus(&self) -> i64 {
        self.spec.modulus.cast_signed()
    }

    /// The nearest way from `from` to `to`.
    #[inline]
    pub(crate) fn gap(&self, from: i64, to: i64) -> i64 {
        let gap = to - from;
        if !self.wraps {
            return gap;
        }
        // Two words are less than a range apart, so once is enough; a division would be half of what a row costs.
        let (modulus, most) = (self.modulus(), (self.spec.modulus >> 1).cast_signed());
        if gap.unsigned_abs() << 1 < self.spec.modulus {
            gap
        } else if gap > most {
            gap - modulus
        } else if gap + modulus <= most {
            gap + modulus
        } else {
            gap
        }
    }

    /// A word within its range.
    #[inline]
    pub(crate) fn fit(&self, word: i64) -> i64 {
        let modulus = self.modulus();
        // Below 0 is beyond any modulus.
        if word.cast_unsigned() < self.spec.modulus {
            return word;
        }
        if !self.wraps {
            return word.max(0).min(modulus - 1);
        }
        // Most are less than a range beyond, and a division would be half of what a row costs.
        let once = if word < 0 { word + modulus } else { word - modulus };
        if once.cast_unsigned() < self.spec.modulus { once } else { word.rem_euclid(modulus) }
    }

    /// Whether a residual is so large that it is no motion.
    const fn jumps(&self, residual: i64) -> bool {
        residual.abs() > self.far
    }

    /// Place on the grid and distance from its middle of a point in sub-quanta.
    #[inline]
    pub(crate) fn place(&self, point: i64) -> (i64, i64) {
        let place = point.wrapping_add(HALF) >> SUB;
        let sub = point.wrapping_sub(place << SUB);
        let fitted = self.fit(place);
        (fitted, if self.wraps || fitted == place { sub } else { 0 })
    }
}

/// The estimate within the observed place, given the residual: where it was predicted, or just over the edge it was missed by.
pub(super) const fn settled(residual: i64, sub: i64) -> i64 {
    if residual == 0 {
        sub
    } else if residual > 0 {
        EDGE - HALF
    } else {
        HALF - 1 - EDGE
    }
}

impl Group {
    /// Predicts the axes by the group's own model, has them settled, and brings its numbers on.
    pub(super) fn predict(&self, aux: &mut [i32], old: &[u32], words: &mut impl Words) {
        match &self.model {
            Model::Rest => {}
            Model::Smooth => self.each(aux, |i, axis, numbers| smooth(i, axis, numbers, old, words)),
            Model::Glide => self.each(aux, |i, axis, numbers| glide(i, axis, numbers, old, words)),
            &Model::Driven { by, gain, offset, new_share } => self.each(aux, |i, axis, [sub, class_of]| {
                let (before, now) = (i64::from(old[by + i]), words.word(by + i));
                let mean = (before << 16).wrapping_add((now - before).wrapping_mul(new_share));
                let moved = ((mean >> 8).wrapping_mul(gain) >> 8).wrapping_add(offset) >> 16;
                let point = (i64::from(old[axis.word]) << SUB) + i64::from(*sub);
                let (guess, off) = axis.place(point.wrapping_add(moved));
                let (is, told) = words.settle(i, axis, guess);
                let residual = axis.gap(guess, is);
                *sub = if axis.jumps(residual) { 0 } else { settled(residual, off) as i32 };
                *class_of = class(told);
            }),
            Model::Along { angle, bits, ways } => {
                // As many ways as the angle has places, at most 1,024.
                let way = ways[(words.word(*angle) >> bits.saturating_sub(10)) as usize & (ways.len() - 1)];
                along(&self.axes, way, &mut aux[self.numbers()], old, words);
            }
            Model::Turn => self.each(aux, |i, axis, numbers| turn(i, axis, numbers, old, words)),
            &Model::Rotation { most } => rotation(&self.axes, most, &mut aux[self.numbers()], old, words),
        }
    }

    /// Goes through the axes with the numbers of each, of which its model has `N`.
    #[inline]
    fn each<const N: usize>(&self, aux: &mut [i32], mut step: impl FnMut(usize, &Axis, &mut [i32; N])) {
        for (i, axis) in self.axes.iter().enumerate() {
            if let Some(numbers) = aux[axis.aux..].first_chunk_mut() {
                step(i, axis, numbers);
            }
        }
    }
}

#[inline]
fn smooth(i: usize, axis: &Axis, numbers: &mut [i32; 3], old: &[u32], words: &mut impl Words) {
    let [velocity, _, cost] = *numbers;
    let held = i64::from(old[axis.word]);
    let gone = axis.fit(held + i64::from(velocity));
    let (is, residual) = words.settle(i, axis, if cost <= 0 { gone } else { held });
    let moved = axis.gap(held, is);
    *numbers = [moved as i32, class(residual), weighed(cost, class(axis.gap(gone, is)), class(moved))];
}

#[inline]
fn glide(i: usize, axis: &Axis, numbers: &mut [i32; 5], old: &[u32], words: &mut impl Words) {
    let [velocity, _, cost, sub, age] = *numbers;
    let held = i64::from(old[axis.word]);
    let (gone, off) = axis.place((held << SUB) + i64::from(sub) + i64::from(velocity));
    let (is, mine) = words.settle(i, axis, if cost <= 0 { gone } else { held });
    let mine = class(mine);
    let residual = axis.gap(gone, is);
    if axis.jumps(residual) {
        *numbers = [0, mine, 0, 0, 0];
        return;
    }
    let sub = settled(residual, off);
    let missed = (residual << SUB) + sub - off;
    let gain = if residual.abs() > 1 { 64 } else { GAINS[age as usize & 7] };
    let velocity = if residual == 0 { velocity } else { bounded(i64::from(velocity) + ((missed * gain) >> 6)) };
    let age = if residual.abs() > 1 { 0 } else { (age + 1).min(7) };
    let cost = weighed(cost, class(residual), class(axis.gap(held, is)));
    *numbers = [velocity, mine, cost, sub as i32, age];
}

/// The hidden speed takes what was missed along the way, less of it the longer it has been steady.
#[inline]
fn along(axes: &[Axis], way: (i32, i32), aux: &mut [i32], old: &[u32], words: &mut impl Words) {
    let ([x, y], Some([x_sub, x_class, y_sub, y_class, speed, age])) = (axes, aux.first_chunk_mut()) else { return };
    let (mut missed, mut jumps) = (0, false);
    for (i, axis, sub, class_of, along) in [(0, x, &mut *x_sub, x_class, way.0), (1, y, &mut *y_sub, y_class, way.1)] {
        let moved = (i64::from(*speed) * i64::from(along)) >> 16;
        let point = (i64::from(old[axis.word]) << SUB) + i64::from(*sub);
        let (guess, off) = axis.place(point.wrapping_add(moved));
        let (is, told) = words.settle(i, axis, guess);
        let residual = axis.gap(guess, is);
        jumps |= axis.jumps(residual);
        let is_at = settled(residual, off);
        missed += ((residual << SUB) + is_at - off).wrapping_mul(along.into());
        (*sub, *class_of) = (is_at as i32, class(told));
    }
    missed >>= 14;
    if jumps {
        (*x_sub, *y_sub) = (0, 0);
        return;
    }
    let steady = if missed.abs() > SPEED_JUMP { 0 } else { *age };
    *speed = bounded(i64::from(*speed) + missed * 4 / i64::from(steady + 1));
    *age = (steady + 1).min(SPEED_AGE_MAX);
}

#[inline]
fn turn(i: usize, axis: &Axis, numbers: &mut [i32; 6], old: &[u32], words: &mut impl Words) {
    let [turn, before, _, costs @ ..] = *numbers;
    let held = i64::from(old[axis.word]);
    let (now, last) = (i64::from(turn), i64::from(before));
    let on = axis.fit(held + ((now * 7 + 4) >> 3));
    let faster = axis.fit(held + now + (((now - last) * 3 + 2) >> 2));
    let guess = if costs[0] <= costs[1] && costs[0] <= costs[2] {
        held
    } else if costs[1] <= costs[2] {
        on
    } else {
        faster
    };
    let (is, residual) = words.settle(i, axis, guess);
    let moved = axis.gap(held, is);
    let [a, b, c] = costs;
    let a = a * 3 / 4 + 2 * class(moved);
    let b = b * 3 / 4 + 2 * class(axis.gap(on, is));
    let c = c * 3 / 4 + 2 * class(axis.gap(faster, is));
    let least = a.min(b).min(c);
    let beside = |cost: i32| (cost - least).min(COST_MAX);
    *numbers = [moved as i32, turn, class(residual), beside(a), beside(b), beside(c)];
}

fn rotation(axes: &[Axis], most: i64, aux: &mut [i32], old: &[u32], words: &mut impl Words) {
    let Some((numbers, [old_largest, cost])) = aux.split_last_chunk_mut() else { return };
    let (numbers, [first, ..]) = (numbers.as_chunks_mut::<2>().0, axes) else { return };
    let first = first.word;
    let at = |word: usize| i64::from(old[word]);
    let newer = unfold(most, at(first - 1) as usize & 3, [at(first), at(first + 1), at(first + 2)]);
    let older = unfold(most, *old_largest as usize & 3, [0, 1, 2].map(|i: usize| i64::from(numbers[i][0])));
    let largest = words.word(first - 1) as usize & 3;
    let held = folded(most, largest, newer);
    let turned = folded(most, largest, reflected(older, newer));
    let turns = *cost <= 0;
    let (mut gone_cost, mut held_cost) = (0, 0);
    for (((i, axis), numbers), (turned, held)) in axes.iter().enumerate().zip(numbers).zip(turned.into_iter().zip(held))
    {
        let (is, residual) = words.settle(i, axis, if turns { turned } else { held });
        gone_cost += class(is - turned);
        held_cost += class(is - held);
        *numbers = [old[axis.word].cast_signed(), class(residual)];
    }
    *cost = weighed(*cost, gone_cost, held_cost);
    *old_largest = (old[first - 1] & 3).cast_signed();
}

/// A velocity or speed within what a LOAD can tell: on a lane that wraps a row may gain speed for ever.
fn bounded(number: i64) -> i32 {
    let (least, most) = Slot::Wide.range();
    number.clamp(least.into(), most.into()) as i32
}

/// The running cost of going on, less that of staying.
pub(super) fn weighed(cost: i32, gone: i32, held: i32) -> i32 {
    (cost * 3 / 4 + 2 * (gone - held)).clamp(-COST_MAX, COST_MAX)
}

/// The four components of a rotation, in units of which the whole is the square root of 2 `most` squared long.
pub(super) fn unfold(most: i64, largest: usize, three: [i64; 3]) -> [i64; 4] {
    let mut all = [0; 4];
    let mut square = 2 * most * most;
    let mut next = three.into_iter();
    for (i, component) in all.iter_mut().enumerate() {
        if i != largest {
            *component = 2 * next.next().unwrap_or(0) - most;
            square -= *component * *component;
        }
    }
    all[largest] = square.max(0).unsigned_abs().isqrt().cast_signed();
    all
}

/// The words of the three components beside the largest.
pub(super) fn folded(most: i64, largest: usize, all: [i64; 4]) -> [i64; 3] {
    let sign = if all[largest] < 0 { -1 } else { 1 };
    let mut others = all.into_iter().enumerate().filter(|(i, _)| *i != largest);
    [0; 3].map(|_: i64| {
        let component = others.next().map_or(0, |(_, component)| component * sign);
        ((component + most + 1) >> 1).max(0).min(most + 1)
    })
}

/// The older rotation reflected about the newer: the same turn once more.
fn reflected(older: [i64; 4], newer: [i64; 4]) -> [i64; 4] {
    let dot: i64 = older.iter().zip(&newer).map(|(a, b)| a * b).sum();
    // Its own length, not the one it should have: a rotation that rests is reflected onto itself.
    let square: i64 = newer.iter().map(|a| a * a).sum::<i64>().max(1);
    let mut turned = [0; 4];
    for ((turned, older), newer) in turned.iter_mut().zip(older).zip(newer) {
        *turned = (2 * dot).wrapping_mul(newer).wrapping_add(square / 2).div_euclid(square) - older;
    }
    turned
}
