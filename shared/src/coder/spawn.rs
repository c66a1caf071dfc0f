//! A newborn row described by the one that spawned it: a projectile by its shooter. What is left is the state of any row born with these words.
//!
//! The row's fields are its parts: angles first, then the velocity that drives its place, then the others in order. A part is predicted from the
//! spawner's field (of the same name and lane; place from place, what drives from what drives), as it was about the tick of the birth: between the
//! spawner's words before this step and after it. A velocity gets the muzzle's speed along the aim on top, a place is ahead by what it has flown.

use super::code::{Sink, Source, put_residual};
use super::muzzle::{Muzzle, Phase};
use super::plan::{Axis, Formula, Model, PAIR_SYMBOLS, Plan, SUB, TableSpec, way};
use super::residual;
use crate::quant::{Lane, Shape, WordSpec};
use crate::schema::{Drive, FieldSpec, Kind};
use crate::words::DecodeError;

/// Parts that one symbol tells to be as predicted; those behind them are always told.
const MASKED_MAX: usize = 7;
/// Ticks between a birth and the step that shows it which a symbol can tell.
const AGES_MAX: u32 = 8;
/// Bits of an aim that is told.
const AIM_BITS: u32 = 12;
/// Words wider than this are told whole.
const PREDICTED_BITS_MAX: u8 = 24;
/// Words of one part: of a quaternion in the widest lane.
const AXES_MAX: usize = 8;

/// Another row that tells something of one, its spawner or what carries it: its words before this step and after it.
#[derive(Clone, Copy, Debug)]
pub struct Relative<'a> {
    /// At the step before.
    pub before: &'a [u32],
    /// At this step.
    pub after: &'a [u32],
}

/// How rows of one kind are told by their spawner.
#[derive(Clone, Debug)]
pub(crate) struct Spawn {
    /// Number of the spawner's kind.
    pub(crate) spawner: u8,
    pub(crate) parts: Vec<Part>,
    pub(crate) muzzle: Muzzle,
    aim: Aim,
    /// Ticks of a step.
    ticks: i64,
    /// The velocity that drives the place: its word, and its motion as in the plan.
    pub(crate) driven: Option<(usize, i64, i64)>,
    /// Tables: mask, age, aim; then those of the parts.
    table: usize,
}

/// One field.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) axes: Vec<Axis>,
    /// First word of the spawner's field.
    pub(crate) from: Option<usize>,
    pub(crate) how: How,
    /// Table of its residuals, or of pairs of them and behind it that of larger ones.
    table: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// As the spawner's.
    Same,
    /// A velocity: the spawner's, and the muzzle's speed.
    Launched,
    /// A place: the spawner's, and what the row has flown.
    Ahead,
    /// Whole words.
    Whole,
}

/// Which way the row leaves.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// Nothing tells.
    None,
    /// Along an angle of its own: word and bits.
    Own(usize, u32),
    /// It is told, as the difference from the spawner's angle (word and axis), when that has one.
    Told(Option<(usize, Axis)>),
}

const fn axis_of_aim() -> Axis {
    Axis { word: 0, spec: WordSpec { bits: AIM_BITS as u8, modulus: 1 << AIM_BITS }, wraps: true, aux: 0, far: 0 }
}

/// The angle fields that can be an aim: one number of at most 16 bits.
const fn angle_bits(field: &FieldSpec) -> Option<u32> {
    match field.lane {
        Lane::Angle { bits } if bits <= 16 && field.shape.components() == 1 => Some(bits as u32),
        _ => None,
    }
}

