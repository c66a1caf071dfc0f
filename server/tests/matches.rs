//! What the swarm never does, in a room without sockets: requests and replies, events, results, the next match, hidden clients, failed checks.

use std::sync::Arc;

use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::{Drawn, Session, SessionEvent};
use snapline_shared::game::schema;
use snapline_shared::message::{ClientMessage, Close, Hello, Notice, ServerMessage};
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;

const TICK_US: u64 = 1_000_000 / 60;

wire! { struct Go { x: u8 => Snap Uint { bits: 8 } } }
wire! { struct Dot at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 1024.0, step: 1.0, wrap: false } } }
wire! { struct Score { total: u32 => Snap Uint { bits: 32 } } }
wire! { struct Bang { at: u8 => Snap Uint { bits: 8 } } }
wire! { struct Buy { what: u8 => Snap Uint { bits: 4 } } }

/// Dots that buy and bang; the match is over when somebody buys 15, and "late" is refused in the next one.
#[derive(Serialize, Deserialize)]
struct Fair {
    dots: Vec<(PlayerId, NetId, bool)>,
    board: NetId,
    matches: u32,
    bought: u32,
}

impl Game for Fair {
    type Input = Go;
    type Own = ();
    type Scene = ();
    const NAME: &'static str = "fair";
    const ENTITIES: &'static [Kind] = &[Dot::KIND, Score::KIND];
    const EVENTS: &'static [Kind] = &[Bang::KIND];
    const REQUESTS: &'static [Kind] = &[Buy::KIND];

    fn scene(_: &Setup<'_>) -> Result<(), SetupError> {
        Ok(())
    }

    fn new((): &(), _: &Setup<'_>, tools: &mut Tools<'_>) -> Self {
        let board = tools.ids.spawn().expect("the first id");
        Self { dots: Vec::new(), board, matches: tools.now.0, bought: 0 }
    }

    fn join(&mut self, (): &(), player: PlayerId, profile: &Profile<'_>, tools: &mut Tools<'_>) -> Result<(), Refusal> {
        if profile.name == "late" && self.matches > 0 {
            return Err(Refusal::Forbidden("one match only".to_owned()));
        }
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        self.dots.push((player, id, true));
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        let at = self.dots.iter().position(|(mine, ..)| *mine == player).expect("only who has joined leaves");
        assert!(tools.ids.free(self.dots.remove(at).1));
    }

    fn advance((): &(), (): &mut (), _: Go) {}

    fn step(&mut self, (): &(), turn: Turn<'_, Self>) {
        for request in turn.requests {
            match request.get::<Buy>() {
                Some(Buy { what: 15 }) => {
                    turn.replies.accept(request);
                    *turn.finish = Some(Results { json: format!("\"{}\"", "x".repeat(9000)) });
                }
                Some(Buy { what: 0 }) => turn.replies.refuse(request, "sold out"),
                Some(Buy { what: 1 }) => {}
                Some(_) => {
                    self.bought += 1;
                    turn.tools.events.all(&Bang { at: 1 });
                    turn.tools.events.to(request.player, &Bang { at: 2 });
                    turn.tools.events.near(Vec2::splat(200.0), &Bang { at: 3 });
                    turn.replies.accept(request);
                }
                None => {}
            }
        }
    }

    fn extract(&self, out: &mut Rows) {
        out.put(self.board, &Score { total: self.bought });
        for (player, id, _) in &self.dots {
            out.put(*id, &Dot { place: Vec2::splat(f32::from(player.0) * 200.0) });
        }
    }

    fn view(&self, player: PlayerId) -> View<()> {
        let (_, id, _) = self.dots.iter().find(|(mine, ..)| *mine == player).expect("a seat");
        View { place: Vec2::splat(f32::from(player.0) * 200.0), radius: 50.0, controls: Some(*id), own: () }
    }
}

/// A room and its clients on perfect links.
struct Stand {
    room: Room<Fair>,
    clients: Vec<(SessionKey, Session, Vec<SessionEvent>)>,
    tick: u64,
    closes: Vec<(SessionKey, Close)>,
}

impl Stand {
    fn new(names: &[&str]) -> Self {
        let config = RoomConfig { restart_s: 1, ..RoomConfig::default() };
        let mut stand =
            Self { room: Room::new(config).expect("a room"), clients: Vec::new(), tick: 60, closes: Vec::new() };
        for name in names {
            let key = stand.room.handle_open(&Hello { name: (*name).to_owned(), ..Hello::default() }).expect("a seat");
            let mut session = Session::new(Arc::new(schema::<Fair>()));
            session.handle_open(stand.now_us(), name, false);
            assert!(session.poll_transmit().is_some(), "Hello, which the room has had");
            stand.clients.push((key, session, Vec::new()));
        }
        stand.run(30);
        stand.clients.iter_mut().for_each(|(.., events)| events.clear());
        stand
    }

