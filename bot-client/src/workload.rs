//! The three workloads that servers are compared by: `shared/swarm`, a step every tick, everybody turning.

use std::fmt;
use std::str::FromStr;

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// One room of 100 at 20 Hz, all see all.
    W1,
    /// One room of 500 at 20 Hz, of whom each sees about 34.
    W2,
    /// 50 rooms of 10 at 30 Hz.
    W3,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::W1, Self::W2, Self::W3];

    /// Players in all rooms together.
    #[must_use]
    pub const fn players(self) -> u32 {
        if matches!(self, Self::W1) { 100 } else { 500 }
    }

    /// Rooms that they are spread over.
    #[must_use]
    pub const fn rooms(self) -> u32 {
        if matches!(self, Self::W3) { 50 } else { 1 }
    }

    /// Ticks, and snapshots, a second.
    #[must_use]
    pub const fn tick_hz(self) -> u32 {
        if matches!(self, Self::W3) { 30 } else { 20 }
    }

    /// The game's option `view_radius` with so many players in a room, in units: in `w2` such that their number in view stays that of 500 with 121.
    #[must_use]
    pub fn view_radius(self, players: u32) -> f32 {
        match self {
            Self::W1 | Self::W3 => 500.0,
            Self::W2 => (121.0 * (500.0 / players.max(1) as f32).sqrt()).clamp(1.0, 500.0),
        }
    }
}

impl FromStr for Workload {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|workload| workload.to_string() == text).ok_or("takes w1, w2 or w3")
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::W1 => "w1",
            Self::W2 => "w2",
            Self::W3 => "w3",
        })
    }
}
