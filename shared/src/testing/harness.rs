//! A game without a room around it: joins, leaves, inputs and requests of one tick in, all that anybody can observe of it out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::sync::SyncOptions;
use crate::events::{Audience, Event, Events};
use crate::game::{self, Command, Game, Past, Profile, Refusal, Replies, Request, Results, Setup, Tools, Turn, View};
use crate::ids::{NetId, NetIds, PlayerId};
use crate::rng::Rng;
use crate::rows::{Ring, Rows};
use crate::schema::Schema;
use crate::tick::{Step, Tick};
use crate::wire::Wire;

/// Steps that [`Past`] reaches back; clients may claim to have seen a little more.
pub(super) const RING_STEPS: u32 = 16;

/// Who asks for a seat.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) player: PlayerId,
    pub(super) name: String,
    pub(super) user: Option<String>,
    pub(super) bot: bool,
}

/// A request before it borrows its kind's name.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) player: PlayerId,
    pub(super) number: u32,
    pub(super) kind: usize,
    pub(super) words: Vec<u32>,
}

/// All that happens to a game in one tick, in this order.
pub(super) struct Plan<I> {
    /// A new match from the same scene; all seats are among the joins.
    pub(super) renews: bool,
    pub(super) leaves: Vec<PlayerId>,
    pub(super) joins: Vec<Guest>,
    pub(super) commands: Vec<Command<I>>,
    pub(super) requests: Vec<Asked>,
}

/// A view as bits: whose, place and radius, what it controls, own state.
type ViewBits = (PlayerId, [u32; 3], Option<NetId>, Vec<u32>);

/// All that can be observed of a tick. Floats are kept as bits: two runs are alike or they are not.
#[derive(PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) refusals: Vec<Option<Refusal>>,
    pub(super) events: Vec<(Vec<u32>, u8, Vec<u32>)>,
    pub(super) replies: Vec<(PlayerId, u32, Result<(), String>)>,
    pub(super) results: Option<Results>,
    pub(super) rows: Vec<(NetId, u8, Vec<u32>)>,
    views: Vec<ViewBits>,
    sees: Vec<bool>,
    checkpoint: Vec<u8>,
}

impl Outcome {
    /// The first part in which the two differ, what shows most first.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if let Some((a, b)) = self.rows.iter().zip(&other.rows).find(|(a, b)| a != b) {
            return Some(format!("what `extract` shows: {a:?} and {b:?}"));
        }
        let parts = [
            (self.refusals == other.refusals, "whom `join` refuses"),
            (self.rows == other.rows, "how many rows `extract` shows"),
            (self.views == other.views, "the views"),
            (self.sees == other.sees, "what `sees` answers"),
            (self.events == other.events, "the events"),
            (self.replies == other.replies, "the replies"),
            (self.results == other.results, "the results"),
            (self.checkpoint == other.checkpoint, "the serialised state"),
        ];
        parts.iter().find(|(is_same, _)| !is_same).map(|(_, part)| (*part).to_owned())
    }
}

/// One run of a game.
pub(super) struct Run<'a, G: Game> {
    options: &'a SyncOptions,
    schema: Arc<Schema>,
    scene: G::Scene,
    game: G,
    pub(super) now: Tick,
    step: Step,
    ids: NetIds,
    rng: Rng,
    events: Events,
    ring: Ring,
}

impl<'a, G: Game> Run<'a, G> {
    pub(super) fn new(options: &'a SyncOptions, seed: u64) -> Result<Self, String> {
        let (mut ids, mut rng, mut events) = (NetIds::default(), Rng::new(seed), Events::new(G::EVENTS));
        let scene = scene::<G>(options)?;
        let mut tools = Tools { now: Tick(0), ids: &mut ids, rng: &mut rng, events: &mut events };
        let game = guard("new", Tick(0), || G::new(&scene, &setup::<G>(options), &mut tools))?;
        let (schema, ring) = (Arc::new(game::schema::<G>()), Ring::new(RING_STEPS as usize));
        schema.check().map_err(|error| error.to_string())?;
        Ok(Self { options, schema, scene, game, now: Tick(0), step: Step(0), ids, rng, events, ring })
    }

