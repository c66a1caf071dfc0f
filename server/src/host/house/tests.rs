//! House bots in virtual time: a room without sockets, people who come and go, bots who think.

use snapline_shared::client::{Session, World};
use snapline_shared::message::{Notice, RosterChange, ServerMessage};
use snapline_shared::prelude::*;

use super::*;
use crate::room::{RoomConfig, RoomMap};

const TICK_US: u64 = 1_000_000 / 60;

wire! { struct Push { step: u8 => Snap Uint { bits: 2 } } }
wire! { struct Walk { steps: u32 => Snap Uint { bits: 32 } } }
wire! { struct Pawn at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 64.0, step: 1.0, wrap: true } } }

/// Pawns who walk while they push. Options: `seats`, and `match_ticks` after which the match is over.
#[derive(Serialize, Deserialize)]
struct Yard {
    pawns: Vec<(PlayerId, NetId, Walk)>,
    seats: usize,
    ends: Tick,
}

struct Limits {
    seats: usize,
    match_ticks: i32,
}

impl Game for Yard {
    type Input = Push;
    type Own = Walk;
    type Scene = Limits;
    const NAME: &'static str = "yard";
    const ENTITIES: &'static [Kind] = &[Pawn::KIND];

    fn scene(setup: &Setup<'_>) -> Result<Limits, SetupError> {
        let seats = setup.number("seats", 1000.0, 1.0..=1000.0)? as usize;
        Ok(Limits { seats, match_ticks: setup.number("match_ticks", 1e6, 1.0..=1e6)? as i32 })
    }

    fn new(limits: &Limits, _: &Setup<'_>, tools: &mut Tools<'_>) -> Self {
        Self { pawns: Vec::new(), seats: limits.seats, ends: tools.now.offset(limits.match_ticks) }
    }

    fn join(&mut self, _: &Limits, player: PlayerId, _: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        if self.pawns.len() >= self.seats {
            return Err(Refusal::Full);
        }
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.pawns.push((player, id, Walk { steps: 0 }));
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.pawns.retain(|&(other, id, _)| other != player || !tools.ids.free(id));
    }

    fn advance(_: &Limits, own: &mut Walk, input: Push) {
        own.steps += u32::from(input.step);
    }

    fn step(&mut self, limits: &Limits, turn: Turn<'_, Self>) {
        for (player, _, walk) in &mut self.pawns {
            let command = turn.commands.iter().find(|command| command.player == *player);
            command.iter().for_each(|command| Self::advance(limits, walk, command.input));
        }
        if turn.tools.now == self.ends {
            *turn.finish = Some(Results { json: "{}".to_owned() });
        }
    }

    fn extract(&self, out: &mut Rows) {
        for (_, id, walk) in &self.pawns {
            out.put(*id, &Pawn { place: Vec2::splat((walk.steps % 64) as f32) });
        }
    }

    fn view(&self, player: PlayerId) -> View<Walk> {
        let pawn = self.pawns.iter().find(|pawn| pawn.0 == player);
        let (controls, own) = pawn.map_or((None, Walk { steps: 0 }), |pawn| (Some(pawn.1), pawn.2));
        View { place: Vec2::splat(32.0), radius: 64.0, controls, own }
    }
}

/// Pushes at each tick; fails at its `fails_at`th thought.
struct Walker {
    thoughts: u32,
    fails_at: u32,
}

impl Brain<Yard> for Walker {
    fn think(&mut self, world: &World<'_, Yard>) -> Push {
        self.thoughts += 1;
        assert!(self.thoughts != self.fails_at, "nothing comes to mind");
        assert!(world.rows::<Pawn>().count() > 0);
        Push { step: 1 }
    }
}

fn steady(_: u64) -> Box<dyn Brain<Yard>> {
    Box::new(Walker { thoughts: 0, fails_at: 0 })
}

/// Seed 3 fails at its thirtieth thought.
fn faulty(seed: u64) -> Box<dyn Brain<Yard>> {
    Box::new(Walker { thoughts: 0, fails_at: if seed == 3 { 30 } else { 0 } })
}

/// A room with people whose clients are in order.
struct Stand {
    room: Room<Yard>,
    house: House<Yard>,
    people: Vec<(SessionKey, Session)>,
    tick: u64,
}

