//! Interest: which rows lie in a view. A grid over the rows' places, made once a step; a row enters at the view's radius and leaves at 1.15 times it.

use glam::Vec2;
use snapline_shared::frame::Wanted;
use snapline_shared::ids::NetId;
use snapline_shared::quant::Lane;
use snapline_shared::rows::{Row, Rows};
use snapline_shared::schema::Schema;
use wide::f32x8;

/// How much farther than the radius a known row stays: without it a row at the rim would enter and leave at every step.
pub(crate) const STAYS: f32 = 1.15;
/// Cells along one axis at most.
const CELLS_MAX: f32 = 256.0;
/// Rows a cell should hold about.
const ROWS_PER_CELL: f32 = 4.0;
/// In place of a cell: the row has no place.
const NO_CELL: u32 = u32::MAX;

/// Rows whose distances are computed together.
const LANES: usize = 8;
/// With so few rows a grid does not pay: all are asked.
const ROWS_WITHOUT_GRID: usize = 128;

/// In place of a controlled row: generations are counted up from 0, and no server lives that long.
const NOBODY: NetId = NetId { slot: u16::MAX, generation: u32::MAX };

/// One axis of the world.
#[derive(Clone, Copy, Debug)]
struct Axis {
    min: f32,
    size: f32,
    wraps: bool,
    /// Its size where it wraps: the way around is that less the gap. Else infinite.
    around: f32,
}

impl Axis {
    const fn new(min: f32, size: f32, wraps: bool) -> Self {
        Self { min, size, wraps, around: if wraps { size } else { f32::INFINITY } }
    }

    /// How far apart two places are along this axis.
    fn gap(&self, a: f32, b: f32) -> f32 {
        let gap = (a - b).abs();
        gap.min((self.around - gap).abs())
    }

    /// The same for the rows of a block.
    fn gaps(&self, a: f32, places: f32x8) -> f32x8 {
        let gaps = (f32x8::splat(a) - places).abs();
        gaps.fast_min((f32x8::splat(self.around) - gaps).abs())
    }
}

/// A row.
#[derive(Clone, Copy, Debug)]
struct Spot {
    id: NetId,
    /// 1 / its weight; 0 when it has no place: everybody gets it.
    ease: f32,
}

/// Where a row is; none when its kind has no place, or it is no number.
fn place(rows: &Rows, row: &Row) -> Option<Vec2> {
    rows.place(row).filter(|place| !place.is_nan())
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
    /// The others by cell, line after line: where each is along either axis, and its rank. Behind the last there are [`LANES`] that lie nowhere, so that
    /// a look at so many may begin at any of them.
    places: [Vec<f32>; 2],
    by_cell: Vec<u32>,
    /// The first one of each cell, and their number.
    starts: Vec<u32>,
    /// Used by `rebuild`: the cell and the place of each rank.
    cell_of: Vec<(u32, Vec2)>,
    /// A bit for each rank that a query gives if the game agrees; none is set between queries.
    marks: Vec<u64>,
    /// By rank: how far a marked row is from the view.
    gaps: Vec<f32>,
}

