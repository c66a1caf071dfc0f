//! A whole client of the arena at 80 ms: what came when, what it sent, what it predicted. Clock, codec, inputs, acks and prediction in one.

use serde_json::{Value, json};
use snapline_arena::{Arena, Input};
use snapline_server::room::{Room, RoomConfig, SessionKey};
use snapline_shared::client::Predicted;
use snapline_shared::link::{Link, LinkSpec};
use snapline_shared::message::{ClientMessage, Hello};
use snapline_shared::numbers::of_words;
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;

use crate::{golden, hex};

const TICK_US: u64 = 1_000_000 / 60;
const TICKS: u64 = 300;
const OTHERS: u64 = 3;
const SPEC: LinkSpec =
    LinkSpec { delay_us: 40_000, jitter_us: 9_000, loss_per_mille: 20, stall_us: 150_000, ..LinkSpec::NONE };

fn words<W: Wire>(value: &W) -> Vec<u32> {
    let mut words = vec![0; W::KIND.words()];
    value.quantise(&mut words);
    words
}

const fn input(tick: u64) -> Input {
    let aim = (tick / 20) as f32 * 0.9;
    Input { aim, thrust: tick % 50 < 30, brake: tick % 120 > 110, fire: tick % 40 < 20 }
}

/// Others beside it, so that there is something to see and to be hit by.
struct Other {
    client: Predicted<Arena>,
    key: SessionKey,
    number: u64,
}

impl Other {
    fn join(room: &mut Room<Arena>, number: u64) -> Self {
        let mut client = Predicted::new();
        client.session().handle_open(0, "other", true);
        assert_eq!(sent(&mut client).len(), 1, "Hello");
        Self { client, key: room.handle_open(&Hello { bot: true, ..Hello::default() }).expect("a seat"), number }
    }

    fn play(&mut self, room: &mut Room<Arena>, tick: u64, now_us: u64) {
        let mut bytes = Vec::new();
        while room.poll_transmit(now_us, self.key, &mut bytes) {
            self.client.handle_message(now_us, &bytes).expect("it decodes");
            bytes.clear();
        }
        self.client.set_input(input(tick + 37 * self.number));
        self.client.update(now_us);
        for bytes in sent(&mut self.client) {
            room.handle_message(now_us, self.key, &bytes).expect("good messages");
        }
    }
}

fn sent(client: &mut Predicted<Arena>) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| client.session().poll_transmit()).collect()
}

#[test]
fn a_client_of_the_arena() {
    let mut room = Room::<Arena>::new(RoomConfig::default()).expect("good options");
    let mut others: Vec<Other> = (1..=OTHERS).map(|number| Other::join(&mut room, number)).collect();
    let mut client = Predicted::<Arena>::new();
    client.session().handle_open(1_000_000, "Ada", false);
    let hello = sent(&mut client).concat();
    let Ok(ClientMessage::Hello(said)) = ClientMessage::decode(&hello, &[], Tick(0), Step(0)) else { panic!("Hello") };
    let key = room.handle_open(&said).expect("a seat");
    let (mut up, mut down) = (Link::new(SPEC, 1), Link::new(SPEC, 2));
    let frames: Vec<Value> = (0..TICKS)
        .map(|tick| {
            let now_us = 1_100_000 + tick * TICK_US;
            let held = words(&input(tick));
            client.set_input(Input::dequantise(&held));
            let got: Vec<Vec<u8>> = std::iter::from_fn(|| down.receive(now_us)).collect();
            got.iter().for_each(|bytes| client.handle_message(now_us, bytes).expect("it decodes"));
            // Nobody looks for half a second: no inputs, acks alone.
            let (visible, looks) = (tick == 230, !(200..230).contains(&tick));
            if tick == 200 || visible {
                client.session().set_visible(visible);
            }
            if looks {
                client.update(now_us);
            }
            let said = sent(&mut client);
            said.iter().for_each(|bytes| assert!(up.send(now_us, bytes.clone())));
            while let Some(bytes) = up.receive(now_us) {
                room.handle_message(now_us, key, &bytes).expect("good messages");
            }
            others.iter_mut().for_each(|other| other.play(&mut room, tick, now_us));
            room.tick(now_us);
            let mut bytes = Vec::new();
            while down.is_ready() && room.poll_transmit(now_us, key, &mut bytes) {
                down.send(now_us, std::mem::take(&mut bytes));
            }
            let texts = |list: &[Vec<u8>]| list.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>();
            json!({ "us": now_us, "input": held, "looks": looks, "got": texts(&got), "sent": texts(&said) })
        })
        .collect();
    let (wrong, shots) = (client.mispredictions(), client.shots());
    assert!(client.compared() > 80 && wrong.unexplained == 0 && shots.confirmed > 10, "{wrong:?} {shots:?}");
    let own = client.own().expect("an own state");
    let text = json!({
        "schema": String::from_utf8_lossy(&room.schema().to_json()), "hello": hex(&hello), "frames": frames,
        "own": of_words(&snapline_arena::Own::KIND, &words(own)),
        "stats": {
            "compared": client.compared(), "late": wrong.late, "touched": wrong.touched, "unexplained": wrong.unexplained,
            "shotsConfirmed": shots.confirmed, "shotsWithdrawn": shots.withdrawn, "desyncs": client.session().stats().desyncs,
        },
    });
    golden("arena-session.json", &text);
}
