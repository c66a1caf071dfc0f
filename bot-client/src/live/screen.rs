//! The terminal, given back as it was: at the end, and when anything panics.

use std::io::{IsTerminal, Stderr, stderr};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::{Frame, Terminal};

/// Whether a view has the terminal; there is one.
static IS_OPEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The other screen of the terminal on stderr. Keys stay the terminal's own, so Ctrl-C is a signal as ever.
pub(super) struct Screen(Terminal<CrosstermBackend<Stderr>>);

impl Screen {
    /// None without a terminal, or when it is taken.
    pub(super) fn open() -> Option<Self> {
        if !stderr().is_terminal() || IS_OPEN.swap(true, Ordering::SeqCst) {
            return None;
        }
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // First, so that the words of the panic are seen.
                close();
                before(panic);
            }));
        });
        let opened = execute!(stderr(), EnterAlternateScreen, Clear(ClearType::All), Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stderr())));
        match opened {
            Ok(terminal) => Some(Self(terminal)),
            Err(_) => {
                close();
                None
            }
        }
    }

    /// Draws anew; false when that is over.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> bool {
        IS_OPEN.load(Ordering::SeqCst) && self.0.draw(draw).is_ok()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        close();
    }
}

/// Gives the terminal back, once.
fn close() {
    if IS_OPEN.swap(false, Ordering::SeqCst) {
        // A terminal that has gone needs nothing.
        let _ = execute!(stderr(), LeaveAlternateScreen, Show);
    }
}
