//! Downloads that a page script asked for. None is allowed but while somebody waits for one; a file
//! lies in a private folder below the profile until it is read, and never longer.

use std::fs;
use std::io::Read;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::session::Inner;
use crate::{Deadline, Denied, Error, NetworkFailure, Page};

/// Larger files are refused, and broken off when they outgrow it.
pub(crate) const LIMIT: u64 = 16 << 20;

/// A file that a page gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The name that the site proposed: no folder, no control characters, at most 200 characters.
    pub file_name: String,
    /// Where it came from, after redirects; `blob:` or `data:` if the page made it itself.
    pub url: String,
    /// What is in it, at most 16 MiB; in text, used sealed values are masked.
    pub bytes: Vec<u8>,
}

/// Who waits for downloads in a session.
#[derive(Default)]
pub(crate) struct Downloads {
    pub(crate) watches: Vec<DownloadWatch>,
    /// How many have begun, allowed or not.
    pub(crate) begun: u64,
    /// The session's folder was made.
    pub(crate) folder: bool,
}

pub(crate) struct DownloadWatch {
    id: u64,
    pub(crate) page: String,
    pub(crate) taken: Option<Taken>,
}

/// A download that a watch has got.
#[derive(Clone)]
pub(crate) struct Taken {
    /// Chromium's name for it, and that of its file.
    pub(crate) guid: String,
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) end: Option<End>,
}

#[derive(Clone)]
pub(crate) enum End {
    Done,
    BrokenOff,
    TooLarge(u64),
    Denied(Denied),
}

/// Listens from its making on, until it is dropped.
pub struct DownloadWaiter {
    page: Page,
    id: u64,
}

impl DownloadWaiter {
    pub(crate) fn new(page: Page) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let inner = page.session().inner();
        let folder = inner.downloads();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| {
            Error::Invalid(format!(
                "no folder for downloads could be made at {} ({error}); check that the disk has room and can be written to",
                folder.display()
            ))
        })?;
        let mut state = inner.state();
        state.downloads.folder = true;
        let watch = DownloadWatch { id, page: page.id().to_owned(), taken: None };
        state.downloads.watches.push(watch);
        drop(state);
        inner.allow_downloads();
        Ok(Self { page, id })
    }

    /// The first download since the waiter was made, when all of it is there.
    ///
    /// [`Error::Denied`] if it comes from an origin that is not granted, [`Error::Network`] if it was
    /// broken off, [`Error::Invalid`] if it is larger than 16 MiB.
    pub async fn wait(self, deadline: impl Into<Deadline>) -> Result<Download, Error> {
        let deadline = deadline.into();
        let inner = self.page.session().inner();
        let ended = inner.until(&deadline, |state| {
            let watch = state.downloads.watches.iter().find(|watch| watch.id == self.id);
            let taken = watch.and_then(|watch| watch.taken.clone());
            match taken.filter(|taken| taken.end.is_some()) {
                Some(taken) => Some(Ok(taken)),
                // An error page in its place: nothing will come any more.
                None => {
                    let id = self.page.id();
                    state
                        .trouble(id)
                        .or_else(|| state.misled(id))
                        .map(|error| Err(error.hidden(inner)))
                }
            }
        });
        let taken = match ended.await {
            Ok(taken) => taken?,
            Err(over) => {
                let obstacle = self.under_way().or_else(|| self.page.obstacle());
                let showed = self.page.shown_url();
                return Err(Error::over(over, "a download", &deadline, obstacle, showed));
            }
        };
        let url = inner.shown(&taken.url);
        match taken.end {
            Some(End::Denied(denied)) => Err(Error::Denied(Box::new(denied))),
            Some(End::TooLarge(bytes)) => Err(too_large(&url, bytes)),
            Some(End::BrokenOff) | None => {
                let reason = "the download was broken off".to_owned();
                Err(Error::Network(Box::new(NetworkFailure::of(url, reason))))
            }
            Some(End::Done) => {
                let file = inner.downloads().join(&taken.guid);
                let read = tokio::task::spawn_blocking(move || read(file)).await;
                let bytes = match read {
                    Ok(Ok(bytes)) => bytes,
                    Ok(Err(error)) => return Err(unreadable(&url, &error)),
                    Err(error) => return Err(unreadable(&url, &error)),
                };
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if size > LIMIT {
                    return Err(too_large(&url, size));
                }
                let file_name = inner.used.hide(&name_of(&taken.name));
                let bytes = inner.used.hide_bytes(bytes);
                Ok(Download { file_name, url: inner.used.hide(&taken.url), bytes })
            }
        }
    }

    fn under_way(&self) -> Option<String> {
        let inner = self.page.session().inner();
        let state = inner.state();
        let watch = state.downloads.watches.iter().find(|watch| watch.id == self.id)?;
        let url = watch.taken.as_ref()?.url.clone();
        drop(state);
        Some(format!("{} is still being downloaded", inner.shown(&url)))
    }
}

impl Drop for DownloadWaiter {
    fn drop(&mut self) {
        let inner = self.page.session().inner();
        let mut state = inner.state();
        let watches = &mut state.downloads.watches;
        let Some(at) = watches.iter().position(|watch| watch.id == self.id) else { return };
        let watch = watches.swap_remove(at);
        let last = watches.is_empty();
        drop(state);
        if let Some(taken) = watch.taken {
            if taken.end.is_none() {
                inner.cancel_download(&taken.guid);
            }
            remove(inner, &taken.guid);
        }
        if last {
            inner.deny_downloads();
        }
    }
}

/// One that was broken off may have left none.
pub(crate) fn remove(inner: &Inner, guid: &str) {
    let _ = fs::remove_file(inner.downloads().join(guid));
}

/// One byte more than may be taken tells that there is more.
fn read(file: PathBuf) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large(url: &str, bytes: u64) -> Error {
    Error::Invalid(format!(
        "the download of {url} has {bytes} bytes or more; at most {LIMIT} can be taken"
    ))
}

fn unreadable(url: &str, error: &dyn std::fmt::Display) -> Error {
    let reason = format!("the downloaded file could not be read: {error}");
    Error::Network(Box::new(NetworkFailure::of(url.to_owned(), reason)))
}

/// The last part of a name that a site proposed.
fn name_of(proposed: &str) -> String {
    let last = proposed.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if matches!(name.trim(), "" | "." | "..") { "download".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_name_is_a_name_and_no_path() {
        for (proposed, name) in [
            ("bill.pdf", "bill.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\\b.txt", "b.txt"),
            ("..", "download"),
            ("", "download"),
            ("x\ny", "xy"),
        ] {
            assert_eq!(name_of(proposed), name);
        }
        assert_eq!(name_of(&"x".repeat(300)).len(), 200);
    }
}
