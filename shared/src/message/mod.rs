//! Every message but the snapshot, the limits on them, and the close codes.
//!
//! One message a WebSocket frame, the first byte its type. The low-rate ones are serde + bincode 2 (variable-length integers, little-endian),
//! decoded under a limit and to the last byte; Input and Ack are bit-coded (`input.rs`), Snapshot is `frame/`.

mod close;
mod input;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use close::{Close, REASON_BYTES_MAX, cut};
pub use input::{INPUTS_MAX, InputMessage, decode_ack, encode_ack};

use crate::ids::PlayerId;
use crate::quant::WordSpec;
use crate::tick::{Step, Tick};
use crate::words::DecodeError;

/// The WebSocket subprotocol: it *is* the version.
pub const SUBPROTOCOL: &str = "snapline.v1";
/// What every version's subprotocol begins with.
pub const SUBPROTOCOL_PREFIX: &str = "snapline.";
/// Bytes of a message from a client; the largest, a Chat or a Request, stays well below.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 1024;
/// Bytes of a message from the server that a client accepts.
pub const SERVER_MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Characters of a player's name.
pub const NAME_CHARS_MAX: usize = 24;
/// Bytes of a line of chat.
pub const CHAT_BYTES_MAX: usize = 240;
/// Bytes of a token in Hello.
pub const TOKEN_BYTES_MAX: usize = 512;
/// Bytes of a resume token: the server's own take about half.
pub const RESUME_BYTES_MAX: usize = 128;
/// Answers to requests that Welcome repeats, the newest ones.
pub const ANSWERS_MAX: usize = 16;
/// Characters of a room's name, each of `[a-z0-9-]`.
pub const ROOM_NAME_CHARS_MAX: usize = 32;
/// Bytes of a match's results.
pub const RESULTS_BYTES_MAX: usize = 16 * 1024;
/// The room that a client without a wish joins.
pub const ROOM_DEFAULT: &str = "main";

const HELLO: u8 = 1;
/// First byte of an Input.
pub const INPUT: u8 = 2;
const ACK: u8 = 3;
const REQUEST: u8 = 4;
const CHAT: u8 = 5;
const VISIBILITY: u8 = 6;
const DESYNC: u8 = 7;

const WELCOME: u8 = 1;
const REPLY: u8 = 3;
const SAID: u8 = 4;
const NOTICE: u8 = 5;

/// Whether `name` may name a room: 1-32 characters of `[a-z0-9-]`.
#[must_use]
pub fn is_room_name(name: &str) -> bool {
    (1..=ROOM_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The first message of a client. After it the client is silent until Welcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Up to 24 characters; control characters are taken out by the server.
    pub name: String,
    /// Says who the player is, for servers that ask.
    pub token: Option<String>,
    /// The newest resume token that a Welcome of this room brought: the client comes back to its seat. None: it takes a free one.
    pub resume: Option<String>,
    /// The schema that the client was built for; none: it follows any.
    pub schema_hash: Option<u64>,
    /// Whether a program plays.
    pub bot: bool,
}

/// A message from a client, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// See [`Hello`].
    Hello(Hello),
    /// See [`InputMessage`].
    Input(InputMessage),
    /// Newest step applied, when no input is due to carry it.
    Ack(Step),
    /// A one-shot wish; the server replies with the same number.
    Request {
        /// The client's number for it.
        number: u32,
        /// Number of its kind in the schema.
        kind: u8,
        /// Its words.
        words: Vec<u32>,
    },
    /// A line for everybody in the room.
    Chat(String),
    /// Whether anybody looks at the page.
    Visibility(bool),
    /// A check failed: what the client holds differs from what the server thinks it holds.
    Desync(Step),
}

impl ClientMessage {
    /// Appends the message, type byte first; `input` is the layout of the game's input.
    pub fn encode(&self, input: &[WordSpec], out: &mut Vec<u8>) {
        match self {
            Self::Hello(hello) => put(HELLO, hello, out),
            Self::Input(message) => message.encode(input, out),
            Self::Ack(step) => encode_ack(*step, out),
            Self::Request { number, kind, words } => put(REQUEST, &(number, kind, words), out),
            Self::Chat(text) => put(CHAT, text, out),
            Self::Visibility(visible) => put(VISIBILITY, visible, out),
            Self::Desync(step) => put(DESYNC, &step.0, out),
        }
    }

