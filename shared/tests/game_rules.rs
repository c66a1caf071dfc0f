//! The rules of a game: one toy that keeps them, and the same toy with one fault each, which must be found and named.

#![allow(clippy::disallowed_types)] // The faults are what those types are disallowed for.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use snapline_shared::game::Setup;
use snapline_shared::prelude::*;
use snapline_shared::testing::{SyncOptions, SyncReport, fuzz_inputs, sync_test};

/// Ticks of a toy's match.
const MATCH_TICKS: u32 = 250;

const NONE: u32 = 0;
const CLOCK: u32 = 1;
const OWN_RANDOMNESS: u32 = 2;
const HASH_ORDER: u32 = 3;
const HASH_IN_STATE: u32 = 4;
const ADVANCE_COUNTS: u32 = 5;
const ADVANCE_READS_STEP: u32 = 6;
const ADVANCE_SKIPPED: u32 = 7;
const ADVANCE_TWICE: u32 = 8;
const HIT_UNTOLD: u32 = 9;
const SHOWN_TWICE: u32 = 10;
const SHOWN_FREED: u32 = 11;
const STATIC_COUNTER: u32 = 12;
const STATIC_LAST: u32 = 13;
const THREAD_LOCAL: u32 = 14;
const SCENE_COUNTS: u32 = 15;
const NOT_SERIALISED: u32 = 16;
const OWN_COARSE: u32 = 17;
const OWN_NAN: u32 = 18;
const PANICS_AT_EXTREME: u32 = 19;
const PANICS_AT_REQUEST: u32 = 20;
const VIEW_NOT_FINITE: u32 = 21;
const LOST_WITH_THE_SOCKET: u32 = 22;
const EVENT_NOWHERE: u32 = 23;

static COUNTER: AtomicU32 = AtomicU32::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);
static SHOWN_TICK: AtomicU32 = AtomicU32::new(0);
thread_local! { static SUM: Cell<u32> = const { Cell::new(0) }; }

wire! { struct Input { push: f32 => Lerp F32, count: i32 => Snap Int { bits: 32 } } }
wire! { struct Own { at: f32 => Lerp F32, count: i32 => Snap Int { bits: 32 }, coarse: f32 => Lerp Fixed { min: 0.0, max: 8.0, step: 0.5, wrap: false }, hits: u32 => Snap Uint { bits: 32 } } }
wire! { struct Dot at place { place: Vec2 => Lerp Fixed { min: 0.0, max: 64.0, step: 0.25, wrap: true }, tag: u32 => Snap Uint { bits: 32 } } }
wire! { struct Ping { tag: u32 => Snap Uint { bits: 32 } } }
wire! { struct Buy { item: u8 => Snap Uint { bits: 8 } } }

#[derive(Serialize, Deserialize)]
struct Player {
    player: PlayerId,
    id: NetId,
    own: Own,
}

#[derive(Serialize, Deserialize)]
struct Toy<const FAULT: u32> {
    players: Vec<Player>,
    since: u32,
    tag: u32,
    unordered: HashSet<u16>,
    freed: Option<NetId>,
    #[serde(skip)]
    not_serialised: u32,
}

impl<const FAULT: u32> Toy<FAULT> {
    /// What the faults make of the tick, as a number that is shown.
    fn fault(&mut self, scene: &AtomicU32, turn: &Turn<'_, Self>) -> u32 {
        let now = turn.tools.now.0;
        match FAULT {
            CLOCK => {
                let start = Instant::now();
                (0..100).for_each(|i| drop(std::hint::black_box(vec![0u8; i])));
                start.elapsed().as_nanos() as u32
            }
            OWN_RANDOMNESS => {
                use std::hash::{BuildHasher, RandomState};
                RandomState::new().hash_one(now) as u32
            }
            HASH_ORDER => {
                let many: HashSet<u16> = (0..MANY).collect();
                many.iter().next().copied().unwrap_or(0).into()
            }
            HASH_IN_STATE => {
                self.unordered = (0..MANY).collect();
                0
            }
            STATIC_COUNTER => COUNTER.fetch_add(1, Relaxed),
            STATIC_LAST => LAST.swap(now, Relaxed),
            THREAD_LOCAL => SUM.replace(SUM.get().wrapping_add(now)),
            SCENE_COUNTS => scene.fetch_add(1, Relaxed),
            NOT_SERIALISED => {
                self.not_serialised += 1;
                self.not_serialised
            }
            _ => 0,
        }
    }
}

impl<const FAULT: u32> Game for Toy<FAULT> {
    type Input = Input;
    type Own = Own;
    type Scene = AtomicU32;
    const NAME: &'static str = "toy";
    const ENTITIES: &'static [Kind] = &[Dot::KIND];
    const EVENTS: &'static [Kind] = &[Ping::KIND];
    const REQUESTS: &'static [Kind] = &[Buy::KIND];

    fn scene(_: &Setup<'_>) -> Result<AtomicU32, SetupError> {
        Ok(AtomicU32::new(0))
    }

