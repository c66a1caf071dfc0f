//! The client core for the browser: `snapline_shared::client` bound to JavaScript.
//!
//! It holds no logic: bytes, times and numbers are turned into calls of a [`Session`](snapline_shared::client::Session) (any game) or a [`Predicted`] (one game, whose own build of
//! this crate is a few lines: see [`predicted`]), and what they give into plain JavaScript values. The world to be drawn stays in this module's memory and is told by address and length, so that a frame of many entities makes no objects; whoever reads
//! it builds views over `memory.buffer` anew for each frame, because a view ends when the memory grows.
//!
//! Times are microseconds of any steady clock, as JavaScript numbers.

mod core;
mod events;
#[cfg(feature = "generic")]
mod golden;
mod line;
mod motion;
mod profile;

use js_sys::Uint8Array;
use snapline_shared::client::{Drawn, Predicted};
use snapline_shared::game::Game;
use snapline_shared::link::LinkSpec;
use snapline_shared::numbers::{self, of_words, to_words};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::core::ClientCore;
use crate::events::{Object, event, welcome};
use crate::line::{DIRECT, Line};

#[cfg(feature = "generic")]
pub use golden::{GoldenReplica, golden_quantise, golden_server_message};
pub use motion::Motion;

/// Words that tell one row: slot, generation, kind (with [`HELD`] or-ed to it), index of its first number.
pub const ROW_WORDS: usize = 4;
/// In a row's kind: its newest data is old.
pub const HELD: u32 = 256;
/// Milliseconds of a simulated link's delay, jitter or stall at most.
const LINK_MS_MAX: u32 = 10_000;

/// A connection's client side: give it what arrives, send what it transmits, draw what it draws.
#[wasm_bindgen]
pub struct Client {
    core: Box<dyn ClientCore>,
    line: Line,
    drawn: Drawn,
    /// The drawn rows, [`ROW_WORDS`] each.
    rows: Vec<u32>,
    /// The input held now, in words.
    input: Vec<u32>,
    predicts: bool,
}

#[wasm_bindgen]
impl Client {
    /// Puts a simulated link between the socket and this client, either way: `delay_ms` and up to `jitter_ms` more, `loss_per_mille` of the messages
    /// are late by `stall_ms`, with all behind them, and `bytes_per_s` pass at most (0: any number). All 0: none. Call `pump` every few milliseconds
    /// then.
    ///
    /// # Errors
    /// When a time is over 10,000 ms or the loss over 1,000 in a thousand.
    #[wasm_bindgen(js_name = setLink)]
    pub fn set_link(
        &mut self,
        delay_ms: u32,
        jitter_ms: u32,
        loss_per_mille: u32,
        stall_ms: u32,
        bytes_per_s: u32,
    ) -> Result<(), JsError> {
        let times_ms = [delay_ms, jitter_ms, stall_ms];
        if times_ms.iter().any(|&ms| ms > LINK_MS_MAX) || loss_per_mille > 1000 {
            return Err(JsError::new("a link's times are 0 to 10000 ms, its loss is 0 to 1000 in a thousand"));
        }
        let [delay_us, jitter_us, stall_us] = times_ms.map(|ms| u64::from(ms) * 1000);
        self.line.set(LinkSpec {
            delay_us,
            jitter_us,
            loss_per_mille,
            stall_us,
            bytes_per_s: bytes_per_s.into(),
            ..DIRECT
        });
        Ok(())
    }

    /// Puts the link with that name (`lan`, `wifi`, `4g`, `hotel`, `satellite`) in between, as `setLink` does.
    ///
    /// # Errors
    /// When there is none of that name.
    #[wasm_bindgen(js_name = setLinkPreset)]
    pub fn set_link_preset(&mut self, name: &str) -> Result<(), JsError> {
        let spec = LinkSpec::named(name).ok_or_else(|| JsError::new("a link is lan, wifi, 4g, hotel or satellite"))?;
        self.line.set(LinkSpec { buffer_bytes: usize::MAX, ..spec });
        Ok(())
    }

