//! Who sees what: a square view about a place; a row enters at its radius and stays up to 1.15 times it, as in a room.

use snapline_shared::frame::Wanted;
use snapline_shared::ids::NetId;
use snapline_shared::quant::Lane;
use snapline_shared::rows::Rows;

/// How much farther than the radius a known row stays.
const STAYS: f64 = 1.15;

/// Where a row is, in the game's units; none: everywhere.
type Place = Option<[f64; 2]>;

/// The places of a step's rows.
#[derive(Debug, Default)]
pub struct Places {
    of: Vec<Place>,
    /// The side of a world whose edges meet.
    side: Option<f64>,
}

impl Places {
    /// Takes the rows of a step.
    pub fn rebuild(&mut self, rows: &Rows) {
        self.of.clear();
        for row in rows.list() {
            let place = rows.schema().entities[usize::from(row.kind)].place();
            self.of.push(place.map(|(lane, at)| {
                let words = &rows.words(row)[at..];
                [0, lane.words()].map(|from| lane.value(&words[from..from + lane.words()]))
            }));
            if let Some((Lane::Fixed { min, max, wrap: true, .. }, _)) = place {
                self.side = Some(max - min);
            }
        }
    }

    /// Where row number `at` of the step is; none: everywhere.
    #[must_use]
    pub fn of(&self, at: usize) -> Option<[f64; 2]> {
        self.of[at]
    }

    /// The larger of the distances along the two axes.
    fn distance(&self, a: [f64; 2], b: [f64; 2]) -> f64 {
        let gap = |axis: usize| {
            let gap = (a[axis] - b[axis]).abs();
            self.side.map_or(gap, |side| gap.min(side - gap))
        };
        gap(0).max(gap(1))
    }
}

/// What one client knows, and would know now.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// In slot order, as of the last look.
    pub known: Vec<NetId>,
    /// Rows to be known, as a frame wants to be told; of the last look.
    pub wanted: Vec<Wanted>,
    /// Rows of the last look that were not known before it, by their number in the step.
    pub entered: Vec<usize>,
    spare: Vec<NetId>,
}

impl View {
    /// Looks from `eye` as far as `radius`.
    pub fn look(&mut self, rows: &Rows, places: &Places, eye: [f64; 2], radius: f64) {
        self.wanted.clear();
        self.entered.clear();
        self.spare.clear();
        let mut known = self.known.iter().peekable();
        for (at, row) in rows.list().iter().enumerate() {
            while known.next_if(|id| id.slot < row.id.slot).is_some() {}
            let is_known = known.peek().is_some_and(|id| **id == row.id);
            let away = places.of[at].map_or(0.0, |place| places.distance(place, eye));
            if away <= if is_known { radius * STAYS } else { radius } {
                self.spare.push(row.id);
                self.wanted.push(Wanted { slot: row.id.slot, enters: away <= radius, priority: away as f32 });
                if !is_known {
                    self.entered.push(at);
                }
            }
        }
        std::mem::swap(&mut self.known, &mut self.spare);
    }
}
