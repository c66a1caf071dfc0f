//! How bots play: look for somebody, aim with lead, shoot in bursts, dodge, fetch what helps. Each has a hand of its own, so that a beginner meets
//! prey and hunters.

use core::f32::consts::TAU;

use snapline_shared::client::{Brain, World};
use snapline_shared::prelude::*;
use snapline_shared::rng::Rng;

use crate::flight::{BOLT_S, BOLT_SPEED, along, turned};
use crate::game::Arena;
use crate::kinds::{Bolt, Crate, Input, Match, SIDE, Ship};
use crate::scene::{SHIP_RADIUS, Scene};

/// Distance that a fight is kept at, in units.
const FIGHT: f32 = 260.0;
/// Shots at what is farther are wasted.
const SHOOT_MAX: f32 = 560.0;
/// How far a bot looks ahead for walls.
const LOOK: f32 = 210.0;
/// Seconds before a shot comes closest within which it is dodged.
const DODGE_S: f32 = 0.45;
/// A hull below this makes a bot look for repair first.
const WEAK: u8 = 45;
/// Ways tried around a wall, in radians from the wanted one.
const DETOURS: [f32; 9] = [0.0, 0.5, -0.5, 1.0, -1.0, 1.6, -1.6, 2.3, -2.3];

/// The arena's bot.
pub struct Ace {
    rng: Rng,
    /// 0..1: how steady the hand is and how quick the eye.
    skill: f32,
    /// Seat of the one that is hunted.
    prey: Option<u16>,
    waypoint: Vec2,
    /// Ticks until the waypoint is given up, the hand's error changes, the finger changes its mind, a dodge ends.
    patience: u32,
    wobble_ticks: u32,
    burst_ticks: u32,
    dodge_ticks: u32,
    dodge: f32,
    wobble: f32,
    shoots: bool,
}

impl Ace {
    /// A bot; the seed gives it its hand.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let skill = 0.15 + 0.6 * rng.unit();
        Self {
            rng,
            skill,
            prey: None,
            waypoint: Vec2::splat(SIDE / 2.0),
            patience: 0,
            wobble_ticks: 0,
            burst_ticks: 0,
            dodge_ticks: 0,
            dodge: 0.0,
            wobble: 0.0,
            shoots: false,
        }
    }

    /// For whoever starts bots by seed.
    #[must_use]
    pub fn maker(seed: u64) -> Box<dyn Brain<Arena>> {
        Box::new(Self::new(seed))
    }

    /// What time changes by itself: the hand, the finger.
    fn live(&mut self, scene: &Scene) {
        let hz = scene.tick_hz as f32;
        let ticks = |seconds: f32| (seconds * hz) as u32 + 1;
        for left in [&mut self.patience, &mut self.wobble_ticks, &mut self.burst_ticks, &mut self.dodge_ticks] {
            *left = left.saturating_sub(1);
        }
        if self.wobble_ticks == 0 {
            self.wobble = (self.rng.unit() - 0.5) * 0.42 * (1.0 - self.skill);
            self.wobble_ticks = ticks(0.25 + 0.4 * self.rng.unit());
        }
        if self.burst_ticks == 0 {
            self.shoots = !self.shoots;
            let rest = 0.25 + 1.1 * (1.0 - self.skill) * self.rng.unit();
            self.burst_ticks = ticks(if self.shoots { 0.3 + 0.9 * self.rng.unit() } else { rest });
        }
    }

    /// The hunted one while it is in sight, else the nearest.
    fn choose(&mut self, ships: &[Ship], from: Vec2) -> Option<Ship> {
        let known = ships.iter().find(|ship| self.prey == Some(ship.owner) && !ship.safe);
        let nearest = || {
            let by_distance =
                |a: &&Ship, b: &&Ship| a.place.distance_squared(from).total_cmp(&b.place.distance_squared(from));
            ships.iter().filter(|ship| !ship.safe).min_by(by_distance)
        };
        let chosen = known.filter(|ship| ship.place.distance(from) < 700.0).or_else(nearest).copied();
        self.prey = chosen.map(|ship| ship.owner);
        chosen
    }

    /// Where to go when nobody is to be fought: what helps, else somewhere in the zone.
    fn errand(&mut self, world: &World<'_, Arena>, weak: bool) -> Vec2 {
        let own = world.own;
        let wants = |crate_: &Crate| match crate_.holds {
            0 => own.hull < 70,
            1 => own.rapid == 0 && !weak,
            _ => own.shield == 0 && !weak,
        };
        let near = world.rows::<Crate>().map(|(_, crate_)| crate_).filter(wants);
        let near =
            near.min_by(|a, b| a.place.distance_squared(own.place).total_cmp(&b.place.distance_squared(own.place)));
        if let Some(crate_) = near {
            return crate_.place;
        }
        if self.patience == 0 || self.waypoint.distance(own.place) < 120.0 {
            let zone = world.rows::<Match>().next().map_or(1000.0, |(_, now)| f32::from(now.zone));
            let (angle, far) = (self.rng.unit() * TAU, self.rng.unit() * zone);
            self.waypoint = Vec2::splat(SIDE / 2.0) + along(angle) * far;
            self.patience = world.scene.tick_hz * 8;
        }
        self.waypoint
    }

    /// A shot that will pass closely: to its side, for a moment.
    fn see_shots(&mut self, world: &World<'_, Arena>) {
        if self.dodge_ticks > 0 {
            return;
        }
        let own = world.own;
        for (_, bolt) in world.rows::<Bolt>().filter(|(_, bolt)| bolt.owner != own.owner) {
            let (gap, vel) = (own.place - bolt.place, bolt.vel - own.vel);
            let when = gap.dot(vel) / vel.length_squared().max(1.0);
            let miss = gap - vel * when;
            if (0.0..DODGE_S).contains(&when) && miss.length() < 2.0 * SHIP_RADIUS {
                if self.rng.unit() < self.skill {
                    let side = if vel.perp_dot(miss) > 0.0 { 0.25 } else { -0.25 };
                    self.dodge = libm::atan2f(vel.y, vel.x) + side * TAU;
                    self.dodge_ticks = world.scene.tick_hz / 4 + 1;
                }
                return;
            }
        }
    }
}

