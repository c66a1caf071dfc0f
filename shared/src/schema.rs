//! What a game says about its data: kinds of rows, events, requests, input and own state, field by field.
//!
//! A [`Kind`] is a constant made by `wire!`; the same type is read back from `/schema.json` by clients that never heard of the game.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::quant::{Blend, Lane, Shape, WordSpec};

/// Kinds in one list (entities, events, requests): a kind's number is its place, 6 bits.
pub const KINDS_MAX: usize = 64;
/// Fields of one kind.
pub const FIELDS_MAX: usize = 128;
/// Bytes of a schema's JSON that a client accepts.
pub const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// One field of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// As in the source.
    pub name: Cow<'static, str>,
    /// What the value is made of.
    pub shape: Shape,
    /// How each of its numbers is quantised.
    #[serde(flatten)]
    pub lane: Lane,
    /// How it is drawn between two steps.
    pub blend: Blend,
}

impl FieldSpec {
    /// Words of the whole field.
    #[must_use]
    pub const fn words(&self) -> usize {
        self.shape.components() * self.lane.words()
    }
}

/// What drives the place of a kind, for the coder's prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drive {
    /// The field with this number is a velocity in units a second.
    By(u8),
    /// The field with this number is the angle it moves along, at a speed that is not told.
    Along(u8),
}

/// What rows of a kind move with: riders with their vehicle, debris with the body that pushes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovesWith {
    /// The kind of the row that carries them.
    pub kind: Cow<'static, str>,
    /// The field of the carrier that they turn about it with: an angle, or a rotation. None: they do not turn.
    pub about: Option<Cow<'static, str>>,
}

impl MovesWith {
    /// The field that comes behind those of such a kind: the slot of the row that carries it, and one more; 0: none does.
    pub const FIELD: FieldSpec = FieldSpec {
        name: Cow::Borrowed("with"),
        shape: Shape::Integer,
        lane: Lane::Uint { bits: 17 },
        blend: Blend::Snap,
    };
}

/// One kind of row, event, request, input or own state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// As in the source.
    pub name: Cow<'static, str>,
    /// In order of declaration.
    pub fields: Cow<'static, [FieldSpec]>,
    /// The field that is its place; none: the kind is global and everybody sees it.
    pub at: Option<u8>,
    /// What drives the place.
    pub drive: Option<Drive>,
    /// The kind of the rows that spawn such rows: a newborn one is described by the one that it came from.
    pub spawner: Option<Cow<'static, str>>,
    /// What such rows move with; the last field then is [`MovesWith::FIELD`].
    pub with: Option<MovesWith>,
    /// A step that moves the place farther than this (units) is a teleport, on both ends.
    pub teleport: Option<f64>,
    /// For priority under a byte budget; 1 unless told.
    pub weight: u8,
}

impl Kind {
    /// A global kind; what `wire!` starts from.
    #[must_use]
    pub const fn new(name: &'static str, fields: &'static [FieldSpec]) -> Self {
        Self {
            name: Cow::Borrowed(name),
            fields: Cow::Borrowed(fields),
            at: None,
            drive: None,
            spawner: None,
            with: None,
            teleport: None,
            weight: 1,
        }
    }

    /// Field `at` is the place.
    #[must_use]
    pub const fn at(mut self, at: u8) -> Self {
        self.at = Some(at);
        self
    }

    /// What drives the place.
    #[must_use]
    pub const fn drive(mut self, drive: Drive) -> Self {
        self.drive = Some(drive);
        self
    }

    /// Rows of the kind called `kind` spawn it.
    #[must_use]
    pub const fn spawner(mut self, kind: &'static str) -> Self {
        // What was there holds nothing on the heap, but the compiler does not know it.
        core::mem::forget(self.spawner.replace(Cow::Borrowed(kind)));
        self
    }

    /// It moves with rows of the kind called `kind`, and turns with their field `about`. Its last field is [`MovesWith::FIELD`].
    #[must_use]
    pub const fn with(mut self, kind: &'static str, about: Option<&'static str>) -> Self {
        let about = match about {
            Some(about) => Some(Cow::Borrowed(about)),
            None => None,
        };
        core::mem::forget(self.with.replace(MovesWith { kind: Cow::Borrowed(kind), about }));
        self
    }

