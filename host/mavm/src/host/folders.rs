//! Where the host keeps things, and that only one host at a time works there.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use mavm_capability::crypt::Crypt;
use mavm_capability::secrets::{FileVault, Vault};
use mavm_store::Store;
use mavm_store::sqlite::Sqlite;

use crate::config::Config;

/// The data folder and what is in it.
#[derive(Clone, Debug)]
pub struct Folders {
    data: PathBuf,
    cache: PathBuf,
}

/// Held by the one host that works on a data folder; gone with its process, however it ends.
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Folders {
    pub fn of(config: &Config) -> Self {
        let data = config.host.data.clone();
        let cache = config.host.cache.clone().unwrap_or_else(|| data.join("cache"));
        Self { data, cache }
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Compiled plugins.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// A folder of traces for each run.
    pub fn traces(&self) -> PathBuf {
        self.data.join("traces")
    }

    /// Browser sessions of runs that are not over, sealed.
    pub fn sessions(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// Texts of flows that runs have pinned.
    pub fn flow_texts(&self) -> PathBuf {
        self.data.join("flows")
    }

    /// Browser profiles.
    pub fn browser(&self) -> PathBuf {
        self.data.join("browser")
    }

    /// Opens the database, making it if there is none.
    pub async fn store(&self) -> Result<Arc<dyn Store>> {
        self.make()?;
        let store = Sqlite::open(&self.data.join("mavm.db")).await?;
        Ok(Arc::new(store))
    }

    /// The master key: from the environment, or its file, which is made if there is none.
    pub fn crypt(&self) -> Result<Arc<Crypt>> {
        self.make()?;
        if let Ok(hex) = std::env::var("MAVM_MASTER_KEY") {
            return Ok(Arc::new(Crypt::from_hex(&hex, "MAVM_MASTER_KEY")?));
        }
        let (key, secrets) = (self.data.join("master.key"), self.data.join("secrets.enc"));
        // A new key would open nothing of what is there, and hide that the old one is missed.
        if secrets.exists() && !key.exists() {
            bail!(
                "{} is missing, but there is {}, which only it opens. Put the key back from your \
                 backup, or set MAVM_MASTER_KEY. If it is lost for good, move {} away: its secrets, \
                 root passwords among them, are lost with it",
                key.display(),
                secrets.display(),
                secrets.display()
            );
        }
        Ok(Arc::new(Crypt::from_file(&key)?))
    }

    /// The encrypted file of secrets.
    pub fn vault(&self) -> Result<Arc<dyn Vault>> {
        let vault = FileVault::open(self.data.join("secrets.enc"), self.crypt()?)?;
        Ok(Arc::new(vault))
    }

    /// Takes the folder for this process, or says that another host has it (`None`).
    pub fn lock(&self) -> Result<Option<Lock>> {
        self.make()?;
        self.warn_if_open();
        let path = self.data.join("host.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("can't open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => {
                bail!("can't lock {}: {error}", path.display())
            }
        }
    }

    /// Makes the data folder for its owner alone. One that is there already stays as it is: it may be
    /// somebody's on purpose.
    fn make(&self) -> Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.data).with_context(|| {
            format!(
                "can't make the data folder {}; see host.data in mavm.toml",
                self.data.display()
            )
        })
    }

    /// Says so when others on this machine may read the data folder.
    fn warn_if_open(&self) {
        let open = std::fs::metadata(&self.data).is_ok_and(|data| data.mode() & 0o077 != 0);
        if open {
            tracing::warn!(
                "others on this machine may read {0}; if it is the host's alone: chmod 700 {0}",
                self.data.display()
            );
        }
    }
}
