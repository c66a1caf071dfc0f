//! Where rows were drawn beyond what was known, and how that fades once it is known: what is drawn never jumps, what is known never waits.

use super::timeline::{Drawn, DrawnRow, PlacePlan};
use crate::ids::NetId;
use crate::quant::{Blend, blend_number};

/// An offset is gone after this long.
const FADE_US: f64 = 250_000.0;

/// A row drawn beyond the newest snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) id: NetId,
    pub(super) kind: u8,
    pub(super) place: [f32; 3],
}

/// What is added to the places of some rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    /// The last frame, if it was drawn beyond the newest snapshot: its moment and its rows.
    shown: Vec<Shown>,
    drawn: f64,
    /// Whether a snapshot has come since.
    pub(super) is_stale: bool,
    /// By slot: the offset when it began.
    list: Vec<(NetId, [f32; 3])>,
    /// When it began; none: at the next frame.
    since_us: Option<u64>,
}

impl Offsets {
    /// Whether it is known now where the rows of the last frame really were.
    pub(super) fn begins(&self) -> bool {
        self.is_stale && !self.shown.is_empty()
    }

    /// The moment of the last frame and its rows, leaving none.
    pub(super) fn take_shown(&mut self) -> (f64, Vec<Shown>) {
        (self.drawn, std::mem::take(&mut self.shown))
    }

    /// From the next frame on these fade, in slot order.
    pub(super) fn begin(&mut self, list: Vec<(NetId, [f32; 3])>) {
        (self.list, self.since_us) = (list, None);
    }

    /// Adds the row's offset to its numbers.
    pub(super) fn apply(&mut self, id: NetId, place: Option<&PlacePlan>, now_us: u64, numbers: &mut [f32]) {
        if self.list.is_empty() {
            return;
        }
        let since_us = *self.since_us.get_or_insert(now_us);
        let weight = 1.0 - now_us.saturating_sub(since_us) as f64 / FADE_US;
        if weight <= 0.0 {
            return self.list.clear();
        }
        let Some(place) = place else { return };
        let Ok(at) = self.list.binary_search_by_key(&id.slot, |(id, _)| id.slot) else { return };
        let (of, offset) = self.list[at];
        for axis in (0..place.axes).filter(|_| of == id) {
            let number = &mut numbers[place.number + axis];
            let moved = f64::from(*number) + f64::from(offset[axis]) * weight;
            *number = blend_number(&place.lane, Blend::Lerp, moved, moved, 0.0) as f32;
        }
    }

    /// A frame has been drawn: remembered when it went beyond what is known.
    pub(super) fn remember<'a>(
        &mut self,
        drawn: f64,
        newest: f64,
        out: &Drawn,
        place: impl Fn(&DrawnRow) -> Option<&'a PlacePlan>,
    ) {
        self.shown.clear();
        (self.is_stale, self.drawn) = (false, drawn);
        if drawn <= newest {
            return;
        }
        for row in &out.rows {
            let Some(plan) = place(row) else { continue };
            let number = |axis: usize| out.values[row.from as usize + plan.number + axis];
            let place = [0, 1, 2].map(|axis| if axis < plan.axes { number(axis) } else { 0.0 });
            self.shown.push(Shown { id: row.id, kind: row.kind, place });
        }
    }
}
