//! What a training has found out about newborn rows: how they leave the one that spawned them. A line of the tables' text.

use std::collections::BTreeMap;

/// Numbers of a line are at most this, either way.
const NUMBER_MAX: i64 = 1 << 30;

/// Where the prediction of a part of a newborn row starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// What the spawner was at the beginning of the tick of the birth.
    #[default]
    Before,
    /// What it was at the end of that tick.
    After,
    /// Nothing: the value is the same for all.
    Alone,
}

/// How rows of a kind leave their spawner. `KIND.spawn.muzzle SPEED LEAD PARTS` in the text; PARTS is `o` (old), `n` (new) or `v` (value) with a number
/// behind it for each part of the row and then the aim, between commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Muzzle {
    /// Along the aim, beside the spawner's velocity; in 1/64 of the velocity's quantum.
    pub(crate) speed: i64,
    /// How far ahead it begins: 1/256 ticks of that speed, or for a place that no velocity drives 1/64 of its quantum along the aim.
    pub(crate) lead: i64,
    /// By part, then the aim's: what is predicted from, and what is added to it.
    pub(crate) parts: Vec<(Phase, i64)>,
}

impl Muzzle {
    /// Whether a line of the tables' text is one of these.
    pub(crate) fn is_line(line: &str) -> bool {
        line.split_once(' ').is_some_and(|(name, _)| name.ends_with(".spawn.muzzle"))
    }

    /// The muzzles that `text` tells, by kind.
    ///
    /// # Errors
    /// A line that is none.
    pub(crate) fn all(text: &str) -> Result<BTreeMap<&str, Self>, String> {
        let mut all = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| Self::is_line(line)) {
            let wrong = |words: &str| format!("tables, line {}: {words}", number + 1);
            let mut words = line.split(' ');
            let kind = words.next().and_then(|name| name.strip_suffix(".spawn.muzzle")).unwrap_or_default();
            let [speed, lead] = [words.next(), words.next()].map(|word| word.and_then(within));
            let parts: Option<Vec<_>> = words.next().and_then(|parts| parts.split(',').map(part).collect());
            let (Some(speed), Some(lead), Some(parts), None) = (speed, lead, parts, words.next()) else {
                return Err(wrong("not a muzzle"));
            };
            if all.insert(kind, Self { speed, lead, parts }).is_some() {
                return Err(wrong("this muzzle stands there twice"));
            }
        }
        Ok(all)
    }

    /// Its line for the kind called so.
    pub(crate) fn line(&self, kind: &str) -> String {
        let letter = |phase: &Phase| match phase {
            Phase::Before => 'o',
            Phase::After => 'n',
            Phase::Alone => 'v',
        };
        let parts: Vec<String> = self.parts.iter().map(|(phase, more)| format!("{}{more}", letter(phase))).collect();
        format!("{kind}.spawn.muzzle {} {} {}\n", self.speed, self.lead, parts.join(","))
    }
}

fn within(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.abs() <= NUMBER_MAX)
}

fn part(text: &str) -> Option<(Phase, i64)> {
    let phase = match text.get(..1)? {
        "o" => Phase::Before,
        "n" => Phase::After,
        "v" => Phase::Alone,
        _ => return None,
    };
    Some((phase, within(&text[1..])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_and_others_are_refused() {
        let muzzle = Muzzle {
            speed: 115_200,
            lead: -3,
            parts: vec![(Phase::Before, 0), (Phase::After, -2), (Phase::Alone, 100)],
        };
        let line = muzzle.line("Bolt");
        assert_eq!(line, "Bolt.spawn.muzzle 115200 -3 o0,n-2,v100\n");
        assert_eq!(Muzzle::all(&line).as_ref().map(|all| &all["Bolt"]), Ok(&muzzle));
        for bad in ["1 2", "1 2 o0 3", "1 2 x0", "1 2 o", "1 2 o0,", "a 2 o0", "1073741825 2 o0", "1 2 ö"] {
            assert!(Muzzle::all(&format!("Bolt.spawn.muzzle {bad}")).is_err(), "{bad}");
        }
        assert!(Muzzle::all(&line.repeat(2)).is_err());
    }
}
