//! The row coder, from outside: whatever words follow one another, runs and loads give the state that the writer has.

use glam::{Quat, Vec2};
use proptest::prelude::*;
use snapline_shared::bits::{BitReader, BitWriter};
use snapline_shared::coder::{Rates, RowCoder, RowState, Run};
use snapline_shared::prelude::*;
use snapline_shared::schema::{Drive, Kind, Schema};

wire! { struct Wide at place teleport 400 { place: Vec2 => Lerp Fixed { min: 0.0, max: 1048576.0, step: 0.0625, wrap: true }, spin: f32 => Arc Angle { bits: 24 } } }
wire! { struct Along at place along heading teleport 100000 {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1048576.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 16 }, hp: u8 => Snap Uint { bits: 7 },
} }
wire! { struct Pushed at place by speed teleport 64 {
    place: Vec2 => Lerp Fixed { min: -500.0, max: 500.0, step: 0.0625, wrap: false }, speed: Vec2 => Lerp Fixed { min: -512.0, max: 512.0, step: 0.25, wrap: false },
    attitude: Quat => Arc Quat { bits: 16 }, on: bool => Snap Uint { bits: 1 },
} }
wire! { struct Global { serial: u64 => Snap Uint { bits: 64 }, a: u8 => Snap Uint { bits: 2 }, level: f32 => Lerp F32, b: i16 => Lerp Int { bits: 13 }, c: u8 => Snap Uint { bits: 8 } } }
// What drives the place is told behind it, with the rest: its new value is not known when the place is predicted.
wire! { struct Late at place along heading { place: Vec2 => Lerp Fixed { min: 0.0, max: 100.0, step: 0.25, wrap: true }, heading: f32 => Snap Angle { bits: 8 } } }

fn coder() -> (RowCoder, Vec<Kind>) {
    let mut own_driver = Wide::KIND;
    own_driver.name = "OwnDriver".into();
    own_driver.drive = Some(Drive::By(0));
    let kinds = vec![Wide::KIND, Along::KIND, Pushed::KIND, Global::KIND, Late::KIND, own_driver];
    let schema = Schema {
        game: "rows".into(),
        entities: kinds.clone().into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "".into(),
    };
    (RowCoder::new(&schema, Rates { tick_hz: 60, ticks_per_step: 2 }).expect("no tables"), kinds)
}

/// Writes and reads runs and loads of a row of that kind with these words, step by step.
fn follow(coder: &mut RowCoder, kind: u8, steps: impl Iterator<Item = Vec<u32>>) {
    let (mut mine, mut theirs) = (RowState::default(), RowState::default());
    for (step, words) in steps.enumerate() {
        let mut out = BitWriter::new();
        if step == 0 {
            coder.birth(kind, &words, &mut mine);
        } else if coder.run(&mut mine, &words, &mut out) == Run::None {
            coder.advance(&mut theirs);
        } else {
            out.align();
            coder.read_run(&mut theirs, &mut BitReader::new(out.bytes())).expect("a run");
        }
        if step > 0 {
            assert_eq!(theirs, mine, "kind {kind}, step {step}");
        }
        let mut load = BitWriter::new();
        coder.load(&mine, &mut load);
        load.align();
        let mut loaded = RowState::default();
        coder.read_load(kind, &mut loaded, &mut BitReader::new(load.bytes())).expect("a load");
        assert_eq!(loaded, mine, "kind {kind}, load of step {step}");
        theirs = loaded;
    }
}

proptest! {
    #[test]
    fn any_words_come_back(kind in 0u8..6, steps in proptest::collection::vec((0u8..4, any::<[u32; 10]>()), 2..60)) {
        let (mut coder, kinds) = coder();
        let layout = kinds[usize::from(kind)].layout();
        let mut words: Vec<u32> = vec![0; layout.len()];
        follow(&mut coder, kind, steps.into_iter().map(|(how, numbers)| {
            for ((word, number), spec) in words.iter_mut().zip(numbers).zip(&layout) {
                let by = match how { 0 => 0, 1 => u64::from(number & 7), 2 => u64::from(number & 0x3ff), _ => number.into() };
                *word = ((u64::from(*word) + by) % spec.modulus) as u32;
            }
            words.clone()
        }));
    }
}

#[test]
fn a_row_that_gains_speed_for_ever_can_be_loaded() {
    let (mut coder, kinds) = coder();
    for (kind, gain) in [(0u8, 6_000u64), (1, 1_000_000)] {
        let modulus = kinds[usize::from(kind)].layout()[0].modulus;
        let place = |step: u64| (step * step / 2 * gain % modulus) as u32;
        let others = kinds[usize::from(kind)].words() - 2;
        let rows = (0..4_000u64).map(|step| [vec![place(step), 0], vec![0; others]].concat());
        follow(&mut coder, kind, rows);
    }
}
