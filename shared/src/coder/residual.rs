//! A residual as a symbol and raw bits: -7..=7 by itself; farther ones by exponent, top mantissa bit and sign, the rest raw.

/// Residuals up to this size, either way, are a symbol of their own.
const SMALL: i64 = 7;
/// Symbols of the small ones.
const SMALL_SYMBOLS: u32 = 15;
/// Classes of sizes that choose tables.
pub(crate) const CLASSES: u32 = 16;

/// Symbols for residuals of words of so many bits.
pub(crate) const fn symbols(bits: u32) -> u32 {
    SMALL_SYMBOLS + if bits > 3 { 4 * (bits - 3) } else { 0 }
}

/// Symbol, raw value and its bits.
pub(crate) fn split(residual: i64) -> (u32, u32, u32) {
    let size = residual.unsigned_abs();
    if size <= SMALL.unsigned_abs() {
        return ((size * 2) as u32 - u32::from(residual < 0), 0, 0);
    }
    let exponent = size.ilog2();
    let top = (size >> (exponent - 1) & 1) as u32;
    let raw = (size & ((1 << (exponent - 1)) - 1)) as u32;
    (SMALL_SYMBOLS + ((exponent - 3) * 2 + top) * 2 + u32::from(residual < 0), raw, exponent - 1)
}

/// Raw bits that follow a symbol.
pub(crate) const fn raw_bits(symbol: u32) -> u32 {
    if symbol < SMALL_SYMBOLS { 0 } else { (symbol - SMALL_SYMBOLS) / 4 + 2 }
}

/// The residual of a symbol and its raw value.
pub(crate) fn join(symbol: u32, raw: u32) -> i64 {
    if symbol < SMALL_SYMBOLS {
        let size = i64::from(symbol.div_ceil(2));
        return if symbol % 2 == 1 { -size } else { size };
    }
    let (above, exponent) = (symbol - SMALL_SYMBOLS, raw_bits(symbol) + 1);
    let size = 1i64 << exponent | i64::from(above / 2 % 2) << (exponent - 1) | i64::from(raw);
    if above % 2 == 1 { -size } else { size }
}

/// The class of a residual's size: 0 for 0, else one more than its logarithm.
#[inline]
pub(crate) fn class(residual: i64) -> i32 {
    // One bit more, so that nothing is special about 0; sizes have at most 33 bits.
    (residual.unsigned_abs() << 1 | 1).ilog2().min(CLASSES - 1) as i32
}

/// The sizes that a symbol stands for: the least, and how many.
pub(crate) const fn sizes(symbol: u32) -> (u64, u64) {
    if symbol < SMALL_SYMBOLS {
        return (symbol.div_ceil(2) as u64, 1);
    }
    let exponent = raw_bits(symbol) + 1;
    let half = 1 << (exponent - 1);
    ((2 + ((symbol - SMALL_SYMBOLS) / 2 % 2) as u64) * half, half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_residual_comes_back(residual in -(1i64 << 32)..1 << 32) {
            let (symbol, raw, bits) = split(residual);
            prop_assert_eq!((join(symbol, raw), raw_bits(symbol)), (residual, bits));
            prop_assert!(u64::from(raw) < 1 << bits);
            let (least, count) = sizes(symbol);
            prop_assert!((least..least + count).contains(&residual.unsigned_abs()));
        }
    }

    #[test]
    fn symbols_are_dense_and_within_what_the_width_says() {
        for bits in 1..=32u32 {
            let most = (1i64 << bits) - 1;
            for residual in [0, 1, -1, most, -most, most / 2, -most / 2] {
                assert!(split(residual).0 < symbols(bits), "{bits} bits: {residual}");
            }
        }
        let small: Vec<u32> = (-8..=8).map(|residual| split(residual).0).collect();
        assert_eq!(small, [16, 13, 11, 9, 7, 5, 3, 1, 0, 2, 4, 6, 8, 10, 12, 14, 15]);
    }
}
