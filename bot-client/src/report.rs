//! What comes out of a run: a verdict, and JSON for programs. Keys are added to the JSON, never renamed or taken out.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use snapline_shared::client;

use crate::brains::Play;
use crate::load::Load;
use crate::samples::Samples;
use crate::series::Moment;
use crate::server_use::ServerUse;

/// Different reasons that are listed; the words may be the server's, so there could be one for every bot.
const REASONS_MAX: usize = 16;
/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 160;
/// Under what the reasons past the limit are counted.
const REASON_OTHER: &str = "other reasons";

/// Share of their threads' time from which on the bots themselves are what is slow.
const BUSY_SHARE: f64 = 0.9;

/// What a run measured. Times and bytes are of the time of play alone, faults of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Who came and who went.
    pub bots: Bots,
    /// Length of the time of play; less than asked when the run was ended early.
    pub seconds: f64,
    /// The seed of the run.
    pub seed: u64,
    /// Who played.
    pub play: Play,
    /// Snapshots that the bots applied.
    pub snapshots: u64,
    /// Payload bytes of a snapshot.
    pub bytes_per_client_tick: Spread,
    /// From a snapshot's sending to its ack, as the server says in its Status notices.
    pub rtt_ms: Percentiles,
    /// From an input's sending to the first snapshot that applied it.
    pub echo_ms: Percentiles,
    /// From a bot's own reset of its connection to the first snapshot that it applied after it.
    pub resume_ms: Percentiles,
    /// Connections that came back to their seats.
    pub resumes: u64,
    /// Messages of the server that did not decode.
    pub decode_errors: u64,
    /// Checks that failed: what a bot held was not what the server thought it held.
    pub desyncs: u64,
    /// Inputs that the server said came too late.
    pub starved_ticks: u64,
    /// Inputs that the server went without although they were sent; of whole clients alone.
    pub late_inputs: LateInputs,
    /// Snapshots whose own state could be compared with what a brain's client had predicted.
    pub compared: u64,
    /// How often prediction and server disagreed.
    pub mispredictions: Mispredictions,
    /// Rows known after a snapshot.
    pub visible: Visible,
    /// What this process itself spent.
    pub cpu: Cpu,
    /// What light bots measured beside.
    pub load: Load,
    /// What the server's process spent, when it is on this machine and was found.
    pub server: Option<ServerUse>,
    /// How the run went over time, in at most 300 spans.
    pub series: Vec<Moment>,
    /// How many snapshots were late by up to so many milliseconds, and by more than the pair before says.
    pub late_counts: Vec<(f64, u64)>,
}

/// Who came and who went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bots {
    /// How many were to play.
    pub asked: u32,
    /// How many the room welcomed.
    pub joined: u32,
    /// Sockets that the server ended, by close code; a TCP end without a close frame counts as 1006.
    pub dropped: BTreeMap<u16, u64>,
    /// Bots that played for a second or more, were not dropped, and never got a snapshot.
    pub silent: u32,
    /// What went wrong with how many bots, in words; at most 16 different reasons.
    pub reasons: BTreeMap<String, u64>,
}

/// Mean and percentiles; null when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Sum over count, exact.
    pub mean: Option<f64>,
    /// Half of the samples are at most this.
    pub p50: Option<f64>,
    /// All but one in a hundred samples are at most this.
    pub p99: Option<f64>,
}

/// Percentiles; null when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of the samples are at most this.
    pub p50: Option<f64>,
    /// All but one in a hundred samples are at most this.
    pub p99: Option<f64>,
}

/// Predicted states that the server's differed from, by cause; 0 for bots that steer by the schema, for they do not predict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mispredictions {
    /// An input came too late to be applied.
    pub late: u64,
    /// The game did something to the player.
    pub touched: u64,
    /// Neither: a fault.
    pub unexplained: u64,
}

impl Mispredictions {
    pub(crate) const fn add(&mut self, more: client::Mispredictions) {
        self.late += more.late;
        self.touched += more.touched;
        self.unexplained += more.unexplained;
    }
}

