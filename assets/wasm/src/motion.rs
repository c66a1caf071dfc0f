//! A game's motion alone: what its golden vectors are run through.

use std::collections::BTreeMap;

use snapline_shared::game::{Game, Setup, SetupError};
use snapline_shared::wire::Wire;

/// One player's own state, advanced by the game's own function on the game's own map, without a server.
pub struct Motion<G: Game> {
    scene: G::Scene,
    own: G::Own,
}

impl<G: Game> Motion<G> {
    /// Begins from an own state given as its words; missing ones are 0. The room has no options.
    ///
    /// # Errors
    /// When the game makes no scene of that.
    pub fn new(tick_hz: u32, ticks_per_step: u32, own: &[u32]) -> Result<Self, SetupError> {
        let setup = Setup { map: G::MAP.bytes, options: &BTreeMap::new(), tick_hz, ticks_per_step };
        Ok(Self { scene: G::scene(&setup)?, own: of_words(own) })
    }

    /// Advances by one tick with an input given as its words (missing ones are 0), and gives the words of the own state after it.
    pub fn advance(&mut self, input: &[u32]) -> Vec<u32> {
        G::advance(&self.scene, &mut self.own, of_words(input));
        let mut words = vec![0; G::Own::KIND.words()];
        self.own.quantise(&mut words);
        words
    }
}

fn of_words<W: Wire>(words: &[u32]) -> W {
    let mut all = words.to_vec();
    all.resize(W::KIND.words(), 0);
    W::dequantise(&all)
}
