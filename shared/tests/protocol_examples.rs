//! The frames that PROTOCOL.md dissects: made anew here, and their bytes must stand on the page.

use std::path::Path;
use std::sync::Arc;

use glam::Vec2;
use snapline_shared::coder::Rates;
use snapline_shared::events::{Audience, Event};
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, SLACK_NONE, Store, Wanted};
use snapline_shared::prelude::*;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

const TICKS_PER_STEP: u32 = 2;
const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: TICKS_PER_STEP };

wire! { struct Walker at place along heading teleport 64 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 8 }, hp: u8 => Snap Uint { bits: 8 },
} }
wire! { struct Ball at place by speed teleport 64 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 512.0, step: 0.125, wrap: false }, speed: Vec2 => Lerp Fixed { min: -256.0, max: 256.0, step: 1.0, wrap: false }, owner: u16 => Snap Uint { bits: 12 },
} }
wire! { struct Score { points: u16 => Snap Uint { bits: 10 } } }
wire! { struct Spark at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 512.0, step: 0.125, wrap: false } } }
wire! { struct Hurt { damage: u8 => Snap Uint { bits: 7 } } }

wire! { struct Cart at place by speed {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 512.0, step: 0.125, wrap: false }, speed: Vec2 => Lerp Fixed { min: -256.0, max: 256.0, step: 1.0, wrap: false }, heading: f32 => Arc Angle { bits: 8 },
} }
wire! { struct Rider at place with Cart about heading { place: Vec2 => Lerp Fixed { min: 0.0, max: 512.0, step: 0.125, wrap: false } } }
wire! { struct Shot at place by speed from Cart {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 512.0, step: 0.125, wrap: false }, speed: Vec2 => Lerp Fixed { min: -256.0, max: 256.0, step: 1.0, wrap: false },
} }

/// A room with one client, frame by frame.
struct Example {
    schema: Arc<Schema>,
    store: Store,
    mirror: Mirror,
    writer: FrameWriter,
    step: Step,
    eye: Eye,
    own: Option<Vec<u32>>,
    input: Option<Tick>,
    slack: i8,
    hidden: bool,
    /// Name and bytes of each frame.
    made: Vec<(&'static str, String)>,
}

impl Example {
    fn new(schema: Arc<Schema>, first: u32, eye: Eye) -> Self {
        let store = Store::new(schema.clone(), RATES).expect("tables");
        let (mirror, writer) = (Mirror::default(), FrameWriter::new());
        Self {
            schema,
            store,
            mirror,
            writer,
            step: Step(first - 1),
            eye,
            own: None,
            input: None,
            slack: SLACK_NONE,
            hidden: false,
            made: Vec::new(),
        }
    }

    /// The next step with these rows.
    fn step(&mut self, put: impl FnOnce(&mut Rows)) {
        self.step = self.step.next();
        let mut rows = Rows::new(self.schema.clone());
        put(&mut rows);
        rows.finish();
        self.store.push_step(self.step, &rows);
    }

