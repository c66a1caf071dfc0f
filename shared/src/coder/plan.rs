//! How the rows of one kind are coded: its fields in groups, each with a way of predicting it and its tables. Made from the schema alone.

use core::ops::Range;

use super::carry::Carry;
use super::residual;
use crate::quant::{Blend, Lane, Shape, WordSpec};
use crate::schema::{Drive, FieldSpec, Kind};

/// Bits below the wire grid in which places and velocities are estimated.
pub(crate) const SUB: u32 = 6;
/// Words wider than this are not predicted: a change sends them whole.
const PREDICTED_BITS_MAX: u32 = 24;
/// Groups of one kind: a bit each in the mode symbol.
pub(crate) const GROUPS_MAX: usize = 7;
/// Words of a rest group whose changes are told by one symbol; more are told as a list.
pub(crate) const MASKED_MAX: usize = 4;
/// Classes of the last residual that choose a table, and how its neighbour's compares with it.
pub(crate) const OWN_CLASSES: u32 = 12;
pub(crate) const NEIGHBOURS: u32 = 5;
/// Tables of one number of the codec's state in a LOAD: by the class of its axis's first number, at most 3, and one thing more. Of an estimate the
/// first is that of one that was missed, the others are those of the rest.
pub(crate) const LOAD_CONTEXTS: usize = 8;
/// Symbols of an estimate that was put to an edge: above, below, to the middle; the last one says elsewhere.
pub(crate) const EDGE_SYMBOLS: u32 = 4;
/// Symbols of a pair of residuals from -2 to 2 each, and the one that says: larger.
pub(crate) const PAIR_SYMBOLS: u32 = 26;

/// How often rows are shown: what a velocity in units a second means for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks from one step to the next.
    pub ticks_per_step: u32,
}

/// One number of a row: the word it is in and the numbers of the codec's state that belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) word: usize,
    pub(crate) spec: WordSpec,
    pub(crate) wraps: bool,
    pub(crate) aux: usize,
    /// A residual larger than this is no motion.
    pub(crate) far: i64,
}

/// Axes of a predicted group at most.
pub(crate) const AXES_MAX: usize = 3;

/// What predicts a group.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    /// Goes on as before, or stays: whichever has cost less. By axis: velocity, class, cost.
    Smooth,
    /// The same for a place, with an estimate below the grid. By axis: velocity, class, cost, estimate, age.
    Glide,
    /// Driven by a velocity whose words come before: `gain` sub-quanta (in 1/65536) a step and quantum of it, `offset` for its zero. By axis:
    /// estimate, class.
    Driven { by: usize, gain: i64, offset: i64, new_share: i64 },
    /// Along the angle in that word, at a hidden speed. By axis: estimate, class; after them speed, age.
    Along { angle: usize, bits: u32, ways: Vec<(i32, i32)> },
    /// An angle: stays, turns on, or turns on faster or slower. By axis: turn, turn before, class, three costs.
    Turn,
    /// Three components of a rotation whose largest one is told before: the older rotation reflected about the newer, or as before. By axis: older
    /// word, class; after them the older largest one, cost.
    Rotation { most: i64 },
    /// Nothing is predicted but "as before".
    Rest,
}

/// Fields that deviate together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) model: Model,
    pub(crate) axes: Vec<Axis>,
    /// Its numbers in the codec's state.
    pub(crate) aux: Range<usize>,
    /// First of its tables; a rest group has one for its mask and one a word.
    pub(crate) table: usize,
    /// First of its tables for LOADs: one a word of a rest group; else one for all words where these have one, then some for each state number.
    pub(crate) load_table: usize,
    /// The word that stands for 0, about which the words of a smooth group lie.
    pub(crate) zero: i64,
    /// Name of its field, for the profiler and the tables' text.
    pub(crate) name: String,
    /// How a row that carries this one takes the group along.
    pub(crate) carry: Option<Carry>,
}

/// One table: how many symbols, and what formula codes are made from when nobody trained it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableSpec {
    pub(crate) name: String,
    pub(crate) symbols: u32,
    pub(crate) formula: Formula,
}

