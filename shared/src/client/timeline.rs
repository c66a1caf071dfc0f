//! The last snapshots as they arrived, and the world drawn between two of them.

use std::collections::VecDeque;
use std::sync::Arc;

use glam::Quat;

use crate::frame::{Eye, KnownRow, Replica};
use crate::ids::NetId;
use crate::quant::{Blend, Field, Lane, Shape, blend_number};
use crate::schema::{Kind, Schema};
use crate::tick::{Step, Tick};

/// Snapshots kept: a second at 30 Hz is more than any delay.
const SHOTS_MAX: usize = 32;

/// One row as it is to be drawn now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnRow {
    /// Which entity (generation: low 8 bits).
    pub id: NetId,
    /// Number of its kind.
    pub kind: u8,
    /// Whether its newest data is old: to be shown dimmed.
    pub held: bool,
    /// First of its numbers in `Drawn::values`: one for each component of each field, in schema order.
    pub from: u32,
}

/// The world as it is to be drawn now: others interpolated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// In slot order.
    pub rows: Vec<DrawnRow>,
    /// Numbers of all rows.
    pub values: Vec<f32>,
    /// Index in `rows` of the entity that this player steers.
    pub own: Option<usize>,
    /// Centre of the view when nothing is steered.
    pub place: [f32; 2],
    /// Half the side of what can be seen.
    pub radius: f32,
    /// Tick that is drawn, with its fraction.
    pub tick: f64,
}

/// A field of a kind: where its words are and how it is blended.
#[derive(Clone, Debug)]
struct FieldPlan {
    shape: Shape,
    lane: Lane,
    blend: Blend,
    from: usize,
}

/// One snapshot.
#[derive(Clone, Debug, Default)]
struct Shot {
    step: Step,
    rows: Vec<ShotRow>,
    words: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct ShotRow {
    id: NetId,
    kind: u8,
    held: bool,
    from: u32,
}

/// The last snapshots, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    schema: Arc<Schema>,
    plans: Vec<Vec<FieldPlan>>,
    widths: Vec<usize>,
    shots: VecDeque<Shot>,
    ticks_per_step: u32,
}

impl Timeline {
    pub(super) fn new(schema: &Arc<Schema>, ticks_per_step: u32) -> Self {
        let widths = schema.entities.iter().map(Kind::words).collect();
        Self {
            schema: schema.clone(),
            plans: schema.entities.iter().map(plan).collect(),
            widths,
            shots: VecDeque::new(),
            ticks_per_step,
        }
    }

    /// Keeps what the replica holds now.
    pub(super) fn push(&mut self, replica: &Replica) {
        let Some(step) = replica.step() else { return };
        let mut shot = if self.shots.len() == SHOTS_MAX { self.shots.pop_front() } else { None }.unwrap_or_default();
        shot.step = step;
        shot.rows.clear();
        shot.words.clear();
        for KnownRow { id, held, state, .. } in replica.rows() {
            shot.rows.push(ShotRow { id: *id, kind: state.kind, held: *held, from: shot.words.len() as u32 });
            shot.words.extend_from_slice(&state.words);
        }
        self.shots.push_back(shot);
    }

    /// Forgets everything: what was known before has nothing to do with what comes.
    pub(super) fn clear(&mut self) {
        self.shots.clear();
    }

    /// The pair of snapshots around `drawn` (ticks from `base`) and how far between them it lies; twice the same at the ends.
    fn around(&self, base: Tick, drawn: f64) -> Option<(&Shot, &Shot, f32)> {
        let at = |shot: &Shot| f64::from(shot.step.tick(self.ticks_per_step).since(base));
        let after = self.shots.partition_point(|shot| at(shot) <= drawn);
        let older = self.shots.get(after.saturating_sub(1))?;
        let newer = self.shots.get(after).filter(|_| after > 0).unwrap_or(older);
        let gap = at(newer) - at(older);
        Some((older, newer, if gap > 0.0 { ((drawn - at(older)) / gap) as f32 } else { 0.0 }))
    }

    /// What `seen` is to say when `drawn` is drawn: the older step's tick, and the fraction of the way to the next *step*.
    pub(super) fn seen(&self, base: Tick, drawn: f64) -> Option<(Tick, u8)> {
        let (older, newer, t) = self.around(base, drawn)?;
        let steps = f64::from(newer.step.since(older.step)) * f64::from(t);
        let whole = steps.floor();
        Some((older.step.offset(whole as i32).tick(self.ticks_per_step), ((steps - whole) * 256.0) as u8))
    }

