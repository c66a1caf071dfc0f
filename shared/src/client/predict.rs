//! `Predicted`: a session whose player's own state runs ahead of the server, by the very function that the server runs.
//!
//! The server's own state travels exact, so reconciliation is equality: a misprediction means that something happened which this client could not
//! know, and each is counted by its cause. What is drawn after a correction fades from the old place to the new one; the simulation never does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::facts::{ClientError, FrameFacts};
use super::session::Session;
use super::shots::{Moment, OwnShots, ShotCounts};
use super::timeline::Drawn;
use crate::game::{Game, Map, Setup, Shots, schema};
use crate::numbers::of_words;
use crate::quant::{Blend, Shape, blend_number};
use crate::schema::FieldSpec;
use crate::tick::Tick;
use crate::wire::Wire;

/// Ticks that may run ahead of the newest own state; beyond it the server has long gone silent.
const AHEAD_TICKS_MAX: usize = 128;
/// Ticks without input that repeat the last one; then hands off. As the server does.
const REPEAT_TICKS: u32 = 3;
/// A correction is drawn half as large after this long.
const FADE_HALF_US: f64 = 100_000.0;
/// A correction of more than this share of the view's radius is not faded but jumped.
const FADE_VIEW_MAX: f64 = 0.1;

/// How often the own state was not what this client had predicted, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mispredictions {
    /// An input came too late, or not at all.
    pub late: u64,
    /// The game changed the own state outside `advance` (a hit, a pick-up) and says so.
    pub touched: u64,
    /// Anything else: a game that breaks its rules, or a bug. 0 for ever.
    pub unexplained: u64,
}

/// One tick that this client has run ahead.
#[derive(Clone, Debug)]
struct Ahead<G: Game> {
    tick: Tick,
    input: G::Input,
    own: G::Own,
}

/// What depends on the timeline: that of an epoch, as one connection shows it.
struct Running<G: Game> {
    timeline: u32,
    scene: G::Scene,
    tick_hz: f64,
    /// The newest own state that the server has confirmed.
    base: Option<(Tick, G::Own)>,
    /// The ticks after it, in order, each with the state after it.
    ahead: VecDeque<Ahead<G>>,
    /// Inputs sent before there was an own state to begin from.
    early: VecDeque<(Tick, G::Input)>,
    sent_until: Option<Tick>,
    last: G::Input,
    missing: u32,
    shots: OwnShots,
}

/// A client of game `G` that predicts its own state.
pub struct Predicted<G: Game> {
    session: Session,
    input: G::Input,
    running: Option<Running<G>>,
    /// Bytes of another map than the one that the game is built with.
    map: Vec<u8>,
    /// The timeline that cannot be predicted for want of its map.
    wants_map: Option<u32>,
    mispredictions: Mispredictions,
    /// Those of the timelines before.
    shots: ShotCounts,
    compared: u64,
    own_fields: Vec<FieldSpec>,
    /// What is still added to the drawn own state after a correction, number by number, and since when.
    error: Vec<f64>,
    error_at_us: u64,
    /// How often somebody had come back to look when that was drawn.
    returns: u32,
    corrected: f64,
}

impl<G: Game> Default for Predicted<G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: Game> Predicted<G> {
    /// A client for a room of this game.
    #[must_use]
    pub fn new() -> Self {
        let own_fields = G::Own::KIND.fields.into_owned();
        Self {
            session: Session::built_for(Arc::new(schema::<G>())),
            input: G::Input::default(),
            running: None,
            map: Vec::new(),
            wants_map: None,
            shots: ShotCounts::default(),
            mispredictions: Mispredictions::default(),
            compared: 0,
            error: Vec::new(),
            error_at_us: 0,
            returns: 0,
            corrected: 0.0,
            own_fields,
        }
    }

    /// Everything but prediction: events, arrivals, chat, statistics. Do not set inputs or update through it.
    pub const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The same, to look at.
    #[must_use]
    pub const fn session_ref(&self) -> &Session {
        &self.session
    }

    /// Name of the map that the room plays on and this client lacks (its bytes are at `/maps/NAME`): until [`Self::set_map`] nothing is predicted.
    #[must_use]
    pub fn wants_map(&self) -> Option<&str> {
        let welcome = self.session.welcome().filter(|_| self.wants_map == Some(self.session.timelines()))?;
        Some(&welcome.map)
    }

    /// Takes the bytes of the room's map; those of another one are not used.
    ///
    /// # Errors
    /// When the game cannot make its scene of them.
    pub fn set_map(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.map = bytes.to_vec();
        self.wants_map = None;
        self.begin_timeline()
    }

