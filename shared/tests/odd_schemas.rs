//! The row coder on kinds that nobody tuned it for: any kind with any words comes back, and odd ones are no larger than in Quake III's way.

use std::sync::Arc;

use proptest::prelude::*;
use snapline_shared::bits::{BitReader, BitWriter};
use snapline_shared::coder::{Rates, RowCoder, RowState, Run};
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::ids::NetId;
use snapline_shared::quant::{Blend, Lane, Shape, WordSpec};
use snapline_shared::rng::Rng;
use snapline_shared::rows::Rows;
use snapline_shared::schema::{Drive, FieldSpec, Kind, Schema};
use snapline_shared::tick::{Step, Tick};

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };

fn schema(kinds: Vec<Kind>) -> Schema {
    let nothing = Kind::new("nothing", &[]);
    let schema = Schema {
        game: "odd".into(),
        entities: kinds.into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: nothing.clone(),
        own: nothing,
        tables: "".into(),
    };
    schema.check().expect("within the limits");
    schema
}

fn field(number: usize, shape: Shape, lane: Lane, blend: Blend) -> FieldSpec {
    FieldSpec { name: format!("f{number}").into(), shape, lane, blend }
}

fn kind(fields: Vec<FieldSpec>) -> Kind {
    Kind { fields: fields.into(), ..Kind::new("Odd", &[]) }
}

/// Quake III's way of one row, in bits: whether it has changed, whether each field has, the raw fields that have.
fn quake3_bits(kind: &Kind, layout: &[WordSpec], old: &[u32], new: &[u32]) -> usize {
    if old == new {
        return 1;
    }
    let field_bits = |number: usize| {
        let words = kind.word_of(number)..kind.word_of(number) + kind.fields[number].words();
        let raw: usize = layout[words.clone()].iter().map(|spec| usize::from(spec.bits)).sum();
        1 + if old[words.clone()] == new[words] { 0 } else { raw }
    };
    1 + (0..kind.fields.len()).map(field_bits).sum::<usize>()
}

/// Rows of one kind in frames, read back by their bytes alone; gives the bits of woken rows and runs, and those of Quake III's way.
fn compare(kind: Kind, rows: u16, steps: u32, mut next: impl FnMut(&mut Rng, &mut [u32])) -> (u64, u64) {
    let layout = kind.layout();
    let schema = Arc::new(schema(vec![kind]));
    let mut rng = Rng::new(7);
    let mut store = Store::new(schema.clone(), RATES).expect("no tables");
    let mut replica = Replica::new(&schema, RATES).expect("no tables");
    let (mut writer, mut mirror, mut bytes) = (FrameWriter::new(), Mirror::default(), Vec::new());
    let wanted: Vec<Wanted> = (0..rows).map(|slot| Wanted { slot, enters: true, priority: 0.0 }).collect();
    let mut words = vec![vec![0; layout.len()]; rows.into()];
    let (mut ours, mut others) = (0, 0);
    for step in 0..steps {
        let mut world = Rows::new(schema.clone());
        for (slot, words) in (0..rows).zip(&mut words) {
            let old = words.clone();
            next(&mut rng, words);
            others += if step > 0 { quake3_bits(&schema.entities[0], &layout, &old, words) as u64 } else { 0 };
            world.put_words(NetId { slot, generation: 0 }, 0, words);
        }
        world.finish();
        store.push_step(Step(step), &world);
        let (eye, input, wanted) = (Eye::default(), Some(Tick(step)), wanted.as_slice());
        let spec = FrameSpec { ticks_per_step: 2, input, slack: 1, wanted, own: None, eye, bytes_max: 1 << 20 };
        bytes.clear();
        let stats = writer.write(&store, &mut mirror, &spec, |_| true, &mut bytes);
        replica.read(&bytes).expect("what was written can be read");
        assert!(replica.rows().iter().map(|row| &row.state.words).eq(&words), "what was seen is what is held");
        ours += if step > 0 { stats.parts.woken + stats.parts.runs } else { 0 };
    }
    (ours, others)
}

