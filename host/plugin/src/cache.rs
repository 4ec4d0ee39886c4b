//! Compiled plugins, kept between starts in `<cache>/<engine version>/<digest>.cwasm`. Only our own
//! work is taken back: each file begins with a keyed hash over engine, digest and code, whose key
//! lies in the data folder. A file that isn't ours, or was changed, is compiled anew.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use wasmtime::component::Component;

use crate::digests::write_whole;
use crate::error::LoadError;

const TAG: usize = blake3::OUT_LEN;

pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; blake3::KEY_LEN],
    engine: String,
}

impl Cache {
    /// `key_file` is made at the first start. It must be out of reach for whoever may write to the
    /// cache but not run code here.
    pub(crate) fn open(cache: &Path, key_file: &Path, engine: String) -> Result<Self, LoadError> {
        let folder = cache.join(&engine);
        std::fs::create_dir_all(&folder).map_err(|error| LoadError::disk(&folder, error))?;
        let key = load_key(key_file).map_err(|error| LoadError::disk(key_file, error))?;
        Ok(Self { folder, key, engine })
    }

    /// The compiled component with this digest, if it was compiled here before.
    pub(crate) fn get(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let path = self.path(digest);
        let file = std::fs::read(&path).ok()?;
        let (tag, code) = file.split_at_checked(TAG)?;
        let tag: [u8; TAG] = tag.try_into().ok()?;
        // Comparing two `blake3::Hash` takes the same time wherever they differ.
        if self.tag(digest, code) != blake3::Hash::from_bytes(tag) {
            tracing::warn!(path = %path.display(), "compiled plugin isn't ours or was changed: compiling it anew");
            return None;
        }
        match deserialize(engine, code) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "compiled plugin doesn't fit: compiling it anew");
                None
            }
        }
    }

    /// Keeps a compiled component. Failing costs time at the next start and nothing else.
    pub(crate) fn put(&self, digest: &str, component: &Component) {
        let path = self.path(digest);
        let written = component.serialize().map_err(|error| error.to_string()).and_then(|code| {
            let mut file = self.tag(digest, &code).as_bytes().to_vec();
            file.extend_from_slice(&code);
            write_whole(&path, &file).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), error, "can't keep the compiled plugin");
        }
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.cwasm"))
    }

    fn tag(&self, digest: &str, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // Both have a fixed alphabet without line ends, so no two inputs read the same.
        hasher.update(format!("{}\n{digest}\n", self.engine).as_bytes());
        hasher.update(code);
        hasher.finalize()
    }
}

/// The one place where machine code is taken from a file.
#[allow(
    unsafe_code,
    reason = "sound for bytes that `Component::serialize` made, which the caller has proven with \
              the keyed hash; they are in our own memory and can't change after that proof"
)]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: see above.
    unsafe { Component::deserialize(engine, code) }
}

fn load_key(path: &Path) -> std::io::Result<[u8; blake3::KEY_LEN]> {
    match std::fs::read(path) {
        Ok(key) => match key.try_into() {
            Ok(key) => return Ok(key),
            Err(_) => {
                tracing::warn!(path = %path.display(), "cache key is damaged: making a new one")
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key: [u8; blake3::KEY_LEN] = rand::random();
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(&key)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    Ok(key)
}
