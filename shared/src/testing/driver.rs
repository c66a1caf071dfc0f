//! Thinks up what players do, seeded, and leads one run through it.

use std::collections::BTreeMap;

use super::harness::{Asked, Guest, Outcome, Plan, RING_STEPS, Run, words_of};
use super::sync::{SyncOptions, SyncReport};
use crate::game::{Command, Game};
use crate::ids::PlayerId;
use crate::numbers;
use crate::quant::WordSpec;
use crate::rng::Rng;
use crate::schema::Kind;
use crate::tick::{Seen, Step};
use crate::wire::Wire;

/// Requests of a player in a tick.
const REQUESTS_MAX: u32 = 4;
/// Ticks that a world goes on after its results.
const OVER_TICKS: u32 = 30;
/// Words that are hard on floats and integers alike: none, one, the largest float, infinities, NaN, nought below zero, the ends of integers.
const EXTREMES: [u32; 9] =
    [0, 1, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x8000_0000, 0x7fff_ffff, u32::MAX];

/// How unruly players are: once in how many ticks on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    join: u32,
    leave: u32,
    extreme: u32,
    drop: u32,
}

/// Players as they are, a little hurried.
pub(super) const PLAYERS: Manners = Manners { join: 6, leave: 200, extreme: 16, drop: 300 };
/// Players that nobody would invite.
pub(super) const WILD: Manners = Manners { join: 2, leave: 30, extreme: 2, drop: 50 };

struct Seat<I> {
    guest: Guest,
    input: I,
    connected: bool,
    asked: u32,
}

/// A run and those who play it.
pub(super) struct Driver<'a, G: Game> {
    options: &'a SyncOptions,
    manners: Manners,
    run: Run<'a, G>,
    rng: Rng,
    seats: BTreeMap<PlayerId, Seat<G::Input>>,
    input_layout: Vec<WordSpec>,
    request_layouts: Vec<Vec<WordSpec>>,
    over_for: Option<u32>,
    pub(super) report: SyncReport,
}

impl<'a, G: Game> Driver<'a, G> {
    pub(super) fn new(options: &'a SyncOptions, seed: u64, manners: Manners) -> Result<Self, String> {
        let run = Run::<G>::new(options, seed)?;
        let schema = run.schema();
        let input_layout = schema.input.layout();
        let request_layouts = schema.requests.iter().map(Kind::layout).collect();
        let (rng, seats, report) = (Rng::new(!seed), BTreeMap::new(), SyncReport::default());
        Ok(Self { options, manners, run, rng, seats, input_layout, request_layouts, over_for: None, report })
    }

