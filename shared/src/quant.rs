//! Quantisers: how a value of the game becomes `u32` words on the wire grid, and back.
//!
//! Only what others see is quantised, never what is simulated (invariant 3 in `lib.rs`).
//! Quaternions travel as their smallest three components: <https://gafferongames.com/post/snapshot_compression/>.

use glam::{Quat, Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// How one number (or one quaternion) is laid onto the wire grid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "lane", rename_all = "snake_case")]
pub enum Lane {
    /// Unsigned integer of 1..=64 bits; larger values are clamped.
    Uint {
        /// Width, 1..=64.
        bits: u8,
    },
    /// Signed integer of 2..=64 bits, two's complement; values outside are clamped.
    Int {
        /// Width, 2..=64.
        bits: u8,
    },
    /// An exact `f32`.
    F32,
    /// An exact `f64`.
    F64,
    /// Fixed point: `floor((v - min) / step + 0.5)`, clamped (or taken modulo the range when `wrap`). NaN is 0.
    Fixed {
        /// Smallest value.
        min: f64,
        /// First value past the range; `(max - min) / step` is an integer up to 2^32.
        max: f64,
        /// Distance of two neighbours on the grid.
        step: f64,
        /// Whether `max` is `min` again, as on a torus.
        wrap: bool,
    },
    /// Radians from +x towards +y; wraps.
    Angle {
        /// Width, 1..=32.
        bits: u8,
    },
    /// A unit quaternion: index of the largest component, then the three others of `bits` each.
    Quat {
        /// Width of a component, 2..=16.
        bits: u8,
    },
}

/// How two values of a field are blended between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blend {
    /// Along the straight line; the short way where the lane wraps.
    Lerp,
    /// Along the shorter arc (angles, quaternions).
    Arc,
    /// The older value until the newer step is reached.
    Snap,
}

/// What a field is made of; says how many lanes of one kind it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A boolean.
    Bool,
    /// An integer of any width.
    Integer,
    /// One float.
    Float,
    /// Two floats, x then y.
    Vec2,
    /// Three floats, x, y, z.
    Vec3,
    /// A unit quaternion, x, y, z, w.
    Quat,
}

impl Shape {
    /// Numbers in a value of this shape.
    #[must_use]
    pub const fn components(self) -> usize {
        match self {
            Self::Bool | Self::Integer | Self::Float => 1,
            Self::Vec2 => 2,
            Self::Vec3 => 3,
            Self::Quat => 4,
        }
    }
}

/// The values that one word on the wire may take: `0..modulus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordSpec {
    /// Bits the word takes when written raw, 1..=32.
    pub bits: u8,
    /// First value that is not allowed; 2^bits unless a `Fixed` range is shorter.
    pub modulus: u64,
}

impl Lane {
    /// Words of one component in this lane, low word first.
    #[must_use]
    pub const fn words(&self) -> usize {
        match self {
            Self::Uint { bits } | Self::Int { bits } if *bits > 32 => 2,
            Self::F64 => 2,
            _ => 1,
        }
    }

    /// What word number `word` (0 or 1) of component number `component` may hold.
    #[must_use]
    pub fn word_spec(&self, component: usize, word: usize) -> WordSpec {
        let bits = match *self {
            Self::Uint { bits } | Self::Int { bits } if word == 0 => bits.min(32),
            Self::Uint { bits } | Self::Int { bits } => bits - 32,
            Self::F32 | Self::F64 => 32,
            Self::Fixed { .. } => {
                let modulus = self.steps();
                return WordSpec { bits: (64 - (modulus - 1).leading_zeros()).max(1) as u8, modulus };
            }
            Self::Angle { bits } => bits,
            Self::Quat { .. } if component == 0 => 2,
            Self::Quat { bits } => bits,
        };
        WordSpec { bits, modulus: 1 << bits }
    }

