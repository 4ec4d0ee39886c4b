//! Runs cargo and the built host, and stops at the first that fails.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Builds the host.
pub fn host() -> Result<()> {
    run(cargo().args(["build", "--locked", "--package", "mavm"]))
}

/// The cargo that runs this.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// The built host.
pub fn mavm() -> Result<Command> {
    let mut mavm = Command::new(target()?.join("debug/mavm"));
    mavm.current_dir(root());
    Ok(mavm)
}

/// A shell at the top of the repository.
pub fn bash() -> Command {
    let mut bash = Command::new("bash");
    bash.current_dir(root());
    bash
}

/// Top of the repository: the parent of our own folder, which cargo names when it runs us.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "xtask".into(), PathBuf::from);
    own.parent().map(PathBuf::from).unwrap_or_default()
}

/// Where cargo builds to, as an absolute path.
pub fn target() -> Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    std::path::absolute(&target).with_context(|| format!("where is {}?", target.display()))
}

/// Runs a command to its end; an error when it ends badly.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("can't start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
