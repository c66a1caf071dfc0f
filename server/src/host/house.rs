//! House bots: players of the server's own, who keep people company and give way to them.
//!
//! Each is the whole client with a brain in it, and plays through the room's interface as everybody does; what it lacks is a socket and a delay.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use snapline_shared::client::{Brain, ClientError, Pilot, Player};
use snapline_shared::game::Game;
use snapline_shared::message::{ClientMessage, Close, Hello};
use snapline_shared::tick::{Step, Tick};

use crate::room::{Room, SessionKey};

use super::thread::words_of;

/// Makes a brain from a seed; a game's author gives one to [`crate::main_with_bots`].
pub type BrainMaker<G> = fn(u64) -> Box<dyn Brain<G>>;

/// House bots that come in one tick: each costs a client and a whole view of loads.
const COME_PER_TICK_MAX: usize = 4;
/// After one has failed or was refused, no further ones come for this long.
const REST_US: u64 = 10_000_000;
/// Their call signs; when all are taken, the next ones have a number behind.
const CALL_SIGNS: [&str; 24] = [
    "Albatross",
    "Badger",
    "Comet",
    "Drake",
    "Ember",
    "Falcon",
    "Gannet",
    "Heron",
    "Ibis",
    "Jackdaw",
    "Kestrel",
    "Lynx",
    "Magpie",
    "Nova",
    "Osprey",
    "Puffin",
    "Quail",
    "Raven",
    "Swift",
    "Tern",
    "Umber",
    "Vesper",
    "Wren",
    "Zephyr",
];

/// One of them.
struct Bot<G: Game> {
    pilot: Pilot<G>,
    /// Its place among the call signs, the smallest free one.
    number: usize,
}

/// The house bots of one room.
pub(super) struct House<G: Game> {
    maker: BrainMaker<G>,
    /// How many play with one person; with each further person it is one less.
    most: usize,
    seed: u64,
    bots: BTreeMap<SessionKey, Bot<G>>,
    rests_until_us: u64,
    out: Vec<u8>,
}

impl<G: Game> House<G> {
    /// At most `most` bots with brains of `maker`, who get consecutive seeds from `seed` on.
    pub(super) const fn new(maker: BrainMaker<G>, most: usize, seed: u64) -> Self {
        Self { maker, most, seed, bots: BTreeMap::new(), rests_until_us: 0, out: Vec::new() }
    }

    /// Lets come and go so many that there are as many as there should be. To be called with the room's `poll_close` drained.
    pub(super) fn settle(&mut self, now_us: u64, room: &mut Room<G>) {
        let wanted = match room.players() {
            0 => 0,
            people => self.most.saturating_sub(people - 1),
        };
        while self.bots.len() > wanted && self.give_way(room) {}
        for _ in 0..wanted.saturating_sub(self.bots.len()).min(COME_PER_TICK_MAX) {
            if now_us < self.rests_until_us {
                break;
            }
            if let Err(close) = self.come(now_us, room) {
                tracing::debug!(room = room.config().name, reason = close.reason(), "a house bot was refused");
                self.rests_until_us = now_us + REST_US;
            }
        }
    }

    fn come(&mut self, now_us: u64, room: &mut Room<G>) -> Result<(), Close> {
        let number = (0..).find(|number| self.bots.values().all(|bot| bot.number != *number)).unwrap_or(0);
        let mut pilot = Pilot::new((self.maker)(self.seed));
        self.seed = self.seed.wrapping_add(1);
        pilot.handle_open(now_us, &call_sign(number));
        let session = room.handle_open_house(&hello_of(&mut pilot))?;
        self.bots.insert(session, Bot { pilot, number });
        Ok(())
    }

    /// The one that came last leaves; false when there is none.
    pub(super) fn give_way(&mut self, room: &mut Room<G>) -> bool {
        let last = self.bots.iter().max_by_key(|(_, bot)| bot.number).map(|(&session, _)| session);
        let Some(session) = last else { return false };
        self.bots.remove(&session);
        room.handle_left(session);
        true
    }

    /// The room has ended the connection by itself: the game does not take the bot into its next match.
    pub(super) fn handle_closed(&mut self, now_us: u64, session: SessionKey) {
        if self.bots.remove(&session).is_some() {
            self.rests_until_us = now_us + REST_US;
        }
    }

    /// Before the room's tick: all think, and what they do reaches the room.
    pub(super) fn speak(&mut self, now_us: u64, room: &mut Room<G>) {
        self.each(now_us, room, |bot, session, room, _| {
            bot.guard(|pilot| {
                pilot.update(now_us);
                Ok(())
            })?;
            bot.pass_on(now_us, session, room)
        });
    }

    /// After the room's tick: all hear what there is for them.
    pub(super) fn listen(&mut self, now_us: u64, room: &mut Room<G>) {
        self.each(now_us, room, |bot, session, room, out| {
            while room.poll_transmit(now_us, session, out) {
                bot.hear(now_us, out, room)?;
                out.clear();
            }
            while bot.pilot.poll_event().is_some() {}
            // An ack, when no input is due to carry it.
            bot.pass_on(now_us, session, room)
        });
    }

    /// Calls `run` with each of them; those that fail leave.
    fn each(
        &mut self,
        now_us: u64,
        room: &mut Room<G>,
        run: impl Fn(&mut Bot<G>, SessionKey, &mut Room<G>, &mut Vec<u8>) -> Result<(), String>,
    ) {
        let Self { bots, out, rests_until_us, .. } = self;
        bots.retain(|&session, bot| {
            out.clear();
            let Err(error) = run(bot, session, room, out) else { return true };
            tracing::warn!(
                room = room.config().name,
                bot = call_sign(bot.number),
                error,
                "a house bot has failed: it leaves"
            );
            room.handle_left(session);
            *rests_until_us = now_us + REST_US;
            false
        });
    }
}

impl<G: Game> Bot<G> {
    fn hear(&mut self, now_us: u64, bytes: &[u8], room: &Room<G>) -> Result<(), String> {
        self.guard(|pilot| {
            pilot.handle_message(now_us, bytes)?;
            if pilot.wants_map().is_some() {
                pilot.set_map(room.config().map_of::<G>().bytes)?;
            }
            Ok(())
        })
    }

    fn pass_on(&mut self, now_us: u64, session: SessionKey, room: &mut Room<G>) -> Result<(), String> {
        while let Some(bytes) = self.pilot.poll_transmit() {
            room.handle_message(now_us, session, &bytes).map_err(|close| close.reason())?;
        }
        Ok(())
    }

    /// Calls the client. A brain that panics costs its bot, not the room: the pilot is dropped then.
    fn guard(&mut self, call: impl FnOnce(&mut Pilot<G>) -> Result<(), ClientError>) -> Result<(), String> {
        match catch_unwind(AssertUnwindSafe(|| call(&mut self.pilot))) {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(panic) => Err(words_of(panic.as_ref())),
        }
    }
}

/// What a client says first, as the room takes it.
fn hello_of<G: Game>(pilot: &mut Pilot<G>) -> Hello {
    let bytes = pilot.poll_transmit().unwrap_or_default();
    match ClientMessage::decode(&bytes, &[], Tick(0), Step(0)) {
        Ok(ClientMessage::Hello(hello)) => hello,
        _ => Hello { bot: true, ..Hello::default() },
    }
}

fn call_sign(number: usize) -> String {
    let sign = CALL_SIGNS[number % CALL_SIGNS.len()];
    match number / CALL_SIGNS.len() {
        0 => sign.to_owned(),
        round => format!("{sign} {}", round + 1),
    }
}

#[cfg(test)]
mod tests;
