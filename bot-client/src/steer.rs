//! The input of a bot, made from a seed and the schema: what turns, wanders; what is on or off, toggles; the rest takes small values.
//!
//! Input is a function of seed and time alone, so two runs with one seed steer alike however their sockets behave.

use snapline_shared::prelude::{Lane, Quat};
use snapline_shared::quant::{Field, Shape};
use snapline_shared::rng::Rng;
use snapline_shared::schema::{FieldSpec, Kind};

/// Time between two decisions: a player's hand, not the room's tick, so that a faster room does not make wilder bots.
const BEAT_US: u64 = 1_000_000 / 30;
/// A lane that wanders moves in three of ten beats, by up to 1/32 of its range either way.
const WANDER_CHANCE: f32 = 0.3;
const WANDER_REACH: f64 = 1.0 / 32.0;
/// A switch is thrown once in two seconds.
const TOGGLE_BEATS: u32 = 60;
/// Any other lane takes a new value once in a second and a half.
const CHANGE_BEATS: u32 = 45;
/// Where a lane reaches farther, its values stay within this distance of 0.
const SMALL: f64 = 3.0;
/// Parts of a name that tell a lane which way something turns.
const TURNING: [&str; 4] = ["heading", "aim", "angle", "turn"];

/// The input of one bot over time.
#[derive(Debug)]
pub struct Steering {
    rng: Rng,
    parts: Vec<Part>,
    words: Vec<u32>,
    beats: u64,
}

impl Steering {
    /// Steering for inputs of this kind.
    #[must_use]
    pub fn new(input: &Kind, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut parts = Vec::new();
        for field in input.fields.iter() {
            let numbers = if field.shape == Shape::Quat { 1 } else { field.shape.components() };
            parts.extend((0..numbers).map(|_| Part::new(field, &mut rng)));
        }
        let mut steering = Self { rng, parts, words: vec![0; input.words()], beats: 0 };
        steering.quantise();
        steering
    }

    /// The words of the input that is held `elapsed_us` after the start. Time never goes back.
    pub fn at(&mut self, elapsed_us: u64) -> &[u32] {
        let due = elapsed_us / BEAT_US;
        if self.beats < due {
            for _ in self.beats..due {
                self.parts.iter_mut().for_each(|part| part.beat(&mut self.rng));
            }
            self.beats = due;
            self.quantise();
        }
        &self.words
    }

    fn quantise(&mut self) {
        let mut words = self.words.as_mut_slice();
        for part in &self.parts {
            let width = if part.habit == Habit::Rotate { Shape::Quat.components() } else { part.lane.words() };
            let (mine, others) = words.split_at_mut(width);
            // The lane clamps or wraps: no number leaves its range.
            match part.habit {
                Habit::Rotate => Quat::from_rotation_z(part.value as f32).quantise(&part.lane, mine),
                _ => part.value.quantise(&part.lane, mine),
            }
            words = others;
        }
    }
}

/// Whether a field tells which way something turns, by its name.
pub(crate) fn turns(field: &FieldSpec) -> bool {
    let name = field.name.to_ascii_lowercase();
    TURNING.iter().any(|part| name.contains(part))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    /// Goes its way, a little to this side and that.
    Wander,
    /// A quaternion: turns about z as an angle wanders.
    Rotate,
    /// On or off.
    Toggle,
    /// A small value, held for a while.
    Hold,
}

/// One number of the input.
#[derive(Debug)]
struct Part {
    lane: Lane,
    habit: Habit,
    low: f64,
    high: f64,
    /// Length after which the range begins again; none where it has two ends.
    turn: Option<f64>,
    value: f64,
}

impl Part {
    fn new(field: &FieldSpec, rng: &mut Rng) -> Self {
        let lane = field.lane;
        let habit = match lane {
            Lane::Quat { .. } => Habit::Rotate,
            Lane::Uint { bits: 1 } => Habit::Toggle,
            _ if field.shape == Shape::Bool => Habit::Toggle,
            _ if turns(field) => Habit::Wander,
            _ => Habit::Hold,
        };
        let (mut low, mut high) = range(&lane);
        let turn = match lane {
            Lane::Uint { .. } | Lane::Angle { .. } | Lane::Quat { .. } | Lane::Fixed { wrap: true, .. } => {
                Some(high - low)
            }
            _ => None,
        };
        if habit == Habit::Toggle {
            (low, high) = (0.0, 1.0);
        } else if habit == Habit::Hold && low < SMALL && high > -SMALL {
            (low, high) = (low.max(-SMALL), high.min(SMALL));
        }
        let mut part = Self { lane, habit, low, high, turn, value: 0.0 };
        part.value = part.anywhere(rng);
        part
    }

    fn beat(&mut self, rng: &mut Rng) {
        match self.habit {
            Habit::Wander | Habit::Rotate => {
                if rng.unit() < WANDER_CHANCE {
                    let reach = (self.high - self.low) * WANDER_REACH;
                    self.wander(reach * f64::from(rng.unit() * 2.0 - 1.0));
                }
            }
            Habit::Toggle => {
                if rng.one_in(TOGGLE_BEATS) {
                    self.value = 1.0 - self.value;
                }
            }
            Habit::Hold => {
                if rng.one_in(CHANGE_BEATS) {
                    self.value = self.anywhere(rng);
                }
            }
        }
    }