    /// Nothing passes the link for `for_ms` (at most 10,000), in either direction; then all of it at once. Call `pump` as with `setLink`.
    pub fn freeze(&mut self, now_us: f64, for_ms: u32) {
        self.line.freeze(now_us as u64, u64::from(for_ms.min(LINK_MS_MAX)) * 1000);
    }

    /// Whether others are drawn between snapshots (so it begins), or as the newest one has them.
    #[wasm_bindgen(js_name = setInterpolation)]
    pub fn set_interpolation(&mut self, on: bool) {
        self.core.session().set_interpolation(on);
    }

    /// A socket is open: queues Hello, with the resume token if there is one. The world stays as it was until Welcome.
    pub fn open(&mut self, now_us: f64, name: &str, bot: bool) {
        self.line.open(now_us as u64, &mut *self.core, name, bot);
    }

    /// The socket is lost: nothing is to be sent until the next one is open.
    pub fn close(&mut self) {
        self.line.close(&mut *self.core);
    }

    /// What takes the next `open` back to this client's seat; a secret. Undefined before Welcome, and where the server keeps no seats.
    #[wasm_bindgen(getter, js_name = resumeToken)]
    #[must_use]
    pub fn resume_token(&self) -> Option<String> {
        self.core.session_ref().resume_token().map(str::to_owned)
    }

