//! Names: seats of players, network ids of entities.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

/// A seat in a room: the smallest free number, below 4096, freed with the seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlayerId(pub u16);

impl core::fmt::Display for PlayerId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// An entity on the wire: a slot and how often that slot has been given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NetId {
    /// Small number, reused; rows travel in its order.
    pub slot: u16,
    /// Counts the uses of the slot; the wire carries its low 8 bits.
    pub generation: u32,
}

/// Gives out [`NetId`]s: the lowest free slot, with a generation that counts. Part of the room's checkpoint.
///
/// A slab is no substitute: its free list does not survive serialisation, so two restored rooms would give different ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NetIds {
    generations: Vec<u32>,
    free: BinaryHeap<Reverse<u16>>,
    live: Vec<bool>,
}

impl NetIds {
    /// A new id; none when all 65,536 slots are in use.
    pub fn spawn(&mut self) -> Option<NetId> {
        if let Some(Reverse(slot)) = self.free.pop() {
            let generation = &mut self.generations[usize::from(slot)];
            *generation = generation.wrapping_add(1);
            self.live[usize::from(slot)] = true;
            return Some(NetId { slot, generation: *generation });
        }
        let slot = u16::try_from(self.generations.len()).ok()?;
        self.generations.push(0);
        self.live.push(true);
        Some(NetId { slot, generation: 0 })
    }

    /// Gives `id` back. False, and nothing done, when it was not live.
    pub fn free(&mut self, id: NetId) -> bool {
        if !self.is_live(id) {
            return false;
        }
        self.live[usize::from(id.slot)] = false;
        self.free.push(Reverse(id.slot));
        true
    }

    /// Whether `id` was given out and not given back.
    #[must_use]
    pub fn is_live(&self, id: NetId) -> bool {
        let slot = usize::from(id.slot);
        self.live.get(slot) == Some(&true) && self.generations[slot] == id.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_comes_back_with_the_next_generation() {
        let mut ids = NetIds::default();
        let given: Vec<NetId> = (0..4).filter_map(|_| ids.spawn()).collect();
        assert!(ids.free(given[2]) && ids.free(given[1]));
        assert!(!ids.free(given[1]), "freed twice");
        assert_eq!(ids.spawn(), Some(NetId { slot: 1, generation: 1 }));
        assert!(!ids.is_live(given[1]) && ids.is_live(given[0]));
        assert_eq!(ids.spawn(), Some(NetId { slot: 2, generation: 1 }));
        assert_eq!(ids.spawn(), Some(NetId { slot: 4, generation: 0 }));
    }

    #[test]
    fn all_slots_can_be_used_and_then_none() {
        let mut ids = NetIds::default();
        for _ in 0..=u16::MAX {
            assert!(ids.spawn().is_some());
        }
        assert_eq!(ids.spawn(), None);
        assert!(ids.free(NetId { slot: 7, generation: 0 }));
        assert_eq!(ids.spawn(), Some(NetId { slot: 7, generation: 1 }));
    }
}