/// What a table's symbols mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Formula {
    /// Modes after this one; none: of a row that was just born. Whether the last group is the rest.
    Mode(Option<u32>, bool),
    /// A residual after one of this class whose neighbour's class is higher by this; of three axes or more.
    Residual(u32, i32),
    /// The residual of a group's only axis, after one of this class: it is not 0.
    Alone(u32),
    /// One residual of a pair that is larger than the pair's symbols reach, after one of this class.
    Beyond(u32),
    /// A pair after residuals of at most this class.
    Pair(u32),
    /// Which words have changed.
    Mask,
    /// The difference of a word that is not predicted.
    Change,
    /// A word in a SPAWN that is not as predicted.
    Off,
    /// Anything, all alike.
    Even,
    /// A whole word in a LOAD.
    Value,
    /// A number of the codec's state in a LOAD, of up to 30 bits.
    Wide,
    /// The same, of a few bits.
    Narrow,
}

/// The plan of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) groups: Vec<Group>,
    pub(crate) layout: Vec<WordSpec>,
    pub(crate) aux: usize,
    /// First of the tables of modes: by the last mode, then the one for new rows.
    pub(crate) mode_table: usize,
    /// Table of modes in LOADs, new rows' included; behind it the one that tells which groups have a state at all.
    pub(crate) load_table: usize,
    /// The word that tells what carries such a row, and the kind of what does.
    pub(crate) carrier: Option<(usize, u8)>,
}

/// What a number of the codec's state is: how a LOAD tells it, and what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Up to 30 bits and a sign.
    Wide,
    /// Class of a residual.
    Class,
    /// Steps, saturating.
    Age,
    /// Running cost.
    Cost,
    /// Distance from the middle of a place, in sub-quanta.
    Sub,
    /// An older word of its axis.
    Older,
    /// Which component was the largest.
    Largest,
}

impl Slot {
    /// The least and the largest that the number may be.
    pub(crate) const fn range(self) -> (i32, i32) {
        match self {
            Self::Wide => (-(1 << 30), 1 << 30),
            Self::Older => (0, 0xffff),
            Self::Class | Self::Age => (0, 15),
            Self::Cost => (-15, 15),
            Self::Sub => (-(1 << (SUB - 1)), (1 << (SUB - 1)) - 1),
            Self::Largest => (0, 3),
        }
    }
}

impl Model {
    /// State numbers of one axis.
    pub(crate) const fn slots(&self) -> &'static [Slot] {
        match self {
            Self::Smooth => &[Slot::Wide, Slot::Class, Slot::Cost],
            Self::Glide => &[Slot::Wide, Slot::Class, Slot::Cost, Slot::Sub, Slot::Age],
            Self::Driven { .. } | Self::Along { .. } => &[Slot::Sub, Slot::Class],
            Self::Rotation { .. } => &[Slot::Older, Slot::Class],
            Self::Turn => &[Slot::Wide, Slot::Wide, Slot::Class, Slot::Cost, Slot::Cost, Slot::Cost],
            Self::Rest => &[],
        }
    }

    /// State numbers of the whole group beside those of its axes.
    pub(crate) const fn extra_slots(&self) -> &'static [Slot] {
        match self {
            Self::Along { .. } => &[Slot::Wide, Slot::Age],
            Self::Rotation { .. } => &[Slot::Largest, Slot::Cost],
            _ => &[],
        }
    }
}

impl Group {
    /// Whether its words are told by their differences from `zero` in a LOAD; else whole.
    pub(crate) const fn has_zero(&self) -> bool {
        matches!(self.model, Model::Smooth)
    }

    /// First of the numbers beside those of the axes.
    pub(crate) fn extra(&self) -> usize {
        self.axes.last().map_or(0, |axis| axis.aux + self.model.slots().len())
    }

    /// All its state numbers: where each is, what it is, and the word of its axis.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (usize, Slot, usize)> {
        let axes = self.axes.iter().flat_map(|axis| {
            self.model.slots().iter().enumerate().map(move |(i, &slot)| (axis.aux + i, slot, axis.word))
        });
        let extra = self.extra();
        axes.chain(self.extra_slots().enumerate().map(move |(i, slot)| (extra + i, slot, 0)))
    }

    /// The numbers beside those of its axes; the last one of a group that can be carried is what that costs.
    fn extra_slots(&self) -> impl Iterator<Item = Slot> {
        self.model.extra_slots().iter().copied().chain(self.carry.as_ref().map(|_| Slot::Cost))
    }
}

