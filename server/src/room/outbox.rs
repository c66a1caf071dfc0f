//! Replies, chat and notices on their way to one client: a bounded queue.

use std::collections::VecDeque;

use snapline_shared::message::{Close, ServerMessage};

/// Messages that may wait.
const MESSAGES_MAX: usize = 32;
/// Bytes that may wait.
const BYTES_MAX: usize = 8 * 1024;

/// Encoded messages, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<(bool, Vec<u8>)>,
    bytes: usize,
}

impl Outbox {
    /// Queues a message. Chat makes room by dropping the oldest chat.
    ///
    /// # Errors
    /// When there is no room: the client does not read, 4101. Chat alone never is an error.
    pub(crate) fn push(&mut self, message: &ServerMessage) -> Result<(), Close> {
        let is_chat = matches!(message, ServerMessage::Chat { .. });
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        // Full is what is full before the message: so even one larger than the queue (a match's results) goes to whoever reads.
        while self.queue.len() >= MESSAGES_MAX || self.bytes >= BYTES_MAX {
            match self.queue.iter().position(|(chat, _)| *chat) {
                Some(at) => self.bytes -= self.queue.remove(at).map_or(0, |(_, old)| old.len()),
                None if is_chat => return Ok(()),
                None => return Err(Close::SlowConsumer),
            }
        }
        self.bytes += bytes.len();
        self.queue.push_back((is_chat, bytes));
        Ok(())
    }

    /// Bytes that wait.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the oldest message to `out`, if there is one.
    pub(crate) fn pop(&mut self, out: &mut Vec<u8>) -> bool {
        let Some((_, bytes)) = self.queue.pop_front() else { return false };
        self.bytes -= bytes.len();
        out.extend_from_slice(&bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::ids::PlayerId;
    use snapline_shared::message::Notice;

    fn chat(i: usize) -> ServerMessage {
        ServerMessage::Chat { player: PlayerId(0), text: format!("line {i}") }
    }

    fn words(text: &str) -> ServerMessage {
        ServerMessage::Notice(Notice::Words(text.to_owned()))
    }

    fn drain(outbox: &mut Outbox) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        let mut bytes = Vec::new();
        while outbox.pop(&mut bytes) {
            messages.extend(ServerMessage::decode(&bytes));
            bytes.clear();
        }
        messages
    }

    #[test]
    fn chat_drops_its_oldest_and_nothing_else() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(&words("kept")), Ok(()));
        for i in 0..100 {
            assert_eq!(outbox.push(&chat(i)), Ok(()));
        }
        let messages = drain(&mut outbox);
        assert_eq!(
            (messages.len(), &messages[0], &messages[1], &messages[31]),
            (32, &words("kept"), &chat(69), &chat(99))
        );
        assert_eq!(outbox.bytes, 0);
    }

    #[test]
    fn anything_else_over_the_limit_is_a_slow_consumer() {
        let mut outbox = Outbox::default();
        for _ in 0..32 {
            assert_eq!(outbox.push(&words("x")), Ok(()));
        }
        assert_eq!(outbox.push(&words("x")), Err(Close::SlowConsumer));
        assert_eq!(outbox.push(&chat(1)), Ok(()), "chat is dropped instead");
        let mut large = Outbox::default();
        assert_eq!(large.push(&words("first")), Ok(()));
        assert_eq!(large.push(&words(&"x".repeat(16_000))), Ok(()), "one message may be larger than what is left");
        assert_eq!(large.push(&words("x")), Err(Close::SlowConsumer));
    }
}
