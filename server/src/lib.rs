//! The Snapline server: rooms, sockets, HTTP, operations.

pub mod room;
