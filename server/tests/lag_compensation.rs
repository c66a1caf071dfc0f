//! Aiming at what one sees, over 150 ms: with lag compensation a strafing target is hit as often as without delay, without it it is not.

mod player;

use player::{FAR, Player, at};
use snapline_arena::{Arena, Input, Judged, Own, Ship, Struck};
use snapline_server::room::{Room, RoomConfig, RoomMap};
use snapline_shared::client::{Drawn, SessionEvent};
use snapline_shared::link::LinkSpec;
use snapline_shared::prelude::*;
use snapline_shared::rng::Rng;
use snapline_shared::rows::kind_number;

/// Shots that a side fires at least.
const SHOTS: u32 = 3000;
/// Units a second that a shot is faster than its ship.
const BOLT_SPEED: f32 = 900.0;
/// Distance that the target keeps, and beyond which nobody shoots.
const DISTANCE: f32 = 200.0;
const FAR_AWAY: f32 = 300.0;

const FIELD: &[u8] = br#"{"name": "field", "size": 8192, "walls": [], "crates": []}"#;

fn angle_of(way: Vec2) -> f32 {
    way.to_angle().rem_euclid(core::f32::consts::TAU)
}

/// The ship of `owner` as it is drawn.
fn drawn(world: &Drawn, owner: u16) -> Option<(Vec2, Vec2, bool)> {
    let field = |name: &str| {
        let fields = Ship::KIND.fields;
        let at = fields.iter().position(|field| field.name == name).expect("a field");
        fields[..at].iter().map(|field| field.shape.components()).sum::<usize>()
    };
    let number = |row: &snapline_shared::client::DrawnRow, at: usize| world.values[row.from as usize + at];
    let row =
        world.rows.iter().filter(|row| row.kind == 0).find(|row| number(row, field("owner")) == f32::from(owner))?;
    let pair = |name| Vec2::new(number(row, field(name)), number(row, field(name) + 1));
    Some((pair("place"), pair("vel"), number(row, field("safe")) > 0.0))
}

/// Stands still and shoots at what it sees, with the lead that a shot's time of flight asks for.
fn shoot(own: &Own, seen: Option<(Vec2, Vec2, bool)>) -> Input {
    let still = Input { aim: own.heading.rem_euclid(core::f32::consts::TAU), brake: true, ..Input::default() };
    let Some((place, vel, is_safe)) = seen else { return still };
    let (gap, vel) = (place - own.place, vel - own.vel);
    let (a, b, c) = (vel.length_squared() - BOLT_SPEED * BOLT_SPEED, gap.dot(vel), gap.length_squared());
    let when = (-b - (b * b - a * c).max(0.0).sqrt()) / a;
    let way = gap + vel * when;
    let off = Vec2::from_angle(own.heading).angle_to(way).abs();
    Input { aim: angle_of(way), fire: !is_safe && gap.length() < FAR_AWAY && off < 0.02, ..still }
}

/// Flies to and fro across the line of fire and turns when nobody expects it.
struct Dodger {
    rng: Rng,
    side: f32,
    left: u32,
}

impl Dodger {
    fn fly(&mut self, own: &Own, shooter: Vec2) -> Input {
        if self.left == 0 {
            (self.side, self.left) = (-self.side, 50 + self.rng.below(80));
        }
        self.left -= 1;
        let gap = own.place - shooter;
        let away = gap.normalize_or(Vec2::X);
        let wanted = away.perp() * (self.side * 220.0) + away * ((DISTANCE - gap.length()) * 1.5).clamp(-260.0, 260.0);
        let push = wanted - own.vel;
        Input { aim: angle_of(push), thrust: push.length() > 40.0, ..Input::default() }
    }
}

/// What became of the shots of a shooter over such a link.
#[derive(Debug)]
struct Score {
    shots: u32,
    hits: u32,
    judged: u32,
}

impl Score {
    fn percent(&self) -> f32 {
        100.0 * self.hits as f32 / self.shots as f32
    }
}

/// An arena without walls.
fn open_field(compensation: bool) -> Room<Arena> {
    let options = [("lag_compensation", compensation.to_string()), ("match_s", "3600".to_owned())];
    let options = options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let map = Some(RoomMap::new("field.json", FIELD).expect("a map"));
    Room::new(RoomConfig { options, map, ..RoomConfig::default() }).expect("good options")
}

