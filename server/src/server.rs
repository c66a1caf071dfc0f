//! A running server: listener, tick threads, and how all of it ends.
#![allow(clippy::disallowed_types, reason = "the shell: the listener begins here")]

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use snapline_bots::TraceFile;
use snapline_shared::game::{Game, SetupError};
use snapline_shared::message::ROOM_DEFAULT;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::config::{Config, ConfigError, ConfigErrors};
use crate::host::{BrainMaker, Host, Meters, TickLine, Trace};
use crate::net::{Gate, accept};
use crate::ops::assets::{Assets, File};
use crate::ops::metrics::{Exposition, ops_router};
use crate::ops::routes::{Site, router};
use crate::room::{Room, RoomConfig};

/// Threads for accepting, HTTP and goodbyes; players' traffic does not pass them.
const RUNTIME_THREADS: usize = 2;
/// Where operators look when nothing else is set.
const OPS_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);
/// Connections of operators at once.
const OPS_CONNECTIONS_MAX: usize = 16;
/// Time for all goodbyes at the end.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for what is left after them.
const END_TIMEOUT: Duration = Duration::from_secs(1);
/// Descriptors beside those of connections: threads, polls, files, standard streams.
const DESCRIPTORS_SPARE: u64 = 256;

/// Lines of the trace that wait for the disk: 17 s of a room. A line has all inputs of its tick, some 16 bytes each.
const TRACE_LINES_MAX: usize = 1024;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings are wrong.
    #[error("these settings cannot be used:\n{0}")]
    Config(ConfigErrors),
    /// The game does not accept its options.
    #[error("the game does not accept its options: options.{0}")]
    Options(SetupError),
    /// The game does not accept the map.
    #[error("the game does not accept its map {name:?}: {words}")]
    Map {
        /// The map's name.
        name: String,
        /// What is wrong and what would be accepted.
        words: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        error: io::Error,
    },
    /// The system gives no thread, no poll, no runtime.
    #[error("the system does not give what is needed: {0}")]
    System(#[from] io::Error),
}

/// A server of one game, running until it is shut down or dropped.
pub struct Server {
    address: SocketAddr,
    ops_address: Option<SocketAddr>,
    host: Arc<Host>,
    connections: Arc<Semaphore>,
    connections_max: u32,
    has_page: bool,
    runtime: Option<Runtime>,
    /// Its lines are written by the end of this.
    _trace: Option<TraceFile<TickLine>>,
}

