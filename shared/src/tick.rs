//! Simulated time: ticks and steps. Both count in `u32` and wrap, so they are ordered only within half the range of one another.
//!
//! A *step* is a tick at which a snapshot is made: step n is tick n x `ticks_per_step`.

use serde::{Deserialize, Serialize};

macro_rules! wrapping_counter {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// How far `self` lies after `earlier`; negative when it lies before. Exact within 2^31 of one another.
            #[must_use]
            pub const fn since(self, earlier: Self) -> i32 {
                self.0.wrapping_sub(earlier.0).cast_signed()
            }

            /// Whether `self` comes later than `other` in wrapping order.
            #[must_use]
            pub const fn is_after(self, other: Self) -> bool {
                self.since(other) > 0
            }

            /// `self` moved by `delta`, around the wrap.
            #[must_use]
            pub const fn offset(self, delta: i32) -> Self {
                Self(self.0.wrapping_add_signed(delta))
            }

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                self.offset(1)
            }

            /// The value nearest to `self` whose low `bits` bits are `low`. What the wire shortens, this restores.
            ///
            /// `bits` is 1..=31; on a tie the earlier value is taken.
            #[must_use]
            pub const fn nearest(self, low: u32, bits: u32) -> Self {
                let mask = (1u32 << bits) - 1;
                let ahead = low.wrapping_sub(self.0) & mask;
                if ahead >= (1 << (bits - 1)) { Self(self.0.wrapping_add(ahead).wrapping_sub(1 << bits)) } else { Self(self.0.wrapping_add(ahead)) }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

wrapping_counter! {
    /// One advance of the simulation. Consecutive within an epoch: a tick skipped under overload never existed.
    Tick
}

wrapping_counter! {
    /// One snapshot of the world; step n shows tick n x `ticks_per_step`.
    Step
}

impl Step {
    /// The tick this step shows.
    #[must_use]
    pub const fn tick(self, ticks_per_step: u32) -> Tick {
        Tick(self.0.wrapping_mul(ticks_per_step))
    }
}

/// A point on the timeline that a client draws others at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The tick of the older of the two steps that were blended.
    pub tick: Tick,
    /// How far towards the next step, in 1/256 of the gap between the two.
    pub fraction: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_distance_hold_across_the_wrap() {
        let before = Tick(u32::MAX - 1);
        let after = before.offset(3);
        assert_eq!(after, Tick(1));
        assert_eq!(after.since(before), 3);
        assert_eq!(before.since(after), -3);
        assert!(after.is_after(before) && !before.is_after(after) && !after.is_after(after));
        assert_eq!(Tick(u32::MAX).next(), Tick(0));
    }

    #[test]
    fn low_bits_name_the_nearest_value_also_at_the_wrap() {
        for base in [0u32, 1, 127, 128, 255, 256, 1 << 31, u32::MAX - 130, u32::MAX] {
            for delta in -128..128 {
                let value = Tick(base).offset(delta);
                assert_eq!(Tick(base).nearest(value.0 & 0xff, 8), value, "base {base} delta {delta}");
            }
        }
    }
}
