//! What a run is asked to do, with the limits on it. All mistakes are told at once, each with its field and the accepted range.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use snapline_shared::message::is_room_name;

use crate::target::Target;

/// Bots of one run: every one takes a descriptor and a source port, and one address has some 28,000 ports to give.
pub const BOTS: RangeInclusive<u32> = 1..=15_000;
/// Seconds of play: up to a day.
pub const SECONDS: RangeInclusive<u32> = 1..=86_400;
/// Bots started in a second.
pub const RAMP_PER_SECOND: RangeInclusive<u32> = 1..=10_000;

/// Seconds from one reset of a bot's connection to the next.
pub const DROP_EVERY_S: RangeInclusive<u32> = 1..=3600;

/// What a run is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The server: `ws://HOST:PORT/play`, without a path `/play` is meant.
    pub url: String,
    /// How many bots, within [`BOTS`]. Default 10.
    pub bots: u32,
    /// How long they play once the last has joined, within [`SECONDS`]. Only this time is measured. Default 10.
    pub seconds: u32,
    /// The room, `[a-z0-9-]{1,32}`; none: the one in the URL, or the server's default. Default none.
    pub room: Option<String>,
    /// Bots started in a second, within [`RAMP_PER_SECOND`]. A higher rate tests the handshake rather than the room. Default 200.
    pub ramp_per_second: u32,
    /// The same seed gives every bot the same input over time. Default 1.
    pub seed: u64,
    /// Whether inputs are made from the schema even where there is a brain for the game. Default false.
    pub steer: bool,
    /// Every bot resets its connection after so many seconds, again and again, and comes back to its seat; within [`DROP_EVERY_S`]. Default: never.
    pub drop_every_s: Option<u32>,
    /// How long a bot may take from its TCP connection to Welcome. Default 10 s.
    pub join_timeout: Duration,
}

impl Options {
    /// The defaults, for the server at `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            bots: 10,
            seconds: 10,
            room: None,
            ramp_per_second: 200,
            seed: 1,
            steer: false,
            drop_every_s: None,
            join_timeout: Duration::from_secs(10),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn check(&self) -> Result<(), OptionsError> {
        self.target().map(drop)
    }

    /// Where the server is, once every field has been checked.
    pub(crate) fn target(&self) -> Result<Target, OptionsError> {
        let mut all = Vec::new();
        let numbers = [
            ("drop-every", self.drop_every_s.unwrap_or(*DROP_EVERY_S.start()), DROP_EVERY_S),
            ("bots", self.bots, BOTS),
            ("seconds", self.seconds, SECONDS),
            ("ramp", self.ramp_per_second, RAMP_PER_SECOND),
        ];
        for (field, value, range) in numbers {
            if !range.contains(&value) {
                let words = format!("takes a whole number from {} to {}, not {value}", range.start(), range.end());
                all.push(Wrong { field, words });
            }
        }
        let room = self.room.as_deref();
        if room.is_some_and(|room| !is_room_name(room)) {
            all.push(Wrong { field: "room", words: "takes 1 to 32 characters of a-z, 0-9 and -".to_owned() });
        }
        match Target::parse(&self.url, room) {
            Ok(target) if all.is_empty() => return Ok(target),
            Ok(_) => {}
            Err(words) => all.push(Wrong { field: "url", words }),
        }
        Err(OptionsError(all))
    }
}

/// One field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The option's name.
    pub field: &'static str,
    /// What it takes.
    pub words: String,
}

/// Every field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError(pub Vec<Wrong>);

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Wrong { field, words }) in self.0.iter().enumerate() {
            let line = if i == 0 { "" } else { "\n" };
            write!(f, "{line}{field}: {words}")?;
        }
        Ok(())
    }
}

impl std::error::Error for OptionsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_each_range_are_taken_and_one_past_them_is_not() {
        let mut options = Options::new("ws://localhost:8080/play");
        for (bots, seconds, ramp_per_second) in [(1, 1, 1), (15_000, 86_400, 10_000)] {
            options = Options { bots, seconds, ramp_per_second, ..options };
            assert_eq!(options.check(), Ok(()));
        }
        for (bots, seconds, ramp_per_second) in [(0, 0, 0), (15_001, 86_401, 10_001)] {
            options = Options { bots, seconds, ramp_per_second, ..options };
            let wrong: Vec<_> = options.check().unwrap_err().0.into_iter().map(|wrong| wrong.field).collect();
            assert_eq!(wrong, ["bots", "seconds", "ramp"]);
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let options = Options { bots: 0, room: Some("A B".to_owned()), ..Options::new("http://localhost") };
        let words = options.check().unwrap_err().to_string();
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!(lines[0], "bots: takes a whole number from 1 to 15000, not 0");
        assert!(lines[1].starts_with("room: ") && lines[2].starts_with("url: ") && lines.len() == 3, "{words}");
    }
}
