//! One light bot without its socket: enough of the protocol to stay in a room, send inputs, acknowledge and measure. It reads a snapshot's head and
//! leaves the rest; what a snapshot means, full bots check.

use std::collections::VecDeque;

use snapline_shared::frame::{FrameHead, SNAPSHOT};
use snapline_shared::message::{ClientMessage, INPUTS_MAX, InputMessage, Notice, ServerMessage};
use snapline_shared::quant::WordSpec;
use snapline_shared::tick::{Seen, Step, Tick};
use snapline_shared::words::DecodeError;

use super::hand::Hand;
use super::schedule::Schedule;
use crate::live_counts::Live;
use crate::samples::Samples;

/// Inputs whose echo is awaited; older ones are given up.
const SENT_MAX: usize = 256;
/// What others are drawn behind the newest snapshot, in steps, as the whole client has it.
const DELAY_STEPS: i32 = 2;
/// The server believes what was seen within this share of a second before the step acked.
const SEEN_PER_SECOND: i32 = 4;

/// What a bot needs of its run while it handles a message.
pub(super) struct Around<'a> {
    pub(super) now_us: u64,
    pub(super) schedule: &'a mut Option<Schedule>,
    pub(super) samples: &'a mut Samples,
    pub(super) measuring: bool,
    pub(super) live: &'a Live,
}

/// What is to be done after a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    /// The room took the bot in.
    Joined,
    /// A snapshot was read.
    Snapshot,
}

/// One light bot.
#[derive(Debug)]
pub(super) struct Player {
    hand: Hand,
    /// Where in a tick its inputs go out, 0..1.
    phase: f64,
    lead_ticks: i32,
    pub(super) hidden: bool,
    pub(super) joined_us: Option<u64>,
    step: Option<Step>,
    next_input: Tick,
    sent: VecDeque<(Tick, u64)>,
    pub(super) snapshots: u64,
    pub(super) starved_ticks: u64,
}

impl Player {
    pub(super) fn new(hand: Hand, phase: f64, lead_ticks: u32, hidden: bool) -> Self {
        Self {
            hand,
            phase,
            lead_ticks: lead_ticks.cast_signed(),
            hidden,
            joined_us: None,
            step: None,
            next_input: Tick(0),
            sent: VecDeque::new(),
            snapshots: 0,
            starved_ticks: 0,
        }
    }

    /// A message of the server has arrived.
    pub(super) fn handle(&mut self, bytes: &[u8], around: &mut Around<'_>) -> Result<Next, DecodeError> {
        if bytes.first() == Some(&SNAPSHOT) {
            return self.handle_snapshot(bytes, around).map(|()| Next::Snapshot);
        }
        match ServerMessage::decode(bytes)? {
            ServerMessage::Welcome(welcome) => {
                // The first bot of a room makes its schedule; another epoch makes a new one.
                if around.schedule.as_ref().is_none_or(|schedule| !schedule.is_of(&welcome)) {
                    *around.schedule = Some(Schedule::new(around.now_us, &welcome));
                }
                let is_first = self.joined_us.is_none();
                self.joined_us.get_or_insert(around.now_us);
                self.step = None;
                self.sent.clear();
                self.next_input = welcome.tick.offset(self.lead_ticks + 1);
                return Ok(if is_first { Next::Joined } else { Next::Nothing });
            }
            ServerMessage::Notice(Notice::Status(status)) => {
                // Who is hidden sends no inputs, so every tick of theirs is without one.
                if !self.hidden {
                    self.starved_ticks += u64::from(status.starved_ticks);
                }
                if around.measuring {
                    around.samples.add_status(&status);
                }
            }
            ServerMessage::Reply { .. } | ServerMessage::Chat { .. } | ServerMessage::Notice(_) => {}
        }
        Ok(Next::Nothing)
    }

    fn handle_snapshot(&mut self, bytes: &[u8], around: &mut Around<'_>) -> Result<(), DecodeError> {
        let schedule = around.schedule.as_mut().filter(|_| self.joined_us.is_some());
        let schedule = schedule.ok_or(DecodeError("a snapshot before Welcome"))?;
        let head = FrameHead::peek(bytes, self.step)?;
        let steps = self.step.filter(|_| !head.is_empty()).map_or(1, |last| head.step.since(last));
        self.step = Some(head.step);
        self.snapshots += 1;
        let skipped_ticks = schedule.note(around.now_us, head.step);
        if !around.measuring {
            self.echo(&head, |_| {});
            return Ok(());
        }
        let samples = &mut *around.samples;
        samples.skipped_ticks += skipped_ticks;
        samples.add_snapshot(bytes.len());
        // A hidden bot is sent a snapshot a second; that is no lateness.
        let first = if self.hidden { steps - 1 } else { 0 };
        for step in first..steps.min(first + 1024) {
            let due_us = schedule.step_due_us(head.step.offset(-step));
            samples.add_late(due_us, around.now_us, step == 0);
        }
        let (now_us, live) = (around.now_us, around.live);
        self.echo(&head, |sent_us| {
            let echo_us = now_us.saturating_sub(sent_us);
            samples.add_echo_us(echo_us);
            live.add_echo_us(echo_us);
        });
        Ok(())
    }

