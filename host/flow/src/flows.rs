//! The flows of this host, and the texts that runs have pinned. A run goes on with the text it
//! began with, whatever has become of the file since.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::definition::{Catalogue, Flow, Problems};

/// The flows that come with the host: file name and text.
pub fn embedded() -> Vec<(String, String)> {
    [
        ("create-account.toml", include_str!("../../../flows/create-account.toml")),
        ("close-account.toml", include_str!("../../../flows/close-account.toml")),
    ]
    .map(|(name, text)| (format!("flows/{name}"), text.to_owned()))
    .to_vec()
}

/// All flows of this host, checked.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    flows: BTreeMap<String, Arc<Flow>>,
}

impl Flows {
    /// Reads every `*.toml` of a folder.
    ///
    /// # Errors
    ///
    /// Every mistake in any of them, together.
    pub fn load(folder: &Path, catalogue: &Catalogue) -> Result<Self, Problems> {
        let mut texts = Vec::new();
        let unreadable = |path: &Path, error: std::io::Error| {
            Problems::loose(format!("{} can't be read: {error}", path.display()))
        };
        let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                texts.push((path.display().to_string(), text));
            }
        }
        texts.sort();
        Self::from_texts(texts, catalogue)
    }

    /// Takes texts with the names of their files, such as [`embedded`] gives.
    ///
    /// # Errors
    ///
    /// Every mistake in any of them, together.
    pub fn from_texts(
        texts: Vec<(String, String)>,
        catalogue: &Catalogue,
    ) -> Result<Self, Problems> {
        let mut flows: BTreeMap<String, Arc<Flow>> = BTreeMap::new();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let mut problems = Problems::default();
        for (path, text) in texts {
            match Flow::parse(&path, &text, catalogue) {
                Ok(flow) => {
                    if let Some(first) = files.insert(flow.name.clone(), path.clone()) {
                        problems.extend(Problems::loose(format!(
                            "{first} and {path} both call their flow `{}`; rename one",
                            flow.name
                        )));
                    }
                    flows.insert(flow.name.clone(), Arc::new(flow));
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(Self { flows }) } else { Err(problems) }
    }

    /// One flow.
    pub fn get(&self, name: &str) -> Option<&Arc<Flow>> {
        self.flows.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.values()
    }
}

/// Why a pinned text can't be used. Each is for a person to put right.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file is gone, or the disk failed.
    #[error("the flow's text {path} can't be used: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file was changed by hand.
    #[error("{path} was changed since the run began: its digest no longer fits its name")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The configuration no longer has what the text asks for.
    #[error("the flow's text no longer fits the configuration: {0}")]
    Problems(Problems),
}

/// The folder of pinned texts, `<digest>.toml` each.
#[derive(Debug)]
pub struct FlowTexts {
    folder: PathBuf,
    catalogue: Catalogue,
    read: Mutex<HashMap<String, Arc<Flow>>>,
}

impl FlowTexts {
    /// Opens the folder, and makes it if there is none. `config` is what flows may see of the
    /// configuration, see [`Catalogue::new`].
    ///
    /// # Errors
    ///
    /// When the folder can't be made.
    pub fn open(folder: &Path, config: serde_json::Value) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            catalogue: Catalogue::pinned(config),
            read: Mutex::default(),
        })
    }

    /// What flows see as `config`.
    pub fn config(&self) -> &serde_json::Value {
        self.catalogue.config()
    }

    /// Keeps a flow's text, before a run pins it. Does nothing if it is kept already.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn keep(&self, flow: &Flow) -> Result<(), TextError> {
        let path = self.path(&flow.digest);
        if path.exists() {
            return Ok(());
        }
        self.write(&path, &flow.text).map_err(|error| TextError::Unreadable { path, error })
    }

    /// The flow of a digest.
    ///
    /// # Errors
    ///
    /// When there is no such text any more, or it no longer fits the configuration.
    pub fn get(&self, digest: &str) -> Result<Arc<Flow>, TextError> {
        let lock = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flow) = lock().get(digest) {
            return Ok(Arc::clone(flow));
        }
        let path = self.path(digest);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| TextError::Unreadable { path: path.clone(), error })?;
        if Flow::digest_of(&text) != digest {
            return Err(TextError::Changed { path });
        }
        let flow = Flow::parse(&path.display().to_string(), &text, &self.catalogue)
            .map_err(TextError::Problems)?;
        let flow = Arc::new(flow);
        lock().insert(digest.to_owned(), Arc::clone(&flow));
        Ok(flow)
    }

    fn path(&self, digest: &str) -> PathBuf {
        // A digest comes from the database: it must not lead out of the folder.
        let name: String = digest.chars().filter(char::is_ascii_alphanumeric).collect();
        self.folder.join(format!("{name}.toml"))
    }

    /// Written beside and renamed, so that no crash leaves half a text under a digest's name.
    fn write(&self, path: &Path, text: &str) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        std::fs::File::open(&self.folder)?.sync_all()
    }
}
