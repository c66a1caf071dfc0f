//! Words written raw: each in its own number of bits, checked against its range when read.

use crate::bits::{BitReader, BitWriter};
use crate::quant::WordSpec;

/// Bytes that do not decode. The words are for the log and the close reason; a peer made the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub &'static str);

impl From<crate::bits::OutOfBits> for DecodeError {
    fn from(_: crate::bits::OutOfBits) -> Self {
        Self("the message ends too early or goes on too long")
    }
}

/// Appends `words` raw.
pub fn write_words(layout: &[WordSpec], words: &[u32], out: &mut BitWriter) {
    debug_assert_eq!(layout.len(), words.len());
    for (spec, &word) in layout.iter().zip(words) {
        out.write(word, spec.bits.into());
    }
}

/// Reads what [`write_words`] wrote.
///
/// # Errors
/// When the bits end, or a word is outside its range.
pub fn read_words(layout: &[WordSpec], words: &mut [u32], bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
    debug_assert_eq!(layout.len(), words.len());
    for (spec, word) in layout.iter().zip(words) {
        *word = bits.read(spec.bits.into())?;
        if u64::from(*word) >= spec.modulus {
            return Err(DecodeError("a value is outside its range"));
        }
    }
    Ok(())
}
