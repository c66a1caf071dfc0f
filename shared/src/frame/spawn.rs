//! Rows that are born at a step beside the ones that spawned them, on both ends: words of the spawners before the step, and how a frame names them.

use crate::bits::{BitReader, BitWriter};
use crate::coder::RowCoder;
use crate::ids::NetId;
use crate::rows::Rows;
use crate::words::DecodeError;

use super::store::LiveRow;

/// A row that was born at the newest step, and the slot of its spawner.
#[derive(Clone, Copy, Debug)]
struct Birth {
    slot: u16,
    spawner: u16,
    from: u32,
}

/// The births of the newest step whose spawners are told.
#[derive(Debug, Default)]
pub(super) struct Births {
    list: Vec<Birth>,
    words: Vec<u32>,
}

impl Births {
    /// Takes the births among `rows`, while `slots` still have the rows of the step before.
    pub(super) fn take(&mut self, coder: &RowCoder, slots: &[LiveRow], rows: &Rows) {
        self.list.clear();
        self.words.clear();
        let live = |id: NetId| slots.get(usize::from(id.slot)).filter(|row| row.is(id));
        for &(id, spawner) in rows.spawned() {
            let Some(row) = rows.find(id).filter(|_| live(id).is_none()) else { continue };
            let (Some(old), Some(new)) = (live(spawner), rows.find(spawner)) else { continue };
            if coder.spawner_of(row.kind) == Some(new.kind) && old.state.kind == new.kind {
                self.list.push(Birth { slot: id.slot, spawner: spawner.slot, from: self.words.len() as u32 });
                self.words.extend_from_slice(&old.state.words);
            }
        }
    }

    /// The slot of the spawner of the row that was born in `slot`, and the spawner's words at the step before.
    pub(super) fn of(&self, slot: u16) -> Option<(u16, &[u32])> {
        let at = self.list.binary_search_by_key(&slot, |birth| birth.slot).ok()?;
        let until = self.list.get(at + 1).map_or(self.words.len(), |next| next.from as usize);
        Some((self.list[at].spawner, &self.words[self.list[at].from as usize..until]))
    }
}

/// Rows that went through the body of a frame and may have spawned others: by kind, in slot order, the words they had before its last step.
#[derive(Clone, Debug, Default)]
pub(super) struct Spawners {
    list: Vec<(u8, u32, u32)>,
    words: Vec<u32>,
}

impl Spawners {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.words.clear();
    }

    /// Notes the known row number `at`, which has these words before the last step.
    pub(super) fn note(&mut self, kind: u8, at: usize, words: &[u32]) {
        self.list.push((kind, at as u32, self.words.len() as u32));
        self.words.extend_from_slice(words);
    }

    /// Reads which of the rows of `kind` it is: its number among the known ones, and its words before the last step.
    pub(super) fn read(&self, kind: u8, bits: &mut BitReader<'_>) -> Result<(usize, &[u32]), DecodeError> {
        let of_kind = || self.list.iter().enumerate().filter(|(_, noted)| noted.0 == kind);
        let rank = read_rank(of_kind().count(), bits)?;
        let (place, noted) = of_kind().nth(rank).ok_or(DecodeError("a spawner that is not in step"))?;
        let until = self.list.get(place + 1).map_or(self.words.len(), |next| next.2 as usize);
        Ok((noted.1 as usize, &self.words[noted.2 as usize..until]))
    }
}

/// Appends one rank of `population` (at least 1), all alike: the first ones take a bit less when the population is no power of two.
pub(super) fn write_rank(rank: usize, population: usize, out: &mut BitWriter) {
    let (bits, short) = widths(population);
    if rank < short {
        out.write(rank as u32, bits);
    } else {
        // The last bit comes behind the others, which tell that there is one.
        let rank = rank + short;
        out.write((rank >> 1) as u32, bits);
        out.write_bool(rank & 1 == 1);
    }
}

/// Reads what [`write_rank`] wrote.
fn read_rank(population: usize, bits: &mut BitReader<'_>) -> Result<usize, DecodeError> {
    if population == 0 {
        return Err(DecodeError("a spawner that is not in step"));
    }
    let (width, short) = widths(population);
    let high = bits.read(width)? as usize;
    if high < short {
        return Ok(high);
    }
    Ok((high << 1 | usize::from(bits.read_bool()?)) - short)
}

/// Bits of the shorter words, and how many of them there are.
const fn widths(population: usize) -> (u32, usize) {
    let bits = population.ilog2();
    (bits, (2 << bits) - population)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_comes_back_and_none_beyond_the_last() {
        for population in 1..70 {
            for rank in 0..population {
                let mut out = BitWriter::new();
                write_rank(rank, population, &mut out);
                assert!(out.len_bits() <= population.next_power_of_two().ilog2() as usize);
                out.align();
                assert_eq!(read_rank(population, &mut BitReader::new(out.bytes())), Ok(rank));
            }
            for byte in 0..=255 {
                assert!(read_rank(population, &mut BitReader::new(&[byte])).is_ok_and(|rank| rank < population));
            }
        }
        assert!(read_rank(0, &mut BitReader::new(&[0])).is_err());
    }
}
