//! What plugins say in plain text, to notice who guesses at a sealed value: a page may show it again, and
//! what is masked of it then is right.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use crate::{Denied, Error, locked};

/// Parts of values, of so many characters, that may be in what is said. Who says many and looks which of
/// them are masked then is guessing.
const GUESSES: usize = 3;
const GUESSED: usize = 6;
/// Letters that are kept of what was said, and of a guess.
const KEPT: usize = 64;

/// What the plugins of a run have said. Its sessions share it, also one that is opened anew: who loses a
/// session has not forgotten what it told.
#[derive(Clone, Default)]
pub struct Guesses(Arc<Mutex<Said>>);

impl Guesses {
    /// Adds a text; [`Denied`](Error::Denied) once there were too many guesses. `find` gives the places of
    /// a text that are parts of values.
    pub(crate) fn add(
        &self,
        text: &str,
        find: impl Fn(&str) -> Vec<Range<usize>>,
    ) -> Result<(), Error> {
        locked(&self.0).add(text, find)
    }
}

impl fmt::Debug for Guesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guesses").finish_non_exhaustive()
    }
}

/// What was said so far.
#[derive(Default)]
struct Said {
    /// The last of its letters and digits: a page may put together what was said bit by bit, and leave out
    /// what stands between.
    letters: String,
    /// The different texts with a part of a value, and the different parts; of too many, no more.
    texts: HashSet<String>,
    parts: HashSet<String>,
}

impl Said {
    fn add(&mut self, text: &str, find: impl Fn(&str) -> Vec<Range<usize>>) -> Result<(), Error> {
        let before = self.letters.len();
        self.letters.extend(text.chars().filter(|sign| sign.is_alphanumeric()));
        let part = |place: Range<usize>| -> String {
            let letters = text[place].chars().filter(|sign| sign.is_alphanumeric());
            letters.take(KEPT).collect::<String>().to_lowercase()
        };
        let parts = find(text).into_iter().map(part);
        let parts: Vec<_> = parts.filter(|part| part.chars().count() >= GUESSED).collect();
        if !parts.is_empty() {
            self.count(text.chars().take(KEPT).collect(), parts);
        } else if find(&self.letters).iter().any(|place| place.end > before) {
            let last = self.letters.chars().rev().take(2 * GUESSED).collect();
            self.count(last, Vec::new());
        }
        self.forget();
        if self.parts.len().max(self.texts.len()) <= GUESSES {
            return Ok(());
        }
        tracing::warn!(
            "a plugin types parts of sealed values as plain text: it may be guessing them"
        );
        Err(Error::Denied(Box::new(Denied {
            origin: String::new(),
            what:
                "typing plain text in a run whose plugins have typed several parts of sealed values"
                    .to_owned(),
            remedy:
                "type them by their handles; if that is what was done, see what the plugin does"
                    .to_owned(),
        })))
    }

    fn count(&mut self, text: String, parts: Vec<String>) {
        if self.texts.len() <= GUESSES {
            self.texts.insert(text);
        }
        let free = (GUESSES + 1).saturating_sub(self.parts.len());
        self.parts.extend(parts.into_iter().take(free));
    }

    fn forget(&mut self) {
        let many = self.letters.chars().count().saturating_sub(KEPT);
        let cut = self.letters.char_indices().nth(many).map_or(self.letters.len(), |(at, _)| at);
        self.letters.drain(..cut);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::SecretString;

    use super::*;
    use crate::redact::Used;

    #[test]
    fn who_guesses_in_several_sessions_is_stopped_in_all() {
        let said = Guesses::default();
        let session = || {
            let used = Used::new(None).counted_in(said.clone());
            used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
            used
        };
        let first = session();
        for text in ["453957", "62 14 86"] {
            first.guess(text).unwrap();
        }
        // Opened anew, with what was said bit by bit before.
        drop(first);
        session().guess("7876").unwrap();
        session().guess("3621").unwrap();
        assert!(session().guess("539578").is_err());
        assert!(Used::new(None).guess("539578").is_ok());
    }
}
