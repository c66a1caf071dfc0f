//! Tables from worlds: how often each symbol comes in runs, and in the loads of rows that enter views.

use std::sync::Arc;

use snapline_shared::coder::{Birth, Counts, Rates, RowCoder};
use snapline_shared::frame::Store;
use snapline_shared::ids::NetId;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;

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
    /// Rows told by those that spawned them, by rates.
    births: Vec<(Rates, Vec<Birth>)>,
}

impl Training {
    /// A training of nothing yet, for worlds with the kinds of this schema.
    #[must_use]
    pub const fn new(schema: Arc<Schema>) -> Self {
        Self { schema, counts: None, births: Vec::new() }
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
        let plain = trace.schema_with("");
        let (mut store, coder) = (Store::new(plain.clone(), trace.rates)?, RowCoder::new(&plain, trace.rates)?);
        store.coder().count(self.counts.take());
        let mut newborn = Vec::new();
        let mut places = Places::default();
        let mut views = vec![(View::default(), [0.0; 2]); usize::from(VIEWS)];
        for (number, rows) in trace.steps.iter().enumerate() {
            births(&store, &coder, rows, &mut newborn);
            store.push_step(Step(number as u32), rows);
            places.rebuild(rows);
            for (player, (view, eye)) in (0u16..).zip(&mut views) {
                if let Some(row) = trace.steered(rows, player) {
                    let at = rows.list().partition_point(|other| other.id.slot < row.id.slot);
                    *eye = places.of(at).unwrap_or(*eye);
                }
                view.look(rows, &places, *eye, radius);
                for &at in &view.entered {
                    store.count_load(rows.list()[at].id.slot);
                }
            }
            for row in rows.list().iter().filter(|row| (number + usize::from(row.id.slot)) % LOADS_EVERY == 0) {
                store.count_load(row.id.slot);
            }
            progress();
        }
        self.counts = store.coder().counts();
        self.births.push((trace.rates, newborn));
        Ok(())
    }

    /// The text of the tables; empty when nothing was counted.
    ///
    /// # Errors
    /// Never for a schema that `add` took.
    pub fn text(&self) -> Result<String, String> {
        let Some(mut counts) = self.counts.clone() else { return Ok(String::new()) };
        let with = |tables: String| Schema { tables: tables.into(), ..Schema::clone(&self.schema) };
        let coders = |schema: &Schema| {
            self.births.iter().map(|(rates, _)| RowCoder::new(schema, *rates)).collect::<Result<Vec<_>, _>>()
        };
        let plain = coders(&with(String::new()))?;
        let seen: Vec<(&RowCoder, &[Birth])> =
            plain.iter().zip(&self.births).map(|(coder, (_, births))| (coder, &births[..])).collect();
        let muzzles = RowCoder::muzzles(&seen);
        for (mut coder, (_, births)) in coders(&with(muzzles.clone()))?.into_iter().zip(&self.births) {
            coder.count(Some(counts));
            births.iter().for_each(|birth| coder.count_spawn(birth));
            counts = coder.counts().unwrap_or_default();
        }
        Ok(muzzles + &plain[0].trained(&counts))
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

/// The births of a step, while the store still has the rows of the step before.
fn births(store: &Store, coder: &RowCoder, rows: &Rows, out: &mut Vec<Birth>) {
    let before = |id: NetId| store.live(id.slot).filter(|row| row.id == id);
    for &(id, spawner) in rows.spawned() {
        let (Some(row), Some(other)) = (rows.find(id), rows.find(spawner)) else { continue };
        let (None, Some(old)) = (before(id), before(spawner)) else { continue };
        if coder.spawner_of(row.kind) == Some(other.kind) {
            let (words, after) = (rows.words(row).to_vec(), rows.words(other).to_vec());
            out.push(Birth { kind: row.kind, words, before: old.state.words.clone(), after });
        }
    }
}