    /// Draws the world at `drawn` (ticks from `base`) into `out`.
    pub(super) fn draw(&self, base: Tick, drawn: f64, eye: &Eye, out: &mut Drawn) {
        out.rows.clear();
        out.values.clear();
        (out.own, out.place, out.radius) = (None, eye.place, eye.radius);
        out.tick = f64::from(base.0) + drawn;
        let Some((older, newer, t)) = self.around(base, drawn) else { return };
        let steps = newer.step.since(older.step).unsigned_abs();
        let mut next = newer.rows.iter().peekable();
        for row in &older.rows {
            while next.next_if(|newer| newer.id.slot < row.id.slot).is_some() {}
            let goes_on =
                next.peek().filter(|newer| newer.id == row.id && newer.kind == row.kind && !newer.held && !row.held);
            let words = self.words(older, row);
            let to = goes_on.map_or(words, |row| self.words(newer, row));
            if eye.controls == Some(row.id.slot) {
                out.own = Some(out.rows.len());
            }
            out.rows.push(DrawnRow { id: row.id, kind: row.kind, held: row.held, from: out.values.len() as u32 });
            let kind = usize::from(row.kind);
            let t = if self.schema.entities[kind].is_teleport(words, to, steps) { 0.0 } else { t };
            for field in &self.plans[kind] {
                field.draw(words, to, t, &mut out.values);
            }
        }
    }

    fn words<'a>(&self, shot: &'a Shot, row: &ShotRow) -> &'a [u32] {
        &shot.words[row.from as usize..][..self.widths[usize::from(row.kind)]]
    }
}

fn plan(kind: &Kind) -> Vec<FieldPlan> {
    let field = |(number, field): (usize, &crate::schema::FieldSpec)| FieldPlan {
        shape: field.shape,
        lane: field.lane,
        blend: field.blend,
        from: kind.word_of(number),
    };
    kind.fields.iter().enumerate().map(field).collect()
}

impl FieldPlan {
    /// Appends the field's numbers.
    fn draw(&self, from: &[u32], to: &[u32], t: f32, out: &mut Vec<f32>) {
        if self.shape == Shape::Quat {
            let [a, b] = [from, to].map(|words| Quat::dequantise(&self.lane, &words[self.from..self.from + 4]));
            out.extend(Quat::blend(&self.lane, self.blend, a, b, t).to_array());
            return;
        }
        let width = self.lane.words();
        for component in 0..self.shape.components() {
            let words = self.from + component * width..self.from + (component + 1) * width;
            let (a, b) = (self.lane.value(&from[words.clone()]), self.lane.value(&to[words]));
            out.push(blend_number(&self.lane, self.blend, a, b, t) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::Rates;
    use crate::frame::{FrameSpec, FrameWriter, Mirror, Store, Wanted};
    use crate::prelude::*;
    use crate::rows::Rows;

    crate::wire! { struct Walker at place teleport 100 {
        place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 8 }, hp: u8 => Snap Uint { bits: 8 },
    } }

    const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };

    /// What is drawn between the steps 3 and 4, at which a walker is here and there.
    fn draw(from: Walker, to: Walker, t: f64) -> Vec<f32> {
        let (input, own) = (<()>::KIND, <()>::KIND);
        let entities = vec![Walker::KIND].into();
        let schema = Arc::new(Schema {
            game: "".into(),
            entities,
            events: vec![].into(),
            requests: vec![].into(),
            input,
            own,
            tables: "".into(),
        });
        let (mut store, mut mirror, mut writer) =
            (Store::new(schema.clone(), RATES).expect("no tables"), Mirror::default(), FrameWriter::new());
        let (mut replica, mut timeline) = (Replica::new(&schema, RATES).expect("no tables"), Timeline::new(&schema, 2));
        for (step, walker) in [(3, from), (4, to)] {
            let mut rows = Rows::new(schema.clone());
            rows.put(NetId { slot: 5, generation: 1 }, &walker);
            rows.finish();
            store.push_step(Step(step), &rows);
            let eye = Eye { controls: Some(5), ..Eye::default() };
            let wanted = [Wanted { slot: 5, enters: true, priority: 0.0 }];
            let spec =
                FrameSpec { ticks_per_step: 2, input: None, slack: 0, wanted: &wanted, own: None, eye, bytes_max: 999 };
            let mut bytes = Vec::new();
            writer.write(&store, &mut mirror, &spec, |_| true, &mut bytes);
            replica.read(&bytes).expect("a frame");
            timeline.push(&replica);
        }
        let mut drawn = Drawn::default();
        timeline.draw(Tick(1), 5.0 + 2.0 * t, replica.eye(), &mut drawn);
        assert_eq!((drawn.own, drawn.rows.len(), drawn.tick), (Some(0), 1, 6.0 + 2.0 * t));
        assert_eq!(timeline.seen(Tick(1), 5.0 + 2.0 * t), Some((Tick(6), (t * 256.0) as u8)));
        drawn.values
    }

    #[test]
    fn rows_are_blended_the_short_way_each_field_as_the_schema_says() {
        let from = Walker { place: Vec2::new(990.0, 10.0), heading: 6.2, hp: 9 };
        let to = Walker { place: Vec2::new(10.0, 20.0), heading: 0.1, hp: 8 };
        let values = draw(from, to, 0.75);
        assert_eq!((values[0], values[1], values[3]), (5.0, 17.5, 9.0));
        assert!((values[2] - (0.098 + core::f32::consts::TAU)).abs() < 0.06, "{values:?}");
    }

    #[test]
    fn nothing_is_drawn_in_the_middle_of_a_teleport() {
        let from = Walker { place: Vec2::new(100.0, 10.0), ..Walker::default() };
        let to = Walker { place: Vec2::new(300.0, 10.0), ..Walker::default() };
        assert_eq!(draw(from, to, 0.5)[0], 100.0);
    }
}