impl Spawn {
    /// How rows of `kind`, coded by `plan`, are told by rows of `spawner`.
    pub(crate) fn new(
        (kind, plan): (&Kind, &Plan),
        (number, spawner): (u8, &Kind),
        ticks: u32,
        muzzle: Option<Muzzle>,
        tables: &mut Vec<TableSpec>,
    ) -> Result<Self, String> {
        let table = tables.len();
        let named = |what: &str| format!("{}.spawn.{what}", kind.name);
        let driver = match kind.drive {
            Some(Drive::By(field)) => Some(usize::from(field)),
            _ => None,
        };
        let mut order: Vec<usize> = (0..kind.fields.len()).collect();
        order.sort_by_key(
            |&at| {
                if angle_bits(&kind.fields[at]).is_some() { 0 } else { 2 - usize::from(driver == Some(at)) }
            },
        );
        let masked = order.len().min(MASKED_MAX);
        tables.push(TableSpec { name: named("mask"), symbols: 1 << masked, formula: Formula::Mask });
        tables.push(TableSpec { name: named("age"), symbols: AGES_MAX, formula: Formula::Even });
        tables.push(TableSpec { name: named("aim"), symbols: residual::symbols(AIM_BITS), formula: Formula::Off });
        let parts: Vec<Part> = order.iter().map(|&at| part(kind, &plan.layout, at, spawner, tables)).collect();
        let driven = plan.groups.iter().find_map(|group| match group.model {
            Model::Driven { by, gain, offset, .. } => Some((by, gain, offset)),
            _ => None,
        });
        let is_launched = |how: How| parts.iter().any(|part| part.how == how && part.axes.len() == 2);
        let own = order.iter().zip(&parts).find(|(_, part)| part.how == How::Same);
        let own = own.and_then(|(&at, part)| Some((part.axes[0].word, angle_bits(&kind.fields[at])?)));
        let aim = match own {
            Some((word, bits)) => Aim::Own(word, bits),
            None if is_launched(How::Launched) || (driven.is_none() && is_launched(How::Ahead)) => {
                Aim::Told(aim_of(spawner))
            }
            None => Aim::None,
        };
        let plain = || Muzzle { parts: vec![(Phase::Before, 0); parts.len() + 1], ..Muzzle::default() };
        let muzzle = muzzle.unwrap_or_else(plain);
        if muzzle.parts.len() != parts.len() + 1 {
            return Err(format!("tables: the muzzle of {} has {} parts", kind.name, parts.len() + 1));
        }
        Ok(Self { spawner: number, parts, muzzle, aim, ticks: ticks.into(), driven, table })
    }

    /// How many ages are told apart; one: none is told.
    pub(crate) fn ages(&self) -> i64 {
        let is_ahead = self.parts.iter().any(|part| part.how == How::Ahead);
        if is_ahead { self.ticks.min(AGES_MAX.into()) } else { 1 }
    }

    /// The spawner's number in `word` about the tick of a birth `age` ticks ago, in sub-quanta.
    pub(crate) fn seen(&self, from: Relative<'_>, word: usize, axis: &Axis, phase: Phase, age: i64) -> i64 {
        let (old, new) = (i64::from(from.before[word]), i64::from(from.after[word]));
        let ticks = self.ticks - 1 - age + i64::from(phase == Phase::After);
        (old << SUB) + ((axis.gap(old, new) << SUB) * ticks).div_euclid(self.ticks)
    }

    /// Where the aim starts from.
    fn aim_seen(&self, from: Relative<'_>, age: i64) -> i64 {
        let (phase, more) = self.muzzle.parts[self.parts.len()];
        let Aim::Told(Some((word, axis))) = &self.aim else { return 0 };
        if phase == Phase::Alone {
            return more.rem_euclid(1 << AIM_BITS);
        }
        let angle = self.seen(from, *word, axis, phase, age);
        let fine = if axis.spec.bits as u32 > AIM_BITS {
            angle >> (axis.spec.bits as u32 - AIM_BITS)
        } else {
            angle << (AIM_BITS - axis.spec.bits as u32)
        };
        (((fine + (1 << (SUB - 1))) >> SUB) + more).rem_euclid(1 << AIM_BITS)
    }

    /// The way that it leaves, in 1/16384, when `new` has all parts before `part` and `aim` was told.
    fn way(&self, new: &[u32], aim: i64) -> (i64, i64) {
        let (x, y) = match self.aim {
            Aim::None => (0, 0),
            Aim::Own(word, bits) => way(new[word], bits),
            Aim::Told(_) => way(aim as u32, AIM_BITS),
        };
        (x.into(), y.into())
    }

