//! The regular expressions with which plugins say what a code or link looks like. They come from
//! plugins, so their size is bounded; matching takes time in proportion to the text, never more.

use mavm_plugin::Failure;
use regex::{Regex, RegexBuilder};

const MAX_PATTERN: usize = 1024;
const MAX_COMPILED: usize = 1 << 20;
/// A link with a token is the longest thing that is looked for.
const MAX_VALUE: usize = 4096;

/// A checked pattern.
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Checks and compiles it.
    pub fn new(pattern: &str) -> Result<Self, Failure> {
        if pattern.is_empty() || pattern.len() > MAX_PATTERN {
            return Err(Failure::Invalid(format!(
                "a pattern has 1 to {MAX_PATTERN} bytes, this one has {}",
                pattern.len()
            )));
        }
        RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().map(Self).map_err(|error| {
            Failure::Invalid(format!("`{pattern}` is not a regular expression: {error}"))
        })
    }

    /// The first group of the first match, or the whole match where there is no group.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.0.captures(text)?;
        let value = found.get(1).or_else(|| found.get(0))?.as_str();
        (!value.is_empty() && value.len() <= MAX_VALUE).then_some(value)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_group_or_the_whole_match_is_the_value() {
        let text = "Verification code:  004711, valid for 10 minutes";
        for (pattern, value) in [
            (r"Verification code:\s*(\d+)", Some("004711")),
            (r"\d{6}", Some("004711")),
            (r"(?:code|PIN):\s*(\d+)", Some("004711")),
            (r"(missing)?code", Some("code")),
            (r"PIN: (\d+)", None),
            (r"x*", None),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().find(text), value, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_makes_no_sense_is_the_plugins_fault() {
        for pattern in ["", "(", &"a".repeat(1025), r"(\w{1000}){1000}"] {
            assert!(matches!(Pattern::new(pattern), Err(Failure::Invalid(_))));
        }
    }
}
