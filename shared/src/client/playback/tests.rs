use super::*;

const TICK_US: f64 = 1e6 / 60.0;
const INTERVAL_US: u64 = 33_333;
const FRAME_US: u64 = 1000;

/// Frames of a millisecond, and snapshots of every second tick that take `way_us` each.
struct Stage {
    playback: Playback,
    now_us: u64,
    next_step: u64,
    /// Least and largest rate, and how far the drawn time moved in a frame beyond what its rate says, in ticks.
    rates: (f64, f64),
    jump: f64,
    last: Option<f64>,
}

impl Stage {
    fn new() -> Self {
        let playback = Playback::new(0, Tick(0), 60, 2);
        Self { playback, now_us: 0, next_step: 0, rates: (1.0, 1.0), jump: 0.0, last: None }
    }

    /// When the snapshot of a step is sent, from zero.
    fn sent_us(step: u64) -> u64 {
        (step as f64 * 2.0 * TICK_US) as u64
    }

    /// Until then; `way_us` says what each snapshot's way takes, by number.
    fn run(&mut self, until_us: u64, way_us: impl Fn(u64) -> u64) {
        while self.now_us < until_us {
            self.now_us += FRAME_US;
            while Self::sent_us(self.next_step) + way_us(self.next_step) <= self.now_us {
                self.playback.note_arrival(self.now_us, Tick(2 * self.next_step as u32));
                self.next_step += 1;
            }
            self.frame();
        }
    }

    fn frame(&mut self) {
        self.playback.advance(self.now_us);
        let (drawn, rate) = (self.playback.drawn(self.now_us), self.playback.rate());
        self.rates = (self.rates.0.min(rate), self.rates.1.max(rate));
        if let Some(last) = self.last {
            let moved = drawn - last;
            self.jump = self.jump.max(moved.abs());
        }
        self.last = Some(drawn);
    }

    /// Forgets what was measured.
    fn look(&mut self) {
        (self.rates, self.jump) = ((1.0, 1.0), 0.0);
    }

    /// How far what is drawn lies behind what a snapshot of this moment would show if it came by a way of `way_us`, in milliseconds.
    fn behind_ms(&self, way_us: u64) -> f64 {
        (self.now_us as f64 - way_us as f64) / 1000.0 - self.playback.drawn(self.now_us) * TICK_US / 1000.0
    }
}

#[test]
fn on_an_even_line_others_are_drawn_one_and_a_half_intervals_behind() {
    let mut stage = Stage::new();
    stage.run(12_000_000, |_| 50_000);
    stage.look();
    stage.run(15_000_000, |_| 50_000);
    assert!((stage.playback.delay_us() - 50_000.0).abs() < 10.0, "{}", stage.playback.delay_us());
    assert!((stage.behind_ms(50_000) - 50.0).abs() < 3.0, "{}", stage.behind_ms(50_000));
    assert!(stage.rates.0 > 0.99 && stage.rates.1 < 1.01, "{:?}", stage.rates);
    assert!(!stage.playback.is_frozen() && stage.playback.buffered_us(stage.now_us) > 0.0);
}

#[test]
fn the_delay_is_what_nineteen_of_twenty_snapshots_need() {
    // One in 32 comes 30 ms late, then one in eight: the former is given up, the latter is waited for.
    for (every, delay_ms) in [(32, 50.0), (8, 30.0 + 33.3)] {
        let mut stage = Stage::new();
        stage.run(10_000_000, |step| if step % every == 0 { 50_000 } else { 20_000 });
        let delay_us = stage.playback.delay_us();
        // The frames have a grain of a millisecond.
        assert!((delay_us / 1000.0 - delay_ms).abs() < 2.0, "one in {every}: {delay_us}");
    }
}

#[test]
fn no_delay_is_longer_than_a_quarter_of_a_second() {
    let mut stage = Stage::new();
    stage.run(10_000_000, |step| if step % 40 == 0 { 450_000 } else { 20_000 });
    assert_eq!(stage.playback.delay_us(), 250_000.0);
}

