//! Joins the traces of a server and of its bots: where the time of an input goes, from the moment it is decided to the moment it is drawn.
//!
//! Lines are matched by room, epoch, seat and tick. Their times are told by the clock of 1970, so both traces must be of one machine, or of machines
//! whose clocks agree to well under a millisecond.

use std::collections::BTreeMap;
use std::fmt;
use std::io::BufRead;

use serde::Deserialize;

/// A line of the server's trace, as far as it is needed.
#[derive(Deserialize)]
struct TickLine {
    room: String,
    epoch: u32,
    tick: u32,
    at_us: u64,
    inputs: Vec<Arrival>,
}

#[derive(Clone, Copy, Deserialize)]
struct Arrival {
    player: u16,
    tick: u32,
    slack: i32,
    applied: bool,
}

/// A line of a bot's trace.
#[derive(Deserialize)]
struct BotLine {
    room: String,
    player: u16,
    epoch: u32,
    tick: u32,
    input: Option<InputPart>,
    snapshot: Option<SnapshotPart>,
}

#[derive(Clone, Copy, Deserialize)]
struct InputPart {
    count: u32,
    sampled_us: u64,
    sent_us: u64,
    stalled: bool,
    drawn: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
struct SnapshotPart {
    arrived_us: u64,
}

/// The last line of a trace that has left lines out.
#[derive(Deserialize)]
struct Dropped {
    dropped: u64,
}

/// Room (by number), epoch, seat.
type Seat = (usize, u32, u16);

/// What one seat has sent, got and drawn, in order of time.
#[derive(Default)]
struct Player {
    inputs: Vec<(u32, InputPart)>,
    /// Tick, and when it had come.
    snapshots: Vec<(u32, u64)>,
    /// What was drawn, in ticks, and when.
    drawn: Vec<(f64, u64)>,
}

impl Player {
    /// When the first snapshot had come that shows `tick`.
    fn shown_us(&self, tick: u32) -> Option<u64> {
        let at = self.snapshots.partition_point(|(shown, _)| *shown < tick);
        self.snapshots.get(at).map(|(_, at_us)| *at_us)
    }

    /// When what is drawn reached `tick`, between the two looks before and after.
    fn drawn_us(&self, tick: u32) -> Option<f64> {
        let tick = f64::from(tick);
        let at = self.drawn.partition_point(|(drawn, _)| *drawn < tick);
        let (after, after_us) = *self.drawn.get(at)?;
        let (before, before_us) = *self.drawn.get(at.checked_sub(1)?)?;
        Some(before_us as f64 + (tick - before) / (after - before) * (after_us - before_us) as f64)
    }
}

/// Two traces in one.
#[derive(Default)]
pub struct Traces {
    rooms: Vec<String>,
    /// When each tick began.
    ticks: BTreeMap<(usize, u32, u32), u64>,
    /// By seat and tick: when it was read, by how many ticks it was early, whether it was applied.
    arrivals: BTreeMap<(Seat, u32), (u64, Arrival)>,
    players: BTreeMap<Seat, Player>,
    dropped: u64,
}

/// The parts of an input's way, in order.
const STAGES: [&str; 7] = [
    "decided to sent",
    "sent to read by the server",
    "read to applied (slack)",
    "applied to shown: the first snapshot here",
    "shown to drawn, as others are",
    "all: decided to shown",
    "all: decided to drawn",
];

/// Where the time of inputs went.
#[derive(Debug, Default)]
pub struct Joined {
    /// Inputs that bots have sent.
    pub inputs: usize,
    /// Those that the server applied at their ticks.
    pub applied: usize,
    /// Those that came after their ticks.
    pub late: usize,
    /// Those among the late that were behind a simulated retransmission.
    pub stalled: usize,
    /// Lines that the traces have left out.
    pub dropped: u64,
    /// Milliseconds by stage, each in ascending order.
    stages: [Vec<f64>; STAGES.len()],
    /// Whole ticks that applied inputs were early by, in ascending order.
    slack: Vec<f64>,
}

impl Traces {
    /// Adds a server's trace.
    ///
    /// # Errors
    /// When a line is not one of it.
    pub fn add_server(&mut self, lines: impl BufRead) -> Result<(), String> {
        for line in lines.lines() {
            let Some(TickLine { room, epoch, tick, at_us, inputs }) = self.parse(&text(line)?)? else { continue };
            let room = self.room(&room);
            self.ticks.insert((room, epoch, tick), at_us);
            for arrival in inputs {
                // A second one for the same tick is not applied.
                self.arrivals.entry(((room, epoch, arrival.player), arrival.tick)).or_insert((at_us, arrival));
            }
        }
        Ok(())
    }

