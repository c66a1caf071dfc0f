//! What a row's groups will be at the next step, from the codec's state, and how that state goes on once they are known. Integers that wrap.

use super::plan::{Axis, Group, Model, Plan, SUB, Slot};
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

/// A prediction of one axis.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guess {
    /// The word.
    pub(crate) word: i64,
    /// What the other way of predicting gives, and for estimates how far off the middle of its place it lies.
    other: i64,
    sub: i64,
    third: i64,
}

impl Axis {
    const fn modulus(&self) -> i64 {
        self.spec.modulus.cast_signed()
    }

    /// The nearest way from `from` to `to`.
    pub(crate) fn gap(&self, from: i64, to: i64) -> i64 {
        let gap = to - from;
        if !self.wraps {
            return gap;
        }
        // Two words are less than a range apart, so once is enough; a division would be half of what a row costs.
        let modulus = self.modulus();
        if gap > modulus / 2 {
            gap - modulus
        } else if gap < (modulus - 1) / -2 {
            gap + modulus
        } else {
            gap
        }
    }

    /// A word within its range.
    pub(crate) fn fit(&self, word: i64) -> i64 {
        let modulus = self.modulus();
        if 0 <= word && word < modulus {
            word
        } else if self.wraps {
            word.rem_euclid(modulus)
        } else {
            word.max(0).min(modulus - 1)
        }
    }

    /// Place on the grid and distance from its middle of a point in sub-quanta.
    pub(crate) fn place(&self, point: i64) -> (i64, i64) {
        let place = point.wrapping_add(HALF) >> SUB;
        let sub = point.wrapping_sub(place << SUB);
        let fitted = self.fit(place);
        (fitted, if self.wraps || fitted == place { sub } else { 0 })
    }
}

/// The estimate within the observed place, given the residual: where it was predicted, or just over the edge it was missed by.
const fn settled(residual: i64, sub: i64) -> i64 {
    if residual == 0 {
        sub
    } else if residual > 0 {
        EDGE - HALF
    } else {
        HALF - 1 - EDGE
    }
}

