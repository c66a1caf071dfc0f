//! Values of a kind as plain numbers, one for each component of each field in schema order: what whoever knows only the schema works with.

use core::ops::Range;

use glam::Quat;

use crate::quant::{Field, Lane, Shape};
use crate::schema::Kind;

/// Where one number of a kind lies in its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// How it is quantised.
    pub lane: Lane,
    /// Its words.
    pub range: Range<usize>,
}

impl Component {
    /// Writes the number into the words of the whole value.
    pub fn set(&self, number: f64, words: &mut [u32]) {
        number.quantise(&self.lane, &mut words[self.range.clone()]);
    }
}

/// Component number `component` of the field called `name`; none for quaternions, whose components do not stand alone.
#[must_use]
pub fn component(kind: &Kind, name: &str, component: usize) -> Option<Component> {
    let at = kind.fields.iter().position(|field| field.name == name)?;
    let field = &kind.fields[at];
    if component >= field.shape.components() || field.shape == Shape::Quat {
        return None;
    }
    let from = kind.word_of(at) + component * field.lane.words();
    Some(Component { lane: field.lane, range: from..from + field.lane.words() })
}

/// The words of a value given as its numbers; missing numbers are 0.
#[must_use]
pub fn to_words(kind: &Kind, numbers: &[f64]) -> Vec<u32> {
    let mut words = vec![0; kind.words()];
    let mut numbers = numbers.iter().copied().chain(core::iter::repeat(0.0));
    let mut rest = words.as_mut_slice();
    for field in kind.fields.iter() {
        let (mine, after) = rest.split_at_mut(field.words());
        rest = after;
        if field.shape == Shape::Quat {
            let mut four = [0.0f32; 4];
            four.fill_with(|| numbers.next().unwrap_or(0.0) as f32);
            Quat::from_array(four).quantise(&field.lane, mine);
            continue;
        }
        for word in mine.chunks_exact_mut(field.lane.words()) {
            numbers.next().unwrap_or(0.0).quantise(&field.lane, word);
        }
    }
    words
}

/// The numbers of a value given as its words.
#[must_use]
pub fn of_words(kind: &Kind, words: &[u32]) -> Vec<f64> {
    let mut numbers = Vec::new();
    let mut rest = words;
    for field in kind.fields.iter() {
        let Some((mine, after)) = rest.split_at_checked(field.words()) else { break };
        rest = after;
        if field.shape == Shape::Quat {
            numbers.extend(Quat::dequantise(&field.lane, mine).to_array().map(f64::from));
        } else {
            numbers.extend(mine.chunks_exact(field.lane.words()).map(|word| field.lane.value(word)));
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    crate::wire! {
        struct Mixed {
            turn: Quat => Arc Quat { bits: 9 }, place: Vec2 => Lerp Fixed { min: 0.0, max: 10.0, step: 0.5, wrap: true },
            wide: u64 => Snap Uint { bits: 40 }, on: bool => Snap Uint { bits: 1 },
        }
    }

    #[test]
    fn numbers_make_the_words_that_the_type_makes() {
        let value =
            Mixed { turn: Quat::from_xyzw(0.5, -0.5, 0.5, 0.5), place: Vec2::new(3.3, 9.9), wide: 1 << 33, on: true };
        let mut words = vec![0; Mixed::KIND.words()];
        value.quantise(&mut words);
        let numbers: Vec<f64> = [0.5, -0.5, 0.5, 0.5, 3.3, 9.9, (1u64 << 33) as f32, 1.0].map(f64::from).to_vec();
        assert_eq!(to_words(&Mixed::KIND, &numbers), words);
        let back = of_words(&Mixed::KIND, &words);
        assert_eq!(back.len(), 8);
        assert_eq!(back[4..], [3.5, 0.0, f64::from(1u32 << 31) * 4.0, 1.0]);
    }

    #[test]
    fn a_component_is_found_by_name() {
        let wide = component(&Mixed::KIND, "wide", 0).map(|found| found.range);
        assert_eq!(wide, Some(6..8));
        assert_eq!(component(&Mixed::KIND, "place", 1).map(|found| found.range), Some(5..6));
        assert!(component(&Mixed::KIND, "place", 2).is_none());
        assert!(component(&Mixed::KIND, "turn", 0).is_none() && component(&Mixed::KIND, "gone", 0).is_none());
    }

    #[test]
    fn missing_numbers_are_nought() {
        assert_eq!(to_words(&Mixed::KIND, &[])[4..], [0, 0, 0, 0, 0]);
    }
}
