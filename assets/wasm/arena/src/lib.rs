//! The arena's client for the browser: it predicts, by the very rules that the server runs. All else is `snapline-wasm`.

use snapline_arena::Arena;
use snapline_wasm::{Client, Motion};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// A client that predicts the own ship.
#[wasm_bindgen]
#[must_use]
pub fn predicted() -> Client {
    snapline_wasm::predicted::<Arena>()
}

/// One ship's motion alone, for the golden vectors.
#[wasm_bindgen]
pub struct GoldenMotion(Motion<Arena>);

#[wasm_bindgen]
impl GoldenMotion {
    /// Begins from an own state given as its words.
    ///
    /// # Errors
    /// When the game cannot run at that rate.
    #[wasm_bindgen(constructor)]
    pub fn new(tick_hz: u32, ticks_per_step: u32, own: &[u32]) -> Result<Self, JsError> {
        Ok(Self(Motion::new(tick_hz, ticks_per_step, own)?))
    }

    /// One tick with an input given as its words; gives those of the own state after it.
    pub fn advance(&mut self, input: &[u32]) -> Vec<u32> {
        self.0.advance(input)
    }
}
