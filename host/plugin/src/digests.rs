//! Plugin files by digest, in `<data>/plugins/<digest>.wasm`. A file here never changes; what is
//! read is held against its name, so that a run gets exactly the bytes that it pinned.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::LoadError;

/// SHA-256 of a component, in hex: what runs pin.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Digests come from databases and requests and become file names.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) struct Digests {
    folder: PathBuf,
}

impl Digests {
    pub(crate) fn open(folder: PathBuf) -> Result<Self, LoadError> {
        std::fs::create_dir_all(&folder).map_err(|error| LoadError::disk(&folder, error))?;
        Ok(Self { folder })
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.wasm"))
    }

    pub(crate) fn put(&self, digest: &str, bytes: &[u8]) -> Result<(), LoadError> {
        // A damaged file is replaced by whoever installs the same build again.
        if matches!(self.get(digest), Ok(kept) if kept == bytes) {
            return Ok(());
        }
        let path = self.path(digest);
        write_whole(&path, bytes).map_err(|error| LoadError::disk(path, error))
    }

    pub(crate) fn get(&self, wanted: &str) -> Result<Vec<u8>, LoadError> {
        if !is_digest(wanted) {
            return Err(LoadError::Unknown(wanted.chars().take(80).collect()));
        }
        let path = self.path(wanted);
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LoadError::Unknown(wanted.to_owned()),
            _ => LoadError::disk(&path, error),
        })?;
        if digest(&bytes) == wanted { Ok(bytes) } else { Err(LoadError::Damaged { path }) }
    }

    /// Removes all but these; gives the digests that went.
    pub(crate) fn keep_only(&self, keep: &BTreeSet<String>) -> Result<Vec<String>, LoadError> {
        let fail = |error| LoadError::disk(&self.folder, error);
        let mut gone = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let Some(stem) = digest_of(&path) else { continue };
            if !keep.contains(&stem) {
                std::fs::remove_file(&path).map_err(|error| LoadError::disk(&path, error))?;
                gone.push(stem);
            }
        }
        Ok(gone)
    }
}

fn digest_of(path: &Path) -> Option<String> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".wasm")?;
    is_digest(stem).then(|| stem.to_owned())
}

/// Writes a file so that it is there whole or not at all, also after a power cut.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}
