//! How long an input takes to show, and how late ticks start, at 60 ticks and 60 snapshots a second; beside it a loop that does nothing, for what of
//! the lateness is the machine's.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use rustix::thread::{ClockId, clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{Timespec, clock_gettime};
use serde_json::{Value, json};

use super::{Result, Server, free_port, number, pinned, words};

/// Ticks and snapshots a second.
const HZ: u32 = 60;
const BOTS: u32 = 20;
const SECOND_NS: u64 = 1_000_000_000;
/// What the bots need to come in, in seconds: the empty loop runs as much longer.
const RAMP_S: u32 = 1;

/// A small room at 60/60 Hz whose bots send every input for the next tick, and an empty loop on the server's core.
pub(super) fn latency(seconds: u32) -> Result<Value> {
    let ops_port = free_port()?;
    let line = format!("--tick-hz {HZ} --ticks-per-step 1 --ops-listen 127.0.0.1:{ops_port}");
    let server = Server::start("examples/swarm", &words(&line))?;
    let mut empty = pinned(0, "side-by-side")?;
    empty.args(["--empty-loop", "--seconds", &(seconds + RAMP_S).to_string()]).stdout(Stdio::piped());
    let empty = empty.spawn().map_err(|error| format!("the empty loop: {error}"))?;
    let line = format!("--bots {BOTS} --full-share 0 --lead-ticks 1 --seconds {seconds} --ramp {}", BOTS / RAMP_S);
    let report = server.bots(&words(&line));
    let empty = empty.wait_with_output().map_err(|error| format!("the empty loop: {error}"))?;
    let empty: Value = serde_json::from_slice(&empty.stdout).map_err(|error| format!("the empty loop: {error}"))?;
    let (report, lag) = (report?, lag(&metrics(ops_port)?)?);
    let tick_ms = 1000.0 / f64::from(HZ);
    let (p50, p99) = (number(&report, "/echo_ms/p50"), number(&report, "/echo_ms/p99"));
    let empty_p99 = number(&empty, "/p99_us") / 1000.0;
    println!("{BOTS} players, {HZ} ticks and snapshots a second, a tick is {tick_ms:.1} ms");
    println!("input to the first snapshot that shows it: p50 {p50:.2} ms, p99 {p99:.2} ms");
    println!("  p99 less that of the empty loop: {:.2} ms", p99 - empty_p99);
    println!("tick start after its deadline: p50 {:.0} us, p99 {:.0} us (between limits of buckets)", lag[0], lag[1]);
    println!("the empty loop: p50 {:.0} us, p99 {:.0} us", number(&empty, "/p50_us"), number(&empty, "/p99_us"));
    println!("snapshots: late p99 {:.2} ms, {}", number(&report, "/load/late_ms/p99"), super::faults(&report));
    Ok(json!({"report": report, "tick_lag_us": {"p50": lag[0], "p99": lag[1]}, "empty_loop": empty}))
}

/// Wakes so many times a second as the server ticks, in the same way, and prints how late it was.
pub(super) fn empty_loop(seconds: u32) {
    let _ = set_current_timer_slack(core::num::NonZeroU64::new(1));
    let now_ns = || {
        let now = clock_gettime(ClockId::Monotonic);
        now.tv_sec.cast_unsigned() * SECOND_NS + now.tv_nsec.cast_unsigned()
    };
    let start_ns = now_ns();
    let mut late_us: Vec<f64> = (1..=u64::from(seconds * HZ))
        .map(|n| {
            let deadline_ns = start_ns + n * SECOND_NS / u64::from(HZ);
            let (seconds, rest) = (deadline_ns / SECOND_NS, deadline_ns % SECOND_NS);
            let at = Timespec { tv_sec: seconds.cast_signed(), tv_nsec: rest.cast_signed() };
            let _ = clock_nanosleep_absolute(ClockId::Monotonic, &at);
            now_ns().saturating_sub(deadline_ns) as f64 / 1000.0
        })
        .collect();
    late_us.sort_by(f64::total_cmp);
    let at = |percent: usize| late_us.get(late_us.len() * percent / 100).copied().unwrap_or(0.0);
    println!("{}", json!({"p50_us": at(50), "p99_us": at(99)}));
}

fn metrics(port: u16) -> Result<String> {
    let read = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error: std::io::Error| format!("/metrics: {error}"))
}

/// p50 and p99 of how late ticks started, in microseconds.
fn lag(metrics: &str) -> Result<[f64; 2]> {
    let buckets: Vec<(f64, f64)> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("snapline_tick_lag_seconds_bucket{le=\""))
        .filter_map(|line| line.split_once("\"} "))
        .filter_map(|(limit, count)| Some((limit.replace("+Inf", "inf").parse().ok()?, count.trim().parse().ok()?)))
        .collect();
    let lag = |share: f64| quantile(&buckets, share).map(|seconds| seconds * 1e6);
    lag(0.5).zip(lag(0.99)).map(|(p50, p99)| [p50, p99]).ok_or_else(|| "/metrics tells of no tick".to_owned())
}

/// Where `share` of what `buckets` (limit, count up to it) have counted lies, evenly spread within a bucket.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let wanted = buckets.last().map(|&(_, all)| all * share).filter(|&wanted| wanted > 0.0)?;
    let mut below = (0.0, 0.0);
    for &(limit, count) in buckets {
        if count >= wanted {
            let part = (wanted - below.1) / (count - below.1);
            return Some(if limit.is_finite() { below.0 + (limit - below.0) * part } else { below.0 });
        }
        below = (limit, count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_from_what_prometheus_is_told() {
        let metrics = "# TYPE snapline_tick_lag_seconds histogram\n\
                       snapline_tick_lag_seconds_bucket{le=\"0.00001\"} 10\n\
                       snapline_tick_lag_seconds_bucket{le=\"0.0001\"} 90\n\
                       snapline_tick_lag_seconds_bucket{le=\"0.001\"} 98\n\
                       snapline_tick_lag_seconds_bucket{le=\"+Inf\"} 100\n\
                       snapline_tick_lag_seconds_sum 1\n";
        let [p50, p99] = lag(metrics).expect("a histogram");
        assert!((p50 - 55.0).abs() < 1e-6 && (p99 - 1000.0).abs() < 1e-6, "{p50} {p99}");
        assert!(lag("").is_err() && lag("snapline_tick_lag_seconds_bucket{le=\"+Inf\"} 0").is_err());
    }
}