/// Collects groups and tables.
struct Planner<'a> {
    kind: &'a Kind,
    /// What carries rows of the kind.
    carrier: Option<(u8, &'a Kind)>,
    rates: Rates,
    layout: Vec<WordSpec>,
    groups: Vec<Group>,
    aux: usize,
}

impl Plan {
    /// The plan of `kind` among `kinds`.
    pub(crate) fn new(kind: &Kind, kinds: &[Kind], rates: Rates, tables: &mut Vec<TableSpec>) -> Self {
        let carrier =
            kind.with.as_ref().and_then(|with| kinds.iter().zip(0..).find(|(other, _)| other.name == with.kind));
        let carrier = carrier.map(|(kind, number)| (number, kind));
        let mut planner = Planner { kind, carrier, rates, layout: kind.layout(), groups: Vec::new(), aux: 0 };
        // What drives the place comes before it.
        let drive = kind.drive.map(|(Drive::By(field) | Drive::Along(field))| usize::from(field));
        let mut rest: Vec<usize> = Vec::new();
        let order = drive.into_iter().chain(0..kind.fields.len());
        let mut seen = vec![false; kind.fields.len()];
        for field in order {
            if std::mem::replace(&mut seen[field], true) {
                continue;
            }
            match planner.model(field) {
                // A rotation makes two groups, and the rest comes after.
                Some(model) if planner.groups.len() + 2 < GROUPS_MAX => planner.add(field, model),
                _ => rest.push(field),
            }
        }
        if !rest.is_empty() {
            planner.add_rest(&rest);
        }
        let Planner { layout, mut groups, aux, .. } = planner;
        let mode_table = tables.len();
        let modes = 1u32 << groups.len();
        let has_rest = groups.last().is_some_and(|group| matches!(group.model, Model::Rest));
        for last in (0..modes).map(Some).chain([None]) {
            let name = format!("{}.mode.{}", kind.name, last.map_or("new".to_owned(), |last| last.to_string()));
            tables.push(TableSpec { name, symbols: modes, formula: Formula::Mode(last, has_rest) });
        }
        for group in &mut groups {
            group.table = tables.len();
            add_tables(kind, group, tables);
        }
        let load_table = tables.len();
        let named = |what: &str| format!("{}.load.{what}", kind.name);
        tables.push(TableSpec { name: named("mode"), symbols: modes + 1, formula: Formula::Mask });
        tables.push(TableSpec { name: named("groups"), symbols: modes, formula: Formula::Mask });
        for group in &mut groups {
            group.load_table = tables.len();
            add_load_tables(kind, group, tables);
        }
        let carrier = kind.carrier_word().zip(carrier).map(|(word, (number, _))| (word, number));
        Self { groups, layout, aux, mode_table, load_table, carrier }
    }
}

