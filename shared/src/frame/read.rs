//! The client's side of a frame: what it holds, and how bytes advance it. Trusts nothing.

use std::sync::Arc;

use super::carriers::Riders;
use super::lists::{read_number, read_ranks};
use super::spawn::Spawners;
use super::write::kind_bits;
use super::{EVENTS_PER_FRAME_MAX, Eye, FrameHead, FrameParts, Gaps, KNOWN_ROWS_MAX, flags, fold, more, row_hash};
use crate::bits::BitReader;
use crate::coder::{KindBits, Rates, Relative, RowCoder, RowState};
use crate::ids::NetId;
use crate::quant::WordSpec;
use crate::schema::{Kind, Schema};
use crate::tick::{Step, Tick};
use crate::words::{DecodeError, read_words};

/// A row that the client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    /// Which entity; of the generation only the low 8 bits are known.
    pub id: NetId,
    /// Whether it is frozen at an older step.
    pub held: bool,
    /// The step of its state: the frame's, unless held.
    pub step: Step,
    /// Kind and words.
    pub state: RowState,
}

/// An event as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// When it happened.
    pub tick: Tick,
    /// Whether it is for this client alone, to be shown at once.
    pub to_me: bool,
    /// Number of its kind.
    pub kind: u8,
    /// Its words.
    pub words: Vec<u32>,
}

/// What a frame said beside the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameInfo {
    /// The step it brought the client to.
    pub step: Step,
    /// Low 8 bits of the tick of the newest input applied; none before the first.
    pub input_low: Option<u8>,
    /// Smallest slack of the last second, in whole ticks.
    pub slack: i8,
    /// Whether everything known before was forgotten.
    pub emptied: bool,
    /// Whether the own state came whole.
    pub own: bool,
    /// Whether a check failed: tell the server (Desync).
    pub check_failed: bool,
    /// Where its bits went.
    pub parts: FrameParts,
}

/// What a client holds of the world.
#[derive(Clone, Debug)]
pub struct Replica {
    coder: RowCoder,
    event_layouts: Vec<Vec<WordSpec>>,
    own_layout: Vec<WordSpec>,
    step: Option<Step>,
    rows: Vec<KnownRow>,
    eye: Eye,
    own: Vec<u32>,
    events: Vec<ReceivedEvent>,
    ranks: Vec<u32>,
    spawners: Spawners,
    riders: Riders,
    spare: Vec<RowState>,
    ticks_per_step: u32,
}

impl Replica {
    /// A client that knows nothing, for rows shown at these rates.
    ///
    /// # Errors
    /// When the schema's tables are none; in words.
    pub fn new(schema: &Arc<Schema>, rates: Rates) -> Result<Self, String> {
        Ok(Self {
            coder: RowCoder::new(schema, rates)?,
            event_layouts: schema.events.iter().map(Kind::layout).collect(),
            own_layout: schema.own.layout(),
            step: None,
            rows: Vec::new(),
            eye: Eye::default(),
            own: vec![0; schema.own.words()],
            events: Vec::new(),
            ranks: Vec::new(),
            spawners: Spawners::default(),
            riders: Riders::default(),
            spare: Vec::new(),
            ticks_per_step: rates.ticks_per_step,
        })
    }

    /// The newest step applied.
    #[must_use]
    pub const fn step(&self) -> Option<Step> {
        self.step
    }

    /// The rows it knows, in slot order.
    #[must_use]
    pub fn rows(&self) -> &[KnownRow] {
        &self.rows
    }

    /// Bits that rows have taken so far, by kind and field.
    #[must_use]
    pub fn profile(&self) -> Vec<KindBits> {
        self.coder.profile()
    }

    /// Where it looks from and what it steers.
    #[must_use]
    pub const fn eye(&self) -> &Eye {
        &self.eye
    }

    /// Words of the own state as last sent whole.
    #[must_use]
    pub fn own(&self) -> &[u32] {
        &self.own
    }

    /// The events of the last frame.
    #[must_use]
    pub fn events(&self) -> &[ReceivedEvent] {
        &self.events
    }

