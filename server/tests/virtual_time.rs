//! The whole server but its sockets, with clients and links, in virtual time and by seed: a room, sessions that join and leave, links that delay,
//! stall and stop. After every snapshot every row that a client holds in step equals the server's at that step.

use std::collections::BTreeMap;
use std::sync::Arc;

use snapline_server::room::{Pace, Room, RoomConfig, RowsAt, SessionKey};
use snapline_shared::client::{Session, SessionEvent};
use snapline_shared::game::schema;
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::{ClientMessage, Close, Hello, InputMessage, Notice, RosterChange};
use snapline_shared::rng::Rng;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};
use snapline_swarm::Swarm;

const TICK_US: u64 = 1_000_000 / 60;

fn config(view_radius: u32) -> RoomConfig {
    let options = BTreeMap::from([("view_radius".to_owned(), view_radius.to_string())]);
    RoomConfig { snapshot_bytes_max: 100, history_ms: 2000, options, ..RoomConfig::default() }
}

/// When a tick is run.
const fn at(tick: u64) -> u64 {
    1_000_000 + tick * TICK_US
}

/// A client, its two links and what it knows of the others.
struct Client {
    session: Session,
    key: SessionKey,
    up: Link,
    down: Link,
    roster: BTreeMap<u16, String>,
    compared: u64,
    held: u64,
    heading: u32,
    /// Snapshots a second, as the newest status says.
    step_hz: u16,
}

impl Client {
    fn join(
        room: &mut Room<Swarm>,
        schema: &Arc<Schema>,
        now_us: u64,
        spec: LinkSpec,
        seed: u64,
    ) -> Result<Self, Close> {
        let mut session = Session::new(schema.clone());
        // Hello has been on its way as long as everything else.
        session.handle_open(now_us - spec.delay_us, &format!("client {seed}"), true);
        let hello = session.poll_transmit().expect("Hello is queued");
        let Ok(ClientMessage::Hello(hello)) = ClientMessage::decode(&hello, &[], Tick(0), Step(0)) else {
            panic!("not a Hello")
        };
        let key = room.handle_open(&hello)?;
        let (up, down) = (Link::new(spec, seed), Link::new(spec, seed + 1_000_000));
        Ok(Self {
            session,
            key,
            up,
            down,
            roster: BTreeMap::new(),
            compared: 0,
            held: 0,
            heading: seed as u32,
            step_hz: 0,
        })
    }

    /// What has arrived, what it wants to send, and what the server has for it.
    fn run(&mut self, room: &mut Room<Swarm>, now_us: u64) -> Result<(), String> {
        while let Some(bytes) = self.down.receive(now_us) {
            self.session.handle_message(now_us, &bytes).map_err(|error| error.to_string())?;
            if self.session.poll_arrival().is_some() {
                self.compare(room)?;
            }
        }
        self.session.set_input(&[self.heading / 64 % 256, 0]);
        self.heading += 1;
        self.session.update(now_us);
        while let Some(bytes) = self.session.poll_transmit() {
            self.up.send(now_us, bytes);
        }
        while let Some(event) = self.session.poll_event() {
            self.learn(event);
        }
        while let Some(bytes) = self.up.receive(now_us) {
            room.handle_message(now_us, self.key, &bytes).map_err(|close| close.reason())?;
        }
        Ok(())
    }

    fn transmit(&mut self, room: &mut Room<Swarm>, now_us: u64) {
        let mut bytes = Vec::new();
        while self.down.is_ready() && room.poll_transmit(now_us, self.key, &mut bytes) {
            self.down.send(now_us, std::mem::take(&mut bytes));
        }
    }

    fn learn(&mut self, event: SessionEvent) {
        if let SessionEvent::Notice(Notice::Status(status)) = &event {
            self.step_hz = status.step_hz;
        }
        let SessionEvent::Notice(Notice::Roster { whole, changes }) = event else { return };
        if whole {
            self.roster.clear();
        }
        for change in changes {
            match change {
                RosterChange::Join { player, name, .. } => drop(self.roster.insert(player.0, name)),
                RosterChange::Leave { player } => drop(self.roster.remove(&player.0)),
                RosterChange::Away { .. } => {}
            }
        }
    }

