//! What travels: what a player holds, what it alone receives, what everybody sees, what happens once.

use snapline_shared::prelude::*;

/// Side of the world in units; x and y run from 0.
pub const SIDE: f32 = 8192.0;
/// Places on the wire: eighths of a unit, 16 bits.
pub(crate) const PLACE: Lane = Lane::Fixed { min: 0.0, max: 8192.0, step: 0.125, wrap: false };
/// Velocities on the wire, in units a second: quarters are 13 bits.
const SPEED: Lane = Lane::Fixed { min: -2048.0, max: 2048.0, step: 0.5, wrap: false };
const SEAT: Lane = Lane::Uint { bits: 12 };

wire! {
    /// What a player holds down.
    pub struct Input {
        /// Where the nose is to point, in radians from +x towards +y; the ship turns there as fast as it can.
        aim: f32 => Arc Angle { bits: 10 },
        thrust: bool => Snap Uint { bits: 1 },
        brake: bool => Snap Uint { bits: 1 },
        fire: bool => Snap Uint { bits: 1 },
    }
}

wire! {
    /// What its player alone receives, exact: all that its motion depends on, and its own figures.
    pub struct Own at place teleport 64 {
        place: Vec2 => Lerp F32,
        /// Units a second.
        vel: Vec2 => Lerp F32,
        /// Radians.
        heading: f32 => Arc F32,
        thrust: bool => Snap Uint { bits: 1 },
        /// 0..=100; 0: destroyed.
        hull: u8 => Snap Uint { bits: 7 },
        /// What the shield still takes, 0..=100.
        shield: u8 => Snap Uint { bits: 7 },
        /// Shots left, 0..=24.
        ammo: u8 => Snap Uint { bits: 6 },
        /// Ticks until the next of the ammunition is made.
        refill: u16 => Snap Uint { bits: 10 },
        /// Ticks until the gun fires again.
        cooldown: u8 => Snap Uint { bits: 8 },
        /// Ticks of rapid fire left.
        rapid: u16 => Snap Uint { bits: 12 },
        /// Ticks during which nothing harms a ship that has just come; a shot ends them.
        safe: u16 => Snap Uint { bits: 12 },
        /// Ticks until a destroyed ship comes back; 0: it flies.
        wait: u16 => Snap Uint { bits: 12 },
        /// Shots fired, modulo 256: the number of the newest.
        shots: u8 => Snap Uint { bits: 8 },
        /// Whether the tick that left this state fired it.
        fired: bool => Snap Uint { bits: 1 },
        /// The own seat, so that shots can be told apart.
        owner: u16 => Snap SEAT,
        /// Whether the own shots are judged in the world that this player sees.
        compensated: bool => Snap Uint { bits: 1 },
        /// Counts what `step` did to this state outside `advance`.
        touched: u32 => Snap Uint { bits: 32 },
        score: u16 => Snap Uint { bits: 16 },
        kills: u16 => Snap Uint { bits: 10 },
        deaths: u16 => Snap Uint { bits: 10 },
        /// Place in the table, from 1.
        rank: u16 => Snap Uint { bits: 12 },
    }
}

wire! {
    /// A flying ship.
    pub struct Ship at place by vel teleport 64 weight 4 {
        place: Vec2 => Lerp PLACE,
        vel: Vec2 => Lerp SPEED,
        heading: f32 => Arc Angle { bits: 8 },
        thrust: bool => Snap Uint { bits: 1 },
        /// 1..=100.
        hull: u8 => Snap Uint { bits: 7 },
        shielded: bool => Snap Uint { bits: 1 },
        rapid: bool => Snap Uint { bits: 1 },
        /// Nothing harms it.
        safe: bool => Snap Uint { bits: 1 },
        owner: u16 => Snap SEAT,
    }
}

wire! {
    /// A shot in flight: straight, at a constant velocity.
    pub struct Bolt at place by vel from Ship teleport 128 weight 2 {
        place: Vec2 => Lerp PLACE,
        vel: Vec2 => Lerp SPEED,
        owner: u16 => Snap SEAT,
        /// `Own::shots` of its ship when it was fired.
        number: u8 => Snap Uint { bits: 8 },
    }
}

wire! {
    /// Something to pick up; it lies still.
    pub struct Crate at place {
        place: Vec2 => Snap PLACE,
        /// 0 repair, 1 rapid fire, 2 shield.
        holds: u8 => Snap Uint { bits: 2 },
    }
}

wire! {
    /// A line of the table: the first 20, everywhere.
    pub struct Score {
        /// From 1.
        rank: u8 => Snap Uint { bits: 5 },
        player: u16 => Snap SEAT,
        score: u16 => Snap Uint { bits: 16 },
        kills: u16 => Snap Uint { bits: 10 },
        deaths: u16 => Snap Uint { bits: 10 },
        /// Where its ship is, in 64ths of the world's side; looked up once a second.
        x: u8 => Snap Uint { bits: 6 },
        y: u8 => Snap Uint { bits: 6 },
    }
}

wire! {
    /// The match.
    pub struct Match {
        /// Tick at which it ends.
        ends: u32 => Snap Uint { bits: 32 },
        /// Ships come within this distance of the middle of the world: it grows with their number.
        zone: u16 => Snap Uint { bits: 13 },
        /// Results are shown; nothing harms anybody.
        over: bool => Snap Uint { bits: 1 },
    }
}

wire! {
    /// A shot has met a ship.
    pub struct Hit at place {
        place: Vec2 => Snap PLACE,
        /// Who fired.
        by: u16 => Snap SEAT,
        /// Who was hit.
        victim: u16 => Snap SEAT,
        /// Whether a shield (or safety) took it.
        shielded: bool => Snap Uint { bits: 1 },
    }
}

wire! {
    /// A shot has met a wall.
    pub struct Spark at place { place: Vec2 => Snap PLACE }
}

wire! {
    /// A ship bursts.
    pub struct Burst at place {
        place: Vec2 => Snap PLACE,
        vel: Vec2 => Snap SPEED,
        victim: u16 => Snap SEAT,
    }
}

wire! {
    /// Somebody has picked something up.
    pub struct Taken at place {
        place: Vec2 => Snap PLACE,
        holds: u8 => Snap Uint { bits: 2 },
        by: u16 => Snap SEAT,
    }
}

wire! {
    /// For the kill feed, told to all.
    pub struct Kill { by: u16 => Snap SEAT, victim: u16 => Snap SEAT }
}

wire! {
    /// To the one who fired, at once: the shot has harmed somebody.
    pub struct Struck { victim: u16 => Snap SEAT, killed: bool => Snap Uint { bits: 1 } }
}

wire! {
    /// To the one who was hit, at once: by whom and from where.
    pub struct Hurt { by: u16 => Snap SEAT, from: f32 => Snap Angle { bits: 8 }, damage: u8 => Snap Uint { bits: 7 } }
}

wire! {
    /// To a shooter who asked for it, at once: the place in the past of a ship that a shot met or came near to, as this shooter saw it.
    pub struct Judged at place {
        place: Vec2 => Snap PLACE,
        victim: u16 => Snap SEAT,
        /// Met; else missed by less than three radii.
        hit: bool => Snap Uint { bits: 1 },
    }
}

wire! {
    /// A player's wish for the own shots.
    pub struct Judge {
        /// Whether they are to be judged in the world that this player sees; a room with the option `lag_compensation` = false refuses it.
        compensate: bool => Snap Uint { bits: 1 },
        /// Whether this player wants to be told where ships were then (`Judged`).
        show: bool => Snap Uint { bits: 1 },
    }
}