    /// Applies a frame.
    ///
    /// # Errors
    /// When the bytes are no frame that follows from what is held. The replica is then useless: the connection must end.
    pub fn read(&mut self, bytes: &[u8]) -> Result<FrameInfo, DecodeError> {
        let last = self.step;
        let (FrameHead { step, input_low, slack, flags, more }, mut bits) = FrameHead::read(bytes, last)?;
        self.begin(more);
        let (mut parts, mut left) = (FrameParts::default(), bits.left_bits());
        if flags & flags::LEFT != 0 {
            self.read_left(&mut bits)?;
        }
        parts.left = since(&bits, &mut left);
        if flags & flags::HELD != 0 {
            self.read_held(&mut bits)?;
        }
        parts.held = since(&bits, &mut left);
        self.spawners.clear();
        let has_body = more & (more::EMPTY | more::HOLD_ALL) == 0;
        if has_body {
            let last = last.ok_or(DecodeError("the first frame must be whole"))?;
            parts.woken = self.read_body(last, step, flags, &mut bits)?;
            parts.runs = since(&bits, &mut left) - parts.woken;
        }
        if flags & flags::RELOADS != 0 {
            self.read_reloads(step, &mut bits)?;
        }
        parts.reloads = since(&bits, &mut left);
        if flags & flags::ENTERS != 0 {
            self.read_enters(step, has_body, &mut bits)?;
        }
        parts.enters = since(&bits, &mut left);
        self.step = Some(step);
        if more & more::SELF != 0 {
            self.eye = read_eye(&mut bits)?;
        }
        parts.eye = since(&bits, &mut left);
        if flags & flags::OWN != 0 {
            read_words(&self.own_layout, &mut self.own, &mut bits)?;
        }
        parts.own = since(&bits, &mut left);
        self.read_events(step, flags & flags::EVENTS != 0, &mut bits)?;
        parts.events = since(&bits, &mut left);
        let check_failed = more & more::CHECK != 0 && bits.read(16)? != self.check();
        parts.check = since(&bits, &mut left);
        bits.finish()?;
        Ok(FrameInfo {
            step,
            input_low,
            slack,
            emptied: more & more::EMPTY != 0,
            own: flags & flags::OWN != 0,
            check_failed,
            parts,
        })
    }

    /// Forgets or holds what is known when the frame says so.
    fn begin(&mut self, more: u8) {
        if more & more::EMPTY != 0 {
            self.spare.extend(self.rows.drain(..).map(|row| row.state));
        }
        if more & more::HOLD_ALL != 0 {
            self.rows.iter_mut().for_each(|row| row.held = true);
        }
    }

    fn read_left(&mut self, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        read_ranks(self.rows.len(), bits, &mut self.ranks)?;
        let mut next = self.ranks.iter().copied().peekable();
        let mut rank = 0;
        self.rows.retain_mut(|row| {
            let leaves = next.next_if_eq(&rank).is_some();
            rank += 1;
            if leaves {
                self.spare.push(std::mem::take(&mut row.state));
            }
            !leaves
        });
        Ok(())
    }

    fn read_held(&mut self, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        read_ranks(self.rows.iter().filter(|row| !row.held).count(), bits, &mut self.ranks)?;
        let mut next = self.ranks.iter().copied().peekable();
        for (rank, row) in (0u32..).zip(self.rows.iter_mut().filter(|row| !row.held)) {
            row.held = next.next_if_eq(&rank).is_some();
        }
        Ok(())
    }

    /// Goes through the steps after `last`: at each some rows wake, every awake row has a run, the others move as predicted. Gives the bits that
    /// told which ones wake.
    fn read_body(&mut self, last: Step, step: Step, flags: u8, bits: &mut BitReader<'_>) -> Result<u64, DecodeError> {
        let (mut at, mut woken_bits) = (last, 0);
        let any_woken = flags & flags::WOKEN != 0;
        let any_spawns = flags & flags::ENTERS != 0 && self.coder.has_spawns();
        while at != step {
            at = at.next();
            self.ranks.clear();
            if any_woken {
                let asleep = self.rows.iter().filter(|row| !row.held && !row.state.awake).count();
                let mut left = bits.left_bits();
                read_ranks(asleep, bits, &mut self.ranks)?;
                woken_bits += since(bits, &mut left);
            }
            self.riders.find(&self.coder, &self.rows);
            let mut woken = self.ranks.iter().copied().peekable();
            let (mut asleep, mut riders) = (0, 0);
            for (number, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| !row.held) {
                if any_spawns && at == step {
                    self.spawners.note(row.state.kind, number, &row.state.words);
                }
                row.step = at;
                let mut has_run = row.state.awake;
                if !row.state.awake {
                    has_run = woken.next_if_eq(&asleep).is_some();
                    asleep += 1;
                }
                if self.riders.get(riders).is_some_and(|rider| rider.row == number) {
                    // Its carrier must have made the step.
                    self.riders.set_run(riders, has_run);
                    riders += 1;
                } else if has_run {
                    self.coder.read_run(&mut row.state, None, bits)?;
                } else {
                    self.coder.advance(&mut row.state, None);
                }
            }
            self.read_riders(bits)?;
        }
        Ok(woken_bits)
    }

