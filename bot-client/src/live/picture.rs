//! What the view shows, drawn from figures alone.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Bar, BarChart, BarGroup, Block, Gauge, Paragraph, Sparkline};
use snapline_bots::ECHO_LIMITS_MS;

use super::history::History;

/// Width of a bar of the histogram.
const BAR_COLUMNS: u16 = 5;

/// How a run stands.
pub(super) struct Picture<'a> {
    pub(super) url: &'a str,
    pub(super) asked: u32,
    pub(super) joined: u64,
    pub(super) lost: u64,
    /// Who plays, once it is known.
    pub(super) play: Option<String>,
    /// For how long all have been playing; none while some are still coming.
    pub(super) played: Option<Duration>,
    /// How long they are to play.
    pub(super) seconds: u32,
    pub(super) history: &'a History,
    /// Echoes by [`ECHO_LIMITS_MS`].
    pub(super) echoes: [u64; ECHO_LIMITS_MS.len() + 1],
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture<'_>) {
    let rows =
        [Constraint::Length(3), Constraint::Length(3), Constraint::Min(4), Constraint::Min(4), Constraint::Min(6)];
    let [head, phase, snapshots, bytes, echoes] = Layout::vertical(rows).areas(frame.area());
    draw_head(frame, head, picture);
    draw_phase(frame, phase, picture);
    let columns = usize::from(snapshots.width.saturating_sub(2));
    let (hz, bytes_hz) = picture.history.last();
    let mean = bytes_hz as f64 / hz.max(1) as f64;
    let title = format!("{hz} snapshots a second");
    draw_line(frame, snapshots, title, &picture.history.snapshots(columns), Color::Cyan);
    let title = format!("{:.0} kbit a second, {mean:.1} bytes a snapshot", bytes_hz as f64 * 8.0 / 1000.0);
    draw_line(frame, bytes, title, &picture.history.bytes(columns), Color::Green);
    draw_echoes(frame, echoes, &picture.echoes);
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, picture: &Picture<'_>) {
    let Picture { url, asked, joined, lost, play, .. } = picture;
    let by = play.as_ref().map_or_else(String::new, |play| format!(", played by {play}"));
    let style = if *lost > 0 { Style::new().fg(Color::Red) } else { Style::new() };
    let words = Line::styled(format!("{joined} of {asked} joined, {lost} lost{by}"), style);
    frame.render_widget(Paragraph::new(words).block(Block::bordered().title(format!("bots on {url}"))), area);
}

fn draw_phase(frame: &mut Frame<'_>, area: Rect, picture: &Picture<'_>) {
    let settled = picture.joined + picture.lost;
    let (title, part, whole, label) = match picture.played {
        Some(played) => {
            let label = format!("{} of {} s", played.as_secs(), picture.seconds);
            ("playing", played.as_secs_f64(), f64::from(picture.seconds), label)
        }
        None if settled > 0 => {
            ("joining", settled as f64, f64::from(picture.asked), format!("{settled} of {}", picture.asked))
        }
        None => ("connecting", 0.0, 1.0, String::new()),
    };
    let gauge = Gauge::default().ratio((part / whole.max(1.0)).clamp(0.0, 1.0)).label(label);
    frame.render_widget(gauge.gauge_style(Style::new().fg(Color::Blue)).block(Block::bordered().title(title)), area);
}

fn draw_line(frame: &mut Frame<'_>, area: Rect, title: String, values: &[u64], color: Color) {
    let line = Sparkline::default().data(values.iter().copied()).style(Style::new().fg(color));
    frame.render_widget(line.block(Block::bordered().title(title)), area);
}