/// Inputs that came too late, as far as snapshots show: a lone one between two snapshots may be missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateInputs {
    /// All of them.
    pub count: u64,
    /// Those that were stuck behind a retransmission of the simulated link: no clock could have known.
    pub stalled: u64,
}

impl LateInputs {
    pub(crate) const fn add(&mut self, more: client::LateInputs) {
        self.count += more.count;
        self.stalled += more.stalled;
    }
}

/// CPU time of this process during the time of play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cpu {
    /// Of all threads together; null where the system does not tell.
    pub seconds: Option<f64>,
    /// Threads that the bots run on.
    pub threads: u32,
}

/// How much of the world a bot knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Visible {
    /// Rows a snapshot; null when there was none.
    pub mean: Option<f64>,
}

impl Report {
    /// The report of what the bots brought home.
    pub(crate) fn new(asked: u32, seed: u64, seconds: f64, tally: Tally, samples: &Samples) -> Self {
        let mean = |sum: u64| (samples.snapshots > 0).then(|| round(sum as f64 / samples.snapshots as f64));
        let Percentiles { p50, p99 } = percentiles(&samples.bytes, 1.0);
        // In a run that is ended at once, the first snapshot may still be on its way.
        let silent = if seconds < 1.0 { 0 } else { tally.silent };
        Self {
            bots: Bots { asked, joined: tally.joined, dropped: tally.dropped, silent, reasons: tally.reasons },
            seconds: round(seconds),
            seed,
            snapshots: samples.snapshots,
            bytes_per_client_tick: Spread { mean: mean(samples.snapshot_bytes), p50, p99 },
            rtt_ms: percentiles(&samples.rtt_ms, 1.0),
            echo_ms: percentiles(&samples.echo_us, 1000.0),
            resume_ms: percentiles(&samples.resume_us, 1000.0),
            resumes: tally.resumes,
            decode_errors: tally.decode_errors,
            desyncs: tally.desyncs,
            starved_ticks: tally.starved_ticks,
            late_inputs: tally.late_inputs,
            compared: tally.compared,
            mispredictions: tally.mispredictions,
            visible: Visible {
                mean: (samples.rows_snapshots > 0).then(|| round(samples.rows as f64 / samples.rows_snapshots as f64)),
            },
            load: Load::new(samples),
            late_counts: late_counts(&samples.late_us),
            ..Self::default()
        }
    }

    /// What must not happen and did, in words; empty for a good run.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let missing = u64::from(self.bots.asked.saturating_sub(self.bots.joined));
        [
            (missing, "not joined"),
            (self.bots.dropped.values().sum(), "dropped"),
            (self.bots.silent.into(), "without a snapshot"),
            (self.decode_errors, "not decoded"),
            (self.desyncs, "desyncs"),
            (self.mispredictions.unexplained, "unexplained mispredictions"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect()
    }

    /// Whether the bots had hardly a moment left on their threads, or sent late by themselves: then times and rates are theirs rather than the server's.
    #[must_use]
    pub fn bots_were_busy(&self) -> bool {
        let available = self.seconds * f64::from(self.cpu.threads);
        let all_busy = self.cpu.seconds.is_some_and(|spent| available > 0.0 && spent > BUSY_SHARE * available);
        all_busy || self.load.busy_share.is_some_and(|share| share > BUSY_SHARE) || self.load.slipped()
    }

    /// Whether the server keeps up: a good run without a skipped tick, 99 of 100 snapshots less late than that, and the bots not busy themselves.
    #[must_use]
    pub fn keeps_up(&self, late_ms_max: f64) -> bool {
        let in_time = self.load.late_ms.p99.is_some_and(|ms| ms < late_ms_max);
        self.is_good() && in_time && self.load.skipped_ticks == 0 && !self.bots_were_busy()
    }

    /// Whether every bot joined, none was dropped, each got snapshots, and all messages decoded to what the server meant.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults().is_empty()
    }

