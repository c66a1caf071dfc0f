//! What a run is asked to do, with the limits on it. All mistakes are told at once, each with its field and the accepted range.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use snapline_shared::link::LinkSpec;
use snapline_shared::message::is_room_name;

use crate::target::Target;
use crate::workload::Workload;

/// Bots of one run: every one takes a descriptor and a source port, and one address has some 28,000 ports to give.
pub const BOTS: RangeInclusive<u32> = 1..=15_000;
/// Seconds of play: up to a day.
pub const SECONDS: RangeInclusive<u32> = 1..=86_400;
/// Bots started in a second.
pub const RAMP_PER_SECOND: RangeInclusive<u32> = 1..=10_000;

/// Seconds from one reset of a bot's connection to the next.
pub const DROP_EVERY_S: RangeInclusive<u32> = 1..=3600;
/// Rooms of one run.
pub const ROOMS: RangeInclusive<u32> = 1..=4096;
/// How far ahead a light bot's inputs may be: the server drops those farther than 32 ticks.
pub const LEAD_TICKS: RangeInclusive<u32> = 1..=30;
/// Bots that may come and go in a second.
pub const CHURN: RangeInclusive<u32> = 0..=1000;
/// Bytes of a message to the floor: its head has nine.
pub const FLOOR_IN_BYTES: RangeInclusive<u32> = 9..=1024;
/// Up to so many bots are all whole clients unless asked otherwise.
const FULL_BOTS: u32 = 300;
/// The share of whole clients among more.
const FULL_SHARE: f64 = 0.01;

/// What bots press where no brain plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// What turns, wanders; what is on or off, toggles; the rest takes small values.
    #[default]
    Wander,
    /// What turns goes on by one step a tick, one way for good; the rest is 0.
    Turn,
}

