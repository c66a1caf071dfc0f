//! What one process brings home of a run, and how several make one report.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use crate::brains::Play;
use crate::light;
use crate::options::Options;
use crate::report::{Cpu, Report, Tally, round};
use crate::samples::Samples;
use crate::series::{Moment, Series, span_s};
use crate::server_use::{Reading, ServerUse};

/// What one process measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) seconds: f64,
    pub(crate) cpu_s: Option<f64>,
    pub(crate) threads: u32,
    pub(crate) play: Play,
    pub(crate) tally: Tally,
    pub(crate) samples: Samples,
    pub(crate) watch: Watch,
    /// Length of the light bots' time of play, and share of it that their thread was busy.
    pub(crate) light_s: f64,
    pub(crate) busy: Option<f64>,
}

impl Part {
    pub(crate) fn add_light(&mut self, light: light::Outcome) {
        self.samples.merge(&light.samples);
        self.tally.merge(light.tally);
        self.light_s = light.played_s;
        self.busy = light.cpu_s.filter(|_| light.played_s > 0.0).map(|cpu_s| cpu_s / light.played_s);
    }

    /// The report of all parts; the server's figures are those of the first.
    pub(crate) fn report(options: &Options, parts: Vec<Self>) -> Report {
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else { return Report::default() };
        for part in parts {
            all.samples.merge(&part.samples);
            all.tally.merge(part.tally);
            all.seconds = all.seconds.max(part.seconds);
            all.light_s = all.light_s.max(part.light_s);
            all.threads += part.threads;
            all.cpu_s = all.cpu_s.zip(part.cpu_s).map(|(mine, theirs)| mine + theirs);
            all.busy = all.busy.into_iter().chain(part.busy).reduce(f64::max);
        }
        let (joined, snapshots) = (all.tally.joined, all.samples.snapshots);
        let asked = options.numbers().count() as u32;
        let light = options.numbers().filter(|&number| !options.is_full(number)).count() as u32;
        let report = Report::new(asked, options.seed, all.seconds, all.tally, &all.samples);
        Report {
            play: all.play,
            cpu: Cpu { seconds: all.cpu_s.map(round), threads: all.threads },
            load: report.load.of_light(light, &all.samples, all.light_s, all.busy),
            server: all.watch.server_use(snapshots, joined),
            series: moments(&all.samples.series, &all.watch, span_s(options.seconds), all.seconds),
            ..report
        }
    }
}

/// Follows the server's process while the bots play.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Watch {
    pid: Option<u32>,
    span_s: u32,
    before: Option<Reading>,
    /// At the beginning of play, at the end of each span, and at the end.
    readings: Vec<Reading>,
    ended: Option<Reading>,
}

impl Watch {
    /// Of process `pid`, before the first bot has come.
    pub(crate) fn new(pid: Option<u32>, span_s: u32) -> Self {
        Self { pid, span_s, before: pid.and_then(Reading::of), readings: Vec::new(), ended: None }
    }

    /// Reads at the beginning and at the end of each span; never done.
    pub(crate) async fn follow(&mut self) {
        let start = Instant::now();
        for span in 0u32.. {
            sleep_until(start + Duration::from_secs((span * self.span_s).into())).await;
            self.readings.extend(self.pid.and_then(Reading::of));
        }
    }

    /// Play is over.
    pub(crate) fn end(&mut self) {
        self.ended = self.pid.and_then(Reading::of);
    }

    fn server_use(&self, snapshots: u64, joined: u32) -> Option<ServerUse> {
        let readings = [self.before?, *self.readings.first()?, self.ended?];
        Some(ServerUse::new(self.pid?, readings, snapshots, joined))
    }

    /// CPU during a span, in seconds, and memory at its end.
    fn during(&self, span: usize) -> Option<(f64, u64)> {
        let (began, ended) = (self.readings.get(span)?, self.readings.get(span + 1).or(self.ended.as_ref())?);
        Some((ended.user_s + ended.system_s - began.user_s - began.system_s, ended.rss_kib))
    }
}

