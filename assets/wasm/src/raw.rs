//! The newest snapshot as it came, for those who want to see what interpolation does.

use snapline_shared::client::{Drawn, Session};
use snapline_shared::numbers::of_words;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Client;

#[wasm_bindgen]
impl Client {
    /// Rows of the newest snapshot, four numbers each: slot, kind, and the two of its place. Kinds without a place are left out.
    #[wasm_bindgen(js_name = rawPlaces)]
    #[must_use]
    pub fn raw_places(&self) -> Vec<f64> {
        let session = self.core.session_ref();
        let Some(replica) = session.replica() else { return Vec::new() };
        let mut places = Vec::with_capacity(replica.rows().len() * 4);
        for row in replica.rows() {
            let kind = &session.schema().entities[usize::from(row.state.kind)];
            let Some(at) = kind.at else { continue };
            let from: usize = kind.fields[..usize::from(at)].iter().map(|field| field.shape.components()).sum();
            let numbers = of_words(kind, &row.state.words);
            places.extend([f64::from(row.id.slot), f64::from(row.state.kind), numbers[from], numbers[from + 1]]);
        }
        places
    }
}

/// Gives the drawn rows that the newest snapshot has too what it says of them; the own one is left as it is when `keeps_own`.
pub(crate) fn snap(session: &Session, keeps_own: bool, drawn: &mut Drawn) {
    let Some(replica) = session.replica() else { return };
    for (at, row) in drawn.rows.iter().enumerate() {
        if keeps_own && drawn.own == Some(at) {
            continue;
        }
        let rows = replica.rows();
        let Ok(found) = rows.binary_search_by_key(&row.id.slot, |known| known.id.slot) else { continue };
        let (id, state) = (rows[found].id, &rows[found].state);
        if id == row.id && state.kind == row.kind {
            let numbers = of_words(&session.schema().entities[usize::from(row.kind)], &state.words);
            for (out, number) in drawn.values[row.from as usize..].iter_mut().zip(numbers) {
                *out = number as f32;
            }
        }
    }
}
