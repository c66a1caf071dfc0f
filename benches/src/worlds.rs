//! Worlds that are made here: the swarm with players who steer by rule, the arena as its own brains play it.

use std::sync::Arc;

use snapline_arena::{Ace, Arena};
use snapline_server::room::{Room, RoomConfig, RowsAt, SessionKey};
use snapline_shared::client::Pilot;
use snapline_shared::coder::Rates;
use snapline_shared::message::Hello;
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;
use snapline_swarm::{Input, Own, Swarm, Walker};

use crate::traces::{Trace, schema};

const TICK_US: u64 = 1_000_000 / 60;
/// Ticks before anything is recorded: everybody flies and fights.
const WARM_TICKS: u64 = 600;

/// How the players of the generated swarm steer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// By one step of the heading each tick, always the same way.
    Turning,
    /// By -8 to 8 steps in three of ten ticks.
    Wandering,
}

/// The swarm with so many players: frames are ticks, as in the workloads w1 to w3.
#[must_use]
pub fn swarm(players: u16, tick_hz: u32, steer: Steer, ticks: u32, seed: u64) -> Trace {
    let schema = schema("swarm", vec![Walker::KIND], Own::KIND);
    let setup = Setup { map: &[], options: &Default::default(), tick_hz, ticks_per_step: 1 };
    let scene = Swarm::scene(&setup).unwrap_or_else(|error| panic!("the swarm takes no options: {error}"));
    let mut rng = Rng::new(seed);
    let start = |rng: &mut Rng| Own { place: Vec2::new(rng.unit(), rng.unit()) * 1000.0, heading: 0.0 };
    let mut walkers: Vec<(Own, u8)> = (0..players).map(|_| (start(&mut rng), rng.below(256) as u8)).collect();
    let mut steps = Vec::new();
    for tick in 1..=ticks {
        let mut rows = Rows::new(schema.clone());
        for (number, (own, heading)) in (0u16..).zip(&mut walkers) {
            let by = match steer {
                Steer::Turning if number % 2 == 0 => 1,
                Steer::Turning => 255,
                Steer::Wandering if rng.unit() < 0.3 => rng.below(17).wrapping_sub(8) as u8,
                Steer::Wandering => 0,
            };
            *heading = heading.wrapping_add(by);
            let fast = (tick + 13 * u32::from(number)) / 64 % 2 == 1;
            Swarm::advance(&scene, own, Input { heading: *heading, fast });
            let hp = 100 - ((tick + 7 * u32::from(number)) / 200 % 100) as u8;
            let id = NetId { slot: number, generation: 0 };
            rows.put(id, &Walker { place: own.place, heading: own.heading, hp });
        }
        rows.finish();
        steps.push(Arc::new(rows));
    }
    Trace { schema, rates: Rates { tick_hz, ticks_per_step: 1 }, steps, players, owner_word: None }
}

/// The arena with so many players, all of them brains, at 60 ticks and 30 steps a second, for so many steps.
///
/// # Panics
/// When the game does not take its own options or its own brains: mistakes in there.
#[must_use]
pub fn arena(players: u16, steps: u32, seed: u64) -> Trace {
    let options = [("match_s".to_owned(), "3600".to_owned())].into();
    let config = RoomConfig { options, players_max: 4096, rows_max: 16_384, seed, ..RoomConfig::default() };
    let rates = config.rates();
    let mut room = Room::<Arena>::new(config).expect("good options");
    let mut pilots: Vec<(SessionKey, Pilot<Arena>)> = (0..u64::from(players))
        .map(|number| {
            let mut pilot = Pilot::new(Ace::maker(seed ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            pilot.client().session().handle_open(0, "ace", true);
            while pilot.client().session().poll_transmit().is_some() {}
            (room.handle_open(&Hello { bot: true, ..Hello::default() }).expect("a seat"), pilot)
        })
        .collect();
    let mut recorded = Vec::new();
    for tick in 0..WARM_TICKS + 2 * u64::from(steps) {
        play(&mut room, &mut pilots, (tick + 1) * TICK_US);
        let now = room.now().0;
        if tick >= WARM_TICKS && now.is_multiple_of(2) {
            match room.rows_at(Step(now / 2)) {
                RowsAt::Here(rows) => recorded.push(Arc::new(rows.clone())),
                RowsAt::Gone | RowsAt::NotYet => unreachable!("the room keeps a second"),
            }
        }
    }
    let schema = Arc::new(Schema { tables: "".into(), ..snapline_shared::game::schema::<Arena>() });
    let ship = &schema.entities[0];
    let owner = ship.fields.iter().position(|field| field.name == "owner").map(|field| ship.word_of(field));
    Trace { schema, rates, steps: recorded, players, owner_word: owner }
}

/// One tick of the room and of those who play in it.
fn play(room: &mut Room<Arena>, pilots: &mut [(SessionKey, Pilot<Arena>)], now_us: u64) {
    for (session, pilot) in pilots.iter_mut() {
        pilot.update(now_us);
        while let Some(bytes) = pilot.client().session().poll_transmit() {
            room.handle_message(now_us, *session, &bytes).expect("good messages");
        }
        while pilot.client().session().poll_event().is_some() {}
    }
    room.tick(now_us);
    for (session, pilot) in pilots.iter_mut() {
        let mut bytes = Vec::new();
        while room.poll_transmit(now_us, *session, &mut bytes) {
            pilot.handle_message(now_us, &bytes).expect("it decodes");
            bytes.clear();
        }
    }
}
