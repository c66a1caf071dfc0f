//! Resume tokens: what takes a client back to its seat after its connection was lost.
//!
//! A token names room, epoch, seat, the number of the connection it was given to and the tick until which it is good, under HMAC-SHA256. It says
//! nothing about the seat that the room does not check: whether that connection is the seat's newest, only the room knows.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use snapline_shared::ids::PlayerId;
use snapline_shared::tick::Tick;

/// Seconds for which a token is good. A connection that has lasted longer, without a new match in between, cannot be resumed.
pub(crate) const TOKEN_S: u32 = 7 * 24 * 3600;
/// Bytes of what a token says, and of the authentication code behind it: half of SHA-256's, as RFC 2104 allows.
const BODY_BYTES: usize = 2 + 4 + 8 + 4;
const TAG_BYTES: usize = 16;
/// Bytes of a key: a block of SHA-256.
const KEY_BYTES: usize = 64;
/// So that a code made with this key for another purpose is never a token.
const PURPOSE: &[u8] = b"snapline resume 1\0";

/// What a room's tokens are made with: one for each room, random.
#[derive(Clone)]
pub struct ResumeKey([u8; KEY_BYTES]);

impl Default for ResumeKey {
    fn default() -> Self {
        Self([0; KEY_BYTES])
    }
}

impl ResumeKey {
    /// A key of these bytes; anybody who knows them can take any seat.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    fn mac(&self, room: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        for part in [PURPOSE, &[room.len() as u8], room.as_bytes(), body] {
            mac.update(part);
        }
        mac
    }
}

impl core::fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ResumeKey(secret)")
    }
}

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) player: PlayerId,
    pub(crate) epoch: u32,
    /// The number of the connection that it was given to; never given twice in a room.
    pub(crate) nonce: u64,
    pub(crate) until: Tick,
}

impl Ticket {
    /// The token.
    pub(crate) fn seal(&self, key: &ResumeKey, room: &str) -> String {
        let mut bytes = Vec::with_capacity(BODY_BYTES + TAG_BYTES);
        bytes.extend(self.player.0.to_le_bytes());
        bytes.extend(self.epoch.to_le_bytes());
        bytes.extend(self.nonce.to_le_bytes());
        bytes.extend(self.until.0.to_le_bytes());
        let tag = key.mac(room, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&tag[..TAG_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What `token` says; none when it was not made with this key for this room.
    pub(crate) fn open(token: &str, key: &ResumeKey, room: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (body, tag) = bytes.split_at_checked(BODY_BYTES).filter(|(_, tag)| tag.len() == TAG_BYTES)?;
        key.mac(room, body).verify_truncated_left(tag).ok()?;
        let (player, rest) = body.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (until, _) = rest.split_first_chunk()?;
        Some(Self {
            player: PlayerId(u16::from_le_bytes(*player)),
            epoch: u32::from_le_bytes(*epoch),
            nonce: u64::from_le_bytes(*nonce),
            until: Tick(u32::from_le_bytes(*until)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::message::RESUME_BYTES_MAX;

    #[test]
    fn a_token_says_what_was_sealed_to_its_key_and_room_alone() {
        let key = ResumeKey::new([7; KEY_BYTES]);
        let ticket = Ticket { player: PlayerId(4095), epoch: 9, nonce: u64::MAX - 1, until: Tick(u32::MAX) };
        let token = ticket.seal(&key, "main");
        assert!(token.len() <= RESUME_BYTES_MAX, "{} bytes", token.len());
        assert_eq!(Ticket::open(&token, &key, "main"), Some(ticket));
        assert_eq!(Ticket::open(&token, &key, "other"), None);
        assert_eq!(Ticket::open(&token, &ResumeKey::new([8; KEY_BYTES]), "main"), None);
        assert_eq!(format!("{key:?}"), "ResumeKey(secret)");
    }

    #[test]
    fn no_changed_cut_or_lengthened_token_opens() {
        let key = ResumeKey::new([7; KEY_BYTES]);
        let token = Ticket { player: PlayerId(1), epoch: 1, nonce: 5, until: Tick(99) }.seal(&key, "main");
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).expect("our own");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Ticket::open(&BASE64URL_NOPAD.encode(&changed), &key, "main"), None, "bit {bit}");
        }
        for end in 0..token.len() {
            assert_eq!(Ticket::open(&token[..end], &key, "main"), None, "the first {end} characters");
        }
        for more in ["A", "AAAA", "=", " ", "é"] {
            assert_eq!(Ticket::open(&format!("{token}{more}"), &key, "main"), None, "{more:?} behind it");
        }
    }
}
