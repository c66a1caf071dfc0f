//! What a player's own motion has brought into the world (its shots), shown at once and then confirmed or withdrawn.
//!
//! Such a row is born in the predicted present and dies in the drawn past, for that is where its targets are seen. Where the server judges shots in
//! the present, its time slides from the one to the other while it flies: it leaves the muzzle at the press of the key and meets what the player
//! sees. Where the server judges them in the past that was drawn, the server's row is ahead by as much, and nothing has to slide but what changed
//! since.

use core::ops::Range;

use super::timeline::{Drawn, DrawnRow};
use crate::frame::KnownRow;
use crate::game::Shot;
use crate::ids::NetId;
use crate::numbers::of_words;
use crate::quant::Blend;
use crate::schema::{Drive, Kind};
use crate::tick::Tick;

/// Shots remembered; more are not shown before the server shows them.
const SHOTS_MAX: usize = 64;
/// Ticks after its birth within which the server's row must have come: loads may be spread over some frames.
const PATIENCE_TICKS: i32 = 12;
/// Slot of rows that the server does not know yet; no game has so many rows.
const OWN_SLOT: u16 = u16::MAX;

#[derive(Debug)]
struct Flying {
    /// Names it on the screen until the server's row takes over.
    serial: u32,
    born: Tick,
    shot: Shot,
    /// Whether the server is known to have fired it too.
    is_known: bool,
    /// Whether the server may have gone without the input that fired it: then only its row makes it known.
    is_doubted: bool,
    /// The server's row, once it has come.
    row: Option<NetId>,
    /// The first tick at which that row was no more.
    gone_at: Option<Tick>,
    /// Ticks by which the server's row is ahead of its birth: how far back the past lay that was drawn when it was fired.
    rewound: f64,
}

/// How many shots the server knew and did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShotCounts {
    /// The server fired them too: its own state says so, or their rows have come.
    pub confirmed: u64,
    /// Shown, and the server did not know them: an input was late, or something happened that this client could not know.
    pub withdrawn: u64,
}

/// The moment that is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The tick that own motion has reached, with its fraction.
    pub(super) ahead: f64,
    /// The tick at which others are drawn.
    pub(super) drawn: f64,
    /// Ticks over which a shot's time slides from the one to the other.
    pub(super) slide_ticks: f64,
    /// Ticks a second.
    pub(super) tick_hz: f64,
}

/// The own shots in flight.
#[derive(Debug)]
pub(super) struct OwnShots {
    kinds: &'static [Kind],
    /// By kind: the words of its `Snap` fields, which tell one row from another.
    names: Vec<Vec<Range<usize>>>,
    list: Vec<Flying>,
    next_serial: u32,
    /// The newest tick that an input was sent for, and how many ticks before it the drawn past lay then, as the server was told.
    seen: (Tick, f64),
    counts: ShotCounts,
}

impl OwnShots {
    pub(super) fn new(kinds: &'static [Kind]) -> Self {
        let names = |kind: &Kind| {
            let fields = kind.fields.iter().enumerate().filter(|(_, field)| field.blend == Blend::Snap);
            fields.map(|(at, field)| kind.word_of(at)..kind.word_of(at) + field.words()).collect()
        };
        Self {
            kinds,
            names: kinds.iter().map(names).collect(),
            list: Vec::new(),
            next_serial: 0,
            seen: (Tick(0), 0.0),
            counts: ShotCounts::default(),
        }
    }

