//! Looks at the rows of a step, for `/debug`: answered once the step has come.

use std::mem::take;

use serde::Serialize;
use snapline_shared::game::Game;
use snapline_shared::rows::{Row, Rows};
use snapline_shared::tick::Step;
use tokio::sync::oneshot;

use crate::room::{Room, RowsAt};

/// Looks at steps to come that one room keeps; one more is dropped.
const LOOKS_MAX: usize = 64;

/// The answer to a look at rows.
#[derive(Clone, Debug)]
pub(crate) enum RowsAnswer {
    Here(RowsSeen),
    /// There is no such room.
    NoRoom,
    /// The step has not come in time.
    NotYet,
    /// The ring has dropped it.
    Gone,
}

/// The rows of one step.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowsSeen {
    epoch: u32,
    step: u32,
    rows: Vec<RowSeen>,
}

#[derive(Clone, Debug, Serialize)]
struct RowSeen {
    slot: u16,
    generation: u32,
    kind: u8,
    words: Vec<u32>,
}

/// Those who wait for the rows of a step.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(Step, oneshot::Sender<RowsAnswer>)>);

impl Looks {
    /// Somebody waits for `step`.
    pub(super) fn add(&mut self, step: Step, answer: oneshot::Sender<RowsAnswer>) {
        self.0.retain(|(_, answer)| !answer.is_closed());
        if self.0.len() < LOOKS_MAX {
            self.0.push((step, answer));
        }
    }

    /// Answers all whose step has come, or is gone.
    pub(super) fn answer<G: Game>(&mut self, room: &Room<G>) {
        for (step, answer) in take(&mut self.0) {
            match room.rows_at(step) {
                RowsAt::NotYet if !answer.is_closed() => self.0.push((step, answer)),
                // Nobody waits any more.
                RowsAt::NotYet => {}
                RowsAt::Gone => drop(answer.send(RowsAnswer::Gone)),
                RowsAt::Here(rows) => {
                    let rows = rows.list().iter().map(|row| RowSeen::new(row, rows)).collect();
                    drop(answer.send(RowsAnswer::Here(RowsSeen { epoch: room.epoch(), step: step.0, rows })));
                }
            }
        }
    }
}

impl RowSeen {
    fn new(row: &Row, rows: &Rows) -> Self {
        Self { slot: row.id.slot, generation: row.id.generation, kind: row.kind, words: rows.words(row).to_vec() }
    }
}
