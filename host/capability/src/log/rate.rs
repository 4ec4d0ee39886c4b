//! How much a plugin may say: so many lines a minute. Pure: the time is passed in.

use std::time::{Duration, Instant};

/// Lines within one minute.
pub const LINES: u32 = 200;
const WINDOW: Duration = Duration::from_secs(60);

/// Counts the lines of one step.
#[derive(Debug, Default)]
pub struct Rate {
    since: Option<Instant>,
    lines: u32,
    dropped: u32,
}

/// What to do with a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Write it; so many before it were dropped and not told of yet.
    Write {
        /// Lines that were dropped in the minute before.
        dropped: u32,
    },
    /// Drop it.
    Drop,
}

impl Rate {
    /// Judges one line.
    pub fn line(&mut self, now: Instant) -> Verdict {
        let over = self.since.is_none_or(|since| now.duration_since(since) >= WINDOW);
        if over {
            let dropped = std::mem::take(&mut self.dropped);
            (self.since, self.lines) = (Some(now), 1);
            return Verdict::Write { dropped };
        }
        if self.lines >= LINES {
            self.dropped = self.dropped.saturating_add(1);
            return Verdict::Drop;
        }
        self.lines += 1;
        Verdict::Write { dropped: 0 }
    }

    /// Lines that were dropped and not told of.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_minute_has_so_many_lines_and_the_next_tells_what_was_dropped() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        for _ in 0..LINES {
            assert_eq!(rate.line(start), Verdict::Write { dropped: 0 });
        }
        for _ in 0..7 {
            assert_eq!(rate.line(start + Duration::from_secs(59)), Verdict::Drop);
        }
        assert_eq!(rate.dropped(), 7);
        assert_eq!(rate.line(start + WINDOW), Verdict::Write { dropped: 7 });
        assert_eq!(rate.line(start + WINDOW), Verdict::Write { dropped: 0 });
    }
}
