//! The whole client minus its socket: clock, decoding, interpolation, events. Bots and tests use it natively, the browser as WebAssembly.

mod clock;
mod predict;
mod session;
mod timeline;

pub use predict::{Mispredictions, Predicted};
pub use session::{Arrival, ClientError, Session, SessionEvent, SessionStats};
pub use timeline::{Drawn, DrawnRow};
