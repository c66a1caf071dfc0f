//! Why a connection ends: the one table of close codes and reasons.
//!
//! 4000-4099: do not try again unchanged. 4100-4199: try again after a pause. 4200-4299: come back at once.

/// The end of a connection as its peer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// Either side has finished.
    Bye,
    /// A framing rule of RFC 6455 was broken.
    ProtocolError,
    /// A text frame.
    BinaryOnly,
    /// A frame or message over the limit, told by its declared length.
    TooBig,
    /// The room has failed.
    Internal,
    /// The server stops or is replaced.
    Restart,
    /// No room can be made now, or the server is overloaded.
    Overloaded(&'static str),
    /// Not decodable, or not allowed at this point; says what.
    BadMessage(&'static str),
    /// The game does not take this player, in its words.
    Forbidden(String),
    /// No subprotocol that this server speaks.
    VersionUnsupported,
    /// The room's name is bad, or there is no such room and none may be made.
    RoomNotFound(&'static str),
    /// The client has come back on another connection.
    Replaced,
    /// The resume token is not one of this room, was used already, or its seat has been given up; says which.
    ResumeRejected(&'static str),
    /// Nothing of what was sent was acknowledged for too long, or the queue of replies is full.
    SlowConsumer,
    /// No seat in the room.
    RoomFull,
    /// No Hello in time.
    HelloTimeout,
    /// No answer to a ping.
    NoPong,
}

impl Close {
    /// The WebSocket close code.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Bye => 1000,
            Self::ProtocolError => 1002,
            Self::BinaryOnly => 1003,
            Self::TooBig => 1009,
            Self::Internal => 1011,
            Self::Restart => 1012,
            Self::Overloaded(_) => 1013,
            Self::BadMessage(_) => 4000,
            Self::Forbidden(_) => 4002,
            Self::VersionUnsupported => 4003,
            Self::RoomNotFound(_) => 4004,
            Self::Replaced => 4005,
            Self::ResumeRejected(_) => 4007,
            Self::SlowConsumer => 4101,
            Self::RoomFull => 4103,
            Self::HelloTimeout => 4104,
            Self::NoPong => 4201,
        }
    }

    /// Whether the seat of a connection that the server ends so is kept for its player to come back: not when that player has broken a rule.
    /// ([`Self::Bye`] here answers a close frame of any code but 1000, which itself gives the seat up.)
    #[must_use]
    pub const fn keeps_seat(&self) -> bool {
        matches!(self, Self::Bye | Self::SlowConsumer | Self::NoPong)
    }

    /// The reason that travels in the close frame: at most [`REASON_BYTES_MAX`] bytes.
    #[must_use]
    pub fn reason(&self) -> String {
        let words = match self {
            Self::Bye => "bye".to_owned(),
            Self::ProtocolError => "protocol_error".to_owned(),
            Self::BinaryOnly => "binary_only".to_owned(),
            Self::TooBig => "too_big".to_owned(),
            Self::Internal => "internal".to_owned(),
            Self::Restart => "restart".to_owned(),
            Self::Overloaded(words) => format!("overloaded: {words}"),
            Self::BadMessage(words) => format!("bad_message: {words}"),
            Self::Forbidden(words) => format!("forbidden: {words}"),
            Self::VersionUnsupported => format!("version_unsupported: this server speaks {}", super::SUBPROTOCOL),
            Self::RoomNotFound(words) => format!("room_not_found: {words}"),
            Self::Replaced => "replaced".to_owned(),
            Self::ResumeRejected(words) => format!("resume_rejected: {words}"),
            Self::SlowConsumer => "slow_consumer".to_owned(),
            Self::RoomFull => "room_full".to_owned(),
            Self::HelloTimeout => "hello_timeout".to_owned(),
            Self::NoPong => "no_pong".to_owned(),
        };
        cut(&words, REASON_BYTES_MAX).to_owned()
    }
}

/// What RFC 6455 leaves for a reason.
pub const REASON_BYTES_MAX: usize = 123;

/// The longest beginning of `text` that has at most `bytes_max` bytes and ends between two characters.
#[must_use]
pub fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}