fn loaded(coder: &mut RowCoder, reader: &mut RowCoder, state: &RowState) -> RowState {
    let mut bits = BitWriter::new();
    coder.load(state, &mut bits);
    bits.align();
    let mut back = RowState::default();
    let mut source = BitReader::new(bits.bytes());
    reader.read_load(state.kind, &mut back, &mut source).expect("what was written can be read");
    source.finish().expect("all of it is read");
    assert_eq!(&back, state, "a LOAD gives the whole state");
    back
}

/// One step of a row through both coders.
fn step(coder: &mut RowCoder, reader: &mut RowCoder, mine: &mut RowState, theirs: &mut RowState, words: &[u32]) {
    let mut bits = BitWriter::new();
    let was_awake = mine.awake;
    let run = coder.run(mine, words, None, &mut bits);
    let len = bits.len_bits();
    bits.align();
    match run {
        Run::None => {
            assert!(!was_awake && len == 0, "an awake row has a run");
            reader.advance(theirs, None);
        }
        Run::Awake | Run::Woken => {
            assert_eq!(run == Run::Awake, was_awake);
            let mut source = BitReader::new(bits.bytes());
            reader.read_run(theirs, None, &mut source).expect("what was written can be read");
            source.finish().expect("all of it is read");
        }
    }
    assert_eq!(mine, theirs, "both ends hold the same state");
    assert_eq!(theirs.words, words);
}

#[track_caller]
fn no_larger((ours, others): (u64, u64)) {
    println!("{ours} bits, Quake III's way {others}");
    assert!(ours * 100 <= others * 102, "{ours} bits, Quake III's way {others}");
}

#[test]
fn wide_ids_that_seldom_change() {
    let ids = (0..6).map(|number| field(number, Shape::Integer, Lane::Uint { bits: 64 }, Blend::Snap)).collect();
    no_larger(compare(kind(ids), 50, 600, |rng, words| {
        if rng.unit() < 0.01 {
            let at = 2 * rng.below(6) as usize;
            (words[at], words[at + 1]) = (rng.bits(), rng.bits());
        }
    }));
}

#[test]
fn a_hundred_flags() {
    for changes in [1, 5, 50] {
        let flags = (0..100).map(|number| field(number, Shape::Bool, Lane::Uint { bits: 1 }, Blend::Snap)).collect();
        no_larger(compare(kind(flags), 20, 300, |rng, words| {
            if rng.unit() < 0.3 {
                (0..1 + rng.below(changes)).for_each(|_| words[rng.below(100) as usize] ^= 1);
            }
        }));
    }
}

#[test]
fn a_noisy_number() {
    for (blend, lane, bits) in [
        (Blend::Lerp, Lane::F32, 32),
        (Blend::Lerp, Lane::Fixed { min: 0.0, max: 1024.0, step: 1.0 / 64.0, wrap: false }, 16),
        (Blend::Snap, Lane::Uint { bits: 16 }, 16),
        (Blend::Lerp, Lane::Uint { bits: 10 }, 10),
        (Blend::Snap, Lane::Uint { bits: 10 }, 10),
        (Blend::Arc, Lane::Angle { bits: 12 }, 12),
        (Blend::Lerp, Lane::Fixed { min: 0.0, max: 200.0, step: 1.0, wrap: true }, 8),
    ] {
        let noise = vec![field(0, Shape::Float, lane, blend)];
        no_larger(compare(kind(noise), 50, 300, |rng, words| {
            words[0] = match lane {
                Lane::F32 => rng.unit().to_bits(),
                Lane::Fixed { max, wrap: true, .. } => rng.below(max as u32),
                _ => rng.below(1 << bits),
            };
        }));
    }
}

fn any_lane() -> impl Strategy<Value = Lane> {
    prop_oneof![
        (1u8..=64).prop_map(|bits| Lane::Uint { bits }),
        (2u8..=64).prop_map(|bits| Lane::Int { bits }),
        (1u8..=32).prop_map(|bits| Lane::Angle { bits }),
        (1u32..=u32::MAX, any::<bool>()).prop_map(|(steps, wrap)| Lane::Fixed {
            min: -3.0,
            max: f64::from(steps) - 3.0,
            step: 1.0,
            wrap
        }),
        Just(Lane::F32),
    ]
}

