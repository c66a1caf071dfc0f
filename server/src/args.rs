//! From the command line, the environment and a file to a checked [`Config`].

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::Dict;
use serde::Serialize;

use crate::config::{Config, ConfigError, ConfigErrors};

const ENVIRONMENT: &str = "SNAPLINE_";

/// Settings that are absent unless given.
const OPTIONAL: [&str; 5] = ["ops_listen", "seed", "map", "trace", "assets"];

const EXAMPLES: &str = "\
Examples:
  snapline                                  serve this machine; open http://127.0.0.1:8080/
  snapline --listen 0.0.0.0:8080            serve the network too
  snapline --tick-hz 30 --ticks-per-step 1  30 ticks and 30 snapshots a second
  snapline --house-bots 0                   people alone
  snapline --map assets/maps/mine.json      another map than the game's own
  snapline --assets assets/web --dev        work on the page: files are read afresh at every request
  snapline --print-config > snapline.toml   all settings and their values; edit, then:
  snapline --config snapline.toml
  SNAPLINE_PLAYERS_MAX=64 SNAPLINE_OPTIONS__VIEW_RADIUS=500 snapline

Settings come from, later ones win: defaults, the file, SNAPLINE_* in the environment (two underscores
go into a table), flags. A wrong one ends the program with code 2 and the accepted range.";

/// An authoritative state-sync server for multiplayer games.
#[derive(Debug, Parser)]
#[command(name = "snapline", version, after_help = EXAMPLES)]
struct Args {
    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the settings in effect as TOML, and stop
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    flags: Flags,
}

/// The settings that have a flag; those not given are left to the other layers.
#[derive(Debug, Default, clap::Args, Serialize)]
struct Flags {
    /// Address and port to serve, e.g. 0.0.0.0:8080 for the whole network [default: 127.0.0.1:8080]
    #[arg(long, value_name = "IP:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    /// Address and port of /metrics for operators [default: 127.0.0.1:9464]
    #[arg(long, value_name = "IP:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ops_listen: Option<String>,
    /// Ticks a second, 1-240 [default: 60]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tick_hz: Option<u32>,
    /// Ticks from one snapshot to the next, 1-16 [default: 2]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ticks_per_step: Option<u32>,
    /// Bots of the server's own in room main, 0-200; they give way to people [default: 20]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    house_bots: Option<usize>,
    /// Play on this map (at most 1 MiB) instead of the one that the game is built with
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<PathBuf>,
    /// Write a line of JSON for each tick of each room to this file
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<PathBuf>,
    /// Serve the page from this directory instead of the one built in
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    assets: Option<PathBuf>,
    /// Serve /debug/... to this machine
    #[arg(long)]
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    dev: bool,
}

impl Config {
    /// The settings of this process, checked.
    ///
    /// # Errors
    /// The code to exit with: the settings are wrong (2), or help, version or `--print-config` was asked for (0). All has been said.
    pub fn from_args() -> Result<Self, ExitCode> {
        let args = Args::parse();
        let config = match load(&args) {
            Ok(config) => config,
            Err(errors) => {
                eprint!("These settings cannot be used:\n{errors}");
                return Err(ExitCode::from(2));
            }
        };
        if !args.print_config {
            return Ok(config);
        }
        match toml::to_string(&config) {
            Ok(text) => {
                // A reader that has gone (`| head`) is no failure.
                let _ = std::io::stdout().write_all(text.as_bytes());
                Err(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("The settings cannot be written as TOML: {error}");
                Err(ExitCode::FAILURE)
            }
        }
    }
}

fn load(args: &Args) -> Result<Config, ConfigErrors> {
    let mut layers = Figment::new();
    if let Some(path) = &args.config {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigErrors(vec![ConfigError::new("--config", format!("{}: {error}", path.display()))])
        })?;
        layers = layers.merge(Toml::string(&text));
    }
    layers = layers.merge(Env::prefixed(ENVIRONMENT).split("__")).merge(Serialized::defaults(&args.flags));
    let (config, mut errors) = read(&layers);
    errors.extend(config.validate().err().into_iter().flat_map(|more| more.0));
    if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
}

/// Reads field by field, so that all mistakes are told at once: the fields that can be read, and what is wrong with the others.
fn read(layers: &Figment) -> (Config, Vec<ConfigError>) {
    let mut config = Figment::from(Serialized::defaults(Config::default()));
    let mut errors = Vec::new();
    let given: Dict = match layers.extract() {
        Ok(given) => given,
        Err(error) => {
            errors.extend(error.into_iter().map(|error| ConfigError::new("--config", error.to_string())));
            Dict::new()
        }
    };
    let known: Dict = config.extract().unwrap_or_default();
    for (field, value) in given {
        let from = layers.find_metadata(&field).map_or_else(String::new, |layer| format!(" (in {})", layer.name));
        if !known.contains_key(&field) && !OPTIONAL.contains(&field.as_str()) {
            let words = format!("there is no such setting{from}; --print-config lists them all");
            errors.push(ConfigError::new(field, words));
            continue;
        }
        let with = config.clone().merge((field.as_str(), value));
        match with.extract::<Config>() {
            Ok(_) => config = with,
            Err(wrong) => errors.extend(wrong.into_iter().map(|error| {
                let path = if error.path.is_empty() { field.clone() } else { error.path.join(".") };
                ConfigError::new(path, format!("{}{from}", error.kind))
            })),
        }
    }
    (config.extract().unwrap_or_default(), errors)
}