    /// Farther than `units` in one step is a teleport.
    #[must_use]
    pub const fn teleport(mut self, units: f64) -> Self {
        self.teleport = Some(units);
        self
    }

    /// Priority under a byte budget.
    #[must_use]
    pub const fn weight(mut self, weight: u8) -> Self {
        self.weight = weight;
        self
    }

    /// Words of a value of this kind.
    #[must_use]
    pub fn words(&self) -> usize {
        self.fields.iter().map(FieldSpec::words).sum()
    }

    /// What each word may hold, in order.
    #[must_use]
    pub fn layout(&self) -> Vec<WordSpec> {
        let mut words = Vec::with_capacity(self.words());
        for field in self.fields.iter() {
            for component in 0..field.shape.components() {
                words.extend((0..field.lane.words()).map(|word| field.lane.word_spec(component, word)));
            }
        }
        words
    }

    /// Number of the first word of field number `field`.
    #[must_use]
    pub fn word_of(&self, field: usize) -> usize {
        self.fields[..field].iter().map(FieldSpec::words).sum()
    }

    /// The lane of the place and the number of its first word; none for a global kind.
    #[must_use]
    pub fn place(&self) -> Option<(Lane, usize)> {
        let at = usize::from(self.at?);
        Some((self.fields.get(at)?.lane, self.word_of(at)))
    }

    /// Number of the word that tells which row carries it; none: the kind moves with nothing.
    #[must_use]
    pub fn carrier_word(&self) -> Option<usize> {
        self.with.as_ref().and_then(|_| self.words().checked_sub(1))
    }

    /// Checks that rows of this kind can move with those of `carrier`.
    fn check_carrier(&self, with: &MovesWith, carrier: Option<&Self>) -> Result<(), &'static str> {
        let carrier = carrier.ok_or("what it moves with is not among the entities")?;
        if self.fields.last() != Some(&MovesWith::FIELD) {
            return Err("it moves with something: its last field must be `with`");
        }
        let place =
            |kind: &Self| kind.at.map(|at| (kind.fields[usize::from(at)].shape, kind.fields[usize::from(at)].lane));
        let Some((shape, lane)) = place(self) else { return Err("it moves with something and has no place") };
        if place(carrier) != Some((shape, lane)) {
            return Err("its place has another lane than that of what it moves with");
        }
        let Some(about) = &with.about else { return Ok(()) };
        let field = carrier.fields.iter().find(|field| field.name == *about);
        let field = field.ok_or("turns about a field that is not there")?;
        match (field.shape, field.lane) {
            (Shape::Float, Lane::Angle { bits: ..=16 }) => Ok(()),
            (Shape::Quat, _) if shape == Shape::Vec3 => Ok(()),
            _ => Err("turns about a field that is neither an angle of at most 16 bits nor, in space, a rotation"),
        }
    }

    /// Whether a row of this kind that goes from one value to another within `steps` steps has jumped: then nothing lies in between.
    #[must_use]
    pub fn is_teleport(&self, from: &[u32], to: &[u32], steps: u32) -> bool {
        let (Some(limit), Some((lane, at))) = (self.teleport, self.place()) else { return false };
        let width = lane.words();
        let square: f64 = (0..2)
            .map(|axis| {
                let words = at + axis * width..at + (axis + 1) * width;
                lane.gap(Blend::Lerp, lane.value(&from[words.clone()]), lane.value(&to[words]))
            })
            .map(|gap| gap * gap)
            .sum();
        let limit = limit * f64::from(steps.max(1));
        square > limit * limit
    }

    /// Checks what neither `wire!` nor JSON excludes.
    fn check(&self) -> Result<(), SchemaError> {
        let wrong = |words: &str| Err(SchemaError::Kind { kind: self.name.to_string(), words: words.to_owned() });
        if self.fields.len() > FIELDS_MAX {
            return wrong("more than 128 fields");
        }
        for field in self.fields.iter() {
            if let Err(words) = field.lane.check(field.shape) {
                return wrong(&format!("{}: {words}", field.name));
            }
        }
        let drive = self.drive.map(|(Drive::By(field) | Drive::Along(field))| field);
        if self.at.into_iter().chain(drive).any(|field| usize::from(field) >= self.fields.len()) {
            return wrong("names a field that is not there");
        }
        match self.at.map(|at| self.fields[usize::from(at)].shape) {
            None | Some(Shape::Vec2 | Shape::Vec3) => Ok(()),
            Some(_) => wrong("the place is neither Vec2 nor Vec3"),
        }
    }
}

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Not the JSON of a schema.
    #[error("not a schema: {0}")]
    Json(String),
    /// A list is longer than [`KINDS_MAX`].
    #[error("{0}: more than {KINDS_MAX} kinds")]
    Kinds(&'static str),
    /// A kind is out of its limits.
    #[error("kind {kind}: {words}")]
    Kind {
        /// Its name.
        kind: String,
        /// What is wrong.
        words: String,
    },
}

