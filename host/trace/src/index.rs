//! Which lines a trace has and where its pictures and pages are, read once, and again from there
//! when the file has grown. Pictures and pages stay in the file until they are asked for.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;

/// No line that mavm writes is longer.
const LONGEST: u64 = 32 << 20;

/// A trace that is read.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    lines: Vec<Box<RawValue>>,
    resources: HashMap<String, Place>,
    read_to: u64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    length: usize,
}

#[derive(Deserialize)]
struct Head<'a> {
    kind: &'a str,
    id: Option<&'a str>,
}

/// A picture, font, style sheet or page of a trace.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) kind: String,
    pub(crate) content: Vec<u8>,
}

impl Index {
    /// Reads a trace. Lines that are cut or not understood are passed over.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let mut index = Self { path, lines: Vec::new(), resources: HashMap::new(), read_to: 0 };
        index.refresh()?;
        Ok(index)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many lines there are, without pictures and pages.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing could be read.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Reads what was written since. The last line counts when it is whole.
    pub fn refresh(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read_to))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
            let whole = line.last() == Some(&b'\n');
            let too_long = !whole && u64::try_from(read).is_ok_and(|read| read == LONGEST);
            if !whole && !too_long {
                return Ok(());
            }
            let offset = self.read_to;
            self.read_to += u64::try_from(read).unwrap_or(0);
            self.take(&line, offset);
        }
    }

    fn take(&mut self, line: &[u8], offset: u64) {
        let Ok(text) = std::str::from_utf8(line) else { return };
        let Ok(head) = serde_json::from_str::<Head<'_>>(text) else { return };
        if head.kind == "resource" {
            if let Some(id) = head.id {
                self.resources.insert(id.to_owned(), Place { offset, length: line.len() });
            }
        } else if let Ok(line) = RawValue::from_string(text.trim_end().to_owned()) {
            self.lines.push(line);
        }
    }

    /// All lines as one JSON array.
    pub(crate) fn as_json(&self) -> String {
        let size: usize = self.lines.iter().map(|line| line.get().len() + 1).sum();
        let mut all = String::with_capacity(size + 2);
        all.push('[');
        for (number, line) in self.lines.iter().enumerate() {
            if number > 0 {
                all.push(',');
            }
            all.push_str(line.get());
        }
        all.push(']');
        all
    }

    /// The n-th line.
    pub(crate) fn line(&self, number: usize) -> Option<&str> {
        self.lines.get(number).map(|line| line.get())
    }

    /// What a resource holds, read from the file now.
    pub(crate) fn resource(&self, id: &str) -> Option<Resource> {
        #[derive(Deserialize)]
        struct Whole {
            #[serde(rename = "type")]
            kind: String,
            text: Option<String>,
            data: Option<String>,
        }
        let place = self.resources.get(id)?;
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(place.offset)).ok()?;
        let mut line = vec![0; place.length];
        file.read_exact(&mut line).ok()?;
        let whole: Whole = serde_json::from_slice(&line).ok()?;
        let content = match (whole.text, whole.data) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(data)) => base64::engine::general_purpose::STANDARD.decode(data).ok()?,
            (None, None) => return None,
        };
        Some(Resource { kind: whole.kind, content })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn cut_and_foreign_lines_are_passed_over_and_new_ones_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        std::fs::write(
            &path,
            "{\"kind\":\"session\"}\n{\"kind\":\"act\nnonsense\n{\"kind\":\"resource\",\"id\":\"a\",\"type\":\"text/css\",\"text\":\"b {}\"}\n{\"kind\":\"acti",
        )
        .unwrap();
        let mut index = Index::open(&path).unwrap();
        assert_eq!((index.len(), index.as_json().as_str()), (1, r#"[{"kind":"session"}]"#));
        assert_eq!(index.resource("a").unwrap().content, b"b {}");
        assert!(index.resource("b").is_none());
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"on\"}\n").unwrap();
        index.refresh().unwrap();
        assert_eq!(index.line(1), Some(r#"{"kind":"action"}"#));
    }
}
