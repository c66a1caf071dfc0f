//! CPU time of this process: whether the bots themselves were what was slow.

/// CPU time of this process so far, in seconds; none where the system does not tell.
#[cfg(unix)]
pub(crate) fn seconds() -> Option<f64> {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9)
}

/// The same of this thread alone.
#[cfg(unix)]
pub(crate) fn thread_seconds() -> Option<f64> {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9)
}

/// Other systems do not tell.
#[cfg(not(unix))]
pub(crate) fn seconds() -> Option<f64> {
    None
}

/// Other systems do not tell.
#[cfg(not(unix))]
pub(crate) fn thread_seconds() -> Option<f64> {
    None
}
