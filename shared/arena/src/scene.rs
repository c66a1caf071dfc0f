//! What never changes in a match: the walls and where things lie, and the tuning in ticks.

use snapline_shared::prelude::*;

use crate::kinds::SIDE;

/// Radius of a ship, in units.
pub const SHIP_RADIUS: f32 = 20.0;
/// Side of a cell of the grid over the walls.
const CELL: f32 = 128.0;
const CELLS: usize = (SIDE / CELL) as usize;
/// A wall is listed in every cell that lies within this distance of it: a look into one cell is enough for what is smaller.
const REACH: f32 = 48.0;
/// Distance of two looks along a ray.
const STRIDE: f32 = 2.0 * REACH;
/// Walls and crates of a map.
const LIST_MAX: usize = 4096;

/// A wall: an axis-aligned rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// The corner with the least coordinates.
    pub min: Vec2,
    /// The corner with the largest.
    pub max: Vec2,
}

/// A place where something to pick up comes again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Where.
    pub place: Vec2,
    /// As in `Crate::holds`.
    pub holds: u8,
}

/// Map and tuning.
#[derive(Clone, Debug)]
pub struct Scene {
    /// All walls.
    pub walls: Vec<Wall>,
    /// All crates.
    pub spots: Vec<Spot>,
    /// Half the side of what a player sees, in units.
    pub view_radius: f32,
    /// Seconds of a tick.
    pub dt: f32,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks of a match.
    pub match_ticks: u32,
    /// Whether shots may be judged in the past that their shooters saw.
    pub lag_compensation: bool,
    /// Parts that a tick's way is cut into, so that nothing passes through a wall at a low tick rate.
    pub(crate) parts: u32,
    /// Numbers of the walls near each cell, row by row.
    cells: Vec<Vec<u16>>,
}

/// The map's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, crate = "snapline_shared::serde")]
struct MapFile {
    /// For those who edit maps; the game has no use for it.
    #[serde(rename = "name")]
    _name: String,
    size: f32,
    walls: Vec<[f32; 4]>,
    crates: Vec<(f32, f32, String)>,
}

impl Scene {
    /// Reads the map and the options `view_radius` (200 to 2000 units), `match_s` (10 to 3600 seconds) and `lag_compensation` (true or false).
    pub(crate) fn new(setup: &Setup<'_>) -> Result<Self, SetupError> {
        let view_radius = setup.number("view_radius", 720.0, 200.0..=2000.0)?;
        let match_s = setup.number("match_s", 300.0, 10.0..=3600.0)?;
        let lag_compensation = setup.flag("lag_compensation", true)?;
        let MapFile { size, walls, crates, .. } = serde_json::from_slice(setup.map).map_err(|error| wrong(&error))?;
        if size != SIDE {
            return Err(wrong(&format!("size is {size}, and this game's worlds have {SIDE}")));
        }
        if walls.len().max(crates.len()) > LIST_MAX {
            return Err(wrong(&format!("more than {LIST_MAX} walls or crates")));
        }
        let walls = walls.iter().map(read_wall).collect::<Result<Vec<_>, _>>()?;
        let spots = crates.iter().map(read_spot).collect::<Result<Vec<_>, _>>()?;
        let dt = 1.0 / setup.tick_hz as f32;
        let mut scene = Self {
            cells: cells(&walls),
            walls,
            spots,
            view_radius,
            dt,
            tick_hz: setup.tick_hz,
            lag_compensation,
            match_ticks: (match_s * setup.tick_hz as f32) as u32,
            parts: libm::ceilf(crate::flight::SPEED_MAX * dt / (SHIP_RADIUS / 2.0)) as u32,
        };
        scene.parts = scene.parts.max(1);
        if let Some(spot) = scene.spots.iter().find(|spot| !scene.is_free(spot.place, SHIP_RADIUS)) {
            return Err(wrong(&format!("no ship can reach the crate at {}", spot.place)));
        }
        Ok(scene)
    }

    /// Ticks of so many seconds, at least one.
    #[must_use]
    pub fn ticks(&self, seconds: f32) -> u16 {
        ((seconds * self.tick_hz as f32) as u16).max(1)
    }

