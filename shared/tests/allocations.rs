//! Encoding, splicing and decoding allocate nothing once their memory has grown: a room's tick must not depend on the allocator.

use std::sync::Arc;

use snapline_shared::coder::Rates;
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };
const SHIPS: u16 = 60;
/// Steps until every buffer has been as full as it gets: the check of every 32nd frame, the slots reborn, the ring of 16 steps.
const WARM_UP: u32 = 400;

wire! { struct Ship at place by vel teleport 64 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 4096.0, step: 0.125, wrap: true }, vel: Vec2 => Lerp Fixed { min: -512.0, max: 512.0, step: 0.5, wrap: false },
    heading: f32 => Arc Angle { bits: 8 }, turn: Quat => Arc Quat { bits: 9 }, hull: u8 => Snap Uint { bits: 7 },
} }
wire! { struct Walker at place along heading {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 4096.0, step: 0.125, wrap: true }, heading: f32 => Arc Angle { bits: 8 }, id: u64 => Snap Uint { bits: 64 },
} }

/// The world at a step: ships that swerve, bounce and are hit, walkers that turn, some of them born anew.
fn world(schema: &Arc<Schema>, step: u32, rows: &mut Rows) {
    *rows = Rows::new(schema.clone());
    for slot in 0..SHIPS {
        let (t, n) = (step as f32 / 30.0, f32::from(slot));
        let vel = Vec2::new(libm::cosf(t * 0.7 + n), libm::sinf(t * 0.9 - n)) * 200.0;
        let place = Vec2::new(2048.0 + n * 10.0, 2048.0) + vel * t.min(3.0);
        let generation = (step + u32::from(slot)) / 97;
        if slot % 2 == 0 {
            let hull = 100 - ((step / 40 + u32::from(slot)) % 100) as u8;
            let ship = Ship { place, vel, heading: t + n, turn: Quat::from_rotation_z(t * n * 0.1), hull };
            rows.put(NetId { slot, generation }, &ship);
        } else {
            let walker = Walker { place, heading: t * 0.3, id: u64::from(step / 50) << 40 | u64::from(slot) };
            rows.put(NetId { slot, generation }, &walker);
        }
    }
    rows.finish();
}

#[test]
fn encode_splice_and_decode_allocate_nothing_in_the_steady_state() {
    let schema = Arc::new(Schema {
        game: "allocations".into(),
        entities: vec![Ship::KIND, Walker::KIND].into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: Ship::KIND,
        tables: "".into(),
    });
    let mut store = Store::new(schema.clone(), RATES).expect("no tables");
    let mut replica = Replica::new(&schema, RATES).expect("no tables");
    let (mut mirror, mut writer, mut bytes) = (Mirror::default(), FrameWriter::new(), Vec::new());
    let own = vec![1; schema.own.words()];
    let mut rows = Rows::new(schema.clone());
    let (mut before, mut allocations, mut decoded) = (0, 0, 0);
    for step in 1..=WARM_UP + 200 {
        world(&schema, step, &mut rows);
        // Some rows come into view and leave it.
        let wanted: Vec<Wanted> = (0..SHIPS)
            .filter(|slot| (step / 8 + u32::from(*slot)) % 9 != 0)
            .map(|slot| Wanted { slot, enters: true, priority: f32::from(slot) })
            .collect();
        let spec = FrameSpec {
            ticks_per_step: 2,
            input: Some(Tick(step)),
            slack: 1,
            wanted: &wanted,
            own: step.is_multiple_of(3).then_some(own.as_slice()),
            eye: Eye { controls: Some(2), ..Eye::default() },
            bytes_max: 4096,
        };
        let info = allocation_counter::measure(|| {
            store.push_step(Step(step), &rows);
            // A client that misses steps now and then.
            if step % 11 > 2 {
                bytes.clear();
                writer.write(&store, &mut mirror, &spec, |_| true, &mut bytes);
                assert!(!replica.read(&bytes).expect("it decodes").check_failed);
            }
        });
        if step > WARM_UP {
            allocations += info.count_total;
            decoded += replica.rows().len();
        } else {
            before += info.count_total;
        }
    }
    assert!(decoded > 5000, "{decoded} rows were decoded");
    assert!(before > 100, "the first steps do allocate, and it is seen: {before}");
    assert_eq!(allocations, 0);
}
