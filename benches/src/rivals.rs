//! How others would send the same rows: Quake III's way for a view, DDNet's and plain compression for a whole world.
#![allow(clippy::disallowed_types, reason = "phases are timed apart")]

use std::time::Instant;

use snapline_shared::bits::BitWriter;
use snapline_shared::coder::lengths;
use snapline_shared::ids::NetId;
use snapline_shared::rows::Rows;
use snapline_shared::schema::{Kind, Schema};

use crate::traces::Trace;
use crate::watch::Cost;

/// Slots and words of a row that there is room for.
const SLOTS: usize = 2048;
const SLOT_BITS: u32 = SLOTS.ilog2();
/// Bits of the number of fields that are told.
const COUNT_BITS: u32 = 8;
const WORDS: usize = 12;

/// A row in a fixed array; words that its kind does not have are 0.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    words: [u32; WORDS],
    generation: u32,
    kind: u8,
    live: bool,
}

const NOTHING: Cell = Cell { words: [0; WORDS], generation: 0, kind: 0, live: false };

/// A world at two successive steps, and how each kind's words are laid out.
pub struct Quake3 {
    now: Box<[Cell; SLOTS]>,
    before: Box<[Cell; SLOTS]>,
    bits: Vec<[u8; WORDS]>,
}

/// What one client had in its last snapshot.
pub struct Quake3Client {
    known: Box<[u16; SLOTS]>,
    count: usize,
}

impl Default for Quake3Client {
    fn default() -> Self {
        Self { known: Box::new([0; SLOTS]), count: 0 }
    }
}

impl Quake3 {
    /// Nothing yet; none when rows of this schema do not fit.
    #[must_use]
    pub fn new(schema: &Schema) -> Option<Self> {
        let layout = |kind: &Kind| {
            let mut bits = [0; WORDS];
            let layout = kind.layout();
            bits.get_mut(..layout.len())?.iter_mut().zip(&layout).for_each(|(bits, spec)| *bits = spec.bits);
            Some(bits)
        };
        let bits = schema.entities.iter().map(layout).collect::<Option<Vec<_>>>()?;
        let cells = || Box::new([Cell::default(); SLOTS]);
        Some(Self { now: cells(), before: cells(), bits })
    }

    /// Takes the rows of the next step.
    ///
    /// # Panics
    /// When a slot lies beyond what there is room for.
    pub fn push_step(&mut self, rows: &Rows) {
        assert!(rows.list().iter().all(|row| usize::from(row.id.slot) < SLOTS - 1), "slots below {}", SLOTS - 1);
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.iter_mut().for_each(|cell| cell.live = false);
        for row in rows.list() {
            let cell = &mut self.now[usize::from(row.id.slot)];
            (cell.live, cell.kind, cell.generation) = (true, row.kind, row.id.generation);
            let words = rows.words(row);
            cell.words[..words.len()].copy_from_slice(words);
            cell.words[words.len()..].fill(0);
        }
    }

    /// Appends the snapshot of a client that now sees `visible` (slots, ascending): of each row that has come, gone or changed the number, a bit
    /// whether it is gone, a bit whether something follows; then how many fields are told, a bit for each of them whether it has changed, the raw
    /// ones behind it. What is new is told against nothing. The number after the last ends it.
    pub fn write(&self, client: &mut Quake3Client, visible: &[u16], out: &mut BitWriter) {
        let mut next = visible.iter().copied().peekable();
        for &slot in &client.known[..client.count] {
            while let Some(new) = next.next_if(|&other| other < slot) {
                self.write_row(new, &NOTHING, out);
            }
            if next.next_if_eq(&slot).is_none() {
                out.write(u32::from(slot) | 1 << SLOT_BITS, SLOT_BITS + 2);
                continue;
            }
            let (now, before) = (&self.now[usize::from(slot)], &self.before[usize::from(slot)]);
            let same = now.generation == before.generation && now.kind == before.kind;
            self.write_row(slot, if same { before } else { &NOTHING }, out);
        }
        for new in next {
            self.write_row(new, &NOTHING, out);
        }
        out.write(SLOTS as u32 - 1, SLOT_BITS);
        client.known[..visible.len()].copy_from_slice(visible);
        client.count = visible.len();
    }

    fn write_row(&self, slot: u16, before: &Cell, out: &mut BitWriter) {
        let now = &self.now[usize::from(slot)];
        let Some(last) = (0..WORDS).rev().find(|&at| now.words[at] != before.words[at]) else {
            if !before.live {
                out.write(u32::from(slot), SLOT_BITS + 2);
            }
            return;
        };
        out.write(u32::from(slot) | 2 << SLOT_BITS | (last as u32 + 1) << (SLOT_BITS + 2), SLOT_BITS + 2 + COUNT_BITS);
        let bits = &self.bits[usize::from(now.kind)];
        for ((&word, &old), &bits) in now.words.iter().zip(&before.words).zip(bits).take(last + 1) {
            out.write_bool(word != old);
            if word != old {
                out.write(word, bits.into());
            }
        }
    }
}

