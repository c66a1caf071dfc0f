//! What a tick of a whole room costs without sockets: inputs, step, rows, runs, interest, and a snapshot for every client at each step.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::frame::SNAPSHOT;
use snapline_shared::message::{ClientMessage, Hello, InputMessage};
use snapline_shared::quant::WordSpec;
use snapline_shared::tick::{Seen, Step};
use snapline_swarm::Swarm;

const TICK_US: u64 = 1_000_000 / 60;

/// A room and its clients, who steer and acknowledge by return.
struct Crowd {
    room: Room<Swarm>,
    sessions: Vec<SessionKey>,
    layout: Vec<WordSpec>,
    snapshots: u64,
    bytes: u64,
}

impl Crowd {
    fn new(clients: usize, view_radius: &str) -> Self {
        let options = [("view_radius".to_owned(), view_radius.to_owned())].into();
        let config = RoomConfig { players_max: 4096, rows_max: 4096, options, ..RoomConfig::default() };
        let mut room = Room::new(config).expect("good options");
        let layout = room.schema().input.layout();
        let sessions = (0..clients).map(|_| room.handle_open(&Hello::default()).expect("a seat")).collect();
        let mut crowd = Self { room, sessions, layout, snapshots: 0, bytes: 0 };
        (0..60).for_each(|_| crowd.tick());
        (crowd.snapshots, crowd.bytes) = (0, 0);
        crowd
    }

    fn tick(&mut self) {
        let (mut bytes, mut message) = (Vec::new(), Vec::new());
        let first = self.room.now().next();
        let now_us = u64::from(first.0) * TICK_US;
        for (i, &session) in self.sessions.iter().enumerate() {
            message.clear();
            let ack = (first.0 > 10).then(|| (Step((first.0 - 1) / 2), Seen::default()));
            let words = vec![(first.0 + i as u32) % 256, 0];
            ClientMessage::Input(InputMessage { first, count: 1, words, ack }).encode(&self.layout, &mut message);
            if first.0 > 1 {
                self.room.handle_message(now_us, session, &message).expect("a good message");
            }
        }
        self.room.tick(now_us);
        for &session in &self.sessions {
            while self.room.poll_transmit(now_us, session, &mut bytes) {
                self.snapshots += u64::from(bytes.first() == Some(&SNAPSHOT));
                self.bytes += bytes.len() as u64;
                bytes.clear();
            }
        }
    }
}

fn room(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("two ticks of a room, one of them a step");
    group.sample_size(20);
    for (clients, view_radius) in [(50, "500"), (200, "500"), (500, "121"), (1000, "86")] {
        let mut crowd = Crowd::new(clients, view_radius);
        let mut rounds = 0;
        group.throughput(Throughput::Elements(clients as u64));
        group.bench_function(
            BenchmarkId::from_parameter(format!("{clients} clients, radius {view_radius}")),
            |bencher| {
                bencher.iter(|| {
                    rounds += 1;
                    crowd.tick();
                    crowd.tick();
                });
            },
        );
        assert_eq!(crowd.snapshots, rounds * clients as u64, "every client gets every step");
        println!("{} bytes a snapshot", crowd.bytes / crowd.snapshots);
    }
    group.finish();
}

criterion_group!(benches, room);
criterion_main!(benches);