    /// Adds a trace of bots.
    ///
    /// # Errors
    /// When a line is not one of it.
    pub fn add_bots(&mut self, lines: impl BufRead) -> Result<(), String> {
        for line in lines.lines() {
            let Some(BotLine { room, player, epoch, tick, input, snapshot }) = self.parse(&text(line)?)? else {
                continue;
            };
            let seat = (self.room(&room), epoch, player);
            let player = self.players.entry(seat).or_default();
            if let Some(SnapshotPart { arrived_us }) = snapshot {
                player.snapshots.push((tick, arrived_us));
            }
            let Some(input) = input else { continue };
            player.inputs.push((tick, input));
            // Drawn time that has jumped back shows again what was drawn.
            let newest = player.drawn.last().map_or(f64::NEG_INFINITY, |(drawn, _)| *drawn);
            player.drawn.extend(input.drawn.filter(|drawn| *drawn > newest).map(|drawn| (drawn, input.sent_us)));
        }
        Ok(())
    }

    /// The line, none when it tells how many lines are missing.
    fn parse<'a, L: Deserialize<'a>>(&mut self, line: &'a str) -> Result<Option<L>, String> {
        match serde_json::from_str(line) {
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                let Dropped { dropped } = serde_json::from_str(line).map_err(|_| format!("{line:.80}: {error}"))?;
                self.dropped += dropped;
                Ok(None)
            }
        }
    }

    fn room(&mut self, name: &str) -> usize {
        self.rooms.iter().position(|room| room == name).unwrap_or_else(|| {
            self.rooms.push(name.to_owned());
            self.rooms.len() - 1
        })
    }

    /// Matches them.
    #[must_use]
    pub fn join(&self) -> Joined {
        let mut joined = Joined { dropped: self.dropped, ..Joined::default() };
        for (&seat, player) in &self.players {
            for &(newest, input) in &player.inputs {
                for back in (0..input.count).rev() {
                    self.follow(seat, player, newest.wrapping_sub(back), &input, &mut joined);
                }
            }
        }
        joined.stages.iter_mut().chain([&mut joined.slack]).for_each(|all| all.sort_by(f64::total_cmp));
        joined
    }

    /// One input on its way.
    fn follow(&self, seat: Seat, player: &Player, tick: u32, input: &InputPart, joined: &mut Joined) {
        joined.inputs += 1;
        let Some((read_us, arrival)) = self.arrivals.get(&(seat, tick)) else { return };
        if arrival.slack < 0 {
            joined.late += 1;
            joined.stalled += usize::from(input.stalled);
        }
        if !arrival.applied {
            return;
        }
        joined.applied += 1;
        joined.slack.push(arrival.slack.into());
        let applied_us = self.ticks.get(&(seat.0, seat.1, tick)).map(|&us| us as f64);
        let (sampled_us, sent_us, read_us) = (input.sampled_us as f64, input.sent_us as f64, *read_us as f64);
        let shown_us = player.shown_us(tick).map(|us| us as f64);
        let drawn_us = player.drawn_us(tick);
        let ways = [
            (Some(sampled_us), Some(sent_us)),
            (Some(sent_us), Some(read_us)),
            (Some(read_us), applied_us),
            (applied_us, shown_us),
            (shown_us, drawn_us),
            (Some(sampled_us), shown_us),
            (Some(sampled_us), drawn_us),
        ];
        for (stage, (from_us, to_us)) in joined.stages.iter_mut().zip(ways) {
            stage.extend(from_us.zip(to_us).map(|(from_us, to_us)| (to_us - from_us) / 1000.0));
        }
    }
}

fn text(line: std::io::Result<String>) -> Result<String, String> {
    line.map_err(|error| error.to_string())
}

