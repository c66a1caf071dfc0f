//! One ship's own motion during one tick, and what it fires: all that the browser predicts.

use core::f32::consts::TAU;

use snapline_shared::prelude::*;

use crate::kinds::{Bolt, Input, Own, SIDE};
use crate::scene::{SHIP_RADIUS, Scene};

/// Units a second, at most.
pub(crate) const SPEED_MAX: f32 = 420.0;
/// Units a second squared.
const THRUST: f32 = 640.0;
/// Share of the velocity that is lost in a second, by itself and with the brake.
const DRAG: f32 = 0.5;
const BRAKE: f32 = 2.6;
/// Radians a second.
const TURN: f32 = 5.5;
/// Share of the speed against a wall that comes back.
const BOUNCE: f32 = 0.35;
/// Speed of a shot beside that of its ship, in units a second.
pub(crate) const BOLT_SPEED: f32 = 900.0;
/// Seconds that a shot flies.
pub(crate) const BOLT_S: f32 = 0.85;
/// Shots of a full magazine.
pub(crate) const AMMO_MAX: u8 = 24;
/// Seconds between two shots, also with rapid fire; seconds until a shot is made.
const COOLDOWN_S: f32 = 0.2;
const COOLDOWN_RAPID_S: f32 = 0.1;
const REFILL_S: f32 = 0.5;

/// The unit vector along an angle.
pub(crate) fn along(angle: f32) -> Vec2 {
    Vec2::new(libm::cosf(angle), libm::sinf(angle))
}

/// The angle brought into -π..=π.
pub(crate) fn turned(angle: f32) -> f32 {
    angle - TAU * libm::roundf(angle / TAU)
}

pub(crate) fn advance(scene: &Scene, own: &mut Own, input: Input) {
    own.fired = false;
    own.thrust = false;
    if own.hull == 0 {
        own.wait = own.wait.saturating_sub(1);
        return;
    }
    let dt = scene.dt;
    let turn = turned(input.aim - own.heading).clamp(-TURN * dt, TURN * dt);
    own.heading = turned(own.heading + turn);
    let nose = along(own.heading);
    own.thrust = input.thrust;
    if input.thrust {
        own.vel += nose * (THRUST * dt);
    }
    let lost = if input.brake { DRAG + BRAKE } else { DRAG } * dt;
    own.vel *= 1.0 - lost.min(1.0);
    let speed = own.vel.length();
    if speed > SPEED_MAX {
        own.vel *= SPEED_MAX / speed;
    }
    for _ in 0..scene.parts {
        glide(scene, own, dt / scene.parts as f32);
    }
    gun(scene, own, input.fire);
}

/// Moves for so many seconds and bounces off what is in the way.
fn glide(scene: &Scene, own: &mut Own, dt: f32) {
    own.place += own.vel * dt;
    for axis in 0..2 {
        let inside = own.place[axis].clamp(SHIP_RADIUS, SIDE - SHIP_RADIUS);
        if inside != own.place[axis] {
            own.place[axis] = inside;
            own.vel[axis] *= -BOUNCE;
        }
    }
    for wall in scene.walls_near(own.place) {
        let nearest = wall.nearest(own.place);
        let gap = own.place - nearest;
        let distance = gap.length();
        if distance >= SHIP_RADIUS {
            continue;
        }
        // A ship is never inside a wall: it comes where there is room, and a part of its way is shorter than its radius.
        let away = if distance > 0.0 { gap / distance } else { Vec2::new(0.0, -1.0) };
        own.place = nearest + away * SHIP_RADIUS;
        let into = own.vel.dot(away);
        if into < 0.0 {
            own.vel -= away * (into * (1.0 + BOUNCE));
        }
    }
}

fn gun(scene: &Scene, own: &mut Own, fire: bool) {
    own.cooldown = own.cooldown.saturating_sub(1);
    own.safe = own.safe.saturating_sub(1);
    own.rapid = own.rapid.saturating_sub(1);
    if own.ammo < AMMO_MAX {
        own.refill = own.refill.saturating_sub(1);
        if own.refill == 0 {
            own.ammo += 1;
            own.refill = scene.ticks(REFILL_S);
        }
    }
    if !fire || own.cooldown > 0 || (own.ammo == 0 && own.rapid == 0) {
        return;
    }
    let cooldown_s = if own.rapid > 0 { COOLDOWN_RAPID_S } else { COOLDOWN_S };
    own.cooldown = scene.ticks(cooldown_s).min(255) as u8;
    if own.rapid == 0 {
        if own.ammo == AMMO_MAX {
            own.refill = scene.ticks(REFILL_S);
        }
        own.ammo -= 1;
    }
    own.safe = 0;
    own.shots = own.shots.wrapping_add(1);
    own.fired = true;
}

/// The shot that the tick which left `own` has fired, and the ticks until it meets a wall or burns out. None when the muzzle is in a wall.
pub(crate) fn shot(scene: &Scene, own: &Own) -> Option<(Bolt, u32)> {
    if !own.fired {
        return None;
    }
    let nose = along(own.heading);
    let vel = own.vel + nose * BOLT_SPEED;
    let place = own.place + nose * SHIP_RADIUS;
    if scene.ray(own.place, nose, SHIP_RADIUS) < SHIP_RADIUS {
        return None;
    }
    let speed = vel.length();
    let free = scene.ray(place, vel / speed, speed * BOLT_S);
    let ticks = libm::ceilf(free / (speed * scene.dt)) as u32;
    Some((Bolt { place, vel, owner: own.owner, number: own.shots }, ticks))
}
