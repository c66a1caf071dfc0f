//! The end of a frame's rows: held rows that come back into step, rows that enter, and which of them fit.

use super::lists::{write_number, write_ranks};
use super::spawn::write_rank;
use super::store::Store;
use super::write::{FrameStats, FrameWriter, Known, RELOAD_NAME_BITS, kind_bits};
use super::{Gaps, KNOWN_ROWS_MAX, flags};
use crate::bits::BitWriter;
use crate::tick::Step;

/// A held row counts as half as far after so many steps: so all come in turn, the near ones more often.
const AGE_STEPS: f32 = 8.0;

/// A row that could be loaded: one held (by its place among the rows that stay) or one that enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) stays_at: Option<u32>,
    pub(super) slot: u16,
    pub(super) chosen: bool,
}

impl Candidate {
    /// About what it takes, with the naming of it: of a row that enters slot gap, generation and kind.
    fn bits(&self, store: &Store) -> usize {
        store.load_bits(self.slot) + if self.stays_at.is_some() { RELOAD_NAME_BITS } else { 24 }
    }
}

impl FrameWriter {
    /// Reloads and entering rows: those decided already, then nearest first while the budget lasts.
    pub(super) fn write_loads(
        &mut self,
        store: &Store,
        last: Option<Step>,
        step: Step,
        bytes_max: usize,
        stats: &mut FrameStats,
    ) -> u8 {
        let enters_from = self.loads.len();
        self.loads.extend(self.enters.iter().map(|want| Candidate { stays_at: None, slot: want.slot, chosen: false }));
        if self.loads.is_empty() {
            return 0;
        }
        self.choose_loads(store, step, enters_from, bytes_max);
        stats.loads = self.loads.iter().filter(|load| load.chosen).count();
        let before = self.bits.len_bits();
        let mut flags = 0;
        self.woken.clear();
        let reloads = (0u32..).zip(&self.loads[..enters_from]);
        self.woken.extend(reloads.filter(|(_, load)| load.chosen).map(|(rank, _)| rank));
        if !self.woken.is_empty() {
            flags |= flags::RELOADS;
            write_ranks(&self.woken, enters_from, &mut self.bits);
            for &rank in &self.woken {
                store.splice_load(self.loads[rank as usize].slot, &mut self.bits);
            }
        }
        stats.parts.reloads = (self.bits.len_bits() - before) as u64;
        let known = self.stay.len();
        flags |= self.write_enters(store, last.is_some(), step, enters_from);
        // Not before: only rows that went through the body tell newborn ones.
        for &rank in &self.woken {
            if let Some(at) = self.loads[rank as usize].stays_at {
                self.stay[at as usize].held = false;
            }
        }
        merge(&mut self.stay, known, &mut self.entered);
        flags
    }

    /// Appends the rows that enter, here and to those that stay.
    fn write_enters(&mut self, store: &Store, has_body: bool, step: Step, enters_from: usize) -> u8 {
        let enters = self.loads[enters_from..].iter().filter(|load| load.chosen);
        let count = enters.clone().count();
        if count == 0 {
            return 0;
        }
        write_number(count as u32, 1, &mut self.bits);
        let known = self.stay.len();
        let mut gaps = Gaps::new(self.stay.last().map(|row| row.slot), count);
        for load in enters {
            let Some(live) = store.live(load.slot) else { continue };
            gaps.write(load.slot, &mut self.bits);
            self.bits.write(live.id.generation & 0xff, 8);
            self.bits.write(live.state.kind.into(), kind_bits(store.kinds()));
            if has_body && store.spawns(live.state.kind) {
                splice_newborn(store, load.slot, &self.stay[..known], &mut self.bits);
            } else {
                store.splice_load(load.slot, &mut self.bits);
            }
            self.stay.push(Known { slot: load.slot, held: false, born: live.born, since: step });
        }
        flags::ENTERS
    }