    fn frame(&mut self, name: &'static str) {
        let slots = (0..8).filter(|&slot| !self.hidden && self.store.live(slot).is_some());
        let wanted: Vec<Wanted> = slots.map(|slot| Wanted { slot, enters: true, priority: 0.0 }).collect();
        let spec = FrameSpec {
            ticks_per_step: TICKS_PER_STEP,
            input: self.input,
            slack: self.slack,
            wanted: &wanted,
            own: self.own.as_deref(),
            eye: self.eye,
            bytes_max: 4096,
        };
        let mut bytes = Vec::new();
        self.writer.write(&self.store, &mut self.mirror, &spec, |_| true, &mut bytes);
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.made.push((name, hex.join(" ")));
    }
}

fn id(slot: u16, generation: u32) -> NetId {
    NetId { slot, generation }
}

/// A walker that goes straight on at `speed` units a step, from the first step on.
fn walker(step: u32, from: Vec2, heading: u8, speed: f32, hp: u8) -> Walker {
    let angle = f32::from(heading) / 256.0 * core::f32::consts::TAU;
    let gone = speed * step as f32;
    let place = from + gone * Vec2::new(libm::cosf(angle), libm::sinf(angle));
    Walker { place: place.rem_euclid(Vec2::splat(1000.0)), heading: angle, hp }
}

/// Two walkers: one turns after a while, both lose a point once.
fn walkers(schema: Arc<Schema>) -> Vec<(&'static str, String)> {
    let eye = Eye { controls: Some(1), place: [239.386_81, 950.714_1], radius: 500.0 };
    let mut example = Example::new(schema, 43, eye);
    for step in 0..=90u32 {
        let (heading, hp) = if step < 12 { (34, 100) } else { (36, 99) };
        example.step(|rows| {
            rows.put(id(0, 0), &walker(step, Vec2::new(734.4375, 554.625), heading, 3.333, hp));
            rows.put(id(1, 0), &walker(step, Vec2::new(239.386_81, 950.714_1), 0, 3.333, 100));
        });
        let own = [239.386_81 + 3.333 * step as f32, 950.714_1, 0.0].map(f32::to_bits).to_vec();
        example.own = (step < 2 || step % 30 == 0).then_some(own);
        if step > 1 {
            (example.input, example.slack) = (Some(Tick(2 * example.step.0)), 5);
        }
        example.hidden = step > 60;
        match step {
            0 => example.frame("first"),
            1 => example.frame("runs"),
            2 => example.frame("asleep"),
            3 => example.frame("woken"),
            12 => example.frame("turn"),
            31 => example.frame("check"),
            41 => example.frame("several"),
            4..=36 => example.frame("more"),
            60 => example.frame("hold all"),
            61 => example.frame("hidden"),
            90 => example.frame("hidden for a second"),
            _ => {}
        }
    }
    example.made
}

/// Balls and a score, events.
fn balls() -> (Arc<Schema>, Vec<(&'static str, String)>) {
    let schema = Arc::new(Schema {
        game: "balls".into(),
        entities: vec![Ball::KIND, Score::KIND].into(),
        events: vec![Spark::KIND, Hurt::KIND].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "".into(),
    });
    let mut example = Example::new(schema.clone(), 7, Eye { controls: None, place: [256.0, 256.0], radius: 256.0 });
    for step in 0..6u32 {
        let time_s = step as f32 / 30.0;
        example.step(|rows| {
            rows.put(id(0, 0), &Score { points: if step < 3 { 0 } else { 25 } });
            if step < 4 {
                let place = Vec2::new(40.0, 300.0) + time_s * Vec2::new(120.0, -35.0);
                rows.put(id(2, 0), &Ball { place, speed: Vec2::new(120.0, -35.0), owner: 3 });
            } else {
                rows.put(id(3, 9), &Ball { place: Vec2::new(60.0, 290.0), speed: Vec2::new(-200.0, 10.0), owner: 3 });
            }
        });
        let tick = Tick(example.step.0 * TICKS_PER_STEP);
        let events = [
            Event { audience: Audience::All, kind: 0, words: vec![448, 2363] },
            Event { audience: Audience::To(PlayerId(0)), kind: 1, words: vec![15] },
        ];
        example.store.push_events(tick.offset(-1), if step == 4 { &events[..1] } else { &[] });
        example.store.push_events(tick, if step == 4 { &events[1..] } else { &[] });
        example.frame(["balls", "as predicted", "nothing", "score", "events", "more"][step as usize]);
    }
    (schema, example.made)
}

/// A cart that turns, a rider before its middle, a shot from it.
fn carts() -> (Arc<Schema>, Vec<(&'static str, String)>) {
    let schema = Arc::new(Schema {
        game: "carts".into(),
        entities: vec![Cart::KIND, Rider::KIND, Shot::KIND].into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "Shot.spawn.muzzle 10240 0 n0,n0,n0\n".into(),
    });
    let mut example = Example::new(schema.clone(), 1, Eye { controls: None, place: [256.0, 256.0], radius: 256.0 });
    for step in 0..5u16 {
        let heading = f32::from(8 * step) / 256.0 * core::f32::consts::TAU;
        let (ahead, place) =
            (Vec2::new(libm::cosf(heading), libm::sinf(heading)), Vec2::new(100.0 + 4.0 * f32::from(step), 200.0));
        let speed = Vec2::new(120.0, 0.0);
        example.step(|rows| {
            rows.put(id(0, 0), &Cart { place, speed, heading });
            rows.put_with(id(1, 0), &Rider { place: place + 20.0 * ahead }, id(0, 0));
            if step == 4 {
                rows.put_by(id(2, 0), &Shot { place, speed: speed + 160.0 * ahead }, id(0, 0));
            }
        });
        example.frame(["carts", "alone", "more", "carried", "spawned"][usize::from(step)]);
    }
    (schema, example.made)
}

#[test]
fn the_frames_on_the_page_are_these() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md");
    let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let json = text.split("```json\n").nth(1).and_then(|rest| rest.lines().next()).expect("a schema on the page");
    let schema = Schema::from_json(json.as_bytes()).expect("the schema of the swarm");
    assert_eq!(schema.entities[0], Walker::KIND, "the page's schema is another one");
    let hash = Schema::hash(json.as_bytes()).to_le_bytes().map(|byte| format!("{byte:02x}")).join(" ");
    assert!(text.contains(&hash), "the page does not have the schema's hash {hash}");
    let (balls_schema, balls) = balls();
    let balls_json = String::from_utf8(balls_schema.to_json()).expect("JSON is text");
    let (carts_schema, carts) = carts();
    let carts_json = String::from_utf8(carts_schema.to_json()).expect("JSON is text");
    let walkers = walkers(Arc::new(schema));
    // What a failure shows is what the page should have; `bot-client/tests/dissect.py` reads it.
    for (json, frames) in [(json, &walkers), (&balls_json, &balls), (&carts_json, &carts)] {
        println!("{json}");
        frames.iter().for_each(|(name, hex)| println!("{name}: {hex}"));
    }
    for json in [balls_json, carts_json] {
        assert!(text.contains(&json), "the page does not have the schema {json}");
    }
    for (name, hex) in walkers.iter().chain(&balls).chain(&carts).filter(|(name, _)| *name != "more") {
        let mark = format!("<!-- frame: {name} -->\n```\n{hex}\n```\n");
        assert!(text.contains(&mark), "the page does not have {mark}");
    }
}
