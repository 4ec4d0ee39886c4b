//! What sessions keep on disk: cookies and storage, one sealed file for each run and session, written
//! when a step has ended, read when a run's session has to be opened anew, gone with the run.
//!
//! Whoever reads one is logged in. So nothing of it is ever in the clear on disk, and no error here
//! says what is in a file. A file that can't be used costs a sign-in, never a run.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mavm_browser::SessionState;
use mavm_store::RunId;
use secrecy::ExposeSecret as _;

use super::sessions::file_name;
use crate::crypt::{self, Crypt};

/// Larger than any state that is saved.
const MOST_BYTES: u64 = 64 << 20;

/// The folder of saved sessions.
#[derive(Clone, Debug)]
pub struct KeptSessions {
    folder: PathBuf,
    crypt: Arc<Crypt>,
}

/// Why a state could not be written or read. Worth a warning, never a failure.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file system said no.
    #[error("{path} can't be {doing}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// `written`, `read`.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// Another master key, or a file that was cut or changed.
    #[error("{path}: {source}")]
    Sealed {
        /// The file.
        path: PathBuf,
        /// What the seal says.
        source: crypt::Error,
    },
    /// It opened, and holds something else.
    #[error("{path} holds no session that this version of mavm knows")]
    Content {
        /// The file.
        path: PathBuf,
    },
}

impl KeptSessions {
    /// In this folder, which is made when the first is written, under this key.
    pub fn in_folder(folder: impl Into<PathBuf>, crypt: Arc<Crypt>) -> Self {
        Self { folder: folder.into(), crypt }
    }

    /// Puts a whole new file in place of the old one: a crash leaves the one or the other.
    pub(super) fn write(
        &self,
        run: &RunId,
        session: &str,
        state: &SessionState,
    ) -> Result<(), KeepError> {
        let path = self.file(run, session);
        let sealed = self
            .crypt
            .seal(&purpose(run, session), &state.to_bytes())
            .map_err(|source| KeepError::Sealed { path: path.clone(), source })?;
        replace(&path, &sealed).map_err(|source| KeepError::File { path, doing: "written", source })
    }

    /// The last state that was written; none if there is none.
    pub(super) fn read(
        &self,
        run: &RunId,
        session: &str,
    ) -> Result<Option<SessionState>, KeepError> {
        let path = self.file(run, session);
        let mut sealed = Vec::new();
        let read =
            File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut sealed));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeepError::File { path, doing: "read", source }),
        }
        let clear = match self.crypt.open(&purpose(run, session), &sealed) {
            Ok(clear) => clear,
            Err(source) => return Err(KeepError::Sealed { path, source }),
        };
        let state = SessionState::from_bytes(clear.expose_secret());
        state.map(Some).map_err(|_| KeepError::Content { path })
    }

    /// The runs of which something is kept.
    pub fn runs(&self) -> io::Result<Vec<RunId>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        entries.map(|entry| Ok(RunId(entry?.file_name().to_string_lossy().into_owned()))).collect()
    }

    /// Removes all that is kept of a run.
    pub fn forget(&self, run: &RunId) {
        let folder = self.of_run(run);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(
                    folder = %folder.display(), %error,
                    "the saved sessions of a run that is over can't be removed; remove them by hand"
                );
            }
            _ => {}
        }
    }

    fn of_run(&self, run: &RunId) -> PathBuf {
        self.folder.join(file_name(&run.0))
    }

    fn file(&self, run: &RunId, session: &str) -> PathBuf {
        self.of_run(run).join(format!("{}.sealed", file_name(session)))
    }
}

/// Sealed for this run and session alone: a file that was moved elsewhere doesn't open.
fn purpose(run: &RunId, session: &str) -> String {
    format!("saved session `{session}` of run {run}")
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let aside = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&aside, path)) {
        // What is half written would only take room where there is none.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const STATE: &str = r#"{"cookies":[],"origins":[{"origin":"https://a.example",
        "local":[["token","s3cr3t"]],"session":[]}]}"#;

    fn state() -> SessionState {
        SessionState::from_bytes(STATE.as_bytes()).unwrap()
    }

    fn run(name: &str) -> RunId {
        RunId(name.to_owned())
    }

    fn kept(folder: &tempfile::TempDir) -> KeptSessions {
        let crypt = Arc::new(Crypt::ephemeral().unwrap());
        KeptSessions::in_folder(folder.path().join("sessions"), crypt)
    }

    #[test]
    fn a_state_is_kept_sealed_for_its_owner_alone_until_the_run_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(&folder);
        assert!(kept.read(&run("one"), "root").unwrap().is_none());
        assert_eq!(kept.runs().unwrap(), []);
        for _ in 0..2 {
            kept.write(&run("one"), "root", &state()).unwrap();
        }
        assert!(kept.read(&run("one"), "root").unwrap() == Some(state()));
        assert!(kept.read(&run("one"), "signup").unwrap().is_none());
        let file = kept.file(&run("one"), "root");
        let sealed = fs::read(&file).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"s3cr3t"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let parent = file.parent().unwrap();
        assert_eq!(fs::metadata(parent).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(parent).unwrap().count(), 1);
        assert_eq!(kept.runs().unwrap(), [run("one")]);
        kept.forget(&run("one"));
        kept.forget(&run("one"));
        assert_eq!(kept.runs().unwrap(), []);
    }

    #[test]
    fn a_file_that_is_cut_moved_or_anothers_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let one = kept(&folder);
        one.write(&run("one"), "root", &state()).unwrap();
        let file = one.file(&run("one"), "root");
        let moved = one.file(&run("two"), "root");
        fs::create_dir_all(moved.parent().unwrap()).unwrap();
        fs::copy(&file, &moved).unwrap();
        assert!(matches!(one.read(&run("two"), "root"), Err(KeepError::Sealed { .. })));
        let other_key = kept(&folder);
        assert!(matches!(other_key.read(&run("one"), "root"), Err(KeepError::Sealed { .. })));
        fs::write(&file, &fs::read(&moved).unwrap()[..9]).unwrap();
        assert!(matches!(one.read(&run("one"), "root"), Err(KeepError::Sealed { .. })));
        let sealed = one.crypt.seal(&purpose(&run("one"), "root"), b"{\"s3cr3t\":1}").unwrap();
        fs::write(&file, sealed).unwrap();
        let error = one.read(&run("one"), "root").unwrap_err();
        assert!(matches!(error, KeepError::Content { .. }));
        assert!(!error.to_string().contains("s3cr3t"));
    }
}
