//! Protocol, codec, simulation contract and client netcode of Snapline.
pub use serde;
// `wire!` names this crate, and is used inside it too.
extern crate self as snapline_shared;

pub mod bits;
pub mod client;
pub mod coder;
pub mod events;
pub mod frame;
pub mod game;
pub mod ids;
pub mod link;
pub mod message;
pub mod prelude;
pub mod quant;
pub mod rng;
pub mod rows;
pub mod schema;
pub mod testing;
pub mod tick;
pub mod wire;
pub mod words;
