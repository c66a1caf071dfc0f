//! What rows that move with others ask of a frame: a row whose carrier does not go through the body does not either, and comes no sooner than it.

use super::{Candidate, FrameWriter, Known};
use crate::frame::store::Store;
use crate::tick::Step;

impl FrameWriter {
    /// Chooses the rows whose carrier is not in step to be held as well.
    pub(super) fn hold_carried(&mut self, store: &Store, last: Option<Step>) {
        let steps = last.and_then(|last| store.runs_since(last)).into_iter().flatten();
        if steps.clone().all(|step| step.carried.is_empty()) {
            return;
        }
        self.in_step.clear();
        let mut held = self.held.iter().copied().peekable();
        let mut rank = 0;
        for row in &self.stay {
            let goes_on = !row.held && held.next_if_eq(&rank).is_none();
            rank += u32::from(!row.held);
            self.in_step.push(goes_on);
        }
        let find = |stay: &[Known], slot: u16| stay.binary_search_by_key(&slot, |row| row.slot).ok();
        let before = self.loads.len();
        // What is held may have carried others, at an earlier step.
        let mut is_done = false;
        while !is_done {
            is_done = true;
            for (slot, carrier) in steps.clone().flat_map(|step| step.carried.iter()) {
                let Some(at) = find(&self.stay, slot).filter(|at| self.in_step[*at]) else { continue };
                if find(&self.stay, carrier).is_none_or(|at| !self.in_step[at]) {
                    self.in_step[at] = false;
                    self.loads.push(Candidate { stays_at: Some(at as u32), slot, chosen: false });
                    is_done = false;
                }
            }
        }
        if self.loads.len() == before {
            return;
        }
        self.loads.sort_unstable_by_key(|load| load.stays_at);
        self.held.clear();
        let ranks = self.stay.iter().zip(&self.in_step).filter(|(row, _)| !row.held);
        self.held.extend((0u32..).zip(ranks).filter(|(_, (_, in_step))| !**in_step).map(|(rank, _)| rank));
    }

    /// Whether the row in `slot` may come into step with this frame and is not chosen to yet: what it carries waits for it.
    pub(in crate::frame) fn may_come(&self, slot: u16, enters_from: usize) -> bool {
        let (reloads, enters) = self.loads.split_at(enters_from);
        let comes_back = |at: usize| {
            let load = reloads.binary_search_by_key(&Some(at as u32), |load| load.stays_at);
            load.is_ok_and(|load| !reloads[load].chosen)
        };
        self.stay.binary_search_by_key(&slot, |row| row.slot).is_ok_and(comes_back)
            || enters.binary_search_by_key(&slot, |load| load.slot).is_ok_and(|at| !enters[at].chosen)
    }
}