    /// The walls that may be within [`SHIP_RADIUS`] of `place`.
    pub(crate) fn walls_near(&self, place: Vec2) -> impl Iterator<Item = &Wall> {
        // The cast takes NaN and what lies below to 0.
        let [x, y] = place.to_array().map(|at| ((at / CELL) as usize).min(CELLS - 1));
        self.cells[y * CELLS + x].iter().map(|&wall| &self.walls[usize::from(wall)])
    }

    /// Whether a disc of this radius (at most 48) fits there.
    #[must_use]
    pub fn is_free(&self, place: Vec2, radius: f32) -> bool {
        let inside = place.cmpge(Vec2::splat(radius)).all() && place.cmple(Vec2::splat(SIDE - radius)).all();
        inside && self.walls_near(place).all(|wall| wall.nearest(place).distance_squared(place) >= radius * radius)
    }

    /// How far something without extent flies from `from` along `way` (a unit vector) before it meets a wall or the world's edge; at most `far`.
    #[must_use]
    pub fn ray(&self, from: Vec2, way: Vec2, far: f32) -> f32 {
        let mut free = far;
        for axis in 0..2 {
            if way[axis] != 0.0 {
                let edge = if way[axis] > 0.0 { SIDE } else { 0.0 };
                free = free.min(((edge - from[axis]) / way[axis]).max(0.0));
            }
        }
        let mut at = 0.0;
        // What the ray meets between two looks lies within `REACH` of one of them.
        while at < free + STRIDE / 2.0 {
            for wall in self.walls_near(from + way * at) {
                free = free.min(wall.enters(from, way));
            }
            at += STRIDE;
        }
        free
    }
}

impl Wall {
    /// The point of the wall that is nearest to `place`.
    pub(crate) fn nearest(&self, place: Vec2) -> Vec2 {
        place.max(self.min).min(self.max)
    }

    /// Distance along the ray at which it enters; infinite when it does not.
    fn enters(&self, from: Vec2, way: Vec2) -> f32 {
        let (mut enter, mut leave) = (0.0f32, f32::INFINITY);
        for axis in 0..2 {
            if way[axis] == 0.0 {
                if from[axis] < self.min[axis] || from[axis] > self.max[axis] {
                    return f32::INFINITY;
                }
                continue;
            }
            let (a, b) = ((self.min[axis] - from[axis]) / way[axis], (self.max[axis] - from[axis]) / way[axis]);
            (enter, leave) = (enter.max(a.min(b)), leave.min(a.max(b)));
        }
        if enter <= leave { enter } else { f32::INFINITY }
    }
}

fn wrong(words: &dyn core::fmt::Display) -> SetupError {
    SetupError { field: "map", words: format!("{words}") }
}

fn read_wall(&[x, y, width, height]: &[f32; 4]) -> Result<Wall, SetupError> {
    let (min, max) = (Vec2::new(x, y), Vec2::new(x + width, y + height));
    let is_good = width > 0.0 && height > 0.0 && min.cmpge(Vec2::ZERO).all() && max.cmple(Vec2::splat(SIDE)).all();
    if is_good {
        Ok(Wall { min, max })
    } else {
        Err(wrong(&format!("the wall [{x}, {y}, {width}, {height}] has no size or is not within the world")))
    }
}

fn read_spot((x, y, holds): &(f32, f32, String)) -> Result<Spot, SetupError> {
    let Some(holds) = crate::crates::HOLDS.iter().position(|known| known == holds) else {
        return Err(wrong(&format!("a crate holds {:?}, not {holds:?}", crate::crates::HOLDS)));
    };
    Ok(Spot { place: Vec2::new(*x, *y), holds: holds as u8 })
}

fn cells(walls: &[Wall]) -> Vec<Vec<u16>> {
    let mut cells = vec![Vec::new(); CELLS * CELLS];
    for (number, wall) in walls.iter().enumerate() {
        let cell = |at: f32| ((at / CELL) as usize).min(CELLS - 1);
        for y in cell(wall.min.y - REACH)..=cell(wall.max.y + REACH) {
            for x in cell(wall.min.x - REACH)..=cell(wall.max.x + REACH) {
                cells[y * CELLS + x].push(number as u16);
            }
        }
    }
    cells
}
