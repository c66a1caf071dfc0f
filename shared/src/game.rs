//! The plug-in point: the one trait that turns the engine into a game.

use std::collections::BTreeMap;

use glam::Vec2;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::events::Events;
use crate::ids::{NetId, NetIds, PlayerId};
use crate::rng::Rng;
use crate::rows::{Ring, Rows, kind_number};
use crate::schema::{Kind, Schema};
use crate::tick::{Seen, Tick};
use crate::wire::Wire;

/// A game that the engine can host: deterministic, synchronous, without I/O.
///
/// The rules it keeps: (1) no clock, I/O, thread or own randomness; (2) no float function outside `libm`, no `mul_add`; (3) no order from a
/// hash map; (4) `advance` reads only scene, own and input; (5) `step` calls `advance` exactly once for each command; (6) `extract` shows each
/// live id once and none that was freed; (7) no state outside `Self`: a restored checkpoint steps alike. [`crate::testing::sync_test`] checks
/// them, as far as they show.
pub trait Game: Sized + Send + Serialize + DeserializeOwned + 'static {
    /// Held during one tick; `Default` is "hands off".
    type Input: Wire + Copy + Default + PartialEq + Send;
    /// What its player alone receives, exact; all that `advance` needs. `()`: no prediction.
    type Own: Wire + Clone + PartialEq + Send;
    /// What both ends have and never changes in a match: map, tuning. Not in checkpoints.
    type Scene: Send + Sync + 'static;
    /// The game's name, shown in lists and part of the schema.
    const NAME: &'static str;
    /// Kinds of rows, at most 64.
    const ENTITIES: &'static [Kind];
    /// Kinds of events, at most 64.
    const EVENTS: &'static [Kind] = &[];
    /// Kinds of requests, at most 64.
    const REQUESTS: &'static [Kind] = &[];
    /// The coder's tables, as the training tool wrote them.
    const TABLES: &'static str = "";
    /// The map that both ends are built with; a server may be told to take another one.
    const MAP: Map<'static> = Map::NONE;
    /// Files of the game's own source that its page may show, path in the repository and text: what `/source/PATH` gives.
    const SOURCES: &'static [(&'static str, &'static str)] = &[];

    /// Reads the map and the options.
    ///
    /// # Errors
    /// Names the option (or the map) that cannot be used.
    fn scene(setup: &Setup<'_>) -> Result<Self::Scene, SetupError>;

    /// The world before its first tick.
    fn new(scene: &Self::Scene, setup: &Setup<'_>, tools: &mut Tools<'_>) -> Self;

    /// A player takes a seat.
    ///
    /// # Errors
    /// When the game has no place for this player; the reason reaches the player.
    fn join(
        &mut self,
        scene: &Self::Scene,
        player: PlayerId,
        profile: &Profile<'_>,
        tools: &mut Tools<'_>,
    ) -> Result<(), Refusal>;

    /// The seat is given up for good.
    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>);

    /// One player's own motion during one tick; server and browser run this very function.
    fn advance(scene: &Self::Scene, own: &mut Self::Own, input: Self::Input);

    /// What the tick that has just left `own` brought into the world: the client that predicts it shows it at once, until the server's row comes
    /// or should have come. The two are the same row when their kind and all their `Snap` fields are equal (whose it is, its number).
    fn shots(scene: &Self::Scene, own: &Self::Own, out: &mut Shots) {
        let _ = (scene, own, out);
    }

    /// A number in the own state that `step` changes whenever it touches that state outside `advance` (a hit, a pick-up): then a client knows why
    /// it predicted wrongly. Without one all such corrections count as unexplained.
    fn touched(own: &Self::Own) -> u32 {
        let _ = own;
        0
    }

    /// One tick of the world.
    fn step(&mut self, scene: &Self::Scene, turn: Turn<'_, Self>);

    /// What the world shows; any order, each live id once.
    fn extract(&self, out: &mut Rows);

    /// Where a player looks from, how far, what it controls, its own state.
    fn view(&self, player: PlayerId) -> View<Self::Own>;

    /// Teams, stealth, fog of war; asked only inside the view, and of what carries a row there.
    fn sees(&self, player: PlayerId, row: NetId) -> bool {
        let _ = (player, row);
        true
    }
}

/// The schema of a game.
#[must_use]
pub fn schema<G: Game>() -> Schema {
    Schema {
        game: G::NAME.into(),
        entities: G::ENTITIES.into(),
        events: G::EVENTS.into(),
        requests: G::REQUESTS.into(),
        input: G::Input::KIND,
        own: G::Own::KIND,
        tables: G::TABLES.into(),
    }
}

