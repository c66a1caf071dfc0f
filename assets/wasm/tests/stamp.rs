//! The built clients in `assets/web/pkg` are committed; the stamp of each tells which sources it was built from. The same sums as in
//! `assets/wasm/build`.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Files and folders that go into every client.
const GENERIC: &[&str] =
    &["shared/src", "shared/Cargo.toml", "assets/wasm/src", "assets/wasm/Cargo.toml", "assets/wasm/build"];
/// What the arena's adds.
const ARENA: &[&str] = &[
    "assets/wasm/arena/src",
    "assets/wasm/arena/Cargo.toml",
    "shared/arena/src",
    "shared/arena/Cargo.toml",
    "assets/maps/arena.json",
];

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files_below(path: PathBuf, into: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        return into.push(path);
    }
    for entry in std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
        files_below(entry.expect("an entry of a folder").path(), into);
    }
}

fn assert_current(package: &str, sources: &[&[&str]]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for source in sources.iter().copied().flatten() {
        files_below(root.join(source), &mut files);
    }
    let mut lines: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
            (name, hex(&std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))))
        })
        .collect();
    lines.sort();
    let sum: String = lines.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
    let stamp =
        std::fs::read_to_string(root.join("assets/web/pkg").join(package).join("stamp.txt")).unwrap_or_default();
    assert_eq!(
        stamp.trim(),
        hex(sum.as_bytes()),
        "assets/web/pkg/{package} is older than its sources; run: assets/wasm/build"
    );
}

#[test]
fn the_committed_generic_client_was_built_from_these_sources() {
    assert_current("generic", &[GENERIC]);
}

#[test]
fn the_committed_arena_client_was_built_from_these_sources() {
    assert_current("arena", &[GENERIC, ARENA]);
}
