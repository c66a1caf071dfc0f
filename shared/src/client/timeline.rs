//! The last snapshots as they arrived, and the world drawn between two of them.

use std::collections::VecDeque;
use std::sync::Arc;

use glam::Quat;

use super::offsets::Offsets;
use super::playback::EXTRAPOLATED_US;
use crate::frame::{Eye, KnownRow, Replica};
use crate::ids::NetId;
use crate::quant::{Blend, Field, Lane, Shape, blend_number};
use crate::schema::{Drive, Kind, Schema};
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
    /// Whether its newest data is old (the server holds it back, or nothing has come for a while): to be shown dimmed.
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

/// A kind: how its rows are drawn.
#[derive(Clone, Debug)]
struct KindPlan {
    fields: Vec<FieldPlan>,
    place: Option<PlacePlan>,
    /// Lane and first word of the velocity.
    velocity: Option<(Lane, usize)>,
    words: usize,
}

/// Where a kind's place is: among the words and among the numbers.
#[derive(Clone, Debug)]
pub(super) struct PlacePlan {
    pub(super) lane: Lane,
    from: usize,
    pub(super) number: usize,
    pub(super) axes: usize,
}

impl KindPlan {
    const fn place(&self) -> Option<&PlacePlan> {
        self.place.as_ref()
    }
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
    /// The step of its state.
    step: Step,
    from: u32,
}

/// The last snapshots, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    schema: Arc<Schema>,
    plans: Vec<KindPlan>,
    shots: VecDeque<Shot>,
    ticks_per_step: u32,
    tick_hz: f64,
    offsets: Offsets,
}

/// The moment to draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Ticks from `base`.
    pub(super) drawn: f64,
    /// What those are counted from.
    pub(super) base: Tick,
    /// When it is drawn, for what fades.
    pub(super) now_us: u64,
    /// Whether time stands still for want of snapshots.
    pub(super) frozen: bool,
}

impl Timeline {
    pub(super) fn new(schema: &Arc<Schema>, tick_hz: u32, ticks_per_step: u32) -> Self {
        Self {
            schema: schema.clone(),
            plans: schema.entities.iter().map(KindPlan::new).collect(),
            shots: VecDeque::new(),
            ticks_per_step,
            tick_hz: f64::from(tick_hz.max(1)),
            offsets: Offsets::default(),
        }
    }

    /// Keeps what the replica holds now.
    pub(super) fn push(&mut self, replica: &Replica) {
        let Some(step) = replica.step() else { return };
        let mut shot = if self.shots.len() == SHOTS_MAX { self.shots.pop_front() } else { None }.unwrap_or_default();
        shot.step = step;
        shot.rows.clear();
        shot.words.clear();
        for KnownRow { id, held, step, state } in replica.rows() {
            let from = shot.words.len() as u32;
            shot.rows.push(ShotRow { id: *id, kind: state.kind, held: *held, step: *step, from });
            shot.words.extend_from_slice(&state.words);
        }
        self.shots.push_back(shot);
        self.offsets.is_stale = true;
    }

    /// Forgets everything: what was known before has nothing to do with what comes.
    pub(super) fn clear(&mut self) {
        self.shots.clear();
        self.offsets = Offsets::default();
    }

    fn ticks_at(&self, step: Step, base: Tick) -> f64 {
        f64::from(step.tick(self.ticks_per_step).since(base))
    }

    /// Number of the snapshot at or before `drawn` (ticks from `base`), the first when all come later; none without any.
    fn before(&self, base: Tick, drawn: f64) -> Option<usize> {
        let after = self.shots.partition_point(|shot| self.ticks_at(shot.step, base) <= drawn);
        (!self.shots.is_empty()).then(|| after.saturating_sub(1))
    }

    /// What `seen` is to say when `drawn` is drawn: the older step's tick, and the fraction of the way to the next *step*. Beyond the newest
    /// snapshot it is that one.
    pub(super) fn seen(&self, base: Tick, drawn: f64) -> Option<(Tick, u8)> {
        let older = self.shots.get(self.before(base, drawn)?)?;
        let newest = self.shots.back()?.step.since(older.step);
        let steps = (drawn - self.ticks_at(older.step, base)) / f64::from(self.ticks_per_step.max(1));
        let steps = steps.clamp(0.0, f64::from(newest));
        let whole = steps.floor();
        Some((older.step.offset(whole as i32).tick(self.ticks_per_step), ((steps - whole) * 256.0) as u8))
    }

    /// The newest snapshot in ticks from `base`.
    pub(super) fn newest(&self, base: Tick) -> Option<f64> {
        self.shots.back().map(|shot| self.ticks_at(shot.step, base))
    }

