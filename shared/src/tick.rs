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
    /// How far towards the newer one, in 1/256 of the gap between the two.
    pub fraction: u8,
    /// Steps between the two, which that client never got: 0 as long as it gets every one. Known to the server, never on the wire.
    pub skipped: u8,
}

impl Seen {
    /// What is drawn when the world of `tick` is, a step's.
    #[must_use]
    pub const fn of(tick: Tick) -> Self {
        Self { tick, fraction: 0, skipped: 0 }
    }

    /// Ticks between the two steps.
    const fn span(self, ticks_per_step: u32) -> u32 {
        ticks_per_step * (self.skipped as u32 + 1)
    }

    /// Ticks from the moment that was drawn to `now`; negative when it lies after.
    #[must_use]
    pub fn age(self, now: Tick, ticks_per_step: u32) -> f32 {
        now.since(self.tick) as f32 - f32::from(self.fraction) * self.span(ticks_per_step) as f32 / 256.0
    }

    /// What the same client drew, or will draw, so many ticks later: between the same two steps, and then between one step and the next.
    #[must_use]
    pub fn later(self, ticks: u32, ticks_per_step: u32) -> Self {
        let span = self.span(ticks_per_step);
        let at = ticks * 256 + u32::from(self.fraction) * span;
        if at < span * 256 {
            return Self { fraction: (at / span) as u8, ..self };
        }
        let (rest, step) = (at - span * 256, ticks_per_step * 256);
        let tick = self.tick.offset((span + rest / step * ticks_per_step).cast_signed());
        Self { tick, fraction: (rest % step / ticks_per_step) as u8, skipped: 0 }
    }
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
    fn what_is_drawn_moves_on_with_time() {
        let seen = Seen { tick: Tick(100), fraction: 64, skipped: 0 };
        assert_eq!(seen.age(Tick(110), 2), 9.5);
        assert_eq!(seen.later(1, 2), Seen { fraction: 192, ..seen });
        assert_eq!(seen.later(2, 2), Seen { tick: Tick(102), ..seen });
        assert_eq!(seen.later(5, 2), Seen { tick: Tick(104), fraction: 192, skipped: 0 });
        // Two steps were skipped: the gap is six ticks.
        let seen = Seen { tick: Tick(u32::MAX - 1), fraction: 128, skipped: 2 };
        assert_eq!((seen.age(Tick(3), 2), seen.later(1, 2).fraction), (2.0, 170));
        assert_eq!(seen.later(4, 2), Seen { tick: Tick(4), fraction: 128, skipped: 0 });
        for ticks in 0..20 {
            let later = seen.later(ticks, 2);
            assert!((seen.age(Tick(3), 2) - later.age(Tick(3), 2) - ticks as f32).abs() < 0.03, "{ticks}: {later:?}");
        }
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
