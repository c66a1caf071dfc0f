//! The table: who leads, for everybody to see, and the results at the end.

use core::cmp::Reverse;

use snapline_shared::prelude::*;

use crate::game::Fighter;
use crate::kinds::{SIDE, Score};

/// Lines that everybody sees.
const LINES_MAX: usize = 20;
/// Lines of the results: their JSON stays within 16 KiB.
const RESULTS_MAX: usize = 50;

/// The first lines of the table, looked up once a second.
#[derive(Default, Serialize, Deserialize)]
#[serde(crate = "snapline_shared::serde")]
pub(crate) struct Table {
    ids: Vec<NetId>,
    lines: Vec<Score>,
}

/// A line of the results.
#[derive(Serialize)]
#[serde(crate = "snapline_shared::serde")]
struct Line<'a> {
    player: u16,
    name: &'a str,
    score: u16,
    kills: u16,
    deaths: u16,
}

impl Table {
    pub(crate) fn new(tools: &mut Tools<'_>) -> Self {
        Self { ids: (0..LINES_MAX).filter_map(|_| tools.ids.spawn()).collect(), lines: Vec::new() }
    }

    /// Looks at the scores.
    pub(crate) fn update(&mut self, fighters: &mut [Fighter]) {
        let order = order(fighters);
        for (at, &number) in order.iter().enumerate() {
            let own = &mut fighters[number].own;
            let rank = (at + 1) as u16;
            if own.rank != rank {
                own.rank = rank;
                own.touched = own.touched.wrapping_add(1);
            }
        }
        let line = |(at, &number): (usize, &usize)| {
            let own = &fighters[number].own;
            let [x, y] = own.place.to_array().map(|at| (at / (SIDE / 64.0)) as u8);
            let (score, kills, deaths) = (own.score, own.kills, own.deaths);
            Score { rank: at as u8 + 1, player: own.owner, score, kills, deaths, x, y }
        };
        self.lines = order.iter().take(LINES_MAX).enumerate().map(line).collect();
    }

    pub(crate) fn extract(&self, out: &mut Rows) {
        self.ids.iter().zip(&self.lines).for_each(|(id, line)| out.put(*id, line));
    }
}

/// Numbers of the fighters, the best first; equals by seat.
fn order(fighters: &[Fighter]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..fighters.len()).collect();
    order.sort_by_key(|&number| {
        let own = &fighters[number].own;
        (Reverse(own.score), Reverse(own.kills), own.deaths, own.owner)
    });
    order
}

/// The table at the end of a match: `{"rows": [{player, name, score, kills, deaths}], "players": N}`, the best first.
pub(crate) fn results(fighters: &[Fighter]) -> Results {
    let line = |&number: &usize| {
        let Fighter { name, own, .. } = &fighters[number];
        Line { player: own.owner, name, score: own.score, kills: own.kills, deaths: own.deaths }
    };
    let rows: Vec<Line<'_>> = order(fighters).iter().take(RESULTS_MAX).map(line).collect();
    Results { json: serde_json::json!({ "rows": rows, "players": fighters.len() }).to_string() }
}
