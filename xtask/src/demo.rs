//! `cargo xtask demo`: builds everything, installs what is missing, and hands over to `mavm demo`.

use anyhow::Result;

use crate::{browser, build, plugins};

/// `words` are passed on: `--keep`, `--headed`, `--scenario key=value`.
pub fn run(words: &[String]) -> Result<()> {
    if words.iter().any(|word| word == "--headed") {
        browser::ensure_full()?;
    } else {
        browser::ensure()?;
    }
    plugins::run(&build::root())?;
    build::host()?;
    let plugins = build::target()?.join("plugins");
    build::run(build::mavm()?.arg("demo").arg("--plugins").arg(plugins).args(words))
}
