//! Prefix codes: canonical, complete, of at most 12 bits; from their lengths to codes and back.
//!
//! Lengths come from weights by package-merge (Larmore and Hirschberg, 1990), in integers, so that both ends make the same from the same weights.

use crate::bits::{BitReader, BitWriter, OutOfBits};

/// Bits of a code word at most.
pub const CODE_BITS_MAX: u32 = 12;
/// Symbols of one code at most.
const SYMBOLS_MAX: usize = 256;
/// Code words up to this length are found by one look.
const LOOK_BITS: u32 = 8;

/// One prefix code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// By symbol: the code word, its first bit lowest, and its length.
    words: Vec<(u16, u8)>,
    /// By the next 8 bits: symbol and length; length 0: a longer word.
    look: Vec<(u8, u8)>,
    /// By length: the first code word as a number, how many there are, and where their symbols begin in `sorted`.
    ranges: [(u16, u16, u16); CODE_BITS_MAX as usize + 1],
    /// Symbols by length, then by number.
    sorted: Vec<u8>,
}

impl Code {
    /// The code with these lengths, one a symbol; none unless all are within 1..=12 and the code is complete (a single symbol has length 0).
    pub(crate) fn new(lengths: &[u8]) -> Option<Self> {
        let single = lengths == [0];
        let good = |length: &u8| (1..=CODE_BITS_MAX as u8).contains(length);
        let kraft: u32 =
            lengths.iter().filter(|length| good(length)).map(|length| 1 << (CODE_BITS_MAX - u32::from(*length))).sum();
        if !single && (lengths.len() > SYMBOLS_MAX || !lengths.iter().all(good) || kraft != 1 << CODE_BITS_MAX) {
            return None;
        }
        let of_length = |bits: u8| (0..lengths.len()).filter(move |&symbol| lengths[symbol] == bits);
        let sorted: Vec<u8> = (0..=CODE_BITS_MAX as u8).flat_map(of_length).map(|symbol| symbol as u8).collect();
        let mut words = vec![(0, 0); lengths.len()];
        let mut look = vec![(0, 0); 1 << LOOK_BITS];
        let mut ranges = [(0, 0, 0); CODE_BITS_MAX as usize + 1];
        let (mut next, mut last) = (0u16, 0u8);
        for (at, &symbol) in sorted.iter().enumerate() {
            let length = lengths[usize::from(symbol)];
            next <<= length - last;
            if ranges[usize::from(length)].1 == 0 {
                ranges[usize::from(length)] = (next, 0, at as u16);
            }
            ranges[usize::from(length)].1 += 1;
            let word = if length == 0 { 0 } else { next.reverse_bits() >> (16 - length) };
            words[usize::from(symbol)] = (word, length);
            if u32::from(length) <= LOOK_BITS {
                for above in 0..1usize << (LOOK_BITS - u32::from(length)) {
                    look[usize::from(word) | above << length] = (symbol, length);
                }
            }
            (next, last) = (next.wrapping_add(1), length);
        }
        Some(Self { words, look, ranges, sorted })
    }

    /// The code of a source whose symbols have these weights; zeros count as ones.
    pub(crate) fn of_weights(weights: &[u64]) -> Self {
        Self::new(&lengths(weights)).unwrap_or_else(|| unreachable!("package-merge gives a complete code"))
    }

    pub(crate) fn symbols(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn write(&self, symbol: u32, out: &mut BitWriter) {
        let (word, length) = self.words[symbol as usize];
        out.write(word.into(), length.into());
    }

    pub(crate) fn read(&self, bits: &mut BitReader<'_>) -> Result<u32, OutOfBits> {
        let next = bits.peek();
        let (symbol, length) = self.look[(next & 0xff) as usize];
        if length > 0 || self.words.len() == 1 {
            bits.read(length.into())?;
            return Ok(symbol.into());
        }
        let mut word = (next & 0xff).reverse_bits() >> 24;
        for length in LOOK_BITS + 1..=CODE_BITS_MAX {
            word = word << 1 | next >> (length - 1) & 1;
            let (first, count, from) = self.ranges[length as usize];
            if word.wrapping_sub(first.into()) < u32::from(count) {
                bits.read(length)?;
                return Ok(self.sorted[from as usize + (word - u32::from(first)) as usize].into());
            }
        }
        // A complete code has a word for every string of 12 bits.
        Err(OutOfBits)
    }
}

/// Lengths of the best complete code of at most 12 bits for symbols of these weights (at most 256; zeros count as ones).
#[must_use]
pub fn lengths(weights: &[u64]) -> Vec<u8> {
    let count = weights.len();
    assert!((1..=SYMBOLS_MAX).contains(&count), "1 to {SYMBOLS_MAX} symbols");
    if count == 1 {
        return vec![0];
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|&symbol| (weights[symbol].max(1), symbol));
    let leaf = |rank: usize| weights[order[rank]].max(1);
    // A list of packages for each length, the shortest code words last. A list is ordered by weight, of equals packages first; of each place it is
    // kept whether it is a package or the next leaf. Any fixed order will do, as long as it is the same everywhere.
    let mut lists: Vec<Vec<bool>> = Vec::new();
    let mut sums: Vec<u64> = Vec::new();
    for _ in 0..CODE_BITS_MAX {
        let packages: Vec<u64> = sums.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
        let (mut list, mut merged, mut next) = (Vec::new(), Vec::new(), 0);
        for rank in 0..count {
            while next < packages.len() && packages[next] <= leaf(rank) {
                list.push(true);
                merged.push(packages[next]);
                next += 1;
            }
            list.push(false);
            merged.push(leaf(rank));
        }
        list.resize(list.len() + packages.len() - next, true);
        merged.extend_from_slice(&packages[next..]);
        lists.push(list);
        sums = merged;
    }
    // Of the last list the first places are chosen; of each list before it, those that lie in chosen packages. A leaf chosen so often is so long.
    let (mut lengths, mut chosen) = (vec![0; count], 2 * count - 2);
    for list in lists.iter().rev() {
        let packages = list[..chosen].iter().filter(|is_package| **is_package).count();
        order[..chosen - packages].iter().for_each(|&symbol| lengths[symbol] += 1);
        chosen = 2 * packages;
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_weights_give_a_code_whose_words_come_back(weights in proptest::collection::vec(0u64..1 << 40, 1..200)) {
            let code = Code::of_weights(&weights);
            let mut out = BitWriter::new();
            for symbol in 0..weights.len() as u32 {
                code.write(symbol, &mut out);
            }
            out.align();
            let mut bits = BitReader::new(out.bytes());
            for symbol in 0..weights.len() as u32 {
                prop_assert_eq!(code.read(&mut bits), Ok(symbol));
            }
        }

        #[test]
        fn any_bits_are_a_symbol_or_the_end(weights in proptest::collection::vec(0u64..1 << 40, 2..200), bytes: [u8; 9]) {
            let code = Code::of_weights(&weights);
            let mut bits = BitReader::new(&bytes);
            while let Ok(symbol) = code.read(&mut bits) {
                prop_assert!((symbol as usize) < weights.len());
            }
            prop_assert!(bits.left_bits() < CODE_BITS_MAX as usize);
        }
    }

    #[test]
    fn lengths_out_of_range_and_incomplete_codes_are_refused() {
        assert!(Code::new(&[1, 2, 2]).is_some() && Code::new(&[0]).is_some());
        for bad in [&[1, 1, 1][..], &[1, 2], &[0, 1], &[13; 8192][..300], &[1], &[]] {
            assert!(Code::new(bad).is_none(), "{bad:?}");
        }
    }
}
