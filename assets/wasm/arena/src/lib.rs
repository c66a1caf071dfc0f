//! The arena's client for the browser: it predicts, by the very rules that the server runs. All else is `snapline-wasm`.

use snapline_arena::Arena;
use snapline_wasm::Client;
use wasm_bindgen::prelude::wasm_bindgen;

/// A client that predicts the own ship.
#[wasm_bindgen]
#[must_use]
pub fn predicted() -> Client {
    snapline_wasm::predicted::<Arena>()
}
