//! The row coder, from outside: whatever words follow one another, runs and loads give the state that the writer has.

use glam::{Quat, Vec2};
use proptest::prelude::*;
use snapline_shared::bits::{BitReader, BitWriter};
use snapline_shared::coder::{Birth, Rates, RowCoder, RowState, Run};
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
        } else if coder.run(&mut mine, &words, None, &mut out) == Run::None {
            coder.advance(&mut theirs, None);
        } else {
            out.align();
            coder.read_run(&mut theirs, None, &mut BitReader::new(out.bytes())).expect("a run");
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

wire! { struct Shot at place by speed from Pushed {
    place: Vec2 => Lerp Fixed { min: -500.0, max: 500.0, step: 0.0625, wrap: false }, speed: Vec2 => Lerp Fixed { min: -512.0, max: 512.0, step: 0.25, wrap: false },
    attitude: Quat => Arc Quat { bits: 16 }, serial: u64 => Snap Uint { bits: 64 }, far: Vec3 => Snap F64, on: bool => Snap Uint { bits: 1 },
    a: u8 => Snap Uint { bits: 5 }, b: u8 => Snap Uint { bits: 5 }, c: i16 => Snap Int { bits: 13 }, spin: f32 => Arc Angle { bits: 24 },
} }
wire! { struct Puff at place along heading from Along {
    place: Vec2 => Lerp Fixed { min: 0.0, max: 1048576.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 16 }, hp: u8 => Snap Uint { bits: 7 },
} }
wire! { struct Mine from Turret { place: Vec3 => Lerp F32, hp: u8 => Snap Uint { bits: 7 } } }
wire! { struct Turret at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 64.0, step: 0.5, wrap: true }, aim: f32 => Arc Angle { bits: 6 } } }
wire! { struct Dart at place from Turret { place: Vec2 => Lerp Fixed { min: 0.0, max: 64.0, step: 0.5, wrap: true } } }

fn spawning(ticks_per_step: u32, tables: &str) -> Result<(RowCoder, Vec<Kind>), String> {
    let kinds = vec![Pushed::KIND, Along::KIND, Turret::KIND, Shot::KIND, Puff::KIND, Mine::KIND, Dart::KIND];
    let schema = Schema {
        game: "births".into(),
        entities: kinds.clone().into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: tables.to_owned().into(),
    };
    Ok((RowCoder::new(&schema, Rates { tick_hz: 60, ticks_per_step })?, kinds))
}

fn of_kind(kind: &Kind, numbers: &[u32; 24]) -> Vec<u32> {
    let layout = kind.layout();
    layout.iter().zip(numbers).map(|(spec, &number)| (u64::from(number) % spec.modulus) as u32).collect()
}

proptest! {
    /// Whatever the words are, and whatever a training has found: who reads how a row was spawned has the state that a LOAD leaves.
    #[test]
    fn a_spawned_row_is_as_one_that_was_loaded(
        kind in 3u8..7, numbers: [[u32; 24]; 3], ticks in 1u32..11, trains: bool, small in any::<bool>(),
    ) {
        let (plain, kinds) = spawning(ticks, "").expect("no tables");
        let spawner = plain.spawner_of(kind).expect("it has one");
        let (before, words) = (of_kind(&kinds[usize::from(spawner)], &numbers[0]), of_kind(&kinds[usize::from(kind)], &numbers[2]));
        let after = if small { before.clone() } else { of_kind(&kinds[usize::from(spawner)], &numbers[1]) };
        let birth = Birth { kind, words, before, after };
        let tables = if trains { RowCoder::muzzles(&[(&plain, std::slice::from_ref(&birth))]) } else { String::new() };
        let (mut coder, _) = spawning(ticks, &tables).expect("what was trained");
        let mut out = BitWriter::new();
        coder.spawn(kind, &birth.words, birth.spawner(), &mut out);
        out.align();
        let (mut born, mut read, mut loaded) = (RowState::default(), RowState::default(), RowState::default());
        coder.birth(kind, &birth.words, &mut born);
        coder.read_spawn(kind, birth.spawner(), &mut read, &mut BitReader::new(out.bytes())).expect("a spawn");
        let mut load = BitWriter::new();
        coder.load(&born, &mut load);
        load.align();
        coder.read_load(kind, &mut loaded, &mut BitReader::new(load.bytes())).expect("a load");
        prop_assert_eq!(&read, &born);
        prop_assert_eq!(&loaded, &born);
    }

    #[test]
    fn any_bits_are_a_spawned_row_within_its_ranges_or_an_error(kind in 0u8..9, numbers: [[u32; 24]; 2], ticks in 1u32..11, bytes: [u8; 40]) {
        let (mut coder, kinds) = spawning(ticks, "").expect("no tables");
        let spawner = usize::from(coder.spawner_of(kind).unwrap_or(0));
        let (before, after) = (of_kind(&kinds[spawner], &numbers[0]), of_kind(&kinds[spawner], &numbers[1]));
        let from = snapline_shared::coder::Relative { before: &before, after: &after };
        let mut state = RowState::default();
        let read = coder.read_spawn(kind, from, &mut state, &mut BitReader::new(&bytes));
        prop_assert!((3..7).contains(&kind) || read.is_err());
        if read.is_ok() {
            let layout = kinds[usize::from(kind)].layout();
            prop_assert!(state.words.iter().zip(&layout).all(|(&word, spec)| u64::from(word) < spec.modulus));
        }
    }
}

#[test]
fn muzzles_of_other_kinds_or_parts_are_refused() {
    assert!(spawning(2, "Dart.spawn.muzzle 0 640 o0,n0\n").is_ok());
    for bad in [
        "Turret.spawn.muzzle 0 0 o0,o0,o0",
        "Dart.spawn.muzzle 0 0 o0",
        "Dart.spawn.muzzle 0 0 o0,o0,o0",
        "Dart.spawn.muzzle x",
    ] {
        assert!(spawning(2, bad).is_err(), "{bad}");
    }
}
