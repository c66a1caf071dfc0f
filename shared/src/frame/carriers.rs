//! Rows that move with others, on both ends: which row carries which at a step.
//!
//! Both ends must take a row along with the same carrier, or neither. A client has the rows that went through all steps of a frame; so a row whose
//! carrier did not is held, and comes back as a LOAD, in which nothing depends on another row.

use super::read::KnownRow;
use super::store::Store;
use super::write::Wanted;
use crate::coder::{Relative, RowCoder};
use crate::ids::NetId;

/// The rows that were carried at one step and by which, in order of the first.
#[derive(Debug, Default)]
pub(super) struct Carried(Vec<(u16, u16)>);

impl Carried {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// In slot order.
    pub(super) fn push(&mut self, slot: u16, carrier: u16) {
        self.0.push((slot, carrier));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Number `at` of them, and what carries it.
    pub(super) fn get(&self, at: usize) -> (u16, u16) {
        self.0[at]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, u16)> {
        self.0.iter().copied()
    }

    /// Whether the row in `slot` was carried.
    pub(super) fn has(&self, slot: u16) -> bool {
        !self.0.is_empty() && self.0.binary_search_by_key(&slot, |(slot, _)| *slot).is_ok()
    }
}

impl Store {
    /// Closes interest over what carries: whoever wants a row wants its carrier, and sooner, as far as the client `sees` it. A row whose carrier the
    /// client does not know is as good as new in every frame, and costs as much.
    pub fn close_over(&self, wanted: &mut Vec<Wanted>, sees: impl Fn(NetId) -> bool) {
        if !self.has_carriers() {
            return;
        }
        let asked = wanted.len();
        for at in 0..asked {
            let Some(slot) = self.carrier(wanted[at].slot) else { continue };
            let sooner = wanted[at].priority.next_down();
            match wanted[..asked].binary_search_by_key(&slot, |want| want.slot) {
                Ok(at) => {
                    wanted[at].enters = true;
                    wanted[at].priority = wanted[at].priority.min(sooner);
                }
                Err(_) if self.live(slot).is_some_and(|row| sees(row.id)) => {
                    wanted.push(Wanted { slot, enters: true, priority: sooner });
                }
                Err(_) => {}
            }
        }
        if wanted.len() > asked {
            wanted.sort_unstable_by(|a, b| a.slot.cmp(&b.slot).then(a.priority.total_cmp(&b.priority)));
            wanted.dedup_by_key(|want| want.slot);
        }
    }
}

/// A row that is carried through a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rider {
    /// Its number among the known rows, and its carrier's.
    pub(super) row: usize,
    pub(super) carrier: usize,
    /// Where the carrier's words before the step are.
    from: usize,
    /// Whether it has a run.
    pub(super) has_run: bool,
}

/// The rows that are carried through one step of a body, as the client finds them.
#[derive(Clone, Debug, Default)]
pub(super) struct Riders {
    list: Vec<Rider>,
    words: Vec<u32>,
}

impl Riders {
    /// Finds them among the rows before the step, and notes the words of their carriers.
    pub(super) fn find(&mut self, coder: &RowCoder, rows: &[KnownRow]) {
        self.list.clear();
        self.words.clear();
        if !coder.has_carriers() {
            return;
        }
        for (row, known) in rows.iter().enumerate().filter(|(_, row)| !row.held) {
            let Some((kind, slot)) = coder.carrier_of(&known.state) else { continue };
            let Ok(carrier) = rows.binary_search_by_key(&slot, |row| row.id.slot) else { continue };
            if rows[carrier].held || !coder.is_free(&rows[carrier].state, kind) {
                continue;
            }
            let from = match self.list.last() {
                Some(last) if last.carrier == carrier => last.from,
                _ => {
                    self.words.extend_from_slice(&rows[carrier].state.words);
                    self.words.len() - rows[carrier].state.words.len()
                }
            };
            self.list.push(Rider { row, carrier, from, has_run: false });
        }
    }

    /// The rider number `at`.
    pub(super) fn get(&self, at: usize) -> Option<Rider> {
        self.list.get(at).copied()
    }

    /// Says whether the rider number `at` has a run.
    pub(super) fn set_run(&mut self, at: usize, has_run: bool) {
        self.list[at].has_run = has_run;
    }

    /// What carries `rider`, when its words after the step are `after`.
    pub(super) fn relative<'a>(&'a self, rider: Rider, after: &'a [u32]) -> Relative<'a> {
        Relative { before: &self.words[rider.from..][..after.len()], after }
    }
}
