//! Random numbers that are the same on every machine.

use serde::{Deserialize, Serialize};

/// The room's random numbers: PCG XSL 128/64 (MCG), seeded, the same on every machine, part of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng(rand_pcg::Pcg64Mcg);

impl Rng {
    /// A generator that gives the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        use rand_core::SeedableRng;
        Self(rand_pcg::Pcg64Mcg::seed_from_u64(seed))
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        use rand_core::Rng;
        self.0.next_u32()
    }

    /// A whole number from 0 to `end` (not included); 0 when `end` is 0.
    pub fn below(&mut self, end: u32) -> u32 {
        ((u64::from(self.bits()) * u64::from(end)) >> 32) as u32
    }

    /// A number from 0 to 1 (not included), on a grid of 2^-24.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / 16_777_216.0
    }

    /// True once in `n` times on average.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_pinned() {
        let mut rng = Rng::new(1);
        let first: Vec<u32> = (0..4).map(|_| rng.bits()).collect();
        assert_eq!(first, PINNED);
        let mut rng = Rng::new(7);
        assert!((0..1000).all(|_| rng.below(10) < 10 && (0.0..1.0).contains(&rng.unit())));
        assert_eq!(rng.below(0), 0);
    }

    const PINNED: [u32; 4] = [3_740_214_403, 858_472_063, 2_966_646_568, 1_118_074_180];
}
