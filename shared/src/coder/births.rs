//! Finding a muzzle: how newborn rows of a kind leave their spawners, from births that were seen.

use super::RowCoder;
use super::muzzle::{Muzzle, Phase};
use super::plan::SUB;
use super::spawn::{How, Relative, Spawn};

/// Births that are looked at, and those of them that say how far ahead a row may begin.
const LOOKED_AT: usize = 400;
const ASKED: usize = 48;

/// A row was born.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Number of its kind.
    pub kind: u8,
    /// Its words.
    pub words: Vec<u32>,
    /// The words of its spawner at the step before.
    pub before: Vec<u32>,
    /// The words of its spawner at the step of the birth.
    pub after: Vec<u32>,
}

impl Birth {
    /// What tells it.
    #[must_use]
    pub fn spawner(&self) -> Relative<'_> {
        Relative { before: &self.before, after: &self.after }
    }
}

/// A way of telling births, and the births that are to be told so: those of one rate.
type Seen<'a> = (Spawn, Vec<&'a Birth>);

impl RowCoder {
    /// Lines for the tables' text, from births seen at the rates of each coder. All coders are of the same kinds.
    #[must_use]
    pub fn muzzles(seen: &[(&Self, &[Birth])]) -> String {
        let Some((first, _)) = seen.first() else { return String::new() };
        let mut lines = String::new();
        for (kind, spec) in (0u8..).zip(first.kinds.iter()) {
            let of_kind = |(coder, births): &(&Self, &'_ [Birth])| {
                let spawn = coder.spawns[usize::from(kind)].clone()?;
                let mine: Vec<_> = births.iter().filter(|birth| birth.kind == kind).cloned().collect();
                Some((spawn, mine))
            };
            let mine: Vec<(Spawn, Vec<Birth>)> = seen.iter().filter_map(of_kind).collect();
            let count: usize = mine.iter().map(|(_, births)| births.len()).sum();
            if count == 0 {
                continue;
            }
            let every = count.div_ceil(LOOKED_AT);
            let mut sample: Vec<Seen<'_>> = mine
                .iter()
                .map(|(spawn, births)| (spawn.clone(), births.iter().step_by(every).collect()))
                .filter(|(_, births): &Seen<'_>| !births.is_empty())
                .collect();
            lines.push_str(&found(&mut sample).line(&spec.name));
        }
        lines
    }
}

/// The muzzle that tells the births best: one number after the other.
fn found(seen: &mut [Seen<'_>]) -> Muzzle {
    let parts = seen[0].0.parts.clone();
    let of = |how: How| parts.iter().position(|part| part.how == how && part.from.is_some());
    let mut best = seen[0].0.muzzle.clone();
    if let Some(at) = of(How::Launched) {
        let tries = [Phase::Before, Phase::After].map(|phase| {
            let mut muzzle = best.clone();
            muzzle.parts[at].0 = phase;
            set(seen, &muzzle);
            muzzle.speed = median(each(seen, |spawn, birth| speed(spawn, at, birth)));
            muzzle
        });
        best = cheapest(seen, &tries, at);
    }
    if let Some(at) = of(How::Ahead) {
        let mut tries = Vec::new();
        for phase in [Phase::Before, Phase::After] {
            let mut muzzle = best.clone();
            muzzle.parts[at].0 = phase;
            set(seen, &muzzle);
            let mut leads: Vec<i64> =
                each(seen, |spawn, birth| leads(spawn, at, birth)).into_iter().flatten().collect();
            leads.sort_unstable();
            leads.dedup();
            let every = leads.len().div_ceil(2 * ASKED).max(1);
            tries.extend(leads.into_iter().step_by(every).map(|lead| Muzzle { lead, ..muzzle.clone() }));
            tries.push(muzzle);
        }
        best = cheapest(seen, &tries, at);
    }
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.how == How::Same) {
        let tries = [Phase::Before, Phase::After, Phase::Alone].map(|phase| {
            let mut muzzle = best.clone();
            muzzle.parts[at] = (if part.from.is_some() { phase } else { Phase::Alone }, 0);
            set(seen, &muzzle);
            if part.axes.len() == 1 {
                muzzle.parts[at].1 =
                    median(each(seen, |spawn, birth| spawn.gaps(at, &birth.words, birth.spawner())[0]));
            }
            muzzle
        });
        best = cheapest(seen, &tries, at);
    }
    let tries = [Phase::Before, Phase::After].map(|phase| {
        let mut muzzle = best.clone();
        muzzle.parts[parts.len()].0 = phase;
        set(seen, &muzzle);
        muzzle.parts[parts.len()].1 = median(each(seen, |spawn, birth| spawn.aim_gap(&birth.words, birth.spawner())));
        muzzle
    });
    cheapest(seen, &tries, parts.len())
}

fn set(seen: &mut [Seen<'_>], muzzle: &Muzzle) {
    seen.iter_mut().for_each(|(spawn, _)| spawn.muzzle = muzzle.clone());
}

fn each<T>(seen: &[Seen<'_>], of: impl Fn(&Spawn, &Birth) -> T) -> Vec<T> {
    seen.iter().flat_map(|(spawn, births)| births.iter().map(|birth| of(spawn, birth))).collect()
}

fn median(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

/// The muzzle with which part number `at` (behind the last: the aim) is off by the fewest bits.
fn cheapest(seen: &mut [Seen<'_>], tries: &[Muzzle], at: usize) -> Muzzle {
    let cost = |muzzle: &Muzzle| {
        set(seen, muzzle);
        let bits = each(seen, |spawn, birth| {
            let gaps = if at == spawn.parts.len() {
                vec![spawn.aim_gap(&birth.words, birth.spawner())]
            } else {
                spawn.gaps(at, &birth.words, birth.spawner())
            };
            gaps.into_iter().map(|gap| libm::log2(1.0 + gap.abs() as f64)).sum::<f64>()
        });
        bits.into_iter().sum::<f64>()
    };
    let costs: Vec<f64> = tries.iter().map(cost).collect();
    let best = (0..tries.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b]));
    let best = best.map_or_else(Muzzle::default, |best| tries[best].clone());
    set(seen, &best);
    best
}

/// How much faster than its spawner the row is, in sub-quanta.
fn speed(spawn: &Spawn, at: usize, birth: &Birth) -> i64 {
    let (part, phase) = (&spawn.parts[at], spawn.muzzle.parts[at].0);
    let square: f64 = part
        .axes
        .iter()
        .enumerate()
        .map(|(i, axis)| {
            let seen = spawn.seen(birth.spawner(), part.from.unwrap_or(0) + i, axis, phase, 0);
            (i64::from(birth.words[axis.word]) << SUB) - seen
        })
        .map(|gap| gap as f64 * gap as f64)
        .sum();
    libm::sqrt(square) as i64
}

/// The leads with which the place would be right, by age.
fn leads(spawn: &Spawn, at: usize, birth: &Birth) -> Vec<i64> {
    const UNIT: i64 = 1 << 14;
    let (mut none, mut some) = (spawn.clone(), spawn.clone());
    (none.muzzle.lead, some.muzzle.lead) = (0, UNIT);
    let lead = |age: i64| {
        let [none, some] = [&none, &some].map(|spawn| spawn.off(at, &birth.words, birth.spawner(), age));
        let (mut along, mut square) = (0.0, 0.0);
        for (none, some) in none.into_iter().zip(some) {
            let unit = (none - some) as f64;
            (along, square) = (along + unit * none as f64, square + unit * unit);
        }
        let lead = if square > 0.0 { along / square * UNIT as f64 } else { 0.0 };
        lead.clamp(-1e9, 1e9) as i64
    };
    (0..spawn.ages()).map(lead).collect()
}
