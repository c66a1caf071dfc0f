//! What can be picked up: at its places on the map again and again, and for a while where a ship has burst.

use snapline_shared::prelude::*;

use crate::kinds::{Crate, Own, Taken};
use crate::scene::{SHIP_RADIUS, Scene, Spot};

/// What a crate holds, by its number.
pub(crate) const HOLDS: [&str; 3] = ["repair", "rapid", "shield"];
const REPAIR: u8 = 0;
const RAPID: u8 = 1;
/// Radius of a crate.
const RADIUS: f32 = 18.0;
/// Seconds until a place has a crate again; seconds that one lies where a ship has burst.
const BACK_S: f32 = 15.0;
const DROPPED_S: f32 = 12.0;
/// Crates that lie where ships have burst; more ships burst without.
const DROPPED_MAX: usize = 256;
const REPAIR_HULL: u8 = 50;
const SHIELD: u8 = 60;
const RAPID_S: f32 = 8.0;

/// All crates of a match.
#[derive(Default, Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
pub(crate) struct Crates {
    /// Those of the map.
    placed: Vec<Placed>,
    /// In the order in which they vanish.
    dropped: Vec<Dropped>,
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
struct Placed {
    place: Vec2,
    holds: u8,
    /// The crate, or when it comes back.
    now: Result<NetId, Tick>,
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
struct Dropped {
    id: NetId,
    place: Vec2,
    holds: u8,
    until: Tick,
}

impl Crates {
    /// All places full.
    pub(crate) fn new(scene: &Scene, tools: &mut Tools<'_>) -> Self {
        let placed = scene.spots.iter().map(|&Spot { place, holds }| {
            let now = tools.ids.spawn().ok_or(tools.now);
            Placed { place, holds, now }
        });
        Self { placed: placed.collect(), dropped: Vec::new() }
    }

    /// A ship has burst here.
    pub(crate) fn drop_at(&mut self, scene: &Scene, place: Vec2, tools: &mut Tools<'_>) {
        if self.dropped.len() == DROPPED_MAX {
            return;
        }
        if let Some(id) = tools.ids.spawn() {
            let until = tools.now.offset(i32::from(scene.ticks(DROPPED_S)));
            let holds = tools.rng.below(HOLDS.len() as u32) as u8;
            self.dropped.push(Dropped { id, place, holds, until });
        }
    }

    /// Brings back what is due and takes away what has lain too long.
    pub(crate) fn tick(&mut self, tools: &mut Tools<'_>) {
        for spot in &mut self.placed {
            if spot.now.is_err_and(|due| !due.is_after(tools.now))
                && let Some(id) = tools.ids.spawn()
            {
                spot.now = Ok(id);
            }
        }
        self.dropped.retain(|crate_| crate_.until.is_after(tools.now) || !tools.ids.free(crate_.id));
    }

    /// What a ship reaches is its.
    pub(crate) fn collect(&mut self, scene: &Scene, own: &mut Own, tools: &mut Tools<'_>) {
        let reach = SHIP_RADIUS + RADIUS;
        let is_here = |place: Vec2| place.distance_squared(own.place) < reach * reach;
        let mut taken = None;
        if let Some(at) = self.dropped.iter().position(|crate_| is_here(crate_.place)) {
            let Dropped { id, place, holds, .. } = self.dropped.remove(at);
            tools.ids.free(id);
            taken = Some((place, holds));
        }
        for spot in &mut self.placed {
            if taken.is_none()
                && is_here(spot.place)
                && let Ok(id) = spot.now
            {
                tools.ids.free(id);
                spot.now = Err(tools.now.offset(i32::from(scene.ticks(BACK_S))));
                taken = Some((spot.place, spot.holds));
            }
        }
        if let Some((place, holds)) = taken {
            match holds {
                REPAIR => own.hull = own.hull.saturating_add(REPAIR_HULL).min(100),
                RAPID => own.rapid = scene.ticks(RAPID_S).min(4095),
                _ => own.shield = SHIELD,
            }
            own.touched = own.touched.wrapping_add(1);
            tools.events.near(place, &Taken { place, holds, by: own.owner });
        }
    }

    pub(crate) fn extract(&self, out: &mut Rows) {
        for Placed { place, holds, now } in &self.placed {
            if let Ok(id) = *now {
                out.put(id, &Crate { place: *place, holds: *holds });
            }
        }
        for Dropped { id, place, holds, .. } in &self.dropped {
            out.put(*id, &Crate { place: *place, holds: *holds });
        }
    }
}
