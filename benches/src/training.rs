//! Tables from worlds: how often each symbol comes in runs, and in the loads of rows that enter views.

use std::sync::Arc;

use snapline_shared::bits::BitWriter;
use snapline_shared::coder::{Counts, RowCoder, RowState};
use snapline_shared::ids::NetId;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;

use crate::traces::Trace;
use crate::views::{Places, View};

/// Views whose entering rows are counted, in each world.
const VIEWS: u16 = 24;
/// Of each row every so manyth step's LOAD is counted beside them: clients join and fall behind.
const LOADS_EVERY: usize = 64;

/// A training for one schema.
pub struct Training {
    schema: Arc<Schema>,
    counts: Option<Counts>,
}

impl Training {
    /// A training of nothing yet, for worlds with the kinds of this schema.
    #[must_use]
    pub const fn new(schema: Arc<Schema>) -> Self {
        Self { schema, counts: None }
    }

    /// Counts a world whose players see as far as `radius`, in units. `progress` is called after each step.
    ///
    /// # Errors
    /// When its kinds are others.
    pub fn add(&mut self, trace: &Trace, radius: f64, mut progress: impl FnMut()) -> Result<(), String> {
        if trace.schema.entities != self.schema.entities {
            let (mine, its) = (&self.schema.game, &trace.schema.game);
            return Err(format!("a training is for one schema: {mine} and {its} have different kinds"));
        }
        let mut coder = RowCoder::new(&trace.schema_with(""), trace.rates)?;
        coder.count(self.counts.take());
        let mut world = Coded::default();
        let mut places = Places::default();
        let mut views = vec![(View::default(), [0.0; 2]); usize::from(VIEWS)];
        for (number, rows) in trace.steps.iter().enumerate() {
            world.step(&mut coder, rows);
            places.rebuild(rows);
            for (player, (view, eye)) in (0u16..).zip(&mut views) {
                if let Some(row) = trace.steered(rows, player) {
                    let at = rows.list().partition_point(|other| other.id.slot < row.id.slot);
                    *eye = places.of(at).unwrap_or(*eye);
                }
                view.look(rows, &places, *eye, radius);
                for &at in &view.entered {
                    coder.count_load(world.state(rows.list()[at].id));
                }
            }
            for row in rows.list().iter().filter(|row| (number + usize::from(row.id.slot)) % LOADS_EVERY == 0) {
                coder.count_load(world.state(row.id));
            }
            progress();
        }
        self.counts = coder.counts();
        Ok(())
    }

    /// The text of the tables; empty when nothing was counted.
    ///
    /// # Errors
    /// Never for a schema that `add` took.
    pub fn text(&self) -> Result<String, String> {
        let schema = Schema { tables: "".into(), ..Schema::clone(&self.schema) };
        let coder = RowCoder::new(&schema, snapline_shared::coder::Rates { tick_hz: 60, ticks_per_step: 1 })?;
        Ok(self.counts.as_ref().map_or(String::new(), |counts| coder.trained(counts)))
    }
}

/// Tables from all phases of every `stride`th step of a world.
///
/// # Errors
/// As [`Training::add`].
pub fn tables_of(trace: &Trace, stride: usize, radius: f64) -> Result<String, String> {
    let mut training = Training::new(trace.schema.clone());
    for from in 0..stride {
        training.add(&trace.strided(stride, from), radius, || {})?;
    }
    training.text()
}

/// The coded rows of a world, by slot.
#[derive(Default)]
struct Coded {
    rows: Vec<Option<(NetId, RowState)>>,
    bits: BitWriter,
}

impl Coded {
    fn step(&mut self, coder: &mut RowCoder, rows: &Rows) {
        self.bits.clear();
        let mut next = 0;
        for row in rows.list() {
            let slot = usize::from(row.id.slot);
            self.rows.resize(self.rows.len().max(slot + 1), None);
            self.rows[next..slot].fill(None);
            next = slot + 1;
            match &mut self.rows[slot] {
                Some((id, state)) if *id == row.id && state.kind == row.kind => {
                    coder.run(state, rows.words(row), &mut self.bits);
                }
                mine => {
                    let mut state = RowState::default();
                    coder.birth(row.kind, rows.words(row), &mut state);
                    *mine = Some((row.id, state));
                }
            }
        }
        self.rows[next..].fill(None);
    }

    fn state(&self, id: NetId) -> &RowState {
        let row = self.rows[usize::from(id.slot)].as_ref().filter(|(mine, _)| *mine == id);
        row.map_or_else(|| unreachable!("the row is shown at this step"), |(_, state)| state)
    }
}