impl Stand {
    fn new(maker: BrainMaker<Yard>, most: usize, config: RoomConfig) -> Self {
        let house = House::new(maker, most, 1);
        Self { room: Room::new(config).expect("good options"), house, people: Vec::new(), tick: 60 }
    }

    const fn now_us(&self) -> u64 {
        self.tick * TICK_US
    }

    fn join(&mut self) -> Result<(), Close> {
        let key = self.room.handle_open(&Hello::default())?;
        let mut session = Session::new(self.room.schema().clone());
        session.handle_open(self.now_us(), "", false);
        assert!(session.poll_transmit().is_some(), "Hello, which the room has had");
        self.people.push((key, session));
        Ok(())
    }

    fn leave(&mut self) {
        let (key, _) = self.people.pop().expect("somebody");
        self.room.handle_left(key);
    }

    /// The host's tick, without sockets.
    fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.tick += 1;
            let now_us = self.now_us();
            for (key, session) in &mut self.people {
                session.update(now_us);
                while let Some(bytes) = session.poll_transmit() {
                    self.room.handle_message(now_us, *key, &bytes).expect("good messages");
                }
            }
            self.house.settle(now_us, &mut self.room);
            self.house.speak(now_us, &mut self.room);
            self.room.tick(now_us);
            while let Some((session, _)) = self.room.poll_close() {
                assert!(self.people.iter().all(|(key, _)| *key != session), "no person is closed");
                self.house.handle_closed(now_us, session);
            }
            for (key, session) in &mut self.people {
                let mut bytes = Vec::new();
                while self.room.poll_transmit(now_us, *key, &mut bytes) {
                    session.handle_message(now_us, &bytes).expect("it decodes");
                    bytes.clear();
                }
            }
            self.house.listen(now_us, &mut self.room);
        }
    }

    /// People, and bots as house and room know them.
    fn count(&self) -> (usize, usize, usize) {
        (self.room.players(), self.house.bots.len(), self.room.house_bots())
    }

    /// Steps that all bots have walked, as they themselves predict.
    fn walked(&mut self) -> Vec<u32> {
        let own = |bot: &mut Bot<Yard>| bot.pilot.client().own().map_or(0, |own| own.steps);
        self.house.bots.values_mut().map(own).collect()
    }
}

fn options(options: &[(&str, &str)]) -> RoomConfig {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RoomConfig { options, restart_s: 1, ..RoomConfig::default() }
}

#[test]
fn they_come_with_the_first_give_way_to_the_next_and_leave_with_the_last() {
    let mut stand = Stand::new(steady, 5, options(&[]));
    stand.run(10);
    assert_eq!(stand.count(), (0, 0, 0), "nobody to play with");
    for (people, bots) in [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, 0), (7, 0)] {
        stand.join().expect("a seat");
        stand.run(10);
        assert_eq!(stand.count(), (people, bots, bots));
    }
    for (people, bots) in [(6, 0), (5, 1), (4, 2), (3, 3), (2, 4), (1, 5), (0, 0)] {
        stand.leave();
        stand.run(10);
        assert_eq!(stand.count(), (people, bots, bots));
    }
    assert!(stand.room.is_empty());
}

#[test]
fn they_play_as_their_brains_want_and_are_never_wrong_about_it() {
    let mut stand = Stand::new(steady, 3, options(&[]));
    stand.join().expect("a seat");
    stand.run(600);
    let walked = stand.walked();
    // Some ticks pass until the first own state has come.
    assert!(walked.len() == 3 && walked.iter().all(|&steps| (580..=610).contains(&steps)), "{walked:?}");
    assert_eq!(stand.room.stats().inputs_late, 0);
    for bot in stand.house.bots.values() {
        assert_eq!(Player::mispredictions(&bot.pilot).unexplained, 0);
        assert!((295..=301).contains(&bot.pilot.stats().snapshots), "{:?}", bot.pilot.stats());
    }
}

#[test]
fn they_take_no_seat_and_make_way_in_a_game_with_fewer() {
    let mut stand = Stand::new(steady, 6, RoomConfig { players_max: 2, ..options(&[]) });
    stand.join().expect("a seat");
    stand.run(10);
    assert_eq!(stand.count(), (1, 6, 6));
    stand.join().expect("the second of two seats, whatever the house has");
    assert_eq!(stand.join(), Err(Close::RoomFull));
    stand.run(10);
    assert_eq!(stand.count(), (2, 5, 5));

    let mut stand = Stand::new(steady, 6, options(&[("seats", "4")]));
    stand.join().expect("a seat");
    stand.run(10);
    assert_eq!(stand.count(), (1, 3, 3));
    assert_eq!(stand.join(), Err(Close::RoomFull), "the game has given its last seat to a bot");
    assert!(stand.house.give_way(&mut stand.room));
    stand.join().expect("the seat of a bot");
}

