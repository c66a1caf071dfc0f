//! Lost connections in virtual time: the seat that is kept, the token that leads back to it, what goes on and what does not.

use std::collections::BTreeSet;

use snapline_server::room::{ResumeKey, Room, RoomConfig, SessionKey};
use snapline_shared::client::{Predicted, SessionEvent};
use snapline_shared::message::{ClientMessage, Close, Hello, Notice, RosterChange};
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;

const TICK_US: u64 = 1_000_000 / 60;
const RESUME_S: u32 = 3;
const RESUME_TICKS: u64 = RESUME_S as u64 * 60;

wire! { struct Push { on: bool => Snap Uint { bits: 1 } } }
wire! { struct Own {
    pushed: u32 => Snap Uint { bits: 32 }, touched: u32 => Snap Uint { bits: 32 }, score: u32 => Snap Uint { bits: 32 },
    away_ticks: u32 => Snap Uint { bits: 32 },
} }
wire! { struct Bird at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 1024.0, step: 1.0, wrap: false }, owner: u16 => Snap Uint { bits: 12 } } }
wire! { struct Cry { number: u32 => Snap Uint { bits: 32 } } }
wire! { struct Feed { much: u8 => Snap Uint { bits: 8 } } }

/// Birds who push along and are fed; one that was fed 0 is refused, one that was fed 255 ends the match. A cry at each tick.
#[derive(Serialize, Deserialize)]
struct Perch {
    birds: Vec<(PlayerId, NetId, Own)>,
    cries: u32,
}

impl Game for Perch {
    type Input = Push;
    type Own = Own;
    type Scene = ();
    const NAME: &'static str = "perch";
    const ENTITIES: &'static [Kind] = &[Bird::KIND];
    const EVENTS: &'static [Kind] = &[Cry::KIND];
    const REQUESTS: &'static [Kind] = &[Feed::KIND];

    fn scene(_: &Setup<'_>) -> Result<(), SetupError> {
        Ok(())
    }

    fn new((): &(), _: &Setup<'_>, _: &mut Tools<'_>) -> Self {
        Self { birds: Vec::new(), cries: 0 }
    }

    fn join(&mut self, (): &(), player: PlayerId, _: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.birds.push((player, id, Own { pushed: 0, touched: 0, score: 0, away_ticks: 0 }));
        self.birds.sort_by_key(|bird| bird.0);
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        let at = self.birds.iter().position(|bird| bird.0 == player).expect("only who has joined leaves");
        assert!(tools.ids.free(self.birds.remove(at).1));
    }

    fn advance((): &(), own: &mut Own, input: Push) {
        own.pushed += u32::from(input.on);
    }

    fn touched(own: &Own) -> u32 {
        own.touched
    }

    fn step(&mut self, scene: &(), turn: Turn<'_, Self>) {
        for (bird, command) in self.birds.iter_mut().zip(turn.commands) {
            assert_eq!(bird.0, command.player);
            Self::advance(scene, &mut bird.2, command.input);
            if !command.connected {
                (bird.2.away_ticks, bird.2.touched) = (bird.2.away_ticks + 1, bird.2.touched + 1);
            }
        }
        for request in turn.requests {
            match request.get::<Feed>().map_or(0, |feed| feed.much) {
                0 => turn.replies.refuse(request, "nothing to eat"),
                255 => *turn.finish = Some(Results { json: "{}".to_owned() }),
                much => {
                    let own = &mut self.birds.iter_mut().find(|bird| bird.0 == request.player).expect("a seat").2;
                    (own.score, own.touched) = (own.score + u32::from(much), own.touched + 1);
                    turn.replies.accept(request);
                }
            }
        }
        self.cries += 1;
        turn.tools.events.all(&Cry { number: self.cries });
    }

    fn extract(&self, out: &mut Rows) {
        for (player, id, own) in &self.birds {
            out.put(*id, &Bird { place: Vec2::new((own.pushed % 1024) as f32, 0.0), owner: player.0 });
        }
    }

