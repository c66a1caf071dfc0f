//! A histogram as pairs of value and count, so that it survives JSON: what several processes have measured comes together without loss.

use hdrhistogram::Histogram;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Largest value, digits, and what was recorded.
#[derive(Serialize, Deserialize)]
struct Counts {
    high: u64,
    digits: u8,
    counts: Vec<(u64, u64)>,
}

pub(crate) fn serialize<S: Serializer>(histogram: &Histogram<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    let counts = histogram.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect();
    Counts { high: histogram.high(), digits: histogram.sigfig(), counts }.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Histogram<u64>, D::Error> {
    let Counts { high, digits, counts } = Counts::deserialize(deserializer)?;
    let mut histogram = Histogram::new_with_bounds(1, high, digits).map_err(D::Error::custom)?;
    for (value, count) in counts {
        histogram.saturating_record_n(value, count);
    }
    Ok(histogram)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Box(#[serde(with = "super")] Histogram<u64>);

    #[test]
    fn a_histogram_comes_back_with_every_count() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        for value in (0..60_000_000).step_by(9_973) {
            histogram.record(value).unwrap();
        }
        let Box(back) = serde_json::from_str(&serde_json::to_string(&Box(histogram.clone())).unwrap()).unwrap();
        assert_eq!(back, histogram);
    }

    #[test]
    fn what_is_no_histogram_is_an_error() {
        for json in ["{}", r#"{"high":0,"digits":3,"counts":[]}"#, r#"{"high":9,"digits":77,"counts":[]}"#] {
            assert!(serde_json::from_str::<Box>(json).is_err(), "{json}");
        }
    }
}