    /// Draws the world into `out`.
    pub(super) fn draw(&mut self, moment: &Moment, eye: &Eye, out: &mut Drawn) {
        let Moment { drawn, base, now_us, frozen } = *moment;
        out.rows.clear();
        out.values.clear();
        (out.own, out.place, out.radius) = (None, eye.place, eye.radius);
        out.tick = f64::from(base.0) + drawn;
        let Some(at) = self.before(base, drawn) else { return };
        if self.offsets.begins() {
            self.begin_offsets(base);
        }
        for row in &self.shots[at].rows {
            if eye.controls == Some(row.id.slot) {
                out.own = Some(out.rows.len());
            }
            let held = row.held || frozen;
            let from = out.values.len();
            out.rows.push(DrawnRow { id: row.id, kind: row.kind, held, from: from as u32 });
            let plan = &self.plans[usize::from(row.kind)];
            self.draw_row(at, row, base, drawn, &mut out.values);
            self.offsets.apply(row.id, plan.place(), now_us, &mut out.values[from..]);
        }
        let newest = self.newest(base).unwrap_or(drawn);
        let plans = &self.plans;
        self.offsets.remember(drawn, newest, out, |row| plans[usize::from(row.kind)].place());
    }

    /// The places of all rows in the newest snapshot, as they were sent, by the rows of `out`: two numbers each, NaN where there is none.
    pub(super) fn raw_places(&self, rows: &[DrawnRow], out: &mut Vec<f32>) {
        out.clear();
        let Some(newest) = self.shots.back() else { return out.resize(2 * rows.len(), f32::NAN) };
        for row in rows {
            let plan = &self.plans[usize::from(row.kind)];
            let known = newest.rows.binary_search_by_key(&row.id.slot, |row| row.id.slot).ok();
            let known = known.map(|at| &newest.rows[at]).filter(|known| known.id == row.id && known.kind == row.kind);
            let place = known.zip(plan.place.as_ref());
            out.extend(match place {
                Some((row, place)) => [0, 1].map(|axis| place.value(self.words(newest, row), axis) as f32),
                None => [f32::NAN; 2],
            });
        }
    }

    /// Appends the numbers of a row of snapshot number `at` as it is at `drawn`.
    fn draw_row(&self, at: usize, row: &ShotRow, base: Tick, drawn: f64, out: &mut Vec<f32>) {
        let kind = usize::from(row.kind);
        let words = self.words(&self.shots[at], row);
        let ticks = self.ticks_at(row.step, base);
        let from = out.len();
        // A row that is held has the same state in some snapshots: it goes on to the next state that came.
        let next = self.shots.iter().skip(at + 1).find_map(|shot| {
            let next = shot.rows.binary_search_by_key(&row.id.slot, |row| row.id.slot).ok().map(|at| &shot.rows[at])?;
            let is_same = next.id == row.id && next.kind == row.kind;
            (!is_same || next.step != row.step).then_some((shot, next, is_same))
        });
        let mut t = 0.0;
        let mut to = words;
        if let Some((shot, next, true)) = next {
            to = self.words(shot, next);
            let gap = self.ticks_at(next.step, base) - ticks;
            if !self.schema.entities[kind].is_teleport(words, to, next.step.since(row.step).unsigned_abs()) {
                t = if gap > 0.0 { ((drawn - ticks) / gap).clamp(0.0, 1.0) as f32 } else { 0.0 };
            }
        }
        let plan = &self.plans[kind];
        for field in &plan.fields {
            field.draw(words, to, t, out);
        }
        let beyond_s = (drawn - ticks) / self.tick_hz;
        if next.is_none() && beyond_s > 0.0 && self.is_known_later(at, row) {
            self.extrapolate(at, row, base, beyond_s.min(EXTRAPOLATED_US / 1e6), &mut out[from..]);
        }
    }

    /// Whether the row is in the newest snapshot too: else it has ended, and goes nowhere.
    fn is_known_later(&self, at: usize, row: &ShotRow) -> bool {
        at + 1 == self.shots.len()
            || self.shots.back().is_some_and(|shot| {
                shot.rows
                    .binary_search_by_key(&row.id.slot, |row| row.id.slot)
                    .is_ok_and(|at| shot.rows[at].id == row.id)
            })
    }