    /// The report as JSON, with a line feed at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain structs with text keys: serialising to memory has no way to fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// From a tenth of a millisecond, each by half as much again.
fn late_counts(histogram: &Histogram<u64>) -> Vec<(f64, u64)> {
    let pairs = histogram.iter_log(100, 1.5);
    pairs.map(|at| (round(at.value_iterated_to() as f64 / 1000.0), at.count_since_last_iteration())).collect()
}

pub(crate) fn percentiles(histogram: &Histogram<u64>, unit: f64) -> Percentiles {
    let at = |quantile| (!histogram.is_empty()).then(|| round(histogram.value_at_quantile(quantile) as f64 / unit));
    Percentiles { p50: at(0.5), p99: at(0.99) }
}

/// To three decimals, all that means anything.
pub(crate) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The fates of the bots, counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) joined: u32,
    pub(crate) silent: u32,
    pub(crate) dropped: BTreeMap<u16, u64>,
    pub(crate) reasons: BTreeMap<String, u64>,
    pub(crate) resumes: u64,
    pub(crate) decode_errors: u64,
    pub(crate) desyncs: u64,
    pub(crate) starved_ticks: u64,
    pub(crate) late_inputs: LateInputs,
    pub(crate) compared: u64,
    pub(crate) mispredictions: Mispredictions,
}

impl Tally {
    /// Counts one more bot whose socket the server ended.
    pub(crate) fn add_dropped(&mut self, code: u16, words: &str) {
        *self.dropped.entry(code).or_default() += 1;
        self.add_reason(&format!("{code} {words}"));
    }

    /// Adds what became of others.
    pub(crate) fn merge(&mut self, other: Self) {
        self.joined += other.joined;
        self.silent += other.silent;
        other.dropped.into_iter().for_each(|(code, count)| *self.dropped.entry(code).or_default() += count);
        for (words, count) in other.reasons {
            let known = self.reasons.contains_key(&words) || self.reasons.len() < REASONS_MAX - 1;
            *self.reasons.entry(if known { words } else { REASON_OTHER.to_owned() }).or_default() += count;
        }
        self.resumes += other.resumes;
        self.late_inputs.count += other.late_inputs.count;
        self.late_inputs.stalled += other.late_inputs.stalled;
        self.decode_errors += other.decode_errors;
        self.desyncs += other.desyncs;
        self.starved_ticks += other.starved_ticks;
        self.compared += other.compared;
        self.mispredictions.late += other.mispredictions.late;
        self.mispredictions.touched += other.mispredictions.touched;
        self.mispredictions.unexplained += other.mispredictions.unexplained;
    }

