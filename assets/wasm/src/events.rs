//! What happened, as plain JavaScript objects, and the TypeScript of their shapes.

use js_sys::{Array, Float64Array, Reflect};
use snapline_shared::client::SessionEvent;
use snapline_shared::message::{Notice, RosterChange, Status, Welcome};
use snapline_shared::numbers::of_words;
use snapline_shared::schema::Kind;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface WelcomeEvent { type: "welcome"; epoch: number; tick: number; tickHz: number; ticksPerStep: number; player: number; game: string;
    /** 16 hexadecimal digits, as are all hashes. */ schemaHash: string; map: string; mapHash: string; options: [string, string][];
    /** How long the seat is kept when the connection is lost, in seconds; 0: not at all. */ resumeS: number; }
export interface ReplyEvent { type: "reply"; number: number; /** Why not; none: done. */ refused?: string; }
export interface ChatEvent { type: "chat"; player: number; text: string; }
export interface RosterChange { change: "join" | "leave" | "away"; player: number; name?: string; bot?: boolean; away?: boolean; }
export interface RosterEvent { type: "roster"; /** The whole list, else changes to it. */ whole: boolean; changes: RosterChange[]; }
export interface StatusEvent { type: "status"; rttMs: number; players: number; tickP50Us: number; tickP99Us: number; tickBudgetUs: number;
    starvedTicks: number; stepHz: number; }
export interface ResultsEvent { type: "results"; json: string; }
export interface WordsEvent { type: "words"; text: string; }
/** An event of the game: when, of which kind, and its numbers in schema order. */
export interface GameEvent { type: "game"; tick: number; kind: number; name: string; numbers: Float64Array; }
export type ClientEvent = WelcomeEvent | ReplyEvent | ChatEvent | RosterEvent | StatusEvent | ResultsEvent | WordsEvent | GameEvent;
export interface ClientStats { snapshots: number; snapshotBytes: number; sent: number; desyncs: number; starvedTicks: number;
    /** Whether the own state is predicted; if so, how many own states were compared with a prediction and how many were wrong, by cause. */
    predicted: boolean; compared: number; late: number; touched: number; unexplained: number;
    /** Units by which corrections have moved the own place in all. */ corrected: number;
    /** Own shots shown before the server's rows: those that it confirmed, and did not know. */ shotsConfirmed: number; shotsWithdrawn: number; }
export interface ClientArrival { step: number; bytes: number; rows: number; echoUs?: number;
    /** Since the arrival before. */ intervalMs: number; /** Later than the fastest of the last seconds would have come. */ lateMs: number;
    /** Smallest slack of the inputs of the last second, in ticks; below 0: one came too late; -128: none came. */ slack: number;
    /** How far it lay ahead of what was drawn; below 0: rows were extrapolated. */ bufferedMs: number;
    /** Bits by part of the frame; the header is the rest. */ parts: FrameParts; }
export interface FrameParts { left: number; held: number; woken: number; runs: number; reloads: number; enters: number; eye: number; own: number;
    events: number; check: number; }
/** Bits that the rows of one kind have taken since Welcome: which fields deviate, whole states, and what deviates, by field. */
export interface KindBits { kind: string; modes: number; loads: number; fields: [name: string, bits: number][]; }
"#;

/// A plain object under construction.
pub(crate) struct Object(js_sys::Object);

impl Object {
    pub(crate) fn new() -> Self {
        Self(js_sys::Object::new())
    }

    fn of(kind: &str) -> Self {
        Self::new().text("type", kind)
    }

    pub(crate) fn value(self, name: &str, value: &JsValue) -> Self {
        // Setting a property of a new plain object has no way to fail.
        let set = Reflect::set(&self.0, &JsValue::from_str(name), value);
        debug_assert!(set.is_ok());
        self
    }

    pub(crate) fn number(self, name: &str, number: impl Into<f64>) -> Self {
        self.value(name, &JsValue::from_f64(number.into()))
    }

    pub(crate) fn maybe_number(self, name: &str, number: Option<f64>) -> Self {
        if let Some(number) = number { self.number(name, number) } else { self }
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.value(name, &JsValue::from_str(text))
    }

    pub(crate) fn flag(self, name: &str, flag: bool) -> Self {
        self.value(name, &JsValue::from_bool(flag))
    }

    pub(crate) fn done(self) -> JsValue {
        self.0.into()
    }
}

/// The object for one event of the session; `kinds` are those of the game's events.
pub(crate) fn event(happened: &SessionEvent, kinds: &[Kind]) -> JsValue {
    match happened {
        SessionEvent::Welcome(message) => welcome(message),
        SessionEvent::Reply { number, refused } => {
            let reply = Object::of("reply").number("number", *number);
            if let Some(words) = refused { reply.text("refused", words) } else { reply }.done()
        }
        SessionEvent::Chat { player, text } => Object::of("chat").number("player", player.0).text("text", text).done(),
        SessionEvent::Notice(message) => notice(message),
        SessionEvent::Game { tick, kind, words } => {
            let known = kinds.get(usize::from(*kind));
            let numbers = known.map_or_else(Vec::new, |known| of_words(known, words));
            Object::of("game")
                .number("tick", tick.0)
                .number("kind", *kind)
                .text("name", known.map_or("", |known| &known.name))
                .value("numbers", &Float64Array::from(numbers.as_slice()))
                .done()
        }
    }
}

/// The object for Welcome.
pub(crate) fn welcome(welcome: &Welcome) -> JsValue {
    let pair = |(name, value): &(String, String)| Array::of2(&JsValue::from_str(name), &JsValue::from_str(value));
    Object::of("welcome")
        .number("epoch", welcome.epoch)
        .number("tick", welcome.tick.0)
        .number("tickHz", welcome.tick_hz)
        .number("ticksPerStep", welcome.ticks_per_step)
        .number("player", welcome.player.0)
        .text("game", &welcome.game)
        .text("schemaHash", &format!("{:016x}", welcome.schema_hash))
        .text("map", &welcome.map)
        .text("mapHash", &format!("{:016x}", welcome.map_hash))
        .value("options", &welcome.options.iter().map(pair).collect::<Array>())
        .number("resumeS", welcome.resume_s)
        .done()
}

fn notice(notice: &Notice) -> JsValue {
    match notice {
        Notice::Roster { whole, changes } => Object::of("roster")
            .flag("whole", *whole)
            .value("changes", &changes.iter().map(roster_change).collect::<Array>())
            .done(),
        Notice::Status(now) => status(now),
        Notice::Results(json) => Object::of("results").text("json", json).done(),
        Notice::Words(text) => Object::of("words").text("text", text).done(),
    }
}

fn roster_change(change: &RosterChange) -> JsValue {
    let of = |kind| Object::new().text("change", kind);
    match change {
        RosterChange::Join { player, name, bot } => {
            of("join").number("player", player.0).text("name", name).flag("bot", *bot).done()
        }
        RosterChange::Leave { player } => of("leave").number("player", player.0).done(),
        RosterChange::Away { player, away } => of("away").number("player", player.0).flag("away", *away).done(),
    }
}

fn status(status: &Status) -> JsValue {
    Object::of("status")
        .number("rttMs", status.rtt_ms)
        .number("players", status.players)
        .number("tickP50Us", status.tick_p50_us)
        .number("tickP99Us", status.tick_p99_us)
        .number("tickBudgetUs", status.tick_budget_us)
        .number("starvedTicks", status.starved_ticks)
        .number("stepHz", status.step_hz)
        .done()
}