    /// Chooses among the candidates by priority until the budget is used up.
    fn choose_loads(&mut self, store: &Store, step: Step, enters_from: usize, bytes_max: usize) {
        let decided: usize = self.loads.iter().filter(|load| load.chosen).map(|load| store.load_bits(load.slot)).sum();
        let mut left = (bytes_max * 8).saturating_sub(self.bits.len_bits() + decided);
        let mut room = KNOWN_ROWS_MAX.saturating_sub(self.stay.len());
        let more = || self.loads.iter().filter(|load| !load.chosen);
        if self.enters.len() <= room && more().map(|load| load.bits(store)).sum::<usize>() <= left {
            self.loads.iter_mut().for_each(|load| load.chosen = true);
            return;
        }
        self.rank_loads(step, enters_from);
        let (candidates, mut waits, mut nth, mut any) = (self.order.len(), 0, 0, false);
        while let Some(&(_, at)) = self.order.get(nth) {
            nth += 1;
            // Without its carrier it would be held again in the next frame. It comes behind it, or behind all.
            if store.carrier(self.loads[at as usize].slot).is_some_and(|carrier| self.may_come(carrier, enters_from)) {
                if waits < candidates {
                    self.order.push((0.0, at));
                    waits += 1;
                }
                continue;
            }
            let load = &mut self.loads[at as usize];
            if load.stays_at.is_none() && room == 0 {
                continue;
            }
            // The first goes whatever its size, or nothing behind it would ever come.
            let bits = load.bits(store);
            if bits > left && any {
                break;
            }
            any = true;
            left = left.saturating_sub(bits);
            room -= usize::from(load.stays_at.is_none());
            load.chosen = true;
        }
    }

    /// Puts the candidates in order of priority. In turn, so that neither keeps the other out for ever: held rows come back in the first places of
    /// each pair, new ones in the second.
    fn rank_loads(&mut self, step: Step, enters_from: usize) {
        self.order.clear();
        for (at, load) in self.loads.iter().enumerate().filter(|(_, load)| !load.chosen) {
            let priority = match load.stays_at {
                Some(stays_at) => {
                    let age = step.since(self.stay[stays_at as usize].since).max(0) as f32;
                    self.priorities[stays_at as usize] / (1.0 + age / AGE_STEPS)
                }
                None => self.enters[at - enters_from].priority,
            };
            self.order.push((priority, at as u32));
        }
        let is_new = |at: u32| at as usize >= enters_from;
        self.order.sort_unstable_by(|a, b| is_new(a.1).cmp(&is_new(b.1)).then(a.0.total_cmp(&b.0)).then(a.1.cmp(&b.1)));
        let reloads = self.order.partition_point(|(_, at)| !is_new(*at));
        for (nth, place) in self.order.iter_mut().enumerate() {
            place.0 = if nth < reloads { 2 * nth } else { 2 * (nth - reloads) + 1 } as f32;
        }
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
}

/// Whether the row that enters is told by one of those `known` that went through the body, by which, and its SPAWN or LOAD.
fn splice_newborn(store: &Store, slot: u16, known: &[Known], out: &mut BitWriter) {
    let spawner = store.spawner(slot).and_then(|spawner| rank_of(store, spawner, known));
    out.write_bool(spawner.is_some());
    match spawner {
        Some((rank, population)) => {
            write_rank(rank, population, out);
            store.splice_spawn(slot, out);
        }
        None => store.splice_load(slot, out),
    }
}

/// The rank of a spawner among the rows in step of its kind, and how many of them there are.
fn rank_of(store: &Store, spawner: u16, known: &[Known]) -> Option<(usize, usize)> {
    let newest = store.newest()?;
    let kind = newest.run(spawner).kind;
    let (mut rank, mut population) = (None, 0);
    for row in known.iter().filter(|row| !row.held && newest.run(row.slot).kind == kind) {
        if row.slot == spawner {
            rank = Some(population);
        }
        population += 1;
    }
    Some((rank?, population))
}

/// Merges the rows from number `from` on, in slot order like those before them, into these.
fn merge(rows: &mut [Known], from: usize, spare: &mut Vec<Known>) {
    spare.clear();
    spare.extend_from_slice(&rows[from..]);
    let (mut at, mut before) = (rows.len(), from);
    while let Some(last) = spare.last() {
        at -= 1;
        if before > 0 && rows[before - 1].slot > last.slot {
            before -= 1;
            rows[at] = rows[before];
        } else {
            rows[at] = *last;
            spare.pop();
        }
    }
}