    /// Every row in step equals the server's row at that step.
    fn compare(&mut self, room: &Room<Swarm>) -> Result<(), String> {
        let Some(replica) = self.session.replica() else { return Err("no replica after a snapshot".to_owned()) };
        for row in replica.rows() {
            self.held += u64::from(row.held);
            let RowsAt::Here(rows) = room.rows_at(row.step) else { continue };
            let truth = rows.list().iter().find(|truth| truth.id.slot == row.id.slot);
            if !truth.is_some_and(|truth| {
                rows.words(truth) == row.state.words && truth.id.generation & 0xff == row.id.generation
            }) {
                return Err(format!("step {}: holds {row:?}, the truth is {truth:?}", row.step));
            }
            self.compared += 1;
        }
        Ok(())
    }
}

fn link(rng: &mut Rng) -> LinkSpec {
    match rng.below(4) {
        0 => LinkSpec::NONE,
        1 => LinkSpec { delay_us: 20_000, jitter_us: 8_000, ..LinkSpec::NONE },
        2 => LinkSpec { delay_us: 75_000, jitter_us: 30_000, loss_per_mille: 20, stall_us: 250_000, ..LinkSpec::NONE },
        _ => {
            LinkSpec { delay_us: 40_000, jitter_us: 10_000, bytes_per_s: 3_000, buffer_bytes: 4_000, ..LinkSpec::NONE }
        }
    }
}

/// A minute of a room that clients join and leave; gives how many rows were compared, and how many of those seen were held.
fn live(seed: u64, view_radius: u32) -> Result<(u64, u64), String> {
    let mut rng = Rng::new(seed);
    let schema = Arc::new(schema::<Swarm>());
    let mut room = Room::<Swarm>::new(config(view_radius)).map_err(|error| error.to_string())?;
    let mut clients: Vec<Client> = Vec::new();
    let (mut compared, mut held) = (0, 0);
    for tick in 0..3600 {
        let now_us = at(tick);
        if clients.len() < 40 && rng.one_in(20) {
            let spec = link(&mut rng);
            let client = Client::join(&mut room, &schema, now_us, spec, u64::from(rng.bits()));
            clients.push(client.map_err(|close| close.reason())?);
        }
        if !clients.is_empty() && rng.one_in(60) {
            let client = clients.swap_remove(rng.below(clients.len() as u32) as usize);
            room.handle_left(client.key);
            (compared, held) = (compared + client.compared, held + client.held);
        }
        if !clients.is_empty() && rng.one_in(200) {
            let which = rng.below(clients.len() as u32) as usize;
            clients[which].down.freeze(now_us + u64::from(rng.below(4_000_000)));
        }
        for client in &mut clients {
            client.run(&mut room, now_us)?;
        }
        room.tick(now_us);
        if let Some((key, close)) = room.poll_close() {
            return Err(format!("session {key} was closed: {close:?}"));
        }
        clients.iter_mut().for_each(|client| client.transmit(&mut room, now_us));
    }
    for client in &clients {
        (compared, held) = (compared + client.compared, held + client.held);
        let stats = client.session.stats();
        if stats.desyncs > 0 {
            return Err("a check failed".to_owned());
        }
    }
    Ok((compared, held))
}

#[test]
fn all_clients_hold_the_servers_rows() {
    for seed in 1..=3 {
        for view_radius in [500, 150] {
            let (compared, held) =
                live(seed, view_radius).unwrap_or_else(|error| panic!("seed {seed}, radius {view_radius}: {error}"));
            // In the small view so few rows are seen that all of them fit one frame.
            let held_some = view_radius == 150 || held > 100;
            assert!(
                compared > 50_000 && held_some,
                "seed {seed}, radius {view_radius}: {compared} rows compared, {held} of them held"
            );
        }
    }
}

