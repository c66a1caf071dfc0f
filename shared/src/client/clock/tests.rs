use super::*;
use crate::link::{Link, LinkSpec};

const S: u64 = 1_000_000;
const TICK_US: f64 = 1e6 / 60.0;
const GRAIN_US: u64 = 500;

/// What became of an input.
#[derive(Clone, Copy, Debug)]
struct Way {
    due_us: f64,
    sent_us: u64,
    /// Whether its tick was over when it came, and whether a loss had held it up.
    late: bool,
    stalled: bool,
}

/// A clock, a server that reads once a tick and reports every second one, and the links between the two.
struct World {
    clock: Clock,
    now_us: u64,
    up: Link,
    down: Link,
    next_input: Tick,
    /// The server's newest tick, and when the next is due.
    tick: Tick,
    tick_due_us: f64,
    /// Least slack in this half of a second and in the two before it.
    halves: [Option<i8>; 3],
    applied: Option<Tick>,
    ways: Vec<Way>,
    /// Least and largest rate since they were last looked at, and the largest jump of the clock, in ticks.
    rates: (f64, f64),
    jump: f64,
}

impl World {
    /// Over such links; the client takes the round trip for `rtt_us`.
    fn new(spec: LinkSpec, rtt_us: u64, first: Tick, seed: u64) -> Self {
        let clock = Clock::new(0, first, 60, rtt_us);
        let next_input = clock.input_tick(0);
        Self {
            clock,
            now_us: 0,
            up: Link::new(spec, seed),
            down: Link::new(spec, !seed),
            next_input,
            tick: first,
            // Welcome has been on its way.
            tick_due_us: TICK_US - spec.delay_us as f64 % TICK_US,
            halves: [None; 3],
            applied: None,
            ways: Vec::new(),
            rates: (1.0, 1.0),
            jump: 0.0,
        }
        .after_way(spec)
    }

    /// The server has gone on while Welcome was on its way.
    fn after_way(mut self, spec: LinkSpec) -> Self {
        self.tick = self.tick.offset((spec.delay_us as f64 / TICK_US) as i32);
        self
    }

    fn set_spec(&mut self, spec: LinkSpec) {
        for (link, seed) in [(&mut self.up, 77), (&mut self.down, 78)] {
            let mut old = std::mem::replace(link, Link::new(spec, seed));
            while let Some(message) = old.receive(u64::MAX) {
                assert!(link.send(self.now_us, message));
            }
        }
    }

    fn run(&mut self, until_us: u64) {
        while self.now_us < until_us {
            let before = self.clock.at(self.now_us);
            self.now_us += GRAIN_US;
            while let Some(report) = self.down.receive(self.now_us) {
                let [a, b, c, d, slack, in_time] = report[..] else { panic!("a report") };
                let tick = Tick(u32::from_le_bytes([a, b, c, d]));
                self.clock.note_report(self.now_us, Report { tick, slack: slack.cast_signed(), in_time: in_time > 0 });
            }
            let moved = self.clock.at(self.now_us) - before;
            self.jump = self.jump.max((moved - GRAIN_US as f64 / TICK_US).abs());
            let rate = self.clock.rate(self.now_us);
            self.rates = (self.rates.0.min(rate), self.rates.1.max(rate));
            self.send();
            if self.tick_due_us <= self.now_us as f64 {
                self.run_tick();
            }
        }
    }

    /// As a session does.
    fn send(&mut self) {
        let due = self.clock.input_tick(self.now_us);
        if (1..=32).contains(&self.next_input.since(due)) {
            return;
        }
        self.next_input = due.next();
        self.clock.note_sent(self.now_us);
        assert!(self.up.send(self.now_us, due.0.to_le_bytes().to_vec()));
        let (arrives_us, stalled) = (self.up.last_passage().arrives_us, self.up.last_passage().stalled);
        let due_us = self.tick_due_us + f64::from(due.since(self.tick) - 1) * TICK_US;
        self.ways.push(Way {
            due_us,
            sent_us: self.now_us,
            late: arrives_us as f64 > due_us + GRAIN_US as f64,
            stalled,
        });
    }

