//! Traces are kept for as long as the operator says, then go.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

/// How often old traces are looked for.
const LOOK: Duration = Duration::from_secs(3600);

/// Removes old traces now and then, until `stop` is cancelled.
pub async fn keep_tidy(traces: PathBuf, days: u16, stop: CancellationToken) -> anyhow::Result<()> {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = look.tick() => {
                let traces = traces.clone();
                tokio::task::spawn_blocking(move || remove_old(&traces, days)).await?;
            }
        }
    }
}

/// When something of it was last written: the files themselves, for a folder's own time tells only
/// of those that came and went.
fn written(folder: &Path) -> SystemTime {
    let times = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    times
        .chain([folder.to_owned()])
        .filter_map(|path| path.metadata().ok()?.modified().ok())
        .max()
        .unwrap_or_else(SystemTime::now)
}

/// Removes the folders of runs whose traces nobody has written to for that many days.
fn remove_old(traces: &Path, days: u16) {
    let Some(limit) = SystemTime::now().checked_sub(Duration::from_secs(u64::from(days) * 86_400))
    else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(traces) else { return };
    for entry in entries.flatten() {
        if written(&entry.path()) < limit
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an old trace can't be removed");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_written_to_stays() {
        let folder = std::env::temp_dir().join(format!("mavm-old-traces-{}", std::process::id()));
        for run in ["old", "used"] {
            std::fs::create_dir_all(folder.join(run)).unwrap();
            std::fs::write(folder.join(run).join("main.jsonl"), "x").unwrap();
        }
        let long_ago = SystemTime::now() - Duration::from_secs(20 * 86_400);
        for path in ["old/main.jsonl", "old", "used"] {
            std::fs::File::open(folder.join(path)).unwrap().set_modified(long_ago).unwrap();
        }
        remove_old(&folder, 14);
        assert!(!folder.join("old").exists() && folder.join("used").is_dir());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
