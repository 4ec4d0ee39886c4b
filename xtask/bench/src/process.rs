//! What the system knows of a process: its time on the processors, its memory, its open files.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc`: 100 on every Linux that people run.
const TICKS: u64 = 100;

/// Time that a process itself, without its children, has spent on the processors.
pub fn cpu(pid: u32) -> Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name, in brackets; it may hold anything.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |index: usize| rest.split_whitespace().nth(index)?.parse::<u64>().ok();
    let ticks = field(11).zip(field(12)).map(|(user, system)| user + system);
    let ticks = ticks.with_context(|| format!("/proc/{pid}/stat has another form than known"))?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Waits until the processors have next to nothing to do: what one side leaves to be cleared away, or
/// makes ready for its next run, is no burden of the other's. On a machine that never rests it is
/// given up, and what else runs there hits all alike.
pub async fn rest() -> Result<()> {
    const LOOK: Duration = Duration::from_millis(100);
    const LOOKS: usize = 30;
    let mut before = busy()?;
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK).await;
        let now = busy()?;
        if now - before <= 1 {
            return Ok(());
        }
        before = now;
    }
    Ok(())
}

/// Ticks that all processors together were busy.
fn busy() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let all = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = all.map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq; what follows is of other machines, or counted already.
    let [user, nice, system, _, _, irq, softirq, ..] = ticks[..] else {
        anyhow::bail!("/proc/stat has another form than known")
    };
    Ok(user + nice + system + irq + softirq)
}

/// A line of `/proc/PID/status` in KiB: `VmRSS`, `VmHWM`.
pub fn memory(pid: u32, line: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    text.lines()
        .find_map(|found| found.strip_prefix(line)?.strip_prefix(':')?.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("/proc/{pid}/status has no {line}"))
}

/// Open files, sockets and pipes of this process.
pub fn open_files() -> Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count().saturating_sub(1))
}

/// The processes below a process, of any depth, that are not just waiting to be reaped.
pub fn below(pid: u32) -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = all
        .flatten()
        .filter_map(|entry| {
            let child: u32 = entry.file_name().to_str()?.parse().ok()?;
            let text = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let mut fields = text.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?;
            let parent = fields.next()?.parse().ok()?;
            (state != "Z").then_some((child, parent))
        })
        .collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

/// Ends a process. One that has ended by itself meanwhile is as good.
pub fn kill(pid: u32) {
    let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
}

/// The command line of a process; empty once it has ended.
pub fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Files and folders below a folder.
pub fn entries(folder: &Path) -> usize {
    let Ok(list) = std::fs::read_dir(folder) else { return 0 };
    list.flatten()
        .map(|entry| 1 + if entry.path().is_dir() { entries(&entry.path()) } else { 0 })
        .sum()
}