impl Plan {
    /// Predicts the axes of `group`. Of `new` only the words of groups before it are looked at.
    pub(crate) fn predict(&self, group: &Group, aux: &[i32], old: &[u32], new: &[u32], guesses: &mut [Guess]) {
        match &group.model {
            Model::Rest => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    guess.word = old[axis.word].into();
                }
            }
            Model::Smooth => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let held = i64::from(old[axis.word]);
                    let gone = axis.fit(held + i64::from(aux[axis.aux]));
                    let goes = aux[axis.aux + 2] <= 0;
                    (guess.word, guess.other) = if goes { (gone, held) } else { (held, gone) };
                }
            }
            Model::Glide => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let [velocity, _, cost, sub, _] = read(aux, axis.aux);
                    let held = i64::from(old[axis.word]);
                    let (gone, off) = axis.place((held << SUB) + i64::from(sub) + i64::from(velocity));
                    (guess.word, guess.other, guess.sub) = (if cost <= 0 { gone } else { held }, gone, off);
                }
            }
            &Model::Driven { by, gain, offset, new_share, .. } => {
                for (i, (axis, guess)) in group.axes.iter().zip(guesses).enumerate() {
                    let (before, now) = (i64::from(old[by + i]), i64::from(new[by + i]));
                    let mean = (before << 16).wrapping_add((now - before).wrapping_mul(new_share));
                    let moved = ((mean >> 8).wrapping_mul(gain) >> 8).wrapping_add(offset) >> 16;
                    let point = (i64::from(old[axis.word]) << SUB) + i64::from(aux[axis.aux]);
                    (guess.word, guess.sub) = axis.place(point.wrapping_add(moved));
                }
            }
            Model::Along { angle, bits, ways } => {
                let way = ways[(new[*angle] >> bits.saturating_sub(10)) as usize % ways.len()];
                let speed = i64::from(aux[group.extra()]);
                for ((axis, guess), along) in group.axes.iter().zip(guesses).zip([way.0, way.1]) {
                    let moved = (speed * i64::from(along)) >> 16;
                    let point = (i64::from(old[axis.word]) << SUB) + i64::from(aux[axis.aux]);
                    (guess.word, guess.sub) = axis.place(point.wrapping_add(moved));
                }
            }
            Model::Turn => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let [turn, before, _, costs @ ..] = read::<6>(aux, axis.aux).map(i64::from);
                    let held = i64::from(old[axis.word]);
                    let on = axis.fit(held + ((turn * 7 + 4) >> 3));
                    let faster = axis.fit(held + turn + (((turn - before) * 3 + 2) >> 2));
                    (guess.other, guess.third) = (on, faster);
                    let costs: [i64; 3] = costs;
                    guess.word = if costs[0] <= costs[1] && costs[0] <= costs[2] {
                        held
                    } else if costs[1] <= costs[2] {
                        on
                    } else {
                        faster
                    };
                }
            }
            &Model::Rotation { most } => rotate(group, most, aux, old, new, guesses),
        }
    }

    /// Brings the codec's state of `group` to the step at which the words are `new`.
    pub(crate) fn update(&self, group: &Group, aux: &mut [i32], old: &[u32], new: &[u32], guesses: &[Guess]) {
        match &group.model {
            Model::Rest => {}
            Model::Smooth => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let (was, is) = (i64::from(old[axis.word]), i64::from(new[axis.word]));
                    let mine = class(axis.gap(guess.word, is));
                    let other = class(axis.gap(guess.other, is));
                    let goes = aux[axis.aux + 2] <= 0;
                    let (gone, held) = if goes { (mine, other) } else { (other, mine) };
                    aux[axis.aux] = axis.gap(was, is) as i32;
                    aux[axis.aux + 1] = mine;
                    aux[axis.aux + 2] = weighed(aux[axis.aux + 2], gone, held);
                }
            }
            Model::Glide => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    self.glide(axis, aux, old, new, guess);
                }
            }
            Model::Driven { .. } => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let residual = axis.gap(guess.word, i64::from(new[axis.word]));
                    aux[axis.aux] = if self.jumps(axis, residual) { 0 } else { settled(residual, guess.sub) as i32 };
                    aux[axis.aux + 1] = class(residual);
                }
            }
            Model::Along { angle, bits, ways } => {
                let way = ways[(new[*angle] >> bits.saturating_sub(10)) as usize % ways.len()];
                self.go_along(group, way, aux, new, guesses);
            }
            Model::Turn => {
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    turn(axis, aux, old, new, guess);
                }
            }
            Model::Rotation { .. } => {
                let extra = group.extra();
                let turns = aux[extra + 1] <= 0;
                let (mut gone, mut held) = (0, 0);
                for (axis, guess) in group.axes.iter().zip(guesses) {
                    let is = i64::from(new[axis.word]);
                    let (mine, other) = (class(is - guess.word), class(is - guess.other));
                    let both = if turns { (mine, other) } else { (other, mine) };
                    (gone, held) = (gone + both.0, held + both.1);
                    aux[axis.aux] = old[axis.word].cast_signed();
                    aux[axis.aux + 1] = mine;
                }
                aux[extra + 1] = weighed(aux[extra + 1], gone, held);
                aux[extra] = (old[group.axes[0].word - 1] & 3).cast_signed();
            }
        }
    }

    const fn jumps(&self, axis: &Axis, residual: i64) -> bool {
        let far = if self.teleport > 0 { self.teleport } else { axis.modulus() / 8 };
        residual.abs() > far
    }

    fn glide(&self, axis: &Axis, aux: &mut [i32], old: &[u32], new: &[u32], guess: &Guess) {
        let [velocity, _, cost, _, age] = read(aux, axis.aux);
        let (was, is) = (i64::from(old[axis.word]), i64::from(new[axis.word]));
        let mine = class(axis.gap(guess.word, is));
        let residual = axis.gap(guess.other, is);
        if self.jumps(axis, residual) {
            return write(aux, axis.aux, [0, mine, 0, 0, 0]);
        }
        let sub = settled(residual, guess.sub);
        let missed = (residual << SUB) + sub - guess.sub;
        let gain = if residual.abs() > 1 { 64 } else { GAINS[age as usize & 7] };
        let velocity = if residual == 0 { velocity } else { bounded(i64::from(velocity) + ((missed * gain) >> 6)) };
        let age = if residual.abs() > 1 { 0 } else { (age + 1).min(7) };
        let cost = weighed(cost, class(residual), class(axis.gap(was, is)));
        write(aux, axis.aux, [velocity, mine, cost, sub as i32, age]);
    }

    /// The hidden speed takes what was missed along the way, less of it the longer it has been steady.
    fn go_along(&self, group: &Group, way: (i32, i32), aux: &mut [i32], new: &[u32], guesses: &[Guess]) {
        let extra = group.extra();
        let (mut missed, mut jumps) = (0, false);
        for ((axis, guess), along) in group.axes.iter().zip(guesses).zip([way.0, way.1]) {
            let residual = axis.gap(guess.word, i64::from(new[axis.word]));
            jumps |= self.jumps(axis, residual);
            let sub = settled(residual, guess.sub);
            missed += ((residual << SUB) + sub - guess.sub).wrapping_mul(along.into());
            aux[axis.aux] = sub as i32;
            aux[axis.aux + 1] = class(residual);
        }
        missed >>= 14;
        if jumps {
            group.axes.iter().for_each(|axis| aux[axis.aux] = 0);
            return;
        }
        let age = if missed.abs() > SPEED_JUMP { 0 } else { aux[extra + 1] };
        aux[extra] = bounded(i64::from(aux[extra]) + missed * 4 / i64::from(age + 1));
        aux[extra + 1] = (age + 1).min(SPEED_AGE_MAX);
    }
}