    /// Whether the last value of the lane is a neighbour of the first.
    #[must_use]
    pub const fn wraps(&self) -> bool {
        matches!(self, Self::Angle { .. } | Self::Fixed { wrap: true, .. })
    }

    /// The length of the range in the game's units; none where a lane has no end that matters.
    #[must_use]
    pub fn range(&self) -> Option<f64> {
        match *self {
            Self::Fixed { min, max, .. } => Some(max - min),
            Self::Angle { .. } => Some(core::f64::consts::TAU),
            _ => None,
        }
    }

    /// Places on the grid of a `Fixed` lane, 1..=2^32.
    const fn steps(&self) -> u64 {
        match *self {
            Self::Fixed { min, max, step, .. } => ((max - min) / step) as u64,
            _ => 1,
        }
    }

    /// Whether the lane can be used at all and suits `shape`; the words name what is wrong.
    ///
    /// # Errors
    /// One sentence for a lane out of its range or one that does not suit the shape.
    pub const fn check(&self, shape: Shape) -> Result<(), &'static str> {
        match *self {
            Self::Uint { bits } if bits < 1 || bits > 64 => return Err("Uint takes 1 to 64 bits"),
            Self::Int { bits } if bits < 2 || bits > 64 => return Err("Int takes 2 to 64 bits"),
            Self::Angle { bits } if bits < 1 || bits > 32 => return Err("Angle takes 1 to 32 bits"),
            Self::Quat { bits } if bits < 2 || bits > 16 => return Err("Quat takes 2 to 16 bits"),
            Self::Fixed { min, max, step, .. } => {
                // A comparison with NaN is false, so NaN fails here too.
                if !(max > min && step > 0.0 && (max - min) / step <= 4_294_967_296.0) {
                    return Err("Fixed needs max > min, step > 0 and at most 2^32 steps");
                }
                if self.steps() as f64 != (max - min) / step || self.steps() == 0 {
                    return Err("Fixed needs a whole number of steps between min and max");
                }
            }
            _ => {}
        }
        if matches!(self, Self::Quat { .. }) != matches!(shape, Shape::Quat) {
            return Err("Quat lanes and quaternions go together");
        }
        Ok(())
    }

    fn integer_to_word(&self, value: i128) -> u64 {
        match *self {
            Self::Uint { bits } => value.clamp(0, (1i128 << bits) - 1) as u64,
            Self::Int { bits } => {
                let half = 1i128 << (bits - 1);
                (value.clamp(-half, half - 1) as u64) & (u64::MAX >> (64 - bits))
            }
            _ => self.float_to_word(value as f64),
        }
    }

    fn word_to_integer(&self, word: u64) -> i128 {
        match *self {
            Self::Uint { .. } => i128::from(word),
            Self::Int { bits } => i128::from((word << (64 - bits)).cast_signed() >> (64 - bits)),
            _ => (self.word_to_float(word) + 0.5).floor() as i128,
        }
    }

    fn float_to_word(&self, value: f64) -> u64 {
        match *self {
            Self::Uint { .. } | Self::Int { .. } => self.integer_to_word((value + 0.5).floor() as i128),
            Self::F32 => u64::from((value as f32).to_bits()),
            Self::F64 => value.to_bits(),
            Self::Fixed { min, step, wrap, .. } => on_grid(((value - min) / step + 0.5).floor(), self.steps(), wrap),
            Self::Angle { bits } => {
                let places = 1u64 << bits;
                on_grid((value / core::f64::consts::TAU * places as f64 + 0.5).floor(), places, true)
            }
            Self::Quat { .. } => 0,
        }
    }

    fn word_to_float(&self, word: u64) -> f64 {
        match *self {
            Self::Uint { .. } | Self::Int { .. } => self.word_to_integer(word) as f64,
            Self::F32 => f64::from(f32::from_bits(word as u32)),
            Self::F64 => f64::from_bits(word),
            Self::Fixed { min, step, .. } => min + word as f64 * step,
            Self::Angle { bits } => word as f64 * core::f64::consts::TAU / (1u64 << bits) as f64,
            Self::Quat { .. } => 0.0,
        }
    }

    /// The value of one component (`words` holds this component's alone); not for quaternions.
    #[must_use]
    pub fn value(&self, words: &[u32]) -> f64 {
        self.word_to_float(join(words))
    }
}

