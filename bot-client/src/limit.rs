//! The largest count that still goes well: doubled until it does not, then bisected. Knows nothing of what is counted.

/// Bisecting ends when the gap between what went well and what did not is this part of the former.
const GAP_PART: u32 = 20;

/// A search for the largest good count up to a bound. A count is taken to be good when a larger one was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSearch {
    good: u32,
    bad: Option<u32>,
    start: u32,
    most: u32,
}

impl LimitSearch {
    /// Begins at `start` and goes no higher than `most`, both at least 1.
    #[must_use]
    pub fn new(start: u32, most: u32) -> Self {
        let most = most.max(1);
        Self { good: 0, bad: None, start: start.clamp(1, most), most }
    }

    /// The count to try next; none when the answer is known.
    #[must_use]
    pub const fn next(&self) -> Option<u32> {
        match self.bad {
            None if self.good == 0 => Some(self.start),
            None if self.good == self.most => None,
            None => Some(if self.good > self.most / 2 { self.most } else { self.good * 2 }),
            Some(bad) => {
                let gap = bad - self.good;
                let close = if self.good / GAP_PART > 1 { self.good / GAP_PART } else { 1 };
                if gap <= close { None } else { Some(self.good + gap / 2) }
            }
        }
    }

    /// What came of trying `count`.
    pub fn note(&mut self, count: u32, is_good: bool) {
        if is_good {
            self.good = self.good.max(count);
        } else {
            self.bad = Some(self.bad.map_or(count, |bad| bad.min(count)));
        }
    }

    /// The largest count that was good; 0 when none was.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found for a server that takes so many, and what was tried on the way.
    fn found(takes: u32, start: u32, most: u32) -> (u32, Vec<u32>) {
        let mut search = LimitSearch::new(start, most);
        let mut tried = Vec::new();
        while let Some(count) = search.next() {
            tried.push(count);
            search.note(count, count <= takes);
            assert!(tried.len() < 40, "{tried:?}");
        }
        (search.limit(), tried)
    }

    #[test]
    fn it_doubles_then_bisects_to_within_a_twentieth() {
        assert_eq!(found(437, 100, 5000), (437, vec![100, 200, 400, 800, 600, 500, 450, 425, 437]));
        for takes in 1..3000 {
            let (limit, tried) = found(takes, 50, 15_000);
            assert!(limit <= takes && takes - limit <= (limit / GAP_PART).max(1), "{takes}: {limit} by {tried:?}");
        }
    }

    #[test]
    fn no_count_is_good_or_all_are() {
        assert_eq!(found(0, 8, 100).0, 0);
        assert_eq!(found(u32::MAX, 8, 100), (100, vec![8, 16, 32, 64, 100]));
        assert_eq!(found(5, 1, 1).1, [1]);
    }
}