    /// The next `open` comes with this token; undefined: with none, as somebody new.
    #[wasm_bindgen(js_name = setResumeToken)]
    pub fn set_resume_token(&mut self, token: Option<String>) {
        self.core.session().set_resume_token(token);
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// When the client cannot go on; the words say why and the socket is to be closed.
    pub fn message(&mut self, now_us: f64, bytes: Vec<u8>) -> Result<(), JsError> {
        self.line.arrive(now_us as u64, bytes);
        self.pump(now_us)
    }

    /// Takes what has come through the simulated link by now.
    ///
    /// # Errors
    /// As `message`.
    pub fn pump(&mut self, now_us: f64) -> Result<(), JsError> {
        Ok(self.line.pump(now_us as u64, &mut *self.core)?)
    }

    /// Queues inputs for the ticks that have become due; at each animation frame.
    ///
    /// # Errors
    /// As `message`.
    pub fn update(&mut self, now_us: f64) -> Result<(), JsError> {
        self.pump(now_us)?;
        self.core.update(now_us as u64);
        Ok(())
    }

    /// When `update` has something to do next; undefined before Welcome.
    #[wasm_bindgen(js_name = nextUpdate)]
    #[must_use]
    pub fn next_update(&self) -> Option<f64> {
        self.core.session_ref().next_update_us().map(|us| us as f64)
    }

    /// The next message to send.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    #[must_use]
    pub fn transmit(&mut self) -> Option<Uint8Array> {
        self.line.transmit(&mut *self.core).map(|bytes| Uint8Array::from(bytes.as_slice()))
    }

    /// The next thing that happened, as a plain object.
    #[wasm_bindgen(js_name = pollEvent, unchecked_return_type = "ClientEvent | undefined")]
    #[must_use]
    pub fn poll_event(&mut self) -> JsValue {
        let session = self.core.session();
        session.poll_event().map_or(JsValue::UNDEFINED, |happened| event(&happened, &session.schema().events))
    }

    /// The input held from now on, as words of the schema's input kind.
    #[wasm_bindgen(js_name = setInput)]
    pub fn set_input(&mut self, words: &[u32]) {
        self.input.fill(0);
        for (mine, word) in self.input.iter_mut().zip(words) {
            *mine = *word;
        }
        self.core.set_input(&self.input);
    }

    /// Sets one number of the input held from now on: component `component` of the lane called `name`.
    ///
    /// # Errors
    /// When the game's input has no such lane.
    #[wasm_bindgen(js_name = setInputLane)]
    pub fn set_input_lane(&mut self, name: &str, component: usize, value: f64) -> Result<(), JsError> {
        let kind = &self.core.session_ref().schema().input;
        let Some(words) = numbers::component(kind, name, component) else {
            return Err(JsError::new(&format!("the game's input has no lane {name}[{component}]")));
        };
        words.set(value, &mut self.input);
        self.core.set_input(&self.input);
        Ok(())
    }

    /// Queues a line of chat.
    pub fn chat(&mut self, text: &str) {
        self.core.session().chat(text);
    }

    /// Queues a request of the kind called `kind`, given as its numbers in schema order, and gives the number that its reply will carry.
    ///
    /// # Errors
    /// When the game takes no such request, or before Welcome.
    pub fn request(&mut self, kind: &str, numbers: &[f64]) -> Result<u32, JsError> {
        let requests = &self.core.session_ref().schema().requests;
        let Some(at) = requests.iter().position(|known| known.name == kind) else {
            return Err(JsError::new(&format!("the game takes no request {kind}")));
        };
        let words = to_words(&requests[at], numbers);
        self.core
            .session()
            .request(at as u8, &words)
            .ok_or_else(|| JsError::new("there is nobody to ask before Welcome"))
    }

    /// The own state as its numbers in schema order: predicted up to the newest input, exact and without any fading, or as last received by a
    /// client that does not predict. Undefined before the first snapshot.
    #[wasm_bindgen(js_name = ownNumbers)]
    #[must_use]
    pub fn own_numbers(&self) -> Option<Vec<f64>> {
        let words = self.core.own_words()?;
        Some(of_words(&self.core.session_ref().schema().own, &words))
    }

    /// Name of the map without which nothing is predicted; its bytes are at `/maps/NAME`.
    #[wasm_bindgen(getter, js_name = needsMap)]
    #[must_use]
    pub fn needs_map(&self) -> Option<String> {
        self.core.wants_map().map(str::to_owned)
    }

    /// Takes the bytes of the room's map; those of another map change nothing.
    ///
    /// # Errors
    /// When the game can make nothing of them.
    #[wasm_bindgen(js_name = setMap)]
    pub fn set_map(&mut self, bytes: &[u8]) -> Result<(), JsError> {
        Ok(self.core.set_map(bytes)?)
    }

    /// Tells the server whether anybody looks.
    #[wasm_bindgen(js_name = setVisible)]
    pub fn set_visible(&mut self, visible: bool) {
        self.core.session().set_visible(visible);
    }

    /// Who we are and what is simulated here; undefined before Welcome.
    #[wasm_bindgen(unchecked_return_type = "WelcomeEvent | undefined")]
    #[must_use]
    pub fn welcome(&self) -> JsValue {
        self.core.session_ref().welcome().map_or(JsValue::UNDEFINED, welcome)
    }

    /// Counters of the session; those of prediction are 0 where there is none.
    #[wasm_bindgen(unchecked_return_type = "ClientStats")]
    #[must_use]
    pub fn stats(&self) -> JsValue {
        let stats = self.core.session_ref().stats();
        let prediction = self.core.prediction();
        let of = prediction.unwrap_or_default();
        Object::new()
            .number("snapshots", stats.snapshots as f64)
            .number("snapshotBytes", stats.snapshot_bytes as f64)
            .number("sent", stats.sent as f64)
            .number("desyncs", stats.desyncs as f64)
            .number("starvedTicks", stats.starved_ticks as f64)
            .flag("predicted", prediction.is_some())
            .number("compared", of.compared as f64)
            .number("late", of.late as f64)
            .number("touched", of.touched as f64)
            .number("unexplained", of.unexplained as f64)
            .number("corrected", of.corrected)
            .number("shotsConfirmed", of.shots_confirmed as f64)
            .number("shotsWithdrawn", of.shots_withdrawn as f64)
            .done()
    }

    /// Whether the own entity is drawn where it is predicted; else where the server last had it. Inputs and the own state go on as before.
    #[wasm_bindgen(js_name = setPrediction)]
    pub fn set_prediction(&mut self, on: bool) {
        self.predicts = on;
    }

    /// Brings the world to `now_us`; the getters below tell where it lies in memory until the next call.
    pub fn draw(&mut self, now_us: f64) {
        if self.predicts {
            self.core.draw(now_us as u64, &mut self.drawn);
        } else {
            self.core.session().draw(now_us as u64, &mut self.drawn);
        }
        self.rows.clear();
        for row in &self.drawn.rows {
            let kind = u32::from(row.kind) | if row.held { HELD } else { 0 };
            self.rows.extend([u32::from(row.id.slot), row.id.generation, kind, row.from]);
        }
    }

    /// Where the newest snapshot has the rows of the last `draw`, two numbers each; NaN: it has not.
    #[wasm_bindgen(js_name = rawPlaces)]
    #[must_use]
    pub fn raw_places(&mut self) -> Vec<f32> {
        let mut places = Vec::new();
        self.core.session().raw_places(&self.drawn, &mut places);
        places
    }

    /// Address of the rows: four u32 each (slot, generation, kind + 256 when held, index of the first number).
    #[wasm_bindgen(getter, js_name = rowsAt)]
    #[must_use]
    pub fn rows_at(&self) -> usize {
        self.rows.as_ptr() as usize
    }

    /// How many rows there are.
    #[wasm_bindgen(getter, js_name = rowCount)]
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.drawn.rows.len()
    }

