//! What messages cost, as plain JavaScript objects.

use js_sys::Array;
use snapline_shared::coder::KindBits;
use snapline_shared::frame::FrameParts;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Client;
use crate::events::Object;

#[wasm_bindgen]
impl Client {
    /// What the next snapshot that has not been polled brought; undefined when there is none.
    #[wasm_bindgen(js_name = pollArrival, unchecked_return_type = "ClientArrival | undefined")]
    #[must_use]
    pub fn poll_arrival(&mut self) -> JsValue {
        self.core.session().poll_arrival().map_or(JsValue::UNDEFINED, |arrival| {
            Object::new()
                .number("step", arrival.step.0)
                .number("bytes", arrival.bytes as f64)
                .number("rows", arrival.rows as f64)
                .maybe_number("echoUs", arrival.echo_us.map(|us| us as f64))
                .number("intervalMs", arrival.lateness.interval_us / 1000.0)
                .number("lateMs", arrival.lateness.late_us / 1000.0)
                .number("slack", arrival.slack)
                .number("bufferedMs", arrival.buffered_us / 1000.0)
                .value("parts", &parts(&arrival.parts))
                .done()
        })
    }

    /// Bits that rows have taken since Welcome, by kind and field, in schema order; undefined before it.
    #[wasm_bindgen(unchecked_return_type = "KindBits[] | undefined")]
    #[must_use]
    pub fn profile(&self) -> JsValue {
        let replica = self.core.session_ref().replica();
        replica.map_or(JsValue::UNDEFINED, |replica| replica.profile().iter().map(kind_bits).collect::<Array>().into())
    }
}

fn parts(of: &FrameParts) -> JsValue {
    Object::new()
        .number("left", of.left as f64)
        .number("held", of.held as f64)
        .number("woken", of.woken as f64)
        .number("runs", of.runs as f64)
        .number("reloads", of.reloads as f64)
        .number("enters", of.enters as f64)
        .number("eye", of.eye as f64)
        .number("own", of.own as f64)
        .number("events", of.events as f64)
        .number("check", of.check as f64)
        .done()
}

fn kind_bits(of: &KindBits) -> JsValue {
    let field = |(name, bits): &(String, u64)| Array::of2(&JsValue::from_str(name), &JsValue::from_f64(*bits as f64));
    Object::new()
        .text("kind", &of.kind)
        .number("modes", of.modes as f64)
        .number("loads", of.loads as f64)
        .value("fields", &of.fields.iter().map(field).collect::<Array>().into())
        .done()
}