    /// The input held from now on.
    pub fn set_input(&mut self, input: G::Input) {
        let mut words = vec![0; G::Input::KIND.words()];
        input.quantise(&mut words);
        // What the server will read: a value between two places of the grid must not differ on both ends.
        self.input = G::Input::dequantise(&words);
        self.session.set_input(&words);
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// As [`Session::handle_message`], and when the room's options do not make a scene.
    pub fn handle_message(&mut self, now_us: u64, bytes: &[u8]) -> Result<(), ClientError> {
        self.session.handle_message(now_us, bytes)?;
        self.begin_timeline()?;
        if let Some(frame) = self.session.take_frame() {
            let drawn = self.own_numbers(now_us);
            let wrong = self.reconcile(&frame);
            // Who has just come back has not seen what was drawn meanwhile.
            let has_returned = self.returns != self.session.returns();
            self.returns = self.session.returns();
            if wrong || has_returned {
                self.fade_from(now_us, drawn.filter(|_| !has_returned));
            }
            if let (Some(running), Some(replica)) = (&mut self.running, self.session.replica()) {
                running.shots.confirm(frame.tick, replica.rows(), !wrong && running.base.is_some());
            }
        }
        self.run_ahead();
        Ok(())
    }

    /// Sends the inputs that are due and runs ahead with them.
    pub fn update(&mut self, now_us: u64) {
        self.session.update(now_us);
        self.run_ahead();
    }

    fn begin_timeline(&mut self) -> Result<(), ClientError> {
        let Some(welcome) = self.session.welcome() else { return Ok(()) };
        let timeline = self.session.timelines();
        let is_known = self.running.as_ref().is_some_and(|running| running.timeline == timeline);
        if is_known || self.wants_map == Some(timeline) {
            return Ok(());
        }
        if let Some(running) = self.running.take() {
            let ShotCounts { confirmed, withdrawn } = running.shots.counts();
            self.shots.confirmed += confirmed;
            self.shots.withdrawn += withdrawn;
        }
        self.error.clear();
        let Some(map) = map_of::<G>(welcome.map_hash, &self.map) else {
            self.wants_map = Some(timeline);
            return Ok(());
        };
        let mut options = BTreeMap::new();
        for (name, value) in welcome.options.clone() {
            options.insert(name, value);
        }
        let (tick_hz, ticks_per_step) = (welcome.tick_hz.max(1).into(), welcome.ticks_per_step.max(1).into());
        let scene = G::scene(&Setup { map, options: &options, tick_hz, ticks_per_step }).map_err(ClientError::Setup)?;
        self.running = Some(Running {
            timeline,
            scene,
            tick_hz: tick_hz.into(),
            base: None,
            ahead: VecDeque::new(),
            early: VecDeque::new(),
            sent_until: None,
            last: G::Input::default(),
            missing: REPEAT_TICKS,
            shots: OwnShots::new(G::ENTITIES),
        });
        Ok(())
    }

    /// Takes the server's own state; whether what was predicted has changed by it.
    fn reconcile(&mut self, frame: &FrameFacts) -> bool {
        let Some(running) = &mut self.running else { return false };
        let predicted = running.ahead.iter().find(|ahead| ahead.tick == frame.tick).map(|ahead| ahead.own.clone());
        let truth = if frame.own_whole { self.session.own_words().map(G::Own::dequantise) } else { predicted.clone() };
        let Some(truth) = truth else { return false };
        let wrong = predicted.as_ref().is_some_and(|predicted| *predicted != truth);
        self.compared += u64::from(predicted.is_some());
        if wrong {
            let touched = predicted.as_ref().is_some_and(|predicted| G::touched(predicted) != G::touched(&truth));
            let cause = if frame.input_was_late {
                &mut self.mispredictions.late
            } else if touched {
                &mut self.mispredictions.touched
            } else {
                &mut self.mispredictions.unexplained
            };
            *cause += 1;
        }
        running.rebase(frame, truth, wrong);
        wrong
    }

    /// Runs the ticks whose inputs have been sent since the last call.
    fn run_ahead(&mut self) {
        let Some(running) = &mut self.running else { return };
        let newest = self.session.sent_after(None).last();
        if newest.zip(running.sent_until).is_some_and(|(newest, until)| until.is_after(newest)) {
            // The clock has jumped back: what was run ahead never came to be.
            (running.base, running.sent_until) = (None, None);
            running.ahead.clear();
            running.early.clear();
            running.shots.clear();
        }
        if let Some((tick, behind_ticks)) = newest.zip(self.session.behind_ticks()) {
            running.shots.note_seen(tick, behind_ticks.into());
        }
        for tick in self.session.sent_after(running.sent_until) {
            running.sent_until = Some(tick);
            running.push(tick, self.input);
        }
    }

    /// The own state at the newest tick run ahead; none before the first snapshot.
    #[must_use]
    pub fn own(&self) -> Option<&G::Own> {
        let running = self.running.as_ref()?;
        running.ahead.back().map(|ahead| &ahead.own).or(running.base.as_ref().map(|(_, own)| own))
    }

    /// Map and tuning of the room; none before Welcome.
    #[must_use]
    pub fn scene(&self) -> Option<&G::Scene> {
        self.running.as_ref().map(|running| &running.scene)
    }

    /// The newest tick run ahead; none before the first snapshot.
    #[must_use]
    pub fn ahead_tick(&self) -> Option<Tick> {
        let running = self.running.as_ref()?;
        running.ahead.back().map(|ahead| ahead.tick).or(running.base.as_ref().map(|(tick, _)| *tick))
    }

    /// The own state as it is to be drawn at `now_us`, as numbers in schema order: between the last two ticks, corrections fading.
    #[must_use]
    pub fn own_numbers(&self, now_us: u64) -> Option<Vec<f64>> {
        let newest = self.own()?;
        let running = self.running.as_ref()?;
        let before = running.ahead.iter().rev().nth(1).map_or(newest, |ahead| &ahead.own);
        let own = G::Own::blend(before, newest, self.session.input_fraction(now_us));
        let (before, mut numbers) = (numbers_of(before), numbers_of(&own));
        if self.teleports(&before, &numbers_of(newest)) {
            numbers = numbers_of(newest);
        }
        let left =
            (-(now_us.saturating_sub(self.error_at_us) as f64) / FADE_HALF_US * core::f64::consts::LN_2).min(0.0);
        let weight = if self.returns == self.session.returns() { libm::exp(left) } else { 0.0 };
        for (number, error) in numbers.iter_mut().zip(&self.error) {
            *number += error * weight;
        }
        Some(numbers)
    }

    /// Whether the own place moves farther than its kind lets it go between two ticks: then nothing lies in between.
    fn teleports(&self, from: &[f64], to: &[f64]) -> bool {
        let (Some(limit), Some(at)) = (G::Own::KIND.teleport, G::Own::KIND.at) else { return false };
        let at: usize = self.own_fields[..usize::from(at)].iter().map(|field| field.shape.components()).sum();
        (0..2).map(|axis| (to[at + axis] - from[at + axis]) * (to[at + axis] - from[at + axis])).sum::<f64>()
            > limit * limit
    }

    /// What is drawn goes on from where it was: the difference is kept and fades.
    fn fade_from(&mut self, now_us: u64, drawn: Option<Vec<f64>>) {
        self.error.clear();
        let (Some(old), Some(new)) = (drawn, self.own_numbers(now_us)) else { return };
        let far = self.session.eye().map_or(0.0, |eye| f64::from(eye.radius)) * FADE_VIEW_MAX;
        let place = G::Own::KIND.at.map(usize::from);
        let mut at = 0;
        for (number, field) in self.own_fields.iter().enumerate() {
            let mut gap_squared = 0.0;
            for _ in 0..field.shape.components() {
                let fades = field.blend != Blend::Snap && field.shape != Shape::Quat;
                let gap = blend_number(&field.lane, field.blend, new[at], old[at], 1.0) - new[at];
                self.error.push(if fades && gap.abs() <= far { gap } else { 0.0 });
                gap_squared += gap * gap;
                at += 1;
            }
            if place == Some(number) {
                self.corrected += gap_squared.sqrt();
            }
        }
        self.error_at_us = now_us;
    }

    /// The world as it is to be drawn at `now_us`: others interpolated, the own entity's fields replaced by those of the own state that have
    /// their names, own shots in flight ahead of the server.
    pub fn draw(&mut self, now_us: u64, out: &mut Drawn) {
        self.session.draw(now_us, out);
        self.draw_own(now_us, out);
        let (fraction, ahead) = (f64::from(self.session.input_fraction(now_us)), self.ahead_tick());
        if let (Some(running), Some(ahead)) = (&mut self.running, ahead) {
            let (ahead, drawn) = (f64::from(ahead.0) - 1.0 + fraction, out.tick);
            // A second; on a long way more, for time must not run backwards while it slides.
            let slide_ticks = running.tick_hz.max(2.0 * (ahead - drawn));
            let moment = Moment { ahead, drawn, slide_ticks, tick_hz: running.tick_hz };
            running.shots.draw(&moment, out);
        }
    }

    fn draw_own(&self, now_us: u64, out: &mut Drawn) {
        let (Some(own), Some(numbers)) = (out.own, self.own_numbers(now_us)) else { return };
        let row = out.rows[own];
        let mut at = row.from as usize;
        for field in G::ENTITIES[usize::from(row.kind)].fields.iter() {
            let count = field.shape.components();
            let mut from = 0;
            for mine in &self.own_fields {
                if mine.name == field.name && mine.shape == field.shape {
                    for i in 0..count {
                        out.values[at + i] = numbers[from + i] as f32;
                    }
                }
                from += mine.shape.components();
            }
            at += count;
        }
    }

    /// Counters.
    #[must_use]
    pub const fn mispredictions(&self) -> Mispredictions {
        self.mispredictions
    }

    /// Units by which corrections have moved the own place in all, from where it was drawn to where it should have been; what fades counts whole.
    #[must_use]
    pub const fn corrected(&self) -> f64 {
        self.corrected
    }

    /// What became of the own shots that were shown before the server's rows came.
    #[must_use]
    pub fn shots(&self) -> ShotCounts {
        let now = self.running.as_ref().map(|running| running.shots.counts()).unwrap_or_default();
        ShotCounts { confirmed: self.shots.confirmed + now.confirmed, withdrawn: self.shots.withdrawn + now.withdrawn }
    }

    /// Snapshots whose own state could be compared with a prediction.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.compared
    }
}

