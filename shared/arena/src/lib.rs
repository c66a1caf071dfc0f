//! The demo game: ships with inertia in a walled arena, who shoot, pick up, burst and come back; a match of five minutes, then the next.
//!
//! | module | is |
//! |---|---|
//! | `kinds` | what travels: inputs, own state, rows, events |
//! | `scene` | the map's walls, rays and discs against them; the tuning |
//! | `flight` | one ship's own motion and its shot: what server and browser both run |
//! | `bolts`, `crates`, `table` | shots in flight, what lies about, who leads |
//! | `judge` | lag compensation: shots in the world that their shooters saw |
//! | `game` | [`Arena`]: the match |
//! | `brain` | [`Ace`]: how bots play |
//!
//! x grows to the right, y grows down, angles turn from +x towards +y.

mod bolts;
mod brain;
mod crates;
mod flight;
mod game;
mod judge;
mod kinds;
mod scene;
mod table;

pub use brain::Ace;
pub use game::Arena;
pub use kinds::{
    Bolt, Burst, Crate, Hit, Hurt, Input, Judge, Judged, Kill, Match, Own, SIDE, Score, Ship, Spark, Struck, Taken,
};
pub use scene::{SHIP_RADIUS, Scene, Spot, Wall};