    const fn now_us(&self) -> u64 {
        self.tick * TICK_US
    }

    fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.tick += 1;
            let now_us = self.now_us();
            for (key, session, _) in &mut self.clients {
                session.update(now_us);
                while let Some(bytes) = session.poll_transmit() {
                    self.room.handle_message(now_us, *key, &bytes).unwrap_or_else(|close| panic!("{close:?}"));
                }
            }
            self.room.tick(now_us);
            while let Some(close) = self.room.poll_close() {
                self.clients.retain(|(key, ..)| *key != close.0);
                self.closes.push(close);
            }
            for (key, session, events) in &mut self.clients {
                let mut bytes = Vec::new();
                while self.room.poll_transmit(now_us, *key, &mut bytes) {
                    session.handle_message(now_us, &bytes).expect("it decodes");
                    bytes.clear();
                }
                events.extend(std::iter::from_fn(|| session.poll_event()));
            }
        }
    }

    fn rows(&self, client: usize) -> usize {
        self.clients[client].1.replica().map_or(0, |replica| replica.rows().len())
    }

    fn bangs(&self, client: usize) -> Vec<u32> {
        let events = self.clients[client].2.iter();
        events
            .filter_map(|event| if let SessionEvent::Game { words, .. } = event { Some(words[0]) } else { None })
            .collect()
    }

    fn replies(&self, client: usize) -> Vec<(u32, Option<String>)> {
        let reply = |event: &SessionEvent| {
            if let SessionEvent::Reply { number, refused } = event { Some((*number, refused.clone())) } else { None }
        };
        self.clients[client].2.iter().filter_map(reply).collect()
    }
}

#[test]
fn requests_are_answered_and_events_reach_whom_they_concern() {
    let mut stand = Stand::new(&["a", "b"]);
    let sold_out = Some("sold out".to_owned());
    for what in [0, 1, 7] {
        assert!(stand.clients[0].1.request(0, &[what]).is_some());
    }
    stand.run(20);
    let unanswered = Some("not possible now".to_owned());
    assert_eq!(stand.replies(0), [(0, sold_out), (1, unanswered), (2, None)]);
    assert_eq!(
        (stand.bangs(0), stand.bangs(1)),
        (vec![2, 1], vec![1, 3]),
        "to me at once; near the second player only"
    );
    (0..9).for_each(|_| assert!(stand.clients[1].1.request(0, &[7]).is_some()));
    stand.run(20);
    let refused = stand.replies(1).iter().filter(|(_, refused)| refused.is_some()).count();
    assert_eq!((stand.replies(1).len(), refused), (9, 5), "four a tick");
}

#[test]
fn a_request_that_does_not_exist_ends_the_connection() {
    for (kind, words) in [(1, vec![1]), (0, vec![16]), (0, vec![])] {
        let mut stand = Stand::new(&["a"]);
        let mut bytes = Vec::new();
        ClientMessage::Request { number: 1, kind, words }.encode(&[], &mut bytes);
        let answer = stand.room.handle_message(stand.now_us(), stand.clients[0].0, &bytes);
        assert_eq!(answer, Err(Close::BadMessage("a request that the schema does not have")));
    }
}

#[test]
fn after_the_results_the_next_match_begins_with_everybody_it_takes() {
    let mut stand = Stand::new(&["a", "late", "c"]);
    assert!(stand.clients[0].1.request(0, &[15]).is_some());
    stand.run(20);
    let results = |stand: &Stand, client: usize| {
        stand.clients[client].2.iter().filter(|event| matches!(event, SessionEvent::Notice(Notice::Results(_)))).count()
    };
    assert_eq!((stand.replies(0).len(), results(&stand, 0), results(&stand, 2), stand.room.epoch()), (1, 1, 1, 1));
    stand.run(60);
    assert_eq!(stand.room.epoch(), 2);
    assert_eq!(stand.closes, [(1, Close::Forbidden("one match only".to_owned()))]);
    stand.run(60);
    for client in 0..2 {
        let (_, session, _) = &stand.clients[client];
        assert_eq!(session.welcome().map(|welcome| welcome.epoch), Some(2));
        assert_eq!(stand.rows(client), 2, "the board and the own dot");
        assert_eq!(session.stats().desyncs, 0);
    }
    let newcomer = stand.room.handle_open(&Hello::default()).expect("the seat is free again");
    assert_eq!(newcomer, 1);
}

