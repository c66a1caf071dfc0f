//! Recorded worlds, zstd files, as rows of a schema. All numbers are little-endian.
//!
//! Cubes: frames of 901 cubes, 8 i32 each: largest component of the rotation (0-3: w, x, y, z), the three others (0-511), x, y, z in 1/512 m, whether it
//! interacts. 60 frames a second, Fiedler's scene.
//!
//! Arena: u32 number of frames; in each u32 number of entities, then for each u16 id, u8 kind (0 player, 1 projectile), u8 zero, seven i32: x, y
//! (1/16 unit, 15 bits), vx, vy (the same a frame, 11 bits), angle (10 bits), hp (7 bits), flags (8 bits). 30 frames a second.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use snapline_shared::coder::Rates;
use snapline_shared::prelude::*;
use snapline_shared::rows::Row;
use snapline_shared::schema::Schema;

/// Slots of players in the recorded arena; those of projectiles come after them.
const ARENA_PLAYERS: u16 = 200;
/// Cubes of a frame.
const CUBES: usize = 901;

wire! {
    /// A cube of Fiedler's scene: the player's, or one that may stick to it.
    pub struct Cube at place with Cube about turn {
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
    pub struct Projectile at place by vel from Player {
        vel: Vec2 => Lerp Fixed { min: -30720.0, max: 30720.0, step: 30.0, wrap: false },
        place: Vec2 => Lerp Fixed { min: 0.0, max: 32768.0, step: 1.0, wrap: false },
        angle: f32 => Arc Angle { bits: 10 },
        hp: u8 => Snap Uint { bits: 7 },
        flags: u8 => Snap Uint { bits: 8 },
    }
}

wire! {
    /// What the player of a recorded ship would receive exact: the traces do not have it, so it is this long, 26 bytes, and filled with anything.
    pub struct Own {
        place: Vec2 => Lerp F32,
        vel: Vec2 => Lerp F32,
        angle: f32 => Arc F32,
        hp: u8 => Snap Uint { bits: 7 },
        flags: u8 => Snap Uint { bits: 8 },
        touched: u32 => Snap Uint { bits: 32 },
    }
}

/// A world that was recorded or played: what is shown at each step.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its kinds, without tables.
    pub schema: Arc<Schema>,
    /// Of a recorded file a frame is a tick, a frame that is used a step.
    pub rates: Rates,
    /// Rows of every step.
    pub steps: Vec<Arc<Rows>>,
    /// How many play.
    pub players: u16,
    /// The word of the first kind that tells whose row it is; none: its slot does.
    pub owner_word: Option<usize>,
}

pub(crate) fn schema(game: &'static str, entities: Vec<Kind>, own: Kind) -> Arc<Schema> {
    Arc::new(Schema {
        game: game.into(),
        entities: entities.into(),
        events: (&[]).into(),
        requests: (&[]).into(),
        input: <()>::KIND,
        own,
        tables: "".into(),
    })
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
    let schema = schema("cubes", vec![Cube::KIND], <()>::KIND);
    let cube_words = |frame: usize, cube: usize| {
        let from = frame * frame_bytes + cube * 32;
        let n = |i: usize| number(from + 4 * i);
        let place = |i: usize| (n(i) + 32768).cast_unsigned();
        let [largest, a, b, c, interacting] = [n(0), n(1), n(2), n(3), n(7)].map(i32::cast_unsigned);
        // Components in the file are w, x, y, z; here they are x, y, z, w.
        let turn = if largest == 0 { [3, a, b, c] } else { [largest.wrapping_sub(1), b, c, a] };
        let [largest, a, b, c] = turn;
        // The file does not say which cubes stick to the player's, the first, so all are said to; the coder finds out what that is worth.
        let with = u32::from(cube > 0);
        [largest, a, b, c, place(4), place(5), place(6), interacting, with]
    };
    let layout = Cube::KIND.layout();
    let step = |frame: usize| {
        let mut rows = Rows::new(schema.clone());
        for cube in 0..CUBES {
            let words = cube_words(frame, cube);
            if words.iter().zip(&layout).any(|(&word, spec)| u64::from(word) >= spec.modulus) {
                return Err(format!("{}: frame {frame}, cube {cube}: a number is outside its range", path.display()));
            }
            rows.put_words(NetId { slot: cube as u16, generation: 0 }, 0, &words);
        }
        rows.finish();
        Ok(Arc::new(rows))
    };
    let steps = (0..bytes.len() / frame_bytes).map(step).collect::<Result<_, _>>()?;
    Ok(Trace { steps, rates: Rates { tick_hz: 60, ticks_per_step: 1 }, schema, players: 0, owner_word: None })
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
    let schema = schema("arena trace", vec![Player::KIND, Projectile::KIND], Own::KIND);
    let (mut births, mut shooters) = (Births::default(), Shooters::default());
    let mut steps: Vec<Arc<Rows>> = Vec::new();
    let frames = number(4)?;
    for frame in 0..frames {
        let mut rows = Rows::new(schema.clone());
        for _ in 0..number(4)? {
            let (slot, kind) = (number(2)? as u16, number(2)? as u8);
            let [x, y, vx, vy, angle, hp, flags] =
                [number(4)?, number(4)?, number(4)?, number(4)?, number(4)?, number(4)?, number(4)?];
            if kind > 1 || x >= 1 << 15 || y >= 1 << 15 {
                return Err(format!("{}: not entities of the arena", path.display()));
            }
            let vel = |v: u32| v.wrapping_add(1024) & 2047;
            let id = births.id(frame, slot, kind);
            rows.put_words(id, kind, &[vel(vx), vel(vy), x, y, angle & 1023, hp & 127, flags & 255]);
        }
        rows.finish();
        shooters.tell(steps.last().map(|rows| &**rows), &mut rows);
        steps.push(Arc::new(rows));
    }
    if frames == 0 || at != bytes.len() {
        return Err(format!("{}: not frames of an arena and nothing else", path.display()));
    }
    Ok(Trace {
        steps,
        rates: Rates { tick_hz: 30, ticks_per_step: 1 },
        schema,
        players: ARENA_PLAYERS,
        owner_word: None,
    })
}

