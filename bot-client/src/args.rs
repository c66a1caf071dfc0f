//! The command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Parser;
use snapline_bots::{BOTS, DROP_EVERY_S, Options, RAMP_PER_SECOND, SECONDS};

/// A swarm of headless clients for any Snapline server: load, latency, bandwidth.
///
/// Every bot is a real WebSocket with the same client core that browsers run. The bots fetch the game's schema from /schema.json of the same
/// host. Where this program has a brain for that game, the bots play with it and predict as a browser does; else they steer by the schema: what is
/// called heading, aim, angle or turn wanders, switches are thrown now and then, the rest takes small values. Only the time after the last bot has
/// joined is measured.
#[derive(Debug, Parser)]
#[command(name = "bot-client", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The server: ws://HOST:PORT/play; without a port 80, without a path /play
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:8080/play")]
    url: String,

    /// How many bots, 1 to 15000
    #[arg(long, value_name = "N", default_value = "10", allow_negative_numbers = true, value_parser = within(BOTS))]
    bots: u32,

    /// How long they play once the last has joined, 1 to 86400
    #[arg(long, value_name = "S", default_value = "10", allow_negative_numbers = true, value_parser = within(SECONDS))]
    seconds: u32,

    /// The room: 1 to 32 characters of a-z, 0-9 and -; without, the server's default
    #[arg(long, value_name = "R")]
    room: Option<String>,

    /// Bots started in a second, 1 to 10000
    #[arg(long, value_name = "PER_SECOND", default_value = "200", allow_negative_numbers = true,
        value_parser = within(RAMP_PER_SECOND))]
    ramp: u32,

    /// The same seed gives the same input over time, 0 to 18446744073709551615
    #[arg(long, value_name = "X", default_value = "1", allow_negative_numbers = true, value_parser = seed)]
    seed: u64,

    /// Steer by the schema even where there is a brain for the game
    #[arg(long)]
    steer: bool,

    /// Every bot resets its connection after so many seconds, again and again, and comes back to its seat, 1 to 3600; without, never
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = within(DROP_EVERY_S))]
    drop_every: Option<u32>,

    /// Write the report as JSON to this file; - prints it in place of the table
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Args {
    pub(crate) fn options(&self) -> Options {
        Options {
            bots: self.bots,
            seconds: self.seconds,
            room: self.room.clone(),
            ramp_per_second: self.ramp,
            seed: self.seed,
            steer: self.steer,
            drop_every_s: self.drop_every,
            ..Options::new(&self.url)
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  Ten bots for ten seconds in the default room of a server on this machine
      bot-client
  A thousand bots for a minute in a room of their own, the report kept for comparison
      bot-client --bots 1000 --seconds 60 --room load --json before.json
  A burst of joins
      bot-client --bots 500 --seconds 5 --ramp 10000
  One figure for a script
      bot-client --bots 100 --json - | jq .bytes_per_client_tick.p99

The report:
  snapshot   payload bytes of one snapshot
  rtt        from a snapshot's sending to its ack, as the server tells it
  echo       from an input's sending to the first snapshot that applied it
  resumed    from a bot's own reset of its connection (--drop-every) to the first snapshot that it applied after it
  visible    rows a bot knows
  mispredicted  own states that the server's differed from: an input came late, the game touched the player, or neither
  dropped    sockets that the server ended, by close code; 1006: without a close frame

Exit status:
  0  every bot joined and got snapshots, none was dropped, every message decoded, no desync, no misprediction unexplained
  1  anything else; the report says what
  2  an argument is out of its range

Ctrl-C ends the run early; the report is still printed.";

fn within(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("takes a whole number from {} to {}", range.start(), range.end()))
    }
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("takes a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let args = Args::try_parse_from(["bot-client"]).unwrap();
        assert_eq!(args.options(), Options::new("ws://127.0.0.1:8080/play"));
    }

    #[test]
    fn every_argument_arrives() {
        let line =
            "bot-client --url ws://h --bots 3 --seconds 4 --room r --ramp 5 --seed 6 --steer --drop-every 7 --json -";
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let options = args.options();
        assert_eq!((options.url.as_str(), options.bots, options.seconds), ("ws://h", 3, 4));
        assert_eq!((options.room.as_deref(), options.ramp_per_second, options.seed), (Some("r"), 5, 6));
        assert!(options.steer && options.drop_every_s == Some(7));
        assert_eq!(args.json, Some(PathBuf::from("-")));
    }

    #[test]
    fn mistakes_name_the_argument_and_its_range() {
        for (argument, values, range) in [
            ("--bots", ["0", "15001", "-1", "many"], "1 to 15000"),
            ("--seconds", ["0", "86401", "1.5", ""], "1 to 86400"),
            ("--drop-every", ["0", "3601", "-3", "x"], "1 to 3600"),
            ("--ramp", ["0", "10001", "-3", "x"], "1 to 10000"),
            ("--seed", ["-1", "18446744073709551616", "x", ""], "0 to 18446744073709551615"),
        ] {
            for value in values {
                let error = Args::try_parse_from(["bot-client", argument, value]).unwrap_err().to_string();
                assert!(error.contains(argument) && error.contains(range), "{argument} {value}: {error}");
            }
        }
    }
}
