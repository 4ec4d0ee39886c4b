//! `cargo xtask test`: builds everything and passes the whole suite. Words are passed on to
//! `cargo test`.

use anyhow::Result;

use crate::{browser, build, plugins};

pub fn run(words: &[String]) -> Result<()> {
    browser::ensure_both()?;
    plugins::run(&build::root())?;
    build::host()?;
    build::run(build::cargo().args(["test", "--locked", "--workspace"]).args(words))?;
    // What of the SDK and the plugins' shared page knowledge needs no host.
    let folder = build::target()?.join("plugins-build");
    build::run(
        build::cargo()
            .args(["test", "--locked", "--manifest-path", "plugins/Cargo.toml", "--workspace"])
            .arg("--target-dir")
            .arg(folder),
    )
}