/// Tells apart the entities that follow one another in a slot: one that was not there in the frame before, or was of another kind, is new.
#[derive(Default)]
struct Births(Vec<(u32, u8, u32)>);

impl Births {
    fn id(&mut self, frame: u32, slot: u16, kind: u8) -> NetId {
        if self.0.len() <= usize::from(slot) {
            self.0.resize(usize::from(slot) + 1, (u32::MAX - 1, 0, 0));
        }
        let (last, last_kind, generation) = &mut self.0[usize::from(slot)];
        *generation += u32::from(last.wrapping_add(1) != frame || *last_kind != kind);
        (*last, *last_kind) = (frame, kind);
        NetId { slot, generation: *generation }
    }
}

/// Who fired each projectile in flight. The file does not say, but a game knows: it is taken to be the player who, in the frame before the
/// projectile's first, was nearest to where it came from.
#[derive(Default)]
struct Shooters(std::collections::BTreeMap<NetId, NetId>);

/// How far behind its first place a projectile comes from, along its own angle: it leaves the muzzle 24 units before its ship and flies for a frame.
const FLOWN: f64 = 544.0;

impl Shooters {
    fn tell(&mut self, before: Option<&Rows>, rows: &mut Rows) {
        let mut by = Vec::new();
        for row in rows.list().iter().filter(|row| row.kind == 1) {
            let words = rows.words(row);
            let shooter = self.0.get(&row.id).copied().or_else(|| {
                if before?.find(row.id).is_some() {
                    return None;
                }
                let angle = f64::from(words[4]) / 1024.0 * std::f64::consts::TAU;
                let from = [f64::from(words[2]) - FLOWN * angle.cos(), f64::from(words[3]) - FLOWN * angle.sin()];
                let players = before?.list().iter().filter(|row| row.kind == 0);
                let off = |row: &Row| {
                    let words = before.map_or(&[][..], |before| before.words(row));
                    (f64::from(words[2]) - from[0]).hypot(f64::from(words[3]) - from[1])
                };
                players.min_by(|a, b| off(a).total_cmp(&off(b))).map(|row| row.id)
            });
            by.extend(shooter.map(|shooter| (row.id, shooter)));
        }
        self.0 = by.iter().copied().collect();
        by.into_iter().for_each(|(id, shooter)| rows.set_by(id, shooter));
    }
}

impl Trace {
    /// Every `stride`th step, from step number `from` on.
    #[must_use]
    pub fn strided(&self, stride: usize, from: usize) -> Self {
        let steps = self.steps.iter().skip(from).step_by(stride).cloned().collect();
        let ticks_per_step = self.rates.ticks_per_step * stride as u32;
        Self { steps, rates: Rates { ticks_per_step, ..self.rates }, ..self.clone() }
    }

    /// The schema with these tables.
    #[must_use]
    pub fn schema_with(&self, tables: &str) -> Arc<Schema> {
        Arc::new(Schema { tables: tables.to_owned().into(), ..Schema::clone(&self.schema) })
    }

    /// Steps a second.
    #[must_use]
    pub fn step_hz(&self) -> f64 {
        f64::from(self.rates.tick_hz) / f64::from(self.rates.ticks_per_step)
    }

    /// The row that player number `player` steers, when there is one.
    #[must_use]
    pub fn steered<'a>(&self, rows: &'a Rows, player: u16) -> Option<&'a Row> {
        let mut mine = rows.list().iter().filter(|row| row.kind == 0);
        match self.owner_word {
            Some(word) => mine.find(|row| rows.words(row)[word] == u32::from(player)),
            None => mine.find(|row| row.id.slot == player),
        }
    }
}
