//! What the golden vectors are run through: the same functions as everywhere, reached from JavaScript.

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use snapline_shared::schema::Schema;

use crate::lanes::{kind_called, quantise};

/// The words of a value of the kind called `kind`, given as its numbers in schema order.
///
/// # Errors
/// When the bytes are no schema or it has no such kind.
#[wasm_bindgen]
pub fn golden_quantise(schema_json: &[u8], kind: &str, numbers: &[f64]) -> Result<Vec<u32>, JsError> {
    let schema = Schema::from_json(schema_json)?;
    let known = kind_called(&schema, kind).ok_or_else(|| JsError::new(&format!("no kind {kind}")))?;
    Ok(quantise(known, numbers))
}