    fn view(&self, player: PlayerId) -> View<Own> {
        let (_, id, own) = self.birds.iter().find(|bird| bird.0 == player).expect("a seat");
        View { place: Vec2::ZERO, radius: 2000.0, controls: Some(*id), own: *own }
    }
}

/// A client, and whether it has a socket.
struct Client {
    session: Option<SessionKey>,
    client: Predicted<Perch>,
    events: Vec<SessionEvent>,
    /// What the server says does not reach it.
    is_deaf: bool,
}

impl Client {
    /// Numbers of the cries it has heard.
    fn cries(&self) -> Vec<u32> {
        let cry = |event: &SessionEvent| {
            if let SessionEvent::Game { words, .. } = event { Some(words[0]) } else { None }
        };
        self.events.iter().filter_map(cry).collect()
    }

    fn replies(&self) -> Vec<(u32, bool)> {
        let reply = |event: &SessionEvent| {
            if let SessionEvent::Reply { number, refused } = event { Some((*number, refused.is_none())) } else { None }
        };
        self.events.iter().filter_map(reply).collect()
    }

    fn own(&self) -> Own {
        *self.client.own().expect("an own state")
    }

    fn player(&self) -> PlayerId {
        self.client.session_ref().welcome().expect("Welcome").player
    }

    fn token(&self) -> Option<String> {
        self.client.session_ref().resume_token().map(str::to_owned)
    }
}

/// A room and its clients on perfect links.
struct Stand {
    room: Room<Perch>,
    clients: Vec<Client>,
    closes: Vec<(SessionKey, Close)>,
    tick: u64,
}

impl Stand {
    fn new(clients: usize, config: RoomConfig) -> Self {
        let room = Room::new(RoomConfig { resume_s: RESUME_S, restart_s: 1, ..config }).expect("a room");
        let mut stand = Self { room, clients: Vec::new(), closes: Vec::new(), tick: 60 };
        for number in 0..clients {
            let client = Client { session: None, client: Predicted::new(), events: Vec::new(), is_deaf: false };
            stand.clients.push(client);
            stand.open(number).expect("a seat");
        }
        stand.run(30);
        stand
    }

    const fn now_us(&self) -> u64 {
        self.tick * TICK_US
    }

    /// The client has a new socket and says Hello.
    fn open(&mut self, number: usize) -> Result<(), Close> {
        let now_us = self.now_us();
        let Client { session, client, .. } = &mut self.clients[number];
        client.session().handle_open(now_us, &format!("bird {number}"), false);
        let hello = client.session().poll_transmit().expect("Hello");
        let Ok(ClientMessage::Hello(hello)) = ClientMessage::decode(&hello, &[], Tick(0), Step(0)) else {
            panic!("no Hello")
        };
        *session = Some(self.room.handle_open(&hello)?);
        Ok(())
    }

    /// The client's connection is lost, and the server has noticed.
    fn lose(&mut self, number: usize) {
        let client = &mut self.clients[number];
        client.client.session().handle_close();
        self.room.handle_closed(client.session.take().expect("a socket"));
    }

    fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.tick += 1;
            let now_us = self.now_us();
            for Client { session, client, .. } in &mut self.clients {
                client.set_input(Push { on: true });
                client.update(now_us);
                while let (Some(session), Some(bytes)) = (*session, client.session().poll_transmit()) {
                    self.room.handle_message(now_us, session, &bytes).unwrap_or_else(|close| panic!("{close:?}"));
                }
            }
            self.room.tick(now_us);
            while let Some((session, close)) = self.room.poll_close() {
                self.clients.iter_mut().filter(|client| client.session == Some(session)).for_each(|client| {
                    client.session = None;
                    client.client.session().handle_close();
                });
                self.closes.push((session, close));
            }
            for Client { session, client, events, is_deaf } in &mut self.clients {
                let mut bytes = Vec::new();
                while session.is_some_and(|session| self.room.poll_transmit(now_us, session, &mut bytes)) {
                    if !*is_deaf {
                        client.handle_message(now_us, &bytes).expect("it decodes");
                    }
                    bytes.clear();
                }
                events.extend(std::iter::from_fn(|| client.session().poll_event()));
            }
        }
    }

    fn hello(&mut self, resume: Option<String>) -> Result<SessionKey, Close> {
        self.room.handle_open(&Hello { resume, ..Hello::default() })
    }
}

