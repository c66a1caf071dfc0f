//! The tables of a schema: trained ones from a text, formula ones for those that nobody trained.
//!
//! The text has a line for each trained table: its name, a space, and the length of each symbol's code word, a hexadecimal digit each. Lines that
//! begin with `#` and empty ones say nothing; those of muzzles are `muzzle`'s. Which tables there are follows from the kinds.

use std::collections::BTreeMap;

use super::muzzle::Muzzle;
use super::plan::{Formula, OWN_CLASSES, TableSpec};
use super::prefix::{Code, Codes, is_complete, lengths};
use super::residual::sizes;

/// Code words for every table, in the plans' order.
///
/// Formula codes that are alike are kept once.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    codes: Codes,
    /// By table: its code.
    of: Vec<Code>,
}

impl Tables {
    /// The tables that `text` tells, and formula codes for the others.
    ///
    /// # Errors
    /// A line that is none, a name that the kinds do not have, a code that is not complete or has another number of symbols.
    pub(crate) fn new(specs: &[TableSpec], text: &str) -> Result<Self, String> {
        let mut trained: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let is_table = |line: &str| !line.is_empty() && !line.starts_with('#') && !Muzzle::is_line(line);
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_table(line)) {
            let wrong = |words: &str| format!("tables, line {}: {words}", number + 1);
            let (name, digits) = line.split_once(' ').ok_or_else(|| wrong("not a name and lengths"))?;
            let all: Option<Vec<u8>> =
                digits.chars().map(|digit| digit.to_digit(16).map(|length| length as u8)).collect();
            let lengths = all.filter(|lengths| is_complete(lengths)).ok_or_else(|| wrong("not a complete code"))?;
            if trained.insert(name, lengths).is_some() {
                return Err(wrong("this table stands there twice"));
            }
        }
        let (mut codes, mut of, mut formulas) = (Codes::default(), Vec::with_capacity(specs.len()), BTreeMap::new());
        for spec in specs {
            of.push(match trained.remove(spec.name.as_str()) {
                None => {
                    *formulas.entry((spec.formula, spec.symbols)).or_insert_with(|| codes.add(&lengths(&weights(spec))))
                }
                Some(trained) if trained.len() == spec.symbols as usize => codes.add(&trained),
                Some(_) => return Err(format!("tables: {} has {} symbols", spec.name, spec.symbols)),
            });
        }
        match trained.first_key_value() {
            Some((name, _)) => Err(format!("tables: the kinds have no table {name}")),
            None => Ok(Self { codes, of }),
        }
    }
}

impl Tables {
    /// The code word of a symbol in a table, its first bit lowest, and its length.
    pub(crate) fn word(&self, table: usize, symbol: u32) -> (u32, u32) {
        self.codes.word(self.of[table], symbol)
    }

    /// The symbol in a table whose code word these bits begin with, and its length.
    pub(crate) fn symbol(&self, table: usize, bits: u64) -> (u32, u32) {
        self.codes.symbol(self.of[table], bits)
    }
}

/// What formula codes are made from: how often each symbol is thought to come.
pub(crate) fn weights(spec: &TableSpec) -> Vec<u64> {
    let symbols = 0..spec.symbols;
    match spec.formula {
        Formula::Mode(None, _) => symbols.map(|mode| 64 >> mode.count_ones().min(6)).collect(),
        // What deviated deviates again; a row that slept and has woken deviates in one thing.
        Formula::Mode(Some(0), _) => {
            symbols.map(|mode| if mode == 0 { 0 } else { 4096 >> (3 * mode.count_ones()).min(12) }).collect()
        }
        Formula::Mode(Some(last), has_rest) => modes(spec.symbols, last, has_rest),
        Formula::Residual(own, _) | Formula::Alone(own) | Formula::Beyond(own) if is_noise(spec.symbols, own) => {
            symbols.map(|symbol| noise(spec.symbols, symbol)).collect()
        }
        Formula::Residual(own, more) => {
            // A bell about 0, as wide as the last residual was, more so beside a larger one.
            let wide = (100u64 << own) * [48, 69, 100, 144, 208][(more.clamp(-2, 2) + 2) as usize] / 10_000;
            symbols.map(|symbol| bell(symbol, wide * 5 / 6 + 1)).collect()
        }
        Formula::Alone(own) => {
            let scale = (1u64 << own) / 3 + 4;
            // One in five may be anything.
            let bells: Vec<u64> =
                symbols.clone().map(|symbol| if symbol == 0 { 0 } else { bell(symbol, scale) }).collect();
            let noises: Vec<u64> = symbols.map(|symbol| noise(spec.symbols, symbol)).collect();
            mixed(bells, &noises, 4)
        }
        Formula::Beyond(own) => {
            // One of the two is large, the other often 0.
            let scale = (1u64 << own) * 2 / 5 + 18;
            symbols.map(|symbol| bell(symbol, scale) * if symbol == 0 { 8 } else { 1 }).collect()
        }
        Formula::Pair(class) => {
            let larger = [320, 200, 650, 5000][class.min(3) as usize];
            symbols.map(|symbol| if symbol == 25 { larger } else { pair(symbol) }).collect()
        }
        Formula::Mask => symbols.map(|symbol| 4096 >> (2 * symbol.count_ones()).min(12)).collect(),
        Formula::Even => symbols.map(|_| 1).collect(),
        Formula::Off => symbols.map(|symbol| sizes(symbol).1.isqrt() * 16 + 8).collect(),
        Formula::Change => {
            symbols.map(|symbol| if symbol == 0 { 0 } else { sizes(symbol).1.isqrt() * 16 + 8 }).collect()
        }
        Formula::Value => or_nothing(symbols.map(|symbol| sizes(symbol).1.isqrt() * 16 + 8).collect(), 3, 5),
        Formula::Wide => or_nothing(symbols.map(|symbol| 16 + 600 / sizes(symbol).0.max(1)).collect(), 6, 5),
        Formula::Narrow => or_nothing(symbols.map(|symbol| if symbol % 2 == 1 { 200 } else { 1000 }).collect(), 7, 5),
    }
}

