//! The demo game with the players that it has: bots with its own brain, in virtual time, over simulated links.

use snapline_arena::{Ace, Arena, Input, Kill};
use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::{Mispredictions, Pilot, Predicted, SessionEvent};
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::Hello;
use snapline_shared::prelude::*;
use snapline_shared::rows::kind_number;

const TICK_US: u64 = 1_000_000 / 60;
/// 150 ms there and back.
const FAR: LinkSpec = LinkSpec { delay_us: 75_000, buffer_bytes: 1 << 20, ..LinkSpec::NONE };

fn room(options: &[(&str, &str)]) -> Room<Arena> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Room::new(RoomConfig { options, players_max: 200, rows_max: 4096, ..RoomConfig::default() }).expect("good options")
}

/// A client and its links.
struct Socket {
    key: SessionKey,
    up: Link,
    down: Link,
}

impl Socket {
    fn join(room: &mut Room<Arena>, client: &mut Predicted<Arena>, now_us: u64, spec: LinkSpec, seed: u64) -> Self {
        client.session().handle_open(now_us - 2 * spec.delay_us, "x", true);
        assert!(client.session().poll_transmit().is_some(), "Hello");
        let key = room.handle_open(&Hello { bot: true, ..Hello::default() }).expect("a seat");
        Self { key, up: Link::new(spec, seed), down: Link::new(spec, seed + 1) }
    }

    fn send(&mut self, room: &mut Room<Arena>, client: &mut Predicted<Arena>, now_us: u64) {
        while let Some(bytes) = client.session().poll_transmit() {
            assert!(self.up.send(now_us, bytes));
        }
        while let Some(bytes) = self.up.receive(now_us) {
            room.handle_message(now_us, self.key, &bytes).expect("good messages");
        }
    }

    fn fill(&mut self, room: &mut Room<Arena>, now_us: u64) {
        let mut bytes = Vec::new();
        while self.down.is_ready() && room.poll_transmit(now_us, self.key, &mut bytes) {
            self.down.send(now_us, core::mem::take(&mut bytes));
        }
    }
}

const fn at(tick: u64) -> u64 {
    1_000_000 + tick * TICK_US
}

/// Bots that play for some seconds; gives what their predictions missed, the shots confirmed and withdrawn, the kills.
fn fight(bots: u64, seconds: u64, spec: LinkSpec, options: &[(&str, &str)]) -> (Mispredictions, [u64; 2], u64) {
    let mut room = room(options);
    let mut players: Vec<(Pilot<Arena>, Socket)> = (0..bots)
        .map(|seed| {
            let mut pilot = Pilot::<Arena>::new(Ace::maker(seed));
            let wire = Socket::join(&mut room, pilot.client(), at(0), spec, 10 * seed);
            (pilot, wire)
        })
        .collect();
    let kill = kind_number(Arena::EVENTS, &Kill::KIND.name).expect("a kind of event");
    let mut kills = 0;
    for tick in 0..seconds * 60 {
        let now_us = at(tick);
        for (number, (pilot, wire)) in players.iter_mut().enumerate() {
            while let Some(bytes) = wire.down.receive(now_us) {
                pilot.handle_message(now_us, &bytes).expect("it decodes");
            }
            pilot.update(now_us);
            wire.send(&mut room, pilot.client(), now_us);
            while let Some(event) = pilot.client().session().poll_event() {
                kills += u64::from(number == 0 && matches!(event, SessionEvent::Game { kind: k, .. } if k == kill));
            }
        }
        room.tick(now_us);
        for (_, wire) in &mut players {
            wire.fill(&mut room, now_us);
        }
        assert!(room.poll_close().is_none());
    }
    let (mut wrong, mut shots) = (Mispredictions::default(), [0; 2]);
    for (pilot, _) in &mut players {
        let (mine, fired) = (pilot.client().mispredictions(), pilot.client().shots());
        wrong.late += mine.late;
        wrong.touched += mine.touched;
        wrong.unexplained += mine.unexplained;
        shots = [shots[0] + fired.confirmed, shots[1] + fired.withdrawn];
        assert_eq!(pilot.client().session().stats().desyncs, 0);
    }
    (wrong, shots, kills)
}

#[test]
fn bots_fight_without_an_unexplained_misprediction() {
    for spec in [LinkSpec::NONE, FAR] {
        let (wrong, [confirmed, withdrawn], kills) = fight(24, 60, spec, &[]);
        println!("{wrong:?}, {confirmed} shots confirmed, {withdrawn} withdrawn, {kills} kills");
        assert_eq!((wrong.late, wrong.unexplained), (0, 0), "{wrong:?}");
        assert!(wrong.touched > 100, "hits and crates touch the own state: {wrong:?}");
        assert!(kills > 20, "{kills} kills");
        // What is fired in the moment of one's own end never left the muzzle.
        assert!(confirmed > 1000 && withdrawn * 50 < confirmed, "{confirmed} shots confirmed, {withdrawn} withdrawn");
    }
}

#[test]
fn matches_end_and_begin_again_for_those_who_predict() {
    let (wrong, [confirmed, _], kills) = fight(12, 70, FAR, &[("match_s", "20")]);
    assert!(wrong.unexplained == 0 && confirmed > 200 && kills > 5, "{wrong:?}, {confirmed} shots, {kills} kills");
}

#[test]
fn ten_minutes_alone_at_150_ms_without_one_misprediction() {
    let mut room = room(&[("match_s", "3600")]);
    let mut client = Predicted::<Arena>::new();
    let mut wire = Socket::join(&mut room, &mut client, at(0), FAR, 1);
    let mut rng = Rng::new(5);
    let mut input = Input::default();
    for tick in 0..36_000 {
        let now_us = at(tick);
        while let Some(bytes) = wire.down.receive(now_us) {
            client.handle_message(now_us, &bytes).expect("it decodes");
        }
        if rng.one_in(20) {
            input = Input { aim: rng.unit() * 6.0, thrust: rng.one_in(2), brake: rng.one_in(5), fire: rng.one_in(3) };
        }
        client.set_input(input);
        client.update(now_us);
        while client.session().poll_event().is_some() {}
        wire.send(&mut room, &mut client, now_us);
        room.tick(now_us);
        wire.fill(&mut room, now_us);
    }
    let (wrong, shots) = (client.mispredictions(), client.shots());
    assert!(client.compared() > 17_900, "{} snapshots were compared", client.compared());
    // Crates are met by chance, and the table is looked at once: nobody can foresee either.
    assert!(wrong.late == 0 && wrong.unexplained == 0 && wrong.touched < 400, "{wrong:?}");
    assert!(shots.confirmed > 500 && shots.withdrawn == 0, "{shots:?}");
}
