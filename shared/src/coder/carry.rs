//! A row that moves with another one: where it would be if it were a part of that. Integers, and bounded so that none overflows.
//!
//! A group that can be carried has one number of state more: what being carried has cost, less what moving by itself has. Whichever has cost less is
//! taken as the guess; the group's own model learns from what came in either case.

use core::ops::Range;

use super::plan::{Axis, Group, Model, WAY_BITS, ways};
use super::predict::{Words, folded, unfold, weighed};
use super::residual::class;
use super::spawn::Relative;
use crate::quant::Lane;
use crate::schema::Kind;

/// Bits below the point of a turn's components, and of what a turn makes of a vector on the way.
const TURN_BITS: u32 = 20;
const HALF_WAY_BITS: u32 = 10;

/// How a group is carried; words are the carrier's.
#[derive(Clone, Debug)]
pub(crate) enum Carry {
    /// A place, which is turned about the carrier's.
    Place { at: usize, about: About },
    /// An angle that turns as the carrier's does.
    Angle { at: usize },
    /// A rotation that turns as the carrier's does.
    Rotation { at: usize, most: i64 },
}

/// What a place is turned with.
#[derive(Clone, Debug)]
pub(crate) enum About {
    Nothing,
    Angle { at: usize, bits: u32, ways: Vec<(i32, i32)> },
    Rotation { at: usize, most: i64 },
}

/// Half of the square of a rotation's length, from its second word's range.
fn most_of(kind: &Kind, word: usize) -> i64 {
    i64::try_from(kind.layout()[word + 1].modulus).unwrap_or(i64::MAX) - 2
}

impl Carry {
    /// How `carrier` takes along field number `field` of `kind`, predicted by `model`; none: it does not.
    pub(crate) fn new(kind: &Kind, field: usize, model: &Model, carrier: &Kind) -> Option<Self> {
        let about = kind.with.as_ref()?.about.as_ref();
        let about = about.and_then(|name| carrier.fields.iter().position(|other| other.name == *name));
        if kind.at == Some(field as u8) {
            let (lane, at) = carrier.place()?;
            let about = match about.map(|about| (carrier.fields[about].lane, carrier.word_of(about))) {
                Some((Lane::Angle { bits }, at)) => About::Angle { at, bits: bits.into(), ways: ways(bits.into()) },
                Some((Lane::Quat { .. }, at)) => About::Rotation { at, most: most_of(carrier, at) },
                _ => About::Nothing,
            };
            return (lane == kind.place()?.0).then_some(Self::Place { at, about });
        }
        let (about, mine) = (about?, &kind.fields[field]);
        let is_alike = carrier.fields[about].name == mine.name && carrier.fields[about].lane == mine.lane;
        let at = carrier.word_of(about);
        match model {
            Model::Turn if is_alike => Some(Self::Angle { at }),
            Model::Rotation { most } if is_alike => Some(Self::Rotation { at, most: *most }),
            _ => None,
        }
    }

    /// What the words of the group would be.
    fn guesses(&self, axes: &[Axis], old: &[u32], other: Relative<'_>, words: &impl Words) -> [i64; 3] {
        let was = |at: usize| i64::from(other.before[at]);
        let is = |at: usize| i64::from(other.after[at]);
        let mut guesses = [0; 3];
        match self {
            Self::Place { at, about } => {
                for ((i, axis), guess) in axes.iter().enumerate().zip(&mut guesses) {
                    *guess = axis.gap(was(at + i), old[axis.word].into());
                }
                guesses = about.turned(guesses, other);
                for ((i, axis), guess) in axes.iter().enumerate().zip(&mut guesses) {
                    *guess = axis.fit(is(at + i) + *guess);
                }
            }
            &Self::Angle { at } => {
                for (axis, guess) in axes.iter().zip(&mut guesses) {
                    *guess = axis.fit(i64::from(old[axis.word]) + axis.gap(was(at), is(at)));
                }
            }
            &Self::Rotation { at, most } => {
                let Some(first) = axes.first() else { return guesses };
                let held = rotation(most, old, first.word - 1);
                let turned = times(turn(most, at, other), held).map(|sum| rounded(sum, TURN_BITS));
                guesses = folded(most, words.word(first.word - 1) as usize & 3, turned);
            }
        }
        guesses
    }
}

