//! Which Chromium to run. The headless shell comes first: it starts several times faster and has
//! less around the pages.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, Options};

const SHELLS: [&str; 3] = ["chromium-headless-shell", "chrome-headless-shell", "headless_shell"];
const FULL: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Where Debian keeps the program itself, without the script around it.
const DEBIAN: &str = "/usr/lib/chromium";

/// A program, and whether it is headless by nature.
pub(super) struct Executable {
    pub(super) path: PathBuf,
    pub(super) shell: bool,
}

pub(super) fn find(options: &Options) -> Result<Executable, Error> {
    if let Some(path) = &options.executable {
        if !path.is_file() {
            return Err(Error::Launch(format!(
                "the browser {} does not exist; correct its path in the configuration, or leave it out to use the Chromium that is installed",
                path.display()
            )));
        }
        let shell = is_shell(path);
        if shell && options.headed {
            return Err(Error::Launch(format!(
                "{} can't show itself; use full chromium for a headed browser",
                path.display()
            )));
        }
        return Ok(Executable { path: path.clone(), shell });
    }
    let shells: &[&str] = if options.headed { &[] } else { &SHELLS };
    for (names, shell) in [(shells, true), (&FULL[..], false)] {
        for name in names {
            if let Some(path) = on_path(name) {
                return Ok(Executable { path, shell });
            }
        }
    }
    Err(Error::Launch(if options.headed {
        "no Chromium was found; install it (Debian: apt-get install chromium) or name its path in the configuration".to_owned()
    } else {
        "no Chromium was found; install it (Debian: apt-get install chromium-headless-shell) or name its path in the configuration".to_owned()
    }))
}

fn is_shell(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.contains("headless-shell") || name.contains("headless_shell")
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let direct = Path::new(DEBIAN).join(name);
    // Debian's script around the shell only passes its arguments on; around full Chromium it adds
    // the distribution's flags, which are kept.
    if is_shell(&direct) && direct.is_file() {
        return Some(direct);
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
