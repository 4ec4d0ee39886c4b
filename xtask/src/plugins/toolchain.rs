//! A Rust toolchain that can build for wasm32-unknown-unknown.
//!
//! Three are tried, in this order:
//!
//! 1. the target that rustup has installed already;
//! 2. `rustup target add`;
//! 3. Debian's second compiler, whose packages bring the standard library's sources, so that the
//!    standard library is built on the spot. It sits beside rustup's and leaves it alone. If it
//!    isn't installed, we install it as root or with a sudo that asks for no password; otherwise
//!    the command is printed for a person to run.
//!
//! `MAVM_PLUGIN_TOOLCHAIN=installed|rustup|debian` tries one of them alone, for tests of this
//! choice. It never writes a `rust-toolchain.toml`: where the target can't be downloaded, that
//! would break every build.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::output_of;
use crate::install;

/// The target of all plugins.
pub const TARGET: &str = "wasm32-unknown-unknown";

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// Which toolchain builds the plugins.
pub enum Toolchain {
    /// The one that runs us has the target.
    Installed,
    /// It has it now: rustup has just added it.
    Added,
    /// Debian's compiler, with the linker that rustup's toolchain brings.
    Debian { linker: PathBuf },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => write!(f, "built by rustup's toolchain, which has {TARGET}"),
            Self::Added => write!(
                f,
                "built by rustup's toolchain, to which `rustup target add {TARGET}` was applied"
            ),
            Self::Debian { .. } => {
                write!(f, "built by Debian's rustc-web, standard library included")
            }
        }
    }
}

impl Toolchain {
    /// Finds one, installing what is missing. `memory` is a folder for remembering that rustup could
    /// not get the target, so that not every build asks the network again.
    pub fn find(memory: &Path) -> Result<Self> {
        match std::env::var("MAVM_PLUGIN_TOOLCHAIN").as_deref() {
            Ok("installed") => {
                return installed()?
                    .then_some(Self::Installed)
                    .context("rustup's toolchain lacks the target");
            }
            Ok("rustup") => return add_target().map(|()| Self::Added),
            Ok("debian") => return debian(),
            Ok(other) => {
                bail!("MAVM_PLUGIN_TOOLCHAIN is `{other}`: it can be installed, rustup or debian")
            }
            Err(_) => {}
        }
        if installed()? {
            return Ok(Self::Installed);
        }
        let note = memory.join("rustup-cannot-add-the-target");
        let tried_before = note.is_file() && Path::new(DEBIAN_RUSTC).is_file();
        if !tried_before {
            match add_target() {
                Ok(()) => return Ok(Self::Added),
                Err(error) => {
                    fs::create_dir_all(memory)
                        .with_context(|| format!("could not create {}", memory.display()))?;
                    fs::write(&note, format!("{error:#}\nRemove this file to try again.\n"))
                        .with_context(|| format!("could not write {}", note.display()))?;
                }
            }
        }
        debian()
    }

    /// The cargo command to build with. What the cargo that started us has put into the environment
    /// is taken out: it speaks of another compiler and another workspace.
    pub fn cargo(&self) -> Command {
        let mut command = match self {
            Self::Installed | Self::Added => Command::new("cargo"),
            Self::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                command
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .arg("-Zbuild-std=std,panic_abort");
                command
            }
        };
        if !matches!(self, Self::Debian { .. }) {
            command.env_remove("RUSTC");
        }
        for variable in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS"] {
            command.env_remove(variable);
        }
        match cargo_home() {
            // A panic's place in a dependency is kept as text: it should not name this machine's
            // folders, nor make one machine's component differ from another's.
            Some(home) => {
                let remap = format!("--remap-path-prefix={}=cargo", home.display());
                command.env("CARGO_ENCODED_RUSTFLAGS", remap)
            }
            None => command.env_remove("CARGO_ENCODED_RUSTFLAGS"),
        };
        command
    }
}

/// Where cargo keeps the sources of dependencies.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Whether the toolchain's own folder has a standard library for the target.
fn installed() -> Result<bool> {
    Ok(sysroot()?.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

fn sysroot() -> Result<PathBuf> {
    output_of(Command::new("rustc").args(["--print", "sysroot"])).map(PathBuf::from)
}

fn add_target() -> Result<()> {
    output_of(Command::new("rustup").args(["target", "add", TARGET])).map(drop)
}

fn debian() -> Result<Toolchain> {
    if !has_packages() {
        install_packages()?;
    }
    // The package points at a linker that it doesn't bring; rustup's toolchain brings one.
    let host = output_of(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let linker = sysroot()?.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.is_file() {
        bail!(
            "{} is missing: reinstall the toolchain with `rustup toolchain install`",
            linker.display()
        );
    }
    Ok(Toolchain::Debian { linker })
}

fn has_packages() -> bool {
    let installed = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Status}\n"])
        .args(PACKAGES)
        .output();
    installed.is_ok_and(|output| {
        output.status.success()
            && String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter(|line| *line == "install ok installed")
                .count()
                == PACKAGES.len()
    })
}

/// Installs Debian's packages, or says how.
fn install_packages() -> Result<()> {
    install::apt(&PACKAGES).with_context(|| {
        format!(
            "the plugins need a Rust compiler for {TARGET}: `rustup target add {TARGET}`, or Debian's \
             packages"
        )
    })
}