/// What a run is asked to do.
#[derive(Clone, Debug, PartialEq)]
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
    /// What each bot's socket goes through, in either direction. Only whole clients have it. Default: nothing.
    pub link: Option<LinkSpec>,
    /// The file to which whole clients write a line for each input and each snapshot. Default: none.
    pub trace: Option<PathBuf>,
    /// Rooms that the bots are spread over, within [`ROOMS`]: `ROOM-0`, `ROOM-1`, ... (`load-0` without a room's name here or in the URL); with one, the room itself.
    /// Default 1.
    pub rooms: u32,
    /// What is pressed where no brain plays. Default: wander.
    pub pattern: Pattern,
    /// Share of the bots, 0 to 1, that are whole clients and check what they get; the others are light. Default: all of up to 300 bots, else one in a
    /// hundred.
    pub full_share: Option<f64>,
    /// The tick that a light bot's input is for: the so-manieth after the newest whose snapshot is due, within [`LEAD_TICKS`]. Default 2.
    pub lead_ticks: u32,
    /// Light bots that leave, to be replaced by others, in a second of play, within [`CHURN`]. Default 0.
    pub churn_per_second: u32,
    /// Whether the bots say that nobody looks and send nothing but answers to pings. Default false.
    pub hidden: bool,
    /// The server's process on this machine, whose CPU and memory are read. Default: whoever listens on the port, when the URL is of this machine.
    pub server_pid: Option<u32>,
    /// The server is the floor, which has no HTTP and no game, and a message to it has so many bytes, within [`FLOOR_IN_BYTES`]. Default: no.
    pub floor_in_bytes: Option<u32>,
    /// Which part of the bots this process runs, and of how many: those whose number has the former as its remainder by the latter. Default (0, 1): all.
    pub part: (u32, u32),
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
            link: None,
            trace: None,
            rooms: 1,
            pattern: Pattern::Wander,
            full_share: None,
            lead_ticks: 2,
            churn_per_second: 0,
            hidden: false,
            server_pid: None,
            floor_in_bytes: None,
            part: (0, 1),
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

    /// For a workload: its players, rooms and pattern.
    #[must_use]
    pub fn for_workload(self, workload: Workload) -> Self {
        let (bots, rooms) = (workload.players(), workload.rooms());
        let full_share = self.full_share.or(Some(FULL_SHARE));
        Self { bots, rooms, pattern: Pattern::Turn, full_share, ..self }
    }

    /// How many of the bots are whole clients.
    #[must_use]
    pub fn full_bots(&self) -> u32 {
        if self.floor_in_bytes.is_some() || self.hidden {
            return 0;
        }
        let share = self.full_share.unwrap_or(if self.bots <= FULL_BOTS { 1.0 } else { FULL_SHARE });
        let least = u32::from(share > 0.0);
        ((f64::from(self.bots) * share).round() as u32).clamp(least, self.bots)
    }

    /// The numbers of the bots of this process.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        let (part, parts) = self.part;
        (0..self.bots).filter(move |number| number % parts.max(1) == part)
    }

    /// Whether bot `number` is one of them: they are spread evenly over the numbers.
    pub(crate) fn is_full(&self, number: u32) -> bool {
        let (full, bots) = (u64::from(self.full_bots()), u64::from(self.bots));
        let up_to = |count: u64| count * full / bots;
        up_to(u64::from(number) + 1) > up_to(u64::from(number))
    }

    /// The name of the room of each bot whose number is `room` modulo `rooms`; none: the one that `target` names, or the server's default.
    pub(crate) fn room_name(&self, target: &Target, room: u32) -> Option<String> {
        if self.rooms == 1 {
            return self.room.clone();
        }
        Some(format!("{}-{room}", self.room.as_deref().or(target.room()).unwrap_or("load")))
    }

    /// Where the server is, once every field has been checked.
    pub(crate) fn target(&self) -> Result<Target, OptionsError> {
        let mut all = Vec::new();
        let numbers = [
            ("drop-every", self.drop_every_s.unwrap_or(*DROP_EVERY_S.start()), DROP_EVERY_S),
            ("bots", self.bots, BOTS),
            ("seconds", self.seconds, SECONDS),
            ("ramp", self.ramp_per_second, RAMP_PER_SECOND),
            ("rooms", self.rooms, ROOMS),
            ("lead_ticks", self.lead_ticks, LEAD_TICKS),
            ("churn", self.churn_per_second, CHURN),
            ("in_bytes", self.floor_in_bytes.unwrap_or(*FLOOR_IN_BYTES.start()), FLOOR_IN_BYTES),
        ];
        for (field, value, range) in numbers {
            if !range.contains(&value) {
                let words = format!("takes a whole number from {} to {}, not {value}", range.start(), range.end());
                all.push(Wrong { field, words });
            }
        }
        if self.full_share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            all.push(Wrong { field: "full_share", words: "takes a number from 0 to 1".to_owned() });
        }
        if self.churn_per_second > 0 && self.full_bots() == self.bots {
            all.push(Wrong {
                field: "churn",
                words: "light bots alone come and go: give a full_share below 1".to_owned(),
            });
        }
        if self.link.is_some() && self.full_bots() < self.bots {
            let words = "whole clients alone have one: give a full_share of 1 and neither keep_idle nor floor";
            all.push(Wrong { field: "link", words: words.to_owned() });
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
    fn light_bots_have_no_link() {
        let linked = |options: Options| Options { link: Some(LinkSpec::WIFI), ..options }.check().is_ok();
        let plain = Options::new("ws://h");
        assert!(linked(plain.clone()) && linked(Options { bots: 999, full_share: Some(1.0), ..plain.clone() }));
        for light in [
            Options { bots: 999, ..plain.clone() },
            Options { full_share: Some(0.9), ..plain.clone() },
            Options { hidden: true, ..plain.clone() },
            Options { floor_in_bytes: Some(10), ..plain },
        ] {
            assert!(!linked(light.clone()), "{light:?}");
        }
    }

    #[test]
    fn rooms_are_numbered_behind_the_name_given_or_in_the_url() {
        for (url, room, rooms, named) in [
            ("ws://h", None, 1, None),
            ("ws://h/play?room=x", None, 1, None),
            ("ws://h", None, 3, Some("load-2")),
            ("ws://h", Some("r"), 3, Some("r-2")),
            ("ws://h/play?room=x", None, 3, Some("x-2")),
            ("ws://h/play?a=1&room=x", Some("x"), 3, Some("x-2")),
        ] {
            let options = Options { room: room.map(str::to_owned), rooms, ..Options::new(url) };
            assert_eq!(options.room_name(&options.target().unwrap(), 2).as_deref(), named, "{url} {room:?} {rooms}");
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