    /// Reads a message. `now` is the room's tick, `sent` the newest step sent to this client.
    ///
    /// # Errors
    /// When the bytes are no message, or a text or list in it is over its limit.
    pub fn decode(bytes: &[u8], input: &[WordSpec], now: Tick, sent: Step) -> Result<Self, DecodeError> {
        let (&kind, body) = bytes.split_first().ok_or(DecodeError("an empty message"))?;
        let message = match kind {
            HELLO => Self::Hello(get(body)?),
            INPUT => Self::Input(InputMessage::decode(bytes, input, now, sent)?),
            ACK => Self::Ack(decode_ack(bytes, sent)?),
            REQUEST => {
                let (number, kind, words) = get(body)?;
                Self::Request { number, kind, words }
            }
            CHAT => Self::Chat(get(body)?),
            VISIBILITY => Self::Visibility(get(body)?),
            DESYNC => Self::Desync(Step(get(body)?)),
            _ => return Err(DecodeError("unknown type of message")),
        };
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Hello(hello) if hello.name.chars().count() > NAME_CHARS_MAX => {
                Err(DecodeError("the name is longer than 24 characters"))
            }
            Self::Hello(hello) if hello.token.as_ref().is_some_and(|token| token.len() > TOKEN_BYTES_MAX) => {
                Err(DecodeError("the token is longer than 512 bytes"))
            }
            Self::Hello(hello) if hello.resume.as_ref().is_some_and(|resume| resume.len() > RESUME_BYTES_MAX) => {
                Err(DecodeError("the resume token is longer than 128 bytes"))
            }
            Self::Chat(text) if text.len() > CHAT_BYTES_MAX => Err(DecodeError("the line is longer than 240 bytes")),
            _ => Ok(()),
        }
    }
}

/// The first message of the server: who you are and what is simulated here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Rises when the room's timeline is replaced; a client then forgets rows and inputs.
    pub epoch: u32,
    /// The room's tick when this was sent.
    pub tick: Tick,
    /// Ticks a second.
    pub tick_hz: u16,
    /// Ticks from one step to the next.
    pub ticks_per_step: u16,
    /// Your seat.
    pub player: PlayerId,
    /// The game's name.
    pub game: String,
    /// Hash of `/schema.json`.
    pub schema_hash: u64,
    /// Name of the map (bytes at `/maps/NAME`); empty: none.
    pub map: String,
    /// First 8 bytes of the map's SHA-256; 0 without a map.
    pub map_hash: u64,
    /// The room's options, which `Game::scene` reads on both ends.
    pub options: Vec<(String, String)>,
    /// Takes a client back to this seat when its connection has ended otherwise than by its own goodbye; good for one time, as the next Welcome
    /// brings a new one. A secret of this client. Empty: this server keeps no seats.
    pub resume: String,
    /// How long the seat is kept after such an end, in seconds.
    pub resume_s: u16,
    /// The answers to the last requests of this seat before this connection, oldest first, each as in Reply; empty unless it was resumed.
    pub answers: Vec<(u32, Option<String>)>,
}

/// A change in the list of players.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RosterChange {
    /// A seat is taken.
    Join {
        /// The seat.
        player: PlayerId,
        /// The name to show.
        name: String,
        /// Whether a program plays.
        bot: bool,
    },
    /// A seat is given up.
    Leave {
        /// The seat.
        player: PlayerId,
    },
    /// Nobody looks at the player's page or its connection is lost (the seat is kept for a while), or somebody is there again.
    Away {
        /// The seat.
        player: PlayerId,
        /// Whether it is away now.
        away: bool,
    },
}

/// How the server and this connection are doing; once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// From a snapshot's sending to its ack, the newest one.
    pub rtt_ms: u16,
    /// Seats taken, those of the server's own bots left out.
    pub players: u16,
    /// Time a tick takes, the middle one of the last 256.
    pub tick_p50_us: u32,
    /// Time a tick takes, exceeded by one in a hundred.
    pub tick_p99_us: u32,
    /// Time there is for a tick.
    pub tick_budget_us: u32,
    /// Ticks of the last second for which this player's input had not come.
    pub starved_ticks: u16,
    /// Snapshots a second that this player is meant to get.
    pub step_hz: u16,
}

/// What the server tells apart from the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// Players; `whole` replaces the list, else the changes apply to it.
    Roster {
        /// Whether this is the whole list.
        whole: bool,
        /// At most 64 a second unless whole.
        changes: Vec<RosterChange>,
    },
    /// See [`Status`].
    Status(Status),
    /// The match is over: a JSON document of at most 16 KiB.
    Results(String),
    /// A sentence for people.
    Words(String),
}