/// A grid place from a whole number that may be NaN, infinite or outside.
fn on_grid(place: f64, places: u64, wrap: bool) -> u64 {
    let place = if wrap { place.rem_euclid(places as f64) } else { place.clamp(0.0, (places - 1) as f64) };
    // A cast takes NaN to 0 and clamps.
    (place as u64).min(places - 1)
}

fn join(words: &[u32]) -> u64 {
    words.iter().rev().fold(0, |all, &word| all << 32 | u64::from(word))
}

fn split(value: u64, words: &mut [u32]) {
    for (i, word) in words.iter_mut().enumerate() {
        *word = (value >> (32 * i)) as u32;
    }
}

/// A type that a field of a `wire!` struct can have.
pub trait Field: Copy + Default + PartialEq {
    /// What it is made of.
    const SHAPE: Shape;

    /// Writes the value's words in `lane`; `words` is exactly as long as the field.
    fn quantise(self, lane: &Lane, words: &mut [u32]);

    /// The value that the words stand for.
    fn dequantise(lane: &Lane, words: &[u32]) -> Self;

    /// The value `t` (0..=1) of the way from `older` to `newer`.
    #[must_use]
    fn blend(lane: &Lane, blend: Blend, older: Self, newer: Self, t: f32) -> Self {
        let _ = (lane, blend, newer, t);
        older
    }
}

/// One number `t` (0..=1) of the way from `older` to `newer`; the short way round where the lane wraps.
#[must_use]
pub fn blend_number(lane: &Lane, blend: Blend, older: f64, newer: f64, t: f32) -> f64 {
    if blend == Blend::Snap {
        return older;
    }
    let gap = newer - older;
    let turn = if blend == Blend::Arc { Some(core::f64::consts::TAU) } else { lane.range().filter(|_| lane.wraps()) };
    let gap = turn.map_or(gap, |turn| gap - turn * (gap / turn).round());
    older + gap * f64::from(t)
}

macro_rules! integer_fields {
    ($($ty:ty)*) => {$(
        impl Field for $ty {
            const SHAPE: Shape = Shape::Integer;

            fn quantise(self, lane: &Lane, words: &mut [u32]) {
                split(lane.integer_to_word(i128::from(self)), words);
            }

            fn dequantise(lane: &Lane, words: &[u32]) -> Self {
                // The clamp makes the cast exact.
                lane.word_to_integer(join(words)).clamp(i128::from(<$ty>::MIN), i128::from(<$ty>::MAX)) as $ty
            }
        }
    )*};
}
integer_fields!(u8 u16 u32 u64 i8 i16 i32 i64);

impl Field for bool {
    const SHAPE: Shape = Shape::Bool;

    fn quantise(self, lane: &Lane, words: &mut [u32]) {
        split(lane.integer_to_word(i128::from(self)), words);
    }

    fn dequantise(lane: &Lane, words: &[u32]) -> Self {
        lane.word_to_integer(join(words)) != 0
    }
}

macro_rules! float_fields {
    ($($ty:ty)*) => {$(
        impl Field for $ty {
            const SHAPE: Shape = Shape::Float;

            fn quantise(self, lane: &Lane, words: &mut [u32]) {
                split(lane.float_to_word(f64::from(self)), words);
            }

            fn dequantise(lane: &Lane, words: &[u32]) -> Self {
                lane.word_to_float(join(words)) as $ty
            }

            fn blend(lane: &Lane, blend: Blend, older: Self, newer: Self, t: f32) -> Self {
                blend_number(lane, blend, f64::from(older), f64::from(newer), t) as $ty
            }
        }
    )*};
}
float_fields!(f32 f64);

