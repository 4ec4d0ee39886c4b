//! Messages as they come through the pipe: each ends with a zero byte. How long one is, a page can
//! decide (a line on its console has no bound of its own): of one that is too long only the
//! beginning is kept, enough to see what it was.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Bytes of one message. The longest that are meant to come are pictures and copies of pages.
const LIMIT: usize = 64 << 20;
/// Bytes of a longer one that are kept.
const BEGINNING: usize = 300;
/// A buffer that has grown beyond this is given back.
const ROOM: usize = 1 << 20;

pub(super) enum Message<'a> {
    Whole(&'a mut [u8]),
    /// Its beginning, and how long it was.
    TooLong(&'a [u8], usize),
}

pub(super) struct Messages<R> {
    reader: R,
    message: Vec<u8>,
    limit: usize,
}

impl<R: AsyncBufRead + Unpin> Messages<R> {
    pub(super) fn of(reader: R) -> Self {
        Self { reader, message: Vec::new(), limit: LIMIT }
    }

    /// The next one; none when the other side has closed, in the middle of a message or between two.
    pub(super) async fn next(&mut self) -> Option<Message<'_>> {
        self.message.clear();
        if self.message.capacity() > ROOM {
            self.message = Vec::new();
        }
        let mut size = 0;
        loop {
            let piece = match self.reader.fill_buf().await {
                Ok([]) => return None,
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return None,
            };
            let end = piece.iter().position(|byte| *byte == 0);
            let more = end.unwrap_or(piece.len());
            size += more;
            if size <= self.limit {
                self.message.extend_from_slice(&piece[..more]);
            } else if self.message.len() > BEGINNING {
                self.message.truncate(BEGINNING);
                self.message.shrink_to_fit();
            }
            self.reader.consume(more + usize::from(end.is_some()));
            if end.is_some() {
                break;
            }
        }
        Some(match size > self.limit {
            true => Message::TooLong(&self.message, size),
            false => Message::Whole(&mut self.message),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn a_message_that_is_too_long_is_passed_over_and_the_next_one_is_read() {
        let long = "x".repeat(5000);
        let sent = format!("one\0{long}\0\0two\0{}\0half", "y".repeat(1000));
        for pieces in [1, 7, 4096] {
            let reader = BufReader::with_capacity(pieces, sent.as_bytes());
            let mut messages = Messages { limit: 1000, ..Messages::of(reader) };
            let mut told = Vec::new();
            while let Some(message) = messages.next().await {
                told.push(match message {
                    Message::Whole(whole) => whole.len(),
                    Message::TooLong(beginning, size) => {
                        assert!(beginning.len() <= BEGINNING.max(pieces), "{}", beginning.len());
                        size
                    }
                });
            }
            assert_eq!(told, [3, 5000, 0, 3, 1000], "read {pieces} at a time");
        }
    }
}