fn rotate(group: &Group, most: i64, aux: &[i32], old: &[u32], new: &[u32], guesses: &mut [Guess]) {
    let first = group.axes[0].word;
    let old_largest = aux[group.extra()] as usize & 3;
    let words = |at: usize| i64::from(old[at]);
    let newer = unfold(most, words(first - 1) as usize & 3, [words(first), words(first + 1), words(first + 2)]);
    let older = unfold(most, old_largest, [0, 1, 2].map(|i| i64::from(aux[group.axes[i].aux])));
    let largest = new[first - 1] as usize & 3;
    let held = folded(most, largest, newer);
    let turned = folded(most, largest, reflected(older, newer));
    let turns = aux[group.extra() + 1] <= 0;
    for (i, guess) in guesses.iter_mut().enumerate().take(3) {
        (guess.word, guess.other) = if turns { (turned[i], held[i]) } else { (held[i], turned[i]) };
    }
}

/// A velocity or speed within what a LOAD can tell: on a lane that wraps a row may gain speed for ever.
fn bounded(number: i64) -> i32 {
    let (least, most) = Slot::Wide.range();
    number.clamp(least.into(), most.into()) as i32
}

fn turn(axis: &Axis, aux: &mut [i32], old: &[u32], new: &[u32], guess: &Guess) {
    let (was, is) = (i64::from(old[axis.word]), i64::from(new[axis.word]));
    let [turn, _, _, mut costs @ ..] = read::<6>(aux, axis.aux);
    for (cost, from) in costs.iter_mut().zip([was, guess.other, guess.third]) {
        *cost = *cost * 3 / 4 + 2 * class(axis.gap(from, is));
    }
    let least = costs.into_iter().min().unwrap_or(0);
    let [a, b, c] = costs.map(|cost| (cost - least).min(COST_MAX));
    write(aux, axis.aux, [axis.gap(was, is) as i32, turn, class(axis.gap(guess.word, is)), a, b, c]);
}

/// The running cost of going on, less that of staying.
fn weighed(cost: i32, gone: i32, held: i32) -> i32 {
    (cost * 3 / 4 + 2 * (gone - held)).clamp(-COST_MAX, COST_MAX)
}

fn read<const N: usize>(aux: &[i32], from: usize) -> [i32; N] {
    let mut numbers = [0; N];
    numbers.copy_from_slice(&aux[from..from + N]);
    numbers
}

fn write<const N: usize>(aux: &mut [i32], from: usize, numbers: [i32; N]) {
    aux[from..from + N].copy_from_slice(&numbers);
}

/// The four components of a rotation, in units of which the whole is the square root of 2 `most` squared long.
fn unfold(most: i64, largest: usize, three: [i64; 3]) -> [i64; 4] {
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
fn folded(most: i64, largest: usize, all: [i64; 4]) -> [i64; 3] {
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