macro_rules! vector_fields {
    ($($ty:ident $shape:ident $count:literal)*) => {$(
        impl Field for $ty {
            const SHAPE: Shape = Shape::$shape;

            fn quantise(self, lane: &Lane, words: &mut [u32]) {
                for (value, words) in self.to_array().into_iter().zip(words.chunks_exact_mut(lane.words())) {
                    value.quantise(lane, words);
                }
            }

            fn dequantise(lane: &Lane, words: &[u32]) -> Self {
                let mut values = [0.0; $count];
                for (value, words) in values.iter_mut().zip(words.chunks_exact(lane.words())) {
                    *value = f32::dequantise(lane, words);
                }
                Self::from_array(values)
            }

            fn blend(lane: &Lane, blend: Blend, older: Self, newer: Self, t: f32) -> Self {
                let newer = newer.to_array();
                let mut values = older.to_array();
                for (value, newer) in values.iter_mut().zip(newer) {
                    *value = f32::blend(lane, blend, *value, newer, t);
                }
                Self::from_array(values)
            }
        }
    )*};
}
vector_fields!(Vec2 Vec2 2  Vec3 Vec3 3);

impl Field for Quat {
    const SHAPE: Shape = Shape::Quat;

    fn quantise(self, lane: &Lane, words: &mut [u32]) {
        let (Lane::Quat { bits }, [index, three @ ..]) = (lane, words) else { return };
        let values = self.to_array();
        let mut largest = 0;
        for i in 1..4 {
            if values[i].abs() > values[largest].abs() {
                largest = i;
            }
        }
        *index = largest as u32;
        let sign = if values[largest] < 0.0 { -1.0 } else { 1.0 };
        let places = quat_places(*bits);
        let others = values.iter().enumerate().filter(|(i, _)| *i != largest);
        for (word, (_, value)) in three.iter_mut().zip(others) {
            let unit = (f64::from(value * sign) * core::f64::consts::SQRT_2 + 1.0) / 2.0;
            *word = on_grid((unit * places + 0.5).floor(), places as u64 + 1, false) as u32;
        }
    }

    fn dequantise(lane: &Lane, words: &[u32]) -> Self {
        let (Lane::Quat { bits }, [index, three @ ..]) = (lane, words) else { return Self::IDENTITY };
        let mut values = [0.0f32; 4];
        let mut square = 0.0;
        let mut next = three.iter();
        for (i, value) in values.iter_mut().enumerate() {
            if i as u32 == *index & 3 {
                continue;
            }
            let unit = f64::from(*next.next().unwrap_or(&0)) / quat_places(*bits);
            let component = (unit * 2.0 - 1.0) * core::f64::consts::FRAC_1_SQRT_2;
            square += component * component;
            *value = component as f32;
        }
        values[(*index & 3) as usize] = (1.0 - square).max(0.0).sqrt() as f32;
        Self::from_array(values)
    }

    fn blend(_: &Lane, blend: Blend, older: Self, newer: Self, t: f32) -> Self {
        if blend == Blend::Snap { older } else { older.lerp(newer, t) }
    }
}