    /// The rows that are carried through a step, behind those that carry them.
    fn read_riders(&mut self, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        let mut at = 0;
        while let Some(rider) = self.riders.get(at) {
            at += 1;
            let mut state = std::mem::take(&mut self.rows[rider.row].state);
            let other = Some(self.riders.relative(rider, &self.rows[rider.carrier].state.words));
            if rider.has_run {
                self.coder.read_run(&mut state, other, bits)?;
            } else {
                self.coder.advance(&mut state, other);
            }
            self.rows[rider.row].state = state;
        }
        Ok(())
    }

    fn read_reloads(&mut self, step: Step, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        read_ranks(self.rows.iter().filter(|row| row.held).count(), bits, &mut self.ranks)?;
        let mut next = self.ranks.iter().copied().peekable();
        for (rank, row) in (0u32..).zip(self.rows.iter_mut().filter(|row| row.held)) {
            if next.next_if_eq(&rank).is_some() {
                self.coder.read_load(row.state.kind, &mut row.state, bits)?;
                (row.held, row.step) = (false, step);
            }
        }
        Ok(())
    }

    fn read_enters(&mut self, step: Step, has_body: bool, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        let room = KNOWN_ROWS_MAX.saturating_sub(self.rows.len());
        let count = read_number(room as u32, 1, bits)?;
        let known = self.rows.len();
        let mut gaps = Gaps::new(self.rows.last().map(|row| row.id.slot), count as usize);
        for _ in 0..count {
            let slot = gaps.read(bits)?;
            if self.rows[..known].binary_search_by_key(&slot, |row| row.id.slot).is_ok() {
                return Err(DecodeError("a row enters where one is known"));
            }
            let generation = bits.read(8)?;
            let kind = bits.read(kind_bits(self.coder.kinds()))? as u8;
            let mut state = self.spare.pop().unwrap_or_default();
            let spawner = if has_body { self.coder.spawner_of(kind) } else { None };
            match spawner {
                Some(spawner) if bits.read_bool()? => {
                    let (at, before) = self.spawners.read(spawner, bits)?;
                    let from = Relative { before, after: &self.rows[at].state.words };
                    self.coder.read_spawn(kind, from, &mut state, bits)?;
                }
                _ => self.coder.read_load(kind, &mut state, bits)?,
            }
            self.rows.push(KnownRow { id: NetId { slot, generation }, held: false, step, state });
        }
        self.rows.sort_unstable_by_key(|row| row.id.slot);
        Ok(())
    }

    fn read_events(&mut self, step: Step, any: bool, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        self.events.clear();
        let count = if any { read_number(EVENTS_PER_FRAME_MAX as u32, 1, bits)? } else { 0 };
        for _ in 0..count {
            let tick = step.tick(self.ticks_per_step).offset(-(bits.read(6)?.cast_signed()));
            let to_me = bits.read_bool()?;
            let kind = bits.read(kind_bits(self.event_layouts.len()))?;
            let layout = self.event_layouts.get(kind as usize).ok_or(DecodeError("an event of an unknown kind"))?;
            let mut words = vec![0; layout.len()];
            read_words(layout, &mut words, bits)?;
            self.events.push(ReceivedEvent { tick, to_me, kind: kind as u8, words });
        }
        Ok(())
    }

    fn check(&self) -> u32 {
        let in_step = self.rows.iter().filter(|row| !row.held);
        fold(in_step.fold(0u32, |sum, row| sum.wrapping_add(row_hash(row.id, &row.state))))
    }
}

/// Bits read since `left` were left, which is brought here.
fn since(bits: &BitReader<'_>, left: &mut usize) -> u64 {
    let now = bits.left_bits();
    (std::mem::replace(left, now) - now) as u64
}

fn read_eye(bits: &mut BitReader<'_>) -> Result<Eye, DecodeError> {
    let controls = if bits.read_bool()? { Some(bits.read(16)? as u16) } else { None };
    let mut values = [0.0; 3];
    for value in &mut values {
        *value = f32::from_bits(bits.read(32)?);
        if !value.is_finite() {
            return Err(DecodeError("a view that is not finite"));
        }
    }
    Ok(Eye { controls, place: [values[0], values[1]], radius: values[2] })
}