    /// One tick; gives what was done in it and what came of it.
    pub(super) fn tick(&mut self) -> Result<(Plan<G::Input>, Outcome), String> {
        let mut plan = self.roster();
        let refusals = self.run.seat(&plan)?;
        for (guest, _) in plan.joins.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()) {
            let seat = Seat { guest: guest.clone(), input: G::Input::default(), connected: true, asked: 0 };
            self.seats.insert(guest.player, seat);
        }
        self.play(&mut plan);
        let before = (plan.commands.iter())
            .map(|command| {
                let own = self.run.view(command.player)?.own;
                let once = self.run.advanced(&own, command.input)?;
                Ok((own, once))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let outcome = self.run.step(&plan, refusals)?;
        for (command, (own, once)) in plan.commands.iter().zip(&before) {
            self.check_advance(command, own, once)?;
        }
        self.over_for = self.over_for.map(|ticks| ticks + 1).or(outcome.results.as_ref().map(|_| 0));
        self.count(&plan, &outcome);
        Ok((plan, outcome))
    }

    /// Who goes and who comes.
    fn roster(&mut self) -> Plan<G::Input> {
        let (mut leaves, mut joins, manners) = (Vec::new(), Vec::new(), self.manners);
        let renews = self.over_for.is_some_and(|ticks| ticks >= OVER_TICKS);
        if renews {
            self.over_for = None;
            joins.extend(std::mem::take(&mut self.seats).into_values().map(|seat| seat.guest));
        } else {
            leaves.extend(self.seats.keys().copied().filter(|_| self.rng.one_in(manners.leave)));
            self.seats.retain(|player, _| !leaves.contains(player));
            let free = (0..self.options.players_max).map(PlayerId).filter(|player| !self.seats.contains_key(player));
            for player in free.take(self.rng.below(4) as usize + 1) {
                if self.rng.one_in(manners.join) {
                    joins.push(Guest {
                        player,
                        name: ["", "a", "Ünlü ☃ \u{202e}", "a name of 24 characters."][self.rng.below(4) as usize]
                            .to_owned(),
                        user: self.rng.one_in(3).then(|| format!("user{}", self.rng.below(9))),
                        bot: self.rng.one_in(2),
                    });
                }
            }
        }
        Plan { renews, leaves, joins, commands: Vec::new(), requests: Vec::new() }
    }

    /// What those who have a seat do.
    fn play(&mut self, plan: &mut Plan<G::Input>) {
        let (rng, manners, now) = (&mut self.rng, self.manners, self.run.now);
        let ticks_per_step = self.options.ticks_per_step;
        for (&player, seat) in &mut self.seats {
            seat.connected ^= rng.one_in(if seat.connected { manners.drop } else { 20 });
            let fresh = seat.connected && !rng.one_in(10);
            if !seat.connected {
                seat.input = G::Input::default();
            } else if fresh && rng.one_in(4) {
                seat.input = G::Input::dequantise(&random_words(rng, &self.input_layout, manners.extreme));
            }
            let back = rng.below((RING_STEPS + 2).min(now.0 / ticks_per_step + 1));
            let seen = Seen {
                tick: Step(now.0 / ticks_per_step - back).tick(ticks_per_step),
                fraction: rng.below(256) as u8,
                skipped: rng.below(3) as u8,
            };
            plan.commands.push(Command { player, input: seat.input, seen, fresh, connected: seat.connected });
            if !seat.connected || self.request_layouts.is_empty() || !rng.one_in(8) {
                continue;
            }
            for _ in 0..=rng.below(REQUESTS_MAX) {
                let kind = rng.below(self.request_layouts.len() as u32) as usize;
                let words = random_words(rng, &self.request_layouts[kind], manners.extreme);
                seat.asked += 1;
                plan.requests.push(Asked { player, number: seat.asked, kind, words });
            }
        }
    }

    /// Rules 4 and 5, for one seat; `once` is what `advance` made of its own state before the step.
    fn check_advance(&mut self, command: &Command<G::Input>, own: &G::Own, once: &G::Own) -> Result<(), String> {
        let (player, now) = (command.player, self.run.now);
        let after = self.run.view(player)?.own;
        let numbers = |own: &G::Own| numbers::of_words(&G::Own::KIND, &words_of(own));
        let again = self.run.advanced(own, command.input)?;
        if words_of(&again) != words_of(once) {
            return Err(format!(
                "rule 4: `advance` reads only scene, own and input; at tick {now} the same three gave player {player} \
                 {:?} before `step` and {:?} after it",
                numbers(once),
                numbers(&again)
            ));
        }
        if !self.options.checks_advance || G::touched(&after) != G::touched(own) {
            return Ok(());
        }
        if words_of(&after) == words_of(once) {
            self.report.advanced += 1;
            return Ok(());
        }
        let twice = self.run.advanced(once, command.input)?;
        let what = if words_of(&after) == words_of(own) {
            "did not call it".to_owned()
        } else if words_of(&after) == words_of(&twice) {
            "called it twice".to_owned()
        } else {
            format!(
                "left {:?} where `advance` gives {:?} (whatever else changes own state must change `touched`)",
                numbers(&after),
                numbers(once)
            )
        };
        Err(format!(
            "rule 5: `step` calls `advance` exactly once for each command; at tick {now} for player {player} it {what}"
        ))
    }

    fn count(&mut self, plan: &Plan<G::Input>, outcome: &Outcome) {
        let report = &mut self.report;
        let refused = outcome.refusals.iter().flatten().count() as u64;
        report.ticks += 1;
        report.joins += plan.joins.len() as u64 - refused;
        report.refused += refused;
        report.leaves += plan.leaves.len() as u64;
        report.commands += plan.commands.len() as u64;
        report.requests += plan.requests.len() as u64;
        report.rows += outcome.rows.len() as u64;
        report.events += outcome.events.len() as u64;
        report.accepted += outcome.replies.iter().filter(|(_, _, answer)| answer.is_ok()).count() as u64;
        report.matches += u64::from(plan.renews);
    }
}

/// Words that a peer may send: anything within the layout. `extreme`: once in how many a word from the edge.
fn random_words(rng: &mut Rng, layout: &[WordSpec], extreme: u32) -> Vec<u32> {
    let word = |spec: &WordSpec| {
        let last = (spec.modulus - 1) as u32;
        if rng.one_in(extreme) {
            return match rng.below(EXTREMES.len() as u32 + 1) as usize {
                at if at < EXTREMES.len() && EXTREMES[at] <= last => EXTREMES[at],
                _ => last,
            };
        }
        ((u64::from(rng.bits()) * spec.modulus) >> 32) as u32
    };
    layout.iter().map(word).collect()
}
