//! The room's map, fetched once for all bots that want it.

use std::sync::Arc;

use snapline_shared::client::Player;
use tokio::sync::Mutex;

use crate::fetch::fetch;
use crate::target::Target;

/// As the server limits it.
const MAP_BYTES_MAX: usize = 1 << 20;
/// Characters of a map's name.
const NAME_CHARS_MAX: usize = 64;

/// The map that was fetched last; a room has one.
#[derive(Debug)]
pub(crate) struct Maps {
    target: Target,
    newest: Mutex<Option<(String, Arc<[u8]>)>>,
}

impl Maps {
    pub(crate) fn new(target: Target) -> Self {
        Self { target, newest: Mutex::new(None) }
    }

    /// Gives `player` the map that it wants, if it wants one. The error is for people.
    pub(crate) async fn hand_to(&self, player: &mut dyn Player) -> Result<(), String> {
        let Some(name) = player.wants_map().map(str::to_owned) else { return Ok(()) };
        let bytes = self.get(&name).await?;
        player.set_map(&bytes).map_err(|error| error.to_string())?;
        // A player that still wants it got other bytes than the room plays on.
        match player.wants_map() {
            None => Ok(()),
            Some(_) => Err(format!("/maps/{name} is not the map that the room plays on: its hash differs")),
        }
    }

    async fn get(&self, name: &str) -> Result<Arc<[u8]>, String> {
        let mut newest = self.newest.lock().await;
        if let Some((_, bytes)) = newest.as_ref().filter(|(known, _)| known == name) {
            return Ok(bytes.clone());
        }
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_plain || name.is_empty() || name.len() > NAME_CHARS_MAX {
            return Err("the room's map has a name that is no part of an address".to_owned());
        }
        let path = format!("/maps/{name}");
        let (_, bytes) = fetch(&self.target, &path, MAP_BYTES_MAX).await.map_err(|error| format!("{path}: {error}"))?;
        let bytes: Arc<[u8]> = bytes.into();
        *newest = Some((name.to_owned(), bytes.clone()));
        Ok(bytes)
    }
}
