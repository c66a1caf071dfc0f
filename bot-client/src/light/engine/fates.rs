//! How light bots come to their ends: too late, replaced, dropped, or with the run.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use snapline_shared::message::Close;

use super::{Around, Bot, End, Engine, GOODBYE_US, LOOK_US, State, Wire, cpu};

impl Engine {
    /// Now and then: bots that take too long to join, bots that leave and come back.
    pub(super) fn settle(&mut self) {
        let now_us = self.now_us();
        if now_us < self.next_settle_us {
            return;
        }
        self.next_settle_us = now_us + LOOK_US;
        let timeout_us = self.plan.join_timeout.as_micros() as u64;
        for at in 0..self.bots.len() {
            let Bot { state, since_us, .. } = self.bots[at];
            let waits_us = now_us.saturating_sub(since_us);
            match state {
                State::Joining if waits_us > timeout_us => {
                    let opened = self.bots[at].wire.as_ref().is_some_and(Wire::is_open);
                    let words = if opened { "no Welcome in time" } else { "no WebSocket in time" };
                    self.end(at, now_us, End::Outside(words.to_owned()));
                }
                State::Leaving if now_us > self.bots[at].due_us => self.end(at, now_us, End::Finished),
                _ => {}
            }
        }
        self.churn(now_us);
    }

    fn churn(&mut self, now_us: u64) {
        if self.plan.churn_per_second == 0 || !self.measuring {
            return;
        }
        let gap_us = 1_000_000 / u64::from(self.plan.churn_per_second);
        self.next_leave_us = self.next_leave_us.max(now_us.saturating_sub(1_000_000));
        while self.next_leave_us <= now_us {
            self.next_leave_us += gap_us.max(1);
            let at = self.next_leaver;
            self.next_leaver = (at + 1) % self.bots.len();
            if self.bots[at].state == State::In {
                self.samples.churned += 1;
                self.leave(at, now_us);
            }
        }
    }

    /// Says goodbye for bot `at` and waits for the answer.
    fn leave(&mut self, at: usize, now_us: u64) {
        let bot = &mut self.bots[at];
        (bot.state, bot.due_us) = (State::Leaving, now_us + GOODBYE_US);
        let Some(wire) = &mut bot.wire else { return };
        if wire.is_open() {
            wire.put_close(self.rng.bits(), &Close::Bye, &Close::Bye.reason());
        }
        if !wire.is_open() || wire.flush().is_err() {
            self.end(at, now_us, End::Finished);
        }
    }

    pub(super) fn end_play(&mut self, played: &mut Option<(u64, Option<f64>)>) {
        let now_us = self.now_us();
        let Some((since_us, cpu_before)) = played.take() else { return };
        self.played_s = (now_us - since_us) as f64 / 1e6;
        self.cpu_s = cpu_before.and_then(|before| Some(cpu::thread_seconds()? - before));
        let Self { bots, schedules, samples, live, .. } = self;
        for bot in bots.iter().filter(|bot| bot.state == State::In) {
            let schedule = &mut schedules[bot.room];
            let around = &mut Around { now_us, schedule, samples, measuring: true, live };
            bot.player.note_overdue(around);
        }
        self.measuring = false;
    }

    pub(super) fn say_goodbye(&mut self) {
        self.is_ending = true;
        let now_us = self.now_us();
        for at in 0..self.bots.len() {
            match self.bots[at].state {
                State::In => self.leave(at, now_us),
                State::Before | State::Joining => {
                    self.end(at, now_us, End::Outside("the run ended before it had joined".to_owned()))
                }
                State::Leaving | State::Over => {}
            }
        }
    }

    /// Bot `at` is over; one that left to make room for another is begun anew.
    pub(super) fn end(&mut self, at: usize, now_us: u64, end: End) {
        let bot = &mut self.bots[at];
        let was = std::mem::replace(&mut bot.state, State::Over);
        if was == State::Over {
            return;
        }
        if let Some(mut wire) = bot.wire.take() {
            let goodbye = match &end {
                End::Undecodable(words) => Some((Close::ProtocolError, (*words).to_owned())),
                End::Outside(_) => Some((Close::Bye, Close::Bye.reason())),
                End::Finished | End::Dropped(..) => None,
            };
            if let Some((close, words)) = goodbye.filter(|_| wire.is_open()) {
                wire.put_close(self.rng.bits(), &close, &words);
                // It may be dead as well.
                let _ = wire.flush();
            }
        }
        self.open = self.open.saturating_sub(usize::from(was != State::Before));
        self.settled(at);
        let bot = &mut self.bots[at];
        self.tally.starved_ticks += bot.player.starved_ticks;
        if was == State::Leaving {
            // It is told once, by its last life.
            if !self.is_ending {
                *bot = Bot::new(&self.plan, at, self.samples.churned);
                (bot.since_us, bot.was_in) = (u64::MAX, true);
                self.due.push(Reverse((now_us, at)));
                return;
            }
            self.tally.joined += 1;
            self.tally.silent += u32::from(bot.player.snapshots == 0 && !bot.player.hidden);
            return;
        }
        self.tally.joined += u32::from(was == State::In || bot.was_in);
        if bot.was_in && matches!(was, State::Before | State::Joining) && self.is_ending {
            return;
        }
        self.live.add_lost();
        match end {
            End::Finished => {}
            End::Outside(words) => self.tally.add_reason(&words),
            End::Dropped(code, words) => self.tally.add_dropped(code, &words),
            End::Undecodable(words) => {
                self.tally.decode_errors += 1;
                self.tally.add_reason(words);
            }
        }
    }

    /// Whoever has not gone by now is gone.
    pub(super) fn finish(&mut self) {
        let now_us = self.now_us();
        for at in 0..self.bots.len() {
            self.end(at, now_us, End::Finished);
        }
        let mut by_room = BTreeMap::new();
        for (room, schedule) in self.schedules.iter().enumerate() {
            if let Some(schedule) = schedule {
                by_room.insert(room, schedule.step_us());
            }
        }
        self.samples.step_us = by_room.values().copied().reduce(f64::max).unwrap_or(0.0);
    }
}