fn is_rejected(result: &Result<SessionKey, Close>) -> bool {
    matches!(result, Err(Close::ResumeRejected(_)))
}

#[test]
fn a_lost_connection_keeps_its_seat_and_the_game_is_told() {
    let mut stand = Stand::new(2, RoomConfig::default());
    let before = stand.clients[0].own();
    stand.lose(0);
    stand.run(60);
    stand.clients[0].events.clear();
    assert_eq!(stand.room.players(), 2, "the seat is taken");
    let away = |stand: &Stand, is_away: bool| {
        let changes = stand.clients[1].events.iter().filter_map(|event| {
            if let SessionEvent::Notice(Notice::Roster { changes, .. }) = event { Some(changes) } else { None }
        });
        changes.flatten().any(|change| *change == RosterChange::Away { player: PlayerId(0), away: is_away })
    };
    assert!(away(&stand, true), "the others see that it is away");
    stand.clients[1].events.clear();
    stand.open(0).expect("its own seat");
    stand.run(30);
    let after = stand.clients[0].own();
    assert_eq!((stand.clients[0].player(), stand.room.stats().resumes), (PlayerId(0), 1));
    assert_eq!((after.score, after.away_ticks), (before.score, 60));
    // What was on its way, three repeated, then hands off; pushing again after the return.
    let pushed = after.pushed - before.pushed;
    assert!((20..=38).contains(&pushed), "{pushed} pushes while away for 60 ticks and back for 30");
    assert!(away(&stand, false));
    let wrong = stand.clients[0].client.mispredictions();
    assert_eq!((wrong.unexplained, stand.clients[0].client.session().stats().desyncs), (0, 0), "{wrong:?}");
    assert!(stand.closes.is_empty());
}

#[test]
fn the_first_frame_after_it_shows_the_world_and_events_are_told_once() {
    let mut stand = Stand::new(40, RoomConfig::default());
    let slot = |stand: &Stand| stand.clients[0].client.world().map(|world| world.controls());
    let before = slot(&stand);
    stand.clients[0].events.clear();
    stand.lose(0);
    stand.run(20);
    stand.open(0).expect("its own seat");
    let snapshots = stand.clients[0].client.session().stats().snapshots;
    while stand.clients[0].client.session().stats().snapshots == snapshots {
        stand.run(1);
    }
    let rows = stand.clients[0].client.session().replica().map_or(0, |replica| replica.rows().len());
    assert_eq!((rows, slot(&stand)), (40, before), "all in the first frame, the own one the same as before");
    stand.run(60);
    let cries = stand.clients[0].cries();
    let unique: BTreeSet<u32> = cries.iter().copied().collect();
    assert!(cries.len() == unique.len() && cries.is_sorted(), "no event came twice: {cries:?}");
    assert!(cries.windows(2).any(|pair| pair[1] - pair[0] > 15), "those of the time away did not come: {cries:?}");
}

#[test]
fn a_seat_is_given_up_after_its_time_and_by_a_goodbye_at_once() {
    let mut stand = Stand::new(3, RoomConfig { players_max: 3, ..RoomConfig::default() });
    let token = stand.clients[0].token();
    stand.lose(0);
    stand.run(RESUME_TICKS - 1);
    assert_eq!((stand.room.players(), stand.hello(None)), (3, Err(Close::RoomFull)), "away, not gone");
    stand.run(1);
    assert_eq!(stand.room.players(), 2);
    assert!(is_rejected(&stand.hello(token.clone())), "nobody's seat");
    assert!(stand.hello(None).is_ok(), "it can be taken");
    assert!(is_rejected(&stand.hello(token)), "and is then another's");

    let token = stand.clients[1].token();
    let session = stand.clients[1].session.take().expect("a socket");
    stand.room.handle_left(session);
    assert_eq!(stand.room.players(), 2);
    assert!(is_rejected(&stand.hello(token)));
    // A room of which all are away goes on until their time is over.
    let mut stand = Stand::new(1, RoomConfig::default());
    stand.lose(0);
    stand.run(RESUME_TICKS - 1);
    assert!(!stand.room.is_empty());
    stand.run(1);
    assert!(stand.room.is_empty());
}

