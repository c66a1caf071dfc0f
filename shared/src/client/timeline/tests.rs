use super::*;
use crate::coder::Rates;
use crate::frame::{FrameSpec, FrameWriter, Mirror, Store, Wanted};
use crate::prelude::*;
use crate::rows::Rows;

crate::wire! { struct Walker at place teleport 100 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 8 }, hp: u8 => Snap Uint { bits: 8 },
} }
crate::wire! { struct Bolt at place by velocity {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, velocity: Vec2 => Snap Fixed { min: -1000.0, max: 1000.0, step: 0.0625, wrap: false },
} }

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };
/// 60 ticks a second, in microseconds; ticks are counted from here.
const BASE: Tick = Tick(1);

/// A server that shows what it is told, and a client's timeline of it.
struct Stage {
    schema: Arc<Schema>,
    store: Store,
    mirror: Mirror,
    writer: FrameWriter,
    replica: Replica,
    timeline: Timeline,
    drawn: Drawn,
}

impl Stage {
    fn new() -> Self {
        let (input, own) = (<()>::KIND, <()>::KIND);
        let entities = vec![Walker::KIND, Bolt::KIND].into();
        let schema = Arc::new(Schema {
            game: "".into(),
            entities,
            events: vec![].into(),
            requests: vec![].into(),
            input,
            own,
            tables: "".into(),
        });
        Self {
            store: Store::new(schema.clone(), RATES).expect("no tables"),
            mirror: Mirror::default(),
            writer: FrameWriter::new(),
            replica: Replica::new(&schema, RATES).expect("no tables"),
            timeline: Timeline::new(&schema, 60, 2),
            drawn: Drawn::default(),
            schema,
        }
    }

    /// A step in which these rows are there, of which no snapshot is sent.
    fn step(&mut self, step: u32, put: impl Fn(&mut Rows)) -> Rows {
        let mut rows = Rows::new(self.schema.clone());
        put(&mut rows);
        rows.finish();
        self.store.push_step(Step(step), &rows);
        rows
    }

    /// The snapshot of a step in which these rows are there.
    fn show(&mut self, step: u32, put: impl Fn(&mut Rows)) {
        let rows = self.step(step, put);
        let eye = Eye { controls: Some(5), ..Eye::default() };
        let wanted: Vec<Wanted> =
            rows.list().iter().map(|row| Wanted { slot: row.id.slot, enters: true, priority: 0.0 }).collect();
        let spec =
            FrameSpec { ticks_per_step: 2, input: None, slack: 0, wanted: &wanted, own: None, eye, bytes_max: 999 };
        let mut bytes = Vec::new();
        self.writer.write(&self.store, &mut self.mirror, &spec, |_| true, &mut bytes);
        self.replica.read(&bytes).expect("a frame");
        self.timeline.push(&self.replica);
    }

    /// One walker in slot 5.
    fn walk(&mut self, step: u32, walker: Walker) {
        self.show(step, |rows| rows.put(ID, &walker));
    }

    /// What is drawn at so many ticks, `now_us` after zero.
    fn draw(&mut self, ticks: f64, now_us: u64) -> &Drawn {
        let moment = Moment { drawn: ticks - f64::from(BASE.0), base: BASE, now_us, frozen: false };
        self.timeline.draw(&moment, self.replica.eye(), &mut self.drawn);
        &self.drawn
    }

    /// Where the only row is drawn.
    fn x(&mut self, ticks: f64, now_us: u64) -> f32 {
        let drawn = self.draw(ticks, now_us);
        assert_eq!(drawn.rows.len(), 1);
        drawn.values[0]
    }
}

const ID: NetId = NetId { slot: 5, generation: 1 };

fn at(x: f32) -> Walker {
    Walker { place: Vec2::new(x, 10.0), ..Walker::default() }
}

