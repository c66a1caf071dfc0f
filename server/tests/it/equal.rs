//! Two clients of one room, over two sockets: what both know of a step, both know the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use snapline_arena::{Ace, Arena};
use snapline_server::Server;
use snapline_shared::client::Session;
use snapline_shared::frame::KnownRow;
use snapline_shared::game::schema;

use crate::client::Client;
use crate::{Config, config};

/// Rows by step: those that are of that step, by slot.
type Steps = BTreeMap<u32, BTreeMap<u16, KnownRow>>;

/// A socket with the whole client behind it.
struct Viewer {
    socket: Client,
    session: Session,
    steps: Steps,
}

impl Viewer {
    fn join(server: &Server, start: Instant, name: &str) -> Self {
        let mut session = Session::new(Arc::new(schema::<Arena>()));
        session.handle_open(start.elapsed().as_micros() as u64, name, true);
        Self { socket: Client::open(server.address(), "main"), session, steps: Steps::new() }
    }

    /// Plays for some milliseconds, turning and thrusting by `input`.
    fn play(&mut self, start: Instant, input: &[u32]) {
        let until = Instant::now() + Duration::from_millis(4);
        while let Ok(frame) = self.socket.next_frame(until) {
            if frame.is_binary() {
                let now_us = start.elapsed().as_micros() as u64;
                self.session.handle_message(now_us, &frame.payload).expect("it decodes");
                self.note();
            }
        }
        self.session.set_input(input);
        self.session.update(start.elapsed().as_micros() as u64);
        while let Some(bytes) = self.session.poll_transmit() {
            self.socket.send(&bytes);
        }
    }

    fn note(&mut self) {
        while let Some(arrival) = self.session.poll_arrival() {
            let rows = self.session.replica().expect("a replica").rows();
            let of_step = rows.iter().filter(|row| !row.held && row.step == arrival.step);
            self.steps.insert(arrival.step.0, of_step.map(|row| (row.id.slot, row.clone())).collect());
        }
    }
}

#[test]
fn two_clients_of_a_room_hold_equal_rows_at_the_same_step() {
    let config = Config { tick_hz: 60, ticks_per_step: 2, house_bots: 12, ..config() };
    let server = Server::start_with_bots::<Arena>(&config, Ace::maker).expect("a server starts on a free port");
    let start = Instant::now();
    let mut viewers = ["Ada", "Grace"].map(|name| Viewer::join(&server, start, name));
    while start.elapsed() < Duration::from_secs(4) {
        let turn = start.elapsed().as_millis() as u32 / 5 % 256;
        viewers
            .iter_mut()
            .zip([[turn, 1, 0, 1], [255 - turn, 1, 0, 0]])
            .for_each(|(viewer, input)| viewer.play(start, &input));
    }

    let [a, b] = viewers;
    let (mut compared, mut moving) = (0, 0);
    let mut before = BTreeMap::new();
    for (step, mine) in &a.steps {
        let Some(theirs) = b.steps.get(step) else { continue };
        for (slot, row) in mine {
            let Some(other) = theirs.get(slot) else { continue };
            assert_eq!((row.id, row.state.kind), (other.id, other.state.kind), "step {step}");
            assert_eq!(row.state.words, other.state.words, "step {step}, slot {slot}");
            compared += 1;
            moving +=
                u32::from(before.insert(*slot, row.state.words.clone()).is_some_and(|old| old != row.state.words));
        }
    }
    // Some 1,400 and 170 on a machine with time.
    assert!(compared > 300 && moving > 30, "{compared} rows compared, {moving} of them had moved");
    assert_eq!((a.session.stats().desyncs, b.session.stats().desyncs), (0, 0));
}
