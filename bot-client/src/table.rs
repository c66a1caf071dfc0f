//! The report for people.

use std::fmt;

use crate::load::{Load, Tail};
use crate::report::{Bots, Cpu, LateInputs, Mispredictions, Report, Spread};
use crate::server_use::ServerUse;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bots { asked, joined, dropped, reasons, .. } = &self.bots;
        let Spread { mean, p50, p99 } = self.bytes_per_client_tick;
        let bot_seconds = self.seconds * f64::from(*joined);
        let steps = if bot_seconds > 0.0 { self.snapshots as f64 / bot_seconds } else { 0.0 };
        let down = mean.map(|mean| mean * steps * 8.0 / 1000.0);
        let codes: Vec<String> = dropped.iter().map(|(code, count)| format!("{count} x {code}")).collect();
        let codes = if codes.is_empty() { "none dropped".to_owned() } else { format!("dropped {}", codes.join(", ")) };

        writeln!(f, "bots           {joined} of {asked} joined, {codes}")?;
        writeln!(f, "played by      {}", self.play)?;
        writeln!(f, "played         {:.1} s, {} snapshots, {steps:.1} a second and bot", self.seconds, self.snapshots)?;
        writeln!(f)?;
        writeln!(f, "                       mean       p50       p99")?;
        writeln!(f, "snapshot, B      {}{}{}", cell(mean), cell(p50), cell(p99))?;
        writeln!(f, "rtt, ms          {}{}{}", cell(None), cell(self.rtt_ms.p50), cell(self.rtt_ms.p99))?;
        writeln!(f, "echo, ms         {}{}{}", cell(None), cell(self.echo_ms.p50), cell(self.echo_ms.p99))?;
        if self.resumes > 0 {
            writeln!(f, "resumed, ms      {}{}{}", cell(None), cell(self.resume_ms.p50), cell(self.resume_ms.p99))?;
        }
        if self.load.light > 0 {
            let Tail { p50, p90, p99, p999, max } = self.load.late_ms;
            let late = [p50, p90, p99, p999, max].map(|value| cell(value).trim().to_owned());
            writeln!(
                f,
                "late, ms         p50 {} p90 {} p99 {} p99.9 {} max {}",
                late[0], late[1], late[2], late[3], late[4]
            )?;
        }
        writeln!(f, "visible, rows    {}", cell(self.visible.mean))?;
        writeln!(f, "down, kbit/s     {}", cell(down))?;
        writeln!(f)?;
        let Mispredictions { late, touched, unexplained } = self.mispredictions;
        let compared = self.compared;
        let wrong = format!("{late} late, {touched} touched, {unexplained} unexplained");
        match compared {
            0 => writeln!(f, "mispredicted   nothing was predicted")?,
            _ => writeln!(f, "mispredicted   {wrong}, of {compared} snapshots")?,
        }
        // Hidden bots send no inputs.
        if self.load.inputs > 0 || self.load.light < self.bots.asked {
            writeln!(f, "starved ticks  {}", self.starved_ticks)?;
        }
        let LateInputs { count, stalled } = self.late_inputs;
        writeln!(f, "late inputs    {count}, {stalled} of them behind a simulated retransmission")?;
        if self.resumes > 0 {
            writeln!(f, "resumes        {}", self.resumes)?;
        }
        writeln!(f, "errors         {} not decoded, {} desyncs", self.decode_errors, self.desyncs)?;
        if let Cpu { seconds: Some(seconds), threads } = self.cpu {
            let busy = if self.bots_were_busy() { ": THE BOTS THEMSELVES WERE WHAT WAS SLOW" } else { "" };
            writeln!(f, "bots' own CPU  {seconds:.1} s, threads: {threads}{busy}")?;
        }
        self.load(f)?;
        for (words, count) in reasons {
            writeln!(f, "  {count:>6} x {words}")?;
        }
        match self.faults().as_slice() {
            [] => writeln!(f, "verdict        good"),
            faults => writeln!(f, "verdict        BAD: {}", faults.join(", ")),
        }
    }
}

impl Report {
    /// What light bots and the server's process add.
    fn load(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { light, missed_steps, skipped_ticks, down_kbit, up_kbit, slip_ms, busy_share, tick_us, .. } =
            self.load;
        if light > 0 {
            writeln!(f, "light bots     {light}; {down_kbit:.1} kbit/s down, {up_kbit:.1} up, each")?;
            writeln!(f, "missed         {missed_steps} snapshots, {skipped_ticks} ticks skipped")?;
            let busy = busy_share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0));
            let slip = cell(slip_ms.p99);
            writeln!(f, "their thread   busy {busy}, inputs out late by {} ms (p99)", slip.trim())?;
            let [p50, p99, budget] = tick_us;
            writeln!(f, "ticks          p50 {p50} us, p99 {p99} us of {budget} us, at worst, as the server says")?;
        }
        let Some(server) = &self.server else { return Ok(()) };
        let ServerUse { pid, user_s, system_s, rss_kib, .. } = server;
        writeln!(
            f,
            "server         process {pid}: {user_s:.2} s user, {system_s:.2} s system, {rss_kib} KiB resident"
        )?;
        let [cpu, user] = [server.cpu_us_per_client_tick, server.user_us_per_client_tick].map(cell);
        writeln!(f, "  a snapshot   {} us of CPU, {} us of it user", cpu.trim(), user.trim())?;
        let [rss, tcp] = [server.rss_kib_per_bot, server.tcp_kib_per_bot].map(cell);
        writeln!(f, "  a bot        {} KiB resident, {} KiB in TCP buffers of both ends", rss.trim(), tcp.trim())
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| format!("{:>10}", "-"), |value| format!("{value:>10.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Percentiles;

    #[test]
    fn a_good_run_is_a_table_with_a_verdict() {
        let report = Report {
            bots: Bots { asked: 10, joined: 10, ..Bots::default() },
            seconds: 2.0,
            snapshots: 600,
            bytes_per_client_tick: Spread { mean: Some(50.0), p50: Some(48.0), p99: Some(99.0) },
            rtt_ms: Percentiles { p50: Some(12.0), p99: Some(1234.5) },
            late_inputs: LateInputs { count: 12, stalled: 9 },
            resumes: 4,
            ..Report::default()
        };
        let table = report.to_string();
        for line in [
            "bots           10 of 10 joined, none dropped",
            "played         2.0 s, 600 snapshots, 30.0 a second and bot",
            "snapshot, B            50.0      48.0      99.0",
            "rtt, ms                   -      12.0    1234.5",
            "down, kbit/s           12.0",
            "late inputs    12, 9 of them behind a simulated retransmission",
            "resumes        4",
            "verdict        good",
        ] {
            assert!(table.lines().any(|row| row == line), "{line:?} in\n{table}");
        }
    }

    #[test]
    fn a_bad_run_says_what_was_bad_and_how_often() {
        let mut bots = Bots { asked: 10, joined: 8, ..Bots::default() };
        bots.dropped = [(1006, 1), (4103, 2)].into();
        bots.reasons = [("4103 room_full".to_owned(), 2)].into();
        let table = Report { bots, desyncs: 1, ..Report::default() }.to_string();
        assert!(table.starts_with("bots           8 of 10 joined, dropped 1 x 1006, 2 x 4103\n"), "{table}");
        assert!(table.contains("\n       2 x 4103 room_full\n"), "{table}");
        assert!(table.ends_with("BAD: 2 not joined, 3 dropped, 1 desyncs\n"), "{table}");
    }
}