    /// Moves a drawn row on along its velocity: the lane that says so, else that between its last two states.
    fn extrapolate(&self, at: usize, row: &ShotRow, base: Tick, beyond_s: f64, numbers: &mut [f32]) {
        let plan = &self.plans[usize::from(row.kind)];
        let Some(place) = &plan.place else { return };
        let words = self.words(&self.shots[at], row);
        let before = self.shots.iter().take(at).rev().find_map(|shot| {
            let found =
                shot.rows.binary_search_by_key(&row.id.slot, |row| row.id.slot).ok().map(|at| &shot.rows[at])?;
            (found.step != row.step || found.id != row.id).then_some((shot, found))
        });
        let before = before.filter(|(_, before)| before.id == row.id && before.kind == row.kind);
        for axis in 0..place.axes {
            let velocity = match (plan.velocity, before) {
                (Some((lane, from)), _) => lane.value(&words[from + axis * lane.words()..][..lane.words()]),
                (None, Some((shot, before))) => {
                    let old = self.words(shot, before);
                    let seconds = (self.ticks_at(row.step, base) - self.ticks_at(before.step, base)) / self.tick_hz;
                    let jumped = self.schema.entities[usize::from(row.kind)].is_teleport(
                        old,
                        words,
                        row.step.since(before.step).unsigned_abs(),
                    );
                    let gap = place.lane.gap(Blend::Lerp, place.value(old, axis), place.value(words, axis));
                    if jumped || seconds <= 0.0 { 0.0 } else { gap / seconds }
                }
                (None, None) => 0.0,
            };
            let number = &mut numbers[place.number + axis];
            let moved = f64::from(*number) + velocity * beyond_s;
            // Around the edge of a world that has none.
            *number = blend_number(&place.lane, Blend::Lerp, moved, moved, 0.0) as f32;
        }
    }

    /// Rows were drawn where they were thought to be, and now it is known where they were: the difference is kept and fades.
    fn begin_offsets(&mut self, base: Tick) {
        let (drawn, shown) = self.offsets.take_shown();
        let Some(at) = self.before(base, drawn) else { return };
        let mut numbers = Vec::new();
        let mut begun = Vec::with_capacity(shown.len());
        for old in shown {
            let rows = &self.shots[at].rows;
            let found = rows.binary_search_by_key(&old.id.slot, |row| row.id.slot).ok().map(|at| &rows[at]);
            let Some(row) = found.filter(|row| row.id == old.id && row.kind == old.kind) else { continue };
            let Some(place) = &self.plans[usize::from(row.kind)].place else { continue };
            numbers.clear();
            self.draw_row(at, row, base, drawn, &mut numbers);
            let gap = [0, 1, 2].map(|axis| {
                let known = numbers.get(place.number + axis).filter(|_| axis < place.axes);
                known.map_or(0.0, |&known| place.lane.gap(Blend::Lerp, known.into(), old.place[axis].into()) as f32)
            });
            let far = self.schema.entities[usize::from(row.kind)].teleport.unwrap_or(f64::INFINITY);
            if f64::from(gap[0].hypot(gap[1])) <= far && gap != [0.0; 3] {
                begun.push((row.id, gap));
            }
        }
        self.offsets.begin(begun);
    }

    fn words<'a>(&self, shot: &'a Shot, row: &ShotRow) -> &'a [u32] {
        &shot.words[row.from as usize..][..self.plans[usize::from(row.kind)].words]
    }
}

impl KindPlan {
    fn new(kind: &Kind) -> Self {
        let field = |(number, field): (usize, &crate::schema::FieldSpec)| FieldPlan {
            shape: field.shape,
            lane: field.lane,
            blend: field.blend,
            from: kind.word_of(number),
        };
        let first = |field: usize| kind.fields[..field].iter().map(|field| field.shape.components()).sum();
        let place = kind.at.map(usize::from).map(|at| PlacePlan {
            lane: kind.fields[at].lane,
            from: kind.word_of(at),
            number: first(at),
            axes: kind.fields[at].shape.components().min(3),
        });
        let velocity = match kind.drive {
            Some(Drive::By(by)) => kind.fields.get(usize::from(by)).map(|f| (f.lane, kind.word_of(by.into()), f.shape)),
            _ => None,
        };
        // A velocity in the plane says nothing of a height.
        let velocity =
            velocity.filter(|(.., shape)| place.as_ref().is_none_or(|place| shape.components() >= place.axes));
        Self {
            fields: kind.fields.iter().enumerate().map(field).collect(),
            place,
            velocity: velocity.map(|(lane, from, _)| (lane, from)),
            words: kind.words(),
        }
    }
}

impl PlacePlan {
    fn value(&self, words: &[u32], axis: usize) -> f64 {
        let width = self.lane.words();
        self.lane.value(&words[self.from + axis * width..][..width])
    }
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
mod tests;
