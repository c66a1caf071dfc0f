//! The built client in `assets/web/pkg/generic` is committed; its stamp tells which sources it was built from. The same sum as in
//! `assets/wasm/build`.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files_below(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

#[test]
fn the_committed_client_was_built_from_these_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = ["shared/Cargo.toml", "assets/wasm/Cargo.toml", "assets/wasm/build"]
        .iter()
        .map(|file| root.join(file))
        .collect();
    files_below(&root.join("shared/src"), &mut files);
    files_below(&root.join("assets/wasm/src"), &mut files);
    let mut lines: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
            (name, hex(&std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))))
        })
        .collect();
    lines.sort();
    let sum: String = lines.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
    let stamp = std::fs::read_to_string(root.join("assets/web/pkg/generic/stamp.txt")).unwrap_or_default();
    assert_eq!(
        stamp.trim(),
        hex(sum.as_bytes()),
        "assets/web/pkg/generic is older than its sources; run: assets/wasm/build"
    );
}