#[test]
fn a_broken_rule_costs_the_seat_and_a_slow_connection_does_not() {
    let mut stand = Stand::new(2, RoomConfig::default());
    let token = stand.clients[0].token();
    let session = stand.clients[0].session.take().expect("a socket");
    assert!(matches!(stand.room.handle_message(stand.now_us(), session, &[99]), Err(Close::BadMessage(_))));
    assert!(is_rejected(&stand.hello(token)));

    // It acknowledges nothing for ten seconds.
    let session = stand.clients[1].session.expect("a socket");
    let (mut bytes, mut closed) = (Vec::new(), Vec::new());
    for tick in 0..660 {
        let now_us = stand.now_us() + tick * TICK_US;
        stand.room.tick(now_us);
        closed.extend(stand.room.poll_close());
        while stand.room.poll_transmit(now_us, session, &mut bytes) {
            bytes.clear();
        }
    }
    assert_eq!(closed, [(session, Close::SlowConsumer)]);
    stand.tick += 660;
    let token = stand.clients[1].token();
    assert!(stand.hello(token).is_ok(), "a second later it is back");
}

#[test]
fn a_second_connection_replaces_one_that_still_looks_alive() {
    let mut stand = Stand::new(2, RoomConfig::default());
    let before = stand.clients[0].session.expect("a socket");
    assert!(stand.clients[0].client.session().request(0, &[9]).is_some());
    stand.run(10);
    let score = stand.clients[0].own().score;
    stand.open(0).expect("its own seat");
    let after = stand.clients[0].session.expect("a socket");
    assert_ne!(before, after, "there are two sockets");
    assert_eq!(stand.room.handle_message(stand.now_us(), before, &[99]), Ok(()), "nobody listens to the old one");
    assert_eq!(stand.room.poll_close(), Some((before, Close::Replaced)));
    stand.run(30);
    assert_eq!((stand.clients[0].own().score, stand.clients[0].own().away_ticks), (score, 0));
    assert_eq!((score, stand.room.players()), (9, 2));
    assert_eq!(stand.clients[0].client.mispredictions().unexplained, 0);
}

#[test]
fn a_token_is_good_for_one_time_once_the_next_has_arrived() {
    let mut stand = Stand::new(1, RoomConfig::default());
    let first = stand.clients[0].token();
    stand.lose(0);
    // Welcome is lost on the way, twice: the client has nothing but the token that it has used.
    stand.clients[0].is_deaf = true;
    for _ in 0..2 {
        stand.open(0).expect("its own seat");
        stand.run(5);
        stand.lose(0);
        assert_eq!(stand.clients[0].token(), first);
    }
    stand.clients[0].is_deaf = false;
    stand.open(0).expect("its own seat");
    stand.run(20);
    let second = stand.clients[0].token();
    assert_ne!(second, first);
    stand.lose(0);
    assert!(is_rejected(&stand.hello(first)), "used");
    assert!(stand.hello(second).is_ok());
    assert_eq!(stand.room.stats().resumes, 4);
}