    fn new(_: &AtomicU32, _: &Setup<'_>, tools: &mut Tools<'_>) -> Self {
        let (players, unordered) = (Vec::new(), HashSet::new());
        Self { players, since: tools.now.0, tag: 0, unordered, freed: None, not_serialised: 0 }
    }

    fn join(
        &mut self,
        _: &AtomicU32,
        player: PlayerId,
        profile: &Profile<'_>,
        tools: &mut Tools<'_>,
    ) -> Result<(), Refusal> {
        if profile.user >= Some("user5") {
            return Err(Refusal::Forbidden("not you".to_owned()));
        }
        let id = tools.ids.spawn().ok_or(Refusal::Full)?;
        let at = self.players.partition_point(|other| other.player < player);
        let own = Own { at: tools.rng.unit(), ..Own::default() };
        self.players.insert(at, Player { player, id, own });
        Ok(())
    }

    fn leave(&mut self, player: PlayerId, tools: &mut Tools<'_>) {
        self.freed = self.players.iter().find(|mine| mine.player == player).map(|mine| mine.id);
        self.players.retain(|mine| mine.player != player || !tools.ids.free(mine.id));
    }

    fn advance(_: &AtomicU32, own: &mut Own, input: Input) {
        own.count = own.count.wrapping_add(1);
        if input.push.is_finite() {
            own.at = (own.at + input.push.clamp(-1.0, 1.0)).rem_euclid(64.0);
        } else if FAULT == OWN_NAN {
            own.at = input.push * 0.0;
        }
        match FAULT {
            ADVANCE_COUNTS => own.at = COUNTER.fetch_add(1, Relaxed) as f32,
            ADVANCE_READS_STEP => own.at = SHOWN_TICK.load(Relaxed) as f32,
            OWN_COARSE => own.coarse = 0.3,
            PANICS_AT_EXTREME => own.count ^= input.count.checked_abs().expect("a count has a size"),
            _ => {}
        }
    }

    fn touched(own: &Own) -> u32 {
        own.hits
    }

    fn step(&mut self, scene: &AtomicU32, turn: Turn<'_, Self>) {
        let now = turn.tools.now.0;
        self.tag = self.fault(scene, &turn);
        if FAULT == ADVANCE_READS_STEP {
            SHOWN_TICK.store(now, Relaxed);
        }
        for (mine, command) in self.players.iter_mut().zip(turn.commands) {
            assert_eq!(mine.player, command.player, "one command a seat, in order");
            let times = match FAULT {
                ADVANCE_SKIPPED if now.is_multiple_of(5) => 0,
                ADVANCE_TWICE if command.fresh => 2,
                LOST_WITH_THE_SOCKET if !command.connected => 0,
                _ => 1,
            };
            (0..times).for_each(|_| Self::advance(scene, &mut mine.own, command.input));
            if turn.tools.rng.one_in(50) {
                mine.own.at = 0.0;
                mine.own.hits += u32::from(FAULT != HIT_UNTOLD);
                let place = Vec2::splat(if FAULT == EVENT_NOWHERE { command.input.push } else { 1.0 });
                turn.tools.events.near(place, &Ping { tag: now });
            }
        }
        for request in turn.requests {
            match request.get::<Buy>() {
                Some(Buy { item: 255 }) if FAULT == PANICS_AT_REQUEST => panic!("no such item"),
                Some(Buy { item }) if item < 128 => turn.replies.accept(request),
                _ => turn.replies.refuse(request, "sold out"),
            }
        }
        if now.wrapping_sub(self.since) == MATCH_TICKS {
            *turn.finish = Some(Results { json: "{}".to_owned() });
        }
    }

    fn extract(&self, out: &mut Rows) {
        for Player { id, own, .. } in &self.players {
            out.put(*id, &Dot { place: Vec2::splat(own.at), tag: self.tag });
        }
        let again = match FAULT {
            SHOWN_TWICE => self.players.get(2).map(|third| third.id),
            SHOWN_FREED => self.freed,
            _ => None,
        };
        again.into_iter().for_each(|id| out.put(id, &Dot::default()));
    }

    fn view(&self, player: PlayerId) -> View<Own> {
        let mine = self.players.iter().find(|mine| mine.player == player);
        let own = mine.map_or(Own::default(), |mine| mine.own);
        let radius = if FAULT == VIEW_NOT_FINITE { 1.0 / own.at } else { 10.0 };
        View { place: Vec2::splat(own.at), radius, controls: mine.map(|mine| mine.id), own }
    }

    fn sees(&self, player: PlayerId, row: NetId) -> bool {
        (player.0 ^ row.slot) & 1 == 0
    }
}

/// So many have another order in another map, at every tick: with few, the orders of two runs agree now and then for some ticks, and what is restored
/// differs first.
const MANY: u16 = 1000;