/// A map: what both ends read their scene from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map<'a> {
    /// Its name, served at `/maps/NAME`; empty: there is none.
    pub name: &'a str,
    /// Its bytes, at most 1 MiB.
    pub bytes: &'a [u8],
}

impl Map<'_> {
    /// A game without a map.
    pub const NONE: Self = Self { name: "", bytes: &[] };

    /// First 8 bytes of the SHA-256 of its bytes, as Welcome tells it; 0 without a map.
    #[must_use]
    pub fn hash(&self) -> u64 {
        if self.name.is_empty() { 0 } else { Schema::hash(self.bytes) }
    }
}

/// What one tick of a player's own motion brings into the world, as rows at their birth.
#[derive(Debug)]
pub struct Shots {
    kinds: &'static [Kind],
    list: Vec<Shot>,
}

/// One row at its birth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Number of its kind among the game's entities.
    pub kind: u8,
    /// Its words.
    pub words: Vec<u32>,
    /// Ticks that it will live at most: until the wall that it flies at.
    pub ticks: u32,
    /// The server judges it in the world that its player saw, up to so many ticks back; 0: in the present.
    pub rewind_ticks: u32,
}

impl Shots {
    /// None yet; `kinds` is the game's list of entities.
    #[must_use]
    pub const fn new(kinds: &'static [Kind]) -> Self {
        Self { kinds, list: Vec::new() }
    }

    /// Shows `row`, which moves by its velocity (`by`) for at most `ticks`.
    ///
    /// # Panics
    /// When `R` is not among the game's `ENTITIES`: a mistake in the game.
    pub fn put<R: Wire>(&mut self, row: &R, ticks: u32) {
        self.put_rewound(row, ticks, 0);
    }

    /// The same for a game that compensates lag: `step` starts such a row in the world that its player saw when it fired, up to `rewind_ticks` back, and
    /// brings it forward to the present. So it flies as fast as it is and meets what its player sees.
    ///
    /// # Panics
    /// As [`Self::put`].
    pub fn put_rewound<R: Wire>(&mut self, row: &R, ticks: u32, rewind_ticks: u32) {
        let Some(kind) = kind_number(self.kinds, &R::KIND.name) else { panic!("{} is not in ENTITIES", R::KIND.name) };
        let mut words = vec![0; R::KIND.words()];
        row.quantise(&mut words);
        self.list.push(Shot { kind, words, ticks, rewind_ticks });
    }

    /// The shots so far, leaving none.
    pub fn take(&mut self) -> Vec<Shot> {
        std::mem::take(&mut self.list)
    }
}

/// What a room is made from; equal on both ends.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Bytes of the map; empty when the room has none.
    pub map: &'a [u8],
    /// The room's options, text to text.
    pub options: &'a BTreeMap<String, String>,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks from one snapshot to the next.
    pub ticks_per_step: u32,
}

impl Setup<'_> {
    /// The option `field` as a number, or `default` when it is not given.
    ///
    /// # Errors
    /// When it is no number or outside `range`.
    pub fn number(
        &self,
        field: &'static str,
        default: f32,
        range: core::ops::RangeInclusive<f32>,
    ) -> Result<f32, SetupError> {
        let Some(text) = self.options.get(field) else { return Ok(default) };
        match text.parse::<f32>() {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => Err(SetupError {
                field,
                words: format!("{text:?} is not a number from {} to {}", range.start(), range.end()),
            }),
        }
    }

    /// The option `field` as a truth value, or `default` when it is not given.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&self, field: &'static str, default: bool) -> Result<bool, SetupError> {
        let Some(text) = self.options.get(field) else { return Ok(default) };
        text.parse().map_err(|_| SetupError { field, words: format!("{text:?} is neither true nor false") })
    }
}

/// An option or map that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {words}")]
pub struct SetupError {
    /// The option's name, or `map`.
    pub field: &'static str,
    /// What is wrong and what would be accepted.
    pub words: String,
}

/// Who joins.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a> {
    /// Up to 24 characters, chosen by the player.
    pub name: &'a str,
    /// Who the token says it is; none without one.
    pub user: Option<&'a str>,
    /// Whether a program plays.
    pub bot: bool,
}

/// Why a game does not take a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No place left: closes with 4103.
    Full,
    /// Not this player, in the game's words: closes with 4002.
    Forbidden(String),
}

/// Where a player looks from and what is its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View<Own> {
    /// Centre of what it sees.
    pub place: Vec2,
    /// Half the side of the square about `place`; a row enters at this and leaves at 1.15 times it.
    pub radius: f32,
    /// The entity that the player steers.
    pub controls: Option<NetId>,
    /// What the player alone receives.
    pub own: Own,
}