    pub(super) const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The whole of a plan that another run has been through.
    pub(super) fn replay(&mut self, plan: &Plan<G::Input>) -> Result<Outcome, String> {
        let refusals = self.seat(plan)?;
        self.step(plan, refusals)
    }

    /// What comes before the commands. Gives what became of each join.
    pub(super) fn seat(&mut self, plan: &Plan<G::Input>) -> Result<Vec<Option<Refusal>>, String> {
        self.now = self.now.next();
        let now = self.now;
        if plan.renews {
            self.ids = NetIds::default();
            self.ring.clear();
            let mut tools = Tools { now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
            self.game = guard("new", now, || G::new(&self.scene, &setup::<G>(self.options), &mut tools))?;
        }
        let mut tools = Tools { now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events };
        for &player in &plan.leaves {
            guard("leave", now, || self.game.leave(player, &mut tools))?;
        }
        let mut refusals = Vec::new();
        for guest in &plan.joins {
            let profile = Profile { name: &guest.name, user: guest.user.as_deref(), bot: guest.bot };
            let joined = guard("join", now, || self.game.join(&self.scene, guest.player, &profile, &mut tools))?;
            refusals.push(joined.err());
        }
        Ok(refusals)
    }

    /// The tick itself.
    pub(super) fn step(&mut self, plan: &Plan<G::Input>, refusals: Vec<Option<Refusal>>) -> Result<Outcome, String> {
        let kinds = &self.schema.requests;
        let request =
            |&Asked { player, number, kind, ref words }| Request { player, number, kind: &kinds[kind].name, words };
        let requests: Vec<Request<'_>> = plan.requests.iter().map(request).collect();
        let (mut replies, mut finish) = (Replies::default(), None);
        let turn = Turn {
            commands: &plan.commands,
            requests: &requests,
            replies: &mut replies,
            past: Past::new(&self.ring, self.options.ticks_per_step),
            finish: &mut finish,
            tools: Tools { now: self.now, ids: &mut self.ids, rng: &mut self.rng, events: &mut self.events },
        };
        guard("step", self.now, || self.game.step(&self.scene, turn))?;
        let (rows, events) = (self.extract()?, self.events.take().0);
        let seats: Vec<PlayerId> = plan.commands.iter().map(|command| command.player).collect();
        let outcome = Outcome {
            refusals,
            events: events.iter().map(|event| self.event(event)).collect::<Result<_, _>>()?,
            replies: replies.take(),
            results: finish,
            rows: rows.list().iter().map(|row| (row.id, row.kind, rows.words(row).to_vec())).collect(),
            views: seats.iter().map(|&player| self.checked_view(player)).collect::<Result<_, _>>()?,
            sees: self.sees(&seats, &rows)?,
            checkpoint: self.checkpoint()?,
        };
        if self.step.next().tick(self.options.ticks_per_step) == self.now {
            self.step = self.step.next();
            self.ring.push(self.step, rows);
        }
        Ok(outcome)
    }

    /// The rows in slot order, checked against rule 6.
    fn extract(&self) -> Result<Rows, String> {
        let mut rows = Rows::new(self.schema.clone());
        guard("extract", self.now, || self.game.extract(&mut rows))?;
        let mut ids: Vec<NetId> = rows.list().iter().map(|row| row.id).collect();
        ids.sort_unstable();
        let twice = ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| (pair[0], "came twice"));
        let dead = ids.iter().find(|&&id| !self.ids.is_live(id)).map(|&id| (id, "is not live"));
        if let Some((id, words)) = twice.or(dead) {
            let now = self.now;
            return Err(format!(
                "rule 6: `extract` shows each live id once and none that was freed; at tick {now} {id:?} {words}"
            ));
        }
        rows.finish();
        Ok(rows)
    }

    fn event(&self, event: &Event) -> Result<(Vec<u32>, u8, Vec<u32>), String> {
        let audience = match event.audience {
            Audience::All => vec![],
            Audience::To(player) => vec![player.0.into()],
            Audience::Near(place) if place.is_finite() => place.to_array().map(f32::to_bits).to_vec(),
            Audience::Near(place) => return Err(format!("an event at tick {} is near {place}", self.now)),
        };
        Ok((audience, event.kind, event.words.clone()))
    }