/// What a test said when it failed.
fn said(test: fn(&SyncOptions) -> SyncReport) -> String {
    let Err(panic) = catch_unwind(|| test(&SyncOptions::default())) else { return "passed".to_owned() };
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

fn sync<const FAULT: u32>() -> String {
    said(sync_test::<Toy<FAULT>>)
}

fn fuzz<const FAULT: u32>() -> String {
    said(fuzz_inputs::<Toy<FAULT>>)
}

#[track_caller]
fn assert_named(said: &str, words: &[&str]) {
    assert!(words.iter().all(|part| said.contains(part)), "{said}");
    assert!(said.contains("toy (seed 1): "), "{said}");
}

#[test]
fn a_game_that_keeps_the_rules_passes_and_is_put_to_all_of_them() {
    for seed in 1..4 {
        let options = SyncOptions { seed, ..SyncOptions::default() };
        for report in [sync_test::<Toy<NONE>>(&options), fuzz_inputs::<Toy<NONE>>(&options)] {
            assert!(report.joins > 30 && report.refused > 0 && report.leaves > 20, "{report:?}");
            assert!(report.advanced > 1000 && report.advanced < report.commands, "{report:?}");
            assert!(report.requests > 500 && report.accepted > 100 && report.accepted < report.requests, "{report:?}");
            assert!(report.rows > 1000 && report.events > 50 && report.matches == 2, "{report:?}");
        }
        assert!(sync_test::<Toy<NONE>>(&options).restores > 30);
        assert_eq!(sync_test::<Toy<NONE>>(&options), sync_test::<Toy<NONE>>(&options));
    }
}

#[test]
fn rules_1_and_3_are_named_when_two_runs_differ() {
    let words = ["rule 1 (no clock", "rule 3 (no order from a hash map)", "differ at tick"];
    assert_named(&sync::<CLOCK>(), &words);
    assert_named(&sync::<OWN_RANDOMNESS>(), &words);
    assert_named(&sync::<HASH_ORDER>(), &words);
    assert_named(&sync::<HASH_IN_STATE>(), &words);
    assert_named(&sync::<HASH_IN_STATE>(), &["the serialised state"]);
}

#[test]
fn rule_4_is_named_when_advance_reads_more() {
    let words = ["rule 4: `advance` reads only scene, own and input"];
    assert_named(&sync::<ADVANCE_COUNTS>(), &words);
    assert_named(&fuzz::<ADVANCE_READS_STEP>(), &words);
}

#[test]
fn rule_5_is_named_when_step_does_not_call_advance_once() {
    let rule = "rule 5: `step` calls `advance` exactly once for each command";
    assert_named(&sync::<ADVANCE_SKIPPED>(), &[rule, "at tick 5 ", "did not call it"]);
    assert_named(&fuzz::<LOST_WITH_THE_SOCKET>(), &[rule, "did not call it"]);
    assert_named(&sync::<ADVANCE_TWICE>(), &[rule, "called it twice"]);
    assert_named(&sync::<HIT_UNTOLD>(), &[rule, "must change `touched`"]);
}

#[test]
fn a_game_that_does_not_count_its_hits_can_leave_rule_5_out() {
    let options = SyncOptions { checks_advance: false, ..SyncOptions::default() };
    assert_eq!(sync_test::<Toy<HIT_UNTOLD>>(&options).advanced, 0);
}

#[test]
fn rule_6_is_named_when_a_row_is_not_live_or_comes_twice() {
    let rule = "rule 6: `extract` shows each live id once and none that was freed";
    assert_named(&sync::<SHOWN_TWICE>(), &[rule, "came twice"]);
    assert_named(&fuzz::<SHOWN_FREED>(), &[rule, "is not live"]);
}

#[test]
fn rule_7_is_named_when_there_is_state_outside() {
    let (outside, restored) =
        ("rule 7 (no state outside `Self`)", "rule 7: no state outside `Self`: a restored checkpoint");
    assert_named(&sync::<STATIC_COUNTER>(), &[outside]);
    assert_named(&sync::<STATIC_LAST>(), &[outside]);
    assert_named(&sync::<THREAD_LOCAL>(), &[outside]);
    assert_named(&sync::<SCENE_COUNTS>(), &[restored]);
    assert_named(&sync::<NOT_SERIALISED>(), &[restored]);
}

#[test]
fn own_state_that_is_not_exact_is_named() {
    assert_named(&fuzz::<OWN_COARSE>(), &["own state must be exact", "another Own than `step` left"]);
    assert_named(&fuzz::<OWN_NAN>(), &["own state (Own)", "holds NaN"]);
}

#[test]
fn extreme_inputs_and_requests_find_panics_and_views_that_are_not_finite() {
    assert_named(&fuzz::<PANICS_AT_EXTREME>(), &["`advance` panicked at tick", "a count has a size"]);
    assert_named(&fuzz::<PANICS_AT_REQUEST>(), &["`step` panicked at tick", "no such item"]);
    assert_named(&fuzz::<VIEW_NOT_FINITE>(), &["the view of player", "is not finite"]);
    assert_named(&fuzz::<EVENT_NOWHERE>(), &["an event at tick", "is near"]);
}
