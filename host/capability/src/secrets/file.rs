//! The embedded vault: one file, sealed as a whole under the master key.
//!
//! The command line sets secrets while the host runs. So every read opens the file anew (it is
//! small, and nothing stays in memory), and every change takes a lock that other processes respect,
//! reads, and puts a whole new file in place of the old one: a crash leaves the one or the other.
//! Not even names can be read without the key.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Error, Vault, check_name, check_value};
use crate::crypt::Crypt;

const PURPOSE: &str = "secrets file";

/// The encrypted file (`secrets.enc`).
#[derive(Clone, Debug)]
pub struct FileVault {
    file: Arc<SecretsFile>,
}

#[derive(Debug)]
struct SecretsFile {
    path: PathBuf,
    crypt: Arc<Crypt>,
}

/// What the file holds. Wiped when dropped.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    secrets: BTreeMap<String, String>,
}

impl Drop for Content {
    fn drop(&mut self) {
        self.secrets.values_mut().for_each(|value| value.zeroize());
    }
}

impl FileVault {
    /// A vault in this file, which need not be there yet. If it is, it must open under this key:
    /// better now than in the middle of a run.
    pub fn open(path: impl Into<PathBuf>, crypt: Arc<Crypt>) -> Result<Self, Error> {
        let file = SecretsFile { path: path.into(), crypt };
        file.read()?;
        Ok(Self { file: Arc::new(file) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SecretsFile) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || work(&file)).await.map_err(|_| Error::Stopping)?
    }
}

#[async_trait]
impl Vault for FileVault {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, Error> {
        let name = name.to_owned();
        self.blocking(move |file| {
            Ok(file.read()?.secrets.get(&name).map(|value| SecretString::from(value.as_str())))
        })
        .await
    }

    async fn set(&self, name: &str, value: SecretString) -> Result<(), Error> {
        check_name(name)?;
        check_value(name, &value)?;
        let name = name.to_owned();
        self.blocking(move |file| {
            file.change(|content| {
                let old = content.secrets.insert(name, value.expose_secret().to_owned());
                drop(old.map(Zeroizing::new));
                (true, ())
            })
        })
        .await
    }

    async fn set_once(&self, name: &str, value: SecretString) -> Result<SecretString, Error> {
        check_name(name)?;
        check_value(name, &value)?;
        let name = name.to_owned();
        self.blocking(move |file| {
            file.change(|content| match content.secrets.get(&name) {
                Some(kept) => (false, SecretString::from(kept.as_str())),
                None => {
                    content.secrets.insert(name, value.expose_secret().to_owned());
                    (true, value)
                }
            })
        })
        .await
    }

    async fn names(&self) -> Result<Vec<String>, Error> {
        self.blocking(|file| Ok(file.read()?.secrets.keys().cloned().collect())).await
    }

    async fn remove(&self, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        self.blocking(move |file| {
            file.change(|content| {
                let removed = content.secrets.remove(&name).map(Zeroizing::new).is_some();
                (removed, removed)
            })
        })
        .await
    }
}

impl SecretsFile {
    fn failed(&self, doing: &'static str) -> impl Fn(std::io::Error) -> Error {
        let path = self.path.clone();
        move |source| Error::File { path: path.clone(), doing, source }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// The file's name with more at its end.
    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    fn read(&self) -> Result<Content, Error> {
        let sealed = match std::fs::read(&self.path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Content::default());
            }
            Err(error) => return Err(self.failed("read")(error)),
        };
        let clear = self
            .crypt
            .open(PURPOSE, &sealed)
            .map_err(|source| Error::Sealed { path: self.path.clone(), source })?;
        // The parser's own message could quote the content.
        serde_json::from_slice(clear.expose_secret())
            .map_err(|_| Error::Content { path: self.path.clone() })
    }

    /// Reads, changes and, if the change says so, writes, with all other writers kept out.
    fn change<T>(&self, change: impl FnOnce(&mut Content) -> (bool, T)) -> Result<T, Error> {
        std::fs::create_dir_all(self.folder()).map_err(self.failed("written"))?;
        // A file of its own: the secrets file is replaced at each change, and a lock on the old one
        // would keep nobody out. The lock goes when `lock` is dropped.
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.beside(".lock"))
            .map_err(self.failed("locked"))?;
        lock.lock().map_err(self.failed("locked"))?;

        let mut content = self.read()?;
        let (changed, answer) = change(&mut content);
        if changed {
            self.write(&content)?;
        }
        Ok(answer)
    }

    fn write(&self, content: &Content) -> Result<(), Error> {
        // Sized first: a buffer that grows leaves copies of secrets behind.
        let size = content.secrets.iter().map(|(name, value)| name.len() + 6 * value.len() + 16);
        let mut clear = Zeroizing::new(Vec::with_capacity(64 + size.sum::<usize>()));
        serde_json::to_writer(&mut *clear, content)
            .map_err(|_| Error::Content { path: self.path.clone() })?;
        let sealed = self
            .crypt
            .seal(PURPOSE, &clear)
            .map_err(|source| Error::Sealed { path: self.path.clone(), source })?;

        let aside = self.beside(".new");
        let replace = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&aside)?;
            file.write_all(&sealed)?;
            file.sync_all()?;
            std::fs::rename(&aside, &self.path)?;
            File::open(self.folder())?.sync_all()
        };
        replace().map_err(self.failed("written"))
    }
}
