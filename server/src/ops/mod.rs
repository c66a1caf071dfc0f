//! What operators, pages and debuggers ask the server over HTTP, and what it says by itself.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the shell: files and sockets are its business"
)]

pub(crate) mod assets;
pub(crate) mod banner;
pub(crate) mod metrics;
pub(crate) mod routes;
pub(crate) mod sources;
mod zipped;
