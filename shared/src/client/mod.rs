//! The whole client minus its socket: clock, decoding, interpolation, events. Bots and tests use it natively, the browser as WebAssembly.

mod session;

pub use session::{Arrival, ClientError, Drawn, DrawnRow, Session, SessionEvent, SessionStats};