/// A message from the server other than a snapshot ([`crate::frame::SNAPSHOT`]), decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// See [`Welcome`].
    Welcome(Welcome),
    /// The answer to a request.
    Reply {
        /// The client's number for the request.
        number: u32,
        /// Why not; none: done.
        refused: Option<String>,
    },
    /// A line of chat.
    Chat {
        /// Who said it.
        player: PlayerId,
        /// What.
        text: String,
    },
    /// See [`Notice`].
    Notice(Notice),
}

impl ServerMessage {
    /// Appends the message, type byte first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome(welcome) => put(WELCOME, welcome, out),
            Self::Reply { number, refused } => put(REPLY, &(number, refused), out),
            Self::Chat { player, text } => put(SAID, &(player, text), out),
            Self::Notice(notice) => put(NOTICE, notice, out),
        }
    }

    /// Reads a message; snapshots (type [`crate::frame::SNAPSHOT`]) go to the frame reader instead.
    ///
    /// # Errors
    /// When the bytes are no such message.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (&kind, body) = bytes.split_first().ok_or(DecodeError("an empty message"))?;
        Ok(match kind {
            WELCOME => Self::Welcome(get(body)?),
            REPLY => {
                let (number, refused) = get(body)?;
                Self::Reply { number, refused }
            }
            SAID => {
                let (player, text) = get(body)?;
                Self::Chat { player, text }
            }
            NOTICE => Self::Notice(get(body)?),
            _ => return Err(DecodeError("unknown type of message")),
        })
    }
}

fn put<T: Serialize>(kind: u8, body: &T, out: &mut Vec<u8>) {
    out.push(kind);
    // Plain data into memory: the encoder has no way to fail.
    let body = bincode::serde::encode_to_vec(body, bincode::config::standard());
    debug_assert!(body.is_ok());
    out.extend_from_slice(&body.unwrap_or_default());
}

fn get<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let config = bincode::config::standard().with_limit::<SERVER_MESSAGE_BYTES_MAX>();
    match bincode::serde::decode_from_slice(body, config) {
        Ok((value, consumed)) if consumed == body.len() => Ok(value),
        Ok(_) => Err(DecodeError("bytes are left over")),
        Err(_) => Err(DecodeError("the message does not decode")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(message: &ClientMessage) -> Result<ClientMessage, DecodeError> {
        let mut bytes = Vec::new();
        message.encode(&[], &mut bytes);
        ClientMessage::decode(&bytes, &[], Tick(0), Step(0))
    }

    #[test]
    fn messages_come_back_and_texts_have_limits() {
        let hello = |name: &str| ClientMessage::Hello(Hello { name: name.to_owned(), ..Hello::default() });
        for message in [
            hello("ä".repeat(24).as_str()),
            ClientMessage::Chat("x".repeat(240)),
            ClientMessage::Request { number: 7, kind: 3, words: vec![1, u32::MAX] },
            ClientMessage::Visibility(false),
            ClientMessage::Desync(Step(u32::MAX)),
            ClientMessage::Ack(Step(3)),
        ] {
            assert_eq!(round(&message), Ok(message.clone()));
        }
        assert!(round(&hello("ä".repeat(25).as_str())).is_err());
        let resume = |bytes| ClientMessage::Hello(Hello { resume: Some("x".repeat(bytes)), ..Hello::default() });
        assert!(round(&resume(128)).is_ok() && round(&resume(129)).is_err());
        assert!(round(&ClientMessage::Chat("x".repeat(241))).is_err());
    }

    #[test]
    fn a_hostile_length_allocates_nothing_and_left_over_bytes_are_an_error() {
        let mut bytes = vec![CHAT, 253, 255, 255, 255, 255, 255, 255, 255, 15];
        assert!(ClientMessage::decode(&bytes, &[], Tick(0), Step(0)).is_err());
        bytes = vec![VISIBILITY, 1, 0];
        assert!(ClientMessage::decode(&bytes, &[], Tick(0), Step(0)).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0u8..9) {
            let mut bytes = bytes;
            bytes.insert(0, kind);
            if let Ok(message) = ClientMessage::decode(&bytes, &[], Tick(0), Step(0)) {
                prop_assert!(message.check().is_ok());
            }
            let _ = ServerMessage::decode(&bytes);
        }
    }

    #[test]
    fn room_names() {
        assert!(is_room_name("main") && is_room_name("a-1") && is_room_name(&"a".repeat(32)));
        assert!(!is_room_name("") && !is_room_name("A") && !is_room_name("a b") && !is_room_name(&"a".repeat(33)));
    }

    #[test]
    fn reasons_fit_a_close_frame() {
        let long = Close::Forbidden("ü".repeat(100));
        assert!(long.reason().len() <= REASON_BYTES_MAX && long.reason().starts_with("forbidden: ü"));
    }
}
