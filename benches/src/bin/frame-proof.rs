//! The proof of the frame at length: `cargo run --release -p snapline-benches --bin frame-proof -- --frames 1000000`.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use snapline_shared::testing::FrameProof;

/// Writes frames for virtual clients that skip, fall behind and look elsewhere, decodes each by its bytes alone and compares every row with the truth.
#[derive(Parser)]
struct Arguments {
    /// Frames to write, read and compare (1 to 1,000,000,000).
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    frames: u64,
    /// Seed of worlds and clients; the same seed goes the same way.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at a time (1 to 1000).
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    clients: u16,
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    println!("seed {}, {} clients", arguments.seed, arguments.clients);
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} frames, {per_sec}, {eta} left");
    let bar = ProgressBar::new(arguments.frames).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut proof = FrameProof::new(arguments.seed, arguments.clients.into());
    while proof.report().frames < arguments.frames {
        if let Err(difference) = proof.step() {
            bar.abandon();
            eprintln!("DIFFERENT with seed {} after {} frames: {difference}", arguments.seed, proof.report().frames);
            return std::process::ExitCode::FAILURE;
        }
        bar.set_position(proof.report().frames);
    }
    bar.finish();
    println!("every row of every frame equals the truth: {:#?}", proof.report());
    std::process::ExitCode::SUCCESS
}