#[test]
fn who_does_not_look_gets_a_second_hand_and_comes_back_at_once() {
    let mut stand = Stand::new(&["a", "b"]);
    stand.clients[0].1.set_visible(false);
    stand.run(30);
    let before = stand.clients[0].1.stats().snapshots;
    assert_eq!((stand.rows(0), stand.rows(1)), (0, 2));
    stand.run(300);
    assert!((4..=6).contains(&(stand.clients[0].1.stats().snapshots - before)), "one a second");
    stand.clients[0].1.set_visible(true);
    stand.run(3);
    assert_eq!(stand.rows(0), 2);
}

#[test]
fn whoever_comes_back_to_the_page_finds_the_present_and_no_replay() {
    let mut stand = Stand::new(&["a", "b"]);
    stand.clients[0].1.set_visible(false);
    stand.run(90);
    stand.clients[0].2.clear();
    let mut bought = 0;
    for _ in 0..10 {
        assert!(stand.clients[1].1.request(0, &[7]).is_some());
        assert!(stand.clients[0].1.request(0, &[7]).is_some());
        bought += 2;
        stand.run(30);
    }
    // Twice what is for everybody, once what is for it alone, nothing that happened at a place; each once, and not only at its return.
    let heard = stand.bangs(0);
    let count = |heard: &[u32], of| heard.iter().filter(|at| **at == of).count();
    assert!(count(&heard, 1) >= bought - 6 && count(&heard, 2) >= 7 && count(&heard, 3) == 0, "{heard:?}");
    let snapshots = stand.clients[0].1.stats().snapshots;
    let (tick, mut drawn) = (stand.room.now(), Drawn::default());
    stand.clients[0].1.set_visible(true);
    while stand.clients[0].1.stats().snapshots == snapshots {
        stand.run(1);
    }
    assert!(
        stand.room.now().since(tick) <= 3 && stand.rows(0) == 2,
        "all of it in the first snapshot, at the next step"
    );
    stand.run(8);
    let now_us = stand.now_us();
    stand.clients[0].1.draw(now_us, &mut drawn);
    let late = f64::from(stand.room.now().0) - drawn.tick;
    assert!((0.0..=8.0).contains(&late) && drawn.rows.len() == 2, "{late} ticks behind, {} rows", drawn.rows.len());
    stand.run(60);
    let heard = stand.bangs(0);
    assert_eq!((count(&heard, 1), count(&heard, 2), count(&heard, 3)), (bought, 10, 0), "none lost, none twice");
    assert_eq!(stand.clients[0].1.stats().desyncs, 0);
}

#[test]
fn a_failed_check_empties_the_list_once_a_second() {
    let mut stand = Stand::new(&["a"]);
    let desync = |stand: &mut Stand| {
        let mut bytes = Vec::new();
        ClientMessage::Desync(Step(1)).encode(&[], &mut bytes);
        assert_eq!(stand.room.handle_message(stand.now_us(), stand.clients[0].0, &bytes), Ok(()));
    };
    let loads = stand.room.stats().loads;
    (0..50).for_each(|_| desync(&mut stand));
    stand.run(4);
    (0..50).for_each(|_| desync(&mut stand));
    stand.run(4);
    assert_eq!((stand.room.stats().desyncs, stand.room.stats().loads - loads, stand.rows(0)), (1, 2, 2));
}

#[test]
fn replies_that_nobody_reads_end_the_connection() {
    let mut room = Stand::new(&[]).room;
    let key = room.handle_open(&Hello::default()).expect("a seat");
    let mut bytes = Vec::new();
    assert!(room.poll_transmit(1, key, &mut bytes));
    assert!(matches!(ServerMessage::decode(&bytes), Ok(ServerMessage::Welcome(_))));
    let mut closed = Vec::new();
    for number in 0..40 {
        let mut bytes = Vec::new();
        ClientMessage::Request { number, kind: 0, words: vec![0] }.encode(&[], &mut bytes);
        let _ = room.handle_message(1, key, &bytes);
        room.tick(1);
        closed.extend(room.poll_close());
    }
    assert_eq!(closed, [(key, Close::SlowConsumer)]);
}

#[test]
fn a_client_built_for_another_game_is_refused_in_words() {
    let mut room = Stand::new(&[]).room;
    let refused = room.handle_open(&Hello { schema_hash: Some(1), ..Hello::default() });
    assert_eq!(refused, Err(Close::BadMessage("this client was built for another version of the game")));
}
