//! The codec's figures: what is measured of which world, as a table to read and as JSON.

use serde_json::{Map, Value, json};
use snapline_shared::frame::FrameParts;
use snapline_shared::prelude::Game;
use snapline_swarm::Swarm;

use crate::rivals;
use crate::traces::Trace;
use crate::training::tables_of;
use crate::watch::{Seen, Watch};
use crate::worlds::{self, Steer};

/// How far they see, in sixteenths of a unit as in the file.
const RADIUS: f64 = 400.0 * 16.0;

/// All that has been measured so far.
#[derive(Debug)]
pub struct Table {
    json: Map<String, Value>,
    lines: Vec<String>,
    round_trip_ok: bool,
    splice_equal_ok: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self { json: Map::new(), lines: Vec::new(), round_trip_ok: true, splice_equal_ok: true }
    }
}

impl Table {
    /// The JSON of it.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut json = self.json.clone();
        json.insert("round_trip_ok".to_owned(), self.round_trip_ok.into());
        json.insert("splice_equal_ok".to_owned(), self.splice_equal_ok.into());
        Value::Object(json)
    }

    /// Lines to read.
    #[must_use]
    pub fn text(&self) -> String {
        let verdict = |ok: bool| if ok { "yes" } else { "NO" };
        format!(
            "{}\n\nEvery frame read by its bytes alone gave exactly the rows: {}; what is spliced is what is made for one alone: {}\n",
            self.lines.join("\n"),
            verdict(self.round_trip_ok),
            verdict(self.splice_equal_ok)
        )
    }

    /// Whether everything came back.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.round_trip_ok && self.splice_equal_ok
    }

    fn section(&mut self, title: &str) {
        self.lines.push(format!(
            "\n{title}\n{:<44} {:>9} {:>9} {:>9} {:>10} {:>10} {:>10}",
            "", "rows", "B", "bits/row", "encode ns", "splice ns", "decode ns"
        ));
    }

    /// One line: encode and decode for a run, splice for a visible row.
    fn line(&mut self, name: &str, rows: f64, bytes: f64, ns: [f64; 3]) {
        let [encode, splice, decode] = ns.map(|ns| if ns > 0.0 { format!("{ns:.1}") } else { String::new() });
        let bits = bytes * 8.0 / rows.max(1.0);
        self.lines
            .push(format!("{name:<44} {rows:>9.1} {bytes:>9.1} {bits:>9.2} {encode:>10} {splice:>10} {decode:>10}"));
    }

    /// Where the bytes of a frame went.
    fn parts(&mut self, seen: &Seen) {
        let FrameParts { left, held, woken, runs, reloads, enters, eye, own, events, check } = seen.parts;
        let each = |bits: u64| bits as f64 / 8.0 / seen.frames.max(1) as f64;
        let told = left + held + woken + runs + reloads + enters + eye + own + events + check;
        let header = seen.bytes_each() - each(told);
        let parts = [("left", left), ("held", held), ("woken", woken), ("runs", runs), ("reloads", reloads)];
        let more = [("enters", enters), ("self", eye), ("own", own), ("check", check)];
        let parts = parts.into_iter().chain(more).filter(|(_, bits)| *bits > 0);
        let parts: String = parts.map(|(name, bits)| format!(", {name} {:.1}", each(bits))).collect();
        self.lines.push(format!("    of these bytes header and filling {header:.1}{parts}"));
    }

    fn set(&mut self, group: &str, key: &str, value: f64) {
        let group = self.json.entry(group).or_insert_with(|| json!({}));
        group[key] = rounded(value);
    }

    fn run(&mut self, watch: &Watch<'_>) -> Result<Seen, String> {
        let seen = watch.run()?;
        self.round_trip_ok &= seen.wrong == 0 && seen.frames > 0;
        self.splice_equal_ok &= !seen.alone_differs;
        Ok(seen)
    }

    fn times(&mut self, seen: &Seen) {
        for (key, cost) in [
            ("encode_ns_per_row", &seen.encode),
            ("decode_ns_per_row", &seen.decode),
            ("splice_ns_per_row", &seen.splice),
            ("quake3_encode_ns_per_row", &seen.quake3),
        ] {
            self.json.insert(key.to_owned(), rounded(cost.median()));
        }
    }

    /// The cubes: one client who sees all, rows only.
    ///
    /// # Errors
    /// When a training or a measurement is not possible; in words.
    pub fn cubes(&mut self, trace: &Trace, train: &Trace) -> Result<(), String> {
        self.section("Cubes, one client, rows only (list of woken rows and runs); ns for an awake row, splice and others for any");
        for (key, stride) in [("6back60", 6), ("1back60", 1), ("1back30", 2), ("1back20", 3)] {
            let trace = trace.strided(stride, 0);
            let tables = tables_of(train, stride, f64::INFINITY)?;
            for (name, tables) in [("trained", tables.as_str()), ("formula", "")] {
                let (clients, radius) = (1, f64::INFINITY);
                let watch = Watch { trace: &trace, tables, clients, radius, plays: false, every: 1, quake3: true };
                let seen = self.run(&watch)?;
                let bytes = seen.bytes_rows_each();
                let ns = [seen.encode.median(), seen.splice.median(), seen.decode.median()];
                self.line(&format!("{key}, {name}"), seen.visible_each(), bytes, ns);
                let group = if name == "trained" { "bytes_per_snapshot" } else { "bytes_per_snapshot_formula" };
                self.set(group, key, bytes);
                if (key, name) == ("1back60", "trained") {
                    self.times(&seen);
                }
            }
            self.rivals(key, &trace, &train.strided(stride, 0))?;
        }
        Ok(())
    }

    fn rivals(&mut self, key: &str, trace: &Trace, train: &Trace) -> Result<(), String> {
        let rows = trace.steps.iter().map(|rows| rows.list().len()).sum::<usize>() as f64 / trace.steps.len() as f64;
        for (name, bytes, ns) in rivals::whole_world(trace, train)?.of {
            self.line(&format!("{key}, {name}"), rows, bytes, [ns, 0.0, 0.0]);
            self.set(
                &format!("bytes_per_snapshot_{}", name.split([' ', '\'']).next().unwrap_or(name).to_lowercase()),
                key,
                bytes,
            );
        }
        Ok(())
    }

    /// An arena: everything visible at three rates; clients who see a part of it; clients some steps behind.
    ///
    /// # Errors
    /// As [`Self::cubes`].
    pub fn arena(&mut self, trace: &Trace, train: &Trace, radius: Option<f64>) -> Result<(), String> {
        let radius = radius.unwrap_or(RADIUS);
        self.section("Arena, everything visible, whole frames; ns for an awake row, splice and others for any");
        for (key, stride) in [("1back30", 1), ("1back15", 2), ("1back10", 3)] {
            let trace = trace.strided(stride, 0);
            let tables = tables_of(train, stride, f64::INFINITY)?;
            for (name, tables) in [("trained", tables.as_str()), ("formula", "")] {
                let (clients, radius) = (1, f64::INFINITY);
                let watch = Watch { trace: &trace, tables, clients, radius, plays: true, every: 1, quake3: false };
                let seen = self.run(&watch)?;
                let ns = [seen.encode.median(), seen.splice.median(), seen.decode.median()];
                self.line(&format!("{key}, {name}"), seen.visible_each(), seen.bytes_each(), ns);
                self.parts(&seen);
                let group = if name == "trained" { "bytes_per_snapshot" } else { "bytes_per_snapshot_formula" };
                self.set(group, key, seen.bytes_each());
            }
            self.rivals(key, &trace, &train.strided(stride, 0))?;
        }
        let tables = tables_of(train, 1, radius)?;
        self.interest(trace, &tables, radius)?;
        self.behind(trace, &tables, radius)
    }

    fn interest(&mut self, trace: &Trace, tables: &str, radius: f64) -> Result<(), String> {
        self.section("Arena, a client for each player, who sees a part of it, whole frames; ns for an awake row, splice and Quake III for a visible one");
        for (name, tables) in [("trained", tables), ("formula", "")] {
            let is_trained = name == "trained";
            let watch =
                Watch { trace, tables, clients: trace.players, radius, plays: true, every: 1, quake3: is_trained };
            let seen = self.run(&watch)?;
            let ns = [seen.encode.median(), seen.splice.median(), seen.decode.median()];
            self.line(name, seen.visible_each(), seen.bytes_each(), ns);
            self.parts(&seen);
            if !is_trained {
                self.set("interest", "bytes_formula", seen.bytes_each());
                continue;
            }
            self.set("interest", "visible", seen.visible_each());
            self.set("interest", "bytes", seen.bytes_each());
            self.set("interest", "splice_ns_per_row", seen.splice.median());
            let quake3 = seen.quake3_bytes as f64 / seen.frames.max(1) as f64;
            self.set("interest", "bytes_quake3", quake3);
            self.line("Quake III's way, the same views", seen.visible_each(), quake3, [seen.quake3.median(), 0.0, 0.0]);
            self.times(&seen);
            let ratio = |a: f64, b: f64| a / b.max(1e-9);
            self.lines.push(format!(
                "encode : Quake III {:.2}, splice : Quake III {:.2}, decode : encode {:.2}",
                ratio(seen.encode.median(), seen.quake3.median()),
                ratio(seen.splice.median(), seen.quake3.median()),
                ratio(seen.decode.median(), seen.encode.median())
            ));
        }
        Ok(())
    }

    fn behind(&mut self, trace: &Trace, tables: &str, radius: f64) -> Result<(), String> {
        self.section("The same clients some steps behind, without own state (17: everything is loaded)");
        for (key, every) in [("k2", 2), ("k4", 4), ("k16", 16), ("loads", 17)] {
            let watch = Watch { trace, tables, clients: trace.players, radius, plays: true, every, quake3: false };
            let seen = self.run(&watch)?;
            let ns = [0.0, seen.splice.median(), seen.decode.median()];
            self.line(&format!("{every} steps"), seen.visible_each(), seen.bytes_each_beside_own(), ns);
            self.parts(&seen);
            self.set("behind", key, seen.bytes_each_beside_own());
            self.set("behind_with_own", key, seen.bytes_each());
        }
        Ok(())
    }

    /// The swarm as in the workloads w1 to w3, `ticks` long: with tables trained on another seed of the same workload, with the tables
    /// that the game has, which serve all of them, and with formula codes.
    ///
    /// # Errors
    /// As [`Self::cubes`].
    pub fn swarm(&mut self, ticks: u32) -> Result<(), String> {
        self.section(
            "Swarm, whole frames, for a client and tick; ns for an awake row, splice and Quake III for a visible one",
        );
        for (steer, suffix) in [(Steer::Turning, ""), (Steer::Wandering, "_wander")] {
            for (name, players, tick_hz, radius) in
                [("w1", 100, 20, f64::INFINITY), ("w2", 500, 20, 121.0), ("w3", 10, 30, f64::INFINITY)]
            {
                let key = format!("{name}{suffix}");
                let trace = worlds::swarm(players, tick_hz, steer, ticks, 1);
                // As many rows as make tables, however few the room has.
                let train = worlds::swarm(players.max(100), tick_hz, steer, ticks, 2);
                let trained = tables_of(&train, 1, radius)?;
                for (way, tables) in [("trained", trained.as_str()), ("the game's own", Swarm::TABLES), ("formula", "")]
                {
                    let trace = &trace;
                    let is_trained = way == "trained";
                    let watch =
                        Watch { trace, tables, clients: players, radius, plays: true, every: 1, quake3: is_trained };
                    let seen = self.run(&watch)?;
                    let ns = [seen.encode.median(), seen.splice.median(), seen.decode.median()];
                    self.line(&format!("{key}, {way}"), seen.visible_each(), seen.bytes_each(), ns);
                    self.parts(&seen);
                    let group = match way {
                        "trained" => "swarm",
                        "formula" => "swarm_formula",
                        _ => "swarm_own_tables",
                    };
                    self.set(group, &key, seen.bytes_each());
                    if is_trained {
                        let quake3 = seen.quake3_bytes as f64 / seen.frames.max(1) as f64;
                        let ns = [seen.quake3.median(), 0.0, 0.0];
                        self.line(&format!("{key}, Quake III's way"), seen.visible_each(), quake3, ns);
                        self.set("swarm_quake3", &key, quake3);
                        if !self.json.contains_key("encode_ns_per_row") {
                            self.times(&seen);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn rounded(value: f64) -> Value {
    json!((value * 100.0).round() / 100.0)
}
