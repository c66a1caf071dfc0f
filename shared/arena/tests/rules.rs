//! The arena steps alike everywhere, survives its players, and is a game: ships bounce, hit, burst, come back, and a match ends.

use std::collections::BTreeMap;

use snapline_arena::{Arena, Input, Own, SHIP_RADIUS, Scene};
use snapline_shared::game::{Setup, SetupError};
use snapline_shared::prelude::*;
use snapline_shared::rng::Rng;
use snapline_shared::testing::{SyncOptions, fuzz_inputs, sync_test};

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn scene(map: &[u8], pairs: &[(&str, &str)], tick_hz: u32) -> Result<Scene, SetupError> {
    Arena::scene(&Setup { map, options: &options(pairs), tick_hz, ticks_per_step: 2 })
}

fn home() -> Scene {
    scene(Arena::MAP.bytes, &[], 60).expect("the game's own map")
}

/// A ship on the plaza in the middle.
fn own() -> Own {
    Own { place: Vec2::new(4096.0, 3700.0), hull: 100, ammo: 24, ..Own::default() }
}

const fn held(aim: f32, thrust: bool, fire: bool) -> Input {
    Input { aim, thrust, brake: false, fire }
}

#[test]
fn it_steps_alike_everywhere() {
    let options = SyncOptions { options: options(&[("match_s", "10")]), ticks: 900, ..SyncOptions::default() };
    let report = sync_test::<Arena>(&options);
    assert!(report.commands > 5000 && report.restores > 30 && report.events > 20 && report.matches > 0, "{report:?}");
    // Wishes for the own shots, which players of this test have at every turn, touch the own state too.
    assert!(report.advanced > report.commands * 4 / 5, "most ticks are as predicted: {report:?}");
}

#[test]
fn it_survives_its_players() {
    let report = fuzz_inputs::<Arena>(&SyncOptions { players_max: 120, ..SyncOptions::default() });
    assert!(report.joins > 300 && report.leaves > 300 && report.events > 50, "{report:?}");
}

#[test]
fn a_ship_has_inertia_turns_at_a_limited_rate_and_is_held_to_its_speed() {
    let scene = home();
    let mut own = own();
    Arena::advance(&scene, &mut own, held(core::f32::consts::PI, false, false));
    assert!(own.heading.abs() > 0.05 && own.heading.abs() < 0.2, "{}", own.heading);
    for _ in 0..60 {
        Arena::advance(&scene, &mut own, held(0.0, true, false));
    }
    let fast = own.vel.length();
    assert!((300.0..=420.5).contains(&fast), "{fast}");
    for _ in 0..60 {
        Arena::advance(&scene, &mut own, held(0.0, false, false));
    }
    let after = own.vel.length();
    assert!(after > 0.5 * fast && after < 0.8 * fast, "it drifts: {fast} then {after}");
}

#[test]
fn nobody_gets_into_a_wall_or_out_of_the_world_at_any_tick_rate() {
    for tick_hz in [5, 30, 60, 240] {
        let scene = scene(Arena::MAP.bytes, &[], tick_hz).expect("the game's own map");
        let mut rng = Rng::new(7);
        for start in 0..40 {
            let mut own = own();
            own.place = scene.spots[start * 2].place;
            let (mut aim, mut bounced) = (0.0, 0);
            for tick in 0..tick_hz * 20 {
                if tick % (tick_hz / 2).max(1) == 0 {
                    aim = rng.unit() * core::f32::consts::TAU;
                }
                let before = own.vel;
                Arena::advance(&scene, &mut own, held(aim, true, false));
                bounced += u32::from(before.dot(own.vel) < 0.0);
                assert!(scene.is_free(own.place, SHIP_RADIUS * 0.9), "{tick_hz} Hz, tick {tick}: {}", own.place);
            }
            assert!(start > 0 || bounced > 0 || tick_hz < 30, "it meets walls");
        }
    }
}

