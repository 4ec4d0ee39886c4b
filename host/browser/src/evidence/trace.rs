//! The trace: one file with one JSON object per line, written as things happen, so that a run that
//! was killed has its trace up to the kill. Pictures and copies of pages are lines of their own,
//! written once, before the line that names them. What is written was redacted by whoever writes it.
//! A trace that can't be written never fails an action.
//!
//! docs/trace.md tells what the lines hold.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::capture::Captures;
use crate::{Error, locked};

/// How much a trace shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// The page before every deed and after the last one, as picture and as copy.
    #[default]
    Full,
    /// Every action in words; the page only where one failed.
    Actions,
}

/// Where a trace goes.
#[derive(Clone, Debug)]
pub struct TraceOptions {
    /// The file; lines are appended to it.
    pub file: PathBuf,
    /// Bytes, pictures included, after which nothing more is written. The last eighth is kept for
    /// lines without pictures.
    pub limit: u64,
    /// How much is shown.
    pub evidence: Evidence,
}

impl TraceOptions {
    /// Everything into this file, 64 MiB at most.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), limit: 64 << 20, evidence: Evidence::Full }
    }
}

/// Where the actions of a session come from: the trace names it with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The flow's step, with its try.
    pub step: String,
    /// The plugin that does it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub plugin: String,
    /// The plugin's digest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The step's name in the plugin.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub does: String,
    /// The flow.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub flow: String,
    /// The run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
}

/// A session's trace; off if there is no file.
pub(crate) struct Trace {
    out: Option<Mutex<Out>>,
    full: bool,
    pub(super) captures: Captures,
}

/// What a resource holds.
pub(crate) enum Data<'a> {
    Text(&'a str),
    Base64(&'a str),
}

struct Out {
    file: File,
    limit: u64,
    left: u64,
    /// What was written already, by its id.
    resources: HashSet<String>,
    step: String,
    /// No room for pictures any more; said once.
    words_only: bool,
    broken: bool,
}

impl Trace {
    pub(crate) fn open(options: Option<&TraceOptions>, browser: &str) -> Result<Self, Error> {
        let trace = Self {
            out: options.map(Out::open).transpose()?.map(Mutex::new),
            full: options.is_some_and(|options| options.evidence == Evidence::Full),
            captures: Captures::default(),
        };
        trace.note("session", &json!({"browser": browser, "format": 1}));
        Ok(trace)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.out.as_ref().is_some_and(|out| !locked(out).broken)
    }

    /// Whether the page is captured before every deed.
    pub(crate) fn is_full(&self) -> bool {
        self.full && self.out.as_ref().is_some_and(|out| !locked(out).words_only)
    }

    pub(crate) fn set_source(&self, source: &Source) {
        if let Some(out) = &self.out {
            locked(out).step.clone_from(&source.step);
            self.note("step", &json!(source));
        }
    }

    /// Writes a line of this kind.
    pub(crate) fn note(&self, kind: &str, fields: &Json) {
        let Some(out) = &self.out else { return };
        let mut out = locked(out);
        let mut line = json!({"at": jiff::Timestamp::now().to_string(), "kind": kind});
        if !out.step.is_empty() {
            line["step"] = json!(out.step);
        }
        if let Json::Object(fields) = fields {
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                line[name] = value.clone();
            }
        }
        out.write(&line.to_string());
    }

    /// Writes something that other lines name by the id that this gives; once, however often it comes.
    pub(crate) fn keep(&self, kind: &str, data: Data<'_>) -> Option<String> {
        let (name, content) = match data {
            Data::Text(text) => ("text", text),
            Data::Base64(data) => ("data", data),
        };
        let digest = Sha256::new().chain_update(kind).chain_update(content).finalize();
        let id = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut out = locked(self.out.as_ref()?);
        if out.broken || out.resources.contains(&id) {
            return (!out.broken).then_some(id);
        }
        let line = json!({"kind": "resource", "id": id, "type": kind, name: content}).to_string();
        if size_of(&line) > out.left.saturating_sub(out.limit / 8) {
            if !std::mem::replace(&mut out.words_only, true) {
                out.write(&json!({"kind": "cut", "what": "pictures", "why": "the trace is almost at its limit"}).to_string());
            }
            return None;
        }
        out.write(&line);
        if out.broken {
            return None;
        }
        out.resources.insert(id.clone());
        Some(id)
    }
}

impl Out {
    fn open(options: &TraceOptions) -> Result<Self, Error> {
        let bad = |error: std::io::Error| {
            Error::Invalid(format!(
                "the trace {} can't be written ({error}); check the folder, or switch traces off",
                options.file.display()
            ))
        };
        if let Some(parent) = options.file.parent().filter(|parent| !parent.as_os_str().is_empty())
        {
            fs::create_dir_all(parent).map_err(bad)?;
        }
        // Pictures of pages are nobody else's business.
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(&options.file)
            .map_err(bad)?;
        let written = file.metadata().map_err(bad)?.len();
        // A host that was killed may have left half a line; what follows begins a new one.
        if written > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1)).map_err(bad)?;
            file.read_exact(&mut last).map_err(bad)?;
            if last != *b"\n" {
                file.write_all(b"\n").map_err(bad)?;
            }
        }
        Ok(Self {
            file,
            limit: options.limit,
            left: options.limit.saturating_sub(written),
            resources: HashSet::new(),
            step: String::new(),
            words_only: false,
            broken: false,
        })
    }

    fn write(&mut self, line: &str) {
        if self.broken {
            return;
        }
        let size = size_of(line);
        if size > self.left {
            let last = json!({"kind": "cut", "why": "the trace has reached its limit"});
            let _ = writeln!(self.file, "{last}");
            self.broken = true;
            return;
        }
        self.left -= size;
        let mut text = String::with_capacity(line.len() + 1);
        text.push_str(line);
        text.push('\n');
        let before = self.file.metadata().map(|data| data.len());
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // Half a line helps nobody.
            if let Ok(before) = before {
                let _ = self.file.set_len(before);
            }
            self.broken = true;
            tracing::warn!(%error, "the trace can't be written any more; the session goes on without");
        }
    }
}

/// With its line break.
fn size_of(line: &str) -> u64 {
    u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1)
}
