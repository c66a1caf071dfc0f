//! All settings: one struct, one doc line per field, checked as a whole before anything starts.
//!
//! Layers, later ones win: the defaults here, the TOML file of `--config`, `SNAPLINE_*` in the environment, flags (`args.rs`).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

use snapline_shared::message::is_room_name;

use crate::room::{MAP_BYTES_MAX, PLAYERS_MAX, ResumeKey, RoomConfig, RoomMap};

/// The most that [`Config::house_bots`] may be.
const HOUSE_BOTS_MAX: usize = 200;
/// Names in [`Config::keep_rooms`].
const KEEP_ROOMS_MAX: usize = 256;

/// The settings of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port of everything, HTTP and WebSocket; port 0 takes a free one. Default 127.0.0.1:8080: nobody but this machine.
    pub listen: SocketAddr,
    /// Address and port of `/metrics`, `/livez` and `/readyz` for operators. Default 127.0.0.1:9464, and only a warning when that is taken; one that is
    /// set and cannot be had is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops_listen: Option<SocketAddr>,
    /// Ticks a second, 1-240. Default 60. CPU grows in proportion.
    pub tick_hz: u32,
    /// Ticks from one snapshot to the next, 1-16. Default 2. Lower costs CPU and bandwidth in proportion.
    pub ticks_per_step: u32,
    /// Threads that run rooms, 1-256. Default: one a core. More than cores only adds lateness.
    pub tick_threads: usize,
    /// Rooms at once, 1-65,536. Default 256. An awake room costs a tick's CPU, a sleeping one its memory.
    pub rooms_max: usize,
    /// Whether joining an unknown room makes it; else there is only `main`. Default true.
    pub rooms_on_demand: bool,
    /// Seats for people in a room, 1-4,096. Default 512. Snapshots to n players that see one another cost CPU and bandwidth by n squared.
    pub players_max: usize,
    /// Bots of the server's own in `main` with one person there, 0-200; with each further person one less, with none there are none. They take no
    /// seat of `players_max`. Default 20. Each costs the CPU of a player without a socket. Of no effect for a game that has no brain.
    pub house_bots: usize,
    /// WebSocket connections at once, 1-1,000,000. Default 8,192. Some 10 KB each, and a file descriptor.
    pub connections_max: usize,
    /// Connections at once that are not playing (HTTP, before Hello), 1-65,536. Default 512. Each some 20 KB and a descriptor.
    pub handshakes_max: usize,
    /// Rows in a room's world, 1-65,536. Default 16,384. Memory: words of a row x steps of `history_ms`.
    pub rows_max: usize,
    /// Bytes that the rows of one snapshot fill at most, 256-65,536. Default 4,096. What does not fit is held, the farthest first, and comes in turn;
    /// more shows a crowd more smoothly and costs bandwidth.
    pub snapshot_bytes_max: usize,
    /// How long rows are kept for rewind, in milliseconds, 50-10,000. Default 1,000. Memory in proportion.
    pub history_ms: u32,
    /// How far back a shot may be judged, in milliseconds, 0 to `history_ms`. Default 450. More favours slow links over those who are hit.
    pub rewind_ms_max: u32,
    /// Rooms that never end, by name or by the beginning of a name and `*`; at most 256. They sleep, without ticks and frames, while nobody in them
    /// looks at them, and their connections are pinged every 25 s. Default: none. For lobbies and worlds that wait for their players.
    pub keep_rooms: Vec<String>,
    /// How long an empty room is kept, in seconds, 1-86,400; `main` and those of `keep_rooms` are kept always. Default 60. More only costs memory.
    pub room_empty_s: u32,
    /// Time from a match's results to the next match, in seconds, 1-3,600. Default 10. More leaves people looking at the results for longer.
    pub restart_s: u32,
    /// How long the seat of a player whose connection is lost is kept, in seconds, 0-3,600; 0: not at all. Default 30: a reload, a change of network.
    /// More keeps the seats of those who just close the tab.
    pub resume_s: u32,
    /// How long a connection may take to say Hello, in seconds, 1-60. Default 5. More lets idle connections hold `handshakes_max`.
    pub hello_timeout_s: u32,
    /// Time from one ping to the next, in seconds, 1-300. Default 5. More notices a lost player later.
    pub ping_interval_s: u32,
    /// Time for an answer to a ping, in seconds, 1-300. Default 5. More notices a lost player later.
    pub pong_timeout_s: u32,
    /// Time that a game's `step` may take, in microseconds, 0-1,000,000; 0: half of a tick. Default 0. More than it is counted, and warned of by room.
    pub step_budget_us: u32,
    /// Seed of every room's random numbers; none: a random one for each room. For tests and replays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Serves what debuggers need (`/debug/...`), to this machine only. Default false.
    pub dev: bool,
    /// Plays on this file in place of the map that the game is built with; its name is the map's name, 1-64 characters of `[A-Za-z0-9._-]`, the
    /// first no dot. At most 1 MiB. Default: none. Who has not got it downloads it at `/maps/NAME` before it can predict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<PathBuf>,
    /// Writes a line of JSON to this file for each tick of each room, in place of what is there: times, phases, and every input that has arrived. A
    /// tick never waits for it; lines that the disk is too slow for are left out and counted. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    /// Serves the page from this directory, fresh at every request, instead of the one built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<PathBuf>,
    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`) or `tracing` directives. Default `info`.
    pub log: String,
    /// Options of the game, text to text, e.g. `view_radius = "500"`. What there is, the game says.
    #[serde(deserialize_with = "texts")]
    pub options: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            ops_listen: None,
            tick_hz: 60,
            ticks_per_step: 2,
            tick_threads: std::thread::available_parallelism().map_or(1, usize::from).min(256),
            rooms_max: 256,
            rooms_on_demand: true,
            players_max: 512,
            house_bots: 20,
            connections_max: 8192,
            handshakes_max: 512,
            rows_max: 16_384,
            snapshot_bytes_max: 4096,
            history_ms: 1000,
            rewind_ms_max: 450,
            keep_rooms: Vec::new(),
            room_empty_s: 60,
            restart_s: 10,
            resume_s: 30,
            hello_timeout_s: 5,
            ping_interval_s: 5,
            pong_timeout_s: 5,
            step_budget_us: 0,
            seed: None,
            dev: false,
            map: None,
            trace: None,
            assets: None,
            log: "info".to_owned(),
            options: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Checks every field.
    ///
    /// # Errors
    /// All that is wrong, each with its field and what would be accepted.
    pub fn validate(&self) -> Result<(), ConfigErrors> {
        let mut errors = Vec::new();
        for (field, value, least, most) in [
            ("tick_hz", u64::from(self.tick_hz), 1, 240),
            ("ticks_per_step", u64::from(self.ticks_per_step), 1, 16),
            ("tick_threads", self.tick_threads as u64, 1, 256),
            ("rooms_max", self.rooms_max as u64, 1, 65_536),
            ("players_max", self.players_max as u64, 1, PLAYERS_MAX as u64),
            ("house_bots", self.house_bots as u64, 0, HOUSE_BOTS_MAX as u64),
            ("connections_max", self.connections_max as u64, 1, 1_000_000),
            ("handshakes_max", self.handshakes_max as u64, 1, 65_536),
            ("rows_max", self.rows_max as u64, 1, 65_536),
            ("snapshot_bytes_max", self.snapshot_bytes_max as u64, 256, 65_536),
            ("history_ms", u64::from(self.history_ms), 50, 10_000),
            ("rewind_ms_max", u64::from(self.rewind_ms_max), 0, u64::from(self.history_ms)),
            ("room_empty_s", u64::from(self.room_empty_s), 1, 86_400),
            ("restart_s", u64::from(self.restart_s), 1, 3600),
            ("resume_s", u64::from(self.resume_s), 0, 3600),
            ("hello_timeout_s", u64::from(self.hello_timeout_s), 1, 60),
            ("ping_interval_s", u64::from(self.ping_interval_s), 1, 300),
            ("step_budget_us", u64::from(self.step_budget_us), 0, 1_000_000),
            ("pong_timeout_s", u64::from(self.pong_timeout_s), 1, 300),
        ] {
            if !(least..=most).contains(&value) {
                errors.push(ConfigError::new(field, format!("{value} is not within {least} to {most}")));
            }
        }
        if self.keep_rooms.len() > KEEP_ROOMS_MAX {
            errors.push(ConfigError::new("keep_rooms", format!("more than {KEEP_ROOMS_MAX} names")));
        }
        let is_bad = |name: &&String| !is_room_name(name.strip_suffix('*').unwrap_or(name)) && *name != "*";
        if let Some(name) = self.keep_rooms.iter().find(is_bad) {
            let words = format!("{name:?}: a name is 1-32 characters of a-z, 0-9 and -, and may end with *");
            errors.push(ConfigError::new("keep_rooms", words));
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log) {
            let words =
                format!("{:?} is neither a level (error, warn, info, debug, trace) nor directives: {error}", self.log);
            errors.push(ConfigError::new("log", words));
        }
        if let Some(assets) = &self.assets
            && !assets.is_dir()
        {
            errors.push(ConfigError::new("assets", format!("{} is not a directory", assets.display())));
        }
        errors.extend(self.read_map().err());
        if errors.is_empty() { Ok(()) } else { Err(ConfigErrors(errors)) }
    }

    /// Whether the room called `name` is one of `keep_rooms`.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        self.keep_rooms.iter().any(|kept| match kept.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == kept,
        })
    }

    /// Reads the file `map`, when there is one.
    ///
    /// # Errors
    /// When it cannot be read or cannot be a map.
    pub fn read_map(&self) -> Result<Option<RoomMap>, ConfigError> {
        let Some(path) = &self.map else { return Ok(None) };
        let wrong = |words: String| ConfigError::new("map", format!("{}: {words}", path.display()));
        let bytes = read_up_to(path, MAP_BYTES_MAX + 1).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() > MAP_BYTES_MAX {
            return Err(wrong(format!("more than {MAP_BYTES_MAX} bytes")));
        }
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        RoomMap::new(&name, &bytes).map(Some).map_err(wrong)
    }

    /// What the room called `name` is made from, with the map that [`Self::read_map`] gave at the start: one for all rooms.
    #[must_use]
    pub fn room(&self, name: &str, map: Option<RoomMap>) -> RoomConfig {
        RoomConfig {
            name: name.to_owned(),
            tick_hz: self.tick_hz,
            ticks_per_step: self.ticks_per_step,
            players_max: self.players_max,
            rows_max: self.rows_max,
            snapshot_bytes_max: self.snapshot_bytes_max,
            history_ms: self.history_ms,
            rewind_ms_max: self.rewind_ms_max,
            restart_s: self.restart_s,
            resume_s: self.resume_s,
            resume_key: ResumeKey::new(random_bytes()),
            seed: self.seed.unwrap_or_else(random_seed),
            map,
            options: self.options.clone(),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {words}")]
pub struct ConfigError {
    /// Its name.
    pub field: String,
    /// What is wrong and what would be accepted.
    pub words: String,
}

impl ConfigError {
    pub(crate) fn new(field: impl Into<String>, words: impl Into<String>) -> Self {
        Self { field: field.into(), words: words.into() }
    }
}

/// All settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl core::fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|error| writeln!(f, "  {error}"))
    }
}

impl core::error::Error for ConfigErrors {}

fn random_seed() -> u64 {
    u64::from_le_bytes(random_bytes())
}

/// From the system, which gives up to 256 bytes at once in any case.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = rustix::rand::getrandom(&mut bytes[..], rustix::rand::GetRandomFlags::empty());
    assert_eq!(filled, Ok(N), "the system gives no randomness");
    bytes
}

/// The first `bytes_max` bytes of a file.
fn read_up_to(path: &Path, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Options are texts for the game; numbers and truth values may be written bare.
fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Bare {
        Truth(bool),
        Whole(i64),
        Number(f64),
        Text(String),
    }
    let options = BTreeMap::<String, Bare>::deserialize(from)?;
    let text = |bare| match bare {
        Bare::Truth(truth) => truth.to_string(),
        Bare::Whole(whole) => whole.to_string(),
        Bare::Number(number) => number.to_string(),
        Bare::Text(text) => text,
    };
    Ok(options.into_iter().map(|(name, bare)| (name, text(bare))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_all_errors_come_at_once() {
        assert_eq!(Config::default().validate(), Ok(()));
        let wrong = Config {
            tick_hz: 241,
            ticks_per_step: 0,
            players_max: 4097,
            house_bots: 201,
            rewind_ms_max: 1001,
            log: "snapline=loud".to_owned(),
            ..Config::default()
        };
        let fields: Vec<String> =
            wrong.validate().err().into_iter().flat_map(|all| all.0).map(|error| error.field).collect();
        assert_eq!(fields, ["tick_hz", "ticks_per_step", "players_max", "house_bots", "rewind_ms_max", "log"]);
    }

    #[test]
    fn both_ends_of_a_range_are_within_it() {
        for tick_hz in [1, 240] {
            assert_eq!(Config { tick_hz, ..Config::default() }.validate(), Ok(()));
        }
        for (resume_s, is_good) in [(0, true), (3600, true), (3601, false)] {
            assert_eq!(Config { resume_s, ..Config::default() }.validate().is_ok(), is_good);
        }
        for house_bots in [0, HOUSE_BOTS_MAX] {
            assert_eq!(Config { house_bots, ..Config::default() }.validate(), Ok(()));
        }
        for tick_hz in [0, 241] {
            assert!(Config { tick_hz, ..Config::default() }.validate().is_err());
        }
    }
}
