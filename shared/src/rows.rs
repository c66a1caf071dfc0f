//! The quantised world at one step, and the ring of the last of them that serves rewind.

use std::collections::VecDeque;
use std::sync::Arc;

use glam::Vec2;

use crate::ids::NetId;
use crate::schema::{Kind, Schema};
use crate::tick::Step;
use crate::wire::Wire;

/// One row: an entity's id, kind and where its words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which entity.
    pub id: NetId,
    /// Number of its kind in the schema's list of entities.
    pub kind: u8,
    from: u32,
    words: u16,
}

/// What the world shows at one step, in slot order.
#[derive(Clone, Debug)]
pub struct Rows {
    schema: Arc<Schema>,
    rows: Vec<Row>,
    words: Vec<u32>,
    /// Who was spawned by whom, by slot after `finish`.
    by: Vec<(NetId, NetId)>,
    /// Who moves with whom, until `finish`.
    with: Vec<(NetId, NetId)>,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub const fn new(schema: Arc<Schema>) -> Self {
        Self { schema, rows: Vec::new(), words: Vec::new(), by: Vec::new(), with: Vec::new() }
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.words.clear();
        self.by.clear();
        self.with.clear();
    }

    /// Shows `row` as entity `id`. Any order, each live id once.
    ///
    /// # Panics
    /// When `T` is not among the game's `ENTITIES`: a mistake in the game.
    pub fn put<T: Wire>(&mut self, id: NetId, row: &T) {
        let kind = kind_number(&self.schema.entities, &T::KIND.name);
        let Some(kind) = kind else { panic!("`extract` showed a {}, which is not in ENTITIES", T::KIND.name) };
        let (from, words) = (self.words.len(), self.schema.entities[usize::from(kind)].words());
        self.words.resize(from + words, 0);
        row.quantise(&mut self.words[from..]);
        self.rows.push(Row { id, kind, from: from as u32, words: words as u16 });
    }

    /// Shows `row` as entity `id`, which `other` has spawned: a projectile and its shooter, say. It matters at the step of its birth alone, and only
    /// to what the birth costs: `other` may be gone.
    ///
    /// # Panics
    /// As [`Self::put`].
    pub fn put_by<T: Wire>(&mut self, id: NetId, row: &T, other: NetId) {
        self.put(id, row);
        self.set_by(id, other);
    }

    /// Shows `row` as entity `id`, which moves with `other`: a rider with its vehicle. `other` carries it from the step after this one on, as long as both
    /// are shown, `other` is of the kind that the schema says, and nothing carries `other`; else it moves by itself.
    ///
    /// # Panics
    /// As [`Self::put`], and when the kind of `row` does not say what it moves with: a mistake in the game.
    pub fn put_with<T: Wire>(&mut self, id: NetId, row: &T, other: NetId) {
        assert!(T::KIND.with.is_some(), "`put_with` showed a {}, which is declared to move with nothing", T::KIND.name);
        self.put(id, row);
        self.set_with(id, other);
    }

    /// Says that `id`, which is shown, moves with `other`; for tools and tests.
    pub fn set_with(&mut self, id: NetId, other: NetId) {
        self.with.push((id, other));
    }

    /// Says that `other` has spawned `id`, which is shown; for tools and tests.
    pub fn set_by(&mut self, id: NetId, other: NetId) {
        self.by.push((id, other));
    }

    /// Shows words that are quantised already; for tools and tests.
    ///
    /// # Panics
    /// When there is no such kind or the number of words is not the kind's.
    pub fn put_words(&mut self, id: NetId, kind: u8, words: &[u32]) {
        assert_eq!(words.len(), self.schema.entities[usize::from(kind)].words(), "words of the kind");
        let from = self.words.len() as u32;
        self.words.extend_from_slice(words);
        self.rows.push(Row { id, kind, from, words: words.len() as u16 });
    }

    /// Puts the rows in slot order; to be called once, after the last `put`.
    ///
    /// # Panics
    /// When a slot was shown twice (rule 6 of a game).
    pub fn finish(&mut self) {
        self.rows.sort_unstable_by_key(|row| row.id.slot);
        self.by.sort_unstable_by_key(|(id, _)| id.slot);
        for pair in self.rows.windows(2) {
            assert!(
                pair[0].id.slot != pair[1].id.slot,
                "rule 6: `extract` shows each live id once, {:?} came twice",
                pair[0].id
            );
        }
        for at in 0..self.with.len() {
            let (id, other) = self.with[at];
            self.carry(id, other);
        }
        self.with.clear();
    }