fn any_field() -> impl Strategy<Value = (Shape, Lane, Blend)> {
    let blend = prop_oneof![Just(Blend::Snap), Just(Blend::Lerp), Just(Blend::Arc)];
    let shape = prop_oneof![Just(Shape::Float), Just(Shape::Integer), Just(Shape::Vec2), Just(Shape::Vec3)];
    let quat = (2u8..=16).prop_map(|bits| (Shape::Quat, Lane::Quat { bits }, Blend::Arc));
    prop_oneof![6 => (shape, any_lane(), blend), 1 => quat]
}

/// Any kind that a schema takes: a place or none, driven or not, teleports or none.
fn any_kind() -> impl Strategy<Value = Kind> {
    let fields = proptest::collection::vec(any_field(), 1..9);
    (fields, any::<prop::sample::Index>(), 0u8..4, any::<prop::sample::Index>(), proptest::option::of(1.0f64..100.0))
        .prop_map(|(fields, at, drive, by, teleport)| {
            let fields: Vec<FieldSpec> = fields
                .into_iter()
                .enumerate()
                .map(|(number, (shape, lane, blend))| field(number, shape, lane, blend))
                .collect();
            let places: Vec<u8> = (0..fields.len() as u8)
                .filter(|&at| matches!(fields[usize::from(at)].shape, Shape::Vec2 | Shape::Vec3))
                .collect();
            let at = if places.is_empty() { None } else { Some(places[at.index(places.len())]) };
            let by = by.index(fields.len()) as u8;
            let drive = [None, Some(Drive::By(by)), Some(Drive::Along(by)), None][usize::from(drive)];
            Kind {
                at,
                drive: drive.filter(|_| at.is_some()),
                teleport: teleport.filter(|_| at.is_some()),
                ..kind(fields)
            }
        })
        .prop_filter("within the limits", |kind| kind.fields.iter().all(|field| field.lane.check(field.shape).is_ok()))
}

/// How a row goes on: it sleeps, walks, jumps, or goes on as it went.
fn go_on(rng: &mut Rng, layout: &[WordSpec], slopes: &mut [i64], words: &mut [u32]) {
    let way = rng.below(12);
    for ((word, spec), slope) in words.iter_mut().zip(layout).zip(slopes) {
        let modulus = i128::from(spec.modulus);
        match way {
            0 if rng.one_in(2) => *slope = i64::from(rng.below(64)) - 32,
            1 => *slope = 0,
            2 if rng.one_in(4) => *word = (u64::from(rng.bits()) % spec.modulus) as u32,
            3 if rng.one_in(3) => *word = if rng.one_in(2) { 0 } else { (modulus - 1) as u32 },
            4 if rng.one_in(3) => *slope = i64::from(rng.below(1 << 20)) - (1 << 19),
            5..=7 => *word = (i128::from(*word) + i128::from(rng.below(3)) - 1).clamp(0, modulus - 1) as u32,
            _ => *word = (i128::from(*word) + i128::from(*slope)).rem_euclid(modulus) as u32,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_kind_with_any_words_comes_back(kind in any_kind(), seed: u64) {
        let layout = kind.layout();
        let schema = schema(vec![kind]);
        let mut rng = Rng::new(seed);
        let (mut coder, mut reader) = (RowCoder::new(&schema, RATES).unwrap(), RowCoder::new(&schema, RATES).unwrap());
        let mut words: Vec<u32> = layout.iter().map(|spec| (u64::from(rng.bits()) % spec.modulus) as u32).collect();
        let mut slopes = vec![0; layout.len()];
        let mut mine = RowState::default();
        coder.birth(0, &words, &mut mine);
        let mut theirs = loaded(&mut coder, &mut reader, &mine);
        for number in 0..400 {
            // A long sleep now and then.
            if number % 100 < 80 {
                go_on(&mut rng, &layout, &mut slopes, &mut words);
            }
            step(&mut coder, &mut reader, &mut mine, &mut theirs, &words);
            if number % 16 == 0 {
                theirs = loaded(&mut coder, &mut reader, &mine);
            }
        }
    }
}