impl Brain<Arena> for Ace {
    fn think(&mut self, world: &World<'_, Arena>) -> Input {
        let (scene, own) = (world.scene, world.own);
        self.live(scene);
        if own.hull == 0 {
            self.prey = None;
            return Input::default();
        }
        let ships: Vec<Ship> =
            world.rows::<Ship>().map(|(_, ship)| ship).filter(|ship| ship.owner != own.owner).collect();
        self.see_shots(world);
        let prey = self.choose(&ships, own.place);
        let weak = own.hull < WEAK;
        let lead = prey.map(|prey| lead(world, &prey));
        let distance = lead.map_or(f32::INFINITY, |lead| (lead - own.place).length());
        let to = lead.map_or(0.0, |lead| angle_of(lead - own.place));
        let sees =
            lead.is_some() && scene.ray(own.place, along(to), distance.min(SHOOT_MAX)) >= distance.min(SHOOT_MAX);
        let fire = self.shoots
            && sees
            && distance < SHOOT_MAX
            && turned(to + self.wobble - own.heading).abs() < 0.09 + 12.0 / distance.max(30.0);
        if self.dodge_ticks > 0 {
            return Input { aim: around(scene, own.place, self.dodge), thrust: true, brake: false, fire };
        }
        if sees && !weak && distance < SHOOT_MAX {
            let thrust = distance > FIGHT && own.vel.dot(along(own.heading)) < 330.0;
            return Input { aim: (to + self.wobble).rem_euclid(TAU), thrust, brake: distance < FIGHT * 0.6, fire };
        }
        let goal = match prey {
            Some(prey) if !weak && !self.rng.one_in(400) => prey.place,
            _ => self.errand(world, weak),
        };
        let way = angle_of(goal - own.place);
        let aim = around(scene, own.place, way);
        // Against the drift, and not full speed into a turn.
        let thrust = turned(aim - own.heading).abs() < 0.9;
        Input { aim, thrust, brake: !thrust && own.vel.length() > 120.0, fire }
    }
}

fn angle_of(way: Vec2) -> f32 {
    libm::atan2f(way.y, way.x)
}

/// Where a shot fired now would meet the ship: in the world that people are shown, or in the present, which the rows are a little behind.
fn lead(world: &World<'_, Arena>, prey: &Ship) -> Vec2 {
    let shown = if world.own.compensated { world.behind_ticks } else { 0.0 };
    let late = (world.ahead_ticks as f32 - shown) * world.scene.dt;
    let there = prey.place + prey.vel * late.clamp(-0.3, 0.3);
    let (gap, vel) = (there - world.own.place, prey.vel - world.own.vel);
    let a = vel.length_squared() - BOLT_SPEED * BOLT_SPEED;
    let (b, c) = (gap.dot(vel), gap.length_squared());
    let root = (b * b - a * c).max(0.0).sqrt();
    // `a` is below 0, for no ship is as fast as a shot.
    let when = ((-b - root) / a).clamp(0.0, BOLT_S);
    there + vel * when
}

/// The way nearest to the wanted one on which no wall is close.
fn around(scene: &Scene, from: Vec2, way: f32) -> f32 {
    let is_clear = |angle: &f32| {
        let nose = along(*angle);
        let side = nose.perp() * SHIP_RADIUS;
        scene.ray(from + side, nose, LOOK) >= LOOK && scene.ray(from - side, nose, LOOK) >= LOOK
    };
    let clear = DETOURS.iter().map(|detour| way + detour).find(is_clear);
    clear.unwrap_or(way + TAU / 2.0).rem_euclid(TAU)
}
