//! Makes sure that there is a Chromium: `chromium-headless-shell` if it can be had (a run is twice as
//! fast on it), or else `chromium`.

use std::path::PathBuf;

use anyhow::Result;

use crate::install;

const NAMES: [&str; 3] = ["chromium-headless-shell", "chromium", "chromium-browser"];

/// Installs one where none is found.
pub fn ensure() -> Result<()> {
    if let Some(path) = NAMES.iter().find_map(|name| find(name)) {
        println!("browser: {}", path.display());
        return Ok(());
    }
    println!("browser: none found, installing Debian's package");
    install::apt(&["chromium-headless-shell"]).or_else(|_| install::apt(&["chromium"]))
}

/// The headless build has no window to show.
pub fn ensure_full() -> Result<()> {
    if NAMES[1..].iter().any(|name| find(name).is_some()) {
        return Ok(());
    }
    install::apt(&["chromium"])
}

/// Tests run on both builds.
pub fn ensure_both() -> Result<()> {
    let missing: Vec<_> = NAMES[..2].iter().copied().filter(|name| find(name).is_none()).collect();
    if missing.is_empty() { Ok(()) } else { install::apt(&missing) }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
