//! The descriptors that the sockets need: shells often allow 1,024 and let a process raise that itself.

/// Raises this process's limit far enough for `bots` sockets. The error is what is needed and what may be had.
#[cfg(unix)]
pub(crate) fn allow(bots: u32) -> Result<(), (u64, u64)> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = u64::from(bots) + SPARE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).map_err(|_| (needed, limit.maximum.or(limit.current).unwrap_or(needed)))
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn allow(_: u32) -> Result<(), (u64, u64)> {
    Ok(())
}

/// Descriptors beside the bots': terminal, event queue, report, and a margin.
#[cfg(unix)]
const SPARE: u64 = 64;