#[test]
fn people_see_them_as_bots_with_names() {
    let mut stand = Stand::new(steady, 30, options(&[]));
    stand.join().expect("a seat");
    stand.run(30);
    let newcomer = stand.room.handle_open(&Hello::default()).expect("a seat");
    let (mut seen, mut status, mut bytes) = (Vec::new(), None, Vec::new());
    for _ in 0..60 {
        stand.run(1);
        while stand.room.poll_transmit(stand.now_us(), newcomer, &mut bytes) {
            match ServerMessage::decode(&bytes) {
                Ok(ServerMessage::Notice(Notice::Roster { changes, .. })) => seen.extend(changes),
                Ok(ServerMessage::Notice(Notice::Status(told))) => status = Some(told.players),
                _ => {}
            }
            bytes.clear();
        }
    }
    let bots = seen.iter().filter_map(|change| match change {
        RosterChange::Join { name, bot: true, .. } => Some(name.as_str()),
        _ => None,
    });
    let names: std::collections::BTreeSet<&str> = bots.collect();
    assert!(names.len() == 29 && names.contains("Albatross") && names.contains("Ember 2"), "{names:?}");
    assert_eq!(status, Some(2), "two people");
}

#[test]
fn they_go_on_in_the_next_match() {
    let mut stand = Stand::new(steady, 4, options(&[("match_ticks", "120")]));
    stand.join().expect("a seat");
    stand.run(400);
    // Matches end every 120 ticks and the next one begins a second after.
    assert!(stand.room.epoch() >= 3, "{}", stand.room.epoch());
    assert_eq!(stand.count(), (1, 4, 4));
    let epoch = stand.room.epoch();
    stand.run(40);
    for bot in stand.house.bots.values_mut() {
        assert_eq!(bot.pilot.client().session_ref().welcome().map(|welcome| welcome.epoch), Some(epoch));
    }
    assert!(stand.walked().iter().all(|&steps| (30..180).contains(&steps)), "{:?}", stand.walked());
}

#[test]
fn one_that_fails_leaves_alone_and_another_comes_later() {
    let mut stand = Stand::new(faulty, 4, options(&[]));
    stand.join().expect("a seat");
    stand.run(120);
    assert_eq!(stand.count(), (1, 3, 3), "a brain has failed");
    stand.run(600);
    assert_eq!(stand.count(), (1, 4, 4), "another has come");

    // A message that does not decode.
    let (&session, bot) = stand.house.bots.first_key_value().expect("a bot");
    let number = bot.number;
    stand.house.each(stand.tick * TICK_US, &mut stand.room, |bot, key, room, _| {
        if key == session { bot.hear(1, &[99], room) } else { Ok(()) }
    });
    assert_eq!(stand.count(), (1, 3, 3));
    assert!(stand.house.bots.values().all(|bot| bot.number != number));
}

#[test]
fn they_are_not_closed_for_being_slow() {
    let mut stand = Stand::new(steady, 2, options(&[]));
    stand.join().expect("a seat");
    stand.run(60);
    // An overloaded host ticks without writing.
    for i in 0..900 {
        stand.room.tick(stand.now_us() + i * TICK_US);
    }
    let closed: Vec<SessionKey> = std::iter::from_fn(|| stand.room.poll_close()).map(|(key, _)| key).collect();
    assert_eq!(closed, [stand.people[0].0], "the person is");
    assert_eq!((stand.room.players(), stand.room.house_bots()), (1, 2), "its seat is kept for a while");
}

#[test]
fn a_map_that_the_game_is_not_built_with_is_given_to_them() {
    let map = RoomMap::new("other", b"elsewhere").expect("a map");
    let mut stand = Stand::new(steady, 2, RoomConfig { map: Some(map), ..options(&[]) });
    stand.join().expect("a seat");
    stand.run(120);
    assert!(stand.walked().iter().all(|&steps| steps > 90), "{:?}", stand.walked());
}