/// What is drawn between the steps 3 and 4, at which a walker is here and there.
fn between(from: Walker, to: Walker, t: f64) -> Vec<f32> {
    let mut stage = Stage::new();
    stage.walk(3, from);
    stage.walk(4, to);
    let drawn = stage.draw(6.0 + 2.0 * t, 0).clone();
    assert_eq!((drawn.own, drawn.rows.len(), drawn.tick), (Some(0), 1, 6.0 + 2.0 * t));
    assert_eq!(stage.timeline.seen(BASE, 5.0 + 2.0 * t), Some((Tick(6), (t * 256.0) as u8)));
    drawn.values
}

#[test]
fn rows_are_blended_the_short_way_each_field_as_the_schema_says() {
    let from = Walker { place: Vec2::new(990.0, 10.0), heading: 6.2, hp: 9 };
    let to = Walker { place: Vec2::new(10.0, 20.0), heading: 0.1, hp: 8 };
    let values = between(from, to, 0.75);
    assert_eq!((values[0], values[1], values[3]), (5.0, 17.5, 9.0));
    assert!((values[2] - (0.098 + core::f32::consts::TAU)).abs() < 0.06, "{values:?}");
}

#[test]
fn nothing_is_drawn_in_the_middle_of_a_teleport() {
    assert_eq!(between(at(100.0), at(300.0), 0.5)[0], 100.0);
}

#[test]
fn beyond_the_newest_snapshot_rows_go_on_for_100_ms_and_no_farther() {
    let mut stage = Stage::new();
    stage.walk(3, at(998.0));
    stage.walk(4, at(0.0));
    // One unit a tick, across the edge of the world; 100 ms are six ticks.
    for (ticks, x) in [(8.0, 0.0), (9.5, 1.5), (14.0, 6.0), (20.0, 6.0), (60.0, 6.0)] {
        assert!((stage.x(ticks, 0) - x).abs() < 1e-3, "at {ticks}: {} is not {x}", stage.x(ticks, 0));
    }
    let mut stage = Stage::new();
    let bolt = Bolt { place: Vec2::new(500.0, 10.0), velocity: Vec2::new(-120.0, 0.0) };
    stage.show(4, |rows| rows.put(ID, &bolt));
    assert_eq!(stage.x(11.0, 0), 494.0, "two units a tick, as its velocity says, of which one state is enough");
    let mut stage = Stage::new();
    stage.walk(4, at(500.0));
    assert_eq!(stage.x(11.0, 0), 500.0, "nobody knows where it goes");
}

#[test]
fn what_has_jumped_or_ended_is_not_moved_on() {
    let mut stage = Stage::new();
    stage.walk(3, at(100.0));
    stage.walk(4, at(300.0));
    assert_eq!(stage.x(11.0, 0), 300.0, "a teleport is no speed");
    let mut stage = Stage::new();
    stage.walk(3, at(100.0));
    stage.walk(4, at(102.0));
    stage.show(5, |_| {});
    assert_eq!(stage.x(9.5, 0), 102.0, "it ended somewhere between");
    assert_eq!(stage.draw(10.0, 0).rows.len(), 0);
}

#[test]
fn a_wrong_guess_fades_in_a_quarter_of_a_second_and_never_jumps() {
    let mut stage = Stage::new();
    stage.walk(3, at(996.0));
    stage.walk(4, at(998.0));
    let guessed = stage.x(11.0, 0);
    assert_eq!(guessed, 1.0, "three ticks on, across the edge");
    // It has turned round meanwhile.
    stage.walk(5, at(996.0));
    stage.walk(6, at(994.0));
    assert_eq!(stage.x(11.0, 1000), guessed, "in the frame after the news it is where it was");
    // The truth of that moment is 995: six units away, across the edge.
    for (ms, x) in [(125, 998.0), (200, 996.2), (250, 995.0), (400, 995.0)] {
        let drawn = stage.x(11.0, 1000 + ms * 1000);
        assert!((drawn - x).abs() < 1e-3, "after {ms} ms: {drawn} is not {x}");
    }
}

