//! Reads the outline of a component before anything of it is compiled or run: what it is, how big,
//! what it imports and exports. Never runs any of it.

use std::collections::BTreeSet;

use semver::Version;
use wasmparser::{Chunk, ComponentTypeRef, Encoding, Parser, Payload, TypeBounds};

use crate::error::LoadError;
use crate::{INTERFACES, WIT_VERSION};

/// The WIT package of plugins.
const PACKAGE: &str = "mavm:plugin";

/// Interfaces that carry only types and handles: always there, never granted.
const WORDS: [&str; 3] = ["types", "sealed", "manifest"];

/// What the outline says.
#[derive(Debug, PartialEq, Eq)]
pub struct Outline {
    /// Interfaces of `mavm:plugin` that it imports and that can be granted.
    pub interfaces: BTreeSet<String>,
}

/// Checks the outline of a component against what this host offers.
///
/// # Errors
///
/// [`LoadError`], in words of the WIT: not a component, too big, wrong imports, missing exports.
pub fn check(
    bytes: &[u8],
    bound: usize,
    offered: &BTreeSet<&'static str>,
) -> Result<Outline, LoadError> {
    if bytes.len() > bound {
        return Err(LoadError::TooBig { bytes: bytes.len(), bound });
    }
    is_component(bytes)?;
    let names = top_level_names(bytes)?;

    let mut interfaces = BTreeSet::new();
    let mut faults = Vec::new();
    for import in &names.imports {
        match check_import(import, offered) {
            Ok(Some(interface)) => {
                interfaces.insert(interface.to_owned());
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(LoadError::Imports(faults));
    }

    let missing: Vec<&'static str> = [("describe", "`describe`"), ("run", "`run`")]
        .into_iter()
        .filter(|(name, _)| !names.exports.iter().any(|export| export == name))
        .map(|(_, shown)| shown)
        .collect();
    if !missing.is_empty() {
        return Err(LoadError::Exports(missing));
    }
    Ok(Outline { interfaces })
}

/// Tells the usual mistakes apart by the first bytes.
fn is_component(bytes: &[u8]) -> Result<(), LoadError> {
    let wrong = |what: &str| Err(LoadError::NotAComponent(what.to_owned()));
    if bytes.is_empty() {
        return wrong("the file is empty. Build the plugin again with `cargo xtask plugins`");
    }
    if bytes.starts_with(b"\x7fELF") {
        return wrong(
            "this is machine code, perhaps compiled ahead of time by wasmtime. The host runs only \
             code that it has compiled itself: install the .wasm component that this was made from",
        );
    }
    let text = bytes.trim_ascii_start();
    if text.starts_with(b"(") || text.starts_with(b";;") {
        return wrong(
            "this is WebAssembly text. Turn it into a binary component first: \
             `wasm-tools parse plugin.wat -o plugin.wasm`",
        );
    }
    if !bytes.starts_with(b"\0asm") {
        return wrong(
            "this is no WebAssembly: it doesn't start with the bytes `\\0asm`. Give the .wasm file \
             that `cargo xtask plugins` writes to target/plugins",
        );
    }
    if bytes.get(4..8) == Some(&[1, 0, 0, 0]) {
        return wrong(
            "this is a core WebAssembly module; a plugin is a component made from one. \
             `cargo xtask plugins` does both steps and writes the component to target/plugins",
        );
    }
    Ok(())
}

#[derive(Default)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

/// Names that the outermost component imports and exports; what is nested in it is its own affair.
fn top_level_names(bytes: &[u8]) -> Result<Names, LoadError> {
    let mut names = Names::default();
    let mut outer: Vec<Parser> = Vec::new();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        // Between two sections the bytes may end: that nested parts fit is known when they begin.
        let (consumed, payload) = match parser.parse(rest, rest.is_empty()).map_err(damaged)? {
            Chunk::NeedMoreData(_) => return Err(truncated(bytes.len())),
            Chunk::Parsed { consumed, payload } => (consumed, payload),
        };
        rest = rest.get(consumed..).unwrap_or_default();
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if outer.is_empty() => {
                return Err(LoadError::NotAComponent(
                    "this is a core WebAssembly module; a plugin is a component".into(),
                ));
            }
            Payload::ComponentImportSection(section) if outer.is_empty() => {
                for import in section {
                    let import = import.map_err(damaged)?;
                    // Names for types of an interface: the interface itself is imported besides.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        names.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if outer.is_empty() => {
                for export in section {
                    names.exports.push(export.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::CodeSectionStart { size, .. } => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                rest = rest.get(size..).ok_or_else(|| truncated(bytes.len()))?;
                parser.skip_section();
            }
            Payload::ModuleSection { parser: inner, unchecked_range }
            | Payload::ComponentSection { parser: inner, unchecked_range } => {
                if unchecked_range.end > bytes.len() {
                    return Err(truncated(bytes.len()));
                }
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::UnknownSection { id, range, .. } => {
                return Err(LoadError::NotAComponent(format!(
                    "the component is damaged, or made by a newer toolchain: it has a section of \
                     the unknown kind {id} before byte {}. Build it again with `cargo xtask plugins`",
                    range.start
                )));
            }
            Payload::End(_) => match outer.pop() {
                Some(next) => parser = next,
                None => return Ok(names),
            },
            _ => {}
        }
    }
}

fn truncated(bytes: usize) -> LoadError {
    LoadError::NotAComponent(format!(
        "the component ends in the middle, after {bytes} bytes: the file was cut off while it was \
         written or sent. Copy it again, or build it again with `cargo xtask plugins`"
    ))
}

fn damaged(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::NotAComponent(format!(
        "the component is damaged at byte {}: {}. Build it again with `cargo xtask plugins`",
        error.offset(),
        error.message()
    ))
}

/// The interface that must be granted, or none if it is always there.
fn check_import<'a>(
    import: &'a str,
    offered: &BTreeSet<&'static str>,
) -> Result<Option<&'a str>, String> {
    let Some(rest) = import.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) else {
        return Err(foreign(import));
    };
    let (interface, version) = match rest.split_once('@') {
        Some((interface, version)) => (interface, Some(version)),
        None => (rest, None),
    };
    let always = WORDS.contains(&interface);
    if !always && !INTERFACES.contains(&interface) {
        return Err(format!(
            "needs {import}, which this host doesn't know. It knows {}: look for a misspelling, or \
             update mavm",
            INTERFACES.join(", ")
        ));
    }
    let version = version.and_then(|version| Version::parse(version).ok()).ok_or_else(|| {
        format!(
            "needs {import} without a version, this host offers @{WIT_VERSION}. Build the plugin \
             with the released SDK"
        )
    })?;
    if version.major != WIT_VERSION.major || version.minor > WIT_VERSION.minor {
        let remedy = if version > WIT_VERSION {
            "Update mavm, or build the plugin with this version's SDK"
        } else {
            "Build the plugin with this version's SDK"
        };
        return Err(format!("needs {import}, this host offers @{WIT_VERSION}. {remedy}"));
    }
    if always {
        return Ok(None);
    }
    // A log that nobody reads is harmless; without a provider the lines are dropped.
    if !offered.contains(interface) && interface != "log" {
        return Err(format!(
            "needs {import}, for which this host has no provider configured. Configure one in \
             mavm.toml (`mavm config check` lists them)"
        ));
    }
    Ok(Some(interface))
}

fn foreign(import: &str) -> String {
    let hint = if import.starts_with("wasi:") {
        "Plugins get no WASI. In Rust, build for wasm32-unknown-unknown, as `cargo xtask plugins` \
         does, and use nothing of std that needs files, clocks or the network"
    } else {
        "A plugin imports only interfaces of mavm:plugin"
    };
    format!("needs {import}, which this host doesn't offer. {hint}")
}
