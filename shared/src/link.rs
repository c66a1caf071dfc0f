//! A simulated TCP link, one direction: delay, jitter without reordering, loss as a retransmission stall and then a burst, a token bucket with a
//! bounded buffer. One model for tests, bots and browser. On a WebSocket a lost segment is not a missing message: it is a stall of that message and
//! of all behind it (Petlund et al., "thin streams").

use std::collections::VecDeque;

use crate::rng::Rng;

/// What a link does to what is sent through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpec {
    /// One way, in microseconds.
    pub delay_us: u64,
    /// Up to this much more, evenly spread, in microseconds.
    pub jitter_us: u64,
    /// Messages in 1,000 whose segment is lost once.
    pub loss_per_mille: u32,
    /// What such a loss costs this message and all behind it, in microseconds.
    pub stall_us: u64,
    /// Bytes a second; 0: no limit.
    pub bytes_per_s: u64,
    /// Bytes that may wait in the sender's buffer; a message is taken whole while there is any room.
    pub buffer_bytes: usize,
}

impl LinkSpec {
    /// Nothing in between.
    pub const NONE: Self =
        Self { delay_us: 0, jitter_us: 0, loss_per_mille: 0, stall_us: 0, bytes_per_s: 0, buffer_bytes: 64 * 1024 };

    /// A switch between the two: half a millisecond there and back, 100 Mbit/s, nothing is lost.
    pub const LAN: Self =
        Self { delay_us: 200, jitter_us: 100, bytes_per_s: 12_500_000, buffer_bytes: 256 * 1024, ..Self::NONE };

    /// A home's radio and a server nearby: 10 to 20 ms there and back. What the air loses the radio repeats within milliseconds, so it shows as jitter;
    /// the little that is left costs a round trip, the wait for the next message that tells of it and RACK's reordering window.
    pub const WIFI: Self = Self {
        delay_us: 5_000,
        jitter_us: 5_000,
        loss_per_mille: 1,
        stall_us: 40_000,
        bytes_per_s: 6_250_000,
        buffer_bytes: 256 * 1024,
    };

    /// A phone in a town: 60 to 110 ms there and back, the jitter of the base station's scheduling. Its link layer delivers all, so nothing is lost.
    pub const MOBILE: Self =
        Self { delay_us: 30_000, jitter_us: 25_000, bytes_per_s: 1_500_000, buffer_bytes: 256 * 1024, ..Self::NONE };

    /// A crowded access point far away: 150 ms there and back, 2 % of the segments lost. A loss is noticed after a round trip and a quarter (RACK's
    /// reordering window) and repeated: that much later this message and all behind it arrive. 2 Mbit/s and a buffer that adds a quarter of a second.
    pub const HOTEL: Self = Self {
        delay_us: 65_000,
        jitter_us: 20_000,
        loss_per_mille: 20,
        stall_us: 190_000,
        bytes_per_s: 250_000,
        buffer_bytes: 64 * 1024,
    };

    /// A satellite at 36,000 km: 600 ms there and back, half a per cent lost, each such loss at the price of a round trip and a quarter.
    pub const SATELLITE: Self = Self {
        delay_us: 290_000,
        jitter_us: 20_000,
        loss_per_mille: 5,
        stall_us: 750_000,
        bytes_per_s: 1_250_000,
        buffer_bytes: 256 * 1024,
    };

    /// The links with a name.
    pub const PRESETS: [(&'static str, Self); 5] = [
        ("lan", Self::LAN),
        ("wifi", Self::WIFI),
        ("4g", Self::MOBILE),
        ("hotel", Self::HOTEL),
        ("satellite", Self::SATELLITE),
    ];

    /// The preset of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, spec)| *spec)
    }
}

/// How a message fares on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it arrives, unless the link is frozen then.
    pub arrives_us: u64,
    /// Whether that is later than without any loss: its own segment or one ahead of it has to be sent again.
    pub stalled: bool,
}

/// Messages on their way, in order.
#[derive(Clone, Debug)]
pub struct Link {
    spec: LinkSpec,
    rng: Rng,
    /// When each arrives.
    flying: VecDeque<(u64, Vec<u8>)>,
    flying_bytes: usize,
    /// When the last byte sent so far has left the bucket, and when the last message sent so far arrives.
    sent_until_us: u64,
    arrives_us: u64,
    /// When that would be if nothing had ever been lost.
    lossless_us: u64,
    frozen_until_us: u64,
}

impl Link {
    /// A link that behaves the same for the same seed.
    #[must_use]
    pub fn new(spec: LinkSpec, seed: u64) -> Self {
        Self {
            spec,
            rng: Rng::new(seed),
            flying: VecDeque::new(),
            flying_bytes: 0,
            sent_until_us: 0,
            arrives_us: 0,
            lossless_us: 0,
            frozen_until_us: 0,
        }
    }

