//! What a client-tick costs as a room grows, and as rooms become more: the server beside a floor with as many clients.

use serde_json::{Value, json};
use snapline_bots::{Line, Plot, Workload};

use super::{Args, CPU, Result, USER, faults, floor, number, workload};

/// One size.
struct Point {
    /// What grows: `players` or `rooms`.
    of: &'static str,
    size: u32,
    report: Value,
    floor: Value,
}

impl Point {
    fn measure(
        of: &'static str,
        load: Workload,
        (size, players): (u32, u32),
        rooms: u32,
        seconds: u32,
    ) -> Result<Self> {
        let report = workload(load, players, rooms, seconds)?;
        let out_bytes = number(&report, "/bytes_per_client_tick/mean").round().max(10.0) as u32;
        let floor = floor(players, load.tick_hz(), out_bytes, seconds)?;
        let point = Self { of, size, report, floor };
        let [cpu_us, user_us, floor_us] = [number(&point.report, CPU), number(&point.report, USER), point.floor_us()];
        let (late_ms, faults) = (number(&point.report, "/load/late_ms/p99"), faults(&point.report));
        println!(
            "{size:>7}{cpu_us:>10.1}{user_us:>8.1}{floor_us:>11.1}{:>10.2}{late_ms:>11.1}   {faults}",
            cpu_us / floor_us
        );
        Ok(point)
    }

    fn floor_us(&self) -> f64 {
        number(&self.floor, CPU)
    }
}

/// Measures all sizes up to `args.most`, and writes the plots when there is a place for them.
pub(crate) fn growth(args: &Args) -> Result<Value> {
    let mut points = Vec::new();
    println!("players in one room, each seeing as many");
    println!("players    cpu us    user   floor us   / floor   late p99");
    for players in [50, 100, 200, 500, 1000, 2000, 4000].into_iter().filter(|&players| players <= args.most) {
        points.push(Point::measure("players", Workload::W2, (players, players), 1, args.seconds)?);
    }
    println!("rooms of two, each ticking by itself");
    println!("  rooms    cpu us    user   floor us   / floor   late p99");
    for rooms in [1, 10, 50, 100, 250, 500] {
        // The kernel counts CPU time in hundredths of a second.
        let seconds = if rooms < 50 { args.seconds.max(30) } else { args.seconds };
        points.push(Point::measure("rooms", Workload::W3, (rooms, 2 * rooms), rooms, seconds)?);
    }
    if let Some(path) = &args.html {
        std::fs::write(path, page(&points)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let figures = |point: Point| json!({point.of: point.size, "report": point.report, "floor": point.floor});
    Ok(points.into_iter().map(figures).collect())
}

fn page(points: &[Point]) -> String {
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Growth</title><h1>CPU of the server a client-tick</h1>\
         <p>The floor is a server without a game that has as many clients: what the kernel takes.</p>\
         <h2>By players in one room, each seeing as many</h2>{}<h2>By rooms of two</h2>{}\
         <p>With few clients the floor rises too: each tick wakes a thread, and cores that sleep, for them alone, and finds cold caches.</p>\n",
        plot("players", points),
        plot("rooms", points)
    )
}

fn plot(of: &str, points: &[Point]) -> String {
    let line = |name, figure: &dyn Fn(&Point) -> f64| {
        let mine = points.iter().filter(|point| point.of == of);
        let places = mine.map(|point| (f64::from(point.size), figure(point))).filter(|place| place.1.is_finite());
        Line { name, points: places.collect() }
    };
    let lines = vec![
        line("server", &|point| number(&point.report, CPU)),
        line("of it user", &|point| number(&point.report, USER)),
        line("floor", &Point::floor_us),
    ];
    Plot { x_unit: "", unit: "us", lines }.to_svg()
}
