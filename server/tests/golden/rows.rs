//! Rows of every model of the row coder: runs and loads, step by step.

use serde_json::{Value, json};
use snapline_shared::bits::{BitReader, BitWriter};
use snapline_shared::coder::{Rates, Relative, RowCoder, RowState, Run};
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

wire! { struct Cart at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 12 } } }
wire! { struct Rider at place with Cart about heading { place: Vec2 => Lerp Fixed { min: 0.0, max: 1000.0, step: 0.0625, wrap: true }, heading: f32 => Arc Angle { bits: 12 }, hp: u8 => Snap Uint { bits: 7 } } }
wire! { struct Body at place { turn: Quat => Arc Quat { bits: 11 }, place: Vec3 => Lerp Fixed { min: -128.0, max: 128.0, step: 0.0625, wrap: false } } }
wire! { struct Part at place with Body about turn { turn: Quat => Arc Quat { bits: 11 }, place: Vec3 => Lerp Fixed { min: -128.0, max: 128.0, step: 0.0625, wrap: false } } }

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

/// A row as it is written and read.
struct Followed {
    kind: u8,
    step: u32,
    state: RowState,
    read: RowState,
}

impl Followed {
    fn new(kind: u8) -> Self {
        Self { kind, step: 0, state: RowState::default(), read: RowState::default() }
    }

    /// One step, the first of which is the birth; `beside` are the words of the row that carries it, before and after.
    fn step(&mut self, coder: &mut RowCoder, words: &[u32], beside: Option<(&[u32], &[u32])>) -> Value {
        let (mut run, mut load) = (BitWriter::new(), BitWriter::new());
        let other = beside.map(|(before, after)| Relative { before, after });
        let mut any = Run::None;
        if self.step == 0 {
            coder.birth(self.kind, words, &mut self.state);
            self.read.clone_from(&self.state);
        } else {
            any = coder.run(&mut self.state, words, other, &mut run);
            run.align();
            match any {
                Run::None => coder.advance(&mut self.read, other),
                _ => coder.read_run(&mut self.read, other, &mut BitReader::new(run.bytes())).expect("a run"),
            }
        }
        assert_eq!(self.read, self.state, "kind {} at step {}", self.kind, self.step);
        self.step += 1;
        coder.load(&self.state, &mut load);
        load.align();
        let run = (any != Run::None).then(|| hex(run.bytes()));
        json!({ "kind": self.kind, "run": run, "load": hex(load.bytes()), "words": words, "beside": beside })
    }
}

fn words_of<T: Wire>(row: &T) -> Vec<u32> {
    let mut words = vec![0; T::KIND.words()];
    row.quantise(&mut words);
    words
}

/// Rows that ride on others: they sit still there, walk about, get off and on.
fn ride(coder: &mut RowCoder, rng: &mut Rng, steps: &mut Vec<Value>) {
    let (mut cart, mut body) = (Cart::default(), Body { turn: Quat::IDENTITY, ..Body::default() });
    let mut rider = Rider { place: Vec2::new(3.0, 1.5), ..Rider::default() };
    let mut part = Part { place: Vec3::new(2.0, -3.0, 4.0), turn: Quat::from_rotation_x(1.0) };
    let (mut rides, mut turns) = (Followed::new(6), Followed::new(8));
    for step in 0..STEPS {
        let (old_cart, old_body) = (cart, body);
        if step % 20 < 15 {
            cart.heading += 0.07;
            cart.place += Vec2::from_angle(cart.heading) * 2.5;
            body.turn = (body.turn * Quat::from_rotation_y(0.05)).normalize();
            body.place += Vec3::new(0.4, -0.1, 0.2);
        }
        if step % 50 < 42 {
            let turn = Vec2::from_angle(cart.heading - old_cart.heading);
            rider.place = cart.place + turn.rotate(rider.place - old_cart.place);
            rider.heading += cart.heading - old_cart.heading;
            let turn = body.turn * old_body.turn.inverse();
            part.place = body.place + turn * (part.place - old_body.place);
            part.turn = (turn * part.turn).normalize();
        }
        if rng.one_in(5) {
            rider.place.x += 0.4;
            part.place.z -= 0.3;
        }
        for (followed, mut words, before, after) in [
            (&mut rides, words_of(&rider), words_of(&old_cart), words_of(&cart)),
            (&mut turns, words_of(&part), words_of(&old_body), words_of(&body)),
        ] {
            *words.last_mut().expect("the word of the carrier") = u32::from(step % 50 < 45);
            let is_carried = followed.state.words.last() == Some(&1);
            steps.push(followed.step(coder, &words, is_carried.then_some((&before[..], &after[..]))));
        }
    }
}

#[test]
fn rows_of_every_model() {
    let schema = Schema {
        game: "rows".into(),
        entities: [
            vec![Glider::KIND, Walker::KIND, Driven::KIND, Odd::KIND, Many::KIND],
            vec![Cart::KIND, Rider::KIND, Body::KIND, Part::KIND],
        ]
        .concat()
        .into(),
        events: vec![].into(),
        requests: vec![].into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "# One of them is trained.\nWalker.mode.0 73214567\n".into(),
    };
    let mut coder = RowCoder::new(&schema, RATES).expect("tables");
    let mut rng = Rng::new(5);
    let mut steps = Vec::new();
    for (number, kind) in (0u8..5).zip(schema.entities.iter()) {
        let layout = kind.layout();
        let mut words: Vec<u32> =
            layout.iter().map(|spec| (u64::from(rng.bits()) % spec.modulus.min(1 << 16)) as u32).collect();
        let mut speeds = vec![0; words.len()];
        let mut followed = Followed::new(number);
        for step in 0..STEPS {
            if step > 0 && step % 25 < 21 {
                go_on(step, &mut words, &mut speeds, &layout, &mut rng);
            }
            steps.push(followed.step(&mut coder, &words, None));
        }
    }
    ride(&mut coder, &mut rng, &mut steps);
    let json = String::from_utf8_lossy(&schema.to_json()).into_owned();
    golden(
        "rows.json",
        &json!({ "schema": json, "tick_hz": RATES.tick_hz, "ticks_per_step": RATES.ticks_per_step, "steps": steps }),
    );
}