impl Interest {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut axes = schema.entities.iter().filter_map(|kind| kind.place()).map(|(lane, _)| match lane {
            Lane::Fixed { min, max, wrap, .. } => Some((min as f32, (max - min) as f32, wrap)),
            _ => None,
        });
        let first = axes.next().flatten();
        let declared = first.filter(|first| axes.all(|axis| axis == Some(*first)));
        let declared = declared.map(|(min, size, wraps)| Axis::new(min, size, wraps));
        let axis = declared.unwrap_or(Axis::new(0.0, 1.0, false));
        Self {
            declared,
            axis: [axis; 2],
            cells: [1; 2],
            spots: Vec::new(),
            globals: Vec::new(),
            places: [Vec::new(), Vec::new()],
            by_cell: Vec::new(),
            starts: Vec::new(),
            cell_of: Vec::new(),
            marks: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Takes the rows of a step.
    pub(crate) fn rebuild(&mut self, rows: &Rows) {
        self.spots.clear();
        self.globals.clear();
        for (rank, row) in (0..).zip(rows.list()) {
            let weight = f32::from(rows.schema().entities[usize::from(row.kind)].weight.max(1));
            let is_placed = place(rows, row).is_some();
            if !is_placed {
                self.globals.push(rank);
            }
            self.spots.push(Spot { id: row.id, ease: if is_placed { weight.recip() } else { 0.0 } });
        }
        if self.declared.is_none() {
            self.span(rows);
        }
        let placed = self.spots.len() - self.globals.len();
        let side = (placed as f32 / ROWS_PER_CELL).sqrt().clamp(1.0, CELLS_MAX);
        self.cells = if placed > ROWS_WITHOUT_GRID { [side as u32; 2] } else { [1; 2] };
        self.marks.resize(self.spots.len().div_ceil(64), 0);
        self.gaps.clear();
        self.gaps.resize(self.spots.len(), 0.0);
        self.sort_into_cells(rows, placed);
    }

    /// Counts the rows of each cell, and puts them behind each other.
    fn sort_into_cells(&mut self, rows: &Rows, placed: usize) {
        let mut cell_of = std::mem::take(&mut self.cell_of);
        cell_of.clear();
        cell_of.extend(rows.list().iter().map(|row| {
            place(rows, row).map_or((NO_CELL, Vec2::ZERO), |place| {
                let [x, y] = [0, 1].map(|axis| self.cell(axis, place[axis]));
                (y * self.cells[0] + x, place)
            })
        }));
        let cells = (self.cells[0] * self.cells[1]) as usize;
        self.starts.clear();
        self.starts.resize(cells + 1, 0);
        cell_of.iter().filter(|(cell, _)| *cell != NO_CELL).for_each(|&(cell, _)| self.starts[cell as usize] += 1);
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        for places in &mut self.places {
            places.clear();
            places.resize(placed + LANES, f32::INFINITY);
        }
        self.by_cell.clear();
        self.by_cell.resize(placed + LANES, 0);
        // From the end of each cell down to its start.
        for (rank, &(cell, place)) in (0..).zip(&cell_of).filter(|(_, (cell, _))| *cell != NO_CELL) {
            let start = &mut self.starts[cell as usize];
            *start -= 1;
            let at = *start as usize;
            (self.places[0][at], self.places[1][at], self.by_cell[at]) = (place.x, place.y, rank);
        }
        self.cell_of = cell_of;
    }

    /// The world is what its rows span, when the schema does not say.
    fn span(&mut self, rows: &Rows) {
        for axis in 0..2 {
            let places =
                || rows.list().iter().filter_map(|row| Some(place(rows, row)?[axis])).filter(|at| at.is_finite());
            let (min, max) = places().fold((f32::MAX, f32::MIN), |(min, max), place| (min.min(place), max.max(place)));
            let size = if max > min { max - min } else { 1.0 };
            self.axis[axis] = Axis::new(if max >= min { min } else { 0.0 }, size, false);
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
        // What is no number reaches nothing, nor does what is less than nothing, and what is nowhere is not reached.
        let reach = (radius * STAYS).clamp(-1.0, f32::MAX);
        let own = controls.unwrap_or(NOBODY);
        self.mark(view, reach);
        for (first, mark) in (0..).step_by(64).zip(&mut self.marks) {
            let mut bits = std::mem::take(mark);
            while bits != 0 {
                let rank = first + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let (Spot { id, ease }, gap) = (self.spots[rank], self.gaps[rank]);
                if sees(id) {
                    let priority = if id == own && ease > 0.0 { -1.0 } else { gap * ease };
                    out.push(Wanted { slot: id.slot, enters: gap <= radius || ease == 0.0, priority });
                }
            }
        }
    }

    /// Marks what lies within `reach` of `view`, with how far it is, and the rows without a place.
    fn mark(&mut self, view: Vec2, reach: f32) {
        self.globals.iter().for_each(|&rank| self.marks[rank as usize / 64] |= 1 << (rank % 64));
        let [across, down] = [0, 1].map(|axis| self.cells_within(axis, view[axis], reach));
        for y in down.into_iter().flatten() {
            for columns in across.iter().filter(|columns| !columns.is_empty()) {
                let [from, to] = [columns.start, columns.end].map(|x| self.starts[(y * self.cells[0] + x) as usize]);
                // What follows the last one is looked at too: it is near or it is not.
                let mut at = from as usize;
                while at < to as usize {
                    self.mark_eight(at, view, reach);
                    at += LANES;
                }
            }
        }
    }

    /// Marks those of the eight from `at` on that are near.
    fn mark_eight(&mut self, at: usize, view: Vec2, reach: f32) {
        // As many lie behind the last one: none never happens.
        let eight = |places: &Vec<f32>| places[at..].first_chunk().map_or(f32x8::splat(f32::NAN), |&x| x.into());
        let across = self.axis[0].gaps(view.x, eight(&self.places[0]));
        let down = self.axis[1].gaps(view.y, eight(&self.places[1]));
        // One by one: of two gaps that are not both numbers (an infinite one has become none) the larger says nothing.
        let reach = f32x8::splat(reach);
        let mut near = (across.simd_le(reach) & down.simd_le(reach)).to_bitmask();
        let (gaps, ranks) = (across.fast_max(down).to_array(), &self.by_cell[at..at + LANES]);
        while near != 0 {
            let lane = near.trailing_zeros() as usize % LANES;
            near &= near - 1;
            let rank = ranks[lane] as usize;
            self.marks[rank / 64] |= 1 << (rank % 64);
            self.gaps[rank] = gaps[lane];
        }
    }

    /// The cells within `reach` of `place` along one axis: one range, or two where the world wraps.
    fn cells_within(&self, axis: usize, place: f32, reach: f32) -> [std::ops::Range<u32>; 2] {
        let (Axis { min, size, wraps, .. }, cells) = (self.axis[axis], self.cells[axis]);
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
        let far = [(f32::INFINITY, 0.0), (f32::NEG_INFINITY, 0.0), (0.0, f32::INFINITY), (f32::MAX, 0.0), (500.0, 1.0)];
        for (slot, (x, y)) in (3..).zip(far) {
            rows.put(NetId { slot, generation: 0 }, &Open { place: Vec2::new(x, y) });
        }
        rows.finish();
        interest.rebuild(&rows);
        let mut count = |view: Vec2, radius: f32| {
            interest.query(view, radius, None, |id| id.slot > 1, &mut wanted);
            wanted.len()
        };
        assert_eq!(count(Vec2::ZERO, 10.0), 1, "what is near is seen, what is infinitely far is not");
        for view in [(f32::NAN, 0.0), (0.0, f32::NAN), (f32::INFINITY, 0.0), (0.0, f32::NEG_INFINITY), (f32::MIN, 0.0)]
        {
            assert_eq!(count(view.into(), 10.0), 0, "{view:?}");
        }
        assert_eq!(count(Vec2::ZERO, -1.0), 0, "less than nothing");
        interest.query(Vec2::ZERO, f32::INFINITY, None, |_| true, &mut wanted);
        assert!(wanted.iter().any(|wanted| wanted.slot == 2));
    }
}