    fn run_tick(&mut self) {
        self.tick_due_us += TICK_US;
        while let Some(bytes) = self.up.receive(self.now_us) {
            let tick = Tick(u32::from_le_bytes(bytes[..4].try_into().expect("four bytes")));
            let slack = tick.since(self.tick.next());
            let least = slack.clamp(-127, 127) as i8;
            self.halves[0] = Some(self.halves[0].map_or(least, |old| old.min(least)));
            if slack >= 0 && self.applied.is_none_or(|applied| tick.is_after(applied)) {
                self.applied = Some(tick);
            }
        }
        self.tick = self.tick.next();
        if self.tick.0.is_multiple_of(2) {
            let slack = self.halves.iter().flatten().copied().min().unwrap_or(SLACK_NONE);
            // Inputs ahead of the tick are applied at their own.
            let in_time = self.applied.is_some_and(|applied| !self.tick.is_after(applied));
            let mut report = self.tick.0.to_le_bytes().to_vec();
            report.extend([slack.cast_unsigned(), u8::from(in_time)]);
            assert!(self.down.send(self.now_us, report));
        }
        if self.tick.0.is_multiple_of(30) {
            self.halves.rotate_right(1);
            self.halves[0] = None;
        }
        if self.tick.0.is_multiple_of(60) {
            // The server's status says what the way there and back is now.
            let spec_us = self.down.next_arrival_us().map_or(0, |us| us.saturating_sub(self.now_us));
            self.clock.note_rtt(self.now_us, 2 * spec_us + 8_000);
        }
    }

    fn look(&mut self) {
        (self.rates, self.jump) = ((1.0, 1.0), 0.0);
    }

    /// The inputs that were sent between two moments.
    fn between(&self, from_us: u64, until_us: u64) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(move |way| (from_us..until_us).contains(&way.sent_us))
    }

    fn late(&self, from_us: u64, until_us: u64) -> usize {
        self.between(from_us, until_us).filter(|way| way.late).count()
    }

    /// Mean time from the sending of an input to its tick, in ticks.
    fn lead(&self, from_us: u64, until_us: u64) -> f64 {
        let (sum, count) = self
            .between(from_us, until_us)
            .fold((0.0, 0.0), |(sum, count), way| (sum + (way.due_us - way.sent_us as f64) / TICK_US, count + 1.0));
        sum / count
    }
}

fn steady(delay_us: u64) -> LinkSpec {
    LinkSpec { delay_us, ..LinkSpec::NONE }
}

#[test]
fn on_every_link_the_lead_settles_within_seconds_however_wrong_the_first_guess_was() {
    for (name, spec) in LinkSpec::PRESETS {
        for guess_us in [0, 2 * spec.delay_us + spec.jitter_us, 2 * spec.delay_us + 400_000] {
            // Whole ticks of a number that wraps on the way.
            let mut world = World::new(spec, guess_us, Tick(u32::MAX - 600), 3);
            world.run(40 * S);
            let settled: Vec<&Way> = world.between(10 * S, 39 * S).collect();
            let unstalled = settled.iter().filter(|way| way.late && !way.stalled).count();
            let late = settled.iter().filter(|way| way.late).count() as f64 / settled.len() as f64;
            assert!(settled.len() > 1700, "{name} from {guess_us}: {} inputs", settled.len());
            assert!(unstalled * 200 < settled.len(), "{name} from {guess_us}: {unstalled} late");
            let is_calm = spec.loss_per_mille <= 1;
            assert!(!is_calm || late < 0.005, "{name} from {guess_us}: {late}");
            // The way, the wait for the server's look, the tick in reserve, and half a tick of doubt where within the tick the need lies.
            let least = (spec.delay_us + spec.jitter_us) as f64 / TICK_US;
            let lead = world.lead(10 * S, 39 * S);
            assert!(!is_calm || lead < least + 2.0, "{name} from {guess_us}: {lead} ticks for {least}");
        }
    }
}

