//! The page is built into the binary: when a file of it changes or comes new, the binary is built again. The page's tests are no part of it.

fn main() {
    for entry in std::fs::read_dir("../assets/web").into_iter().flatten().flatten() {
        if entry.file_name() != "test" {
            println!("cargo::rerun-if-changed={}", entry.path().display());
        }
    }
}
