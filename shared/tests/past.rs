//! The past as a client saw it: the two steps that it blended, each field as the schema says, the short way where a lane wraps.

use std::sync::Arc;

use snapline_shared::prelude::*;
use snapline_shared::rows::Ring;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;

wire! { struct Walker at place teleport 100 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 8 }, hp: u8 => Snap Uint { bits: 8 },
} }

const ID: NetId = NetId { slot: 5, generation: 1 };

/// A ring of the steps from `first` on, two ticks each, with a walker or none in each.
fn ring(first: u32, walkers: &[Option<Walker>]) -> Ring {
    let (input, own) = (<()>::KIND, <()>::KIND);
    let entities = vec![Walker::KIND].into();
    let schema = Schema {
        game: "".into(),
        entities,
        events: vec![].into(),
        requests: vec![].into(),
        input,
        own,
        tables: "".into(),
    };
    let schema = Arc::new(schema);
    let mut ring = Ring::new(walkers.len());
    for (step, walker) in (0..).map(|nth| Step(first.wrapping_add(nth))).zip(walkers) {
        let mut rows = Rows::new(schema.clone());
        walker.iter().for_each(|walker| rows.put(ID, walker));
        rows.finish();
        ring.push(step, rows);
    }
    ring
}

fn at(x: f32) -> Option<Walker> {
    Some(Walker { place: Vec2::new(x, 10.0), ..Walker::default() })
}

const fn seen(tick: u32, fraction: u8, skipped: u8) -> Seen {
    Seen { tick: Tick(tick), fraction, skipped }
}

fn x(ring: &Ring, seen: Seen) -> Option<f32> {
    Past::new(ring, 2).at::<Walker>(seen, ID).map(|walker| walker.place.x)
}

#[test]
fn it_is_blended_between_the_two_steps_that_the_client_blended() {
    let ring = ring(10, &[at(0.0), at(10.0), at(30.0), at(20.0), at(24.0)]);
    assert_eq!(x(&ring, seen(20, 0, 0)), Some(0.0));
    assert_eq!(x(&ring, seen(20, 128, 0)), Some(5.0));
    assert_eq!(x(&ring, seen(22, 64, 0)), Some(15.0));
    // It never got the steps 11 and 12: it drew a straight line over them.
    assert_eq!(x(&ring, seen(20, 128, 2)), Some(10.0));
    assert_eq!(x(&ring, seen(28, 200, 0)), Some(24.0), "the newest, which nothing follows yet");
    assert_eq!(x(&ring, seen(18, 0, 0)), None, "too old");
    assert_eq!(x(&ring, seen(30, 0, 0)), None, "not yet");
}

#[test]
fn fields_are_blended_as_the_schema_says_and_the_short_way() {
    let older = Walker { place: Vec2::new(990.0, 10.0), heading: 6.2, hp: 9 };
    let newer = Walker { place: Vec2::new(10.0, 20.0), heading: 0.1, hp: 8 };
    let ring = ring(u32::MAX, &[Some(older), Some(newer)]);
    let walker = Past::new(&ring, 2).at::<Walker>(seen(u32::MAX - 1, 192, 0), ID).expect("it is there");
    assert_eq!((walker.place, walker.hp), (Vec2::new(5.0, 17.5), 9));
    assert!((6.3..6.37).contains(&walker.heading), "over the whole turn, not back: {walker:?}");
}

#[test]
fn there_is_none_across_a_teleport_or_before_a_birth() {
    let ring = ring(10, &[None, at(0.0), at(150.0), at(160.0), None]);
    assert_eq!(x(&ring, seen(20, 200, 0)), None, "not born yet: a client shows it once the next step is reached");
    assert_eq!(x(&ring, seen(22, 0, 0)), Some(0.0));
    assert_eq!(x(&ring, seen(22, 128, 0)), None, "it was nowhere in between");
    assert_eq!(x(&ring, seen(22, 128, 1)), Some(80.0), "within two steps it may walk as far");
    assert_eq!(x(&ring, seen(26, 128, 0)), Some(160.0), "shown where it was last");
    let other = NetId { generation: 2, ..ID };
    assert!(Past::new(&ring, 2).at::<Walker>(seen(22, 0, 0), other).is_none(), "another life is another row");
}

#[test]
fn time_goes_on_for_a_client_that_saw_something() {
    let ring = ring(10, &[at(0.0), at(10.0), at(20.0)]);
    let past = Past::new(&ring, 2);
    let moment = seen(20, 128, 0);
    assert_eq!(past.age(moment, Tick(25)), 4.0);
    let later: Vec<Option<f32>> =
        (0..5).map(|ticks| past.later(moment, ticks).and_then(|seen| x(&ring, seen))).collect();
    assert_eq!(later, [Some(5.0), Some(10.0), Some(15.0), Some(20.0), None]);
}
