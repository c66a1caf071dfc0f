//! The bar on stderr while a run goes on. Without a terminal it is a line now and then.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use snapline_bots::{Live, Options};
use tokio::time::{Instant, MissedTickBehavior, interval};

const DRAW_GAP: Duration = Duration::from_millis(250);
/// Draws from one line to the next without a terminal: 10 s.
const DRAWS_PER_LINE: u32 = 40;

/// Shows how the run goes; never ends by itself.
pub(crate) async fn show(options: &Options, live: &Arc<Live>) {
    let bar = ProgressBar::new(options.bots.into()).with_style(style("joining {pos}/{len}"));
    let mut ticks = interval(DRAW_GAP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut playing_since: Option<Instant> = None;
    let mut play_is_told = false;
    let (mut snapshots, mut bytes) = (0, 0);
    let mut before = Instant::now();
    for draw in 1u32.. {
        ticks.tick().await;
        let (more, more_bytes) = (live.snapshots() - snapshots, live.snapshot_bytes() - bytes);
        let rate = more as f64 / before.elapsed().as_secs_f64().max(1e-3);
        let mean = more_bytes as f64 / more.max(1) as f64;
        let (joined, lost) = (live.joined(), live.lost());
        let words = format!("{joined} joined, {lost} lost, {rate:.0} snapshots/s of {mean:.0} bytes");
        (snapshots, bytes, before) = (snapshots + more, bytes + more_bytes, Instant::now());
        if bar.is_hidden() && draw % DRAWS_PER_LINE == 0 {
            eprintln!("{words}");
        }
        bar.set_message(words);
        if let Some(play) = live.play().filter(|_| !play_is_told) {
            play_is_told = true;
            bar.suspend(|| eprintln!("played by {play}"));
        }
        match playing_since {
            None if live.is_playing() => {
                playing_since = Some(Instant::now());
                bar.set_style(style("playing {pos}/{len} s"));
                bar.set_length(options.seconds.into());
                bar.set_position(0);
            }
            None => bar.set_position(joined + lost),
            Some(since) => bar.set_position(since.elapsed().as_secs()),
        }
    }
}

fn style(what: &str) -> ProgressStyle {
    let template = format!("{what} [{{bar:30}}] {{msg}}");
    // The templates are the constants above.
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