/// A whole world in the others' ways.
#[derive(Clone, Debug, Default)]
pub struct Rivals {
    /// Name, mean bytes of a snapshot, nanoseconds for a row.
    pub of: Vec<(&'static str, f64, f64)>,
}

/// Sends each step of a world but the first in every way, from what was at the step before. `train` is the world that Huffman's code is made from.
///
/// # Errors
/// When a row does not fit, or zstd fails; in words.
pub fn whole_world(trace: &Trace, train: &Trace) -> Result<Rivals, String> {
    let mut quake3 = Quake3::new(&trace.schema).ok_or("rows of this schema have too many words")?;
    let (mut client, mut bits, mut slots) = (Quake3Client::default(), BitWriter::new(), Vec::new());
    let mut zstd = zstd::bulk::Compressor::new(1).map_err(|error| error.to_string())?;
    let code = huffman(train);
    let mut packed = Vec::new();
    let (mut bytes, mut costs) = ([0.0; 3], [Cost::default(), Cost::default(), Cost::default()]);
    for (number, pair) in trace.steps.windows(2).enumerate() {
        let (before, now) = (&pair[0], &pair[1]);
        for rows in if number == 0 { pair } else { &pair[1..] } {
            quake3.push_step(rows);
            slots.clear();
            slots.extend(rows.list().iter().map(|row| row.id.slot));
            bits.clear();
            let begin = Instant::now();
            quake3.write(&mut client, &slots, &mut bits);
            costs[0].note(begin.elapsed(), slots.len());
        }
        bytes[0] += bits.len_bits() as f64 / 8.0;
        packed.clear();
        let begin = Instant::now();
        ddnet(before, now, &mut packed);
        bytes[1] += packed.iter().map(|&byte| u32::from(code[usize::from(byte)])).sum::<u32>() as f64 / 8.0;
        costs[1].note(begin.elapsed(), slots.len());
        packed.clear();
        let begin = Instant::now();
        xor(before, now, &mut packed);
        bytes[2] += zstd.compress(&packed).map_err(|error| error.to_string())?.len() as f64;
        costs[2].note(begin.elapsed(), slots.len());
    }
    let count = trace.steps.len().saturating_sub(1).max(1) as f64;
    let names = ["Quake III's way", "DDNet's way", "xor + zstd level 1"];
    let of = names.into_iter().zip(bytes.iter().zip(&costs));
    Ok(Rivals { of: of.map(|(name, (bytes, cost))| (name, bytes / count, cost.median())).collect() })
}

/// Lengths of a code for the bytes of DDNet's way.
fn huffman(train: &Trace) -> Vec<u8> {
    let mut counts = [0u64; 256];
    let mut packed = Vec::new();
    for pair in train.steps.windows(2) {
        packed.clear();
        ddnet(&pair[0], &pair[1], &mut packed);
        packed.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    }
    lengths(&counts)
}

/// A row of two frames: its name, its kind, its words in each that has it.
type Pair<'a> = (NetId, u8, Option<&'a [u32]>, Option<&'a [u32]>);

/// Both steps' rows merged by slot: what was, what is.
fn merged<'a>(before: &'a Rows, now: &'a Rows) -> Vec<Pair<'a>> {
    let mut rows = Vec::new();
    let mut old = before.list().iter().peekable();
    for row in now.list() {
        while let Some(gone) = old.next_if(|old| old.id.slot < row.id.slot) {
            rows.push((gone.id, gone.kind, Some(before.words(gone)), None));
        }
        let was = old.next_if(|old| old.id.slot == row.id.slot);
        let same = was.filter(|was| was.id == row.id && was.kind == row.kind);
        rows.push((row.id, row.kind, same.map(|was| before.words(was)), Some(now.words(row))));
    }
    rows.extend(old.map(|gone| (gone.id, gone.kind, Some(before.words(gone)), None)));
    rows
}

/// DDNet's way: of each row that has changed the kind, the number and the differences, all of them as varints; gone rows by number. The bytes go
/// through a fixed Huffman code afterwards.
pub fn ddnet(before: &Rows, now: &Rows, out: &mut Vec<u8>) {
    let rows = merged(before, now);
    let gone = rows.iter().filter(|(.., is)| is.is_none());
    let is_changed = |row: &&(NetId, u8, Option<&[u32]>, Option<&[u32]>)| row.3.is_some() && row.2 != row.3;
    let changed = rows.iter().filter(is_changed);
    varint(gone.clone().count() as i32, out);
    varint(changed.clone().count() as i32, out);
    varint(0, out);
    for (id, kind, ..) in gone {
        varint(i32::from(*kind) << 16 | i32::from(id.slot), out);
    }
    for (id, kind, was, is) in changed {
        varint((*kind).into(), out);
        varint(id.slot.into(), out);
        for (at, &word) in is.iter().copied().flatten().enumerate() {
            varint(word.wrapping_sub(was.map_or(0, |was| was[at])).cast_signed(), out);
        }
    }
}

/// A sign and 6 bits, then 7 bits a byte.
fn varint(value: i32, out: &mut Vec<u8>) {
    let mut left = (value ^ (value >> 31)).cast_unsigned();
    let sign = u8::from(value < 0) << 6;
    let mut byte = sign | (left & 0x3f) as u8;
    left >>= 6;
    while left > 0 {
        out.push(byte | 0x80);
        byte = (left & 0x7f) as u8;
        left >>= 7;
    }
    out.push(byte);
}

/// The exclusive or of every row with what it was before, to be compressed: each word in as many bytes as it needs.
pub fn xor(before: &Rows, now: &Rows, out: &mut Vec<u8>) {
    for (id, kind, was, is) in merged(before, now) {
        if was.is_none() || is.is_none() {
            out.extend_from_slice(&id.slot.to_le_bytes());
            out.push(kind);
        }
        let layout = now.schema().entities[usize::from(kind)].layout();
        for (at, &word) in is.unwrap_or_default().iter().enumerate() {
            let mixed = word ^ was.map_or(0, |was| was[at]);
            out.extend_from_slice(&mixed.to_le_bytes()[..usize::from(layout[at].bits.div_ceil(8))]);
        }
    }
}
