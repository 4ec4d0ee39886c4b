//! Which plugin serves under which name, and every plugin that a run has pinned. Installing one
//! either succeeds whole or changes nothing.
//!
//! In `<data>/plugins`: `<digest>.wasm` for each component, `active.json` for the names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, watch};

use crate::About;
use crate::digests::{Digests, digest, write_whole};
use crate::error::LoadError;
use crate::load::{Loader, Plugin};

/// A plugin that serves under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Installed {
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// What it says of itself.
    pub about: About,
}

/// All active plugins, by name.
pub type Active = Arc<BTreeMap<String, Installed>>;

/// What came of one file of a folder.
#[derive(Debug)]
pub struct FolderEntry {
    /// The file.
    pub path: PathBuf,
    /// The plugin, or why it isn't one that can serve.
    pub loaded: Result<Installed, LoadError>,
}

/// A line of `active.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    digest: String,
    /// What the plugin folder had when it was last read. While the folder stays as it is, it
    /// doesn't undo what was installed over HTTP since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_folder: Option<String>,
}

/// The plugins of one host.
pub struct Registry {
    loader: Arc<Loader>,
    digests: Digests,
    list: PathBuf,
    active: watch::Sender<Active>,
    /// Each digest is loaded once, however many steps ask for it at the same time.
    loaded: Mutex<HashMap<String, Arc<OnceCell<Arc<Plugin>>>>>,
    /// Held while names change: one install after the other.
    names: tokio::sync::Mutex<BTreeMap<String, Kept>>,
}

impl Registry {
    /// Opens `<data>/plugins` and loads what was active. A plugin that can't be loaded any more
    /// (its grant was withdrawn, say) is told in the log and left out.
    pub(crate) async fn open(loader: Arc<Loader>, folder: &Path) -> Result<Self, LoadError> {
        let digests = Digests::open(folder.to_owned())?;
        let list = folder.join("active.json");
        let registry = Self {
            names: tokio::sync::Mutex::new(read_list(&list)?),
            loader,
            digests,
            list,
            active: watch::Sender::new(Active::default()),
            loaded: Mutex::default(),
        };
        let names = registry.names.lock().await.clone();
        for (name, kept) in names {
            match registry.get(&kept.digest).await {
                Ok(plugin) => registry.activate(&plugin),
                Err(error) => tracing::error!(plugin = name, %error, "plugin can't serve"),
            }
        }
        Ok(registry)
    }

    /// Makes these bytes the active plugin of their name. If anything is wrong with them, whatever
    /// was active before stays so. Give the name it is installed under if there is one: grants go
    /// by name, so a plugin mustn't choose its own.
    ///
    /// # Errors
    ///
    /// [`LoadError`], with what to do next.
    pub async fn install(
        &self,
        bytes: Vec<u8>,
        expected: Option<&str>,
    ) -> Result<Installed, LoadError> {
        let mut names = self.names.lock().await;
        let plugin = self.take(bytes, expected).await?;
        let mut changed = names.clone();
        changed.entry(plugin.about().name.clone()).or_default().digest = plugin.digest().to_owned();
        self.commit(&mut names, changed, &plugin)
    }

    /// Installs every `<name>.wasm` of a folder that has changed since it was last read. One that
    /// fails doesn't keep the others from serving.
    ///
    /// # Errors
    ///
    /// When the folder itself can't be read.
    pub async fn load_dir(&self, folder: &Path) -> Result<Vec<FolderEntry>, LoadError> {
        let fail = |error| LoadError::disk(folder, error);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut entries = Vec::with_capacity(paths.len());
        for path in paths {
            let loaded = self.load_file(&path).await;
            entries.push(FolderEntry { path, loaded });
        }
        Ok(entries)
    }