    /// Counts one more bot that went wrong in this way.
    pub(crate) fn add_reason(&mut self, words: &str) {
        // The words may come from the network and go to a terminal.
        let words = words.chars().take(REASON_CHARS_MAX);
        let words: String = words.map(|letter| if letter.is_control() { '?' } else { letter }).collect();
        let known = self.reasons.contains_key(&words) || self.reasons.len() < REASONS_MAX - 1;
        *self.reasons.entry(if known { words } else { REASON_OTHER.to_owned() }).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::client::Arrival;

    fn report() -> Report {
        let mut samples = Samples::new();
        for bytes in 1..=100 {
            let echo_us = (bytes <= 50).then_some(1500);
            samples.add_arrival(&Arrival { bytes, rows: 3, echo_us, ..Arrival::default() });
        }
        samples.add_rtt_ms(12);
        Report::new(2, 9, 2.000_04, Tally { joined: 2, ..Tally::default() }, &samples)
    }

    #[test]
    fn figures_are_those_of_the_samples() {
        let report = report();
        assert_eq!((report.snapshots, report.seconds, report.seed), (100, 2.0, 9));
        assert_eq!(report.bytes_per_client_tick, Spread { mean: Some(50.5), p50: Some(50.0), p99: Some(99.0) });
        assert_eq!(report.rtt_ms, Percentiles { p50: Some(12.0), p99: Some(12.0) });
        assert_eq!(report.echo_ms, Percentiles { p50: Some(1.5), p99: Some(1.5) });
        assert_eq!(report.visible.mean, Some(3.0));
        assert!(report.is_good());
    }

    #[test]
    fn json_keys_are_the_published_ones() {
        let mut report = report();
        report.bots.dropped.insert(1006, 4);
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        for path in [
            "/bots/asked",
            "/bots/joined",
            "/bots/dropped/1006",
            "/seconds",
            "/snapshots",
            "/bytes_per_client_tick/mean",
            "/bytes_per_client_tick/p50",
            "/bytes_per_client_tick/p99",
            "/rtt_ms/p50",
            "/rtt_ms/p99",
            "/echo_ms/p50",
            "/echo_ms/p99",
            "/resumes",
            "/decode_errors",
            "/desyncs",
            "/mispredictions/late",
            "/mispredictions/touched",
            "/mispredictions/unexplained",
            "/compared",
            "/starved_ticks",
            "/late_inputs/count",
            "/late_inputs/stalled",
            "/cpu/threads",
            "/visible/mean",
        ] {
            assert!(json.pointer(path).is_some_and(serde_json::Value::is_number), "{path} in {json}");
        }
    }

    #[test]
    fn nothing_measured_is_null_and_not_zero() {
        let report = Report::new(1, 0, 0.0, Tally { joined: 1, ..Tally::default() }, &Samples::new());
        assert_eq!((report.bytes_per_client_tick, report.rtt_ms), (Spread::default(), Percentiles::default()));
        assert!(report.to_json().contains("\"mean\": null"));
    }

    #[test]
    fn bots_without_a_moment_left_say_so() {
        let report =
            |cpu_s, threads| Report { seconds: 10.0, cpu: Cpu { seconds: cpu_s, threads }, ..Report::default() };
        assert!(report(Some(18.1), 2).bots_were_busy() && report(Some(9.1), 1).bots_were_busy());
        assert!(!report(Some(18.0), 2).bots_were_busy() && !report(None, 2).bots_were_busy());
        assert!(!Report { seconds: 0.0, ..report(Some(1.0), 1) }.bots_were_busy());
    }

    #[test]
    fn silence_counts_from_a_second_on() {
        let report =
            |seconds| Report::new(1, 0, seconds, Tally { joined: 1, silent: 1, ..Tally::default() }, &Samples::new());
        assert_eq!((report(0.999).faults().len(), report(1.0).faults().len()), (0, 1));
    }

    #[test]
    fn every_fault_makes_a_run_bad() {
        let good = report();
        let mut dropped = good.clone();
        dropped.bots.dropped.insert(4103, 1);
        let mut missing = good.clone();
        missing.bots.joined = 1;
        let mut silent = good.clone();
        silent.bots.silent = 1;
        let unexplained = Mispredictions { unexplained: 1, ..Mispredictions::default() };
        for (bad, words) in [
            (dropped, "1 dropped"),
            (missing, "1 not joined"),
            (silent, "1 without a snapshot"),
            (Report { decode_errors: 1, ..good.clone() }, "1 not decoded"),
            (Report { desyncs: 1, ..good.clone() }, "1 desyncs"),
            (Report { mispredictions: unexplained, ..good.clone() }, "1 unexplained mispredictions"),
        ] {
            assert_eq!(bad.faults(), [words]);
            assert!(!bad.is_good());
        }
    }

    #[test]
    fn reasons_are_bounded_and_safe_to_print() {
        let mut tally = Tally::default();
        for number in 0..100 {
            tally.add_reason(&format!("reason {number} \u{1b}[2J {}", "x".repeat(1000)));
        }
        tally.add_reason("reason 0");
        assert_eq!(tally.reasons.len(), REASONS_MAX);
        assert_eq!(tally.reasons.values().sum::<u64>(), 101);
        assert!(
            tally.reasons.keys().all(|words| words.chars().count() <= REASON_CHARS_MAX && !words.contains('\u{1b}'))
        );
    }
}
