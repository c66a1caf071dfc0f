//! The map that a room plays on.

use std::sync::Arc;

use snapline_shared::game::Map;

/// Bytes of a map.
pub const MAP_BYTES_MAX: usize = 1 << 20;
/// Characters of a map's name.
pub const MAP_NAME_CHARS_MAX: usize = 64;

/// A map that a room plays on in place of its game's own. A clone shares its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomMap {
    name: Arc<str>,
    bytes: Arc<[u8]>,
}

impl RoomMap {
    /// The map `name`: 1-64 characters of `[A-Za-z0-9._-]`, the first no dot. At most 1 MiB.
    ///
    /// # Errors
    /// What is wrong and what would be accepted.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, String> {
        check(&Map { name, bytes })?;
        Ok(Self { name: name.into(), bytes: bytes.into() })
    }

    /// Its name and bytes.
    #[must_use]
    pub fn get(&self) -> Map<'_> {
        Map { name: &self.name, bytes: &self.bytes }
    }
}

/// Whether a map can be served: its name within an address, its bytes within the limit.
pub(super) fn check(map: &Map<'_>) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let (name, len) = (map.name, map.bytes.len());
    if !(1..=MAP_NAME_CHARS_MAX).contains(&name.len()) || !name.bytes().all(is_plain) || name.starts_with('.') {
        return Err(format!("the name {name:?} is not 1-64 characters of A-Z a-z 0-9 . _ -, the first no dot"));
    }
    if len > MAP_BYTES_MAX {
        return Err(format!("{len} bytes, {MAP_BYTES_MAX} at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_an_address_and_bytes_the_limit() {
        for name in ["arena.json", "A_b-1..txt", "-", &"x".repeat(MAP_NAME_CHARS_MAX)] {
            assert!(RoomMap::new(name, b"x").is_ok(), "{name}");
        }
        for name in ["", ".hidden", "..", "a/b", "a b", "a%20b", "ä", "a\0", &"x".repeat(MAP_NAME_CHARS_MAX + 1)] {
            assert!(RoomMap::new(name, b"x").is_err(), "{name}");
        }
        let bytes = vec![7; MAP_BYTES_MAX + 1];
        assert!(RoomMap::new("a", &bytes[1..]).is_ok_and(|map| map.get().bytes.len() == MAP_BYTES_MAX));
        assert_eq!(RoomMap::new("a", &bytes), Err("1048577 bytes, 1048576 at most".to_owned()));
    }
}