/// Whether a last residual of class `own` is as large as the word is wide, or of the last class, which has no end: then the next one may be anything.
const fn is_noise(symbols: u32, own: u32) -> bool {
    own + 1 >= OWN_CLASSES || 15 + 4 * (own + 1) >= symbols
}

/// Weight of a difference of two values that have nothing to do with one another: a triangle, and a little more for small ones.
fn noise(symbols: u32, symbol: u32) -> u64 {
    let (last, of_last) = sizes(symbols - 1);
    let (least, count) = sizes(symbol);
    let whole = (last + of_last) / 2;
    let small = if least < 8 { whole * whole / 256 } else { 0 };
    count * whole.saturating_sub(least + count / 2).max(whole / 64) + small
}

/// Weights of modes after the mode `last`: what deviated deviates again, but for the rest, the last of the groups when there is one; a single
/// deviation was often the last one for a while.
fn modes(symbols: u32, last: u32, has_rest: bool) -> Vec<u64> {
    let groups = symbols.ilog2();
    let rest = if has_rest { symbols >> 1 } else { symbols };
    // Chances in 1/256.
    let chance = |mode: u32, bit: u32| {
        let deviates = match (1 << bit == rest, last >> bit & 1 == 1) {
            (false, true) => 222,
            (false, false) => 40,
            (true, true) => 38,
            (true, false) => 6,
        };
        if mode >> bit & 1 == 1 { deviates } else { 256 - deviates }
    };
    let mut weights: Vec<u64> = (0..symbols).map(|mode| (0..groups).map(|bit| chance(mode, bit)).product()).collect();
    weights[0] += (1 << (8 * groups)) / 256 * if (last & (rest - 1)).count_ones() < 2 { 87 } else { 3 };
    weights
}

/// Weights of which `noises` are one part beside `times` parts of the others.
fn mixed(mut weights: Vec<u64>, noises: &[u64], times: u128) -> Vec<u64> {
    let sum = |weights: &[u64]| weights.iter().map(|&weight| u128::from(weight)).sum::<u128>().max(1);
    let (all, of_noises) = (sum(&weights), sum(noises));
    for (weight, noise) in weights.iter_mut().zip(noises) {
        *weight += (u128::from(*noise) * all / (times * of_noises)) as u64;
    }
    weights
}

/// The weights with that of nothing so many times (a ratio) the sum of the others.
fn or_nothing(mut weights: Vec<u64>, times: u64, over: u64) -> Vec<u64> {
    weights[0] = 0;
    weights[0] = weights.iter().sum::<u64>() * times / over;
    weights
}

fn bell(symbol: u32, scale: u64) -> u64 {
    let (least, count) = sizes(symbol);
    let square = u128::from(scale) * u128::from(scale);
    let middle = u128::from(least + count / 2);
    let below = square + middle * middle;
    ((u128::from(count) << 32) * square * square / (below * below).max(1)) as u64
}

/// Weight of a pair within -2..=2: one that is off by one place, both, more.
const fn pair(symbol: u32) -> u64 {
    match (symbol.cast_signed() / 5 - 2, symbol.cast_signed() % 5 - 2) {
        (0, 0) => 0,
        (0, -1 | 1) | (-1 | 1, 0) => 286,
        (-1 | 1, -1 | 1) => 64,
        (0, _) | (_, 0) => 14,
        _ => 6,
    }
}

/// The line of a table whose symbols came so often; none when it would save less than it is long. A little of the formula is mixed in, for what did
/// not come may come.
pub(crate) fn line(spec: &TableSpec, counts: &[u64]) -> Option<String> {
    let formula = weights(spec);
    let thought: u128 = formula.iter().map(|&weight| u128::from(weight)).sum();
    // The formula counts as much as this many symbols.
    const PRIOR: u128 = 8;
    let prior = |weight: u64| ((PRIOR << 16) * u128::from(weight) / thought.max(1)) as u64;
    let mixed: Vec<u64> = counts.iter().zip(&formula).map(|(&count, &weight)| (count << 16) + prior(weight)).collect();
    let trained = lengths(&mixed);
    let digits: String = trained.iter().filter_map(|&length| char::from_digit(length.into(), 16)).collect();
    let line = format!("{} {digits}\n", spec.name);
    let bits = |lengths: &[u8]| lengths.iter().zip(counts).map(|(&length, count)| u64::from(length) * count).sum();
    let (by_formula, by_table): (u64, u64) = (bits(&lengths(&formula)), bits(&trained));
    (by_formula > by_table + 8 * line.len() as u64).then_some(line)
}
