//! A trace: a file of JSON, a line each, that many hands add to and one thread writes.
//!
//! Whoever adds a line never waits, neither for the disk nor for the others: between them and the thread is a bounded queue. A line that finds it full
//! is left out and counted, and the count is the file's last line, `{"dropped":N}`.
// A thread and a file are what this is.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// A file is at most so much older than its lines.
const FLUSH_GAP: Duration = Duration::from_millis(250);
/// How long the end waits for what is not written yet; a disk that hangs must not keep the program.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// A trace being written; its end when it is dropped.
#[derive(Debug)]
pub struct TraceFile<T> {
    tracer: Tracer<T>,
    is_ending: Arc<AtomicBool>,
    ended: Mutex<Receiver<()>>,
}

/// Adds lines to a trace.
#[derive(Debug)]
pub struct Tracer<T> {
    lines: SyncSender<T>,
    dropped: Arc<AtomicU64>,
}

impl<T> Clone for Tracer<T> {
    fn clone(&self) -> Self {
        Self { lines: self.lines.clone(), dropped: Arc::clone(&self.dropped) }
    }
}

impl<T: Serialize + Send + 'static> TraceFile<T> {
    /// Begins a trace at `path`, in place of what is there. Up to `waiting_max` lines wait for the disk.
    ///
    /// # Errors
    /// When the file cannot be made, or the system gives no thread.
    pub fn create(path: &Path, waiting_max: usize) -> io::Result<Self> {
        Self::begin(File::create(path)?, waiting_max)
    }

    fn begin(out: impl Write + Send + 'static, waiting_max: usize) -> io::Result<Self> {
        let (lines, written) = sync_channel(waiting_max);
        let (end, ended) = channel();
        let tracer = Tracer { lines, dropped: Arc::default() };
        let is_ending = Arc::<AtomicBool>::default();
        let (dropped, ending) = (Arc::clone(&tracer.dropped), Arc::clone(&is_ending));
        std::thread::Builder::new().name("trace".to_owned()).spawn(move || {
            if let Err(error) = write_all(&written, &dropped, &ending, BufWriter::new(out)) {
                eprintln!("the trace cannot be written, and ends here: {error}");
            }
            // Nobody waits any more when it took too long.
            let _ = end.send(());
        })?;
        Ok(Self { tracer, is_ending, ended: Mutex::new(ended) })
    }

    /// For one who adds lines.
    #[must_use]
    pub fn tracer(&self) -> Tracer<T> {
        self.tracer.clone()
    }
}

impl<T> Tracer<T> {
    /// Adds a line, or leaves it out and counts it.
    pub fn add(&self, line: T) {
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<T> Drop for TraceFile<T> {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Release);
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(END_TIMEOUT);
    }
}

fn write_all<T: Serialize>(
    lines: &Receiver<T>,
    dropped: &AtomicU64,
    is_ending: &AtomicBool,
    mut out: impl Write,
) -> io::Result<()> {
    loop {
        match lines.recv_timeout(FLUSH_GAP) {
            Ok(line) => {
                serde_json::to_writer(&mut out, &line)?;
                out.write_all(b"\n")?;
            }
            Err(RecvTimeoutError::Timeout) if !is_ending.load(Ordering::Acquire) => out.flush()?,
            Err(_) => break,
        }
    }
    let dropped = dropped.load(Ordering::Relaxed);
    if dropped > 0 {
        writeln!(out, "{{\"dropped\":{dropped}}}")?;
    }
    out.flush()
}

/// Microseconds since 1970: a clock that all programs of a machine share.
#[must_use]
pub fn unix_us() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Sender;

    /// A disk whose first write waits until it is told to go on.
    struct Slow(Arc<Mutex<Vec<u8>>>, Option<Receiver<()>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(go) = self.1.take() {
                let _ = go.recv();
            }
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Slow, Arc<Mutex<Vec<u8>>>, Sender<()>) {
        let ((go, wait), written) = (channel(), Arc::<Mutex<Vec<u8>>>::default());
        (Slow(Arc::clone(&written), Some(wait)), written, go)
    }

    #[test]
    fn every_line_is_written_by_the_end() {
        let (disk, written, go) = slow();
        drop(go);
        let trace = TraceFile::begin(disk, 16).unwrap();
        for number in 0..3 {
            trace.tracer().add(number);
        }
        drop(trace);
        assert_eq!(*written.lock().unwrap(), b"0\n1\n2\n");
    }

    #[test]
    fn a_disk_that_hangs_keeps_nobody_waiting_and_what_was_left_out_is_counted() {
        let (disk, written, go) = slow();
        let trace = TraceFile::begin(disk, 4).unwrap();
        let tracer = trace.tracer();
        // More than the buffer before the disk takes: the thread hangs in its first write, and the queue fills up.
        for _ in 0..100 {
            tracer.add("x".repeat(10_000));
        }
        drop(go);
        drop((trace, tracer));
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        let dropped = 100 - (lines.len() - 1);
        assert!(dropped >= 90, "{dropped} left out");
        assert_eq!(*lines.last().unwrap(), format!("{{\"dropped\":{dropped}}}"));
    }
}
