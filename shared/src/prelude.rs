//! What a game's author imports: `use snapline_shared::prelude::*`.

pub use glam::{Quat, Vec2, Vec3};
pub use serde::{Deserialize, Serialize};

pub use crate::events::Events;
pub use crate::game::{
    Command, Game, Map, Past, Profile, Refusal, Replies, Request, Results, Setup, SetupError, Shots, Tools, Turn, View,
};
pub use crate::ids::{NetId, NetIds, PlayerId};
pub use crate::quant::{Blend, Lane};
pub use crate::rng::Rng;
pub use crate::rows::Rows;
pub use crate::schema::Kind;
pub use crate::tick::{Seen, Tick};
pub use crate::wire;
pub use crate::wire::Wire;