/// A room with `count` clients on good links, after `ticks` ticks.
fn room_with(count: u64, ticks: u64) -> (Room<Swarm>, Vec<Client>, u64) {
    let schema = Arc::new(schema::<Swarm>());
    let mut room = Room::<Swarm>::new(config(500)).expect("a good option");
    let spec = LinkSpec { delay_us: 20_000, ..LinkSpec::NONE };
    let mut clients: Vec<Client> = (0..count)
        .map(|i| Client::join(&mut room, &schema, at(0), spec, i).unwrap_or_else(|close| panic!("{close:?}")))
        .collect();
    for tick in 0..ticks {
        run_tick(&mut room, &mut clients, at(tick));
    }
    (room, clients, ticks)
}

fn run_tick(room: &mut Room<Swarm>, clients: &mut [Client], now_us: u64) {
    for client in clients.iter_mut() {
        client.run(room, now_us).unwrap_or_else(|error| panic!("{error}"));
    }
    room.tick(now_us);
    clients.iter_mut().for_each(|client| client.transmit(room, now_us));
}

#[test]
fn inputs_arrive_in_time_and_the_roster_is_everybodys() {
    let (room, clients, _) = room_with(30, 600);
    assert_eq!(room.players(), 30);
    for client in &clients {
        assert!(client.session.stats().starved_ticks < 60, "only before the first input: {:?}", client.session.stats());
        assert_eq!(client.roster.len(), 30);
        assert_eq!(client.session.replica().map(|replica| replica.rows().len()), Some(30));
    }
    assert_eq!(room.stats().desyncs, 0);
}

#[test]
fn late_inputs_are_counted_while_their_player_is_there_and_after() {
    let (mut room, clients, tick) = room_with(2, 60);
    assert_eq!(room.stats().inputs_late, 0);
    let late =
        ClientMessage::Input(InputMessage { first: room.now().offset(-3), count: 4, words: vec![0; 8], ack: None });
    let mut bytes = Vec::new();
    late.encode(&schema::<Swarm>().input.layout(), &mut bytes);
    assert_eq!(room.handle_message(at(tick), clients[0].key, &bytes), Ok(()));
    assert_eq!(room.stats().inputs_late, 4);
    room.handle_left(clients[0].key);
    assert_eq!(room.stats().inputs_late, 4);
}

#[test]
fn a_server_that_stood_still_is_followed_again_within_four_seconds() {
    for stall_ticks in [30, 60, 600] {
        let (mut room, mut clients, _) = room_with(5, 300);
        // Time passes, and no tick: an overloaded server skips them, they never existed.
        let mut late = stall_ticks;
        for tick in 300..300 + stall_ticks {
            clients
                .iter_mut()
                .for_each(|client| client.run(&mut room, at(tick)).unwrap_or_else(|error| panic!("{error}")));
        }
        let mut counts = Vec::new();
        for _ in 0..5 {
            let before: Vec<_> = clients.iter().map(|client| client.session.stats()).collect();
            (0..60).for_each(|_| {
                run_tick(&mut room, &mut clients, at(300 + late));
                late += 1;
            });
            let after = clients.iter().map(|client| client.session.stats());
            counts = after
                .zip(before)
                .map(|(after, before)| (after.snapshots - before.snapshots, after.starved_ticks - before.starved_ticks))
                .collect();
        }
        assert!(
            counts.iter().all(|&(snapshots, starved)| snapshots >= 29 && starved == 0),
            "after {stall_ticks} ticks: {counts:?}"
        );
    }
}