    /// Forgets all of them: another epoch, or another timeline.
    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) const fn counts(&self) -> ShotCounts {
        self.counts
    }

    /// The input for `tick` has been sent while a past was drawn that lay `behind_ticks` before it.
    pub(super) const fn note_seen(&mut self, tick: Tick, behind_ticks: f64) {
        self.seen = (tick, behind_ticks);
    }

    /// A tick has been run ahead.
    pub(super) fn add(&mut self, born: Tick, shots: Vec<Shot>) {
        // What ends where it begins is never a row.
        for shot in shots.into_iter().filter(|shot| shot.ticks > 0) {
            // The server has not fired the one of this name, or it would not be fired again.
            let (names, before) = (&self.names, self.list.len());
            self.list.retain(|flying| flying.is_known || !is_same(names, &flying.shot, &shot));
            self.counts.withdrawn += (before - self.list.len()) as u64;
            let (newest, behind_ticks) = self.seen;
            let rewound = behind_ticks - f64::from(newest.since(born));
            if self.list.len() < SHOTS_MAX {
                self.list.push(Flying {
                    serial: self.next_serial,
                    born,
                    rewound: rewound.clamp(0.0, shot.rewind_ticks.into()),
                    shot,
                    is_known: false,
                    is_doubted: false,
                    row: None,
                    gone_at: None,
                });
                self.next_serial = self.next_serial.wrapping_add(1);
            }
        }
    }

    /// The server has fired `fired` in `tick`, and the ticks after it have been run again, with the shots `again`; `was_late` when an input was.
    pub(super) fn replay(&mut self, tick: Tick, fired: &[Shot], mut again: Vec<(Tick, Shot)>, was_late: bool) {
        let names = &self.names;
        let mut withdrawn = 0;
        self.list.retain_mut(|flying| {
            if flying.is_known {
                return true;
            }
            if let Some(at) = again.iter().position(|(_, shot)| is_same(names, &flying.shot, shot)) {
                // Perhaps some ticks earlier or later than before.
                (flying.born, flying.shot) = again.remove(at);
                flying.is_doubted = false;
                return true;
            }
            // The server's state tells only of its last tick.
            flying.is_doubted |= was_late && tick.is_after(flying.born);
            let stays = tick.is_after(flying.born)
                || (tick == flying.born && fired.iter().any(|shot| is_same(names, &flying.shot, shot)));
            withdrawn += u64::from(!stays);
            stays
        });
        self.counts.withdrawn += withdrawn;
        again.into_iter().for_each(|(born, shot)| self.add(born, vec![shot]));
    }

    /// The world at `tick` has come: these are the rows; `agrees` when the own state was as predicted, and so its shots.
    pub(super) fn confirm(&mut self, tick: Tick, rows: &[KnownRow], agrees: bool) {
        let (names, counts) = (&self.names, &mut self.counts);
        self.list.retain_mut(|flying| {
            let age = tick.since(flying.born);
            if age < 0 {
                return true;
            }
            if let Some(id) = flying.row {
                let is_here = rows.binary_search_by_key(&id.slot, |row| row.id.slot).is_ok_and(|at| rows[at].id == id);
                if !is_here && flying.gone_at.is_none() {
                    flying.gone_at = Some(tick);
                }
            } else {
                flying.row = rows.iter().find(|row| is_row(names, &flying.shot, row)).map(|row| row.id);
            }
            if !flying.is_known && ((agrees && !flying.is_doubted) || flying.row.is_some()) {
                flying.is_known = true;
                counts.confirmed += 1;
            }
            // Without a row it has met something before it could be shown, or never was.
            if flying.row.is_none() && age > PATIENCE_TICKS {
                counts.withdrawn += u64::from(!flying.is_known);
                return false;
            }
            age.unsigned_abs() < flying.shot.ticks + PATIENCE_TICKS.unsigned_abs()
        });
    }

    /// Puts the shots in flight onto the picture, in place of the server's rows for them.
    pub(super) fn draw(&mut self, moment: &Moment, out: &mut Drawn) {
        let kinds = self.kinds;
        self.list.retain(|flying| {
            let age = moment.ahead - f64::from(flying.born.0);
            let weight = 1.0 - age / moment.slide_ticks;
            // Where the server's row is drawn, and from there towards the predicted present.
            let row = moment.drawn + flying.rewound;
            let shown = row + (moment.ahead - row) * weight.clamp(0.0, 1.0);
            let is_gone = flying.gone_at.is_some_and(|gone| shown >= f64::from(gone.0) + flying.rewound);
            let stays = weight > 0.0 && !is_gone && age < f64::from(flying.shot.ticks) + moment.slide_ticks;
            if !stays {
                return false;
            }
            hide(flying.row, out);
            let flown = (shown - f64::from(flying.born.0)).max(0.0);
            if flown < f64::from(flying.shot.ticks) {
                put(&kinds[usize::from(flying.shot.kind)], flying, flown / moment.tick_hz, out);
            }
            true
        });
    }
}

/// Takes the server's row off the picture: the own one is shown in its place.
fn hide(row: Option<NetId>, out: &mut Drawn) {
    let Some(at) = row.and_then(|id| out.rows.iter().position(|row| row.id == id)) else { return };
    out.rows.remove(at);
    out.own = out.own.map(|own| if own > at { own - 1 } else { own });
}

fn put(kind: &Kind, flying: &Flying, flown_s: f64, out: &mut Drawn) {
    let mut numbers = of_words(kind, &flying.shot.words);
    if let (Some(at), Some(Drive::By(by))) = (kind.at, kind.drive) {
        let first = |field: u8| kind.fields[..usize::from(field)].iter().map(|f| f.shape.components()).sum::<usize>();
        let (place, velocity) = (first(at), first(by));
        for axis in 0..kind.fields[usize::from(at)].shape.components() {
            numbers[place + axis] += numbers[velocity + axis] * flown_s;
        }
    }
    let id = NetId { slot: OWN_SLOT, generation: flying.serial };
    out.rows.push(DrawnRow { id, kind: flying.shot.kind, held: false, from: out.values.len() as u32 });
    out.values.extend(numbers.iter().map(|&number| number as f32));
}

fn is_same(names: &[Vec<Range<usize>>], a: &Shot, b: &Shot) -> bool {
    let mut words = names[usize::from(a.kind)].iter();
    a.kind == b.kind && words.all(|words| a.words[words.clone()] == b.words[words.clone()])
}

fn is_row(names: &[Vec<Range<usize>>], shot: &Shot, row: &KnownRow) -> bool {
    let mut words = names[usize::from(shot.kind)].iter();
    row.state.kind == shot.kind && words.all(|words| shot.words[words.clone()] == row.state.words[words.clone()])
}
