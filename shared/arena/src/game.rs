//! The match: who flies, who hits whom, who comes back, who wins.

use core::f32::consts::TAU;

use snapline_shared::prelude::*;

use crate::bolts::{Bolts, Met};
use crate::crates::Crates;
use crate::flight::{self, AMMO_MAX};
use crate::judge::{self, Verdict};
use crate::kinds::{
    Bolt, Burst, Crate, Hit, Hurt, Input, Judge, Judged, Kill, Match, Own, SIDE, Score, Ship, Spark, Struck, Taken,
};
use crate::scene::{SHIP_RADIUS, Scene};
use crate::table::{self, Table};

const HULL: u8 = 100;
const DAMAGE: u8 = 15;
/// Points for a hit and for a kill.
const SCORE_HIT: u16 = 1;
const SCORE_KILL: u16 = 10;
/// Seconds until a destroyed ship comes back, and of safety after that.
const WAIT_S: f32 = 2.5;
const SAFE_S: f32 = 2.0;
/// Ships come within this distance of the middle: times the root of their number, within these bounds. It keeps a few of them together and leaves
/// a crowd its room.
const ZONE_EACH: f32 = 450.0;
const ZONE: [f32; 2] = [900.0, 3900.0];
/// Places tried for a new ship, and how far the nearest other should be.
const TRIES: u32 = 8;
const NEAREST_WANTED: f32 = 650.0;

/// A player in the match.
#[derive(Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
pub(crate) struct Fighter {
    pub(crate) player: PlayerId,
    pub(crate) name: String,
    /// The ship, while it flies: each life is an entity of its own.
    pub(crate) ship: Option<NetId>,
    pub(crate) own: Own,
    /// Whether it wants to be told how its shots are judged.
    shows: bool,
}

/// The arena.
#[derive(Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
pub struct Arena {
    /// By seat.
    fighters: Vec<Fighter>,
    bolts: Bolts,
    crates: Crates,
    table: Table,
    clock: Option<NetId>,
    ends: Tick,
    over: bool,
    tick_hz: u32,
    view_radius: f32,
}

impl Game for Arena {
    type Input = Input;
    type Own = Own;
    type Scene = Scene;
    const NAME: &'static str = "arena";
    const ENTITIES: &'static [Kind] = &[Ship::KIND, Bolt::KIND, Crate::KIND, Score::KIND, Match::KIND];
    const EVENTS: &'static [Kind] =
        &[Hit::KIND, Spark::KIND, Burst::KIND, Taken::KIND, Kill::KIND, Struck::KIND, Hurt::KIND, Judged::KIND];
    const REQUESTS: &'static [Kind] = &[Judge::KIND];
    const TABLES: &'static str = include_str!("../tables.txt");
    const MAP: Map<'static> = Map { name: "arena.json", bytes: include_bytes!("../../../assets/maps/arena.json") };
    const SOURCES: &'static [(&'static str, &'static str)] = &[("shared/arena/src/judge.rs", include_str!("judge.rs"))];

    fn scene(setup: &Setup<'_>) -> Result<Scene, SetupError> {
        Scene::new(setup)
    }

    fn new(scene: &Scene, _: &Setup<'_>, tools: &mut Tools<'_>) -> Self {
        Self {
            fighters: Vec::new(),
            bolts: Bolts::default(),
            table: Table::new(tools),
            clock: tools.ids.spawn(),
            crates: Crates::new(scene, tools),
            ends: tools.now.offset(scene.match_ticks.cast_signed()),
            over: false,
            tick_hz: scene.tick_hz,
            view_radius: scene.view_radius,
        }
    }

    fn join(
        &mut self,
        scene: &Scene,
        player: PlayerId,
        profile: &Profile<'_>,
        tools: &mut Tools<'_>,
    ) -> Result<(), Refusal> {
        let compensated = scene.lag_compensation;
        let mut own = Own { owner: player.0, place: Vec2::splat(SIDE / 2.0), compensated, ..Own::default() };
        let ship = self.launch(scene, &mut own, tools);
        let at = self.fighters.partition_point(|other| other.player < player);
        self.fighters.insert(at, Fighter { player, name: profile.name.to_owned(), ship, own, shows: false });
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.fighters.retain(|fighter| {
            let leaves = fighter.player == player;
            if leaves && let Some(ship) = fighter.ship {
                tools.ids.free(ship);
            }
            !leaves
        });
    }

    fn advance(scene: &Scene, own: &mut Own, input: Input) {
        flight::advance(scene, own, input);
    }

