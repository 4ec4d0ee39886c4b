//! The Chromium under a host: found by the host's folder on its command line.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// kill -9 to every process of it.
pub(crate) fn kill(folder: &Path) {
    let profiles = format!("--user-data-dir={}", folder.join("data/browser").display());
    let pids: Vec<i32> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).into_owned();
            line.contains(&profiles).then_some(entry.file_name().to_str()?.parse().ok()?)
        })
        .collect();
    assert!(!pids.is_empty(), "no Chromium runs");
    for pid in pids {
        // One may have ended with another.
        let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
    }
}
