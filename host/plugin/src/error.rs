//! Why a plugin can't be loaded, each in words of the WIT and with what to do next.

use std::path::PathBuf;

use crate::WIT_VERSION;

/// Why a plugin can't be loaded. Whatever it is, the plugin that was active before stays so.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not a WebAssembly component at all, or one that is damaged.
    #[error("{0}")]
    NotAComponent(String),
    /// The file is too big.
    #[error(
        "the component has {bytes} bytes; a plugin may have {bound}. Build it with \
         `cargo xtask plugins`, which optimises for size and strips it"
    )]
    TooBig {
        /// Its size.
        bytes: usize,
        /// The bound.
        bound: usize,
    },
    /// It imports what this host doesn't have. One line per import.
    #[error("{}", .0.join("\n"))]
    Imports(Vec<String>),
    /// It lacks an export that every plugin has.
    #[error(
        "it doesn't export {}: a plugin exports `describe` and `run` of the world \
         mavm:plugin/plugin@{WIT_VERSION}. With the SDK, `mavm_sdk::plugin!` adds both", .0.join(" and ")
    )]
    Exports(Vec<&'static str>),
    /// Names fit, but the types behind them don't.
    #[error(
        "it was built against another text of mavm:plugin@{WIT_VERSION} than this host's: {0}. \
         Build it again with the SDK of this version"
    )]
    Types(String),
    /// It is no valid WebAssembly, or can't be compiled.
    #[error(
        "it can't be compiled: {0}. Build it again; if that doesn't help, its toolchain is to blame"
    )]
    Compile(String),
    /// It could not say what it is.
    #[error("its `describe` failed: {message}{}", if .backtrace.is_empty() { String::new() } else { format!("\n{}", .backtrace) })]
    Describe {
        /// What happened.
        message: String,
        /// With names, one frame a line.
        backtrace: String,
    },
    /// What it says of itself makes no sense. One line per fault.
    #[error("what it says of itself is wrong:\n{}", .0.join("\n"))]
    Manifest(Vec<String>),
    /// It is another plugin than the name it is installed under.
    #[error(
        "it says that it is `{says}`, and you install it as `{expected}`. Grants go by name, so the \
         two must be the same: install it as `{says}`, or build the right plugin"
    )]
    OtherName {
        /// The name it was given as.
        expected: String,
        /// The name it gives itself.
        says: String,
    },
    /// The operator hasn't granted what it imports.
    #[error(
        "`{plugin}` needs {}, which {} not granted. If you trust it with that, write this into \
         mavm.toml and start the host again:\n\n[plugins.{plugin}]\ngrants = [{}]\n",
        list(.missing), if .missing.len() == 1 { "is" } else { "are" },
        .grants.iter().map(|grant| format!("\"{grant}\"")).collect::<Vec<_>>().join(", ")
    )]
    NotGranted {
        /// The plugin.
        plugin: String,
        /// Interfaces without a grant.
        missing: Vec<String>,
        /// All that the line must have: what is granted already, and what is missing.
        grants: Vec<String>,
    },
    /// The configuration grants what doesn't exist. One line per fault.
    #[error("{}", .0.join("\n"))]
    Grants(Vec<String>),
    /// No plugin with this digest is kept here.
    #[error(
        "there is no plugin with digest {0} here: it was removed, or this is another data folder. \
         Install that build again, or resume the run on the plugin that is active now"
    )]
    Unknown(String),
    /// The file in the digest store is not what its name says.
    #[error(
        "{path} is damaged: its content has another digest than its name. Remove it and install \
         that build again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("{path}: {error}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The host itself failed, not the plugin.
    #[error("the host failed while loading it: {0}. This is a fault of mavm: please report it")]
    Host(String),
}

impl LoadError {
    pub(crate) fn disk(path: impl Into<PathBuf>, error: std::io::Error) -> Self {
        Self::Disk { path: path.into(), error }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[String]) -> String {
    let names: Vec<String> =
        names.iter().map(|name| format!("mavm:plugin/{name}@{WIT_VERSION}")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
