//! Lag compensation: a shot is judged in the world that its shooter saw when it fired, and brought forward from there.
//!
//! A player aims at what is drawn, which is a quarter of a second old on a far connection. So a shot begins in that past: at the tick at which the
//! server fires it, it flies, tick by tick, past the places where its shooter will have seen the others, until the present is reached; then it is a
//! shot like any other, as far on its way. What one aims at is hit as if there were no delay, travel time included; who is hit can have been behind
//! cover for as long as the shooter's picture is old, at most [`REWIND_S`].

use snapline_shared::prelude::*;

use crate::bolts::{Met, meets};
use crate::flight::SPEED_MAX;
use crate::game::Fighter;
use crate::kinds::{Bolt, Judged};
use crate::scene::{SHIP_RADIUS, Scene};

/// Seconds that a shot is taken back at most, whatever its shooter's connection.
pub(crate) const REWIND_S: f32 = 0.45;
/// A miss within this distance of a ship's middle is told to a shooter who wants to know.
const NEAR: f32 = 4.0 * SHIP_RADIUS;

/// What became of a shot on its way to the present.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Whom it has met.
    pub(crate) met: Option<Met>,
    /// Ticks that it has flown.
    pub(crate) flown: f32,
    /// The ship that it came nearest to, where its shooter saw it.
    pub(crate) nearest: Option<Judged>,
}

/// A ship that the shot may meet on its way to the present.
struct Target {
    number: usize,
    id: NetId,
    place: Vec2,
    vel: Vec2,
    owner: u16,
}

/// Flies `bolt`, which may fly for `ticks` and was fired in tick `now` by a player who saw `seen`, to the present.
pub(crate) fn judge(
    scene: &Scene,
    fighters: &[Fighter],
    past: &Past<'_>,
    (seen, now): (Seen, Tick),
    (bolt, ticks): (&Bolt, u32),
) -> Verdict {
    let most = f32::from(scene.ticks(REWIND_S));
    let age = past.age(seen, now).max(0.0);
    // What is older than the limit is begun later.
    let skipped = libm::ceilf((age - most).max(0.0));
    let age = age - skipped;
    let flown = age.min(ticks as f32);
    let targets = targets(fighters, bolt, age * scene.dt);
    let mut verdict = Verdict { flown, ..Verdict::default() };
    let mut nearest = NEAR;
    let parts = libm::ceilf(flown) as u32;
    for part in 1..=parts {
        let (begin, end) = ((part - 1) as f32, (part as f32).min(flown));
        let from = bolt.place + bolt.vel * (begin * scene.dt);
        let way = bolt.vel * ((end - begin) * scene.dt);
        let moment = (end == part as f32).then(|| past.later(seen, skipped as u32 + part)).flatten();
        let mut first: Option<(f32, &Target, Vec2)> = None;
        for target in &targets {
            // Between the newest snapshot and now there is nothing to blend yet: back along its way from where it is.
            let place = match moment {
                Some(moment) => past.at::<crate::kinds::Ship>(moment, target.id).map(|ship| ship.place),
                None => Some(target.place - target.vel * ((age - end) * scene.dt)),
            };
            let Some(place) = place else { continue };
            let along = ((place - from).dot(way) / way.length_squared().max(f32::EPSILON)).clamp(0.0, 1.0);
            let gap = (from + way * along).distance(place);
            if gap < nearest {
                nearest = gap;
                verdict.nearest = Some(Judged { place, victim: target.owner, hit: false });
            }
            if let Some(share) = meets(from - place, way)
                && first.is_none_or(|(least, ..)| share < least)
            {
                first = Some((share, target, place));
            }
        }
        if let Some((share, target, place)) = first {
            verdict.nearest = Some(Judged { place, victim: target.owner, hit: true });
            // Shown where the ship is now: that is where the others see it.
            let place = target.place + (from + way * share - place);
            verdict.met = Some(Met { by: bolt.owner, victim: target.number, place, vel: bolt.vel });
            return verdict;
        }
    }
    verdict
}

/// The ships that a shot can meet within so many seconds, on the way from where they were to where they are.
fn targets(fighters: &[Fighter], bolt: &Bolt, seconds: f32) -> Vec<Target> {
    let reach = (bolt.vel.length() + SPEED_MAX) * seconds + NEAR;
    let flying = fighters.iter().enumerate().filter(|(_, fighter)| {
        let own = &fighter.own;
        own.hull > 0 && own.owner != bolt.owner && own.place.distance_squared(bolt.place) <= reach * reach
    });
    flying
        .filter_map(|(number, Fighter { ship, own, .. })| {
            Some(Target { number, id: (*ship)?, place: own.place, vel: own.vel, owner: own.owner })
        })
        .collect()
}
