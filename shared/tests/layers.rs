//! The rules that the compiler does not keep: which module may import which, that no engine crate names a game, how long a file may be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// For each module of `shared` the modules it may import; `prelude` and `testing` may import all.
const SHARED: &[(&str, &[&str])] = &[
    ("tick", &[]),
    ("bits", &[]),
    ("quant", &[]),
    ("ids", &[]),
    ("rng", &[]),
    ("words", &["bits", "quant"]),
    ("schema", &["quant"]),
    ("wire", &["schema", "quant"]),
    ("numbers", &["quant", "schema"]),
    ("rows", &["ids", "schema", "tick", "wire"]),
    ("events", &["ids", "rows", "schema", "wire"]),
    ("coder", &["bits", "quant", "schema", "words"]),
    ("frame", &["bits", "coder", "events", "ids", "quant", "rows", "schema", "tick", "words"]),
    ("message", &["bits", "frame", "ids", "quant", "tick", "words"]),
    ("game", &["events", "ids", "rng", "rows", "schema", "tick", "wire"]),
    ("link", &["rng"]),
    (
        "client",
        &["coder", "frame", "game", "ids", "message", "numbers", "quant", "rows", "schema", "tick", "wire", "words"],
    ),
];
/// What neither `shared` nor `server::room` may mention (invariant 1).
const SHELL: &[&str] = &["std::time::Instant", "SystemTime", "std::thread", "std::net", "tokio", "HashMap", "HashSet"];
/// Lines of a file.
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below `dir` with one of these endings, by path from the root, without what is built or fetched.
fn files(dir: &str, endings: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(dir)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry of a folder").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !["target", "node_modules", "pkg", ".git", "shots"].contains(&name.as_str()) {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let from_root = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
                found.insert(from_root, text);
            }
        }
    }
    found
}

/// Whether the file is the tests of the module that its folder is named after.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
}

/// The lines that are code, with their numbers; tests at the end of a file left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(i, line)| (i + 1, line))
}

/// Names after `crate::` in a line.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$')).map(|(at, _)| {
        let rest = &line[at + "crate::".len()..];
        &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
    })
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in files("shared/src", &[".rs"]).into_iter().filter(|(path, _)| !is_test(path)) {
        let module = path["shared/src/".len()..].split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some((_, allowed)) = SHARED.iter().find(|(name, _)| *name == module) else {
            assert!(
                ["lib", "prelude", "testing"].contains(&module.as_str()),
                "{path}: say in layers.rs what it may import"
            );
            continue;
        };
        for (number, line) in code(&text) {
            for import in
                imports(line).filter(|import| *import != module && !allowed.contains(import) && *import != "serde")
            {
                wrong.push(format!("{path}:{number}: {module} may not import {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_core_names_no_clock_socket_or_thread_and_the_room_no_client() {
    let mut wrong = Vec::new();
    let room = files("server/src/room", &[".rs"]);
    for (path, text) in files("shared/src", &[".rs"]).iter().chain(&room) {
        for (number, line) in code(text) {
            wrong.extend(
                SHELL.iter().filter(|word| line.contains(**word)).map(|word| format!("{path}:{number}: {word}")),
            );
        }
    }
    for (path, text) in &room {
        for (number, line) in code(text) {
            let outside = imports(line).any(|import| ["host", "net", "ops", "config", "server"].contains(&import));
            if outside || line.contains("snapline_shared::client") {
                wrong.push(format!("{path}:{number}: a room knows neither its host nor a client"));
            }
        }
    }
    for (path, text) in files("server/src/net", &[".rs"]) {
        for (number, line) in code(&text).filter(|(_, line)| line.contains("::game") || line.contains("::coder")) {
            wrong.push(format!("{path}:{number}: net knows neither game nor coder: {line}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_engine_crate_names_a_game() {
    let mut wrong = Vec::new();
    for dir in ["shared/src", "server/src", "bot-client/src", "assets/wasm/src"] {
        for (path, text) in files(dir, &[".rs"]).iter().filter(|(path, _)| !path.ends_with("src/main.rs")) {
            for (number, line) in code(text) {
                if ["snapline_swarm", "snapline_arena"].iter().any(|game| line.contains(game)) {
                    wrong.push(format!("{path}:{number}: {line}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let endings = [".rs", ".js", ".mjs", ".css", ".py"];
    let mut long = Vec::new();
    for dir in ["shared", "server", "bot-client", "benches", "assets"] {
        for (path, text) in files(dir, &endings) {
            let lines = text.lines().count();
            if lines > LINES_MAX {
                long.push(format!("{path}: {lines} lines, {LINES_MAX} at most: which second idea lives in it?"));
            }
        }
    }
    assert!(long.is_empty(), "\n{}", long.join("\n"));
    let swarm = std::fs::read_to_string(root().join("shared/swarm/src/lib.rs")).expect("the swarm");
    assert!(swarm.lines().count() < 120, "the smallest game is what a newcomer reads first: under 120 lines");
}
