//! Where a run takes place: the server's address, its schema, its rooms, and the thread of the light bots.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use snapline_shared::link::LinkSpec;
use snapline_shared::message::ROOM_DEFAULT;
use snapline_shared::quant::{Blend, Lane, Shape};
use snapline_shared::schema::{FieldSpec, Kind, SCHEMA_BYTES_MAX, Schema};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::bot::Shared;
use crate::brains::{Brains, Play};
use crate::fetch::fetch;
use crate::light;
use crate::live_counts::Live;
use crate::map::Maps;
use crate::options::Options;
use crate::samples::Shards;
use crate::series::span_s;
use crate::server_use;
use crate::swarm::{Phase, RunError};
use crate::target::Target;
use crate::trace::Traces;
use crate::trace_file::TraceFile;

pub(crate) const SCHEMA_PATH: &str = "/schema.json";
/// The head of an Input with an ack, in whole bytes.
const FLOOR_HEAD_BYTES: u32 = 9;

/// Lines of the trace that wait for the disk: half a second of 300 bots.
const TRACE_LINES_MAX: usize = 16_384;

/// Where the bots will play, and what the full ones share.
pub(crate) struct Field {
    address: SocketAddr,
    uris: Option<Vec<Uri>>,
    input: Kind,
    /// None: the server has no game.
    pub(crate) shared: Option<Arc<Shared>>,
}

impl Field {
    /// Fetches what there is to know before the first bot.
    pub(crate) async fn find(
        options: &Options,
        target: &Target,
        brains: &Brains,
        live: &Arc<Live>,
    ) -> Result<Self, RunError> {
        let authority = || target.authority().to_owned();
        if let Some(in_bytes) = options.floor_in_bytes {
            let addresses = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
            let address = addresses.map(|mut all| all.next());
            let address = address.ok().flatten().ok_or_else(|| RunError::Address(authority()))?;
            return Ok(Self { address, uris: None, input: floor_input(in_bytes), shared: None });
        }
        let (address, json) = fetch(target, SCHEMA_PATH, SCHEMA_BYTES_MAX)
            .await
            .map_err(|error| RunError::Fetch { authority: authority(), error })?;
        let schema = Schema::from_json(&json).map_err(|error| RunError::Schema { authority: authority(), error })?;
        let players = brains.choose(schema, Schema::hash(&json), options);
        // A `Live` that has been through another run keeps what it had.
        let _ = live.play.set(players.play.clone());
        let uris =
            (0..options.rooms).map(|room| target.in_room(options.room_name(target, room).as_deref()).parse::<Uri>());
        let uris = uris.collect::<Result<Vec<Uri>, _>>()?;
        let input = players.schema().input.clone();
        let start = Instant::now();
        let traces = options.trace.as_ref().map(|path| traces(path, &uris, start)).transpose()?;
        let shared = Arc::new(Shared {
            address,
            uris: uris.clone(),
            players,
            maps: Maps::new(target.clone()),
            join_timeout: options.join_timeout,
            link: options.link.unwrap_or(LinkSpec::NONE),
            seed: options.seed,
            drop_every: options.drop_every_s.map(|seconds| Duration::from_secs(seconds.into())),
            start,
            span_s: span_s(options.seconds),
            samples: Shards::new(),
            traces,
            live: live.clone(),
        });
        Ok(Self { address, uris: Some(uris), input, shared: Some(shared) })
    }

    /// Who plays.
    pub(crate) fn play(&self) -> Play {
        let floor = || Play { brain: None, reason: Some("the floor has no game".to_owned()) };
        self.shared.as_ref().map_or_else(floor, |shared| shared.players.play.clone())
    }

    /// The server's process, when it is on this machine.
    pub(crate) fn listener(&self) -> Option<u32> {
        if self.address.ip().is_loopback() { server_use::listener(self.address.port()) } else { None }
    }

    /// Starts the thread of the light bots, if there are any.
    // Threads and sockets are what bots are made of.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start_light(
        &self,
        options: &Options,
        phase: &watch::Sender<Phase>,
        joining: mpsc::Sender<()>,
        live: &Arc<Live>,
    ) -> Result<Option<LightRun>, RunError> {
        let numbers: Vec<u32> = options.numbers().filter(|&number| !options.is_full(number)).collect();
        if numbers.is_empty() {
            return Ok(None);
        }
        let plan = light::Plan {
            address: self.address,
            uris: self.uris.clone(),
            rooms: options.rooms,
            input: self.input.clone(),
            numbers,
            gap: Duration::from_secs(1) / options.ramp_per_second,
            seed: options.seed,
            pattern: options.pattern,
            lead_ticks: options.lead_ticks,
            hidden: options.hidden,
            churn_per_second: options.churn_per_second,
            span_s: span_s(options.seconds),
            join_timeout: options.join_timeout,
        };
        let (phase, live) = (phase.subscribe(), live.clone());
        let (answer, outcome) = oneshot::channel();
        std::thread::Builder::new()
            .name("light-bots".to_owned())
            .spawn(move || {
                let result = light::run(plan, phase, joining, live);
                // Nobody waits for it once the run has failed.
                let _ = answer.send(result.map_err(|error| RunError::Light(error.to_string())));
            })
            .map_err(|error| RunError::Light(error.to_string()))?;
        Ok(Some(outcome))
    }
}

/// What the thread of the light bots brings home.
pub(crate) type LightRun = oneshot::Receiver<Result<light::Outcome, RunError>>;

/// Begins the trace of a run whose players' clocks begin at `start`.
fn traces(path: &Path, uris: &[Uri], start: Instant) -> Result<Traces, RunError> {
    let file = TraceFile::create(path, TRACE_LINES_MAX)
        .map_err(|error| RunError::Trace { path: path.to_owned(), error: error.to_string() })?;
    let named = |uri: &Uri| uri.query()?.split('&').find_map(|pair| pair.strip_prefix("room=")).map(Arc::from);
    let rooms = uris.iter().map(|uri| named(uri).unwrap_or_else(|| Arc::from(ROOM_DEFAULT)));
    Ok(Traces::new(file, rooms.collect(), start.elapsed().as_micros() as u64))
}

/// A message to the floor has a head of 67 bits, an ack among them, and these bytes.
fn floor_input(in_bytes: u32) -> Kind {
    const BYTE: FieldSpec = FieldSpec {
        name: Cow::Borrowed("byte"),
        shape: Shape::Integer,
        lane: Lane::Uint { bits: 8 },
        blend: Blend::Snap,
    };
    let bytes = in_bytes.saturating_sub(FLOOR_HEAD_BYTES) as usize;
    Kind { fields: vec![BYTE; bytes].into(), ..Kind::new("floor", &[]) }
}