/// All that both ends must agree on about a game's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The game's name.
    pub game: Cow<'static, str>,
    /// Kinds of rows.
    pub entities: Cow<'static, [Kind]>,
    /// Kinds of events.
    pub events: Cow<'static, [Kind]>,
    /// Kinds of requests.
    pub requests: Cow<'static, [Kind]>,
    /// What a player holds during a tick.
    pub input: Kind,
    /// What a player alone receives, exact.
    pub own: Kind,
    /// The coder's tables as the training tool wrote them; empty: formula codes.
    pub tables: Cow<'static, str>,
}

impl Schema {
    /// The bytes that `/schema.json` serves and that the hash is taken over.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Plain structs with text keys: serialising to memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The schema in those bytes, checked.
    ///
    /// # Errors
    /// When it is not the JSON of a schema or something in it is out of its limits.
    pub fn from_json(json: &[u8]) -> Result<Self, SchemaError> {
        if json.len() > SCHEMA_BYTES_MAX {
            return Err(SchemaError::Json("larger than 1 MiB".to_owned()));
        }
        let schema: Self = serde_json::from_slice(json).map_err(|error| SchemaError::Json(error.to_string()))?;
        schema.check()?;
        Ok(schema)
    }

    /// Checks limits and lanes.
    ///
    /// # Errors
    /// The first list or kind that is out of its limits.
    pub fn check(&self) -> Result<(), SchemaError> {
        for (list, name) in [(&self.entities, "entities"), (&self.events, "events"), (&self.requests, "requests")] {
            if list.len() > KINDS_MAX {
                return Err(SchemaError::Kinds(name));
            }
            list.iter().try_for_each(Kind::check)?;
            let twice =
                list.iter().enumerate().find(|(i, kind)| list[..*i].iter().any(|other| other.name == kind.name));
            if let Some((_, kind)) = twice {
                return Err(SchemaError::Kind {
                    kind: kind.name.to_string(),
                    words: "stands twice in its list".to_owned(),
                });
            }
        }
        let kinds = &self.entities;
        let is_unknown = |kind: &&Kind| {
            kind.spawner.as_ref().is_some_and(|spawner| kinds.iter().all(|other| other.name != *spawner))
        };
        if let Some(kind) = kinds.iter().find(is_unknown) {
            let words = "its spawner is not among the entities".to_owned();
            return Err(SchemaError::Kind { kind: kind.name.to_string(), words });
        }
        for kind in kinds.iter() {
            let Some(with) = &kind.with else { continue };
            let carrier = kinds.iter().find(|other| other.name == with.kind);
            kind.check_carrier(with, carrier)
                .map_err(|words| SchemaError::Kind { kind: kind.name.to_string(), words: words.to_owned() })?;
        }
        self.input.check()?;
        self.own.check()
    }

    /// First 8 bytes of SHA-256 over the JSON bytes, as a little-endian number. Clients copy it, they never compute it.
    #[must_use]
    pub fn hash(json: &[u8]) -> u64 {
        Sha256::digest(json).iter().take(8).rev().fold(0, |hash, &byte| hash << 8 | u64::from(byte))
    }
}
