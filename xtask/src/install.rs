//! Installs Debian packages: as root, or with a sudo that asks for no password. Otherwise it says
//! which command a person runs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Installs these packages; an error says how to do it by hand.
pub fn apt(packages: &[&str]) -> Result<()> {
    let command = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    if !Path::new("/usr/bin/apt-get").is_file() {
        bail!(
            "this is no Debian or Ubuntu. Install what these packages bring: {}",
            packages.join(" ")
        );
    }
    println!("installing {} ({command})", packages.join(" "));
    let by_hand = || format!("run this, then try again:\n\n  sudo sh -c '{command}'\n");
    // The lists of a new machine are old or missing; old lists may still do if there is no network.
    let mut update = apt_get(&["update", "-qq"]).with_context(by_hand)?;
    update.status().context("can't start apt-get")?;
    let mut install =
        apt_get(&["install", "-y", "-qq", "--no-install-recommends"]).with_context(by_hand)?;
    let status = install.args(packages).status().context("can't start apt-get")?;
    if !status.success() {
        bail!("apt-get could not install {}; try it by hand:\n\n  {command}\n", packages.join(" "));
    }
    Ok(())
}

fn apt_get(words: &[&str]) -> Result<Command> {
    let mut apt = if is_root() {
        Command::new("apt-get")
    } else {
        // -n: where a password would be asked, a person runs the command knowingly.
        let quiet = Command::new("sudo")
            .args(["-n", "true"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !quiet.is_ok_and(|status| status.success()) {
            bail!("packages can't be installed without root, or a sudo that asks for no password");
        }
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    apt.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    Ok(apt)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
