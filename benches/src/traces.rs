//! Recorded worlds: the cubes and the arena of `reference/codec.md`, zstd files, as rows of a schema.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use snapline_shared::coder::Rates;
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;

/// Cubes of a frame.
const CUBES: usize = 901;

wire! {
    /// A cube of Fiedler's scene.
    pub struct Cube at place {
        turn: Quat => Arc Quat { bits: 9 },
        place: Vec3 => Lerp Fixed { min: -64.0, max: 64.0, step: 0.001953125, wrap: false },
        interacting: bool => Snap Uint { bits: 1 },
    }
}

wire! {
    /// A ship of the recorded arena: quanta are units, velocities are units a frame.
    pub struct Player at place by vel {
        vel: Vec2 => Lerp Fixed { min: -30720.0, max: 30720.0, step: 30.0, wrap: false },
        place: Vec2 => Lerp Fixed { min: 0.0, max: 32768.0, step: 1.0, wrap: false },
        angle: f32 => Arc Angle { bits: 10 },
        hp: u8 => Snap Uint { bits: 7 },
        flags: u8 => Snap Uint { bits: 8 },
    }
}

wire! {
    /// A projectile of the recorded arena.
    pub struct Projectile at place by vel {
        vel: Vec2 => Lerp Fixed { min: -30720.0, max: 30720.0, step: 30.0, wrap: false },
        place: Vec2 => Lerp Fixed { min: 0.0, max: 32768.0, step: 1.0, wrap: false },
        angle: f32 => Arc Angle { bits: 10 },
        hp: u8 => Snap Uint { bits: 7 },
        flags: u8 => Snap Uint { bits: 8 },
    }
}

/// One row of a recorded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Its slot.
    pub slot: u16,
    /// Number of its kind.
    pub kind: u8,
    /// Its words.
    pub words: Vec<u32>,
}

/// A recorded world.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its kinds.
    pub schema: Schema,
    /// A recorded frame is a tick, a frame that is used a step.
    pub rates: Rates,
    /// Rows of every frame, in slot order.
    pub frames: Vec<Vec<TraceRow>>,
}