impl Joined {
    /// Stage number `stage` (in the order of the table) at this share of the inputs, in milliseconds.
    #[must_use]
    pub fn ms(&self, stage: usize, share: f64) -> Option<f64> {
        at(self.stages.get(stage)?, share)
    }
}

fn at(sorted: &[f64], share: f64) -> Option<f64> {
    sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied()
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inputs, applied, late, stalled, dropped, .. } = self;
        let share = 100.0 * *late as f64 / (*inputs).max(1) as f64;
        writeln!(f, "{inputs} inputs, {applied} applied, {late} late ({share:.2} %), {stalled} of them behind a loss")?;
        if *dropped > 0 {
            writeln!(f, "{dropped} lines are missing: the disk was too slow for them")?;
        }
        writeln!(f, "{:44}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}", "milliseconds", "p1", "p50", "p90", "p99", "max", "inputs")?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, all: &[f64]| {
            write!(f, "{name:44}")?;
            for share in [0.01, 0.5, 0.9, 0.99, 1.0] {
                match at(all, share) {
                    Some(value) => write!(f, "{value:>8.1}")?,
                    None => write!(f, "{:>8}", "-")?,
                }
            }
            writeln!(f, "{:>9}", all.len())
        };
        for (name, all) in STAGES.iter().zip(&self.stages) {
            row(f, name, all)?;
        }
        row(f, "slack, ticks", &self.slack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = r#"{"room":"a","epoch":1,"tick":10,"at_us":1000000,"took_us":1,"inputs":[{"player":3,"tick":12,"slack":2,"applied":true}]}
{"room":"a","epoch":1,"tick":11,"at_us":1016000,"inputs":[{"player":3,"tick":9,"slack":-2,"applied":false}]}
{"room":"a","epoch":1,"tick":12,"at_us":1032000,"inputs":[]}
{"room":"b","epoch":1,"tick":12,"at_us":9,"inputs":[{"player":3,"tick":12,"slack":0,"applied":true}]}
{"dropped":4}
"#;
    const BOTS: &str = r#"{"bot":0,"room":"a","player":3,"epoch":1,"tick":9,"input":{"count":1,"sampled_us":970000,"sent_us":970000,"stalled":true,"drawn":null}}
{"bot":0,"room":"a","player":3,"epoch":1,"tick":12,"input":{"count":1,"sampled_us":989000,"sent_us":990000,"stalled":false,"drawn":6.0}}
{"bot":0,"room":"a","player":3,"epoch":1,"tick":11,"snapshot":{"arrived_us":1020000}}
{"bot":0,"room":"a","player":3,"epoch":1,"tick":13,"snapshot":{"arrived_us":1050000}}
{"bot":0,"room":"a","player":3,"epoch":1,"tick":13,"input":{"count":1,"sampled_us":1090000,"sent_us":1090000,"stalled":false,"drawn":11.0}}
{"bot":0,"room":"a","player":3,"epoch":1,"tick":14,"input":{"count":1,"sampled_us":1110000,"sent_us":1110000,"stalled":false,"drawn":13.0}}
"#;

    #[test]
    fn an_input_is_followed_from_its_decision_to_its_picture() {
        let mut traces = Traces::default();
        traces.add_server(SERVER.as_bytes()).expect("a server's trace");
        traces.add_bots(BOTS.as_bytes()).expect("a trace of bots");
        let joined = traces.join();
        assert_eq!((joined.inputs, joined.applied, joined.late, joined.stalled, joined.dropped), (4, 1, 1, 1, 4));
        let ms: Vec<_> = (0..STAGES.len()).map(|stage| joined.ms(stage, 0.5)).collect();
        assert_eq!(ms, [1.0, 10.0, 32.0, 18.0, 50.0, 61.0, 111.0].map(Some));
        let table = joined.to_string();
        assert!(
            table.starts_with("4 inputs, 1 applied, 1 late (25.00 %), 1 of them behind a loss\n4 lines are missing")
        );
        assert!(table.ends_with("     2.0     2.0     2.0     2.0     2.0        1\n"), "{table}");
    }

    #[test]
    fn what_is_no_trace_is_said_in_words() {
        let words = Traces::default().add_server(BOTS.as_bytes()).expect_err("it is the other one");
        assert!(words.contains("missing field `at_us`"), "{words}");
        assert_eq!(Traces::default().join().ms(0, 0.5), None);
    }
}
