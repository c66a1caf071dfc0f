//! The swarm's rules, tick by tick.

use std::collections::BTreeMap;

use snapline_shared::game::Setup;
use snapline_shared::prelude::*;
use snapline_shared::rows::Ring;
use snapline_shared::testing::{SyncOptions, fuzz_inputs, sync_test};
use snapline_swarm::{Input, Swarm, Walker};

/// The game without a room around it.
struct Bench {
    scene: <Swarm as Game>::Scene,
    game: Swarm,
    now: Tick,
    ids: NetIds,
    rng: Rng,
    events: Events,
    ring: Ring,
}

impl Bench {
    fn new(options: &[(&str, &str)]) -> Result<Self, SetupError> {
        let options: BTreeMap<String, String> =
            options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let setup = Setup { map: &[], options: &options, tick_hz: 60, ticks_per_step: 2 };
        let scene = Swarm::scene(&setup)?;
        let (mut ids, mut rng, mut events) = (NetIds::default(), Rng::new(1), Events::new(&[]));
        let game =
            Swarm::new(&scene, &setup, &mut Tools { now: Tick(0), ids: &mut ids, rng: &mut rng, events: &mut events });
        Ok(Self { scene, game, now: Tick(0), ids, rng, events, ring: Ring::new(1) })
    }

    fn join(&mut self, player: u16) -> Result<(), Refusal> {
        let profile = Profile { name: "", user: None, bot: false };
        let mut tools = Tools { now: self.now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
        self.game.join(&self.scene, PlayerId(player), &profile, &mut tools)
    }

    fn step(&mut self, inputs: &[(u16, Input)]) {
        self.now = self.now.next();
        let command = |&(player, input): &(u16, Input)| Command {
            player: PlayerId(player),
            input,
            seen: Seen::default(),
            fresh: true,
            connected: true,
        };
        let commands: Vec<_> = inputs.iter().map(command).collect();
        let (mut replies, mut finish) = (Replies::default(), None);
        let turn = Turn {
            commands: &commands,
            requests: &[],
            replies: &mut replies,
            past: Past::new(&self.ring, 2),
            finish: &mut finish,
            tools: Tools { now: self.now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events },
        };
        self.game.step(&self.scene, turn);
    }

    fn walker(&self, player: u16) -> Walker {
        let schema = std::sync::Arc::new(snapline_shared::game::schema::<Swarm>());
        let mut rows = Rows::new(schema);
        self.game.extract(&mut rows);
        rows.finish();
        let id = self.game.view(PlayerId(player)).controls.expect("it steers something");
        rows.read(id).expect("it is shown")
    }
}

const fn input(heading: u8, fast: bool) -> Input {
    Input { heading, fast }
}

#[test]
fn the_heading_is_taken_first_and_fast_is_half_as_fast_again() {
    let mut bench = Bench::new(&[]).expect("no options");
    assert_eq!((bench.join(0), bench.join(1)), (Ok(()), Ok(())));
    let before = [bench.walker(0).place, bench.walker(1).place];
    for _ in 0..60 {
        bench.step(&[(0, input(64, false)), (1, input(0, true))]);
    }
    let moved = |player: u16| {
        let way = bench.walker(player).place - before[usize::from(player)];
        way - (way / 1000.0).round() * 1000.0
    };
    assert!((moved(0) - Vec2::new(0.0, 100.0)).length() < 0.2, "a quarter turn is +y: {}", moved(0));
    assert!((moved(1) - Vec2::new(150.0, 0.0)).length() < 0.2, "0 is +x: {}", moved(1));
    assert!((bench.walker(0).heading - core::f32::consts::FRAC_PI_2).abs() < 0.01);
}

#[test]
fn hp_falls_by_one_each_200_ticks_shifted_by_player_and_starts_over_after_1() {
    let mut bench = Bench::new(&[]).expect("no options");
    (0..3).for_each(|player| assert_eq!(bench.join(player), Ok(())));
    for tick in 1..=20_000u32 {
        bench.step(&[(0, input(0, false)), (1, input(0, false)), (2, input(0, false))]);
        if tick % 37 == 0 || tick > 19_990 {
            for player in 0..3 {
                let falls = (tick + 7 * player) / 200 - 7 * player / 200;
                let hp = 100 - falls % 100;
                assert_eq!(u32::from(bench.walker(player as u16).hp), hp, "tick {tick}, player {player}");
            }
        }
    }
}

#[test]
fn the_world_wraps_and_first_places_are_spread() {
    let mut bench = Bench::new(&[]).expect("no options");
    (0..100).for_each(|player| assert_eq!(bench.join(player), Ok(())));
    let places: Vec<Vec2> = (0..100).map(|player| bench.walker(player).place).collect();
    let quarters = [(0.0, 0.0), (500.0, 0.0), (0.0, 500.0), (500.0, 500.0)];
    for (x, y) in quarters {
        let inside =
            places.iter().filter(|place| (x..x + 500.0).contains(&place.x) && (y..y + 500.0).contains(&place.y));
        assert!((10..=40).contains(&inside.count()), "{places:?}");
    }
    for _ in 0..1200 {
        bench.step(&(0..100).map(|player| (player, input(32, true))).collect::<Vec<_>>());
        let place = bench.walker(5).place;
        assert!((0.0..1000.0).contains(&place.x) && (0.0..1000.0).contains(&place.y), "{place}");
    }
}

#[test]
fn the_view_radius_is_an_option() {
    let bench = |value| {
        Bench::new(&[("view_radius", value)]).map(|mut bench| {
            assert_eq!(bench.join(0), Ok(()));
            bench.game.view(PlayerId(0)).radius
        })
    };
    assert_eq!(bench("121"), Ok(121.0));
    for bad in ["0", "1001", "far", "NaN"] {
        assert_eq!(bench(bad).map_err(|error| error.field), Err("view_radius"), "{bad}");
    }
}

#[test]
fn it_steps_alike_everywhere() {
    let report = sync_test::<Swarm>(&SyncOptions::default());
    assert!(report.advanced == report.commands && report.commands > 5000 && report.restores > 30, "{report:?}");
}

#[test]
fn it_survives_its_players() {
    let report = fuzz_inputs::<Swarm>(&SyncOptions { players_max: 200, ..SyncOptions::default() });
    assert!(report.advanced == report.commands && report.joins > 500 && report.leaves > 500, "{report:?}");
}
