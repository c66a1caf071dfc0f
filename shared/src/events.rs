//! Things that happen once: shots, hits, sounds. They travel in the snapshot of their tick and are shown when the timeline reaches it.

use glam::Vec2;

use crate::ids::PlayerId;
use crate::rows::kind_number;
use crate::schema::Kind;
use crate::wire::Wire;

/// Events of one tick; more are dropped and counted.
pub const EVENTS_PER_TICK_MAX: usize = 1024;

/// Who receives an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Audience {
    /// Whoever's view holds this place.
    Near(Vec2),
    /// One player, shown at once.
    To(PlayerId),
    /// Everybody in the room.
    All,
}

/// One event of one tick, quantised.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Who receives it.
    pub audience: Audience,
    /// Number of its kind in the schema's list of events.
    pub kind: u8,
    /// Its words.
    pub words: Vec<u32>,
}

/// Collects the events of one tick.
#[derive(Debug)]
pub struct Events {
    kinds: &'static [Kind],
    list: Vec<Event>,
    dropped: u32,
}

impl Events {
    /// No events yet; `kinds` is the game's list.
    #[must_use]
    pub const fn new(kinds: &'static [Kind]) -> Self {
        Self { kinds, list: Vec::new(), dropped: 0 }
    }

    /// Tells those whose view holds `place`.
    ///
    /// # Panics
    /// When `E` is not among the game's `EVENTS`: a mistake in the game. So do [`Self::to`] and [`Self::all`].
    pub fn near<E: Wire>(&mut self, place: Vec2, event: &E) {
        self.push(Audience::Near(place), event);
    }

    /// Tells one player, who shows it at once.
    ///
    /// # Panics
    /// As [`Self::near`].
    pub fn to<E: Wire>(&mut self, player: PlayerId, event: &E) {
        self.push(Audience::To(player), event);
    }

    /// Tells everybody in the room.
    ///
    /// # Panics
    /// As [`Self::near`].
    pub fn all<E: Wire>(&mut self, event: &E) {
        self.push(Audience::All, event);
    }

    fn push<E: Wire>(&mut self, audience: Audience, event: &E) {
        let Some(kind) = kind_number(self.kinds, &E::KIND.name) else { panic!("{} is not in EVENTS", E::KIND.name) };
        if self.list.len() == EVENTS_PER_TICK_MAX {
            self.dropped += 1;
            return;
        }
        let mut words = vec![0; E::KIND.words()];
        event.quantise(&mut words);
        self.list.push(Event { audience, kind, words });
    }

    /// The events of the tick, leaving none, and how many were over the limit.
    pub fn take(&mut self) -> (Vec<Event>, u32) {
        (std::mem::take(&mut self.list), std::mem::take(&mut self.dropped))
    }
}