    /// Address of the numbers of all rows, f32 each: one for each component of each field, in schema order.
    #[wasm_bindgen(getter, js_name = valuesAt)]
    #[must_use]
    pub fn values_at(&self) -> usize {
        self.drawn.values.as_ptr() as usize
    }

    /// How many numbers there are.
    #[wasm_bindgen(getter, js_name = valueCount)]
    #[must_use]
    pub fn value_count(&self) -> usize {
        self.drawn.values.len()
    }

    /// Index of the row that this player steers; -1: none.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn own(&self) -> i32 {
        self.drawn.own.map_or(-1, |own| own as i32)
    }

    /// Centre of the view when nothing is steered.
    #[wasm_bindgen(getter, js_name = placeX)]
    #[must_use]
    pub fn place_x(&self) -> f32 {
        self.drawn.place[0]
    }

    /// Centre of the view when nothing is steered.
    #[wasm_bindgen(getter, js_name = placeY)]
    #[must_use]
    pub fn place_y(&self) -> f32 {
        self.drawn.place[1]
    }

    /// Half the side of what can be seen.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn radius(&self) -> f32 {
        self.drawn.radius
    }

    /// Tick that is drawn, with its fraction.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn tick(&self) -> f64 {
        self.drawn.tick
    }
}

/// Reading a schema weighs more than all of prediction, so a game's own build leaves it out.
#[cfg(feature = "generic")]
#[wasm_bindgen]
impl Client {
    /// A client that follows any game by the bytes of its `/schema.json`, without prediction.
    ///
    /// # Errors
    /// When the bytes are no schema.
    pub fn generic(schema_json: &[u8]) -> Result<Self, JsError> {
        Ok(Self::over(Box::new(snapline_shared::client::Session::new(std::sync::Arc::new(
            snapline_shared::schema::Schema::from_json(schema_json)?,
        )))))
    }
}

impl Client {
    fn over(core: Box<dyn ClientCore>) -> Self {
        let input = vec![0; core.session_ref().schema().input.words()];
        Self { core, line: Line::new(), drawn: Drawn::default(), rows: Vec::new(), input, predicts: true }
    }
}

/// A client of game `G` that predicts its own state. A game's browser build is a crate with one exported function that returns this.
#[must_use]
pub fn predicted<G: Game>() -> Client {
    Client::over(Box::new(Predicted::<G>::new()))
}

/// Makes a panic say on the console what happened and where; the call that panicked throws.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| console_error(&info.to_string())));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(words: &str);
}