#[test]
fn a_longer_delay_slows_down_by_4_percent_and_a_shorter_one_catches_up_by_2() {
    let mut stage = Stage::new();
    let even = |_| 20_000;
    // 60 ms later every fourth time: a delay that is longer by some 43 ms.
    let uneven = |step| if step % 4 == 0 { 80_000 } else { 20_000 };
    stage.run(5_000_000, even);
    stage.look();
    stage.run(10_000_000, uneven);
    assert!((stage.rates.0 - 0.96).abs() < 1e-9 && stage.rates.1 <= 1.02, "slows down: {:?}", stage.rates);
    stage.look();
    stage.run(20_000_000, even);
    assert!((stage.rates.1 - 1.02).abs() < 1e-9 && stage.rates.0 >= 0.96, "catches up: {:?}", stage.rates);
    assert!(stage.jump < 1.03 * FRAME_US as f64 / TICK_US, "and nothing jumps: {} ticks", stage.jump);
    assert!((stage.behind_ms(20_000) - 50.0).abs() < 3.0, "{}", stage.behind_ms(20_000));
}

#[test]
fn without_snapshots_rows_move_on_for_100_ms_and_then_time_stands_still() {
    let mut stage = Stage::new();
    stage.run(5_000_000, |_| 20_000);
    let newest = f64::from(2 * (stage.next_step as u32 - 1));
    let end = newest + 0.1 / (TICK_US / 1e6);
    let gone = |_| u64::MAX / 2;
    let mut frozen_at_us = None;
    while stage.now_us < 6_000_000 {
        stage.run(stage.now_us + FRAME_US, gone);
        let drawn = stage.playback.drawn(stage.now_us);
        assert!(drawn <= end + 1e-9, "{drawn} is beyond {end}");
        assert_eq!(stage.playback.is_frozen(), drawn >= end - 1e-9);
        if stage.playback.is_frozen() {
            frozen_at_us.get_or_insert(stage.now_us);
        }
    }
    assert_eq!(stage.playback.drawn(stage.now_us), end);
    assert!((stage.playback.buffered_us(stage.now_us) + EXTRAPOLATED_US).abs() < 1.0);
    // The buffer of up to 50 ms, the interval that the newest was young, and the 100 ms.
    let after_ms = frozen_at_us.map_or(0.0, |at_us| (at_us - 5_000_000) as f64 / 1000.0);
    assert!((100.0..190.0).contains(&after_ms), "frozen after {after_ms} ms");
}

/// Nothing arrives for `gap_us` after 5 s, and what was due is never made: a server's window is closed while nothing is acknowledged.
fn after_a_gap(gap_us: u64) -> Stage {
    let mut stage = Stage::new();
    stage.run(5_000_000, |_| 20_000);
    stage.run(5_000_000 + gap_us, |_| u64::MAX / 2);
    assert!(stage.playback.is_frozen(), "after {gap_us} us");
    while Stage::sent_us(stage.next_step) + 20_000 < stage.now_us {
        stage.next_step += 1;
    }
    stage.look();
    stage.run(stage.now_us + INTERVAL_US + CHASE_US as u64, |_| 20_000);
    stage
}

#[test]
fn what_a_standstill_cost_is_made_up_for_within_250_ms_at_no_more_than_twice_the_rate() {
    for gap_us in [200_000, 250_000, 300_000, 350_000] {
        let stage = after_a_gap(gap_us);
        assert!(stage.rates.1 > 1.1 && stage.rates.1 <= 2.0, "{gap_us}: {:?}", stage.rates);
        // Not a jump: no frame moves farther than twice a frame.
        assert!(stage.jump <= 2.0 * FRAME_US as f64 / TICK_US + 1e-9, "{gap_us}: {} ticks in a frame", stage.jump);
        let late_ms = stage.behind_ms(20_000) - stage.playback.delay_us() / 1000.0;
        assert!(late_ms.abs() < 5.0, "{gap_us}: {late_ms} ms behind what is meant");
        assert!((0.95..1.05).contains(&stage.playback.rate()), "{gap_us}: {}", stage.playback.rate());
    }
}