/// An even number of intervals, so that a zero component is on the grid.
fn quat_places(bits: u8) -> f64 {
    f64::from((1u32 << bits) - 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: Lane = Lane::Fixed { min: 0.0, max: 1000.0, step: 1.0 / 16.0, wrap: true };
    const SPEED: Lane = Lane::Fixed { min: -64.0, max: 64.0, step: 0.125, wrap: false };

    fn words_of<F: Field>(value: F, lane: &Lane) -> Vec<u32> {
        let mut words = vec![0; if F::SHAPE == Shape::Quat { 4 } else { F::SHAPE.components() * lane.words() }];
        value.quantise(lane, &mut words);
        words
    }

    fn round<F: Field>(value: F, lane: &Lane) -> F {
        F::dequantise(lane, &words_of(value, lane))
    }

    #[test]
    fn a_wrapping_lane_takes_its_end_to_its_start() {
        assert_eq!(words_of(1000.0f32, &PLACE), [0]);
        assert_eq!(words_of(-0.0625f32, &PLACE), [15_999]);
        assert_eq!(words_of(999.99f32, &PLACE), [0]);
        assert_eq!(PLACE.word_spec(0, 0), WordSpec { bits: 14, modulus: 16_000 });
    }

    #[test]
    fn odd_floats_stay_on_the_grid() {
        for lane in [PLACE, SPEED, Lane::Angle { bits: 10 }] {
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -0.0] {
                let words = words_of(value, &lane);
                assert!(u64::from(words[0]) < lane.word_spec(0, 0).modulus, "{lane:?} {value}");
            }
            assert_eq!(words_of(f32::NAN, &lane), [0]);
        }
        assert_eq!(round(1e9f32, &SPEED), 63.875);
        assert_eq!(round(-1e9f32, &SPEED), -64.0);
    }

    #[test]
    fn exact_lanes_keep_every_bit() {
        for value in [0.1f32, -0.0, f32::MIN_POSITIVE / 2.0, f32::INFINITY] {
            assert_eq!(round(value, &Lane::F32).to_bits(), value.to_bits());
        }
        assert_eq!(round(u64::MAX, &Lane::Uint { bits: 64 }), u64::MAX);
        assert_eq!(round(i64::MIN, &Lane::Int { bits: 64 }), i64::MIN);
        assert_eq!(round(-3i8, &Lane::Int { bits: 3 }), -3);
        assert_eq!(round(300u16, &Lane::Uint { bits: 7 }), 127);
        assert_eq!(round(core::f64::consts::PI, &Lane::F64), core::f64::consts::PI);
    }

    #[test]
    fn lanes_that_cannot_be_are_named() {
        assert!(PLACE.check(Shape::Vec2).is_ok());
        assert!(Lane::Fixed { min: 0.0, max: 1.0, step: 0.3, wrap: false }.check(Shape::Float).is_err());
        assert!(Lane::Fixed { min: 0.0, max: f64::NAN, step: 0.3, wrap: false }.check(Shape::Float).is_err());
        assert!(Lane::Uint { bits: 65 }.check(Shape::Integer).is_err());
        assert!(Lane::F32.check(Shape::Quat).is_err());
    }

    proptest! {
        #[test]
        fn fixed_values_come_back_within_half_a_step(x in 0.0f32..999.9) {
            let back = round(x, &PLACE);
            let gap = (back - x).abs();
            prop_assert!(gap.min(1000.0 - gap) <= 1.0 / 32.0 + 1e-4);
        }

        #[test]
        fn angles_come_back_modulo_a_turn(a in -20.0f32..20.0) {
            let back = round(a, &Lane::Angle { bits: 16 });
            let gap = f64::from(back - a).rem_euclid(core::f64::consts::TAU);
            prop_assert!(gap.min(core::f64::consts::TAU - gap) < 1e-4);
        }

        #[test]
        fn rotations_come_back_close(x in -1.0f32..1.0, y in -1.0f32..1.0, z in -1.0f32..1.0, w in -1.0f32..1.0) {
            prop_assume!(x * x + y * y + z * z + w * w > 0.01);
            let q = Quat::from_xyzw(x, y, z, w).normalize();
            let back = round(q, &Lane::Quat { bits: 9 });
            prop_assert!(q.dot(back).abs() > 0.9999, "{:?} {:?}", q, back);
            prop_assert_eq!(words_of(back, &Lane::Quat { bits: 9 })[1..].iter().filter(|&&w| w > 511).count(), 0);
        }
    }
}
