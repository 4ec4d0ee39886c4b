//! Lengths of time as people write them: `90s`, `2h`, `1h30m`, `500ms`, `1d`.

use std::time::Duration;

const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

/// Reads a length of time. The error says what is wrong with it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let how = "write a number and a unit (ms, s, m, h, d), such as `90s`, `2h` or `1h30m`";
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(how.to_owned());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| how.to_owned())?;
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60 * 1000,
            "h" => 3600 * 1000,
            "d" => 24 * 3600 * 1000,
            _ => return Err(how.to_owned()),
        };
        let part = Duration::from_millis(number.saturating_mul(milliseconds));
        total = total.saturating_add(part);
        rest = after.trim_start();
    }
    if total > YEAR {
        return Err("that is more than a year".to_owned());
    }
    Ok(total)
}

/// The same words back, for messages: the largest units that fit, without remainder lost.
pub fn write_duration(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut out = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
    {
        let count = left / size;
        left %= size;
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lengths_are_read_and_written_back() {
        for (text, seconds) in [("90s", 90), ("2h", 7200), ("1h30m", 5400), ("1d", 86_400)] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        assert_eq!(write_duration(parse_duration("90s").unwrap()), "1m30s");
        assert_eq!(write_duration(Duration::from_millis(1500)), "1s500ms");
        assert_eq!(write_duration(Duration::ZERO), "0s");
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in ["", "2", "h", "2 weeks", "-3s", "1.5h", "400d", "99999999999999999999s", "2é"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