    /// Whether the sender's buffer has room: what a socket's writability says.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.flying_bytes < self.spec.buffer_bytes
    }

    /// Takes a message; false, and nothing taken, while the buffer is full.
    pub fn send(&mut self, now_us: u64, message: Vec<u8>) -> bool {
        if !self.is_ready() {
            return false;
        }
        let takes_us = (message.len() as u64 * 1_000_000).checked_div(self.spec.bytes_per_s).unwrap_or(0);
        self.sent_until_us = self.sent_until_us.max(now_us) + takes_us;
        let jitter_us = u64::from(self.rng.below(self.spec.jitter_us.min(u64::from(u32::MAX)) as u32 + 1));
        let lost = self.rng.below(1000) < self.spec.loss_per_mille;
        let lossless_us = self.sent_until_us + self.spec.delay_us + jitter_us;
        self.lossless_us = self.lossless_us.max(lossless_us);
        self.arrives_us = self.arrives_us.max(lossless_us + if lost { self.spec.stall_us } else { 0 });
        self.flying_bytes += message.len();
        self.flying.push_back((self.arrives_us, message));
        true
    }

    /// How the message taken last fares.
    #[must_use]
    pub const fn last_passage(&self) -> Passage {
        Passage { arrives_us: self.arrives_us, stalled: self.arrives_us > self.lossless_us }
    }

    /// The next message that has arrived.
    pub fn receive(&mut self, now_us: u64) -> Option<Vec<u8>> {
        let (arrives_us, _) = self.flying.front()?;
        if (*arrives_us).max(self.frozen_until_us) > now_us {
            return None;
        }
        let (_, message) = self.flying.pop_front()?;
        self.flying_bytes -= message.len();
        Some(message)
    }

    /// Nothing arrives before `until_us`; what is on its way then comes at once.
    pub const fn freeze(&mut self, until_us: u64) {
        self.frozen_until_us = until_us;
    }

    /// When the next message arrives; none when nothing is on its way.
    #[must_use]
    pub fn next_arrival_us(&self) -> Option<u64> {
        self.flying.front().map(|(arrives_us, _)| (*arrives_us).max(self.frozen_until_us))
    }

    /// Bytes on their way.
    #[must_use]
    pub const fn flying_bytes(&self) -> usize {
        self.flying_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `count` messages of 100 bytes, one every 10 ms; gives for each its delay in ms, in order of arrival.
    fn delays(spec: LinkSpec, count: u64) -> Vec<u64> {
        let mut link = Link::new(spec, 5);
        let mut delays = Vec::new();
        for ms in 0..count * 10 + 5000 {
            if ms % 10 == 0 && ms / 10 < count {
                let mut message = vec![0; 100];
                message[..8].copy_from_slice(&ms.to_le_bytes());
                assert!(link.send(ms * 1000, message));
            }
            while let Some(message) = link.receive(ms * 1000) {
                let sent = message[..8].iter().rev().fold(0, |all, &byte| all << 8 | u64::from(byte));
                delays.push(ms - sent);
            }
        }
        assert_eq!((delays.len() as u64, link.flying_bytes()), (count, 0));
        delays
    }

    #[test]
    fn jitter_never_reorders_and_a_loss_stalls_all_behind_it() {
        let spec =
            LinkSpec { delay_us: 40_000, jitter_us: 25_000, loss_per_mille: 20, stall_us: 200_000, ..LinkSpec::NONE };
        let delays = delays(spec, 1000);
        assert!(delays.iter().all(|&ms| (40..=270).contains(&ms)));
        let stalled = delays.iter().filter(|&&ms| ms > 70).count();
        assert!(stalled > 100, "a stall holds up about 20 messages: {stalled}");
        // In order of arrival the sending times rise: a delay falls by at most the 10 ms between two sendings.
        assert!(delays.windows(2).all(|pair| pair[1] + 10 >= pair[0]));
    }

    #[test]
    fn what_is_stuck_behind_a_loss_is_told_from_what_jitter_delays() {
        let spec =
            LinkSpec { delay_us: 40_000, jitter_us: 25_000, loss_per_mille: 20, stall_us: 200_000, ..LinkSpec::NONE };
        let mut link = Link::new(spec, 5);
        let (mut stalled, mut late) = (0, 0);
        for ms in (0..10_000u64).step_by(10) {
            assert!(link.send(ms * 1000, vec![0]));
            let Passage { arrives_us, stalled: is_stalled } = link.last_passage();
            let delay_us = arrives_us - ms * 1000;
            // Whoever waits longer than delay and jitter waits for a loss; a stall's end may fall within the jitter.
            assert!(is_stalled || delay_us <= 65_000, "{delay_us}");
            stalled += u64::from(is_stalled);
            late += u64::from(delay_us > 65_000);
        }
        assert!(late > 100 && stalled < late + 60, "{late} late, {stalled} stalled");
        let mut lossless = Link::new(LinkSpec { loss_per_mille: 0, ..spec }, 5);
        assert!((0..1000).all(|ms| lossless.send(ms * 1000, vec![0]) && !lossless.last_passage().stalled));
    }

    #[test]
    fn presets_have_names_and_no_preset_turns_a_frame_away() {
        assert_eq!(LinkSpec::named("hotel"), Some(LinkSpec::HOTEL));
        assert_eq!(LinkSpec::named("Hotel"), None);
        assert!(LinkSpec::PRESETS.iter().all(|(_, spec)| spec.buffer_bytes >= 64 * 1024 && spec.stall_us < 1_000_000));
    }

    #[test]
    fn bandwidth_queues_and_the_buffer_has_an_end() {
        let spec = LinkSpec { bytes_per_s: 5_000, buffer_bytes: 1000, ..LinkSpec::NONE };
        let mut link = Link::new(spec, 1);
        let taken = (0..50).filter(|_| link.send(0, vec![0; 100])).count();
        assert_eq!(taken, 10);
        assert!(!link.is_ready());
        let arrived = (0..=100u64).map(|ms| std::iter::from_fn(|| link.receive(ms * 1000)).count()).sum::<usize>();
        assert_eq!(arrived, 5, "500 bytes in 100 ms");
        assert!(link.is_ready());
    }

    #[test]
    fn a_frozen_link_delivers_at_once_afterwards() {
        let mut link = Link::new(LinkSpec { delay_us: 1000, ..LinkSpec::NONE }, 1);
        link.freeze(2_000_000);
        (0..10).for_each(|i| assert!(link.send(i * 1000, vec![1])));
        assert_eq!(link.receive(1_999_999), None);
        assert_eq!(std::iter::from_fn(|| link.receive(2_000_000)).count(), 10);
    }
}