#[test]
fn no_offset_is_left_by_what_was_guessed_right_by_a_teleport_or_for_another_entity() {
    for (words, id, x) in [
        ("guessed right", ID, 104.0),
        ("a teleport", ID, 300.0),
        ("another one in its slot", NetId { generation: 2, ..ID }, 100.0),
    ] {
        let mut stage = Stage::new();
        stage.walk(3, at(100.0));
        stage.walk(4, at(102.0));
        assert_eq!(stage.x(10.0, 0), 104.0);
        stage.show(5, |rows| rows.put(id, &at(x)));
        assert_eq!(stage.x(10.0, 0), x, "{words}");
    }
}

#[test]
fn a_standstill_dims_all_rows() {
    let mut stage = Stage::new();
    stage.walk(3, at(100.0));
    for frozen in [true, false] {
        let moment = Moment { drawn: 6.0, base: BASE, now_us: 0, frozen };
        stage.timeline.draw(&moment, stage.replica.eye(), &mut stage.drawn);
        assert_eq!(stage.drawn.rows[0].held, frozen);
    }
}

#[test]
fn what_was_seen_is_a_step_and_a_part_of_the_next_and_no_more_than_has_come() {
    let mut stage = Stage::new();
    assert_eq!(stage.timeline.seen(BASE, 5.0), None);
    stage.walk(3, at(100.0));
    // The steps 4 and 5 come in one frame with 6.
    (4..=5).for_each(|step| drop(stage.step(step, |rows| rows.put(ID, &at(500.0)))));
    stage.walk(6, at(106.0));
    for (ticks, seen) in
        [(3.0, (6, 0)), (6.0, (6, 0)), (7.0, (6, 128)), (9.5, (8, 192)), (12.0, (12, 0)), (17.0, (12, 0))]
    {
        assert_eq!(stage.timeline.seen(BASE, ticks - 1.0), Some((Tick(seen.0), seen.1)), "{ticks}");
    }
    assert_eq!(stage.x(9.0, 0), 103.0);
}

#[test]
fn raw_places_are_those_of_the_newest_snapshot() {
    let mut stage = Stage::new();
    stage.show(3, |rows| {
        rows.put(ID, &at(100.0));
        rows.put(NetId { slot: 9, generation: 1 }, &at(700.0));
    });
    stage.walk(4, at(102.0));
    let rows = stage.draw(6.0, 0).rows.clone();
    let mut places = Vec::new();
    stage.timeline.raw_places(&rows, &mut places);
    assert_eq!((rows.len(), &places[..2]), (2, [102.0, 10.0].as_slice()));
    assert!(places[2..].iter().all(|place| place.is_nan()));
}

#[test]
fn a_second_of_snapshots_is_kept_and_what_is_cleared_is_never_drawn() {
    let mut stage = Stage::new();
    for step in 1..=100u32 {
        stage.walk(step, at(step as f32));
    }
    assert_eq!(stage.timeline.shots.len(), SHOTS_MAX);
    assert_eq!(stage.x(10.0, 0), 69.0, "the oldest that is left");
    stage.x(210.0, 0);
    stage.timeline.clear();
    assert_eq!((stage.draw(200.0, 0).rows.len(), stage.timeline.newest(BASE)), (0, None));
    stage.walk(101, at(50.0));
    assert_eq!(stage.x(202.0, 0), 50.0, "no offset from before");
}

#[test]
fn who_takes_over_a_slot_inherits_no_offset() {
    let mut stage = Stage::new();
    stage.walk(3, at(96.0));
    stage.walk(4, at(98.0));
    assert_eq!(stage.x(11.0, 0), 101.0);
    stage.walk(5, at(98.0));
    stage.walk(6, at(98.0));
    assert_eq!(stage.x(11.0, 1000), 101.0, "three units to fade");
    stage.show(7, |rows| rows.put(NetId { generation: 2, ..ID }, &at(500.0)));
    assert_eq!((stage.x(14.0, 2000), stage.x(12.0, 3000) > 98.5), (500.0, true), "while the other still has its own");
}
