//! Benchmarks, and what they share.
//!
//! | module | is |
//! |---|---|
//! | `traces`, `worlds` | recorded worlds; worlds that are played here |
//! | `views` | who sees what |
//! | `training` | tables from worlds |
//! | `watch` | clients that watch a world: frames written, read by their bytes alone, compared, timed |
//! | `rivals` | how others would send the same |
//! | `crowd` | a room full of clients |
//! | `join` | a server's trace and its bots' in one |

pub mod crowd;
pub mod join;
pub mod rivals;
pub mod table;
pub mod traces;
pub mod training;
pub mod views;
pub mod watch;
pub mod worlds;
