//! Regular expressions as plugins write them. To read one takes hundreds of microseconds, and the same
//! few are asked for again and again.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use crate::{Error, locked};

/// What one may take in memory.
const LARGEST: usize = 1 << 20;
/// How many are known to be good, and how long these may be.
const KNOWN: usize = 256;
const LONGEST: usize = 256;

static GOOD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Whether a text is a regular expression, and not too large; [`Error::Invalid`] says why not.
pub fn check_pattern(text: &str) -> Result<(), Error> {
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
pub(crate) fn read_pattern(text: &str) -> Result<regex::Regex, Error> {
    regex::RegexBuilder::new(text).size_limit(LARGEST).build().map_err(|error| {
        Error::Invalid(match error {
            regex::Error::CompiledTooBig(_) => format!(
                "the pattern {text:?} takes more than {LARGEST} bytes when it is compiled; repeat fewer or smaller parts"
            ),
            error => format!("the pattern {text:?} is not a regular expression: {error}"),
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_no_pattern_is_none_each_time() {
        for _ in 0..2 {
            assert!(check_pattern("(").is_err());
            let large = check_pattern("(((a{100}){100}){100}){100}").unwrap_err().to_string();
            assert!(large.contains("takes more than 1048576 bytes"), "{large}");
            assert!(check_pattern("^a+$").is_ok());
        }
    }

    #[test]
    fn of_any_number_that_are_asked_for_few_and_short_ones_are_kept() {
        for number in 0..2 * KNOWN {
            assert!(check_pattern(&format!("a{number}")).is_ok());
            assert!(locked(&GOOD).len() <= KNOWN);
        }
        let long = "a".repeat(LONGEST + 1);
        assert!(check_pattern(&long).is_ok() && !locked(&GOOD).contains(&long));
    }
}
