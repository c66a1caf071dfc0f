//! The whole client minus its socket: clock, decoding, interpolation, events. Bots and tests use it natively, the browser as WebAssembly.

mod brain;
mod clock;
mod facts;
mod least;
mod offsets;
mod playback;
mod predict;
mod sent;
mod session;
mod shots;
mod timeline;

pub use brain::{Brain, Pilot, Player, World};
pub use facts::{Arrival, ClientError, Pace, SessionEvent, SessionStats};
pub use playback::Lateness;
pub use predict::{Mispredictions, Predicted};
pub use sent::LateInputs;
pub use session::Session;
pub use shots::ShotCounts;
pub use timeline::{Drawn, DrawnRow};
