//! The demo game: ships in a walled arena.

mod kinds;

pub use kinds::{Bolt, Burst, Crate, Hit, Hurt, Input, Kill, Match, Own, SIDE, Score, Ship, Spark, Struck, Taken};