impl Planner<'_> {
    /// What predicts a field by itself; none: it belongs to the rest.
    fn model(&self, field: usize) -> Option<Model> {
        let spec = &self.kind.fields[field];
        let word = self.kind.word_of(field);
        let bits = u32::from(self.layout.get(word)?.bits);
        if spec.shape == Shape::Quat {
            // As `quant` lays them out: the middle is 0 exactly, the last place is not used.
            let most = i64::try_from(self.layout[word + 1].modulus).unwrap_or(i64::MAX) - 2;
            return Some(Model::Rotation { most });
        }
        if spec.lane.words() > 1 || bits > PREDICTED_BITS_MAX || spec.blend == Blend::Snap {
            return None;
        }
        if matches!(spec.lane, Lane::Angle { .. }) && spec.shape.components() == 1 {
            return Some(Model::Turn);
        }
        if self.kind.at == Some(field as u8) {
            return Some(self.place_model(spec).unwrap_or(Model::Glide));
        }
        (bits > 2).then_some(Model::Smooth)
    }

    fn place_model(&self, place: &FieldSpec) -> Option<Model> {
        let Lane::Fixed { step, .. } = place.lane else { return None };
        let drive = self.kind.drive?;
        let (Drive::By(driver) | Drive::Along(driver)) = drive;
        // What drives the place must be known before it: words of the rest come last, and no place drives itself.
        if self.kind.at == Some(driver) || self.model(driver.into()).is_none() {
            return None;
        }
        match drive {
            Drive::By(by) => {
                let spec = &self.kind.fields[usize::from(by)];
                let Lane::Fixed { min: slowest, step: finest, .. } = spec.lane else { return None };
                let by_word = self.kind.word_of(usize::from(by));

                let Rates { tick_hz, ticks_per_step } = self.rates;
                let step_s = f64::from(ticks_per_step) / f64::from(tick_hz);
                let scale = f64::from(1u32 << SUB) * 65536.0 * step_s / step;
                let (gain, offset) = ((finest * scale).round(), (slowest * scale).round());
                let usable = spec.shape == place.shape && gain.abs() < 1e12 && offset.abs() < 1e15;
                // Of the ticks in a step the last has the new velocity; between two steps it changes evenly.
                let new_share = i64::from(65536 * (ticks_per_step + 1) / (2 * ticks_per_step));
                usable.then_some(Model::Driven { by: by_word, gain: gain as i64, offset: offset as i64, new_share })
            }
            Drive::Along(along) => {
                let Lane::Angle { bits } = self.kind.fields[usize::from(along)].lane else { return None };
                let word = self.kind.word_of(usize::from(along));
                let bits = u32::from(bits);
                (bits <= 16 && place.shape == Shape::Vec2).then(|| Model::Along { angle: word, bits, ways: ways(bits) })
            }
        }
    }

    fn add(&mut self, field: usize, model: Model) {
        let spec = &self.kind.fields[field];
        let first = self.kind.word_of(field);
        let wraps = spec.lane.wraps();
        let mut axes = Vec::new();
        let mut words = first..first + spec.words();
        if let Model::Rotation { .. } = model {
            // Which component is the largest deviates seldom, and is a group of its own.
            let Some(word) = words.next() else { return };
            let axis = self.axis(word, true);
            self.push(Model::Rest, vec![axis], self.aux, format!("{}-largest", spec.name), None);
        }
        let from = self.aux;
        for word in words {
            axes.push(self.axis(word, wraps));
            self.aux += model.slots().len();
        }
        let carry = self.carrier.and_then(|(_, carrier)| Carry::new(self.kind, field, &model, carrier));
        self.aux += model.extra_slots().len() + usize::from(carry.is_some());
        debug_assert!(axes.len() <= AXES_MAX, "no field that is predicted has more components");
        self.push(model, axes, from, spec.name.to_string(), carry);
        if let (Lane::Fixed { min, step, .. }, Some(group)) = (spec.lane, self.groups.last_mut()) {
            group.zero = ((-min / step + 0.5).floor() as i64).clamp(0, group.axes[0].spec.modulus.cast_signed() - 1);
        }
    }

    fn axis(&self, word: usize, wraps: bool) -> Axis {
        let spec = self.layout[word];
        let teleport = self.kind.place().zip(self.kind.teleport).map_or(0, |((lane, _), units)| match lane {
            Lane::Fixed { step, .. } => (units / step) as i64,
            _ => 0,
        });
        let far = if teleport > 0 { teleport } else { spec.modulus.cast_signed() / 8 };
        Axis { word, spec, wraps, aux: self.aux, far }
    }

    fn add_rest(&mut self, fields: &[usize]) {
        let words: Vec<Range<usize>> = fields
            .iter()
            .map(|&field| self.kind.word_of(field)..self.kind.word_of(field) + self.kind.fields[field].words())
            .collect();
        let mut words: Vec<usize> = words.into_iter().flatten().collect();
        words.sort_unstable();
        let axes = words.into_iter().map(|word| self.axis(word, true)).collect();
        self.push(Model::Rest, axes, self.aux, "rest".to_owned(), None);
    }

    fn push(&mut self, model: Model, axes: Vec<Axis>, from: usize, name: String, carry: Option<Carry>) {
        self.groups.push(Group { model, axes, aux: from..self.aux, table: 0, load_table: 0, zero: 0, name, carry });
    }
}

/// Bits of an angle that choose its entry in the table of directions.
pub(crate) const WAY_BITS: u32 = 10;