impl Server {
    /// Starts a server at `config.listen`; it is reachable when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start<G: Game>(config: &Config) -> Result<Self, StartError> {
        Self::launch::<G>(config, listen(config.listen)?, None)
    }

    /// The same for a game that has a brain: `config.house_bots` play in room `main` while people do.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_with_bots<G: Game>(config: &Config, maker: BrainMaker<G>) -> Result<Self, StartError> {
        Self::launch(config, listen(config.listen)?, Some(maker))
    }

    /// Starts a server on a listener of the caller's; `config.listen` is not looked at.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_on<G: Game>(config: &Config, listener: TcpListener) -> Result<Self, StartError> {
        Self::launch::<G>(config, listener, None)
    }

    pub(crate) fn launch<G: Game>(
        config: &Config,
        listener: TcpListener,
        maker: Option<BrainMaker<G>>,
    ) -> Result<Self, StartError> {
        config.validate().map_err(StartError::Config)?;
        let map = config.read_map().map_err(|error| StartError::Config(ConfigErrors(vec![error])))?;
        let served = try_room::<G>(config.room(ROOM_DEFAULT, map.clone()))?;
        allow_descriptors((config.connections_max + config.handshakes_max) as u64 + DESCRIPTORS_SPARE);

        let ops = listen_for_ops(config)?;
        let ops_address = ops.as_ref().map(|(address, _)| *address);
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime =
            Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).thread_name("net").enable_all().build()?;
        let metrics = Exposition::new().map_err(io::Error::other)?;
        let meters = Arc::new(Meters::new(metrics.recorder(), G::NAME));
        let trace = config.trace.as_deref().map(begin_trace).transpose()?;
        let lines = trace.as_ref().map(|trace| Trace::new(trace.tracer()));
        let host = Arc::new(Host::start::<G>(config, map, maker, meters, runtime.handle().clone(), lines)?);
        let connections = Arc::new(Semaphore::new(config.connections_max));
        let assets = config.assets.clone().map_or(Assets::BuiltIn, Assets::Directory);
        let has_page = assets.has_page(G::NAME);
        let gate = Gate {
            host: Arc::clone(&host),
            connections: Arc::clone(&connections),
            hello_timeout: Duration::from_secs(config.hello_timeout_s.into()),
        };
        let schema = snapline_shared::game::schema::<G>().to_json().into();
        runtime.spawn(metrics.clone().keep_up());
        let gate = Arc::new(gate);
        let (game, sources) = (G::NAME, G::SOURCES);
        let site = Arc::new(Site { gate, game, sources, assets, schema, map: served, metrics, dev: config.dev });
        let (listener, ops) = {
            let _inside = runtime.enter();
            let ops = ops.map(|(_, listener)| tokio::net::TcpListener::from_std(listener)).transpose()?;
            (tokio::net::TcpListener::from_std(listener)?, ops)
        };
        if let Some(ops) = ops {
            runtime.spawn(accept(ops, ops_router(Arc::clone(&site)), OPS_CONNECTIONS_MAX));
        }
        runtime.spawn(accept(listener, router(site), config.handshakes_max));
        let connections_max = u32::try_from(config.connections_max).unwrap_or(u32::MAX);
        let runtime = Some(runtime);
        Ok(Self { address, ops_address, host, connections, connections_max, has_page, runtime, _trace: trace })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves `/metrics`; none when the default address was taken.
    #[must_use]
    pub const fn ops_address(&self) -> Option<SocketAddr> {
        self.ops_address
    }

    /// Whether it serves a page.
    #[must_use]
    pub const fn has_page(&self) -> bool {
        self.has_page
    }

    /// Ticks that were skipped for lack of time, in all rooms since the start.
    #[must_use]
    pub fn ticks_skipped(&self) -> u64 {
        self.host.ticks_skipped()
    }

    /// Moves a room to another tick thread, with its sockets; its players notice nothing. The server does it by itself when a thread has too much to do.
    /// False when there is no such room or thread; it happens a moment later.
    #[must_use]
    pub fn move_room(&self, room: &str, thread: usize) -> bool {
        self.host.move_room(room, thread)
    }

    /// Runs until `shutdown` comes, then shuts down.
    pub fn run_until(self, shutdown: impl Future<Output = ()>) {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(shutdown);
        }
    }

    /// Closes every connection with 1012 and ends, within 5 seconds. Dropping does the same.
    pub fn shutdown(self) {}

    /// Goodbyes first, while HTTP still answers that the server stops; then everything else.
    async fn end(&self) {
        self.host.stop();
        // Every connection holds a place until it has gone.
        let _ = timeout(GOODBYE_TIMEOUT, self.connections.acquire_many(self.connections_max)).await;
        let _ = timeout(END_TIMEOUT, async {
            while !self.host.has_ended() {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let server = &*self;
        // On a thread of its own, for the caller may be inside a runtime, where none may be waited for.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                runtime.block_on(server.end());
                runtime.shutdown_timeout(END_TIMEOUT / 2);
            });
        });
    }
}

/// Begins the file of `config.trace`.
fn begin_trace(path: &Path) -> Result<TraceFile<TickLine>, StartError> {
    let wrong = |error: io::Error| ConfigError::new("trace", format!("{}: {error}", path.display()));
    TraceFile::create(path, TRACE_LINES_MAX).map_err(|error| StartError::Config(ConfigErrors(vec![wrong(error)])))
}

/// Listens at `address`.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| StartError::Listen { address, error })
}

/// Listens for operators: at the default address only if it is free.
fn listen_for_ops(config: &Config) -> Result<Option<(SocketAddr, TcpListener)>, StartError> {
    let listener = match (listen(config.ops_listen.unwrap_or(OPS_LISTEN)), config.ops_listen) {
        (Ok(listener), _) => listener,
        (Err(error), Some(_)) => return Err(error),
        (Err(error), None) => {
            tracing::warn!(%error, "no metrics are served; ops_listen may name another address");
            return Ok(None);
        }
    };
    listener.set_nonblocking(true)?;
    Ok(Some((listener.local_addr()?, listener)))
}

/// Makes a room and drops it: what is wrong with options or map is told at the start and not at the first join. Gives the map to serve.
fn try_room<G: Game>(config: RoomConfig) -> Result<Option<(String, File)>, StartError> {
    let map = config.map_of::<G>();
    let name = map.name.to_owned();
    let served = (!name.is_empty()).then(|| (name.clone(), File::new(map.bytes, map.hash())));
    match Room::<G>::new(config) {
        Ok(_) => Ok(served),
        Err(SetupError { field: "map", words }) => Err(StartError::Map { name, words }),
        Err(error) => Err(StartError::Options(error)),
    }
}

/// Raises the limit of open descriptors as far as it is needed and allowed.
fn allow_descriptors(needed: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let most = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    limit.current = Some(most);
    if setrlimit(Resource::Nofile, limit).is_err() || most < needed {
        tracing::warn!(
            needed,
            allowed = most,
            "few open files are allowed: connections_max may not be reached (ulimit -n)"
        );
    }
}