#[test]
fn a_way_that_grows_by_80_ms_is_followed_at_a_tenth_of_the_rate_and_without_a_jump() {
    let mut world = World::new(steady(20_000), 40_000, Tick(0), 1);
    world.run(10 * S);
    world.look();
    world.set_spec(steady(100_000));
    world.run(20 * S);
    let late = world.late(10 * S, 20 * S);
    // A round trip until it is heard of, the doubt whether it is a lone spike, four ticks at a tenth.
    assert!((30..66).contains(&late), "{late} late");
    assert_eq!(world.late(12 * S, 20 * S), 0, "all of it within 2 s");
    assert!(world.jump < 0.01 && world.rates.1 <= 1.1 && world.rates.0 >= 0.95, "{} {:?}", world.jump, world.rates);
    world.look();
    world.set_spec(steady(20_000));
    world.run(30 * S);
    assert_eq!(world.late(20 * S, 30 * S), 0, "the way back costs nothing");
    assert!(world.jump < 0.01 && world.rates.0 >= 0.9, "{} {:?}", world.jump, world.rates);
    let lead = world.lead(26 * S, 30 * S);
    assert!(lead < 20_000.0 / TICK_US + 2.5, "{lead} ticks of lead six seconds later");
}

#[test]
fn more_than_ten_ticks_are_jumped_and_fewer_are_not() {
    for (more_us, jumps) in [(130_000, false), (250_000, true)] {
        let mut world = World::new(steady(20_000), 40_000, Tick(0), 1);
        world.run(10 * S);
        world.look();
        world.set_spec(steady(20_000 + more_us));
        world.run(20 * S);
        assert_eq!(world.jump > JUMP_TICKS, jumps, "{more_us}: {} ticks", world.jump);
        assert_eq!(world.late(14 * S, 20 * S), 0, "{more_us}");
        let lead = world.lead(15 * S, 20 * S);
        assert!(lead < (20_000 + more_us) as f64 / TICK_US + 2.5, "{more_us}: {lead}");
    }
}

#[test]
fn two_lone_spikes_move_nothing_and_many_are_waited_for() {
    for (spikes, moves) in [(1, false), (2, false), (8, true)] {
        let mut world = World::new(steady(20_000), 40_000, Tick(0), 1);
        world.run(10 * S);
        let before = world.lead(8 * S, 10 * S);
        for _ in 0..spikes {
            // As a retransmission: 150 ms nothing comes, then all at once.
            world.up.freeze(world.now_us + 150_000);
            world.run(world.now_us + 2 * S);
        }
        let after = world.lead(world.now_us - S, world.now_us);
        assert_eq!(after > before + 3.0, moves, "{spikes} spikes: {before} ticks of lead, then {after}");
        assert!(moves || (after - before).abs() < 0.5, "{spikes} spikes: {before}, then {after}");
    }
}

#[test]
fn a_server_that_skipped_ticks_is_jumped_to() {
    let mut world = World::new(steady(20_000), 40_000, Tick(0), 1);
    world.run(10 * S);
    // Four seconds without a tick: they never existed, and inputs are far ahead.
    world.tick_due_us += 4e6;
    world.run(20 * S);
    assert_eq!(world.late(17 * S, 20 * S), 0);
    // A second and a half after the first tick since, all that it reports of is as far ahead.
    for (from_us, until_us) in [(16 * S, 17 * S), (18 * S, 20 * S)] {
        let ahead = world.lead(from_us, until_us);
        assert!(ahead < 20_000.0 / TICK_US + 3.0, "{ahead} ticks of lead from {from_us} on");
    }
}

#[test]
fn an_input_is_due_when_the_clock_stands_at_its_tick() {
    let mut clock = Clock::new(1000, Tick(u32::MAX - 2), 60, 100_000);
    clock.note_report(50_000, Report { tick: Tick(0), slack: 4, in_time: true });
    assert_ne!(clock.rate(51_000), 1.0, "it is on its way to another lead");
    for ahead in 1..200 {
        let tick = clock.input_tick(51_000).offset(ahead);
        let due_us = clock.input_due_us(tick);
        assert_eq!(clock.input_tick(due_us + 1), tick, "{ahead}");
        assert_eq!(clock.input_tick(due_us - 2), tick.offset(-1), "{ahead}");
        let fraction = clock.input_fraction(due_us - 1, tick);
        assert!((0.99..=1.0).contains(&fraction), "{ahead}: {fraction}");
    }
}
