//! Ten seconds of the arena's motion, every state exact.

use std::collections::BTreeMap;

use serde_json::json;
use snapline_arena::{Arena, Input, Own, Scene, Wall};
use snapline_shared::prelude::*;

use crate::golden;

const TICK_HZ: u32 = 60;
const TICKS: u32 = 600;

/// What a ship does that tries everything: burns into the wall and away from it, turns, a brake now and then, the trigger held and let go.
fn input(tick: u32, own: &Own, wall: &Wall) -> Input {
    let to_wall = (wall.min + wall.max) / 2.0 - own.place;
    let back = tick % 120 > 80;
    let aim = if back { tick as f32 * 0.05 } else { to_wall.to_angle() };
    Input { aim, thrust: tick % 100 < 85, brake: tick % 160 > 140, fire: tick % 90 < 60 }
}

fn words<W: Wire>(value: &W) -> Vec<u32> {
    let mut words = vec![0; W::KIND.words()];
    value.quantise(&mut words);
    words
}

fn bounces(scene: &Scene, before: &Own, after: &Own) -> bool {
    let turned = (0..2).any(|axis| before.vel[axis] * after.vel[axis] < 0.0 && after.vel[axis].abs() > 8.0);
    turned && scene.walls.iter().any(|wall| (after.place.clamp(wall.min, wall.max) - after.place).length() < 24.0)
}

#[test]
fn motion_of_the_arena() {
    let setup = Setup { map: Arena::MAP.bytes, options: &BTreeMap::new(), tick_hz: TICK_HZ, ticks_per_step: 2 };
    let scene = Arena::scene(&setup).expect("the arena's own map");
    let wall = scene.walls[scene.walls.len() / 2];
    let place = Vec2::new(wall.max.x + 150.0, (wall.min.y + wall.max.y) / 2.0);
    let start = Own { place, hull: 100, ammo: 24, safe: 60, rapid: 200, owner: 3, ..Own::default() };
    let (mut own, mut bounced, mut fired) = (start, 0, 0);
    let ticks: Vec<serde_json::Value> = (0..TICKS)
        .map(|tick| {
            let before = own;
            // As the server reads it.
            let held = words(&input(tick, &own, &wall));
            Arena::advance(&scene, &mut own, Input::dequantise(&held));
            bounced += u32::from(bounces(&scene, &before, &own));
            fired += u32::from(own.fired);
            json!({ "input": held, "own": words(&own) })
        })
        .collect();
    assert!(bounced >= 3 && fired > 25, "{bounced} bounces, {fired} shots: too little is tried");
    golden("arena-motion.json", &json!({ "tick_hz": TICK_HZ, "start": words(&start), "ticks": ticks }));
}