    /// Predicts a part, in sub-quanta; of `new` only the parts before it are looked at.
    fn points(&self, at: usize, from: Relative<'_>, (age, aim): (i64, i64), new: &[u32]) -> [i64; AXES_MAX] {
        let (part, (phase, more)) = (&self.parts[at], self.muzzle.parts[at]);
        let Some(first) = part.from.filter(|_| phase != Phase::Alone) else { return [more << SUB; AXES_MAX] };
        let way = if part.axes.len() == 2 { self.way(new, aim) } else { (0, 0) };
        let mut points = [0; AXES_MAX];
        for (i, (axis, point)) in part.axes.iter().zip(&mut points).enumerate() {
            let along = if i == 0 { way.0 } else { way.1 };
            let seen = self.seen(from, first + i, axis, phase, age);
            *point = match part.how {
                How::Same | How::Whole => seen + (more << SUB),
                How::Launched => seen + ((self.muzzle.speed * along) >> 14),
                How::Ahead => seen.wrapping_add(self.flown(from, i, along, age, new)),
            };
        }
        points
    }

    /// Predicts a part.
    fn guess(&self, at: usize, from: Relative<'_>, how: (i64, i64), new: &[u32]) -> [i64; AXES_MAX] {
        let mut guess = self.points(at, from, how, new);
        guess.iter_mut().zip(&self.parts[at].axes).for_each(|(point, axis)| *point = axis.place(*point).0);
        guess
    }

    /// How far a place is ahead of its spawner's along axis `i`, in sub-quanta.
    fn flown(&self, from: Relative<'_>, i: usize, along: i64, age: i64, new: &[u32]) -> i64 {
        let lead = self.muzzle.lead;
        let Some((by, gain, offset)) = self.driven else { return (lead * along) >> 14 };
        let velocity = i64::from(new[by + i]);
        let moved = ((velocity << 8).wrapping_mul(gain) >> 8).wrapping_add(offset) >> 16;
        let launched = self.parts.iter().enumerate().find(|(_, part)| part.how == How::Launched);
        let faster = launched.map_or(0, |(at, part)| {
            let seen = self.seen(from, part.from.unwrap_or(0) + i, &part.axes[i], self.phase(at), age);
            ((velocity << SUB) - seen).wrapping_mul(gain >> 8) >> 14
        });
        let flown = moved.wrapping_mul(age).wrapping_add(faster.wrapping_mul(lead) >> 8);
        flown.div_euclid(self.ticks)
    }

    /// The phase of a part that has a spawner's field.
    fn phase(&self, at: usize) -> Phase {
        self.muzzle.parts[at].0
    }

    /// The age and the aim that describe a row with these words best.
    fn circumstances(&self, words: &[u32], from: Relative<'_>) -> (i64, i64) {
        let off = |age: i64| {
            let aim = self.aim_of(words, from, age);
            let ahead = self.parts.iter().enumerate().filter(|(_, part)| part.how == How::Ahead);
            let off: i64 = ahead.flat_map(|(at, _)| self.missed(at, words, from, (age, aim))).map(i64::abs).sum();
            (off, age, aim)
        };
        let best = (0..self.ages()).map(off).min().unwrap_or_default();
        (best.1, best.2)
    }

    /// By how much a part is predicted wrong, by axis.
    fn missed(&self, at: usize, words: &[u32], from: Relative<'_>, how: (i64, i64)) -> impl Iterator<Item = i64> {
        let axes = self.parts[at].axes.iter().zip(self.guess(at, from, how, words));
        axes.map(|(axis, guess)| axis.gap(guess, words[axis.word].into()))
    }

    /// The same, as it will be told.
    pub(crate) fn gaps(&self, at: usize, words: &[u32], from: Relative<'_>) -> Vec<i64> {
        self.missed(at, words, from, self.circumstances(words, from)).collect()
    }

    /// How far the told aim is from the spawner's.
    pub(crate) fn aim_gap(&self, words: &[u32], from: Relative<'_>) -> i64 {
        let (age, aim) = self.circumstances(words, from);
        axis_of_aim().gap(self.aim_seen(from, age), aim)
    }

    /// How far a part is off by axis, in sub-quanta, when the birth was `age` ticks ago.
    pub(crate) fn off(&self, at: usize, words: &[u32], from: Relative<'_>, age: i64) -> Vec<i64> {
        let points = self.points(at, from, (age, self.aim_of(words, from, age)), words);
        self.parts[at].axes.iter().zip(points).map(|(axis, point)| off(axis, point, words)).collect()
    }

