//! `wire!`: declares a struct and, from the same list, its quantised form and its schema.

use crate::schema::Kind;

/// A struct with a quantised form; made by [`wire!`](macro@crate::wire), or by hand for odd types.
pub trait Wire: Sized {
    /// Fields, lanes and blends.
    const KIND: Kind;

    /// Writes the words of `self`; `words` is exactly `KIND.words()` long. The word of [`MovesWith`](crate::schema::MovesWith) is left as it is.
    fn quantise(&self, words: &mut [u32]);

    /// The value that the words stand for.
    fn dequantise(words: &[u32]) -> Self;

    /// The value `t` (0..=1) of the way from `older` to `newer`, each field by its blend.
    #[must_use]
    fn blend(older: &Self, newer: &Self, t: f32) -> Self;
}

impl Wire for () {
    const KIND: Kind = Kind::new("nothing", &[]);

    fn quantise(&self, _: &mut [u32]) {}

    fn dequantise(_: &[u32]) -> Self {}

    fn blend((): &Self, (): &Self, _: f32) -> Self {}
}

/// Number of the field called `name`; a compile error when there is none.
///
/// # Panics
/// While compiling, when no field has that name.
#[must_use]
pub const fn field_number(fields: &[&str], name: &str) -> u8 {
    let mut i = 0;
    while i < fields.len() {
        if same(fields[i].as_bytes(), name.as_bytes()) {
            return i as u8;
        }
        i += 1;
    }
    panic!("`at`, `by` and `along` name a field of the same struct")
}

/// The first of at most one.
#[must_use]
pub const fn first(names: &[&'static str]) -> Option<&'static str> {
    if names.is_empty() { None } else { Some(names[0]) }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// Declares a struct whose values travel on the wire.
///
/// `NAME: TYPE => BLEND LANE` for each field; after the struct's name, in this order and each optional: `at FIELD` (its place), `by FIELD` or
/// `along FIELD` (what drives the place), `from KIND` (whose rows spawn it), `with KIND` (whose rows it moves with, when
/// [`Rows::put_with`](crate::rows::Rows::put_with) says so) and `about FIELD` (of that kind: an angle or a rotation with which it is turned about the other
/// row), `teleport UNITS`, `weight N`. A lane out of its range is a compile error.
///
/// ```
/// use snapline_shared::prelude::*;
/// const PLACE: Lane = Lane::Fixed { min: 0.0, max: 512.0, step: 0.0625, wrap: false };
/// wire! { pub struct Ship at pos along aim weight 4 {
///     pos: Vec2 => Lerp PLACE, aim: f32 => Arc Angle { bits: 10 }, hull: u8 => Snap Uint { bits: 7 },
/// } }
/// assert_eq!(Ship::KIND.words(), 4);
/// ```
#[macro_export]
macro_rules! wire {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(at $at:ident)? $(by $by:ident)? $(along $along:ident)?
        $(from $from:ident)? $(with $with:ident $(about $about:ident)?)? $(teleport $teleport:literal)? $(weight $weight:literal)?
        { $($(#[$field_meta:meta])* $field:ident : $ty:ty => $blend:ident $lane:expr),* $(,)? }) => {
        $(#[$meta])*
        #[allow(missing_docs)] // The fields' names say what they are; `$(#[$field_meta])*` may say more.
        #[derive(Clone, Copy, Debug, Default, PartialEq, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "snapline_shared::serde")]
        $vis struct $name { $($(#[$field_meta])* pub $field: $ty),* }

        impl $crate::wire::Wire for $name {
            const KIND: $crate::schema::Kind = {
                const FIELDS: &[$crate::schema::FieldSpec] = &[$($crate::schema::FieldSpec {
                    name: ::std::borrow::Cow::Borrowed(stringify!($field)),
                    shape: <$ty as $crate::quant::Field>::SHAPE,
                    lane: $crate::lane!($lane),
                    blend: $crate::quant::Blend::$blend,
                },)* $({
                    let _ = stringify!($with);
                    $crate::schema::MovesWith::FIELD
                })?];
                const NAMES: &[&str] = &[$(stringify!($field)),*];
                const _: () = {
                    let mut i = 0;
                    while i < FIELDS.len() {
                        if let Err(words) = FIELDS[i].lane.check(FIELDS[i].shape) {
                            panic!("{}", words);
                        }
                        i += 1;
                    }
                };
                let _ = NAMES;
                let kind = $crate::schema::Kind::new(stringify!($name), FIELDS);
                $(let kind = kind.at($crate::wire::field_number(NAMES, stringify!($at)));)?
                $(let kind = kind.drive($crate::schema::Drive::By($crate::wire::field_number(NAMES, stringify!($by))));)?
                $(let kind = kind.drive($crate::schema::Drive::Along($crate::wire::field_number(NAMES, stringify!($along))));)?
                $(let kind = kind.spawner(stringify!($from));)?
                $(let kind = kind.with(stringify!($with), $crate::wire::first(&[$(stringify!($about))?]));)?
                $(let kind = kind.teleport($teleport as f64);)?
                $(let kind = kind.weight($weight);)?
                kind
            };

            fn quantise(&self, words: &mut [u32]) {
                use $crate::quant::{Field, Lane};
                $(
                    let (mine, words) = words.split_at_mut(<$ty as Field>::SHAPE.components() * Lane::words(&$crate::lane!($lane)));
                    Field::quantise(self.$field, &$crate::lane!($lane), mine);
                )*
                let _ = words;
            }

            fn dequantise(words: &[u32]) -> Self {
                use $crate::quant::{Field, Lane};
                $(
                    let (mine, words) = words.split_at(<$ty as Field>::SHAPE.components() * Lane::words(&$crate::lane!($lane)));
                    let $field = <$ty as Field>::dequantise(&$crate::lane!($lane), mine);
                )*
                let _ = words;
                Self { $($field),* }
            }

            fn blend(older: &Self, newer: &Self, t: f32) -> Self {
                use $crate::quant::{Blend, Field};
                Self { $($field: Field::blend(&$crate::lane!($lane), Blend::$blend, older.$field, newer.$field, t)),* }
            }
        }
    };
}

/// A lane by its bare name (`Uint { bits: 3 }`) or any constant; the names are in scope of this expression alone, for `Quat` is a type too.
#[doc(hidden)]
#[macro_export]
macro_rules! lane {
    ($lane:expr) => {
        const {
            #[allow(unused_imports)] // A constant needs none of the names.
            use $crate::quant::Lane::*;
            $lane
        }
    };
}
