//! What a game's author asks of a game: does it step alike everywhere, and does it survive its players?

use std::collections::BTreeMap;

use super::driver::{Driver, PLAYERS, WILD};
use super::harness::{RULE_7, Run};
use crate::game::Game;
use crate::rng::Rng;

/// Rules that a difference between two runs of the same ticks may come from.
const RULES_1_3_7: &str = "rule 1 (no clock, I/O, thread or own randomness), rule 3 (no order from a hash map) or \
                           rule 7 (no state outside `Self`)";
/// Ticks at most that one run is ahead of its twin: state outside `Self` then holds what another tick left.
const AHEAD_MAX: u32 = 8;
/// A checkpoint is restored once in so many ticks.
const RESTORE_EVERY: u32 = 8;

/// How a game is tested: [`sync_test`], [`fuzz_inputs`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncOptions {
    /// The same seed plays the same match.
    pub seed: u64,
    /// Ticks to play.
    pub ticks: u32,
    /// Seats, at most 4096; they fill, empty and fill again.
    pub players_max: u16,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks from one snapshot to the next.
    pub ticks_per_step: u32,
    /// The room's map; empty: the game's own.
    pub map: Vec<u8>,
    /// The room's options.
    pub options: BTreeMap<String, String>,
    /// Whether rule 5 is checked. False only for a game that changes own state outside `advance` and does not count it in [`Game::touched`].
    pub checks_advance: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            ticks: 600,
            players_max: 24,
            tick_hz: 60,
            ticks_per_step: 2,
            map: Vec::new(),
            options: BTreeMap::new(),
            checks_advance: true,
        }
    }
}

/// What a test went through; a game whose counts are nought where it has something to show was not tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Ticks played.
    pub ticks: u64,
    /// Seats taken.
    pub joins: u64,
    /// Joins that the game refused.
    pub refused: u64,
    /// Seats given up.
    pub leaves: u64,
    /// Commands given.
    pub commands: u64,
    /// Commands after which own state was what `advance` makes of it; the others' were touched.
    pub advanced: u64,
    /// Requests made.
    pub requests: u64,
    /// Requests that were accepted.
    pub accepted: u64,
    /// Rows shown, over all ticks.
    pub rows: u64,
    /// Events told.
    pub events: u64,
    /// Matches begun after one that was over.
    pub matches: u64,
    /// Checkpoints restored.
    pub restores: u64,
}

/// Plays the game `G` with seeded players and checks the rules of [`Game`] by what can be seen from outside.
///
/// Three runs go through the same ticks: one leads by some ticks, its twin follows, a third is restored from checkpoints (game, ids and
/// randomness through bincode, the scene made anew) at random ticks. Between them another match takes a tick, as another room would. After
/// every tick rows, views, what is seen, events, replies, results and the serialised state must be the same, bit for bit. Players join, leave,
/// lose their sockets, hold any input and ask any request that the schema allows. Besides, [`fuzz_inputs`]'s checks are made.
///
/// | rule | is seen when |
/// |---|---|
/// | 1, 3 | leader and twin differ; which of the two (or rule 7) it was cannot be told apart |
/// | 4 | `advance` gives two results for the same own state and input, before and after a step |
/// | 5 | own state after `step` is not what one `advance` makes of it, though [`Game::touched`] is the same |
/// | 6 | a row comes twice or its id is not live |
/// | 7 | the restored run differs (state outside, a field that is not serialised), or leader and twin do |
///
/// Not seen: rule 2, for one machine gives one result (the lints of this repository's `clippy.toml` find such calls); rule 1 where the effect
/// reaches no state, row, event, reply or view; rule 4 where what is read besides stays the same; rule 5 where one more `advance` changes
/// nothing or `Own` is `()`; a live id that is not shown (games hide their dead); outside state that every match sets to the same value.
///
/// # Panics
/// With the rule that is broken and the seed; also when the game panics.
#[track_caller]
pub fn sync_test<G: Game>(options: &SyncOptions) -> SyncReport {
    said::<G>(options, sync::<G>(options))
}

/// Plays the game `G` with players that nobody would invite: random and extreme inputs and requests (NaN and infinities where a lane lets
/// them through), seats that change hands all the time.
///
/// Fails when the game panics, a view or an event's place is not finite, own state is not exact (what its player receives is not what `step`
/// left, or holds NaN), or rule 4, 5 or 6 of [`Game`] is broken. Not seen: values that are wrong but finite, rows that their lanes clamp, time.
///
/// # Panics
/// With what is wrong and the seed.
#[track_caller]
pub fn fuzz_inputs<G: Game>(options: &SyncOptions) -> SyncReport {
    said::<G>(options, fuzz::<G>(options))
}

#[track_caller]
fn said<G: Game>(options: &SyncOptions, report: Result<SyncReport, String>) -> SyncReport {
    report.unwrap_or_else(|words| panic!("{} (seed {}): {words}", G::NAME, options.seed))
}

fn sync<G: Game>(options: &SyncOptions) -> Result<SyncReport, String> {
    let (seed, mut rng) = (options.seed, Rng::new(options.seed.rotate_left(32)));
    let mut leader = Driver::<G>::new(options, seed, PLAYERS)?;
    let mut twin = Run::<G>::new(options, seed)?;
    let mut restored = Run::<G>::new(options, seed)?;
    let mut stranger = Driver::<G>::new(options, seed.wrapping_add(1), PLAYERS)?;
    let mut ticks = Vec::new();
    while leader.report.ticks < u64::from(options.ticks) {
        ticks.clear();
        for _ in 0..=rng.below(AHEAD_MAX) {
            ticks.push(leader.tick()?);
        }
        stranger.tick()?;
        for (plan, outcome) in &ticks {
            if let Some(part) = outcome.difference(&twin.replay(plan)?) {
                return Err(format!("{RULES_1_3_7}: two runs of the same ticks differ at tick {} in {part}", twin.now));
            }
        }
        for (plan, outcome) in &ticks {
            if let Some(part) = outcome.difference(&restored.replay(plan)?) {
                return Err(format!("{RULE_7}; at tick {} it differs in {part}", restored.now));
            }
            if rng.one_in(RESTORE_EVERY) {
                restored.restore()?;
                leader.report.restores += 1;
            }
        }
    }
    Ok(leader.report)
}

fn fuzz<G: Game>(options: &SyncOptions) -> Result<SyncReport, String> {
    let mut driver = Driver::<G>::new(options, options.seed, WILD)?;
    while driver.report.ticks < u64::from(options.ticks) {
        driver.tick()?;
    }
    Ok(driver.report)
}
