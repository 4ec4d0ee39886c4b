//! Regular expressions as plugins write them. To read one takes hundreds of microseconds, and the same
//! few are asked for again and again.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use crate::locked;

/// What one may take in memory.
const LARGEST: usize = 1 << 20;
/// How many are known to be good, and how long these may be.
const KNOWN: usize = 256;
const LONGEST: usize = 256;

/// Whether a text is a regular expression, and not too large; else why not.
pub fn check_pattern(text: &str) -> Result<(), regex::Error> {
    static GOOD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    if locked(&GOOD).contains(text) {
        return Ok(());
    }
    read_pattern(text)?;
    if text.len() <= LONGEST {
        let mut good = locked(&GOOD);
        if good.len() >= KNOWN {
            good.clear();
        }
        good.insert(text.to_owned());
    }
    Ok(())
}

/// One to compare with on this side.
pub(crate) fn read_pattern(text: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(LARGEST).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pattern_is_none_each_time() {
        for _ in 0..2 {
            assert!(check_pattern("(").is_err());
            assert!(check_pattern("(((a{100}){100}){100}){100}").is_err());
            assert!(check_pattern("^a+$").is_ok());
        }
    }

    #[test]
    fn any_number_of_them_can_be_asked_for() {
        for number in 0..2 * KNOWN {
            let length = "a".repeat(number);
            assert!(check_pattern(&length).is_ok());
        }
    }
}