#[test]
fn more_than_a_quarter_of_a_second_is_jumped_over() {
    let stage = after_a_gap(600_000);
    assert!(stage.jump > 10.0, "{} ticks in a frame", stage.jump);
    let late_ms = stage.behind_ms(20_000) - stage.playback.delay_us() / 1000.0;
    assert!(late_ms.abs() < 25.0, "{late_ms}");
    assert!(stage.rates.1 <= 1.02, "{:?}", stage.rates);
}

#[test]
fn a_server_that_stood_still_is_drawn_at_its_own_time_again() {
    // From the hundredth snapshot on all are a second later: the server did nothing for that long.
    let mut stage = Stage::new();
    let way_us = |step| if step < 100 { 20_000 } else { 1_020_000 };
    // The hundredth comes at 4.35 s. What came before it would count for two seconds, with rows extrapolated to the limit.
    stage.run(5_000_000, way_us);
    let buffered_us = stage.playback.buffered_us(stage.now_us);
    assert!(buffered_us > -80_000.0, "{buffered_us}");
    stage.run(8_000_000, way_us);
    stage.look();
    stage.run(10_000_000, way_us);
    assert!((stage.behind_ms(1_020_000) - 50.0).abs() < 3.0, "{}", stage.behind_ms(1_020_000));
    assert!(stage.jump < 1.03 * FRAME_US as f64 / TICK_US && !stage.playback.is_frozen(), "{}", stage.jump);
}

#[test]
fn who_comes_back_is_shown_the_newest_at_once() {
    for hidden_steps in [15, 1500] {
        let mut stage = Stage::new();
        stage.run(5_000_000, |step| if step % 5 == 0 { 90_000 } else { 20_000 });
        assert!(stage.playback.delay_us() > 80_000.0);
        // Hidden: no frame, no snapshot.
        stage.playback.restart();
        stage.next_step += hidden_steps;
        stage.now_us = Stage::sent_us(stage.next_step) + 19_000;
        stage.run(stage.now_us + 200_000, |_| 20_000);
        let behind_ms = stage.behind_ms(20_000);
        assert!((40.0..60.0).contains(&behind_ms), "{behind_ms} ms behind after {hidden_steps}");
        assert_eq!(stage.playback.delay_us(), 1.5 * stage.playback.interval_us, "old lateness does not count");
    }
}

#[test]
fn a_delay_that_shrinks_by_more_than_four_intervals_is_jumped() {
    let mut stage = Stage::new();
    // The last stall ends at 9.8 s.
    stage.run(10_300_000, |step| if step % 40 == 0 { 450_000 } else { 20_000 });
    stage.look();
    stage.run(13_000_000, |_| 20_000);
    assert!(stage.jump > 10.0 && stage.rates.1 <= 1.02, "{} ticks, {:?}", stage.jump, stage.rates);
    assert!((stage.behind_ms(20_000) - 50.0).abs() < 5.0, "{}", stage.behind_ms(20_000));
}

#[test]
fn lateness_is_told_beside_the_fastest_arrival() {
    let mut playback = Playback::new(0, Tick(u32::MAX - 1), 60, 2);
    assert_eq!(playback.note_arrival(20_000, Tick(u32::MAX - 1)).interval_us, 0.0, "there was none before");
    let second = playback.note_arrival(20_000 + INTERVAL_US + 7000, Tick(1));
    assert_eq!(second.interval_us, (INTERVAL_US + 7000) as f64);
    assert!((playback.note_arrival(20_000 + 2 * INTERVAL_US, Tick(3)).late_us).abs() < 10.0 + 20_000.0);
}
