//! The row coder: how one row's state goes from one step to the next in as few bits as the schema allows.
//!
//! A row's *state* is its words plus what prediction needs; it is a function of the row's own history, the same for every client, so the bits made
//! here once are copied into every frame. This is the simplest coder behind that boundary: the prediction is "as before", an awake row's run is
//! the mask of its changed words and for each the difference, a load is the words as they are. All arithmetic is on integers and wraps.

use crate::bits::{BitReader, BitWriter};
use crate::quant::WordSpec;
use crate::schema::Schema;
use crate::words::{DecodeError, read_words, write_words};

/// A row at one step: all that its next run depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowState {
    /// Number of its kind.
    pub kind: u8,
    /// Whether it has a run at the next step.
    pub awake: bool,
    /// Its words, as the schema's kind says.
    pub words: Vec<u32>,
}

/// What a row has at a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    /// Nothing: it was asleep and moved as predicted, or it is born at this step.
    #[default]
    None,
    /// A run, for it was awake before.
    Awake,
    /// A run coded for a row that was asleep: it is named in the frame's list of woken rows.
    Woken,
}

/// Codes the rows of one schema.
#[derive(Clone, Debug)]
pub struct RowCoder {
    layouts: Vec<Vec<WordSpec>>,
}

impl RowCoder {
    /// The coder of a schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self { layouts: schema.entities.iter().map(crate::schema::Kind::layout).collect() }
    }

    /// How many kinds of rows there are.
    #[must_use]
    pub const fn kinds(&self) -> usize {
        self.layouts.len()
    }

    /// Makes `state` that of a row born with `words`. New rows are awake.
    pub fn birth(&self, kind: u8, words: &[u32], state: &mut RowState) {
        debug_assert_eq!(words.len(), self.layouts[usize::from(kind)].len());
        state.kind = kind;
        state.awake = true;
        state.words.clear();
        state.words.extend_from_slice(words);
    }

    /// One step without a run: a sleeping row moves as predicted.
    pub fn advance(&self, state: &mut RowState) {
        debug_assert!(!state.awake, "an awake row has a run at each step");
    }

    /// One step of the row whose words are now `words`: appends its run, if it has one, and says which.
    pub fn run(&self, state: &mut RowState, words: &[u32], out: &mut BitWriter) -> Run {
        let changed = state.words != words;
        let run = match (state.awake, changed) {
            (false, false) => {
                self.advance(state);
                return Run::None;
            }
            (false, true) => Run::Woken,
            (true, _) => Run::Awake,
        };
        for (old, new) in state.words.iter().zip(words) {
            out.write_bool(old != new);
        }
        for ((spec, old), &new) in self.layouts[usize::from(state.kind)].iter().zip(&mut state.words).zip(words) {
            if *old != new {
                write_residual(spec, *old, new, out);
                *old = new;
            }
        }
        state.awake = changed;
        run
    }

    /// Reads the run of a row for one step.
    ///
    /// # Errors
    /// When the bits end or a difference leaves the word's range.
    pub fn read_run(&self, state: &mut RowState, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        let layout = &self.layouts[usize::from(state.kind)];
        // The mask is read twice: once to find its end, once along with the differences.
        let mut mask = bits.clone();
        for _ in layout {
            bits.read_bool()?;
        }
        state.awake = false;
        for (spec, word) in layout.iter().zip(&mut state.words) {
            if mask.read_bool()? {
                *word = read_residual(spec, *word, bits)?;
                state.awake = true;
            }
        }
        Ok(())
    }

    /// Appends the whole state.
    pub fn load(&self, state: &RowState, out: &mut BitWriter) {
        out.write_bool(state.awake);
        write_words(&self.layouts[usize::from(state.kind)], &state.words, out);
    }

    /// Reads what [`Self::load`] wrote into `state`, as a row of `kind`.
    ///
    /// # Errors
    /// When the kind is unknown, the bits end or a word is outside its range.
    pub fn read_load(&self, kind: u8, state: &mut RowState, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        let layout = self.layouts.get(usize::from(kind)).ok_or(DecodeError("a row of an unknown kind"))?;
        state.kind = kind;
        state.awake = bits.read_bool()?;
        state.words.clear();
        state.words.resize(layout.len(), 0);
        read_words(layout, &mut state.words, bits)
    }
}

/// The difference of two words modulo the word's range, as a number from 1 with small ones for small differences either way.
///
/// On the wire: the number of significant bits of (that number - 1), then those bits without their leading one.
fn write_residual(spec: &WordSpec, old: u32, new: u32, out: &mut BitWriter) {
    let up = (u64::from(new) + spec.modulus - u64::from(old)) % spec.modulus;
    let folded = if up <= spec.modulus / 2 { 2 * up - 1 } else { 2 * (spec.modulus - up) };
    let value = (folded - 1) as u32;
    let significant = 32 - value.leading_zeros();
    out.write(significant, class_bits(spec));
    if significant > 1 {
        out.write(value & !(1 << (significant - 1)), significant - 1);
    }
}

fn read_residual(spec: &WordSpec, old: u32, bits: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    let significant = bits.read(class_bits(spec))?;
    let value = match significant {
        0 => 0,
        1..=32 => 1 << (significant - 1) | bits.read(significant - 1)?,
        _ => return Err(DecodeError("a difference of more than 32 bits")),
    };
    let folded = u64::from(value) + 1;
    if folded >= spec.modulus {
        return Err(DecodeError("a difference leaves the range of its word"));
    }
    let up = if folded % 2 == 1 { folded.div_ceil(2) } else { spec.modulus - folded / 2 };
    Ok(((u64::from(old) + up) % spec.modulus) as u32)
}

/// Bits that tell how many significant bits follow, 0..=`spec.bits`.
const fn class_bits(spec: &WordSpec) -> u32 {
    8 - spec.bits.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_difference_is_representable(modulus in 2u64..=1 << 32, old: u32, new: u32) {
            let spec = WordSpec { bits: (64 - (modulus - 1).leading_zeros()) as u8, modulus };
            let (old, new) = ((u64::from(old) % modulus) as u32, (u64::from(new) % modulus) as u32);
            prop_assume!(old != new);
            let mut out = BitWriter::new();
            write_residual(&spec, old, new, &mut out);
            out.align();
            prop_assert_eq!(read_residual(&spec, old, &mut BitReader::new(out.bytes())), Ok(new));
        }

        #[test]
        fn any_bits_stay_in_range(modulus in 2u64..=1 << 32, old: u32, bytes: [u8; 6]) {
            let spec = WordSpec { bits: (64 - (modulus - 1).leading_zeros()) as u8, modulus };
            if let Ok(new) = read_residual(&spec, (u64::from(old) % modulus) as u32, &mut BitReader::new(&bytes)) {
                prop_assert!(u64::from(new) < modulus);
            }
        }
    }

    #[test]
    fn small_ranges_are_walked_completely() {
        for modulus in 2..40u64 {
            let spec = WordSpec { bits: (64 - (modulus - 1).leading_zeros()) as u8, modulus };
            for (old, new) in (0..modulus as u32).flat_map(|old| (0..modulus as u32).map(move |new| (old, new))) {
                if old != new {
                    let mut out = BitWriter::new();
                    write_residual(&spec, old, new, &mut out);
                    out.align();
                    assert_eq!(
                        read_residual(&spec, old, &mut BitReader::new(out.bytes())),
                        Ok(new),
                        "{modulus} {old} {new}"
                    );
                }
            }
        }
    }
}
