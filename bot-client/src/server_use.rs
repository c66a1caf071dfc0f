//! What the server's process spends, read from `/proc` of this machine.

use serde::{Deserialize, Serialize};

use crate::report::round;

/// What a server's process spent during the time of play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ServerUse {
    /// Its process id.
    pub pid: u32,
    /// CPU time in its own code.
    pub user_s: f64,
    /// CPU time in the kernel for it.
    pub system_s: f64,
    /// Both, by snapshot that the bots got.
    pub cpu_us_per_client_tick: Option<f64>,
    /// The first alone.
    pub user_us_per_client_tick: Option<f64>,
    /// Resident memory at the end of play, in KiB.
    pub rss_kib: u64,
    /// What it grew by from before the first bot, by bot that joined, in KiB.
    pub rss_kib_per_bot: Option<f64>,
    /// What TCP's buffers of this whole machine grew by (both ends, when both are here), by bot, in KiB.
    pub tcp_kib_per_bot: Option<f64>,
}

/// Its counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// Both in hundredths of a second.
    pub(crate) user_s: f64,
    pub(crate) system_s: f64,
    /// The time of its threads on a core, to the nanosecond; without what threads took that have ended since.
    threads_s: Option<f64>,
    pub(crate) rss_kib: u64,
    pub(crate) tcp_kib: u64,
}

/// Ticks of the kernel's accounting in a second: a constant of its interface, whatever it counts in.
const CLOCK_TICKS: f64 = 100.0;
/// Pages of `/proc/net/sockstat`.
const PAGE_KIB: u64 = 4;

impl ServerUse {
    /// From the counters before the first bot, and at the beginning and the end of play, in which the bots got so many snapshots.
    pub(crate) fn new(pid: u32, [before, began, ended]: [Reading; 3], snapshots: u64, bots: u32) -> Self {
        let (user_s, system_s) = (ended.user_s - began.user_s, ended.system_s - began.system_s);
        // A thread that has ended in between would make it too little.
        let whole_s = user_s + system_s;
        let threads_s = began.threads_s.zip(ended.threads_s).map(|(began, ended)| ended - began);
        let cpu_s = threads_s.filter(|threads_s| (threads_s - whole_s).abs() < 3.0 / CLOCK_TICKS).unwrap_or(whole_s);
        let each = |seconds: f64| (snapshots > 0).then(|| round(seconds * 1e6 / snapshots as f64));
        let grown = |from: u64, to: u64| (bots > 0).then(|| round((to as f64 - from as f64) / f64::from(bots)));
        Self {
            pid,
            user_s: round(user_s),
            system_s: round(system_s),
            cpu_us_per_client_tick: each(cpu_s),
            user_us_per_client_tick: each(user_s),
            rss_kib: ended.rss_kib,
            rss_kib_per_bot: grown(before.rss_kib, ended.rss_kib),
            tcp_kib_per_bot: grown(before.tcp_kib, ended.tcp_kib),
        }
    }
}

impl Reading {
    /// The counters of process `pid` now; none where there is no such process or no `/proc`.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let (user_s, system_s) = times(&stat)?;
        let tcp_kib = std::fs::read_to_string("/proc/net/sockstat").ok().as_deref().and_then(tcp_pages).unwrap_or(0);
        Some(Self { user_s, system_s, threads_s: threads_s(pid), rss_kib: rss(&status)?, tcp_kib: tcp_kib * PAGE_KIB })
    }
}

/// User and system time in `/proc/PID/stat`; the name in it may hold anything.
fn times(stat: &str) -> Option<(f64, f64)> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace().skip(11);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / CLOCK_TICKS);
    Some((seconds()?, seconds()?))
}

/// What the scheduler has counted of each thread; none where it does not count.
fn threads_s(pid: u32) -> Option<f64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let ran_ns = tasks.map(|task| {
        let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    let ran_ns: u64 = ran_ns.flatten().sum();
    (ran_ns > 0).then_some(ran_ns as f64 / 1e9)
}

fn rss(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

fn tcp_pages(sockstat: &str) -> Option<u64> {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    line.split_whitespace().skip_while(|word| *word != "mem").nth(1)?.parse().ok()
}

/// The process that listens on `port` of this machine, as far as this user may see.
pub(crate) fn listener(port: u16) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let inode = tables.iter().find_map(|table| listening_inode(table, port))?;
    let wanted = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        files
            .filter_map(Result::ok)
            .any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link.to_str() == Some(wanted.as_str())))
    })
}

fn listening_inode(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let local = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        if local == port && *state == "0A" { inode.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let stat = "42 (a ) name) S 1 42 42 0 -1 4194560 100 0 0 0 250 75 0 0 20 0 5 0 1 2 3";
        assert_eq!(times(stat), Some((2.5, 0.75)));
        assert_eq!((times("no"), times("1 (x) S 1")), (None, None));
        assert_eq!(rss("Name:\tx\nVmRSS:\t  1234 kB\n"), Some(1234));
        assert_eq!(
            tcp_pages("sockets: used 1\nTCP: inuse 5 orphan 0 tw 2 alloc 6 mem 77\nUDP: inuse 0 mem 3\n"),
            Some(77)
        );
        let table = "  sl  local_address rem_address   st tx_queue\n  \
             0: 0100007F:1F90 0100007F:9999 01 0:0 0:0 0 1000 0 11 1\n  1: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 1000 0 77 1\n";
        assert_eq!((listening_inode(table, 8080), listening_inode(table, 8081)), (Some(77), None));
    }

    #[test]
    fn the_finer_count_is_taken_while_it_agrees() {
        let reading = |user_s, threads_s| Reading { user_s, threads_s, ..Reading::default() };
        let cpu_us = |began, ended| ServerUse::new(1, [began, began, ended], 1000, 1).cpu_us_per_client_tick;
        assert_eq!(cpu_us(reading(1.0, Some(2.0)), reading(1.01, Some(2.0123))), Some(12.3));
        assert_eq!(cpu_us(reading(1.0, Some(2.0)), reading(1.05, Some(1.0))), Some(50.0), "a thread has ended");
        assert_eq!(cpu_us(reading(1.0, None), reading(1.05, Some(1.0))), Some(50.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[allow(clippy::disallowed_types)]
    fn a_listener_of_this_process_is_found_and_read() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let pid = listener(socket.local_addr().unwrap().port());
        assert_eq!(pid, Some(std::process::id()));
        assert!(Reading::of(std::process::id()).is_some_and(|reading| reading.rss_kib > 0));
        assert_eq!(Reading::of(0), None);
    }
}
