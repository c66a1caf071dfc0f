//! Bit strings, least significant bit first: a writer that never fails and a reader that never panics.

/// The bytes ended before the value did, or bits after the end were not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bits end too early or go on too long")]
pub struct OutOfBits;

/// Appends values bit by bit to a byte buffer.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), pending: 0, pending_bits: 0 }
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.pending = 0;
        self.pending_bits = 0;
    }

    /// Bits written so far.
    #[must_use]
    pub fn len_bits(&self) -> usize {
        self.bytes.len() * 8 + self.pending_bits as usize
    }

    /// Appends the low `bits` (0..=32) bits of `value`; the rest of `value` must be zero.
    pub fn write(&mut self, value: u32, bits: u32) {
        debug_assert!(bits <= 32 && (bits == 32 || value >> bits == 0), "{value} does not fit {bits} bits");
        self.pending |= u64::from(value) << self.pending_bits;
        self.pending_bits += bits;
        if self.pending_bits >= 32 {
            self.bytes.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.pending_bits -= 32;
        }
    }

    /// Appends one bit.
    pub fn write_bool(&mut self, value: bool) {
        self.write(u32::from(value), 1);
    }

    /// Appends `len_bits` bits of `source`, starting at its bit `from`.
    ///
    /// # Panics
    /// When `source` ends before that.
    pub fn splice(&mut self, source: &[u8], from: usize, len_bits: usize) {
        let mut at = from;
        let end = from + len_bits;
        assert!(end <= source.len() * 8, "spliced past the end of the source");
        while at < end {
            let bits = (end - at).min(32);
            self.write(window(source, at) as u32 & mask(bits as u32), bits as u32);
            at += bits;
        }
    }

    /// Fills the last byte with zero bits and gives the bytes, keeping the writer's memory for the next use.
    pub fn finish_into(&mut self, out: &mut Vec<u8>) {
        self.align();
        out.extend_from_slice(&self.bytes);
        self.clear();
    }

    /// Fills the last byte with zero bits, so that `bytes` shows all of it.
    pub fn align(&mut self) {
        while self.pending_bits > 0 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits = self.pending_bits.saturating_sub(8);
        }
    }

    /// The whole bytes written so far; complete after `align`.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads what a [`BitWriter`] wrote. Every read is checked against the end.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// A reader from the first bit of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bits not yet read, the filling of the last byte included.
    #[must_use]
    pub const fn left_bits(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// Reads `bits` (0..=32) bits.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn read(&mut self, bits: u32) -> Result<u32, OutOfBits> {
        debug_assert!(bits <= 32);
        if self.left_bits() < bits as usize {
            return Err(OutOfBits);
        }
        let value = self.peek() as u32 & mask(bits);
        self.at += bits as usize;
        Ok(value)
    }

    /// At least the next 57 bits, lowest first and zeros after the end, without reading them.
    #[must_use]
    #[inline]
    pub fn peek(&self) -> u64 {
        window(self.bytes, self.at)
    }

    /// Reads `bits` bits that have been looked at.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn skip(&mut self, bits: u32) -> Result<(), OutOfBits> {
        if self.left_bits() < bits as usize {
            return Err(OutOfBits);
        }
        self.at += bits as usize;
        Ok(())
    }

    /// Reads one bit.
    ///
    /// # Errors
    /// When none is left.
    #[inline]
    pub fn read_bool(&mut self) -> Result<bool, OutOfBits> {
        Ok(self.read(1)? == 1)
    }

    /// Ends the reading: fewer than eight bits may be left, all of them zero.
    ///
    /// # Errors
    /// When more is left, or a one.
    pub fn finish(mut self) -> Result<(), OutOfBits> {
        let left = self.left_bits();
        if left < 8 && self.read(left as u32)? == 0 { Ok(()) } else { Err(OutOfBits) }
    }
}

/// The first 32 of the `len_bits` bits of `bytes` from bit `at`, or all of them.
pub(crate) fn head(bytes: &[u8], at: usize, len_bits: u32) -> u32 {
    window(bytes, at) as u32 & mask(len_bits)
}

/// At least 57 bits of `bytes` from bit `at`, zeros after the end.
#[inline]
fn window(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at / 8..).unwrap_or_default();
    let word = rest.first_chunk().map_or_else(|| short(rest), |eight| u64::from_le_bytes(*eight));
    word >> (at % 8)
}

/// Fewer than eight bytes as a number.
#[cold]
fn short(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

const fn mask(bits: u32) -> u32 {
    if bits >= 32 { u32::MAX } else { (1 << bits) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec((any::<u32>(), 0u32..=32), 0..100), shift in 0u32..32) {
            let mut writer = BitWriter::new();
            let mut outer = BitWriter::new();
            outer.write(0, shift);
            for &(value, bits) in &values {
                writer.write(value & mask(bits), bits);
            }
            let len = writer.len_bits();
            writer.align();
            outer.splice(writer.bytes(), 0, len);
            outer.align();
            for (bytes, skip) in [(writer.bytes(), 0), (outer.bytes(), shift)] {
                let mut reader = BitReader::new(bytes);
                prop_assert_eq!(reader.read(skip), Ok(0));
                for &(value, bits) in &values {
                    prop_assert_eq!(reader.read(bits), Ok(value & mask(bits)));
                }
                prop_assert!(reader.finish().is_ok());
            }
        }
    }

    #[test]
    fn the_end_is_an_error_and_so_are_bits_left_over() {
        let mut reader = BitReader::new(&[0xff]);
        assert_eq!(reader.read(9), Err(OutOfBits));
        assert_eq!(reader.read(7), Ok(127));
        assert_eq!(reader.clone().finish(), Err(OutOfBits));
        assert_eq!(reader.read(1), Ok(1));
        assert_eq!(reader.read_bool(), Err(OutOfBits));
        assert_eq!(BitReader::new(&[0]).finish(), Err(OutOfBits));
    }
}