    /// Writes into the row of `id` which row it moves with, if that is shown.
    fn carry(&mut self, id: NetId, other: NetId) {
        let (Some(&row), Some(_)) = (self.find(id), self.find(other)) else { return };
        if let Some(word) = self.schema.entities[usize::from(row.kind)].carrier_word() {
            self.words[row.from as usize + word] = u32::from(other.slot) + 1;
        }
    }

    /// All rows, in slot order after `finish`.
    #[must_use]
    pub fn list(&self) -> &[Row] {
        &self.rows
    }

    /// Who was spawned by whom, in slot order after `finish`.
    #[must_use]
    pub fn spawned(&self) -> &[(NetId, NetId)] {
        &self.by
    }

    /// The words of a row of this step.
    #[must_use]
    pub fn words(&self, row: &Row) -> &[u32] {
        &self.words[row.from as usize..][..usize::from(row.words)]
    }

    /// The row of entity `id`, when it is shown.
    #[must_use]
    pub fn find(&self, id: NetId) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&id.slot, |row| row.id.slot).ok()?;
        Some(&self.rows[at]).filter(|row| row.id == id)
    }

    /// The entity `id` as a `T`; none when it is not shown or of another kind.
    #[must_use]
    pub fn read<T: Wire>(&self, id: NetId) -> Option<T> {
        let row = self.find(id)?;
        (self.schema.entities[usize::from(row.kind)].name == T::KIND.name).then(|| T::dequantise(self.words(row)))
    }

    /// Where the row is, in the plane (x and y); none for a global kind.
    #[must_use]
    pub fn place(&self, row: &Row) -> Option<Vec2> {
        let (lane, from) = self.schema.entities[usize::from(row.kind)].place()?;
        let (words, width) = (&self.words(row)[from..], lane.words());
        Some(Vec2::new(lane.value(&words[..width]) as f32, lane.value(&words[width..2 * width]) as f32))
    }

    /// The schema of the rows.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
}

/// Number of the kind called `name`.
#[must_use]
pub fn kind_number(kinds: &[Kind], name: &str) -> Option<u8> {
    kinds.iter().position(|kind| kind.name == name).map(|at| at as u8)
}

/// The rows of the last steps, oldest first; the one history that serves rewind (invariant 4).
#[derive(Clone, Debug)]
pub struct Ring {
    steps: VecDeque<(Step, Rows)>,
    steps_max: usize,
}

impl Ring {
    /// A ring of at most `steps_max` (at least 1) steps.
    #[must_use]
    pub fn new(steps_max: usize) -> Self {
        Self { steps: VecDeque::with_capacity(steps_max), steps_max: steps_max.max(1) }
    }

    /// Appends a step; gives the oldest back for reuse once the ring is full.
    pub fn push(&mut self, step: Step, rows: Rows) -> Option<Rows> {
        let dropped = if self.steps.len() == self.steps_max { self.steps.pop_front() } else { None };
        self.steps.push_back((step, rows));
        dropped.map(|(_, rows)| rows)
    }

    /// The rows at `step`, while the ring has them.
    #[must_use]
    pub fn at(&self, step: Step) -> Option<&Rows> {
        let (first, _) = self.steps.front()?;
        let at = usize::try_from(step.since(*first)).ok()?;
        self.steps.get(at).map(|(_, rows)| rows)
    }

    /// The newest step and its rows.
    #[must_use]
    pub fn newest(&self) -> Option<(Step, &Rows)> {
        self.steps.back().map(|(step, rows)| (*step, rows))
    }

    /// Whether `step` was here and has been dropped.
    #[must_use]
    pub fn has_dropped(&self, step: Step) -> bool {
        self.steps.front().is_some_and(|(first, _)| first.is_after(step))
    }

    /// Forgets all steps (a new epoch).
    pub fn clear(&mut self) {
        self.steps.clear();
    }
}
