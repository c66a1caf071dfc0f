//! The report as one HTML file that needs nothing else: a verdict, the figures, and plots over time.

use std::fmt::Write;

use crate::plot::{Line, Plot, bars};
use crate::report::Report;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .3rem}p{margin:.4rem 0}\
.verdict{padding:.6rem 1rem;border-left:.4rem solid #2a8c5a;background:#eef7f1}.bad{border-color:#c23b3b;background:#fbeeee}\
pre{background:#f4f6f9;padding:1rem;overflow:auto;font-size:13px}svg{width:100%;height:auto;display:block}\
svg text{font:11px system-ui,sans-serif;fill:#5a6675}.note{color:#5a6675}\
@media(prefers-color-scheme:dark){body{color:#dde3ea;background:#151a21}.verdict{background:#17291f}.bad{background:#311c1c}pre{background:#1d242d}\
svg text,.note{fill:#9aa6b4;color:#9aa6b4}}";

impl Report {
    /// The report as a page: verdict, plots, every figure; `title` says of what.
    #[must_use]
    pub fn to_html(&self, title: &str) -> String {
        let mut page = String::new();
        let title = escaped(title);
        let bad = if self.is_good() && !self.bots_were_busy() { "" } else { " bad" };
        // Writing to a string has no way to fail.
        let _ = write!(
            page,
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p class=\"verdict{bad}\">{}</p>",
            escaped(&self.verdict())
        );
        for (name, note, svg) in self.plots() {
            let _ = write!(page, "<h2>{name}</h2><p class=\"note\">{note}</p>{svg}");
        }
        let _ = writeln!(page, "<h2>All figures</h2><pre>{}</pre></html>", escaped(&self.to_string()));
        page
    }

    /// What the run says, in a few sentences.
    #[must_use]
    pub fn verdict(&self) -> String {
        let mut words = match self.faults().as_slice() {
            [] => {
                format!("Good: {} bots joined, none was dropped, every message decoded, no desync.", self.bots.joined)
            }
            faults => format!("Bad: {}.", faults.join(", ")),
        };
        if let (Some(p50), Some(p99)) = (self.load.late_ms.p50, self.load.late_ms.p99) {
            let _ = write!(
                words,
                " Half of the snapshots came within {p50} ms of when they were due, 99 of 100 within {p99} ms."
            );
        }
        if self.load.missed_steps + self.load.skipped_ticks > 0 {
            let (missed, skipped) = (self.load.missed_steps, self.load.skipped_ticks);
            let _ = write!(
                words,
                " {missed} snapshots never came and {skipped} ticks were skipped: the server was overloaded."
            );
        }
        if let Some(cpu) = self.server.and_then(|server| server.cpu_us_per_client_tick) {
            let _ = write!(words, " The server took {cpu} us of CPU for each snapshot and the inputs between.");
        }
        if self.bots_were_busy() {
            words += " The bots themselves were what was slow: times and rates are theirs rather than the server's.";
        }
        words
    }

    fn plots(&self) -> Vec<(&'static str, &'static str, String)> {
        let line = |name, pick: &dyn Fn(&crate::Moment) -> Option<f64>| Line {
            name,
            points: self.series.iter().filter_map(|moment| Some((moment.at_s.into(), pick(moment)?))).collect(),
        };
        let plot = |unit, lines| Plot { x_unit: "s", unit, lines }.to_svg();
        let mut plots = vec![
            (
                "Snapshots a second",
                "All bots together.",
                plot("/s", vec![line("snapshots", &|at| Some(at.snapshots_hz))]),
            ),
            (
                "Lateness over time",
                "From when a snapshot was due, by the even schedule of its room, to its arrival.",
                plot(
                    "ms",
                    vec![
                        line("p50", &|at| at.late_p50_ms),
                        line("p99", &|at| at.late_p99_ms),
                        line("max", &|at| at.late_max_ms),
                    ],
                ),
            ),
            (
                "Lateness, all of the run",
                "How many snapshots were late by up to so many milliseconds.",
                bars("ms", &self.late_counts),
            ),
            (
                "Bandwidth",
                "Payload of snapshots, all bots together.",
                plot("kbit/s", vec![line("down", &|at| Some(at.kbit))]),
            ),
        ];
        if self.server.is_some() {
            plots.push((
                "CPU of the server",
                "User and system time of its process, by snapshot.",
                plot("us", vec![line("CPU a client-tick", &|at| at.server_cpu_us)]),
            ));
            let memory = line("resident", &|at| at.server_rss_kib.map(|kib| kib as f64 / 1024.0));
            plots.push(("Memory of the server", "Resident.", plot("MiB", vec![memory])));
        }
        plots
    }
}

/// Text that may hold anything, as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Bots, LateInputs};
    use crate::{Load, Moment, Tail};

    #[test]
    fn a_page_has_verdict_plots_and_figures_and_loads_nothing() {
        let series =
            (1..=9).map(|at_s| Moment { at_s, snapshots_hz: 100.0, late_p99_ms: Some(3.0), ..Moment::default() });
        let mut bots = Bots { asked: 3, joined: 3, ..Bots::default() };
        bots.reasons = [("<script>alert(1)</script>".to_owned(), 1)].into();
        let late_ms = Tail { p50: Some(0.4), p99: Some(3.0), ..Tail::default() };
        let load = Load { light: 3, late_ms, ..Load::default() };
        let late_inputs = LateInputs { count: 12, stalled: 9 };
        let report = Report {
            bots,
            load,
            late_inputs,
            resumes: 4,
            series: series.collect(),
            late_counts: vec![(0.1, 5), (0.15, 9)],
            ..Report::default()
        };
        let page = report.to_html("w1 & more");
        assert!(page.contains("<title>w1 &amp; more</title>") && page.contains("Good: 3 bots joined"));
        assert_eq!(page.matches("<svg").count(), 4);
        assert!(page.contains("\nlate inputs    12, 9 of them") && page.contains("\nresumes        4\n"), "{page}");
        assert!(!page.contains("<script") && !page.contains("http"), "{page}");
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }

    #[test]
    fn a_run_without_anything_is_a_page_too() {
        let page = Report::default().to_html("nothing");
        assert!(page.contains("nothing was measured") && !page.contains("NaN"), "{page}");
    }
}