/// Cosine and sine in 1/16384 of the angles of a lane, at most 1,024 of them.
pub(crate) fn ways(bits: u32) -> Vec<(i32, i32)> {
    let bits = bits.min(WAY_BITS);
    (0..1u32 << bits).map(|angle| way(angle, bits)).collect()
}

/// Cosine and sine in 1/16384 of an angle of so many bits.
pub(crate) fn way(angle: u32, bits: u32) -> (i32, i32) {
    let angle = f64::from(angle) / f64::from(1u32 << bits) * core::f64::consts::TAU;
    let fixed = |value: f64| libm::floor(value * 16384.0 + 0.5) as i32;
    (fixed(libm::cos(angle)), fixed(libm::sin(angle)))
}

fn add_tables(kind: &Kind, group: &Group, tables: &mut Vec<TableSpec>) {
    let named = |what: String| format!("{}.{}.{what}", kind.name, group.name);
    if let Model::Rest = group.model {
        if group.axes.len() <= MASKED_MAX {
            let symbols = 1 << group.axes.len();
            tables.push(TableSpec { name: named("mask".to_owned()), symbols, formula: Formula::Mask });
        }
        for axis in &group.axes {
            let bits = u32::from(axis.spec.bits);
            let symbols = if is_predicted(axis) { residual::symbols(bits) } else { 1 };
            tables.push(TableSpec { name: named(format!("w{}", axis.word)), symbols, formula: Formula::Change });
        }
        return;
    }
    let bits = group.axes.iter().map(|axis| u32::from(axis.spec.bits)).max().unwrap_or(1);
    if group.axes.len() == 2 {
        for class in 0..OWN_CLASSES {
            let formula = Formula::Pair(class);
            tables.push(TableSpec { name: named(format!("pair.{class}")), symbols: PAIR_SYMBOLS, formula });
        }
    }
    for first in 0..if group.axes.len() == 1 { 1 } else { 2 } {
        for own in 0..OWN_CLASSES {
            for neighbour in 0..NEIGHBOURS {
                let formula = match group.axes.len() {
                    1 => Formula::Alone(own),
                    2 => Formula::Beyond(own),
                    _ => Formula::Residual(own, neighbour as i32 - 2),
                };
                let name = named(format!("{}.{own}.{neighbour}", if first == 0 { "first" } else { "next" }));
                tables.push(TableSpec { name, symbols: residual::symbols(bits + 1), formula });
            }
        }
    }
}

fn add_load_tables(kind: &Kind, group: &Group, tables: &mut Vec<TableSpec>) {
    let named = |what: String| format!("{}.load.{}.{what}", kind.name, group.name);
    if let Model::Rest = group.model {
        for axis in &group.axes {
            let bits = u32::from(axis.spec.bits);
            let symbols = if is_predicted(axis) { residual::symbols(bits) } else { 1 };
            tables.push(TableSpec { name: named(format!("w{}", axis.word)), symbols, formula: Formula::Value });
        }
        return;
    }
    if group.has_zero() {
        let bits = group.axes.iter().map(|axis| u32::from(axis.spec.bits)).max().unwrap_or(1);
        tables.push(TableSpec {
            name: named("w".to_owned()),
            symbols: residual::symbols(bits),
            formula: Formula::Value,
        });
    }
    for (i, slot) in group.model.slots().iter().copied().chain(group.extra_slots()).enumerate() {
        tables.extend((0..LOAD_CONTEXTS).map(|context| {
            let (symbols, formula) = match slot {
                Slot::Wide | Slot::Older => (residual::symbols(31), Formula::Wide),
                Slot::Class | Slot::Age | Slot::Cost => (residual::symbols(5), Formula::Narrow),
                Slot::Sub if context == 0 => (EDGE_SYMBOLS, Formula::Mask),
                Slot::Sub => (1 << SUB, Formula::Even),
                Slot::Largest => (1, Formula::Mask),
            };
            TableSpec { name: named(format!("{i}.{context}")), symbols, formula }
        }));
    }
}

/// Whether a changed word of a rest group is told by its difference; else whole.
pub(crate) const fn is_predicted(axis: &Axis) -> bool {
    axis.spec.bits > 1 && axis.spec.bits <= 12
}
