//! The watching itself.
#![allow(clippy::disallowed_types, reason = "phases are timed apart")]

use std::ops::Range;
use std::time::Instant;

use snapline_shared::bits::BitWriter;
use snapline_shared::frame::{Eye, FrameSpec, FrameStats, FrameWriter, KnownRow, Mirror, Replica, Store};
use snapline_shared::ids::NetId;
use snapline_shared::quant::WordSpec;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::{Step, Tick};

use super::{Seen, Watch};
use crate::rivals::{Quake3, Quake3Client};
use crate::views::{Places, View};

/// More than any frame here has.
const BYTES_MAX: usize = 1 << 20;

struct Client {
    number: u16,
    mirror: Mirror,
    replica: Replica,
    view: View,
    place: [f64; 2],
    eye: Eye,
    own: Vec<u32>,
    own_in: u32,
    sends_own: bool,
    is_due: bool,
    joins: bool,
    is_wrong: bool,
    stats: FrameStats,
    bytes: Vec<u8>,
    quake3: Quake3Client,
    slots: Vec<u16>,
}

/// Clients whose frames are kept, to be made once more for them alone.
const KEPT: usize = 3;

/// A room full of clients that watch.
pub(super) struct Room<'a> {
    watch: Watch<'a>,
    store: Store,
    writer: FrameWriter,
    places: Places,
    own_layout: Vec<WordSpec>,
    awake: Vec<(NetId, bool)>,
    clients: Vec<Client>,
    quake3: Option<Quake3>,
    bits: BitWriter,
    /// Whether frames are read and compared.
    reads: bool,
    seen: Seen,
    /// All rows that the kept clients ever knew.
    ever: Vec<std::collections::BTreeSet<NetId>>,
}

impl Client {
    fn new(schema: &Schema, replica: Replica, number: u16) -> Self {
        Self {
            number,
            mirror: Mirror::default(),
            replica,
            view: View::default(),
            place: [0.0; 2],
            eye: Eye::default(),
            own: vec![0; schema.own.words()],
            own_in: 0,
            sends_own: false,
            is_due: false,
            joins: false,
            is_wrong: false,
            stats: FrameStats::default(),
            bytes: Vec::new(),
            quake3: Quake3Client::default(),
            slots: Vec::new(),
        }
    }
}

impl<'a> Room<'a> {
    pub(super) fn new(watch: &Watch<'a>, numbers: Range<u16>, reads: bool) -> Result<Self, String> {
        let schema = watch.trace.schema_with(watch.tables);
        // They share tables, so that what is measured does not wait for as many copies of them as there are clients.
        let replica = Replica::new(&schema, watch.trace.rates)?;
        let clients: Vec<_> = numbers.map(|number| Client::new(&schema, replica.clone(), number)).collect();
        let kept: Vec<_> = clients.iter().take(KEPT).map(|client| (client.number, Vec::new())).collect();
        Ok(Self {
            watch: *watch,
            store: Store::new(schema.clone(), watch.trace.rates)?,
            writer: FrameWriter::new(),
            places: Places::default(),
            own_layout: schema.own.layout(),
            awake: Vec::new(),
            quake3: if watch.quake3 { Quake3::new(&schema) } else { None },
            bits: BitWriter::new(),
            reads,
            ever: vec![Default::default(); kept.len()],
            seen: Seen { sent: kept, ..Seen::default() },
            clients,
        })
    }

    pub(super) fn seen(mut self) -> Seen {
        self.seen.known = self.ever.into_iter().map(|ids| ids.into_iter().collect()).collect();
        self.seen
    }

    pub(super) fn step(&mut self, step: Step, rows: &Rows) {
        let begin = Instant::now();
        self.store.push_step(step, rows);
        let took = begin.elapsed();
        let awake = self.awake_rows(rows);
        self.seen.encode.note(took, awake);
        self.places.rebuild(rows);
        self.look(step, rows);
        self.send(step);
        if self.reads {
            self.receive(rows);
        }
        if self.quake3.is_some() {
            self.send_in_quake3s_way(rows);
        }
    }
    /// How many rows have had a run at this step.
    fn awake_rows(&mut self, rows: &Rows) -> usize {
        let mut runs = 0;
        let mut before = self.awake.iter().peekable();
        let mut awake = Vec::with_capacity(rows.list().len());
        for row in rows.list() {
            while before.next_if(|(id, _)| id.slot < row.id.slot).is_some() {}
            let is_awake = self.store.live(row.id.slot).is_some_and(|live| live.state.awake);
            runs += usize::from(before.next_if(|(id, _)| *id == row.id).is_some_and(|(_, was)| *was || is_awake));
            awake.push((row.id, is_awake));
        }
        self.awake = awake;
        runs
    }