    fn shots(scene: &Scene, own: &Own, out: &mut Shots) {
        if let Some((bolt, ticks)) = flight::shot(scene, own) {
            let rewind_ticks = if own.compensated { scene.ticks(judge::REWIND_S).into() } else { 0 };
            out.put_rewound(&bolt, ticks, rewind_ticks);
        }
    }

    fn touched(own: &Own) -> u32 {
        own.touched
    }

    fn step(&mut self, scene: &Scene, turn: Turn<'_, Self>) {
        let Turn { commands, requests, replies, past, finish, mut tools } = turn;
        for request in requests {
            self.take_wish(scene, request, replies);
        }
        for (fighter, command) in self.fighters.iter_mut().zip(commands) {
            Self::advance(scene, &mut fighter.own, command.input);
        }
        for met in self.bolts.fly(scene, &self.fighters, &mut tools) {
            self.hit(scene, &met, &mut tools);
        }
        self.crates.tick(&mut tools);
        for (i, command) in commands.iter().enumerate() {
            self.shoot(scene, i, command.seen, &past, &mut tools);
            self.tick_ship(scene, i, &mut tools);
        }
        if tools.now.0.is_multiple_of(self.tick_hz) {
            self.table.update(&mut self.fighters);
        }
        if !self.over && !self.ends.is_after(tools.now) {
            self.over = true;
            self.table.update(&mut self.fighters);
            *finish = Some(table::results(&self.fighters));
        }
    }

    fn extract(&self, out: &mut Rows) {
        for Fighter { ship, own, .. } in &self.fighters {
            if let Some(ship) = *ship {
                out.put(ship, &ship_of(own));
            }
        }
        self.bolts.extract(out);
        self.crates.extract(out);
        self.table.extract(out);
        if let Some(clock) = self.clock {
            out.put(clock, &Match { ends: self.ends.0, zone: self.zone() as u16, over: self.over });
        }
    }

    fn view(&self, player: PlayerId) -> View<Own> {
        let mine = self.fighters.iter().find(|fighter| fighter.player == player);
        let own = mine.map_or(Own::default(), |mine| mine.own);
        View { place: own.place, radius: self.view_radius, controls: mine.and_then(|mine| mine.ship), own }
    }
}

impl Arena {
    fn take_wish(&mut self, scene: &Scene, request: &Request<'_>, replies: &mut Replies) {
        let mine = self.fighters.iter_mut().find(|fighter| fighter.player == request.player);
        let (Some(wish), Some(mine)) = (request.get::<Judge>(), mine) else { return };
        if wish.compensate && !scene.lag_compensation {
            return replies.refuse(request, "this room judges shots in the present");
        }
        mine.shows = wish.show;
        if mine.own.compensated != wish.compensate {
            mine.own.compensated = wish.compensate;
            mine.own.touched = mine.own.touched.wrapping_add(1);
        }
        replies.accept(request);
    }

    /// A ship's shot leaves it, in the world that its player saw.
    fn shoot(&mut self, scene: &Scene, i: usize, seen: Seen, past: &Past<'_>, tools: &mut Tools<'_>) {
        let &Fighter { player, ship, own, shows, .. } = &self.fighters[i];
        let shot = flight::shot(scene, &own).filter(|(_, ticks)| *ticks > 0);
        let (Some((mut bolt, ticks)), Some(ship)) = (shot, ship) else { return };
        if !own.compensated {
            return self.bolts.fire(bolt, ship, ticks, tools);
        }
        let verdict = judge::judge(scene, &self.fighters, past, (seen, tools.now), (&bolt, ticks));
        let Verdict { met, flown, nearest } = verdict;
        if let Some(judged) = nearest.filter(|_| shows) {
            tools.events.to(player, &judged);
        }
        if let Some(met) = met {
            return self.hit(scene, &met, tools);
        }
        bolt.place += bolt.vel * (flown * scene.dt);
        let left = libm::ceilf(ticks as f32 - flown) as u32;
        if left > 0 { self.bolts.fire(bolt, ship, left, tools) } else { Bolts::end(scene, bolt.place, tools) }
    }

    /// What a ship does beside flying and shooting: it takes what it reaches, a destroyed one comes back.
    fn tick_ship(&mut self, scene: &Scene, i: usize, tools: &mut Tools<'_>) {
        let own = &mut self.fighters[i].own;
        if own.hull > 0 {
            self.crates.collect(scene, own, tools);
        } else if own.wait == 0 {
            let mut own = *own;
            self.fighters[i].ship = self.launch(scene, &mut own, tools);
            self.fighters[i].own = own;
        }
    }

