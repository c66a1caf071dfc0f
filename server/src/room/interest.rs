//! Interest: which rows lie in a view. A grid over the rows' places, made once a step; a row enters at the view's radius and leaves at 1.15 times it.

use glam::Vec2;
use snapline_shared::frame::Wanted;
use snapline_shared::ids::NetId;
use snapline_shared::quant::Lane;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;

/// How much farther than the radius a known row stays: without it a row at the rim would enter and leave at every step.
pub(crate) const STAYS: f32 = 1.15;
/// Cells along one axis at most.
const CELLS_MAX: f32 = 256.0;
/// Rows a cell should hold about.
const ROWS_PER_CELL: f32 = 4.0;
/// In place of a cell: the row has no place.
const NO_CELL: u32 = u32::MAX;

/// One axis of the world.
#[derive(Clone, Copy, Debug)]
struct Axis {
    min: f32,
    size: f32,
    wraps: bool,
}

impl Axis {
    /// How far apart two places are along this axis.
    fn gap(&self, a: f32, b: f32) -> f32 {
        let gap = (a - b).abs();
        if self.wraps { gap.min((self.size - gap).abs()) } else { gap }
    }
}

/// How far apart two places are along the axis where they are farther apart; what is not a number is no distance.
fn gap(axis: [Axis; 2], a: Vec2, b: Vec2) -> f32 {
    axis[0].gap(a.x, b.x).max(axis[1].gap(a.y, b.y)).max(0.0)
}

/// A row.
#[derive(Clone, Copy, Debug)]
struct Spot {
    id: NetId,
    /// Where it is and how much it weighs; none: everybody gets it.
    at: Option<(Vec2, f32)>,
}

/// The rows of one step by place. Within it a row is a rank: its number in slot order.
#[derive(Debug)]
pub(crate) struct Interest {
    /// The axis that kinds with `Fixed` places share; none when the schema has none or they differ: then the world is what its rows span.
    declared: Option<Axis>,
    axis: [Axis; 2],
    cells: [u32; 2],
    /// By rank.
    spots: Vec<Spot>,
    /// Ranks of rows without a place.
    globals: Vec<u32>,
    /// Places and ranks of the others by cell, line after line; the first one of each cell, and their number.
    by_cell: Vec<(Vec2, u32)>,
    starts: Vec<u32>,
    /// Used by `rebuild`: the cell of each rank.
    cell_of: Vec<u32>,
    /// A bit for each rank that a query may give; none is set between queries.
    marks: Vec<u64>,
}

