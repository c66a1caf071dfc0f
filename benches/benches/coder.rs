//! What the codec costs, a row and a step: making the runs of a world once, splicing a frame of them for one client, reading it. The worlds are
//! those of real games: the swarm as it turns, the arena as its own brains play it.
#![allow(clippy::disallowed_types, reason = "a phase is timed apart from what leads up to it")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use snapline_arena::Arena;
use snapline_benches::traces::Trace;
use snapline_benches::worlds::{self, Steer};
use snapline_shared::frame::{Eye, FrameSpec, FrameStats, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::game::{Game, schema};
use snapline_shared::prelude::*;
use snapline_shared::tick::Step;
use snapline_swarm::Swarm;

/// Steps that are recorded and then gone through to and fro.
const STEPS: usize = 64;

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Make,
    Splice,
    Read,
}

/// A world that goes on and one client that sees all of it.
struct Line {
    worlds: Vec<Arc<Rows>>,
    store: Store,
    writer: FrameWriter,
    mirror: Mirror,
    replica: Replica,
    wanted: Vec<Wanted>,
    bytes: Vec<u8>,
    step: usize,
    sums: Sums,
}

/// What went by, over all steps.
#[derive(Default)]
struct Sums {
    steps: u64,
    rows: u64,
    runs: u64,
    bytes: u64,
    time: Duration,
}

impl Line {
    fn new<G: Game>(trace: Trace) -> Self {
        let (schema, rates) = (Arc::new(schema::<G>()), trace.rates);
        let mut line = Self {
            worlds: trace.steps,
            store: Store::new(schema.clone(), rates).expect("good tables"),
            writer: FrameWriter::new(),
            mirror: Mirror::default(),
            replica: Replica::new(&schema, rates).expect("good tables"),
            wanted: Vec::new(),
            bytes: Vec::new(),
            step: 0,
            sums: Sums::default(),
        };
        // The first frame brings everything.
        line.advance(Phase::Read);
        line.sums = Sums::default();
        line
    }

    /// One step through all phases; gives the time of one of them.
    fn advance(&mut self, timed: Phase) -> Duration {
        let round = self.step % (2 * STEPS - 2);
        let rows = &self.worlds[round.min(2 * STEPS - 2 - round)];
        let step = Step(self.step as u32);
        let mut times = [Duration::ZERO; 3];
        self.step += 1;

        let start = Instant::now();
        self.store.push_step(step, rows);
        times[Phase::Make as usize] = start.elapsed();

        self.wanted.clear();
        self.wanted.extend(rows.list().iter().map(|row| Wanted { slot: row.id.slot, enters: true, priority: 0.0 }));
        let eye = Eye::default();
        let (input, wanted) = (Some(Tick(step.0)), self.wanted.as_slice());
        let spec = FrameSpec { ticks_per_step: 2, input, slack: 1, wanted, own: None, eye, bytes_max: 1 << 16 };
        self.bytes.clear();
        let start = Instant::now();
        let stats = self.writer.write(&self.store, &mut self.mirror, &spec, |_| true, &mut self.bytes);
        times[Phase::Splice as usize] = start.elapsed();

        let start = Instant::now();
        let info = black_box(self.replica.read(&self.bytes)).expect("what was written can be read");
        times[Phase::Read as usize] = start.elapsed();

        assert!(info.step == step && !info.check_failed);
        self.note(rows.list().len(), &stats, times[timed as usize]);
        times[timed as usize]
    }

    fn note(&mut self, rows: usize, stats: &FrameStats, time: Duration) {
        self.sums.steps += 1;
        self.sums.rows += rows as u64;
        self.sums.runs += stats.runs as u64;
        self.sums.bytes += self.bytes.len() as u64;
        self.sums.time += time;
    }

    /// The client holds the world as it is.
    fn check(&self) {
        let round = (self.step - 1) % (2 * STEPS - 2);
        let rows = &self.worlds[round.min(2 * STEPS - 2 - round)];
        assert_eq!(self.replica.rows().len(), rows.list().len());
        for (mine, row) in self.replica.rows().iter().zip(rows.list()) {
            assert!(!mine.held && mine.id.slot == row.id.slot && mine.state.words == rows.words(row), "{mine:?}");
        }
    }
}

fn game<G: Game>(criterion: &mut Criterion, trace: Trace) {
    let players = trace.players;
    let mut line = Line::new::<G>(trace);
    let rows = line.worlds[0].list().len();
    let mut group = criterion.benchmark_group(format!("{} with {players} players", G::NAME));
    group.sample_size(30).throughput(Throughput::Elements(rows as u64));
    for (phase, name) in
        [(Phase::Make, "make the runs"), (Phase::Splice, "splice a frame"), (Phase::Read, "read a frame")]
    {
        line.sums = Sums::default();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|steps| (0..steps).map(|_| line.advance(phase)).sum());
        });
        let Sums { steps, rows, runs, bytes, time } = &line.sums;
        // A filter may have left it out.
        if *steps > 0 {
            line.check();
            assert!(
                *rows >= u64::from(players) * steps / 2 && *runs > 0 && bytes > steps,
                "{rows} rows, {runs} runs, {bytes} bytes"
            );
            let each = |of: u64| of as f64 / *steps as f64;
            let ns = time.as_nanos() as f64;
            println!(
                "{:.1} ns a row, {:.1} ns a run; {:.2} bytes a run; a frame: {:.0} rows, {:.0} runs, {:.0} bytes",
                ns / *rows as f64,
                ns / *runs as f64,
                *bytes as f64 / *runs as f64,
                each(*rows),
                each(*runs),
                each(*bytes)
            );
        }
    }
    group.finish();
}

fn coder(criterion: &mut Criterion) {
    for players in [50, 200] {
        let ticks = 2 * STEPS as u32;
        game::<Swarm>(criterion, worlds::swarm(players, 60, Steer::Turning, ticks, 1).strided(2, 0));
        game::<Arena>(criterion, worlds::arena(players, STEPS as u32, 1));
    }
}

criterion_group!(benches, coder);
criterion_main!(benches);
