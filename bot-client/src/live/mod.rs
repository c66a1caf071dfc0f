//! How a run goes, while it goes: on a terminal a view of the whole screen, else a line now and then.

mod history;
mod picture;
mod screen;

use std::sync::Arc;
use std::time::Duration;

use snapline_bots::{Live, Options};
use tokio::time::{Instant, MissedTickBehavior, interval};

use history::History;
use picture::{Picture, draw};
use screen::Screen;

/// From one drawing to the next: five a second.
const DRAW_GAP: Duration = Duration::from_millis(200);

/// Shows how the run goes on the whole terminal; false, at once or later, when it cannot. Else it never ends by itself, and the terminal is as it was
/// when this is dropped.
pub(crate) async fn show(options: &Options, live: &Arc<Live>) -> bool {
    let Some(mut screen) = Screen::open() else { return false };
    let mut ticks = interval(DRAW_GAP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (start, mut history, mut playing_since) = (Instant::now(), History::default(), None);
    loop {
        ticks.tick().await;
        history.note(start.elapsed(), live.snapshots(), live.snapshot_bytes());
        if live.is_playing() {
            playing_since.get_or_insert_with(Instant::now);
        }
        let picture = Picture {
            url: &options.url,
            asked: options.bots,
            joined: live.joined(),
            lost: live.lost(),
            play: live.play().map(ToString::to_string),
            played: playing_since.map(|since| since.elapsed()),
            seconds: options.seconds,
            history: &history,
            echoes: live.echoes(),
        };
        if !screen.draw(|frame| draw(frame, &picture)) {
            return false;
        }
    }
}