    /// What each client that is due sees, where from, and whether its own state comes whole: at a join and once a second.
    fn look(&mut self, step: Step, rows: &Rows) {
        let trace = self.watch.trace;
        let second = (trace.step_hz().round() as u32).max(1);
        for client in &mut self.clients {
            client.is_due = (step.0 + u32::from(client.number)).is_multiple_of(self.watch.every);
            if !client.is_due {
                continue;
            }
            client.joins = client.mirror.last().is_none();
            if self.watch.plays {
                let mine = trace.steered(rows, client.number);
                if let Some(row) = mine {
                    let at = rows.list().partition_point(|other| other.id.slot < row.id.slot);
                    client.place = self.places.of(at).unwrap_or(client.place);
                    let filling = rows.words(row).iter().cycle().zip(&self.own_layout);
                    client.own.clear();
                    client.own.extend(filling.map(|(&word, spec)| (u64::from(word) % spec.modulus) as u32));
                }
                let place = client.place.map(|value| value as f32);
                let radius = if self.watch.radius.is_finite() { self.watch.radius as f32 } else { f32::MAX };
                client.eye = Eye { controls: mine.map(|row| row.id.slot), place, radius };
                // Joined at different times: spread over the steps of a second.
                let phase = (step.0 + u32::from(client.number)) / second;
                client.sends_own = client.joins || client.own_in != phase;
                client.own_in = phase;
            }
            client.view.look(rows, &self.places, client.place, self.watch.radius);
        }
    }

    fn send(&mut self, step: Step) {
        let due = || self.clients.iter().filter(|client| client.is_due);
        let visible: usize = due().map(|client| client.view.wanted.len()).sum();
        let joins = due().any(|client| client.joins);
        let begin = Instant::now();
        for client in self.clients.iter_mut().filter(|client| client.is_due) {
            client.bytes.clear();
            let spec = FrameSpec {
                ticks_per_step: self.watch.trace.rates.ticks_per_step,
                input: Some(Tick(step.0)),
                slack: 1,
                wanted: &client.view.wanted,
                own: client.sends_own.then_some(&client.own),
                eye: client.eye,
                bytes_max: BYTES_MAX,
            };
            client.stats = self.writer.write(&self.store, &mut client.mirror, &spec, |_| true, &mut client.bytes);
        }
        if !joins {
            self.seen.splice.note(begin.elapsed(), visible);
        }
        for client in self.clients.iter().filter(|client| client.is_due && !client.joins) {
            self.seen.frames += 1;
            self.seen.bytes += client.bytes.len() as u64;
            self.seen.visible += client.view.wanted.len() as u64;
            self.seen.runs += client.stats.runs as u64;
            self.seen.parts += client.stats.parts;
            self.seen.loads += client.stats.loads as u64;
        }
        for ((client, (_, sent)), ever) in self.clients.iter().zip(&mut self.seen.sent).zip(&mut self.ever) {
            if client.is_due {
                sent.push(client.bytes.clone());
                ever.extend(&client.view.known);
            }
        }
    }

    /// Reads the frames, and compares what their readers hold with what is seen: ids, words and the coder's state.
    fn receive(&mut self, rows: &Rows) {
        let due = || self.clients.iter().filter(|client| client.is_due);
        let runs: usize = due().map(|client| client.stats.runs).sum();
        let joins = due().any(|client| client.joins);
        let begin = Instant::now();
        for client in self.clients.iter_mut().filter(|client| client.is_due) {
            client.is_wrong = !client.replica.read(&client.bytes).is_ok_and(|info| !info.check_failed);
        }
        if !joins {
            self.seen.decode.note(begin.elapsed(), runs);
        }
        for client in self.clients.iter().filter(|client| client.is_due) {
            let known = client.replica.rows();
            let own = !client.sends_own || client.replica.own() == client.own;
            let same = known.len() == client.view.known.len() && own && same_eye(client.replica.eye(), &client.eye);
            let is_same = |(mine, id): (&KnownRow, &NetId)| {
                let seen = rows
                    .find(*id)
                    .is_some_and(|row| rows.words(row) == mine.state.words && row.kind == mine.state.kind);
                let state = self.store.live(id.slot).is_some_and(|live| live.state == mine.state);
                seen && state && !mine.held && mine.id == NetId { generation: id.generation & 0xff, ..*id }
            };
            let same = same && known.iter().zip(&client.view.known).all(is_same);
            self.seen.wrong += u64::from(client.is_wrong || !same);
        }
    }

    fn send_in_quake3s_way(&mut self, rows: &Rows) {
        let Some(quake3) = &mut self.quake3 else { return };
        quake3.push_step(rows);
        let (mut visible, mut joins) = (0, false);
        for client in &mut self.clients {
            client.slots.clear();
            client.slots.extend(client.view.known.iter().map(|id| id.slot));
            visible += client.slots.len();
            joins |= client.joins;
        }
        let begin = Instant::now();
        let mut bytes = 0;
        for client in &mut self.clients {
            self.bits.clear();
            quake3.write(&mut client.quake3, &client.slots, &mut self.bits);
            bytes += self.bits.len_bits().div_ceil(8);
        }
        if !joins {
            self.seen.quake3.note(begin.elapsed(), visible);
            self.seen.quake3_bytes += bytes as u64;
        }
    }
}

/// A client that steers a row knows where it looks from without being told.
fn same_eye(told: &Eye, eye: &Eye) -> bool {
    told.controls == eye.controls && told.radius == eye.radius && (eye.controls.is_some() || told.place == eye.place)
}