fn duel(link: LinkSpec, compensation: bool, wish: Option<[u32; 2]>) -> Score {
    let mut room = open_field(compensation);
    let mut shooter = Player::join(&mut room, at(0), link);
    let mut target = Player::join(&mut room, at(0), LinkSpec::NONE);
    let [struck, judged] = [Struck::KIND, Judged::KIND].map(|kind| kind_number(Arena::EVENTS, &kind.name));
    let (mut world, mut rng) = (Drawn::default(), Dodger { rng: Rng::new(11), side: 1.0, left: 0 });
    let mut score = Score { shots: 0, hits: 0, judged: 0 };
    let (mut fired, mut wish, mut on_their_way) = (None, wish, Vec::new());
    for tick in 1..400_000 {
        let now_us = at(tick);
        shooter.client.draw(now_us, &mut world);
        let mine = shooter.client.own().copied();
        let input = mine.as_ref().map_or(Input::default(), |own| shoot(own, drawn(&world, 1)));
        if let Some(words) = wish.take_if(|_| mine.is_some()) {
            assert!(shooter.client.session().request(0, &words).is_some());
        }
        let place = mine.map_or(Vec2::ZERO, |own| own.place);
        let dodge = target.client.own().map_or(Input::default(), |own| rng.fly(own, place));
        for client in [&mut shooter.client, &mut target.client] {
            if client.wants_map().is_some() {
                client.set_map(FIELD).expect("the room's map");
            }
        }
        shooter.receive(now_us);
        while let Some(event) = shooter.client.session().poll_event() {
            if let SessionEvent::Game { kind, .. } = event {
                score.hits += u32::from(Some(kind) == struck);
                score.judged += u32::from(Some(kind) == judged);
            }
        }
        shooter.send(&mut room, now_us, input);
        target.receive(now_us);
        while target.client.session().poll_event().is_some() {}
        target.send(&mut room, now_us, dodge);
        room.tick(now_us);
        shooter.fill(&mut room, now_us);
        target.fill(&mut room, now_us);
        let number = shooter.client.own().map(|own| own.shots);
        if let (Some(before), Some(now)) = (fired, number) {
            let new = u32::from(u8::wrapping_sub(now, before));
            on_their_way.extend((0..new).filter(|_| new < 128).filter_map(|_| shooter.client.ahead_tick()));
        }
        fired = number;
        // A shot at a picture of somebody who is no more is a shot at nobody.
        let lives = target.client.own().is_some_and(|own| own.hull > 0);
        on_their_way.retain(|shot: &Tick| {
            let is_judged = !shot.is_after(room.now());
            score.shots += u32::from(is_judged && lives);
            !is_judged
        });
        if score.shots >= SHOTS {
            assert_eq!(shooter.client.mispredictions().unexplained, 0);
            return score;
        }
    }
    panic!("too few shots: {score:?}");
}

#[test]
fn at_150_ms_one_hits_as_often_as_without_delay() {
    let near = duel(LinkSpec::NONE, true, None);
    let far = duel(FAR, true, None);
    println!("no delay {:.1} %, 150 ms {:.1} % of {SHOTS} shots", near.percent(), far.percent());
    assert!((near.percent() - far.percent()).abs() <= 3.0, "{near:?} {far:?}");
    assert!(near.percent() > 30.0, "the target is hit at all: {near:?}");
    assert_eq!(near.judged, 0, "nobody asked");
}

#[test]
fn without_compensation_one_does_not_whoever_turned_it_off() {
    let near = duel(LinkSpec::NONE, true, None);
    let off = duel(FAR, false, None);
    let by_wish = duel(FAR, true, Some([0, 1]));
    println!("no delay {:.1} %, 150 ms without it {:.1} %, {:.1} %", near.percent(), off.percent(), by_wish.percent());
    assert!(off.percent() < near.percent() - 10.0 && by_wish.percent() < near.percent() - 10.0);
}

#[test]
fn a_shooter_who_asks_is_told_what_was_tested() {
    let told = duel(FAR, true, Some([1, 1]));
    assert!(told.judged >= told.hits * 9 / 10 && told.judged <= told.shots, "{told:?}");
}
