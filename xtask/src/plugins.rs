//! `cargo xtask plugins`: every plugin of `plugins/` becomes a component in `target/plugins/`.
//!
//! 1. The plugin crates are found by their manifests (a `cdylib`, the template excepted).
//! 2. A toolchain that has wasm32-unknown-unknown is picked ([`toolchain`]), and named in one line.
//! 3. One cargo call builds all core modules in a target folder of their own, so that it waits for
//!    no other build.
//! 4. Each core module whose digest has changed becomes a component. A component is replaced in
//!    one step: a host that watches the folder never reads half of one.
//!
//! It never touches the host's own build, and never installs anything without saying so.

mod toolchain;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::build;
use toolchain::Toolchain;

/// What became of one plugin.
struct Built {
    name: String,
    size: u64,
    digest: String,
    /// Whether its component was written anew.
    changed: bool,
}

/// Which plugins to build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    /// Those that come with mavm.
    Product,
    /// And those that only the bench uses.
    Bench,
}

/// Builds all plugins and prints a table of them. `root` is the workspace's folder.
pub fn run(root: &Path) -> Result<()> {
    build_set(root, Set::Product, "plugins")
}

/// The same to `target/plugins-bench`, with those that only the bench uses.
pub fn run_for_bench(root: &Path) -> Result<()> {
    build_set(root, Set::Bench, "plugins-bench")
}

fn build_set(root: &Path, set: Set, folder: &str) -> Result<()> {
    let started = Instant::now();
    // Cargo runs in another folder than ours: a relative path would mean two things.
    let root = std::path::absolute(Path::new(".").join(root))
        .context("the workspace's folder can't be told")?;
    let sources = root.join("plugins");
    let names = plugin_crates(&sources, set)?;
    let target = build::target()?.join("plugins-build");
    let toolchain = Toolchain::find(&target)?;
    println!("plugins: {toolchain}");

    let mut cargo = toolchain.cargo();
    cargo.current_dir(&sources).env("CARGO_TARGET_DIR", &target);
    // Not `--locked`: the crate of a new plugin is not in the lock file yet. What is in it stays.
    cargo.args(["build", "--release", "--target", toolchain::TARGET]);
    for name in &names {
        cargo.args(["--package", name]);
    }
    let status = cargo.status().with_context(|| format!("could not start {cargo:?}"))?;
    ensure!(status.success(), "the plugins did not build: see cargo's messages above");

    let modules = target.join(toolchain::TARGET).join("release");
    let out = build::target()?.join(folder);
    fs::create_dir_all(&out).with_context(|| format!("could not create {}", out.display()))?;
    let built = names
        .iter()
        .map(|name| componentize(name, &modules, &out, &target.join("components")))
        .collect::<Result<Vec<_>>>()?;
    remove_strays(&out, &names)?;
    print!("{}", table(&built));
    println!(
        "plugins: {} in target/{folder}, {:.1} s",
        built.len(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The names of the crates that are plugins, in alphabetical order.
fn plugin_crates(sources: &Path, set: Set) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let folders =
        fs::read_dir(sources).with_context(|| format!("could not read {}", sources.display()))?;
    for folder in folders {
        let manifest = folder?.path().join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let text = fs::read_to_string(&manifest)
            .with_context(|| format!("could not read {}", manifest.display()))?;
        let table: toml::Table = text
            .parse()
            .with_context(|| format!("{} is not a Cargo manifest", manifest.display()))?;
        let is_plugin = table
            .get("lib")
            .and_then(|lib| lib.get("crate-type"))
            .and_then(toml::Value::as_array)
            .is_some_and(|types| types.iter().any(|kind| kind.as_str() == Some("cdylib")));
        let package = table.get("package");
        let name = package.and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        let for_bench = package
            .and_then(|package| package.get("metadata")?.get("mavm")?.get("bench")?.as_bool())
            .unwrap_or(false);
        match name {
            _ if for_bench && set == Set::Product => {}
            // The start of a new plugin, to be copied: built by the SDK's tests, of no use as a plugin.
            Some("template") => {}
            Some(name) if is_plugin => names.push(name.to_owned()),
            _ => {}
        }
    }
    ensure!(
        !names.is_empty(),
        "no plugin in {}: a plugin is a crate of type cdylib",
        sources.display()
    );
    names.sort();
    Ok(names)
}

/// Makes a component of a core module, unless the one there was made of the same.
fn componentize(name: &str, modules: &Path, out: &Path, stamps: &Path) -> Result<Built> {
    let module = modules.join(format!("{}.wasm", name.replace('-', "_")));
    let core = fs::read(&module).with_context(|| format!("cargo left no {}", module.display()))?;
    let component = out.join(format!("{name}.wasm"));
    let stamp = stamps.join(name);
    let made_of = hex::encode(Sha256::digest(&core));

    // The stamp holds the digests of the core module and of the component that was made of it: a
    // component that somebody has changed is made again.
    let known = fs::read_to_string(&stamp).unwrap_or_default();
    if let Some((core_digest, component_digest)) = known.trim().split_once(' ')
        && core_digest == made_of
        && let Ok(bytes) = fs::read(&component)
        && hex::encode(Sha256::digest(&bytes)) == component_digest
    {
        return Ok(Built {
            name: name.to_owned(),
            size: bytes.len() as u64,
            digest: component_digest.to_owned(),
            changed: false,
        });
    }

    let bytes = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| {
            format!("{name} can't be made a component: it may import only the interfaces of wit/v1")
        })?;
    let digest = hex::encode(Sha256::digest(&bytes));
    replace(&component, &bytes)?;
    fs::create_dir_all(stamps).with_context(|| format!("could not create {}", stamps.display()))?;
    replace(&stamp, format!("{made_of} {digest}\n").as_bytes())?;
    Ok(Built { name: name.to_owned(), size: bytes.len() as u64, digest, changed: true })
}

/// Writes a file so that a reader sees the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    fs::write(&unfinished, bytes)
        .with_context(|| format!("could not write {}", unfinished.display()))?;
    fs::rename(&unfinished, path).with_context(|| format!("could not write {}", path.display()))
}

/// Removes the components of plugins that are no more, lest the host loads them.
fn remove_strays(out: &Path, names: &[String]) -> Result<()> {
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let stray = path.extension().is_some_and(|extension| extension == "wasm")
            && path.file_stem().is_none_or(|stem| names.iter().all(|name| stem != name.as_str()));
        if stray {
            fs::remove_file(&path)
                .with_context(|| format!("could not remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn table(built: &[Built]) -> String {
    let width = built.iter().map(|plugin| plugin.name.len()).max().unwrap_or_default();
    let mut table = String::new();
    for Built { name, size, digest, changed } in built {
        let kib = size.div_ceil(1024);
        let short = digest.get(..12).unwrap_or(digest);
        let mark = if *changed { "new" } else { "unchanged" };
        let _ = writeln!(table, "  {name:width$}  {kib:>4} KiB  {short}  {mark}");
    }
    table
}

/// A command's output, trimmed; an error that tells what it said where it fails.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