    /// The aim to be told: along the velocity beside the spawner's, or the way from its place.
    fn aim_of(&self, words: &[u32], from: Relative<'_>, age: i64) -> i64 {
        if !matches!(self.aim, Aim::Told(_)) || (self.muzzle.speed == 0 && self.driven.is_some()) {
            return self.aim_seen(from, age);
        }
        let how = if self.driven.is_some() { How::Launched } else { How::Ahead };
        let Some((at, part)) = self.parts.iter().enumerate().find(|(_, part)| part.how == how) else { return 0 };
        let [x, y] = [0, 1].map(|i| {
            let axis = &part.axes[i];
            off(axis, self.seen(from, part.from.unwrap_or(0) + i, axis, self.phase(at), age), words)
        });
        let angle = libm::atan2(y as f64, x as f64) / core::f64::consts::TAU * f64::from(1u32 << AIM_BITS);
        (libm::floor(angle + 0.5) as i64).rem_euclid(1 << AIM_BITS)
    }
}

/// The way from a point in sub-quanta to the word of an axis.
fn off(axis: &Axis, point: i64, words: &[u32]) -> i64 {
    (axis.gap(point >> SUB, words[axis.word].into()) << SUB) - (point & ((1 << SUB) - 1))
}

fn aim_of(spawner: &Kind) -> Option<(usize, Axis)> {
    let along = match spawner.drive {
        Some(Drive::Along(field)) => Some(usize::from(field)),
        _ => None,
    };
    let is_angle = |&at: &usize| angle_bits(&spawner.fields[at]).is_some();
    let at = along.filter(is_angle).or_else(|| (0..spawner.fields.len()).find(is_angle))?;
    let word = spawner.word_of(at);
    Some((word, Axis { word, spec: spawner.layout()[word], wraps: true, aux: 0, far: 0 }))
}

fn part(kind: &Kind, layout: &[WordSpec], at: usize, spawner: &Kind, tables: &mut Vec<TableSpec>) -> Part {
    let (field, first) = (&kind.fields[at], kind.word_of(at));
    let is_like = |other: &FieldSpec| other.lane == field.lane && other.shape == field.shape;
    let place = |kind: &Kind| kind.at.map(usize::from);
    let driver = |kind: &Kind| match kind.drive {
        Some(Drive::By(field)) => Some(usize::from(field)),
        _ => None,
    };
    let twin = |of: fn(&Kind) -> Option<usize>| {
        (of(kind) == Some(at)).then(|| of(spawner)).flatten().filter(|&other| is_like(&spawner.fields[other]))
    };
    let named = || spawner.fields.iter().position(|other| other.name == field.name && is_like(other));
    let axes: Vec<Axis> = (first..first + field.words())
        .map(|word| Axis { word, spec: layout[word], wraps: field.lane.wraps(), aux: 0, far: 0 })
        .collect();
    let is_whole = field.lane.words() > 1 || axes.iter().any(|axis| axis.spec.bits > PREDICTED_BITS_MAX);
    let moves = matches!(field.shape, Shape::Vec2 | Shape::Vec3);
    let (how, from) = if is_whole {
        (How::Whole, None)
    } else if let Some(other) = twin(place) {
        (How::Ahead, Some(other))
    } else if let Some(other) = twin(driver).filter(|_| moves) {
        (How::Launched, Some(other))
    } else {
        (How::Same, named())
    };
    let table = tables.len();
    let name = |what: &str| format!("{}.spawn.{}.{what}", kind.name, field.name);
    if !is_whole {
        if axes.len() == 2 {
            tables.push(TableSpec { name: name("pair"), symbols: PAIR_SYMBOLS, formula: Formula::Pair(3) });
        }
        let bits = axes.iter().map(|axis| u32::from(axis.spec.bits)).max().unwrap_or(1);
        tables.push(TableSpec { name: name("off"), symbols: residual::symbols(bits + 1), formula: Formula::Off });
    }
    Part { axes, from: from.map(|other| spawner.word_of(other)), how, table }
}