fn moments(series: &Series, watch: &Watch, span_s: u32, seconds: f64) -> Vec<Moment> {
    let moment = |(&number, span): (&u32, &crate::series::Span)| {
        let began_s = f64::from(number * span_s);
        let length_s = (seconds - began_s).min(span_s.into());
        // What is left after the last whole span says nothing of a rate.
        if length_s < 0.5 * f64::from(span_s) {
            return None;
        }
        let rate = |count: u64| round(count as f64 / length_s);
        let server = watch.during(number as usize);
        let late = |quantile| {
            (!span.late_us.is_empty()).then(|| round(span.late_us.value_at_quantile(quantile) as f64 / 1000.0))
        };
        Some(Moment {
            at_s: (number + 1) * span_s,
            snapshots_hz: rate(span.snapshots),
            kbit: round(rate(span.bytes) * 8.0 / 1000.0),
            late_p50_ms: late(0.5),
            late_p99_ms: late(0.99),
            late_max_ms: late(1.0),
            server_cpu_us: server
                .filter(|_| span.snapshots > 0)
                .map(|(cpu_s, _)| round(cpu_s * 1e6 / span.snapshots as f64)),
            server_rss_kib: server.map(|(_, rss_kib)| rss_kib),
        })
    };
    series.0.iter().filter_map(moment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::LateInputs;

    fn part(late_us: u64) -> Part {
        let mut samples = Samples::new();
        for n in 0..100u64 {
            samples.span = n as u32 / 50;
            samples.add_snapshot(40);
            samples.add_late(0.0, late_us + n, n != 7);
        }
        let tally = Tally {
            joined: 2,
            dropped: [(1006, 1)].into(),
            resumes: 1,
            desyncs: 2,
            starved_ticks: 3,
            late_inputs: LateInputs { count: 5, stalled: 4 },
            ..Tally::default()
        };
        let watch = Watch { pid: None, span_s: 1, before: None, readings: Vec::new(), ended: None };
        let play = Play::default();
        Part { seconds: 2.0, cpu_s: Some(0.5), threads: 1, play, tally, samples, watch, light_s: 2.0, busy: Some(0.25) }
    }

    #[test]
    fn whole_clients_tell_lateness_where_no_light_bot_does() {
        use snapline_shared::client::{Arrival, Lateness};

        let late = |late_us| Arrival { lateness: Lateness { late_us, ..Lateness::default() }, ..Arrival::default() };
        let report = |part: Part| Part::report(&Options::new("ws://h"), vec![part]).load.late_ms.p99;
        let mut whole = part(0);
        whole.samples = Samples::new();
        (0..100).for_each(|_| whole.samples.add_arrival(&late(30_000.0)));
        assert!(report(whole).is_some_and(|ms| (ms - 30.0).abs() < 0.1));
        let mut mixed = part(1000);
        (0..100).for_each(|_| mixed.samples.add_arrival(&late(30_000.0)));
        assert!(report(mixed).is_some_and(|ms| ms < 1.2));
    }

    #[test]
    fn parts_of_several_processes_make_one_report_and_survive_the_pipe() {
        let options = Options { bots: 4, seconds: 2, full_share: Some(0.0), ..Options::new("ws://h") };
        let sent = [part(1000), Part { busy: Some(0.95), ..part(50_000) }];
        let parts = sent.iter().map(|part| serde_json::from_str(&serde_json::to_string(part).unwrap()).unwrap());
        let report = Part::report(&options, parts.collect());
        assert_eq!((report.bots.asked, report.bots.joined, report.bots.dropped.get(&1006)), (4, 4, Some(&2)));
        assert_eq!((report.resumes, report.desyncs, report.starved_ticks), (2, 4, 6));
        assert_eq!(report.late_inputs, LateInputs { count: 10, stalled: 8 });
        assert_eq!((report.snapshots, report.load.missed_steps, report.load.light), (200, 2, 4));
        assert!(report.load.late_ms.p50.unwrap() < 1.2 && report.load.late_ms.p99.unwrap() > 49.0);
        assert_eq!((report.cpu.seconds, report.load.busy_share), (Some(1.0), Some(0.95)));
        assert!(report.bots_were_busy());
        assert_eq!(report.series.iter().map(|moment| moment.snapshots_hz).collect::<Vec<_>>(), [100.0, 100.0]);
        assert_eq!(report.late_counts.iter().map(|(_, count)| count).sum::<u64>(), 200);
    }
}
