//! Rows of every model of the row coder: runs and loads, step by step.

use serde_json::json;
use snapline_shared::bits::{BitReader, BitWriter};
use snapline_shared::coder::{Rates, RowCoder, RowState, Run};
use snapline_shared::prelude::*;
use snapline_shared::quant::WordSpec;
use snapline_shared::rng::Rng;
use snapline_shared::schema::Schema;

use crate::{golden, hex};

wire! { struct Glider at place teleport 6 {
    place: Vec3 => Lerp Fixed { min: 0.0, max: 256.0, step: 0.0625, wrap: true }, level: i16 => Lerp Int { bits: 12 }, turn: Quat => Arc Quat { bits: 9 },
    mask: u8 => Snap Uint { bits: 3 }, on: bool => Snap Uint { bits: 1 },
} }
wire! { struct Walker at place along heading { place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 12 }, hp: u8 => Snap Uint { bits: 7 } } }
wire! { struct Driven at place by speed teleport 64 {
    place: Vec2 => Lerp Fixed { min: -500.0, max: 500.0, step: 0.0625, wrap: false }, speed: Vec2 => Lerp Fixed { min: -512.0, max: 512.0, step: 0.5, wrap: false }, owner: u16 => Snap Uint { bits: 16 },
} }
wire! { struct Odd { serial: u64 => Snap Uint { bits: 60 }, level: f32 => Lerp F32, a: bool => Snap Uint { bits: 1 }, b: u8 => Snap Uint { bits: 2 }, c: bool => Snap Uint { bits: 1 } } }
wire! { struct Many { a: u8 => Lerp Uint { bits: 8 }, b: u16 => Lerp Uint { bits: 10 }, c: f32 => Arc Angle { bits: 8 }, turn: Quat => Arc Quat { bits: 6 }, d: u8 => Lerp Uint { bits: 6 }, e: u8 => Lerp Uint { bits: 6 } } }

const RATES: Rates = Rates { tick_hz: 60, ticks_per_step: 2 };
const STEPS: u32 = 100;

/// Numbers that rest, move evenly, gain speed, tremble, jump; one word after the other, so that groups deviate alone and together.
fn go_on(step: u32, words: &mut [u32], speeds: &mut [i64], layout: &[WordSpec], rng: &mut Rng) {
    for ((word, speed), spec) in words.iter_mut().zip(speeds).zip(layout) {
        let modulus = spec.modulus as i64;
        match rng.below(24) {
            0 => *speed = 0,
            1 => *speed = i64::from(rng.below(120)) - 60,
            2 => *speed += i64::from(rng.below(9)) - 4,
            3 if rng.one_in(2) => *word = (i64::from(rng.bits()) % modulus) as u32,
            3 => *word = ((i64::from(*word) + 150) % modulus) as u32,
            _ if step > STEPS / 2 => *speed += 5,
            _ => {}
        }
        if spec.bits > 2 && spec.bits < 32 {
            let by = *speed * modulus / 16_384 + i64::from(rng.one_in(9));
            *word = (i64::from(*word) + by).rem_euclid(modulus) as u32;
        }
    }
}

#[test]
fn rows_of_every_model() {
    let schema = Schema {
        game: "rows".into(),
        entities: vec![Glider::KIND, Walker::KIND, Driven::KIND, Odd::KIND, Many::KIND].into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "# One of them is trained.\nWalker.mode.0 73214567\n".into(),
    };
    let mut coder = RowCoder::new(&schema, RATES).expect("tables");
    let mut rng = Rng::new(5);
    let mut steps = Vec::new();
    for (number, kind) in (0u8..).zip(schema.entities.iter()) {
        let layout = kind.layout();
        let mut words: Vec<u32> =
            layout.iter().map(|spec| (u64::from(rng.bits()) % spec.modulus.min(1 << 16)) as u32).collect();
        let (mut speeds, mut state, mut read) = (vec![0; words.len()], RowState::default(), RowState::default());
        for step in 0..STEPS {
            let (mut run, mut load) = (BitWriter::new(), BitWriter::new());
            let mut any = Run::None;
            if step == 0 {
                coder.birth(number, &words, &mut state);
                read.clone_from(&state);
            } else {
                if step % 25 < 21 {
                    go_on(step, &mut words, &mut speeds, &layout, &mut rng);
                }
                any = coder.run(&mut state, &words, None, &mut run);
                run.align();
                match any {
                    Run::None => coder.advance(&mut read, None),
                    _ => coder.read_run(&mut read, None, &mut BitReader::new(run.bytes())).expect("a run"),
                }
            }
            assert_eq!(read, state, "{} at step {step}", kind.name);
            coder.load(&state, &mut load);
            load.align();
            let run = (any != Run::None).then(|| hex(run.bytes()));
            steps.push(json!({ "kind": number, "run": run, "load": hex(load.bytes()), "words": words }));
        }
    }
    let json = String::from_utf8_lossy(&schema.to_json()).into_owned();
    golden(
        "rows.json",
        &json!({ "schema": json, "tick_hz": RATES.tick_hz, "ticks_per_step": RATES.ticks_per_step, "steps": steps }),
    );
}