impl Interest {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut axes = schema.entities.iter().filter_map(|kind| kind.place()).map(|(lane, _)| match lane {
            Lane::Fixed { min, max, wrap, .. } => Some((min as f32, (max - min) as f32, wrap)),
            _ => None,
        });
        let first = axes.next().flatten();
        let declared = first.filter(|first| axes.all(|axis| axis == Some(*first)));
        let declared = declared.map(|(min, size, wraps)| Axis { min, size, wraps });
        let axis = declared.unwrap_or(Axis { min: 0.0, size: 1.0, wraps: false });
        Self {
            declared,
            axis: [axis; 2],
            cells: [1; 2],
            spots: Vec::new(),
            globals: Vec::new(),
            by_cell: Vec::new(),
            starts: Vec::new(),
            cell_of: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Takes the rows of a step.
    pub(crate) fn rebuild(&mut self, rows: &Rows) {
        self.spots.clear();
        self.globals.clear();
        for (rank, row) in (0..).zip(rows.list()) {
            let at = rows.place(row).map(|place| {
                let weight = f32::from(rows.schema().entities[usize::from(row.kind)].weight.max(1));
                (place, weight)
            });
            if at.is_none() {
                self.globals.push(rank);
            }
            self.spots.push(Spot { id: row.id, at });
        }
        if self.declared.is_none() {
            self.span();
        }
        let placed = self.spots.len() - self.globals.len();
        let side = (placed as f32 / ROWS_PER_CELL).sqrt().clamp(1.0, CELLS_MAX);
        self.cells = [side as u32; 2];
        self.marks.resize(self.spots.len().div_ceil(64), 0);
        self.sort_into_cells(placed);
    }

    /// Counts the rows of each cell, and puts their ranks behind each other.
    fn sort_into_cells(&mut self, placed: usize) {
        let mut cell_of = std::mem::take(&mut self.cell_of);
        cell_of.clear();
        cell_of.extend(self.spots.iter().map(|spot| {
            spot.at.map_or(NO_CELL, |(place, _)| {
                let [x, y] = [0, 1].map(|axis| self.cell(axis, place[axis]));
                y * self.cells[0] + x
            })
        }));
        let cells = (self.cells[0] * self.cells[1]) as usize;
        self.starts.clear();
        self.starts.resize(cells + 1, 0);
        cell_of.iter().filter(|&&cell| cell != NO_CELL).for_each(|&cell| self.starts[cell as usize] += 1);
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        // From the end of each cell down to its start.
        self.by_cell.resize(placed, (Vec2::ZERO, 0));
        for (rank, (&cell, spot)) in (0..).zip(cell_of.iter().zip(&self.spots)) {
            if let Some((place, _)) = spot.at {
                let at = &mut self.starts[cell as usize];
                *at -= 1;
                self.by_cell[*at as usize] = (place, rank);
            }
        }
        self.cell_of = cell_of;
    }

    /// The world is what its rows span, when the schema does not say.
    fn span(&mut self) {
        for axis in 0..2 {
            let places =
                || self.spots.iter().filter_map(|spot| Some(spot.at?.0[axis])).filter(|place| place.is_finite());
            let (min, max) = places().fold((f32::MAX, f32::MIN), |(min, max), place| (min.min(place), max.max(place)));
            let size = if max > min { max - min } else { 1.0 };
            self.axis[axis] = Axis { min: if max >= min { min } else { 0.0 }, size, wraps: false };
        }
    }

    /// Number of the cell along one axis; places outside belong to the outermost.
    fn cell(&self, axis: usize, place: f32) -> u32 {
        let Axis { min, size, .. } = self.axis[axis];
        // The cast takes NaN and what lies below to 0.
        (((place - min) / size * self.cells[axis] as f32) as u32).min(self.cells[axis] - 1)
    }

    /// Whether `place` is in sight of a view, its rim included.
    pub(crate) fn is_near(&self, view: Vec2, radius: f32, place: Vec2) -> bool {
        (0..2).all(|axis| self.axis[axis].gap(view[axis], place[axis]) <= radius * STAYS)
    }

    /// The rows that a client looking from `view` should know, in slot order; `sees` is asked for each. The row it `controls` comes first in priority.
    pub(crate) fn query(
        &mut self,
        view: Vec2,
        radius: f32,
        controls: Option<NetId>,
        sees: impl Fn(NetId) -> bool,
        out: &mut Vec<Wanted>,
    ) {
        out.clear();
        self.mark(view, radius * STAYS);
        for (first, mark) in (0..).step_by(64).zip(&mut self.marks) {
            let mut bits = std::mem::take(mark);
            while bits != 0 {
                let Spot { id, at } = self.spots[first + bits.trailing_zeros() as usize];
                bits &= bits - 1;
                let (gap, weight) = at.map_or((0.0, 1.0), |(place, weight)| (gap(self.axis, view, place), weight));
                if sees(id) {
                    let priority = if at.is_some() && controls == Some(id) { -1.0 } else { gap / weight };
                    out.push(Wanted { slot: id.slot, enters: at.is_none() || gap <= radius, priority });
                }
            }
        }
    }

    /// Marks what lies within `reach` of `view`, and the rows without a place.
    fn mark(&mut self, view: Vec2, reach: f32) {
        self.globals.iter().for_each(|&rank| self.marks[rank as usize / 64] |= 1 << (rank % 64));
        let [across, down] = [0, 1].map(|axis| self.cells_within(axis, view[axis], reach));
        for y in down.into_iter().flatten() {
            for columns in across.iter().filter(|columns| !columns.is_empty()) {
                let [from, to] = [columns.start, columns.end].map(|x| self.starts[(y * self.cells[0] + x) as usize]);
                for &(place, rank) in &self.by_cell[from as usize..to as usize] {
                    // Without a branch: half of the rows of these cells are near.
                    let is_near = gap(self.axis, view, place) <= reach;
                    self.marks[rank as usize / 64] |= u64::from(is_near) << (rank % 64);
                }
            }
        }
    }

    /// The cells within `reach` of `place` along one axis: one range, or two where the world wraps.
    fn cells_within(&self, axis: usize, place: f32, reach: f32) -> [std::ops::Range<u32>; 2] {
        let (Axis { min, size, wraps }, cells) = (self.axis[axis], self.cells[axis]);
        let fits = 2.0 * reach < size * (1.0 - 2.0 / cells as f32);
        // Not for NaN: then all cells are asked.
        if !fits {
            return [0..cells, 0..0];
        }
        let (from, to) = (self.cell(axis, place - reach), self.cell(axis, place + reach));
        if wraps && place - reach < min {
            [0..to + 1, self.cell(axis, place - reach + size)..cells]
        } else if wraps && place + reach >= min + size {
            [0..self.cell(axis, place + reach - size) + 1, from..cells]
        } else {
            [from..to + 1, 0..0]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use snapline_shared::prelude::*;

    use super::*;

    wire! { struct Torus at place weight 2 { place: Vec2 => Lerp Fixed { min: -500.0, max: 500.0, step: 0.0625, wrap: true } } }
    wire! { struct Open at place { place: Vec2 => Lerp F32 } }
    wire! { struct Global { score: u8 => Snap Uint { bits: 8 } } }

    fn schema(first: Kind) -> Arc<Schema> {
        let (input, own) = (<()>::KIND, <()>::KIND);
        let entities = vec![first, Global::KIND].into();
        Arc::new(Schema {
            game: "".into(),
            entities,
            events: vec![].into(),
            requests: vec![].into(),
            input,
            own,
            tables: "".into(),
        })
    }

    /// The same by asking every row.
    fn naive(rows: &Rows, wraps: bool, view: Vec2, radius: f32) -> Vec<(u16, bool)> {
        let gap = |a: f32, b: f32| if wraps { (a - b).abs().min(1000.0 - (a - b).abs()) } else { (a - b).abs() };
        let mut wanted = Vec::new();
        for row in rows.list() {
            let far = rows.place(row).map_or(0.0, |place| gap(place.x, view.x).max(gap(place.y, view.y)));
            if far <= radius * STAYS && row.id.slot % 7 != 3 {
                wanted.push((row.id.slot, far <= radius));
            }
        }
        wanted
    }

    #[test]
    fn the_grid_gives_what_asking_every_row_gives() {
        for wraps in [true, false] {
            let schema = schema(if wraps { Torus::KIND } else { Open::KIND });
            let (mut rng, mut interest, mut wanted) = (Rng::new(7), Interest::new(&schema), Vec::new());
            for round in 0..60 {
                let mut rows = Rows::new(schema.clone());
                for slot in 0..rng.below(400) as u16 {
                    let (id, place) =
                        (NetId { slot, generation: 0 }, Vec2::new(rng.unit() - 0.5, rng.unit() - 0.5) * 999.0);
                    match slot % 50 {
                        0 => rows.put(id, &Global { score: 1 }),
                        _ if wraps => rows.put(id, &Torus { place }),
                        _ => rows.put(id, &Open { place }),
                    }
                }
                rows.finish();
                interest.rebuild(&rows);
                for _ in 0..20 {
                    let view = Vec2::new(rng.unit() - 0.5, rng.unit() - 0.5) * 1000.0;
                    let radius = [0.0, 30.0, 120.0, 300.0, 434.0, 500.0, 5000.0][rng.below(7) as usize];
                    interest.query(view, radius, None, |id| id.slot % 7 != 3, &mut wanted);
                    let got: Vec<(u16, bool)> = wanted.iter().map(|wanted| (wanted.slot, wanted.enters)).collect();
                    assert_eq!(got, naive(&rows, wraps, view, radius), "round {round}, view {view}, radius {radius}");
                }
            }
        }
    }

    #[test]
    fn a_view_that_is_no_number_breaks_nothing() {
        let schema = schema(Open::KIND);
        let (mut interest, mut rows, mut wanted) = (Interest::new(&schema), Rows::new(schema.clone()), Vec::new());
        rows.put(NetId { slot: 1, generation: 0 }, &Open { place: Vec2::new(f32::NAN, f32::INFINITY) });
        rows.put(NetId { slot: 2, generation: 0 }, &Open { place: Vec2::ZERO });
        rows.finish();
        interest.rebuild(&rows);
        interest.query(Vec2::splat(f32::NAN), f32::NAN, None, |_| true, &mut wanted);
        interest.query(Vec2::ZERO, f32::INFINITY, None, |_| true, &mut wanted);
        assert!(wanted.iter().any(|wanted| wanted.slot == 2));
    }
}
