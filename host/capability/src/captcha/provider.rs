//! What a solver is: someone or something that is shown a puzzle and gives an answer.

use async_trait::async_trait;
use mavm_plugin::StepRequest;
use mavm_store::{AccountName, RunId};

pub use mavm_plugin::bindings::mavm::plugin::captcha::Kind;

use super::error::Error;
use crate::waiting::Deadline;

const MAX_DATA: usize = 2 << 20;
const MAX_SOURCE: usize = 2048;

/// A picture or a sound, checked.
#[derive(Clone)]
pub struct Puzzle {
    /// Picture or sound.
    pub kind: Kind,
    /// The bytes.
    pub data: Vec<u8>,
    /// What they are, by their first bytes.
    pub mime_type: &'static str,
    /// Where they came from, where known.
    pub source: Option<String>,
}

impl std::fmt::Debug for Puzzle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Puzzle")
            .field("mime_type", &self.mime_type)
            .field("bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl Puzzle {
    /// Checks what a plugin hands in: it is shown to people in a browser, so it must be what it
    /// says.
    pub fn new(kind: Kind, data: Vec<u8>, source: Option<String>) -> Result<Self, String> {
        if data.is_empty() || data.len() > MAX_DATA {
            return Err(format!("a puzzle has 1 to {MAX_DATA} bytes, this one has {}", data.len()));
        }
        if source.as_ref().is_some_and(|source| source.len() > MAX_SOURCE) {
            return Err(format!("a puzzle's source has at most {MAX_SOURCE} bytes"));
        }
        let mime_type = match (kind, sniff(&data)) {
            (Kind::Image, Some(mime)) if mime.starts_with("image/") => mime,
            (Kind::Audio, Some(mime)) if mime.starts_with("audio/") => mime,
            (Kind::Image, _) => return Err("the picture is neither PNG nor JPEG".to_owned()),
            (Kind::Audio, _) => return Err("the sound is neither WAV nor MP3".to_owned()),
        };
        Ok(Self { kind, data, mime_type, source })
    }

    /// The source without its query, which may hold a token.
    pub(super) fn place(&self) -> &str {
        self.source
            .as_deref()
            .and_then(|source| source.split(['?', '#']).next())
            .unwrap_or("an unknown place")
    }
}

fn sniff(data: &[u8]) -> Option<&'static str> {
    if data.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if data.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if data.starts_with(b"RIFF") && data.get(8..12) == Some(b"WAVE") {
        return Some("audio/wav");
    }
    // An ID3 tag, or the eleven bits with which every MPEG audio frame starts.
    if data.starts_with(b"ID3") || matches!(data, [0xff, second, ..] if second & 0xe0 == 0xe0) {
        return Some("audio/mpeg");
    }
    None
}

/// For whom a puzzle is solved, and until when.
#[derive(Clone, Debug)]
pub struct Task {
    /// The run that waits.
    pub run: RunId,
    /// Its account.
    pub account: AccountName,
    /// When it stops waiting.
    pub deadline: Deadline,
}

impl Task {
    pub(super) fn new(step: &StepRequest, deadline: Deadline) -> Self {
        Self { run: step.run().clone(), account: step.account.name.clone(), deadline }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// For [`Solver::report`].
    pub id: String,
    /// What to type.
    pub text: String,
}

/// Solves puzzles.
#[async_trait]
pub trait Solver: Send + Sync + 'static {
    /// Its name in the configuration and the audit log.
    fn name(&self) -> &'static str;

    /// Whether it is no person: then each use is written to the audit log.
    fn automatic(&self) -> bool;

    /// Gives an answer by the task's deadline, or says why not.
    async fn solve(&self, puzzle: &Puzzle, task: &Task) -> Result<Solution, Error>;

    /// Hears whether the site took the answer with this id.
    async fn report(&self, id: &str, accepted: bool) -> Result<(), Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_puzzle_is_what_its_first_bytes_say() {
        let wav = b"RIFF\x24\0\0\0WAVEfmt ".to_vec();
        for (kind, data, mime) in [
            (Kind::Image, b"\x89PNG\r\n\x1a\n...".to_vec(), Some("image/png")),
            (Kind::Image, b"\xff\xd8\xff\xe0....".to_vec(), Some("image/jpeg")),
            (Kind::Audio, wav.clone(), Some("audio/wav")),
            (Kind::Audio, b"ID3\x04....".to_vec(), Some("audio/mpeg")),
            (Kind::Audio, b"\xff\xfb\x90\x00....".to_vec(), Some("audio/mpeg")),
            (Kind::Image, wav, None),
            (Kind::Audio, b"\x89PNG\r\n\x1a\n...".to_vec(), None),
            (Kind::Image, b"<svg onload=...>".to_vec(), None),
            (Kind::Image, Vec::new(), None),
            (Kind::Image, [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 2 << 20]].concat(), None),
        ] {
            let puzzle = Puzzle::new(kind, data, None);
            assert_eq!(puzzle.ok().map(|puzzle| puzzle.mime_type), mime);
        }
    }
}