#[test]
fn an_overloaded_host_makes_fewer_frames_and_nobody_loses_the_world() {
    let (mut room, mut clients, mut tick) = room_with(8, 300);
    let mut four_seconds = |room: &mut Room<Swarm>, clients: &mut Vec<Client>, pace: Pace| -> Vec<u64> {
        let before: Vec<_> = clients.iter().map(|client| client.session.stats().snapshots).collect();
        for _ in 0..4 {
            room.set_pace(pace);
            for _ in 0..60 {
                run_tick(room, clients, at(tick));
                tick += 1;
            }
        }
        clients.iter().zip(before).map(|(client, before)| client.session.stats().snapshots - before).collect()
    };
    // Four seconds at 30 snapshots a second; two of eight clients are expensive.
    let full = four_seconds(&mut room, &mut clients, Pace::FULL);
    assert!(full.iter().all(|snapshots| (118..=122).contains(snapshots)), "{full:?}");
    let some = four_seconds(&mut room, &mut clients, Pace { expensive: 4, others: 1 });
    let (some, full): (u64, u64) = (some.iter().sum(), full.iter().sum());
    assert!((760..=830).contains(&some) && full >= 950, "two get a quarter: {some} of {full}");
    for (every, frames, step_hz) in [(2, 56..=64, 15), (8, 13..=18, 4), (99, 7..=10, 2)] {
        let fewer = four_seconds(&mut room, &mut clients, Pace { expensive: every, others: every });
        assert!(fewer.iter().all(|snapshots| frames.contains(snapshots)), "every {every}: {fewer:?}");
        assert!(clients.iter().all(|client| client.step_hz.abs_diff(step_hz) <= 1), "every {every}: the page is told");
    }
    let full = four_seconds(&mut room, &mut clients, Pace::FULL);
    assert!(full.iter().all(|snapshots| (116..=122).contains(snapshots)), "{full:?}");
    assert_eq!(room.stats().desyncs, 0);
}

#[test]
fn a_stopped_client_costs_a_window_and_comes_back_within_the_budget() {
    let (mut room, mut clients, mut tick) = room_with(30, 300);
    // The process stops: it reads nothing and sends nothing, and the link would take 64 KiB.
    let mut stopped = clients.remove(0);
    let snapshots = room.stats().snapshots;
    for _ in 0..300 {
        tick += 1;
        run_tick(&mut room, &mut clients, at(tick));
        stopped.transmit(&mut room, at(tick));
    }
    let others = clients.len() as u64 * 150;
    let mine = room.stats().snapshots - snapshots - others;
    assert!(mine <= 9, "a window of ceil((40 ms + 250 ms) x 30 Hz) frames, not 150: {mine}");
    assert!(stopped.down.flying_bytes() < 8 * 1024, "{} bytes wait for it", stopped.down.flying_bytes());
    clients.push(stopped);
    for _ in 0..60 {
        tick += 1;
        run_tick(&mut room, &mut clients, at(tick));
    }
    let replica = clients[29].session.replica().expect("it is there");
    assert!(
        replica.rows().iter().all(|row| !row.held) && replica.rows().len() == 30,
        "after a second all rows are in step"
    );
}

#[test]
fn bad_messages_end_one_connection_and_nothing_else() {
    let (mut room, mut clients, tick) = room_with(3, 60);
    let now_us = at(tick);
    let ack_ahead = {
        let mut bytes = Vec::new();
        ClientMessage::Ack(Step(10_000)).encode(&[], &mut bytes);
        bytes
    };
    assert_eq!(
        room.handle_message(now_us, clients[0].key, &ack_ahead),
        Err(Close::BadMessage("an ack of what was never sent"))
    );
    assert!(matches!(room.handle_message(now_us, clients[1].key, &[99]), Err(Close::BadMessage(_))));
    assert_eq!(room.players(), 1);
    clients.drain(..2);
    let before = clients[0].session.stats().snapshots;
    for i in 0..60 {
        run_tick(&mut room, &mut clients, now_us + i * TICK_US);
    }
    assert!(clients[0].session.stats().snapshots >= before + 28);
}

#[test]
fn a_message_before_welcome_and_a_full_room() {
    let mut room = Room::<Swarm>::new(RoomConfig { players_max: 2, ..config(500) }).expect("a good option");
    let hello = Hello::default();
    let first = room.handle_open(&hello).expect("a seat");
    assert!(room.handle_open(&hello).is_ok());
    assert_eq!(room.handle_open(&hello), Err(Close::RoomFull));
    let early = room.handle_message(1, first, &[6, 1]);
    assert_eq!(early, Err(Close::BadMessage("a message between Hello and Welcome")));
    assert!(room.handle_open(&hello).is_ok(), "the seat is free again");
}
