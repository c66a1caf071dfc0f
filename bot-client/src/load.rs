//! The part of the report that light bots fill: lateness, missed snapshots, and whether the bots themselves were what was slow.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::report::round;
use crate::samples::Samples;

/// A light bot's own lateness from which on times are its own rather than the server's.
const SLIP_P99_MS_MAX: f64 = 5.0;

/// What light bots measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Bots that were light: they read the head of each snapshot and leave the rest.
    pub light: u32,
    /// From when a snapshot was due, by the even schedule of its room, to its arrival. One that never came counts until the first after it. Without light
    /// bots: by how much it came later than the fastest of its own client's last seconds would have.
    pub late_ms: Tail,
    /// Snapshots that were due and never came, or only as part of a later one.
    pub missed_steps: u64,
    /// Ticks by which a room's schedule turned out to have moved.
    pub skipped_ticks: u64,
    /// Inputs sent.
    pub inputs: u64,
    /// Payload of all messages that came, in kbit a second and bot.
    pub down_kbit: f64,
    /// Bytes on the wire that were sent, in kbit a second and bot.
    pub up_kbit: f64,
    /// Bots that left to be replaced by others.
    pub churned: u64,
    /// How late the bots' own inputs went out.
    pub slip_ms: Tail,
    /// Share of its time that the light bots' thread was busy; of the busiest process.
    pub busy_share: Option<f64>,
    /// What the server said of its ticks, the worst of the run, in microseconds: p50, p99, budget.
    pub tick_us: [u32; 3],
}

/// Percentiles of what must not have a long tail, and its maximum; null when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// Half of the samples are at most this.
    pub p50: Option<f64>,
    /// Nine of ten.
    pub p90: Option<f64>,
    /// All but one in a hundred.
    pub p99: Option<f64>,
    /// All but one in a thousand.
    pub p999: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

impl Tail {
    /// Of a histogram of microseconds, in milliseconds.
    pub(crate) fn of_us(histogram: &Histogram<u64>) -> Self {
        let ms = |us: u64| round(us as f64 / 1000.0);
        let at = |quantile| (!histogram.is_empty()).then(|| ms(histogram.value_at_quantile(quantile)));
        let max = (!histogram.is_empty()).then(|| ms(histogram.max()));
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }
    }
}

impl Load {
    /// Who was light and how busy they were, the caller knows.
    pub(crate) fn new(samples: &Samples) -> Self {
        Self {
            late_ms: Tail::of_us(if samples.late_us.is_empty() { &samples.late_full_us } else { &samples.late_us }),
            missed_steps: samples.missed_steps,
            skipped_ticks: samples.skipped_ticks,
            inputs: samples.inputs,
            churned: samples.churned,
            slip_ms: Tail::of_us(&samples.slip_us),
            tick_us: samples.tick_us,
            ..Self::default()
        }
    }

    /// Who was light, what each of them got and sent in a second, and how busy their thread was.
    pub(crate) fn of_light(self, light: u32, samples: &Samples, played_s: f64, busy_share: Option<f64>) -> Self {
        let each = f64::from(light) * played_s;
        let kbit = |bytes: u64| if each > 0.0 { round(bytes as f64 * 8.0 / 1000.0 / each) } else { 0.0 };
        let (down_kbit, up_kbit) = (kbit(samples.received_bytes), kbit(samples.sent_bytes));
        Self { light, down_kbit, up_kbit, busy_share: busy_share.map(round), ..self }
    }

    /// Whether the light bots' own inputs went out so late that times are theirs.
    #[must_use]
    pub fn slipped(&self) -> bool {
        self.slip_ms.p99.is_some_and(|ms| ms > SLIP_P99_MS_MAX)
    }
}
