//! Where a program listens, for whoever started it: a JSON file that is complete as soon as it is
//! there, so that waiting for it is enough.

use std::path::Path;

use anyhow::{Context, Result};

/// Writes it beside its place and moves it there.
pub fn write(path: &Path, addresses: &serde_json::Value) -> Result<()> {
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, addresses.to_string())
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("can't write the addresses to {}", path.display()))
}
