//! What the golden vectors are run through: the same functions as everywhere, reached from JavaScript.

use std::sync::Arc;

use snapline_shared::client::SessionEvent;
use snapline_shared::coder::Rates;
use snapline_shared::frame::Replica;
use snapline_shared::message::ServerMessage;
use snapline_shared::numbers::to_words;
use snapline_shared::schema::{Kind, Schema};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::events::event;

/// The words of a value of the kind called `kind`, given as its numbers in schema order.
///
/// # Errors
/// When the bytes are no schema or it has no such kind.
#[wasm_bindgen]
pub fn golden_quantise(schema_json: &[u8], kind: &str, numbers: &[f64]) -> Result<Vec<u32>, JsError> {
    let schema = Schema::from_json(schema_json)?;
    let known = kind_called(&schema, kind).ok_or_else(|| JsError::new(&format!("no kind {kind}")))?;
    Ok(to_words(known, numbers))
}

/// What a message of the server means, as `Client.pollEvent` would tell it; snapshots are for `GoldenReplica`.
///
/// # Errors
/// When the bytes are no such message.
#[wasm_bindgen(unchecked_return_type = "ClientEvent")]
pub fn golden_server_message(bytes: &[u8]) -> Result<JsValue, JsError> {
    let happened = match ServerMessage::decode(bytes)? {
        ServerMessage::Welcome(welcome) => SessionEvent::Welcome(welcome),
        ServerMessage::Reply { number, refused } => SessionEvent::Reply { number, refused },
        ServerMessage::Chat { player, text } => SessionEvent::Chat { player, text },
        ServerMessage::Notice(notice) => SessionEvent::Notice(notice),
    };
    Ok(event(&happened, &[]))
}

/// A replica alone: fed the snapshots of a recorded connection, it tells the rows that they make.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GoldenReplica(Replica);

#[wasm_bindgen]
impl GoldenReplica {
    /// One that knows nothing yet.
    ///
    /// # Errors
    /// When the bytes are no schema.
    #[wasm_bindgen(constructor)]
    pub fn new(schema_json: &[u8], tick_hz: u32, ticks_per_step: u32) -> Result<Self, JsError> {
        let rates = Rates { tick_hz, ticks_per_step };
        Ok(Self(Replica::new(&Arc::new(Schema::from_json(schema_json)?), rates).map_err(|words| JsError::new(&words))?))
    }

    /// Applies one snapshot; gives all known rows, each as slot, low 8 bits of the generation, 1 when held, kind, number of words, words.
    ///
    /// # Errors
    /// When the bytes are no snapshot that follows.
    pub fn read(&mut self, snapshot: &[u8]) -> Result<Vec<u32>, JsError> {
        self.0.read(snapshot)?;
        let mut rows = Vec::new();
        for row in self.0.rows() {
            let (words, generation) = (&row.state.words, row.id.generation & 0xff);
            rows.extend([row.id.slot.into(), generation, row.held.into(), row.state.kind.into(), words.len() as u32]);
            rows.extend(words);
        }
        Ok(rows)
    }

    /// The newest step applied; undefined before the first snapshot.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn step(&self) -> Option<u32> {
        self.0.step().map(|step| step.0)
    }
}

/// The kind called `name`, wherever the schema has it.
fn kind_called<'a>(schema: &'a Schema, name: &str) -> Option<&'a Kind> {
    let lists = schema.entities.iter().chain(schema.events.iter()).chain(schema.requests.iter());
    lists.chain([&schema.input, &schema.own]).find(|kind| kind.name == name)
}
