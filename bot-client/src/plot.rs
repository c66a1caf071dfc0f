//! Plots as inline SVG: lines over a number, and bars.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 30.0;
const COLOURS: [&str; 6] = ["#2f6fde", "#d9822b", "#b0388f", "#2a8c5a", "#c23b3b", "#7a5cc2"];

/// Points that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What they are.
    pub name: &'static str,
    /// In order of x.
    pub points: Vec<(f64, f64)>,
}

/// Lines in one frame; y begins at 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Of x.
    pub x_unit: &'static str,
    /// Of y.
    pub unit: &'static str,
    /// Up to six have a colour of their own.
    pub lines: Vec<Line>,
}

impl Plot {
    /// An SVG element.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let (Some(most), Some(first), Some(last)) = (
            points().map(|point| point.1).reduce(f64::max),
            points().map(|point| point.0).reduce(f64::min),
            points().map(|point| point.0).reduce(f64::max),
        ) else {
            return NOTHING.to_owned();
        };
        let top = nice(most);
        let span = if last > first { last - first } else { 1.0 };
        let x = |value: f64| LEFT + (value - first) / span * (WIDTH - LEFT - RIGHT);
        let mut svg = frame(top, self.unit);
        for part in 0..=5 {
            let value = first + span * f64::from(part) / 5.0;
            label(&mut svg, x(value), HEIGHT - BOTTOM + 16.0, "middle", &format!("{} {}", short(value), self.x_unit));
        }
        let mut at = LEFT;
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let path: Vec<String> =
                line.points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1, top))).collect();
            let _ = write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\" points=\"{}\"/>",
                path.join(" ")
            );
            for point in &line.points {
                let _ = write!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"><title>{}: {} {} at {} {}</title></circle>",
                    x(point.0),
                    y(point.1, top),
                    line.name,
                    short(point.1),
                    self.unit,
                    short(point.0),
                    self.x_unit
                );
            }
            let _ = write!(svg, "<rect x=\"{at:.0}\" y=\"4\" width=\"10\" height=\"10\" fill=\"{colour}\"/>");
            label(&mut svg, at + 14.0, 13.0, "start", line.name);
            at += 40.0 + 7.0 * line.name.len() as f64;
        }
        svg + "</svg>"
    }
}

/// Bars of counts, each up to so many `unit`.
#[must_use]
pub fn bars(unit: &str, counts: &[(f64, u64)]) -> String {
    let Some(most) = counts.iter().map(|(_, count)| *count).max().filter(|&most| most > 0) else {
        return NOTHING.to_owned();
    };
    let top = nice(most as f64);
    let mut svg = frame(top, "");
    let width = (WIDTH - LEFT - RIGHT) / counts.len() as f64;
    for (number, &(up_to, count)) in counts.iter().enumerate() {
        let (x, from) = (LEFT + width * number as f64, y(count as f64, top));
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{from:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"><title>{count} up to {} {unit}</title></rect>",
            (width - 2.0).max(1.0),
            HEIGHT - BOTTOM - from,
            COLOURS[0],
            short(up_to)
        );
        if number % counts.len().div_ceil(12) == 0 {
            label(&mut svg, x + width / 2.0, HEIGHT - BOTTOM + 16.0, "middle", &format!("{} {unit}", short(up_to)));
        }
    }
    svg + "</svg>"
}

const NOTHING: &str = "<p>nothing was measured</p>";

fn y(value: f64, top: f64) -> f64 {
    HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
}

/// The element's beginning, with lines at quarters of the height.
fn frame(top: f64, unit: &str) -> String {
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        let at = y(value, top);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#8884\"/>",
            WIDTH - RIGHT
        );
        label(&mut svg, LEFT - 6.0, at + 4.0, "end", &format!("{} {unit}", short(value)));
    }
    svg
}

fn label(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", text.trim_end());
}

/// The next of 1, 2, 5, 10, ... of any size.
fn nice(most: f64) -> f64 {
    let mut top = 1e-3;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if top >= most || top > 1e15 {
            break;
        }
        top *= factor;
    }
    top
}

/// With as many digits as mean something.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(
            [0.0, 0.0011, 1.0, 1.2, 3.0, 77.0, 250.0].map(|most| short(nice(most))),
            ["0.001", "0.002", "1", "2", "5", "100", "500"]
        );
    }

    #[test]
    fn one_point_is_a_plot_too() {
        let line = Line { name: "a", points: vec![(3.0, 4.0)] };
        let svg = Plot { x_unit: "s", unit: "ms", lines: vec![line] }.to_svg();
        assert!(svg.contains("a: 4 ms at 3 s") && !svg.contains("NaN"), "{svg}");
        assert!(!bars("ms", &[(1.0, 0), (2.0, 3)]).contains("NaN"));
    }
}
