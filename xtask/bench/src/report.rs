//! The table that people read, and the lines that programs read.

use std::time::Duration;

use serde_json::{Value, json};

/// The times of one journey on each side.
#[derive(Default)]
pub struct Times {
    pub ours: Vec<Duration>,
    pub theirs: Vec<Duration>,
    pub floor: Vec<Duration>,
    /// Of another build of the host, if there is one to compare with.
    pub before: Vec<Duration>,
    /// Time on the processors per flow: host, Node.js.
    pub our_cpu: Duration,
    pub their_cpu: Duration,
}

/// The middle one; nothing of nothing.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    match sorted.len() {
        0 => Duration::ZERO,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2,
    }
}

impl Times {
    /// The heading of [`Times::line`].
    pub const HEADING: &str = "journey    ours ms  Playwright ms  floor ms   ours/Playwright  \
                               ours/floor   host CPU ms  node CPU ms  host/node";

    /// One line of the table. `-` stands for what was not measured.
    pub fn line(&self, journey: &str) -> String {
        let [ours, theirs, floor] = self.medians();
        format!(
            "{journey:<8} {:>9} {:>14} {:>9} {:>17} {:>11} {:>13} {:>12} {:>10}",
            shown(ours),
            shown(theirs),
            shown(floor),
            ratio(ours, theirs),
            ratio(ours, floor),
            shown(self.our_cpu),
            shown(self.their_cpu),
            ratio(self.our_cpu, self.their_cpu),
        )
    }

    /// What the other build took, if there is one.
    pub fn compared(&self, journey: &str) -> Option<String> {
        if self.before.is_empty() {
            return None;
        }
        let (ours, before) = (median(&self.ours), median(&self.before));
        let [now, then] = [ratio(ours, before), ratio(before, median(&self.floor))];
        Some(format!(
            "{journey:<8} {now} of the {} ms before, then {then} of the floor",
            shown(before)
        ))
    }

    /// The same for programs, with every single time.
    pub fn json(&self, journey: &str, build: &str) -> Value {
        let all = |times: &[Duration]| -> Vec<f64> { times.iter().map(ms).collect() };
        json!({
            "journey": journey,
            "build": build,
            "ours_ms": all(&self.ours),
            "playwright_ms": all(&self.theirs),
            "floor_ms": all(&self.floor),
            "before_ms": all(&self.before),
            "host_cpu_ms": ms(&self.our_cpu),
            "node_cpu_ms": ms(&self.their_cpu),
        })
    }

    fn medians(&self) -> [Duration; 3] {
        [median(&self.ours), median(&self.theirs), median(&self.floor)]
    }
}

/// Milliseconds, to the tenth.
pub fn ms(time: &Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn shown(time: Duration) -> String {
    if time.is_zero() { "-".to_owned() } else { format!("{:.0}", time.as_secs_f64() * 1000.0) }
}

fn ratio(part: Duration, whole: Duration) -> String {
    if part.is_zero() || whole.is_zero() {
        return "-".to_owned();
    }
    format!("{:.2}", part.as_secs_f64() / whole.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_between_the_middle_two() {
        let times = |list: &[u64]| -> Vec<Duration> {
            list.iter().map(|time| Duration::from_millis(*time)).collect()
        };
        assert_eq!(median(&times(&[])), Duration::ZERO);
        assert_eq!(median(&times(&[9, 1, 5])), Duration::from_millis(5));
        assert_eq!(median(&times(&[9, 1, 5, 7])), Duration::from_millis(6));
    }
}
