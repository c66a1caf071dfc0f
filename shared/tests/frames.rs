//! The frame, from outside: seeded worlds and clients (tens of thousands of frames; a million by `cargo run --release -p snapline-benches --bin
//! frame-proof`), and bytes that no server would send.

use std::sync::Arc;

use proptest::prelude::*;
use snapline_shared::coder::Rates;
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::testing::FrameProof;
use snapline_shared::tick::Step;

#[test]
fn every_frame_leaves_every_client_with_the_truth() {
    for seed in 1..=4 {
        let mut proof = FrameProof::new(seed, 50);
        while proof.report().frames < 12_000 {
            proof.step().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
        let report = proof.report();
        assert!(
            report.frames_behind > 500 && report.frames_far_behind > 50 && report.reborn > 50,
            "seed {seed}: {report:?}"
        );
        assert!(
            report.rows_carried > 5_000
                && report.spawn_bits > 500
                && report.rows_held > 500
                && report.events > 500
                && report.rows_in_step > 100_000,
            "seed {seed}: {report:?}"
        );
    }
}

wire! { struct Dot at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 100.0, step: 0.1, wrap: false }, tag: u32 => Snap Uint { bits: 12 } } }

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 1 };

fn schema() -> Arc<Schema> {
    Arc::new(Schema {
        game: "dots".into(),
        entities: vec![Dot::KIND].into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "".into(),
    })
}

/// Frames 1 to `count` of a few moving dots, all seen; every tag is `tag_base` higher than it would be.
fn frames(count: u32, tag_base: u32) -> Vec<Vec<u8>> {
    let schema = schema();
    let (mut store, mut mirror, mut writer) =
        (Store::new(schema.clone(), RATES).expect("no tables"), Mirror::default(), FrameWriter::new());
    let wanted: Vec<Wanted> = (0..9).map(|slot| Wanted { slot, enters: true, priority: 0.0 }).collect();
    let spec = FrameSpec {
        ticks_per_step: 1,
        input: None,
        slack: 0,
        wanted: &wanted,
        own: None,
        eye: Eye::default(),
        bytes_max: 1200,
    };
    let frame = |step| {
        let mut rows = Rows::new(schema.clone());
        for slot in 0..9u16 {
            let tag = tag_base + step / (1 + u32::from(slot));
            rows.put(NetId { slot, generation: 0 }, &Dot { place: Vec2::splat(step as f32 * 0.7), tag });
        }
        rows.finish();
        store.push_step(Step(step), &rows);
        let mut bytes = Vec::new();
        writer.write(&store, &mut mirror, &spec, |_| true, &mut bytes);
        bytes
    };
    (1..=count).map(frame).collect()
}

/// A client that has read these frames.
fn after(frames: &[Vec<u8>]) -> Replica {
    let mut replica = Replica::new(&schema(), RATES).expect("no tables");
    for frame in frames {
        assert!(replica.read(frame).is_ok_and(|info| !info.check_failed));
    }
    replica
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_frames_are_errors_or_rows_in_range(count in 1u32..6, flips in proptest::collection::vec((0usize..2000, 0u8..8), 1..6), cut in 0usize..400) {
        let mut frames = frames(count, 0);
        let mut bytes = frames.pop().unwrap_or_default();
        let mut replica = after(&frames);
        for (at, bit) in flips {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        bytes.truncate(bytes.len().saturating_sub(cut % 40).max(1));
        if replica.read(&bytes).is_ok() {
            for row in replica.rows() {
                prop_assert!(row.state.words[0] < 1000 && row.state.words[1] < 1000 && row.state.words[2] < 1 << 12);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Some(first) = bytes.first_mut() {
            *first = 2;
        }
        let mut replica = after(&frames(2, 0));
        if replica.read(&bytes).is_ok() {
            prop_assert!(replica.rows().is_sorted_by(|a, b| a.id.slot < b.id.slot));
        }
    }
}

#[test]
fn a_client_that_differs_is_found_by_the_next_check() {
    let (right, other) = (frames(32, 0), frames(1, 5));
    // The runs of both worlds are alike, so a client that began with the other world's first frame reads on without noticing.
    let mut replica = after(&other);
    let failed: Vec<bool> =
        right[1..].iter().map(|frame| replica.read(frame).expect("it decodes").check_failed).collect();
    assert_eq!(failed.iter().position(|&failed| failed), Some(30), "the check is in the 32nd frame");
    after(&right);
}
