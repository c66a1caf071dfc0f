//! The client core for the browser: `snapline_shared::client` bound to JavaScript.
//!
//! It holds no logic: bytes, times and numbers are turned into calls of [`Session`], and what it gives into plain JavaScript values. The world
//! to be drawn stays in this module's memory and is told by address and length, so that a frame of many entities makes no objects; whoever reads
//! it builds views over `memory.buffer` anew for each frame, because a view ends when the memory grows.
//!
//! Times are microseconds of any steady clock, as JavaScript numbers.

mod events;
mod golden;

use std::sync::Arc;

use js_sys::Uint8Array;
use snapline_shared::client::{Drawn, Session};
use snapline_shared::numbers::{self, to_words};
use snapline_shared::schema::Schema;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::events::{Object, event, welcome};

pub use golden::{GoldenReplica, golden_quantise};

/// Words that tell one row: slot, generation, kind (with [`HELD`] or-ed to it), index of its first number.
pub const ROW_WORDS: usize = 4;
/// In a row's kind: its newest data is old.
pub const HELD: u32 = 256;

/// A connection's client side: give it what arrives, send what it transmits, draw what it draws.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    session: Session,
    drawn: Drawn,
    /// The drawn rows, [`ROW_WORDS`] each.
    rows: Vec<u32>,
    /// The input held now, in words.
    input: Vec<u32>,
}

#[wasm_bindgen]
impl Client {
    /// A client that follows any game by the bytes of its `/schema.json`, without prediction.
    ///
    /// # Errors
    /// When the bytes are no schema.
    pub fn generic(schema_json: &[u8]) -> Result<Self, JsError> {
        Ok(Self::over(Session::new(Arc::new(Schema::from_json(schema_json)?))))
    }

    /// The socket is open: queues Hello.
    pub fn open(&mut self, now_us: f64, name: &str, bot: bool) {
        self.session.handle_open(now_us as u64, name, bot);
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// When the session cannot go on; the words say why and the socket is to be closed.
    pub fn message(&mut self, now_us: f64, bytes: &[u8]) -> Result<(), JsError> {
        Ok(self.session.handle_message(now_us as u64, bytes)?)
    }

    /// Queues inputs for the ticks that have become due; at each animation frame.
    pub fn update(&mut self, now_us: f64) {
        self.session.update(now_us as u64);
    }

    /// When `update` has something to do next; undefined before Welcome.
    #[wasm_bindgen(js_name = nextUpdate)]
    #[must_use]
    pub fn next_update(&self) -> Option<f64> {
        self.session.next_update_us().map(|us| us as f64)
    }

    /// The next message to send.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    #[must_use]
    pub fn transmit(&mut self) -> Option<Uint8Array> {
        self.session.poll_transmit().map(|bytes| Uint8Array::from(bytes.as_slice()))
    }

    /// The next thing that happened, as a plain object.
    #[wasm_bindgen(js_name = pollEvent, unchecked_return_type = "ClientEvent | undefined")]
    #[must_use]
    pub fn poll_event(&mut self) -> JsValue {
        self.session.poll_event().map_or(JsValue::UNDEFINED, |happened| event(self.session.schema(), &happened))
    }

    /// The input held from now on, as words of the schema's input kind.
    #[wasm_bindgen(js_name = setInput)]
    pub fn set_input(&mut self, words: &[u32]) {
        self.input.fill(0);
        for (mine, word) in self.input.iter_mut().zip(words) {
            *mine = *word;
        }
        self.session.set_input(&self.input);
    }

    /// Sets one number of the input held from now on: component `component` of the lane called `name`.
    ///
    /// # Errors
    /// When the game's input has no such lane.
    #[wasm_bindgen(js_name = setInputLane)]
    pub fn set_input_lane(&mut self, name: &str, component: usize, value: f64) -> Result<(), JsError> {
        let kind = &self.session.schema().input;
        let Some(words) = numbers::component(kind, name, component) else {
            return Err(JsError::new(&format!("the game's input has no lane {name}[{component}]")));
        };
        words.set(value, &mut self.input);
        self.session.set_input(&self.input);
        Ok(())
    }

    /// Queues a line of chat.
    pub fn chat(&mut self, text: &str) {
        self.session.chat(text);
    }

    /// Queues a request of the kind called `kind`, given as its numbers in schema order, and gives the number that its reply will carry.
    ///
    /// # Errors
    /// When the game takes no such request, or before Welcome.
    pub fn request(&mut self, kind: &str, numbers: &[f64]) -> Result<u32, JsError> {
        let requests = &self.session.schema().requests;
        let Some(at) = requests.iter().position(|known| known.name == kind) else {
            return Err(JsError::new(&format!("the game takes no request {kind}")));
        };
        let words = to_words(&requests[at], numbers);
        self.session.request(at as u8, &words).ok_or_else(|| JsError::new("there is nobody to ask before Welcome"))
    }

    /// Tells the server whether anybody looks.
    #[wasm_bindgen(js_name = setVisible)]
    pub fn set_visible(&mut self, visible: bool) {
        self.session.set_visible(visible);
    }

    /// Who we are and what is simulated here; undefined before Welcome.
    #[wasm_bindgen(unchecked_return_type = "WelcomeEvent | undefined")]
    #[must_use]
    pub fn welcome(&self) -> JsValue {
        self.session.welcome().map_or(JsValue::UNDEFINED, welcome)
    }

    /// Counters of the session.
    #[wasm_bindgen(unchecked_return_type = "ClientStats")]
    #[must_use]
    pub fn stats(&self) -> JsValue {
        let stats = self.session.stats();
        Object::new()
            .number("snapshots", stats.snapshots as f64)
            .number("snapshotBytes", stats.snapshot_bytes as f64)
            .number("sent", stats.sent as f64)
            .number("desyncs", stats.desyncs as f64)
            .number("starvedTicks", stats.starved_ticks as f64)
            .done()
    }

    /// What the newest snapshot brought; undefined when there was none since the last call.
    #[wasm_bindgen(js_name = pollArrival, unchecked_return_type = "ClientArrival | undefined")]
    #[must_use]
    pub fn poll_arrival(&mut self) -> JsValue {
        self.session.poll_arrival().map_or(JsValue::UNDEFINED, |arrival| {
            Object::new()
                .number("step", arrival.step.0)
                .number("bytes", arrival.bytes as f64)
                .number("rows", arrival.rows as f64)
                .maybe_number("echoUs", arrival.echo_us.map(|us| us as f64))
                .done()
        })
    }

    /// Brings the world to `now_us`; the getters below tell where it lies in memory until the next call.
    pub fn draw(&mut self, now_us: f64) {
        self.session.draw(now_us as u64, &mut self.drawn);
        self.rows.clear();
        for row in &self.drawn.rows {
            let kind = u32::from(row.kind) | if row.held { HELD } else { 0 };
            self.rows.extend([u32::from(row.id.slot), row.id.generation, kind, row.from]);
        }
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

impl Client {
    fn over(session: Session) -> Self {
        let input = vec![0; session.schema().input.words()];
        Self { session, drawn: Drawn::default(), rows: Vec::new(), input }
    }
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