fn schema(entities: Vec<Kind>) -> Schema {
    Schema {
        game: "trace".into(),
        entities: entities.into(),
        events: (&[]).into(),
        requests: (&[]).into(),
        input: <()>::KIND,
        own: <()>::KIND,
        tables: "".into(),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(wrong)?;
    let mut bytes = Vec::new();
    zstd::Decoder::new(file).and_then(|decoder| decoder.take(1 << 30).read_to_end(&mut bytes)).map_err(wrong)?;
    Ok(bytes)
}

/// Reads a file of cubes.
///
/// # Errors
/// When it is none; in words.
pub fn cubes(path: &Path) -> Result<Trace, String> {
    let bytes = bytes(path)?;
    let number = |at: usize| i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let frame_bytes = CUBES * 32;
    if bytes.is_empty() || bytes.len() % frame_bytes != 0 {
        return Err(format!("{}: not frames of {CUBES} cubes", path.display()));
    }
    let row = |frame: usize, cube: usize| {
        let from = frame * frame_bytes + cube * 32;
        let n = |i: usize| number(from + 4 * i);
        let place = |i: usize| (n(i) + 32768).cast_unsigned();
        let turn = [n(0), n(1), n(2), n(3)].map(i32::cast_unsigned);
        let words = [&turn[..], &[place(4), place(5), place(6)], &[n(7).cast_unsigned()]].concat();
        TraceRow { slot: cube as u16, kind: 0, words }
    };
    let frames = 0..bytes.len() / frame_bytes;
    let frames = frames.map(|frame| (0..CUBES).map(|cube| row(frame, cube)).collect()).collect();
    Ok(Trace { schema: schema(vec![Cube::KIND]), rates: Rates { tick_hz: 60, ticks_per_step: 1 }, frames })
}

/// Reads a file of the recorded arena. An entity whose number changes hands between the kinds is another one.
///
/// # Errors
/// When it is none; in words.
pub fn arena(path: &Path) -> Result<Trace, String> {
    let bytes = bytes(path)?;
    let short = || format!("{}: it ends too early", path.display());
    let mut at = 0;
    let mut take = |count: usize| {
        let part = bytes.get(at..at + count);
        at += count;
        part.ok_or_else(short)
    };
    let mut number = |count: usize| {
        let part = take(count)?;
        Ok::<u32, String>(part.iter().rev().fold(0u32, |all, &byte| all << 8 | u32::from(byte)))
    };
    let mut frames = Vec::new();
    for _ in 0..number(4)? {
        let mut rows = Vec::new();
        for _ in 0..number(4)? {
            let (slot, kind) = (number(2)? as u16, number(2)? as u8);
            let [x, y, vx, vy, angle, hp, flags] =
                [number(4)?, number(4)?, number(4)?, number(4)?, number(4)?, number(4)?, number(4)?];
            let vel = |v: u32| v.wrapping_add(1024);
            rows.push(TraceRow { slot, kind, words: vec![vel(vx), vel(vy), x, y, angle, hp, flags] });
        }
        rows.sort_by_key(|row| row.slot);
        frames.push(rows);
    }
    Ok(Trace {
        schema: schema(vec![Player::KIND, Projectile::KIND]),
        rates: Rates { tick_hz: 30, ticks_per_step: 1 },
        frames,
    })
}

impl Trace {
    /// Every `stride`th frame.
    #[must_use]
    pub fn strided(&self, stride: usize) -> Self {
        let frames = self.frames.iter().step_by(stride).cloned().collect();
        let ticks_per_step = self.rates.ticks_per_step * stride as u32;
        Self { frames, rates: Rates { ticks_per_step, ..self.rates }, schema: self.schema.clone() }
    }

    /// The schema behind a shared pointer, with these tables.
    #[must_use]
    pub fn schema_with(&self, tables: &str) -> Arc<Schema> {
        Arc::new(Schema { tables: tables.to_owned().into(), ..self.schema.clone() })
    }
}

/// How the players of the generated swarm steer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// By one step of the heading each tick, always the same way.
    Turning,
    /// By -8 to 8 steps in three of ten ticks.
    Wandering,
}

/// The swarm with so many players: frames are ticks, as in the workloads w1 to w3.
#[must_use]
pub fn swarm(players: u16, tick_hz: u32, steer: Steer, ticks: u32, seed: u64) -> Trace {
    use snapline_swarm::{Input, Own, Swarm, Walker};
    let setup = Setup { map: &[], options: &Default::default(), tick_hz, ticks_per_step: 1 };
    let scene = Swarm::scene(&setup).unwrap_or_else(|error| panic!("the swarm takes no options: {error}"));
    let mut rng = Rng::new(seed);
    let start = |rng: &mut Rng| Own { place: Vec2::new(rng.unit(), rng.unit()) * 1000.0, heading: 0.0 };
    let mut walkers: Vec<(Own, u8)> = (0..players).map(|_| (start(&mut rng), rng.below(256) as u8)).collect();
    let mut frames = Vec::new();
    for tick in 1..=ticks {
        let mut rows = Vec::new();
        for (number, (own, heading)) in (0u16..).zip(&mut walkers) {
            let by = match steer {
                Steer::Turning if number % 2 == 0 => 1,
                Steer::Turning => 255,
                Steer::Wandering if rng.unit() < 0.3 => rng.below(17).wrapping_sub(8) as u8,
                Steer::Wandering => 0,
            };
            *heading = heading.wrapping_add(by);
            let fast = (tick + 13 * u32::from(number)) / 64 % 2 == 1;
            Swarm::advance(&scene, own, Input { heading: *heading, fast });
            let hp = 100 - ((tick + 7 * u32::from(number)) / 200 % 100) as u8;
            let mut words = vec![0; Walker::KIND.words()];
            Walker { place: own.place, heading: own.heading, hp }.quantise(&mut words);
            rows.push(TraceRow { slot: number, kind: 0, words });
        }
        frames.push(rows);
    }
    Trace { schema: schema(vec![Walker::KIND]), rates: Rates { tick_hz, ticks_per_step: 1 }, frames }
}
