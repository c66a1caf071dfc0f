//! bot-client
fn main() {}