/// What one seat does in one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command<I> {
    /// The seat.
    pub player: PlayerId,
    /// The input held during this tick.
    pub input: I,
    /// What the player was shown when it gave that input; not before the rewind limit.
    pub seen: Seen,
    /// Whether the input was sent for this very tick (else it is repeated, or hands off).
    pub fresh: bool,
    /// Whether a socket is attached to the seat.
    pub connected: bool,
}

/// A one-shot wish of a player: buy, vote, pick a team.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub player: PlayerId,
    /// The client's number for it; the reply carries it.
    pub number: u32,
    /// Name of its kind.
    pub kind: &'a str,
    /// Its words.
    pub words: &'a [u32],
}

impl Request<'_> {
    /// The request as an `R`; none when it is of another kind.
    #[must_use]
    pub fn get<R: Wire>(&self) -> Option<R> {
        (self.kind == R::KIND.name).then(|| R::dequantise(self.words))
    }
}

/// The answers of one tick. A request without one is refused.
#[derive(Debug, Default)]
pub struct Replies {
    list: Vec<(PlayerId, u32, Result<(), String>)>,
}

impl Replies {
    /// Says yes.
    pub fn accept(&mut self, request: &Request<'_>) {
        self.list.push((request.player, request.number, Ok(())));
    }

    /// Says no, in words for the player.
    pub fn refuse(&mut self, request: &Request<'_>, words: &str) {
        self.list.push((request.player, request.number, Err(words.to_owned())));
    }

    /// The answers so far, leaving none.
    pub fn take(&mut self) -> Vec<(PlayerId, u32, Result<(), String>)> {
        std::mem::take(&mut self.list)
    }
}

/// The world as clients saw it.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    ring: &'a Ring,
    ticks_per_step: u32,
}

impl<'a> Past<'a> {
    /// The past in `ring`.
    #[must_use]
    pub const fn new(ring: &'a Ring, ticks_per_step: u32) -> Self {
        Self { ring, ticks_per_step }
    }

    /// Entity `id` as a client that drew `seen` saw it: the two steps that it blended, blended the same way. None when it was not there yet, across a
    /// teleport, and when the moment is too old. What that client was told only later, for want of room in its snapshots, is not known here.
    #[must_use]
    pub fn at<T: Wire>(&self, seen: Seen, id: NetId) -> Option<T> {
        let (newest, _) = self.ring.newest()?;
        let back = seen.tick.since(newest.tick(self.ticks_per_step)).div_euclid(self.ticks_per_step.cast_signed());
        let (older, gap) = (newest.offset(back), i32::from(seen.skipped) + 1);
        let rows = self.ring.at(older)?;
        let from: T = rows.read(id)?;
        // At the newest end nothing follows; a row that is no more was shown where it was last.
        let next = self.ring.at(older.offset(gap)).filter(|_| seen.fraction > 0);
        let Some((next, to)) = next.and_then(|next| Some((next, next.find(id)?))) else { return Some(from) };
        if T::KIND.is_teleport(rows.words(rows.find(id)?), next.words(to), gap.unsigned_abs()) {
            return None;
        }
        Some(T::blend(&from, &next.read(id)?, f32::from(seen.fraction) / 256.0))
    }

    /// Ticks from the moment that a client drew as `seen` to `now`.
    #[must_use]
    pub fn age(&self, seen: Seen, now: Tick) -> f32 {
        seen.age(now, self.ticks_per_step)
    }

    /// What a client that drew `seen` draws so many ticks later; none when no snapshot of that moment has been made yet.
    #[must_use]
    pub fn later(&self, seen: Seen, ticks: u32) -> Option<Seen> {
        let (newest, _) = self.ring.newest()?;
        let later = seen.later(ticks, self.ticks_per_step);
        (later.age(newest.tick(self.ticks_per_step), self.ticks_per_step) >= 0.0).then_some(later)
    }
}

/// The end of a match, as JSON of at most 16 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// The document.
    pub json: String,
}

/// All that a game needs during one tick.
pub struct Turn<'a, G: Game> {
    /// One for each seat, by `PlayerId`.
    pub commands: &'a [Command<G::Input>],
    /// At most 4 a player a tick.
    pub requests: &'a [Request<'a>],
    /// Where they are answered.
    pub replies: &'a mut Replies,
    /// What clients saw.
    pub past: Past<'a>,
    /// Set it: the match is over.
    pub finish: &'a mut Option<Results>,
    /// Time, ids, randomness, events.
    pub tools: Tools<'a>,
}

/// What the engine lends to a game.
pub struct Tools<'a> {
    /// The tick that is being simulated.
    pub now: Tick,
    /// Gives out entity ids.
    pub ids: &'a mut NetIds,
    /// The only randomness a game may use.
    pub rng: &'a mut Rng,
    /// What happens once.
    pub events: &'a mut Events,
}