/// The histogram, narrowed to what is not empty.
fn draw_echoes(frame: &mut Frame<'_>, area: Rect, echoes: &[u64]) {
    let all: u64 = echoes.iter().sum();
    let title = match (quantile(echoes, 0.5), quantile(echoes, 0.99)) {
        (Some(p50), Some(p99)) => format!("input to snapshot, ms: p50 {p50}, p99 {p99}, {all} inputs"),
        _ => "input to snapshot, ms: nothing measured yet".to_owned(),
    };
    let first = echoes.iter().position(|&count| count > 0).unwrap_or(0);
    let last = echoes.iter().rposition(|&count| count > 0).unwrap_or(0);
    let bar = |at: usize| {
        let percent = 100.0 * echoes[at] as f64 / all.max(1) as f64;
        Bar::default().value(echoes[at]).text_value(format!("{percent:.0} %")).label(limit(at))
    };
    let bars: Vec<Bar<'_>> = (first..=last).map(bar).collect();
    let chart = BarChart::default().data(BarGroup::default().bars(&bars)).bar_width(BAR_COLUMNS);
    let style = Style::new().fg(Color::Yellow);
    frame.render_widget(chart.bar_style(style).block(Block::bordered().title(title)), area);
}

/// What span `at` of the histogram ends with.
fn limit(at: usize) -> String {
    ECHO_LIMITS_MS.get(at).map_or_else(|| "more".to_owned(), |limit_ms| format!("<{limit_ms}"))
}

/// The span in which `share` of all are counted; none without any.
fn quantile(echoes: &[u64], share: f64) -> Option<String> {
    let all: u64 = echoes.iter().sum();
    let wanted = ((all as f64 * share).ceil() as u64).max(1);
    let mut below = 0;
    let at = echoes.iter().position(|count| {
        below += count;
        below >= wanted
    })?;
    Some(limit(at))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn drawn(columns: u16, rows: u16, picture: &Picture<'_>) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(frame, picture)).unwrap();
        let cells = terminal.backend().buffer().content.chunks(usize::from(columns));
        cells.map(|line| line.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
    }

    fn history() -> History {
        let mut history = History::default();
        (1..=30).for_each(|n| history.note(Duration::from_secs(n), 600 * n, 24_000 * n));
        history
    }

    fn picture(history: &History) -> Picture<'_> {
        Picture {
            url: "ws://h/play",
            asked: 20,
            joined: 0,
            lost: 0,
            play: None,
            played: None,
            seconds: 60,
            history,
            echoes: [0; 15],
        }
    }

    #[test]
    fn a_run_is_told_phase_by_phase() {
        let (empty, history) = (History::default(), history());
        let text = drawn(80, 30, &picture(&empty));
        assert!(text.contains("bots on ws://h/play") && text.contains("connecting"), "{text}");
        assert!(text.contains("nothing measured yet"), "{text}");
        let text = drawn(80, 30, &Picture { joined: 12, lost: 1, ..picture(&empty) });
        assert!(text.contains("joining") && text.contains("13 of 20") && text.contains("12 of 20 joined, 1 lost"));
        let mut echoes = [0; 15];
        (echoes[3], echoes[4], echoes[14]) = (90, 8, 2);
        let played = Some(Duration::from_millis(15_900));
        let play = Some("Ace".to_owned());
        let text = drawn(100, 30, &Picture { joined: 20, play, played, echoes, ..picture(&history) });
        for words in [
            "playing",
            "15 of 60 s",
            "played by Ace",
            "600 snapshots a second",
            "192 kbit a second, 40.0 bytes a snapshot",
            "p50 <8, p99 more, 100 inputs",
            "90 %",
            "more",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("<4 ") && !text.contains("connecting"), "spans without an echo are left out: {text}");
    }

    #[test]
    fn any_terminal_is_large_enough() {
        let history = history();
        let played = Some(Duration::from_secs(1_000));
        for (columns, rows) in [(1, 1), (3, 2), (10, 5), (30, 9), (500, 3)] {
            drawn(columns, rows, &Picture { asked: 0, seconds: 0, played, echoes: [1; 15], ..picture(&history) });
        }
    }
}