    async fn load_file(&self, path: &Path) -> Result<Installed, LoadError> {
        let bytes = tokio::fs::read(path).await.map_err(|error| LoadError::disk(path, error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let digest = digest(&bytes);
        let mut names = self.names.lock().await;
        let seen = names.get(&name).and_then(|kept| kept.in_folder.as_ref()) == Some(&digest);
        if seen && let Some(installed) = self.active.borrow().get(&name) {
            return Ok(installed.clone());
        }
        let plugin = self.take(bytes, Some(&name)).await?;
        let mut changed = names.clone();
        changed.insert(name, Kept { digest: digest.clone(), in_folder: Some(digest) });
        self.commit(&mut names, changed, &plugin)
    }

    /// Checks bytes as `install` would, and changes nothing.
    ///
    /// # Errors
    ///
    /// What `install` would say.
    pub async fn check(
        &self,
        bytes: Vec<u8>,
        expected: Option<&str>,
    ) -> Result<Installed, LoadError> {
        let plugin = self.loader.load(bytes, expected).await?;
        Ok(installed(&plugin))
    }

    /// The plugin with this digest, loaded now if it wasn't yet.
    ///
    /// # Errors
    ///
    /// [`LoadError`], also when there is no such plugin.
    pub async fn get(&self, digest: &str) -> Result<Arc<Plugin>, LoadError> {
        let cell = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(cell) = loaded.get(digest) {
                Arc::clone(cell)
            } else {
                let cell = Arc::new(OnceCell::new());
                loaded.insert(digest.to_owned(), Arc::clone(&cell));
                cell
            }
        };
        let plugin = cell
            .get_or_try_init(|| async {
                let bytes = self.digests.get(digest)?;
                self.loader.load(bytes, None).await.map(Arc::new)
            })
            .await;
        if plugin.is_err() {
            // What isn't there takes no memory, however many wrong digests are asked for.
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if loaded
                .get(digest)
                .is_some_and(|kept| Arc::ptr_eq(kept, &cell) && !kept.initialized())
            {
                loaded.remove(digest);
            }
        }
        plugin.cloned()
    }

    /// All active plugins, by name.
    pub fn active(&self) -> Active {
        self.active.borrow().clone()
    }

    /// Told of each swap. Two swaps in a row may come as one: compare with what you knew.
    pub fn subscribe(&self) -> watch::Receiver<Active> {
        self.active.subscribe()
    }

    /// Removes plugins that are neither active nor in `pinned` (by unfinished runs); gives their
    /// digests.
    ///
    /// # Errors
    ///
    /// When the folder can't be changed.
    pub async fn collect(&self, pinned: &BTreeSet<String>) -> Result<Vec<String>, LoadError> {
        let names = self.names.lock().await;
        let mut keep = pinned.clone();
        keep.extend(names.values().map(|kept| kept.digest.clone()));
        let gone = self.digests.keep_only(&keep)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|digest, _| keep.contains(digest));
        Ok(gone)
    }

    /// Loads bytes and keeps them by digest, which changes nothing for anyone yet.
    async fn take(&self, bytes: Vec<u8>, expected: Option<&str>) -> Result<Arc<Plugin>, LoadError> {
        let plugin = Arc::new(self.loader.load(bytes.clone(), expected).await?);
        self.digests.put(plugin.digest(), &bytes)?;
        Ok(plugin)
    }

    /// First the disk, then everyone: what serves now also serves after a restart.
    fn commit(
        &self,
        names: &mut BTreeMap<String, Kept>,
        changed: BTreeMap<String, Kept>,
        plugin: &Arc<Plugin>,
    ) -> Result<Installed, LoadError> {
        let json = serde_json::to_vec_pretty(&changed)
            .map_err(|error| LoadError::Host(error.to_string()))?;
        write_whole(&self.list, &json).map_err(|error| LoadError::disk(&self.list, error))?;
        *names = changed;
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(
            plugin.digest().to_owned(),
            Arc::new(OnceCell::new_with(Some(Arc::clone(plugin)))),
        );
        self.activate(plugin);
        Ok(installed(plugin))
    }

    fn activate(&self, plugin: &Plugin) {
        let new = installed(plugin);
        self.active.send_if_modified(|active| {
            if active.get(&new.about.name) == Some(&new) {
                return false;
            }
            tracing::info!(
                plugin = new.about.name,
                version = new.about.version,
                digest = new.digest,
                "serving"
            );
            let mut changed = (**active).clone();
            changed.insert(new.about.name.clone(), new);
            *active = Arc::new(changed);
            true
        });
    }
}

fn installed(plugin: &Plugin) -> Installed {
    Installed { digest: plugin.digest().to_owned(), about: plugin.about().clone() }
}

fn read_list(path: &Path) -> Result<BTreeMap<String, Kept>, LoadError> {
    match std::fs::read(path) {
        Ok(json) => serde_json::from_slice(&json).map_err(|error| {
            LoadError::disk(path, std::io::Error::new(std::io::ErrorKind::InvalidData, format!(
                "this list of active plugins is damaged ({error}); remove it, and install the \
                 plugins again"
            )))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(LoadError::disk(path, error)),
    }
}
