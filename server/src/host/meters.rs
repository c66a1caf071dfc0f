//! What the server measures of itself: handles made once, moved once a tick or once a second, never once a message.

use std::sync::Arc;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::PrometheusRecorder;
use snapline_shared::message::Close;

use crate::room::{PHASES, Phase, RoomStats};

/// Types of messages by their first byte, as label values; what is not listed is `other`.
const TYPES_IN: [&str; 8] = ["other", "hello", "input", "ack", "request", "chat", "visibility", "desync"];
const TYPES_OUT: [&str; 8] = ["other", "welcome", "snapshot", "reply", "chat", "notice", "other", "other"];
/// What tungstenite and browsers call an end without a close frame.
const CODE_ABNORMAL: u16 = 1006;

/// All metrics of one server.
pub(crate) struct Meters {
    recorder: Arc<PrometheusRecorder>,
    pub(super) phases: [Histogram; PHASES],
    pub(super) lag: Histogram,
    pub(super) late: Counter,
    pub(super) skipped: Counter,
    pub(super) over_budget: Counter,
    pub(super) rooms_awake: Gauge,
    pub(super) rooms_asleep: Gauge,
    pub(super) rooms_moved: Counter,
    pub(super) players: Gauge,
    pub(super) entities: Gauge,
    pub(super) playing: Gauge,
    pub(super) hidden: Gauge,
    pub(super) rows_held: Gauge,
    pub(super) bytes_in: Counter,
    pub(super) bytes_out: Counter,
    pub(super) rtt: Histogram,
    pub(super) outqueue: Histogram,
    pub(super) log_suppressed: Counter,
    /// Messages that a client had sent beyond those read in one tick.
    pub(super) floods: Counter,
    handshakes_pending: Gauge,
    messages_in: [Counter; 8],
    messages_out: [Counter; 8],
    inputs: [(&'static str, Counter); 5],
    parts: [Counter; 5],
    snapshots: Counter,
    coalesced: Counter,
    window_closed: Counter,
    desyncs: Counter,
}

impl Meters {
    /// Announces all of them to `recorder`.
    pub(crate) fn new(recorder: Arc<PrometheusRecorder>, game: &'static str) -> Self {
        let made = Arc::clone(&recorder);
        with_local_recorder(&*made, || {
            describe();
            gauge!("snapline_build_info", "version" => env!("CARGO_PKG_VERSION"), "game" => game).set(1.0);
            let messages = |dir: &'static str, types: [&'static str; 8]| {
                types.map(|kind| counter!("snapline_messages_total", "dir" => dir, "type" => kind))
            };
            let rooms = |state: &'static str| gauge!("snapline_rooms", "state" => state);
            let connections = |state: &'static str| gauge!("snapline_connections", "state" => state);
            let bytes = |dir: &'static str| counter!("snapline_bytes_total", "dir" => dir);
            Self {
                recorder,
                phases: Phase::ALL.map(|phase| histogram!("snapline_tick_duration_seconds", "phase" => phase.name())),
                lag: histogram!("snapline_tick_lag_seconds"),
                late: counter!("snapline_tick_late_total"),
                skipped: counter!("snapline_tick_skipped_total"),
                over_budget: counter!("snapline_step_over_budget_total"),
                rooms_awake: rooms("awake"),
                rooms_asleep: rooms("asleep"),
                rooms_moved: counter!("snapline_rooms_moved_total"),
                players: gauge!("snapline_players"),
                entities: gauge!("snapline_entities"),
                playing: connections("playing"),
                hidden: connections("hidden"),
                rows_held: gauge!("snapline_held_rows"),
                bytes_in: bytes("in"),
                bytes_out: bytes("out"),
                rtt: histogram!("snapline_rtt_seconds"),
                outqueue: histogram!("snapline_outqueue_bytes"),
                log_suppressed: counter!("snapline_log_suppressed_total"),
                floods: counter!("snapline_floods_total"),
                handshakes_pending: gauge!("snapline_handshakes_pending"),
                messages_in: messages("in", TYPES_IN),
                messages_out: messages("out", TYPES_OUT),
                inputs: ["applied", "late", "future", "dup", "invalid"]
                    .map(|verdict| (verdict, counter!("snapline_inputs_total", "verdict" => verdict))),
                parts: ["runs", "loads", "own", "events", "lists"]
                    .map(|part| counter!("snapline_snapshot_bytes_total", "part" => part)),
                snapshots: counter!("snapline_snapshots_total"),
                coalesced: counter!("snapline_snapshot_coalesced_total"),
                window_closed: counter!("snapline_window_closed_total"),
                desyncs: counter!("snapline_desyncs_total"),
            }
        })
    }

    /// A connection that was playing has ended; none: without a close frame.
    pub(super) fn disconnected(&self, close: Option<&Close>) {
        let initiator = if close.is_none_or(|close| *close == Close::Bye) { "client" } else { "server" };
        let code = close.map_or(CODE_ABNORMAL, Close::code).to_string();
        with_local_recorder(&*self.recorder, || {
            counter!("snapline_disconnects_total", "code" => code, "initiator" => initiator).increment(1);
        });
    }

    /// How somebody fared who wanted to play; `result` is one of a few words.
    pub(crate) fn handshake(&self, result: &'static str) {
        with_local_recorder(&*self.recorder, || {
            counter!("snapline_handshakes_total", "result" => result).increment(1);
        });
    }

    /// Somebody has been upgraded and has not joined yet, until what is given is dropped.
    pub(crate) fn pending(&self) -> Pending {
        self.handshakes_pending.increment(1.0);
        Pending(self.handshakes_pending.clone())
    }

    /// The gauges of one tick thread.
    pub(super) fn thread(&self, number: usize) -> ThreadMeters {
        let thread = number.to_string();
        with_local_recorder(&*self.recorder, || ThreadMeters {
            busy: gauge!("snapline_thread_busy_ratio", "thread" => thread.clone()),
            worst_tick: gauge!("snapline_worst_room_tick_seconds", "thread" => thread.clone()),
            overload: gauge!("snapline_overload_level", "thread" => thread),
        })
    }

    /// What a room has counted from `before` to `now`.
    pub(super) fn add(&self, before: &RoomStats, now: &RoomStats) {
        for kind in 0..8 {
            self.messages_in[kind].increment(now.messages_in[kind] - before.messages_in[kind]);
            self.messages_out[kind].increment(now.messages_out[kind] - before.messages_out[kind]);
        }
        let inputs = |stats: &RoomStats| {
            let RoomStats { inputs_applied, inputs_late, inputs_early, inputs_repeated, inputs_invalid, .. } = *stats;
            [inputs_applied, inputs_late, inputs_early, inputs_repeated, inputs_invalid]
        };
        for ((_, counter), (now, before)) in self.inputs.iter().zip(inputs(now).into_iter().zip(inputs(before))) {
            counter.increment(now.saturating_sub(before));
        }
        let parts = |stats: &RoomStats| {
            let parts = &stats.parts;
            let lists = parts.left + parts.held + parts.woken + parts.eye + parts.check;
            [parts.runs, parts.reloads + parts.enters, parts.own, parts.events, lists]
        };
        for (counter, (now, before)) in self.parts.iter().zip(parts(now).into_iter().zip(parts(before))) {
            // The whole bytes by now less those told before: so no fraction is lost.
            counter.increment(now / 8 - before / 8);
        }
        self.snapshots.increment(now.snapshots - before.snapshots);
        self.coalesced.increment(now.steps_coalesced - before.steps_coalesced);
        self.window_closed.increment(now.window_closed - before.window_closed);
        self.desyncs.increment(now.desyncs - before.desyncs);
    }
}

/// A handshake that goes on.
pub(crate) struct Pending(Gauge);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// What is told by tick thread: their number is bounded by a setting.
pub(super) struct ThreadMeters {
    pub(super) busy: Gauge,
    pub(super) worst_tick: Gauge,
    pub(super) overload: Gauge,
}

fn describe() {
    let s = Unit::Seconds;
    describe_histogram!("snapline_tick_duration_seconds", s, "Time of one room's tick by phase");
    describe_histogram!("snapline_tick_lag_seconds", s, "How long after its deadline a tick started");
    describe_counter!("snapline_tick_late_total", "Ticks that started more than half an interval late");
    describe_counter!("snapline_tick_skipped_total", "Ticks that never existed for lack of time");
    describe_counter!("snapline_step_over_budget_total", "Ticks in which a game took more than step_budget_us");
    describe_gauge!("snapline_rooms", "Rooms by state");
    describe_counter!("snapline_rooms_moved_total", "Rooms that moved to another tick thread");
    describe_gauge!("snapline_players", "Seats taken by people");
    describe_gauge!("snapline_entities", "Rows of all worlds");
    describe_gauge!("snapline_connections", "Connections with a seat by state");
    describe_gauge!("snapline_held_rows", "Rows that clients have frozen for lack of bandwidth, at their last frames");
    describe_counter!("snapline_bytes_total", "Bytes of players' sockets by direction");
    describe_histogram!("snapline_rtt_seconds", s, "From a snapshot's sending to its ack, once a second and client");
    describe_histogram!("snapline_outqueue_bytes", Unit::Bytes, "Bytes waiting for a client, once a second and client");
    describe_counter!("snapline_log_suppressed_total", "Log lines that were not written because there were too many");
    describe_counter!("snapline_floods_total", "Ticks in which a client had sent more messages than are read in one");
    describe_gauge!("snapline_handshakes_pending", "Upgraded connections that have not joined yet");
    describe_counter!("snapline_messages_total", "Messages by direction and type");
    describe_counter!("snapline_inputs_total", "Inputs by what became of them");
    describe_counter!("snapline_snapshot_bytes_total", "Bytes of snapshots by what they are for");
    describe_counter!("snapline_snapshots_total", "Snapshots sent");
    describe_counter!("snapline_snapshot_coalesced_total", "Steps that clients got in one frame beyond its first");
    describe_counter!("snapline_window_closed_total", "Snapshots not made because too many were not acknowledged");
    describe_counter!("snapline_desyncs_total", "Clients whose check failed");
    describe_counter!("snapline_disconnects_total", "Connections that had a seat and ended, by close code");
    describe_counter!("snapline_handshakes_total", "Upgrades by result");
    describe_gauge!("snapline_thread_busy_ratio", "Share of the last second in which the tick thread worked");
    describe_gauge!(
        "snapline_worst_room_tick_seconds",
        s,
        "The longest tick of the last second; /api/rooms tells whose"
    );
    describe_gauge!("snapline_overload_level", "0: none; 1-5: lower step rates; 6: joins are refused");
    describe_gauge!("snapline_build_info", "What runs here");
}
