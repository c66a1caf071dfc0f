//! Who is in the room: people take the seats of `players_max`, house bots (the host's own players) take none of them. Who has lost the connection
//! keeps the seat for a while and can come back to it.

use snapline_shared::game::{Game, Profile, Refusal};
use snapline_shared::ids::PlayerId;
use snapline_shared::message::{Close, Hello};

use super::connection::{Connection, shown_name};
use super::resume::Ticket;
use super::{PLAYERS_MAX, Room, SessionKey};

impl<G: Game> Room<G> {
    /// A connection has said Hello: it takes a seat, or comes back to its own, and its Welcome is queued. A connection that was on that seat is ended.
    /// To be called with `poll_close` drained: its key may be given anew.
    ///
    /// # Errors
    /// When there is no seat, the game refuses, or there is no such seat to come back to: the close to send.
    pub fn handle_open(&mut self, hello: &Hello) -> Result<SessionKey, Close> {
        if let Some(token) = &hello.resume {
            self.check_schema(hello)?;
            return self.resume(token);
        }
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
        self.check_schema(hello)?;
        // The seats taken are in order, so the first that differs from its place is free.
        let free = self.by_player.keys().zip(0u16..).find(|(player, seat)| player.0 != *seat).map(|(_, seat)| seat);
        let player = PlayerId(free.unwrap_or(self.by_player.len() as u16));
        let name = shown_name(&hello.name, player);
        let profile = Profile { name: &name, user: None, bot: hello.bot };
        self.world.join(player, &profile).map_err(close_of)?;
        let now = self.world.now();
        let (roster, nonce) = (self.roster.cursor(now.0), self.nonce());
        let connection = Connection::new(player, name.clone(), hello.bot, is_house, roster, now, nonce);
        let key = self.connections.insert(connection);
        self.by_player.insert(player, key);
        self.roster.join(player, name, hello.bot);
        self.house_bots += usize::from(is_house);
        Ok(key)
    }

    fn check_schema(&self, hello: &Hello) -> Result<(), Close> {
        if hello.schema_hash.is_some_and(|hash| hash != self.schema_hash) {
            return Err(Close::BadMessage("this client was built for another version of the game"));
        }
        Ok(())
    }

    const fn nonce(&mut self) -> u64 {
        self.next_nonce += 1;
        self.next_nonce
    }

    /// Gives the seat that `token` names a new connection.
    fn resume(&mut self, token: &str) -> Result<SessionKey, Close> {
        let ticket = Ticket::open(token, &self.config.resume_key, &self.config.name);
        let ticket = ticket.ok_or(Close::ResumeRejected("it is no token of this room"))?;
        let now = self.world.now();
        if now.is_after(ticket.until) {
            return Err(Close::ResumeRejected("the token has expired"));
        }
        let given_up = Close::ResumeRejected("the seat has been given up, or the token was used");
        let Some(&before) = self.by_player.get(&ticket.player) else { return Err(given_up) };
        let seat = &mut self.connections[before];
        if seat.nonce != ticket.nonce && seat.nonce_before != Some(ticket.nonce) {
            return Err(given_up);
        }
        self.next_nonce += 1;
        let connection = seat.resume(ticket.nonce, self.roster.cursor(now.0), now, self.next_nonce);
        let (was_here, late) = (seat.is_here(), seat.inputs.late());
        // Inserted before the old one goes, so that the two keys differ: the caller still has a socket under the old one.
        let session = self.connections.insert(connection);
        self.connections.remove(before);
        self.by_player.insert(ticket.player, session);
        self.stats.inputs_late += late;
        self.stats.resumes += 1;
        if was_here {
            self.closes.push_back((before, Close::Replaced));
        }
        Ok(session)
    }

    /// The connection has ended without a goodbye: its seat is kept for `resume_s`.
    pub fn handle_closed(&mut self, session: SessionKey) {
        self.end(session, true);
    }

    /// The client has said goodbye (close code 1000), or the caller takes the seat back: it is given up.
    pub fn handle_left(&mut self, session: SessionKey) {
        self.end(session, false);
    }

    /// The connection is no more. The seat goes with it unless it is to be kept and somebody has a token for it.
    pub(super) fn end(&mut self, session: SessionKey, keeps_seat: bool) {
        let until = self.world.now().offset((self.config.resume_s * self.config.tick_hz).cast_signed());
        let Some(connection) = self.connections.get_mut(session).filter(|connection| connection.is_here()) else {
            return;
        };
        let has_token = connection.may_speak || connection.nonce_before.is_some();
        if keeps_seat && has_token && self.config.resume_s > 0 {
            connection.go_away(until);
        } else {
            self.forget(session);
        }
    }

    /// Before a tick: gives up the seats whose players have been away for too long.
    pub(super) fn give_up_seats(&mut self) {
        let now = self.world.now().next();
        let is_over = |connection: &Connection<G>| connection.away_until.is_some_and(|until| !until.is_after(now));
        while let Some(key) = self.connections.iter().find(|(_, connection)| is_over(connection)).map(|(key, _)| key) {
            self.forget(key);
        }
    }

    fn forget(&mut self, session: SessionKey) {
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
        self.end(session, close.keeps_seat());
        self.closes.push_back((session, close));
    }

    /// Seats taken, those of players who are away among them, those of house bots left out.
    #[must_use]
    pub fn players(&self) -> usize {
        self.connections.len() - self.house_bots
    }

    /// Whether anybody but house bots looks at the room, or may come back to it: the time of a kept seat must run.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.connections
            .iter()
            .any(|(_, connection)| (connection.visible || !connection.is_here()) && !connection.is_house)
    }

    /// House bots in the room.
    #[must_use]
    pub const fn house_bots(&self) -> usize {
        self.house_bots
    }

    /// Whether nobody but house bots has a seat in the room.
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