#[test]
fn the_gun_has_a_rate_and_a_magazine_that_refills() {
    let scene = home();
    let mut own = own();
    own.safe = 120;
    let mut shots = 0;
    for tick in 0..600 {
        Arena::advance(&scene, &mut own, held(0.0, false, true));
        shots += u32::from(own.fired);
        assert!(tick > 0 || (own.fired && own.safe == 0), "the first shot leaves at once and ends safety");
    }
    // 24 and what is made in ten seconds; a shot each 12 ticks at first.
    assert!((40..=46).contains(&shots), "{shots}");
    assert!(own.ammo <= 1);
    for _ in 0..60 * 13 {
        Arena::advance(&scene, &mut own, held(0.0, false, false));
    }
    assert_eq!(own.ammo, 24);
    own.rapid = 60;
    let rapid = (0..60).filter(|_| {
        Arena::advance(&scene, &mut own, held(0.0, false, true));
        own.fired
    });
    assert_eq!((rapid.count(), own.ammo), (10, 24), "rapid fire takes no ammunition");
}

#[test]
fn a_ray_ends_at_the_first_wall() {
    let scene = home();
    let mut rng = Rng::new(3);
    let mut met = 0;
    for _ in 0..3000 {
        let from = Vec2::new(rng.unit(), rng.unit()) * 8192.0;
        if !scene.is_free(from, 1.0) {
            continue;
        }
        let angle = rng.unit() * core::f32::consts::TAU;
        let way = Vec2::new(libm::cosf(angle), libm::sinf(angle));
        let free = scene.ray(from, way, 800.0);
        // A walk of the ray's length meets nothing, and there is a wall at its end.
        let mut walk = (0..1600).map(|half| half as f32 * 0.5).take_while(|&far| far < free - 0.01);
        assert!(walk.all(|far| scene.is_free(from + way * far, 0.0)), "from {from} along {angle}: {free}");
        if free < 800.0 {
            met += 1;
            assert!(!scene.is_free(from + way * free, 0.05), "from {from} along {angle}: {free}");
        }
    }
    assert!(met > 300, "{met}");
}

#[test]
fn a_map_or_an_option_that_cannot_be_used_is_named() {
    let bad = [
        ("not json", "map"),
        (r#"{"name": "x", "size": 4096, "walls": [], "crates": []}"#, "map"),
        (r#"{"name": "x", "size": 8192, "walls": [[0, 0, -5, 9]], "crates": []}"#, "map"),
        (r#"{"name": "x", "size": 8192, "walls": [[8000, 0, 500, 9]], "crates": []}"#, "map"),
        (r#"{"name": "x", "size": 8192, "walls": [], "crates": [[50, 50, "gold"]]}"#, "map"),
        (r#"{"name": "x", "size": 8192, "walls": [[0, 0, 99, 99]], "crates": [[50, 50, "repair"]]}"#, "map"),
    ];
    for (map, field) in bad {
        let error = scene(map.as_bytes(), &[], 60).err();
        assert!(error.as_ref().is_some_and(|error| error.field == field), "{map}: {error:?}");
    }
    for (value, is_good) in [("true", true), ("false", true), ("yes", false), ("", false)] {
        let error = scene(Arena::MAP.bytes, &[("lag_compensation", value)], 60).err();
        assert_eq!(error.map(|error| error.field), (!is_good).then_some("lag_compensation"), "{value}");
    }
    for (option, values) in [("view_radius", ["199", "2001"]), ("match_s", ["9", "3601"])] {
        for value in values {
            let error = scene(Arena::MAP.bytes, &[(option, value)], 60).err();
            assert!(error.is_some_and(|error| error.field == option), "{option} {value}");
        }
    }
    for pairs in [[("view_radius", "200"), ("match_s", "10")], [("view_radius", "2000"), ("match_s", "3600")]] {
        assert!(scene(Arena::MAP.bytes, &pairs, 60).is_ok());
    }
}
