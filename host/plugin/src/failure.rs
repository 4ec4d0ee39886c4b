//! A failure in words for people: what happened, and what to do next. Never shows more than the
//! plugin put into it.

use std::fmt::Write;

use crate::{Failure, PageChange, Waited};

/// What happened and what to do next, in a few sentences.
pub fn describe_failure(failure: &Failure) -> String {
    match failure {
        Failure::PageChanged(change) => page_changed(change),
        Failure::Rejected(words) => format!(
            "The site said no: {}. It is not tried again: correct what it complains about, then \
             start a new run.",
            bare(words)
        ),
        Failure::TimedOut(waited) => timed_out(waited),
        Failure::ChallengeUnsolved(what) => format!(
            "A challenge stayed unsolved: {}. `mavm challenges` lists what waits for a person.",
            bare(what)
        ),
        Failure::Denied(what) => format!(
            "This configuration forbids it: {}. If the plugin should be allowed to, extend its \
             grants, origins or secrets in mavm.toml.",
            bare(what)
        ),
        Failure::Unsupported(what) => format!(
            "This host can't do that: {}. Configure a provider that can (`mavm config example` \
             names them), then resume the run.",
            bare(what)
        ),
        Failure::Network(what) => format!(
            "The network or a server failed: {}. It is tried again by itself; if it goes on, see \
             whether the site can be reached from this machine.",
            bare(what)
        ),
        Failure::SessionLost(what) => {
            format!("The browser session was lost: {}. It is tried again in a new one.", bare(what))
        }
        Failure::Unresolved(what) => format!(
            "It can't be told whether this happened: {}. Look at the site yourself, then say so: \
             `mavm runs decide RUN EFFECT --happened` or `--had-not`.",
            bare(what)
        ),
        Failure::Invalid(what) => format!(
            "The plugin or its inputs make no sense: {}. Correct the flow's `with` table or the \
             plugin; it is not tried again.",
            bare(what)
        ),
    }
}

fn page_changed(change: &PageChange) -> String {
    let (looked_for, url) = (bare(&change.looked_for), bare(&change.url));
    let mut text = match change.found {
        0 => format!("The page has changed: {looked_for} is not there (looked at {url})."),
        several => format!(
            "The page has changed: {several} elements fit {looked_for}, where one is meant (looked \
             at {url})."
        ),
    };
    if !change.nearest.is_empty() {
        let nearest: Vec<&str> = change.nearest.iter().take(3).map(|near| bare(near)).collect();
        let title = if change.found == 0 { "Nearest" } else { "They are" };
        let _ = write!(text, " {title}: {}.", nearest.join("; "));
    }
    text.push_str(
        " Runs that come here wait; they go on by themselves once a plugin that knows the new page \
         is installed. `mavm trace open RUN` shows it.",
    );
    text
}

fn timed_out(waited: &Waited) -> String {
    let mut text = format!(
        "Waited {} for {} in vain.",
        duration(waited.within.milliseconds),
        bare(&waited.waited_for)
    );
    if let Some(obstacle) = &waited.obstacle {
        let _ = write!(text, " In the way: {}.", bare(obstacle));
    }
    text.push_str(" It is tried again after a pause, as often as the flow's `retry` allows.");
    text
}

/// Without the full stop that some senders add and ours would double.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() { "(it gave no reason)" } else { text }
}

fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => {
            let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000 / 100);
            if rest == 0 { format!("{seconds} s") } else { format!("{seconds}.{rest} s") }
        }
        _ => format!("{} min", milliseconds / 60_000),
    }
}