/// Appends what tells a newborn row with these words.
pub(super) fn put(sink: &mut impl Sink, spawn: &Spawn, words: &[u32], from: Relative<'_>) {
    let (age, aim) = spawn.circumstances(words, from);
    if spawn.ages() > 1 {
        sink.symbol(spawn.table + 1, age as u32);
    }
    if let Aim::Told(_) = spawn.aim {
        put_residual(sink, spawn.table + 2, axis_of_aim().gap(spawn.aim_seen(from, age), aim));
    }
    let is_off = |at: usize| spawn.missed(at, words, from, (age, aim)).any(|gap| gap != 0);
    let masked = spawn.parts.len().min(MASKED_MAX);
    let mask = (0..masked).fold(0, |mask, at| mask | u32::from(is_off(at)) << at);
    sink.symbol(spawn.table, mask);
    for (at, part) in spawn.parts.iter().enumerate().filter(|(at, _)| *at >= masked || mask >> at & 1 == 1) {
        let guess = spawn.guess(at, from, (age, aim), words);
        put_part(sink, part, guess, words);
    }
}

fn put_part(sink: &mut impl Sink, part: &Part, guess: [i64; AXES_MAX], words: &[u32]) {
    if part.how == How::Whole {
        part.axes.iter().for_each(|axis| sink.raw(words[axis.word], axis.spec.bits.into()));
        return;
    }
    let gap = |i: usize| part.axes[i].gap(guess[i], words[part.axes[i].word].into());
    let mut table = part.table;
    if part.axes.len() == 2 {
        let (x, y) = (gap(0), gap(1));
        if x.abs().max(y.abs()) <= 2 {
            sink.symbol(table, ((x + 2) * 5 + y + 2) as u32);
            return;
        }
        sink.symbol(table, 25);
        table += 1;
    }
    (0..part.axes.len()).for_each(|i| put_residual(sink, table, gap(i)));
}

/// Reads what [`put`] wrote into `words`, which are as many as the kind has.
pub(super) fn get(
    source: &mut Source<'_, '_>,
    spawn: &Spawn,
    from: Relative<'_>,
    words: &mut [u32],
) -> Result<(), DecodeError> {
    let age = if spawn.ages() > 1 { i64::from(source.symbol(spawn.table + 1)?) } else { 0 };
    if age >= spawn.ages() {
        return Err(DecodeError("a birth before this step"));
    }
    let mut aim = spawn.aim_seen(from, age);
    if let Aim::Told(_) = spawn.aim {
        aim = axis_of_aim().fit(aim + source.residual(spawn.table + 2)?);
    }
    let masked = spawn.parts.len().min(MASKED_MAX);
    let mask = source.symbol(spawn.table)?;
    for (at, part) in spawn.parts.iter().enumerate() {
        let guess = spawn.guess(at, from, (age, aim), words);
        if at >= masked || mask >> at & 1 == 1 {
            get_part(source, part, guess, words)?;
        } else {
            part.axes.iter().zip(guess).for_each(|(axis, guess)| words[axis.word] = guess as u32);
        }
    }
    Ok(())
}

fn get_part(
    source: &mut Source<'_, '_>,
    part: &Part,
    guess: [i64; AXES_MAX],
    words: &mut [u32],
) -> Result<(), DecodeError> {
    let outside = |word: u64, axis: &Axis| word >= axis.spec.modulus;
    if part.how == How::Whole {
        for axis in &part.axes {
            words[axis.word] = source.raw(axis.spec.bits.into())?;
            if outside(words[axis.word].into(), axis) {
                return Err(DecodeError("a value is outside its range"));
            }
        }
        return Ok(());
    }
    let mut pair = None;
    let mut table = part.table;
    if part.axes.len() == 2 {
        let symbol = i64::from(source.symbol(table)?);
        pair = (symbol < 25).then_some([symbol / 5 - 2, symbol % 5 - 2]);
        table += 1;
    }
    for (i, axis) in part.axes.iter().enumerate() {
        let residual = match pair {
            Some(pair) => pair[i],
            None => source.residual(table)?,
        };
        let word = guess[i] + residual;
        let word = if axis.wraps { axis.fit(word) } else { word };
        words[axis.word] = u32::try_from(word).map_err(|_| DecodeError("a difference leaves the range of its word"))?;
        if outside(words[axis.word].into(), axis) {
            return Err(DecodeError("a difference leaves the range of its word"));
        }
    }
    Ok(())
}
