//! Shots in flight and whom they meet.

use snapline_shared::prelude::*;

use crate::game::Fighter;
use crate::kinds::{Bolt, SIDE, Spark};
use crate::scene::{SHIP_RADIUS, Scene};

/// Side of a cell of the grid over the ships; a shot's way in one tick touches few of them.
const CELL: f32 = 256.0;
const CELLS: usize = (SIDE / CELL) as usize;

/// A shot in flight.
#[derive(Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
struct Flying {
    id: NetId,
    bolt: Bolt,
    /// The ship that fired it.
    ship: NetId,
    /// Ticks until it meets a wall or burns out.
    ticks: u32,
}

/// All shots of a match, oldest first.
#[derive(Default, Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
pub(crate) struct Bolts {
    list: Vec<Flying>,
}

/// A shot has met a ship.
pub(crate) struct Met {
    pub(crate) by: u16,
    /// Number of the ship among the fighters.
    pub(crate) victim: usize,
    pub(crate) place: Vec2,
    pub(crate) vel: Vec2,
}

impl Bolts {
    pub(crate) fn fire(&mut self, bolt: Bolt, ship: NetId, ticks: u32, tools: &mut Tools<'_>) {
        if let Some(id) = tools.ids.spawn() {
            self.list.push(Flying { id, bolt, ship, ticks });
        }
    }

    /// A shot has come to the end of its way: a spark at a wall; at the end of its strength there is nothing to be seen.
    pub(crate) fn end(scene: &Scene, place: Vec2, tools: &mut Tools<'_>) {
        if !scene.is_free(place, 16.0) {
            tools.events.near(place, &Spark { place });
        }
    }

    /// Moves all shots by one tick; those that meet something are no more.
    pub(crate) fn fly(&mut self, scene: &Scene, fighters: &[Fighter], tools: &mut Tools<'_>) -> Vec<Met> {
        let cells = Cells::new(fighters);
        let mut met = Vec::new();
        self.list.retain_mut(|flying| {
            let (from, vel) = (flying.bolt.place, flying.bolt.vel);
            let way = vel * scene.dt;
            if let Some((victim, share)) = cells.first(fighters, from, way, flying.bolt.owner) {
                met.push(Met { by: flying.bolt.owner, victim, place: from + way * share, vel });
                return !tools.ids.free(flying.id);
            }
            flying.bolt.place += way;
            flying.ticks = flying.ticks.saturating_sub(1);
            if flying.ticks > 0 {
                return true;
            }
            Self::end(scene, flying.bolt.place, tools);
            !tools.ids.free(flying.id)
        });
        met
    }

    pub(crate) fn extract(&self, out: &mut Rows) {
        self.list.iter().for_each(|flying| out.put_by(flying.id, &flying.bolt, flying.ship));
    }
}

/// The flying ships by place.
struct Cells {
    /// Cell and number among the fighters, in order.
    ships: Vec<(usize, usize)>,
}

fn cell(place: f32) -> usize {
    // The cast takes what lies below to 0.
    ((place / CELL) as usize).min(CELLS - 1)
}

impl Cells {
    fn new(fighters: &[Fighter]) -> Self {
        let flying = fighters.iter().enumerate().filter(|(_, fighter)| fighter.own.hull > 0);
        let mut ships: Vec<(usize, usize)> =
            flying.map(|(i, fighter)| (cell(fighter.own.place.y) * CELLS + cell(fighter.own.place.x), i)).collect();
        ships.sort_unstable();
        Self { ships }
    }

    /// The first ship that is met on the way, and the share of the way until then; not the one that fired.
    fn first(&self, fighters: &[Fighter], from: Vec2, way: Vec2, owner: u16) -> Option<(usize, f32)> {
        let (low, high) = (from.min(from + way) - SHIP_RADIUS, from.max(from + way) + SHIP_RADIUS);
        let mut first: Option<(usize, f32)> = None;
        for y in cell(low.y)..=cell(high.y) {
            let (begin, end) = (y * CELLS + cell(low.x), y * CELLS + cell(high.x));
            let from_here = self.ships.partition_point(|(cell, _)| *cell < begin);
            for &(_, ship) in self.ships[from_here..].iter().take_while(|(cell, _)| *cell <= end) {
                let own = &fighters[ship].own;
                let Some(share) = meets(from - own.place, way).filter(|_| own.owner != owner) else { continue };
                if first.is_none_or(|(_, nearest)| share < nearest) {
                    first = Some((ship, share));
                }
            }
        }
        first
    }
}

/// The share (0..=1) of the way at which a point comes within a ship's radius of the origin.
pub(crate) fn meets(from: Vec2, way: Vec2) -> Option<f32> {
    let gap = from.length_squared() - SHIP_RADIUS * SHIP_RADIUS;
    if gap <= 0.0 {
        return Some(0.0);
    }
    let (a, b) = (way.length_squared(), from.dot(way));
    let root = b * b - a * gap;
    if b >= 0.0 || root < 0.0 {
        return None;
    }
    let share = (-b - root.sqrt()) / a;
    (share <= 1.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_meets_a_disc_where_it_enters_and_not_behind_or_beside_it() {
        let far = Vec2::new(-100.0, 0.0);
        assert_eq!(meets(far, Vec2::new(160.0, 0.0)), Some(0.5));
        assert_eq!(meets(far, Vec2::new(79.0, 0.0)), None, "too short");
        assert_eq!(meets(far, Vec2::new(-160.0, 0.0)), None, "the other way");
        assert_eq!(meets(Vec2::new(-100.0, 20.5), Vec2::new(160.0, 0.0)), None, "past it");
        assert_eq!(meets(Vec2::new(1.0, 1.0), Vec2::new(9.0, 0.0)), Some(0.0), "inside");
    }
}
