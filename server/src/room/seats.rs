//! Who is in the room: people take the seats of `players_max`, house bots (the host's own players) take none of them.

use snapline_shared::game::{Game, Profile, Refusal};
use snapline_shared::ids::PlayerId;
use snapline_shared::message::{Close, Hello};

use super::connection::{Connection, shown_name};
use super::{PLAYERS_MAX, Room, SessionKey};

impl<G: Game> Room<G> {
    /// A connection has said Hello: it takes a seat, and its Welcome is queued. To be called with `poll_close` drained: its key may be given anew.
    ///
    /// # Errors
    /// When there is no seat or the game refuses: the close to send.
    pub fn handle_open(&mut self, hello: &Hello) -> Result<SessionKey, Close> {
        if self.players() >= self.config.players_max.min(PLAYERS_MAX) {
            return Err(Close::RoomFull);
        }
        self.open(hello, false)
    }

    /// The same for a house bot: it counts nowhere as a player, and is never closed for being slow. The caller lets it play only while people do.
    ///
    /// # Errors
    /// As [`Self::handle_open`].
    pub fn handle_open_house(&mut self, hello: &Hello) -> Result<SessionKey, Close> {
        self.open(hello, true)
    }

    fn open(&mut self, hello: &Hello, is_house: bool) -> Result<SessionKey, Close> {
        if self.by_player.len() >= PLAYERS_MAX {
            return Err(Close::RoomFull);
        }
        if hello.schema_hash.is_some_and(|hash| hash != self.schema_hash) {
            return Err(Close::BadMessage("this client was built for another version of the game"));
        }
        // The seats taken are in order, so the first that differs from its place is free.
        let free = self.by_player.keys().zip(0u16..).find(|(player, seat)| player.0 != *seat).map(|(_, seat)| seat);
        let player = PlayerId(free.unwrap_or(self.by_player.len() as u16));
        let name = shown_name(&hello.name, player);
        let profile = Profile { name: &name, user: None, bot: hello.bot };
        self.world.join(player, &profile).map_err(close_of)?;
        let now = self.world.now();
        let connection = Connection::new(player, name.clone(), hello.bot, is_house, self.roster.cursor(now.0), now);
        let key = self.connections.insert(connection);
        self.by_player.insert(player, key);
        self.roster.join(player, name, hello.bot);
        self.house_bots += usize::from(is_house);
        Ok(key)
    }

    /// The connection has ended; its seat is given up.
    pub fn handle_closed(&mut self, session: SessionKey) {
        self.forget(session);
    }

    pub(super) fn forget(&mut self, session: SessionKey) {
        if let Some(player) = self.unseat(session) {
            self.world.leave(player);
        }
    }

    /// Forgets the connection and its seat; the game is not told.
    pub(super) fn unseat(&mut self, session: SessionKey) -> Option<PlayerId> {
        let connection = self.connections.try_remove(session)?;
        self.stats.inputs_late += connection.inputs.late();
        self.stats.window_closed += u64::from(connection.window_closed);
        self.house_bots -= usize::from(connection.is_house);
        self.by_player.remove(&connection.player);
        self.roster.leave(connection.player);
        Some(connection.player)
    }

    pub(super) fn close(&mut self, session: SessionKey, close: Close) {
        self.forget(session);
        self.closes.push_back((session, close));
    }

    /// Seats taken, those of house bots left out.
    #[must_use]
    pub fn players(&self) -> usize {
        self.connections.len() - self.house_bots
    }

    /// Whether anybody but house bots looks at the room.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.connections.iter().any(|(_, connection)| connection.visible && !connection.is_house)
    }

    /// House bots in the room.
    #[must_use]
    pub const fn house_bots(&self) -> usize {
        self.house_bots
    }

    /// Whether nobody but house bots is in the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.players() == 0
    }
}

/// What to close with when the game does not take a player.
pub(super) fn close_of(refusal: Refusal) -> Close {
    match refusal {
        Refusal::Full => Close::RoomFull,
        Refusal::Forbidden(words) => Close::Forbidden(words),
    }
}