    /// A view as bits; its numbers must be finite and the own state exact.
    fn checked_view(&self, player: PlayerId) -> Result<ViewBits, String> {
        let (now, kind) = (self.now, G::Own::KIND.name);
        let View { place, radius, controls, own } = self.view(player)?;
        if own != own.clone() {
            return Err(format!(
                "own state ({kind}) of player {player} at tick {now} holds NaN: it must stay a number"
            ));
        }
        let words = words_of(&own);
        if G::Own::dequantise(&words) != own {
            return Err(format!(
                "own state must be exact, but player {player} receives another {kind} than `step` left at tick {now}: \
                 give each field a lane that keeps all of it (F32, F64, a Uint or Int that is wide enough)"
            ));
        }
        if !place.is_finite() || !radius.is_finite() {
            return Err(format!("the view of player {player} at tick {now} is not finite: {place}, radius {radius}"));
        }
        Ok((player, [place.x.to_bits(), place.y.to_bits(), radius.to_bits()], controls, words))
    }

    /// What one seat, another one each tick, sees of all rows; all seats at all ticks would take longer than the game.
    fn sees(&self, seats: &[PlayerId], rows: &Rows) -> Result<Vec<bool>, String> {
        let Some(at) = (self.now.0 as usize).checked_rem(seats.len()) else { return Ok(vec![]) };
        guard("sees", self.now, || rows.list().iter().map(|row| self.game.sees(seats[at], row.id)).collect())
    }

    pub(super) fn view(&self, player: PlayerId) -> Result<View<G::Own>, String> {
        guard("view", self.now, || self.game.view(player))
    }

    /// What `advance` makes of `own`.
    pub(super) fn advanced(&self, own: &G::Own, input: G::Input) -> Result<G::Own, String> {
        let mut own = own.clone();
        guard("advance", self.now, || G::advance(&self.scene, &mut own, input))?;
        Ok(own)
    }

    fn checkpoint(&self) -> Result<Vec<u8>, String> {
        bincode::serde::encode_to_vec((&self.game, &self.ids, &self.rng), bincode::config::standard())
            .map_err(|error| format!("{RULE_7}; at tick {} the game does not serialise: {error}", self.now))
    }

    /// Forgets everything but a checkpoint and what no checkpoint holds: time, the past, the options that make the scene.
    pub(super) fn restore(&mut self) -> Result<(), String> {
        let bytes = self.checkpoint()?;
        let decoded = bincode::serde::decode_from_slice(&bytes, bincode::config::standard());
        let wrong = |words: String| format!("{RULE_7}; the checkpoint of tick {} {words}", self.now);
        let ((game, ids, rng), read) = decoded.map_err(|error| wrong(format!("does not deserialise: {error}")))?;
        if read != bytes.len() {
            return Err(wrong("is longer than what is read back".to_owned()));
        }
        (self.game, self.ids, self.rng) = (game, ids, rng);
        self.scene = scene::<G>(self.options)?;
        self.events = Events::new(G::EVENTS);
        Ok(())
    }
}

pub(super) const RULE_7: &str = "rule 7: no state outside `Self`: a restored checkpoint steps alike";

/// The words of a value.
pub(super) fn words_of<T: Wire>(value: &T) -> Vec<u32> {
    let mut words = vec![0; T::KIND.words()];
    value.quantise(&mut words);
    words
}

const fn setup<G: Game>(options: &SyncOptions) -> Setup<'_> {
    let SyncOptions { tick_hz, ticks_per_step, .. } = *options;
    let map = if options.map.is_empty() { G::MAP.bytes } else { options.map.as_slice() };
    Setup { map, options: &options.options, tick_hz, ticks_per_step }
}

fn scene<G: Game>(options: &SyncOptions) -> Result<G::Scene, String> {
    guard("scene", Tick(0), || G::scene(&setup::<G>(options)))?.map_err(|error| error.to_string())
}

/// Runs a function of the game; a panic becomes a sentence. A run is not used again after one, so a half-changed world is never seen.
fn guard<T>(name: &str, now: Tick, work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let words = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
        format!("`{name}` panicked at tick {now}, which ends a room: {words}")
    })
}
