//! A frame keeps its byte budget by tiers: what is near stays in step, what is far is held and comes in turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use snapline_shared::coder::Rates;
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };
const DOTS: u16 = 400;

wire! { struct Dot at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: false }, tag: u8 => Snap Uint { bits: 8 } } }

/// Dots that jitter so that each has a run at each step.
fn world(schema: &Arc<Schema>, rng: &mut Rng) -> Rows {
    let mut rows = Rows::new(schema.clone());
    for slot in 0..DOTS {
        let jitter = Vec2::new(rng.unit(), rng.unit()) * 20.0;
        rows.put(
            NetId { slot, generation: 0 },
            &Dot { place: Vec2::new(f32::from(slot) * 2.0, 500.0) + jitter, tag: 7 },
        );
    }
    rows.finish();
    rows
}

struct Line {
    schema: Arc<Schema>,
    store: Store,
    mirror: Mirror,
    writer: FrameWriter,
    replica: Replica,
    rng: Rng,
    step: Step,
    newest: Option<Rows>,
}

impl Line {
    fn new() -> Self {
        let schema = Arc::new(Schema {
            game: "dots".into(),
            entities: vec![Dot::KIND].into(),
            events: vec![].into(),
            requests: vec![].into(),
            input: <()>::KIND,
            own: <()>::KIND,
            tables: "".into(),
        });
        let (store, replica) = (Store::new(schema.clone(), RATES), Replica::new(&schema, RATES));
        Self {
            store: store.expect("no tables"),
            replica: replica.expect("no tables"),
            schema,
            mirror: Mirror::default(),
            writer: FrameWriter::new(),
            rng: Rng::new(3),
            step: Step(0),
            newest: None,
        }
    }

    /// One step; the bytes of its frame.
    fn go(&mut self, bytes_max: usize) -> usize {
        self.step = self.step.next();
        let rows = world(&self.schema, &mut self.rng);
        self.store.push_step(self.step, &rows);
        self.newest = Some(rows);
        let wanted: Vec<Wanted> =
            (0..DOTS).map(|slot| Wanted { slot, enters: true, priority: f32::from(slot) + 1.0 }).collect();
        let spec = FrameSpec {
            ticks_per_step: 2,
            input: Some(Tick(1)),
            slack: 0,
            wanted: &wanted,
            own: None,
            eye: Eye::default(),
            bytes_max,
        };
        let mut bytes = Vec::new();
        self.writer.write(&self.store, &mut self.mirror, &spec, |_| true, &mut bytes);
        assert!(!self.replica.read(&bytes).expect("it decodes").check_failed);
        bytes.len()
    }

    /// How many steps old each known row is.
    fn ages(&self) -> BTreeMap<u16, i32> {
        let age = |row: &snapline_shared::frame::KnownRow| if row.held { self.step.since(row.step) } else { 0 };
        self.replica.rows().iter().map(|row| (row.id.slot, age(row))).collect()
    }
}

#[test]
fn a_crowd_fits_the_budget_near_ones_are_in_step_and_all_come_in_turn() {
    let mut line = Line::new();
    let (mut near_late, mut oldest, mut most) = (0, 0, 0);
    for step in 0..600 {
        let bytes = line.go(500);
        most = most.max(bytes);
        if step < 200 {
            continue;
        }
        let ages = line.ages();
        assert_eq!(ages.len(), usize::from(DOTS), "all are known in the end");
        near_late += ages.range(..40).filter(|(_, age)| **age > 0).count();
        oldest = oldest.max(*ages.values().max().expect("rows"));
    }
    // The lists of who is held and who wakes come on top of what the rows take.
    assert!(most <= 600, "{most} bytes");
    assert_eq!(near_late, 0, "the nearest 40 are always in step");
    assert!((5..=90).contains(&oldest), "the oldest row is {oldest} steps old");
}

#[test]
fn with_room_again_everything_comes_back_into_step() {
    let mut line = Line::new();
    for _ in 0..200 {
        line.go(500);
    }
    assert!(line.ages().values().filter(|age| **age > 0).count() > 100);
    for _ in 0..12 {
        line.go(8000);
    }
    assert!(line.ages().values().all(|age| *age == 0));
    let rows = line.newest.as_ref().expect("rows");
    for row in line.replica.rows() {
        assert_eq!(Some(row.state.words.as_slice()), rows.find(row.id).map(|row| rows.words(row)));
    }
}