    fn hit(&mut self, scene: &Scene, met: &Met, tools: &mut Tools<'_>) {
        let victim = &mut self.fighters[met.victim].own;
        // Two shots of one tick may meet the same ship.
        if victim.hull == 0 {
            return;
        }
        let seat = victim.owner;
        let shielded = victim.safe > 0 || victim.shield > 0 || self.over;
        tools.events.near(met.place, &Hit { place: met.place, by: met.by, victim: seat, shielded });
        if victim.safe > 0 || self.over {
            return;
        }
        let taken = victim.shield.min(DAMAGE);
        victim.shield -= taken;
        victim.hull = victim.hull.saturating_sub(DAMAGE - taken);
        victim.touched = victim.touched.wrapping_add(1);
        let killed = victim.hull == 0;
        let from = libm::atan2f(-met.vel.y, -met.vel.x).rem_euclid(TAU);
        tools.events.to(PlayerId(seat), &Hurt { by: met.by, from, damage: DAMAGE - taken });
        tools.events.to(PlayerId(met.by), &Struck { victim: seat, killed });
        if let Some(shooter) = self.fighters.iter_mut().find(|fighter| fighter.player.0 == met.by) {
            let own = &mut shooter.own;
            own.score = own.score.saturating_add(if killed { SCORE_KILL } else { SCORE_HIT });
            own.kills = (own.kills + u16::from(killed)).min(1023);
            own.touched = own.touched.wrapping_add(1);
        }
        if killed {
            self.burst(scene, met, tools);
        }
    }

    fn burst(&mut self, scene: &Scene, met: &Met, tools: &mut Tools<'_>) {
        let Fighter { ship, own, .. } = &mut self.fighters[met.victim];
        tools.events.near(own.place, &Burst { place: own.place, vel: own.vel, victim: own.owner });
        tools.events.all(&Kill { by: met.by, victim: own.owner });
        (own.deaths, own.wait) = ((own.deaths + 1).min(1023), scene.ticks(WAIT_S));
        (own.vel, own.thrust, own.fired) = (Vec2::ZERO, false, false);
        if let Some(ship) = ship.take() {
            tools.ids.free(ship);
        }
        self.crates.drop_at(scene, own.place, tools);
    }

    /// A ship as new, at a place of its own; none, and the wait goes on, when there are no ids left.
    fn launch(&self, scene: &Scene, own: &mut Own, tools: &mut Tools<'_>) -> Option<NetId> {
        let ship = tools.ids.spawn()?;
        own.place = self.berth(scene, tools);
        own.vel = Vec2::ZERO;
        let inwards = Vec2::splat(SIDE / 2.0) - own.place;
        own.heading = libm::atan2f(inwards.y, inwards.x);
        (own.hull, own.shield, own.ammo, own.refill) = (HULL, 0, AMMO_MAX, 0);
        (own.cooldown, own.rapid, own.safe, own.wait) = (0, 0, scene.ticks(SAFE_S), 0);
        (own.thrust, own.fired) = (false, false);
        own.touched = own.touched.wrapping_add(1);
        Some(ship)
    }

    /// Of some free places in the zone the one whose nearest ship is about as far as wanted: neither alone nor in somebody's line of fire.
    fn berth(&self, scene: &Scene, tools: &mut Tools<'_>) -> Vec2 {
        let zone = self.zone();
        let mut best = (f32::INFINITY, Vec2::splat(SIDE / 2.0));
        for _ in 0..TRIES {
            let (angle, far) = (tools.rng.unit() * TAU, tools.rng.unit().sqrt() * zone);
            let place = Vec2::splat(SIDE / 2.0) + flight::along(angle) * far;
            if !scene.is_free(place, 2.0 * SHIP_RADIUS) {
                continue;
            }
            let others = self.fighters.iter().filter(|other| other.own.hull > 0);
            let nearest = others.map(|other| other.own.place.distance(place)).fold(zone, f32::min);
            let off = (nearest - NEAREST_WANTED).abs();
            if off < best.0 {
                best = (off, place);
            }
        }
        best.1
    }

    fn zone(&self) -> f32 {
        (ZONE_EACH * (self.fighters.len() as f32).sqrt()).clamp(ZONE[0], ZONE[1])
    }
}

const fn ship_of(own: &Own) -> Ship {
    Ship {
        place: own.place,
        vel: own.vel,
        heading: own.heading,
        thrust: own.thrust,
        hull: own.hull,
        shielded: own.shield > 0,
        rapid: own.rapid > 0,
        safe: own.safe > 0,
        owner: own.owner,
    }
}