impl About {
    /// The vector, in places of the grid, turned as the carrier has turned.
    fn turned(&self, vector: [i64; 3], other: Relative<'_>) -> [i64; 3] {
        match self {
            Self::Nothing => vector,
            Self::Angle { at, bits, ways } => {
                let (cosine, sine) = between(ways, *bits, other.after[*at].wrapping_sub(other.before[*at]));
                let [x, y, z] = vector;
                [rounded(x * cosine - y * sine, 14), rounded(x * sine + y * cosine, 14), z]
            }
            &Self::Rotation { at, most } => {
                let [x, y, z, w] = turn(most, at, other);
                let axis = [x, y, z];
                let twice = cross(axis, vector).map(|number| (2 * number) >> HALF_WAY_BITS);
                let across = cross(axis, twice);
                [0, 1, 2].map(|i: usize| vector[i] + rounded(w * twice[i] + across[i], 2 * TURN_BITS - HALF_WAY_BITS))
            }
        }
    }
}

/// Cosine and sine of an angle of so many bits: those of the table, and what lies evenly between them.
fn between(ways: &[(i32, i32)], bits: u32, angle: u32) -> (i64, i64) {
    let beyond = bits.saturating_sub(WAY_BITS);
    let at = (angle >> beyond) as usize;
    let [from, to] = [at, at + 1].map(|at| ways[at % ways.len()]);
    let part = i64::from(angle & ((1 << beyond) - 1));
    let mix = |from: i32, to: i32| i64::from(from) + ((i64::from(to - from) * part) >> beyond);
    (mix(from.0, to.0), mix(from.1, to.1))
}

const fn rounded(number: i64, bits: u32) -> i64 {
    (number + (1 << (bits - 1))) >> bits
}

const fn cross([a, b, c]: [i64; 3], [x, y, z]: [i64; 3]) -> [i64; 3] {
    [b * z - c * y, c * x - a * z, a * y - b * x]
}

/// The rotation whose four words begin at `at`: x, y, z, w.
fn rotation(most: i64, words: &[u32], at: usize) -> [i64; 4] {
    unfold(most, words[at] as usize & 3, [1, 2, 3].map(|i: usize| i64::from(words[at + i])))
}

/// How the carrier has turned: the later rotation times the earlier one backwards.
fn turn(most: i64, at: usize, other: Relative<'_>) -> [i64; 4] {
    let [x, y, z, w] = rotation(most, other.before, at);
    let square = 2 * most * most;
    times(rotation(most, other.after, at), [-x, -y, -z, w])
        .map(|sum| ((sum << TURN_BITS) + square / 2).div_euclid(square.max(1)))
}

const fn times([ax, ay, az, aw]: [i64; 4], [bx, by, bz, bw]: [i64; 4]) -> [i64; 4] {
    [
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    ]
}

/// Settles the axes of a group that is carried: with the carrier's guesses or the model's own.
struct Either<'a, W> {
    words: &'a mut W,
    guesses: [i64; 3],
    is_carried: bool,
    /// What each way would have cost.
    carried: i32,
    alone: i32,
    is_right: bool,
}

impl<W: Words> Words for Either<'_, W> {
    fn word(&self, at: usize) -> i64 {
        self.words.word(at)
    }

    fn settle(&mut self, at: usize, axis: &Axis, guess: i64) -> (i64, i64) {
        let taken = if self.is_carried { self.guesses[at] } else { guess };
        let (is, residual) = self.words.settle(at, axis, taken);
        self.carried += class(axis.gap(self.guesses[at], is));
        self.alone += class(axis.gap(guess, is));
        self.is_right &= residual == 0;
        (is, residual)
    }
}

impl Group {
    /// Where its model's numbers are: all but the cost of being carried.
    pub(super) fn numbers(&self) -> Range<usize> {
        self.aux.start..self.aux.end - usize::from(self.carry.is_some())
    }

    /// Whether its next step depends on the row that carries it.
    pub(super) fn is_carried(&self, aux: &[i32]) -> bool {
        self.carry.is_some() && aux[self.aux.end - 1] < 0
    }

    /// One step: predicts the axes, has them settled, and brings the codec's state on. `other` is the row that carries this one.
    pub(crate) fn step(&self, aux: &mut [i32], old: &[u32], other: Option<Relative<'_>>, words: &mut impl Words) {
        let (Some(carry), Some(other)) = (&self.carry, other) else {
            return self.predict(aux, old, words);
        };
        let guesses = carry.guesses(&self.axes, old, other, words);
        let is_carried = aux[self.aux.end - 1] < 0;
        let mut either = Either { words, guesses, is_carried, carried: 0, alone: 0, is_right: true };
        self.predict(aux, old, &mut either);
        // What would have been the same either way says nothing: a rider on a vehicle that stands remains one. Nor does a row that moves by itself and as
        // it was thought to: so one that rests depends on no other.
        if either.carried != either.alone && (either.is_carried || !either.is_right) {
            let cost = &mut aux[self.aux.end - 1];
            *cost = weighed(*cost, either.carried, either.alone);
        }
    }
}
