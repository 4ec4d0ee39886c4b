//! `cargo xtask bench`: builds host, plugins and bench, optimised, fetches Playwright's pinned
//! version, and hands over to `mavm-bench`.

use anyhow::{Context, Result};

use crate::{browser, build, plugins};

/// The profile that is measured: see the workspace's Cargo.toml.
const PROFILE: &str = "bench-host";

/// `words` are passed on.
pub fn run(words: &[String]) -> Result<()> {
    browser::ensure_both()?;
    let root = build::root();
    let against_playwright = words.first().is_some_and(|word| word == "browser");
    if against_playwright {
        plugins::run_for_bench(&root)?;
        let mut npm = std::process::Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--silent"])
            .current_dir(root.join("xtask/bench/playwright"));
        build::run(&mut npm).context("Playwright is fetched with npm, which comes with Node.js")?;
    }
    let packages: &[&str] =
        if against_playwright { &["mavm", "mavm-bench"] } else { &["mavm-bench"] };
    let mut cargo = build::cargo();
    cargo.args(["build", "--locked", "--profile", PROFILE]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    build::run(&mut cargo)?;
    let mut bench = std::process::Command::new(build::target()?.join(PROFILE).join("mavm-bench"));
    build::run(bench.current_dir(&root).args(words))
}