    /// Goes through the inputs that this snapshot is the first to show, or that a newer one has overtaken.
    fn echo(&mut self, head: &FrameHead, mut note: impl FnMut(u64)) {
        let (Some(low), Some(&(newest, _))) = (head.input_low, self.sent.back()) else { return };
        let applied = newest.nearest(low.into(), 8);
        while let Some((_, sent_us)) = self.sent.pop_front_if(|(tick, _)| !tick.is_after(applied)) {
            note(sent_us);
        }
    }

    /// When the next input is due; none while nothing is sent.
    pub(super) fn due_us(&self, schedule: Option<&Schedule>) -> Option<u64> {
        let schedule = schedule.filter(|_| self.joined_us.is_some() && !self.hidden)?;
        let sends_at = schedule.tick_due_us(self.next_input.offset(-self.lead_ticks));
        Some((sends_at + self.phase * schedule.tick_us()).max(0.0) as u64)
    }

    /// The input that is due, with those that were due before and did not go out.
    pub(super) fn input(&mut self, now_us: u64, schedule: &Schedule, layout: &[WordSpec]) -> InputMessage {
        let phase_us = (self.phase * schedule.tick_us()) as u64;
        let newest = schedule.tick_at(now_us.saturating_sub(phase_us)).offset(self.lead_ticks);
        let behind = newest.since(self.next_input).clamp(0, i32::MAX - 1);
        let count = (behind + 1).min(INPUTS_MAX as i32);
        let first = self.next_input.offset(behind + 1 - count);
        let elapsed_us = now_us.saturating_sub(self.joined_us.unwrap_or(now_us));
        let mut words = Vec::with_capacity(layout.len() * count as usize);
        for i in 0..count {
            let tick = first.offset(i);
            if self.sent.len() == SENT_MAX {
                self.sent.pop_front();
            }
            let due_us = schedule.tick_due_us(tick.offset(-self.lead_ticks)) + self.phase * schedule.tick_us();
            self.sent.push_back((tick, due_us.max(0.0) as u64));
            words.extend_from_slice(self.hand.at(tick, elapsed_us));
        }
        self.next_input = first.offset(count);
        let ack = self.step.map(|step| {
            let ticks_per_step = schedule.ticks_per_step();
            let second = (1e6 / schedule.tick_us()) as i32;
            let back = (DELAY_STEPS * ticks_per_step.cast_signed()).min(second / SEEN_PER_SECOND);
            (step, Seen { tick: step.tick(ticks_per_step).offset(-back), fraction: 0, skipped: 0 })
        });
        InputMessage { first, count: count as usize, words, ack }
    }

    /// What acknowledges the newest snapshot of a bot that sends no inputs.
    pub(super) fn ack(&self) -> Option<ClientMessage> {
        self.step.filter(|_| self.hidden).map(ClientMessage::Ack)
    }