#[test]
fn tokens_of_others_and_broken_ones_are_refused_and_harm_nobody() {
    let mut stand = Stand::new(1, RoomConfig::default());
    let good = stand.clients[0].token().expect("a token");
    let key = ResumeKey::new([1; 64]);
    let elsewhere = [
        RoomConfig { name: "other".to_owned(), ..RoomConfig::default() },
        RoomConfig { resume_key: key, ..RoomConfig::default() },
    ];
    for config in elsewhere {
        let token = Stand::new(1, config).clients[0].token();
        assert!(is_rejected(&stand.hello(token)));
    }
    for token in ["", "x", &good[1..], &format!("{good}A"), &good.replace(&good[..4], "AAAA")] {
        assert_eq!(is_rejected(&stand.hello(Some(token.to_owned()))), token != good, "{token}");
    }
    let hash = Hello { resume: Some(good), schema_hash: Some(1), ..Hello::default() };
    assert!(matches!(stand.room.handle_open(&hash), Err(Close::BadMessage(_))), "a client of another game");
    stand.run(10);
    assert_eq!((stand.closes.len(), stand.room.players(), stand.clients[0].own().away_ticks), (0, 1, 0));

    let mut stand = Stand::new(1, RoomConfig::default());
    let mut none = Room::<Perch>::new(RoomConfig { resume_s: 0, ..RoomConfig::default() }).expect("a room");
    let session = none.handle_open(&Hello::default()).expect("a seat");
    none.handle_closed(session);
    assert!(none.is_empty(), "a room that keeps no seats");
    stand.run(1);
}

#[test]
fn whoever_was_never_welcomed_has_no_token_and_keeps_no_seat() {
    let mut stand = Stand::new(0, RoomConfig::default());
    let session = stand.hello(None).expect("a seat");
    stand.room.handle_closed(session);
    assert!(stand.room.is_empty());
}

#[test]
fn every_request_is_answered_once() {
    let mut stand = Stand::new(1, RoomConfig::default());
    let ask = |stand: &mut Stand, much| stand.clients[0].client.session().request(0, &[much]);
    stand.clients[0].events.clear();
    // The first is answered, but the answer does not arrive; the second reaches the room and waits for its tick when the connection ends;
    // the third never leaves.
    assert_eq!(ask(&mut stand, 7), Some(0));
    stand.clients[0].is_deaf = true;
    stand.run(2);
    assert_eq!(ask(&mut stand, 0), Some(1));
    let (session, now_us) = (stand.clients[0].session.expect("a socket"), stand.now_us());
    while let Some(bytes) = stand.clients[0].client.session().poll_transmit() {
        assert_eq!(stand.room.handle_message(now_us, session, &bytes), Ok(()));
    }
    assert_eq!(ask(&mut stand, 50), Some(2));
    stand.lose(0);
    assert_eq!(ask(&mut stand, 50), None, "nowhere to send it to");
    stand.clients[0].is_deaf = false;
    stand.open(0).expect("its own seat");
    stand.run(20);
    assert_eq!(stand.clients[0].replies(), [(0, true), (1, false), (2, false)]);
    assert_eq!(stand.clients[0].own().score, 7);
    // What was told is not told again.
    assert_eq!(ask(&mut stand, 1), Some(3));
    stand.run(20);
    stand.lose(0);
    stand.open(0).expect("its own seat");
    stand.run(20);
    assert_eq!(stand.clients[0].replies()[3..], [(3, true)]);
}

#[test]
fn a_new_match_renews_tokens_and_finds_those_who_are_away() {
    let mut stand = Stand::new(2, RoomConfig::default());
    let (mine, theirs) = (stand.clients[0].token(), stand.clients[1].token());
    assert!(stand.clients[1].client.session().request(0, &[255]).is_some());
    stand.run(10);
    stand.lose(0);
    stand.run(80);
    assert_eq!(stand.room.epoch(), 2);
    assert_ne!(stand.clients[1].token(), theirs, "renewed");
    assert_eq!(stand.clients[0].token(), mine, "it was away");
    stand.open(0).expect("its seat, in the next match");
    stand.run(20);
    let welcome = stand.clients[0].client.session().welcome().map(|welcome| (welcome.epoch, welcome.player));
    assert_eq!(welcome, Some((2, PlayerId(0))));
    assert_ne!(stand.clients[0].token(), mine);
    assert_eq!(stand.clients[0].client.mispredictions().unexplained, 0);
}
