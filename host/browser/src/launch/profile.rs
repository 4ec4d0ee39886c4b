//! Profile folders: one per start of Chromium, removed with Chromium, and, when a host was killed, by
//! the next start of any host that shares the data folder. Each is held by a lock that ends with its
//! process, however that ends: a folder that somebody holds is never touched.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

static STARTS: AtomicU64 = AtomicU64::new(0);

const FOLDER: &str = "chromium";

/// A profile folder, removed when dropped.
pub(super) struct Profile {
    path: PathBuf,
    /// The folder itself, locked. Process ids tell less: they are given out again, and two hosts in
    /// containers may have the same.
    _held: File,
}

impl Profile {
    /// Makes a new one under `data_dir`, and removes what dead hosts left there.
    pub(super) fn make(data_dir: &Path) -> io::Result<Self> {
        let parent = data_dir.join(FOLDER);
        fs::create_dir_all(&parent)?;
        let parent = parent.canonicalize()?;
        // Between making a folder and holding it, nobody else may look for folders that nobody holds.
        let door = File::open(&parent)?;
        door.lock()?;
        let abandoned = abandoned(&parent);
        let made = Self::make_in(&parent);
        drop(door);
        for (path, held) in abandoned {
            tracing::info!(folder = %path.display(), "removing the profile folder of a host that is gone");
            remove(&path);
            drop(held);
        }
        made
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        loop {
            let start = STARTS.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{}-{start}", std::process::id()));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let held = File::open(&path)?;
            held.lock()?;
            return Ok(Self { path, _held: held });
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// The last processes of a browser that was just killed may still write while the folder is being
/// removed: tries until it is gone.
fn remove(path: &Path) {
    remove_sockets(path);
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match fs::remove_dir_all(path) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) if Instant::now() < until => {
                std::thread::park_timeout(Duration::from_millis(10))
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a profile folder could not be removed; remove it by hand");
                return;
            }
        }
    }
}

/// Full Chromium keeps two sockets in a folder of its own among the temporary files, which it leaves
/// behind when it is killed; its profile points there. Only these two are removed, and the folder if
/// that empties it: wherever the link may lead, it harms nothing.
fn remove_sockets(profile: &Path) {
    const SOCKET: &str = "SingletonSocket";
    let Ok(socket) = fs::read_link(profile.join(SOCKET)) else { return };
    let Some(folder) = socket.parent() else { return };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("org.chromium.Chromium.") {
        for file in [SOCKET, "SingletonCookie"] {
            let _ = fs::remove_file(folder.join(file));
        }
        let _ = fs::remove_dir(folder);
    }
}

/// Folders that nobody holds, held from now on.
fn abandoned(parent: &Path) -> Vec<(PathBuf, File)> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let ours =
        |name: &str| name.contains('-') && name.split('-').all(|part| part.parse::<u64>().is_ok());
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(ours))
        .filter_map(|entry| {
            let folder = File::open(entry.path()).ok()?;
            folder.try_lock().ok()?;
            Some((entry.path(), folder))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(parent: &Path) -> Vec<String> {
        let entries = fs::read_dir(parent).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn folders_that_nobody_holds_go_and_the_others_stay() {
        let data = tempfile::tempdir().unwrap();
        let parent = data.path().join(FOLDER);
        fs::create_dir_all(&parent).unwrap();
        // Of a dead host, of one whose process id is this one's now, and no profile at all.
        let own = std::process::id().to_string();
        for name in ["4194305-0", &format!("{own}-{}", u64::MAX), "notes", "2024"] {
            fs::create_dir(parent.join(name)).unwrap();
        }
        let first = Profile::make(data.path()).unwrap();
        let second = Profile::make(data.path()).unwrap();
        let name =
            |profile: &Profile| profile.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut left = vec!["2024".to_owned(), name(&first), name(&second), "notes".to_owned()];
        left.sort();
        assert_eq!(names(&parent), left);
        drop((first, second));
        assert_eq!(names(&parent), ["2024", "notes"]);
    }

    #[test]
    fn many_starts_at_once_take_nothing_from_each_other() {
        let data = tempfile::tempdir().unwrap();
        let profiles: Vec<Profile> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..16).map(|_| scope.spawn(|| Profile::make(data.path()).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(profiles.iter().all(|profile| profile.path().is_dir()));
        drop(profiles);
        assert!(names(&data.path().join(FOLDER)).is_empty());
    }

    #[test]
    fn of_what_a_profile_points_at_only_the_sockets_go() {
        let data = tempfile::tempdir().unwrap();
        let temporary = data.path().join("org.chromium.Chromium.abc");
        let other = data.path().join("somewhere");
        for folder in [&temporary, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("SingletonSocket"), "").unwrap();
        }
        for (folder, stays) in [(&temporary, false), (&other, true)] {
            let profile = Profile::make(data.path()).unwrap();
            let socket = folder.join("SingletonSocket");
            std::os::unix::fs::symlink(&socket, profile.path().join("SingletonSocket")).unwrap();
            drop(profile);
            assert_eq!(folder.exists(), stays);
        }
    }
}