    /// At the end: snapshots that were due and never came.
    pub(super) fn note_overdue(&self, around: &mut Around<'_>) {
        let (Some(last), Some(schedule), false) = (self.step, around.schedule.as_ref(), self.hidden) else { return };
        let late_us = around.now_us as f64 - schedule.step_due_us(last.next());
        // One that is late by less than a step may be on its way.
        for step in 1..=((late_us / schedule.step_us()) as i32).min(1024) {
            around.samples.add_late(schedule.step_due_us(last.offset(step)), around.now_us, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Pattern;
    use snapline_shared::game::schema;
    use snapline_shared::message::Welcome;
    use snapline_swarm::Swarm;

    struct Bot {
        player: Player,
        schedule: Option<Schedule>,
        samples: Samples,
    }

    impl Bot {
        fn new(lead_ticks: u32) -> Self {
            let hand = Hand::new(Pattern::Turn, &schema::<Swarm>().input, 3);
            Self { player: Player::new(hand, 0.5, lead_ticks, false), schedule: None, samples: Samples::new() }
        }

        fn hear(&mut self, now_us: u64, bytes: &[u8]) -> Result<Next, DecodeError> {
            let Self { schedule, samples, player } = self;
            player.handle(bytes, &mut Around { now_us, schedule, samples, measuring: true, live: &Live::default() })
        }

        fn join(&mut self, now_us: u64) {
            let welcome = Welcome { tick: Tick(100), tick_hz: 50, ticks_per_step: 1, ..Welcome::default() };
            let mut bytes = Vec::new();
            ServerMessage::Welcome(welcome).encode(&mut bytes);
            assert_eq!(self.hear(now_us, &bytes), Ok(Next::Joined));
        }

        fn snapshot(&mut self, now_us: u64, step: u32, applied: Option<Tick>) {
            let mut bytes = vec![SNAPSHOT, 0, step as u8, applied.map_or(0, |tick| tick.0 as u8), 0];
            if self.player.step.is_none() {
                bytes.clear();
                FrameHead::write_empty(Step(step), applied.map(|tick| tick.0 as u8), 0, &mut bytes);
            }
            assert_eq!(self.hear(now_us, &bytes), Ok(Next::Snapshot));
        }
    }

    #[test]
    fn inputs_are_for_the_ticks_asked_and_their_echo_is_from_when_they_were_due() {
        let layout = schema::<Swarm>().input.layout();
        let mut bot = Bot::new(1);
        bot.join(0);
        for n in 1..=10u32 {
            bot.snapshot(u64::from(n) * 20_000, 100 + n, (n > 1).then(|| Tick(100 + n)));
            let due_us = bot.player.due_us(bot.schedule.as_ref()).unwrap();
            if n > 1 {
                assert_eq!(due_us, u64::from(n) * 20_000 + 10_000);
            }
            let message = bot.player.input(due_us, bot.schedule.as_ref().unwrap(), &layout);
            assert_eq!(message.ack.map(|(step, _)| step), Some(Step(100 + n)));
            if n > 1 {
                assert_eq!((message.first, message.count), (Tick(101 + n), 1));
            }
        }
        assert_eq!((bot.samples.echo_us.max() / 100, bot.samples.late_us.max()), (100, 0));
    }

    #[test]
    fn ticks_without_input_count_only_for_who_sends_any() {
        use snapline_shared::message::{Notice, Status};

        let mut bytes = Vec::new();
        let status = Status { starved_ticks: 50, ..Status::default() };
        ServerMessage::Notice(Notice::Status(status)).encode(&mut bytes);
        for (hidden, counted) in [(false, 50), (true, 0)] {
            let mut bot = Bot::new(2);
            bot.player.hidden = hidden;
            bot.join(0);
            assert_eq!(bot.hear(10, &bytes), Ok(Next::Nothing));
            assert_eq!(bot.player.starved_ticks, counted);
        }
    }

    #[test]
    fn a_gap_makes_every_snapshot_late_that_was_due_in_it() {
        let mut bot = Bot::new(2);
        bot.join(0);
        (1..=10).for_each(|n| bot.snapshot(u64::from(n) * 20_000, 100 + n, None));
        // The eleventh to fourteenth do not come; the fifteenth is on time.
        bot.snapshot(15 * 20_000, 115, None);
        assert_eq!((bot.samples.late_us.len(), bot.samples.missed_steps, bot.samples.snapshots), (15, 4, 11));
        assert!(bot.samples.late_us.max() >= 80_000 - 200);
        let Bot { player, mut schedule, mut samples } = bot;
        let around = &mut Around {
            now_us: 25 * 20_000,
            schedule: &mut schedule,
            samples: &mut samples,
            measuring: true,
            live: &Live::default(),
        };
        player.note_overdue(around);
        assert_eq!((samples.late_us.len(), samples.missed_steps), (24, 13));
    }

    #[test]
    fn a_loop_that_was_away_sends_the_newest_four_inputs() {
        let layout = schema::<Swarm>().input.layout();
        let mut bot = Bot::new(2);
        bot.join(0);
        bot.snapshot(20_000, 101, None);
        let message = bot.player.input(20_000 * 21 + 10_000, bot.schedule.as_ref().unwrap(), &layout);
        assert_eq!((message.first, message.count, message.words.len()), (Tick(120), 4, 8));
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error() {
        let mut rng = snapline_shared::rng::Rng::new(5);
        for round in 0..20_000 {
            let mut bot = Bot::new(2);
            if round % 2 == 0 {
                bot.join(0);
                bot.snapshot(20_000, 101, None);
            }
            let mut bytes: Vec<u8> = (0..rng.below(40)).map(|_| rng.below(256) as u8).collect();
            if let Some(first) = bytes.first_mut() {
                *first %= 7;
            }
            let _ = bot.hear(40_000, &bytes);
            let _ = bot.player.due_us(bot.schedule.as_ref());
        }
    }
}
