//! Numbers and lists of ranks inside a frame: Exp-Golomb codes whose order is chosen from what both ends know.

use crate::bits::{BitReader, BitWriter};
use crate::words::DecodeError;

/// Appends `value` in the Exp-Golomb code of order `order` (0..=31): short for values below 2^order, never longer than 65 bits.
pub(crate) fn write_number(value: u32, order: u32, out: &mut BitWriter) {
    let shifted = u64::from(value) + (1 << order);
    let significant = 64 - shifted.leading_zeros();
    let zeros = significant - 1 - order;
    out.write(0, zeros);
    out.write_bool(true);
    let low = shifted & !(1 << (significant - 1));
    out.write(low as u32, significant - 1);
}

/// Reads a number of at most `max`.
pub(crate) fn read_number(max: u32, order: u32, bits: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    let mut zeros = 0;
    while !bits.read_bool()? {
        zeros += 1;
        if zeros + order > 32 {
            return Err(DecodeError("a number in a list is too large"));
        }
    }
    let width = zeros + order;
    let low = u64::from(bits.read(width)?);
    let value = (1u64 << width) + low - (1 << order);
    if value > u64::from(max) {
        return Err(DecodeError("a number in a list is too large"));
    }
    Ok(value as u32)
}

/// Appends ascending ranks below `population`: their count, then the gaps.
pub(crate) fn write_ranks(ranks: &[u32], population: usize, out: &mut BitWriter) {
    debug_assert!(ranks.is_sorted_by(|a, b| a < b) && ranks.last().is_none_or(|&last| (last as usize) < population));
    write_number(ranks.len() as u32, 1, out);
    let order = gap_order(population, ranks.len());
    let mut next = 0;
    for &rank in ranks {
        write_number(rank - next, order, out);
        next = rank + 1;
    }
}

/// Reads ranks into `ranks` (cleared first), each below `population`.
pub(crate) fn read_ranks(population: usize, bits: &mut BitReader<'_>, ranks: &mut Vec<u32>) -> Result<(), DecodeError> {
    ranks.clear();
    let count = read_number(population as u32, 1, bits)?;
    let order = gap_order(population, count as usize);
    let mut next = 0;
    for _ in 0..count {
        let Some(max) = (population as u32).checked_sub(next + 1) else {
            return Err(DecodeError("a rank is beyond the end of its list"));
        };
        let rank = next + read_number(max, order, bits)?;
        ranks.push(rank);
        next = rank + 1;
    }
    Ok(())
}

/// Logarithm of the gap to be expected when `count` ranks lie evenly among `population`.
fn gap_order(population: usize, count: usize) -> u32 {
    ((population.saturating_sub(count)) / (count + 1) + 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u32, order in 0u32..=31) {
            let mut out = BitWriter::new();
            write_number(value, order, &mut out);
            out.align();
            prop_assert_eq!(read_number(u32::MAX, order, &mut BitReader::new(out.bytes())), Ok(value));
            if value > 0 {
                prop_assert!(read_number(value - 1, order, &mut BitReader::new(out.bytes())).is_err());
            }
        }

        #[test]
        fn ranks_come_back(chosen in proptest::collection::vec(any::<bool>(), 0..300)) {
            let ranks: Vec<u32> = (0..chosen.len() as u32).filter(|&i| chosen[i as usize]).collect();
            let mut out = BitWriter::new();
            write_ranks(&ranks, chosen.len(), &mut out);
            out.align();
            let mut back = vec![9];
            prop_assert!(read_ranks(chosen.len(), &mut BitReader::new(out.bytes()), &mut back).is_ok());
            prop_assert_eq!(back, ranks);
        }

        #[test]
        fn any_bits_give_ascending_ranks_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..60), population in 0usize..300) {
            let mut ranks = Vec::new();
            if read_ranks(population, &mut BitReader::new(&bytes), &mut ranks).is_ok() {
                prop_assert!(ranks.is_sorted_by(|a, b| a < b) && ranks.iter().all(|&rank| (rank as usize) < population));
            }
        }
    }
}
