//! Prefix codes: canonical, complete, of at most 12 bits; from their lengths to codes and back.
//!
//! Lengths come from weights by package-merge (Larmore and Hirschberg, 1990), in integers, so that both ends make the same from the same weights.

/// Bits of a code word at most.
pub const CODE_BITS_MAX: u32 = 12;
/// Symbols of one code at most.
const SYMBOLS_MAX: usize = 256;
/// Code words up to this length are found by one look.
const LOOK_BITS: u32 = 8;
/// In place of a length: the code word is longer than one look.
const LONGER: u16 = 0xf;

/// Many prefix codes, in few arrays: what a row needs of them lies close together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes {
    /// By code and symbol: the code word, its first bit lowest, and its length from bit 16 on.
    words: Vec<u32>,
    /// By code and the next 8 bits: symbol, and length from bit 8 on.
    look: Vec<u16>,
    /// By code.
    longer: Vec<Longer>,
}

/// Where one of [`Codes`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    words: u32,
    number: u32,
}

/// What finds code words that are longer than one look.
#[derive(Clone, Debug)]
struct Longer {
    /// By length: the first code word as a number, how many there are, and where their symbols begin in `sorted`.
    ranges: [(u16, u16, u16); CODE_BITS_MAX as usize + 1],
    /// Symbols by length, then by number.
    sorted: Vec<u8>,
}

/// Whether these are the lengths of a complete code, one a symbol, all within 1..=12; a single symbol has length 0.
pub(crate) fn is_complete(lengths: &[u8]) -> bool {
    let good = |length: &u8| (1..=CODE_BITS_MAX as u8).contains(length);
    let space = |length: &u8| 1u32 << (CODE_BITS_MAX - u32::from(*length));
    lengths == [0]
        || (lengths.len() <= SYMBOLS_MAX
            && lengths.iter().all(good)
            && lengths.iter().map(space).sum::<u32>() == 1 << CODE_BITS_MAX)
}

impl Codes {
    /// One more code, with these lengths.
    ///
    /// # Panics
    /// When they are not complete.
    pub(crate) fn add(&mut self, lengths: &[u8]) -> Code {
        assert!(is_complete(lengths), "a complete code");
        let of_length = |bits: u8| (0..lengths.len()).filter(move |&symbol| lengths[symbol] == bits);
        let sorted: Vec<u8> = (0..=CODE_BITS_MAX as u8).flat_map(of_length).map(|symbol| symbol as u8).collect();
        let code = Code { words: self.words.len() as u32, number: self.longer.len() as u32 };
        let look = self.look.len();
        self.words.resize(self.words.len() + lengths.len(), 0);
        self.look.resize(look + (1 << LOOK_BITS), LONGER << 8);
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
            self.words[code.words as usize + usize::from(symbol)] = u32::from(word) | u32::from(length) << 16;
            if u32::from(length) <= LOOK_BITS {
                for above in 0..1usize << (LOOK_BITS - u32::from(length)) {
                    self.look[look + (usize::from(word) | above << length)] =
                        u16::from(symbol) | u16::from(length) << 8;
                }
            }
            (next, last) = (next.wrapping_add(1), length);
        }
        self.longer.push(Longer { ranges, sorted });
        code
    }

    /// The code word of a symbol, its first bit lowest, and its length.
    pub(crate) fn word(&self, code: Code, symbol: u32) -> (u32, u32) {
        let word = self.words[(code.words + symbol) as usize];
        (word & 0xffff, word >> 16)
    }

    /// The symbol whose code word these bits begin with, and its length.
    pub(crate) fn symbol(&self, code: Code, bits: u64) -> (u32, u32) {
        let seen = self.look[((code.number as usize) << LOOK_BITS) + (bits & 0xff) as usize];
        if seen >> 8 == LONGER {
            self.longer[code.number as usize].find(bits)
        } else {
            (u32::from(seen) & 0xff, u32::from(seen) >> 8)
        }
    }
}

impl Longer {
    #[cold]
    fn find(&self, bits: u64) -> (u32, u32) {
        let mut word = (bits as u32 & 0xff).reverse_bits() >> 24;
        for length in LOOK_BITS + 1..=CODE_BITS_MAX {
            word = word << 1 | (bits >> (length - 1)) as u32 & 1;
            let (first, count, from) = self.ranges[length as usize];
            if word.wrapping_sub(first.into()) < u32::from(count) {
                return (self.sorted[from as usize + (word - u32::from(first)) as usize].into(), length);
            }
        }
        unreachable!("a complete code has a word for every string of 12 bits")
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
        fn any_weights_give_codes_whose_words_come_back(
            weights in proptest::collection::vec(proptest::collection::vec(0u64..1 << 40, 1..200), 1..4),
            above: u64,
        ) {
            let mut codes = Codes::default();
            let added: Vec<Code> = weights.iter().map(|weights| codes.add(&lengths(weights))).collect();
            for (code, weights) in added.into_iter().zip(&weights) {
                for symbol in 0..weights.len() as u32 {
                    let (word, length) = codes.word(code, symbol);
                    prop_assert!(length <= CODE_BITS_MAX && word >> length == 0);
                    prop_assert_eq!(codes.symbol(code, u64::from(word) | above << length), (symbol, length));
                }
            }
        }

        #[test]
        fn any_bits_are_a_symbol(weights in proptest::collection::vec(0u64..1 << 40, 2..200), bits: u64) {
            let mut codes = Codes::default();
            let code = codes.add(&lengths(&weights));
            let (symbol, length) = codes.symbol(code, bits);
            prop_assert!((symbol as usize) < weights.len() && (1..=CODE_BITS_MAX).contains(&length));
        }
    }

    #[test]
    fn lengths_out_of_range_and_incomplete_codes_are_refused() {
        assert!(is_complete(&[1, 2, 2]) && is_complete(&[0]));
        for bad in [&[1, 1, 1][..], &[1, 2], &[0, 1], &[13; 8192][..300], &[1], &[]] {
            assert!(!is_complete(bad), "{bad:?}");
        }
    }
}