    fn wander(&mut self, way: f64) {
        self.value = match self.turn {
            Some(turn) => self.low + (self.value + way - self.low).rem_euclid(turn),
            None => (self.value + way).clamp(self.low, self.high),
        };
    }

    fn anywhere(&self, rng: &mut Rng) -> f64 {
        let value = self.low + (self.high - self.low) * f64::from(rng.unit());
        if self.habit == Habit::Toggle { (value + 0.5).floor() } else { value }
    }
}

/// The first value of a lane and the end of its range.
fn range(lane: &Lane) -> (f64, f64) {
    match *lane {
        Lane::Uint { bits } => (0.0, two_to(bits)),
        Lane::Int { bits } => (-two_to(bits - 1), two_to(bits - 1)),
        // Exact floats have no range of their own: that of a stick.
        Lane::F32 | Lane::F64 => (-1.0, 1.0),
        Lane::Fixed { min, max, .. } => (min, max),
        Lane::Angle { .. } | Lane::Quat { .. } => (0.0, core::f64::consts::TAU),
    }
}

fn two_to(bits: u8) -> f64 {
    (1u128 << bits) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::quant::Blend;

    const SECOND_US: u64 = 1_000_000;

    fn kind() -> Kind {
        let field = |name: &'static str, shape, lane| FieldSpec { name: name.into(), shape, lane, blend: Blend::Snap };
        let fixed = |min, max, wrap| Lane::Fixed { min, max, step: 0.25, wrap };
        let fields = vec![
            field("heading", Shape::Integer, Lane::Uint { bits: 8 }),
            field("fast", Shape::Bool, Lane::Uint { bits: 1 }),
            field("turn_rate", Shape::Integer, Lane::Int { bits: 5 }),
            field("Aim", Shape::Float, Lane::Angle { bits: 10 }),
            field("aim_at", Shape::Vec2, fixed(100.0, 612.0, false)),
            field("angle", Shape::Float, fixed(-5.0, 5.0, true)),
            field("turned", Shape::Quat, Lane::Quat { bits: 9 }),
            field("push", Shape::Vec3, Lane::F32),
            field("weapon", Shape::Integer, Lane::Uint { bits: 64 }),
            field("exact", Shape::Float, Lane::F64),
            field("far", Shape::Float, fixed(1000.0, 1000.75, false)),
            field("stick", Shape::Vec2, fixed(-1.0, 1.0, false)),
            field("slot", Shape::Integer, Lane::Int { bits: 64 }),
        ];
        let mut kind = Kind::new("Input", &[]);
        kind.fields = fields.into();
        kind
    }

    #[test]
    fn every_word_stays_in_its_range() {
        let (kind, layout) = (kind(), kind().layout());
        for number in 0..50 {
            let mut steering = Steering::new(&kind, number);
            for beat in 0..600 {
                let words = steering.at(beat * BEAT_US);
                assert_eq!(words.len(), layout.len());
                for (i, (&word, spec)) in words.iter().zip(&layout).enumerate() {
                    assert!(u64::from(word) < spec.modulus, "bot {number}, beat {beat}, word {i}: {word} of {spec:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_steers_alike_however_time_is_cut() {
        let kind = kind();
        let mut often = Steering::new(&kind, 7);
        let mut seldom = Steering::new(&kind, 7);
        for second in 1..60 {
            for part in 0..90 {
                often.at((second - 1) * SECOND_US + part * SECOND_US / 90);
            }
            assert_eq!(often.at(second * SECOND_US), seldom.at(second * SECOND_US));
        }
        let words = seldom.at(0).to_vec();
        assert_ne!(Steering::new(&kind, 8).at(59 * SECOND_US), words);
    }

    #[test]
    fn headings_wander_in_small_steps_and_switches_are_thrown_now_and_then() {
        let kind = kind();
        let mut steering = Steering::new(&kind, 1);
        let mut before = [steering.at(0)[0], steering.at(0)[1]];
        let (mut moved, mut thrown) = (0, 0);
        for beat in 1..=3000 {
            let words = steering.at(beat * BEAT_US);
            let way = words[0].wrapping_sub(before[0]) as u8;
            assert!(way.min(way.wrapping_neg()) <= 9, "beat {beat}: by {way}");
            moved += u32::from(way != 0);
            thrown += u32::from(words[1] != before[1]);
            before = [words[0], words[1]];
        }
        assert!((600..1200).contains(&moved), "moved {moved} times");
        assert!((25..100).contains(&thrown), "thrown {thrown} times");
    }

    #[test]
    fn other_lanes_stay_small_where_they_can() {
        let kind = kind();
        let mut steering = Steering::new(&kind, 1);
        let at = |name: &str| kind.word_of(kind.fields.iter().position(|field| field.name == name).unwrap());
        for beat in 0..3000 {
            let words = steering.at(beat * BEAT_US);
            assert!(words[at("weapon")] <= 3 && words[at("weapon") + 1] == 0);
            let (low, high) = (words[at("slot")], words[at("slot") + 1]);
            let slot = (u64::from(high) << 32 | u64::from(low)).cast_signed();
            assert!((-3..=3).contains(&slot), "{slot}");
            assert!(f32::from_bits(words[at("push")]).abs() <= 1.0);
        }
    }

    #[test]
    fn an_input_without_fields_is_no_words() {
        assert_eq!(Steering::new(&Kind::new("nothing", &[]), 1).at(SECOND_US), [0u32; 0]);
    }
}