/// A value as its numbers in schema order.
fn numbers_of<W: Wire>(value: &W) -> Vec<f64> {
    let mut words = vec![0; W::KIND.words()];
    value.quantise(&mut words);
    of_words(&W::KIND, &words)
}

/// The map with this hash: the game's own, or the one that was given.
fn map_of<G: Game>(hash: u64, given: &[u8]) -> Option<&[u8]> {
    if hash == G::MAP.hash() {
        return Some(G::MAP.bytes);
    }
    let given = Map { name: "given", bytes: given };
    if hash == 0 { Some(&[]) } else { (hash == given.hash()).then_some(given.bytes) }
}

impl<G: Game> Running<G> {
    /// What the tick that left `own` brought into the world.
    fn shots_of(scene: &G::Scene, own: &G::Own) -> Vec<crate::game::Shot> {
        let mut shots = Shots::new(G::ENTITIES);
        G::shots(scene, own, &mut shots);
        shots.take()
    }

    /// The input for `tick` has been sent: runs all ticks up to it, those left out as the server will.
    fn push(&mut self, tick: Tick, input: G::Input) {
        let Some((base, own)) = &self.base else {
            if self.early.len() == AHEAD_TICKS_MAX {
                self.early.pop_front();
            }
            return self.early.push_back((tick, input));
        };
        let (mut at, mut own) = self.ahead.back().map_or((*base, own.clone()), |ahead| (ahead.tick, ahead.own.clone()));
        if tick.since(at) > AHEAD_TICKS_MAX as i32 {
            // After a long pause there is nothing to run from until the next own state.
            self.base = None;
            self.ahead.clear();
            return;
        }
        while tick.is_after(at) {
            at = at.next();
            if at == tick {
                (self.last, self.missing) = (input, 0);
            } else {
                self.missing += 1;
                if self.missing > REPEAT_TICKS {
                    self.last = G::Input::default();
                }
            }
            G::advance(&self.scene, &mut own, self.last);
            self.shots.add(at, Self::shots_of(&self.scene, &own));
            self.ahead.push_back(Ahead { tick: at, input: self.last, own: own.clone() });
        }
        while self.ahead.len() > AHEAD_TICKS_MAX {
            self.ahead.pop_front();
        }
    }

    /// The server's own state is `own`: later ticks are run again when it is not what was predicted.
    fn rebase(&mut self, frame: &FrameFacts, own: G::Own, wrong: bool) {
        let FrameFacts { tick, input_was_late, .. } = *frame;
        let begins = self.base.is_none();
        while self.ahead.front().is_some_and(|ahead| !ahead.tick.is_after(tick)) {
            self.ahead.pop_front();
        }
        if wrong {
            let (truth, mut own, mut again) = (&own, own.clone(), Vec::new());
            for ahead in &mut self.ahead {
                G::advance(&self.scene, &mut own, ahead.input);
                ahead.own = own.clone();
                again.extend(Self::shots_of(&self.scene, &own).into_iter().map(|shot| (ahead.tick, shot)));
            }
            self.shots.replay(tick, &Self::shots_of(&self.scene, truth), again, input_was_late);
        }
        self.base = Some((tick, own));
        if begins {
            for (at, input) in std::mem::take(&mut self.early) {
                if at.is_after(tick) {
                    self.push(at, input);
                }
            }
        }
    }
}
