//! How to find a code in a text: a regular expression that the host applies.
//!
//! Its first group, or its whole match, is the code. The plugin only writes the pattern; the text
//! and the code stay with the host.

/// A regular expression with at most one group that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// Any regular expression.
pub fn pattern(expression: impl Into<String>) -> Pattern {
    Pattern(expression.into())
}

/// Exactly so many digits, neither preceded nor followed by another digit.
pub fn digits(count: usize) -> Pattern {
    Pattern(format!("(?:^|[^0-9])([0-9]{{{count}}})(?:[^0-9]|$)"))
}

impl Pattern {
    /// The same, where it follows these words: `digits(6).after("Verification code:")`.
    #[must_use]
    pub fn after(self, words: &str) -> Self {
        let rest = self.0.strip_prefix("(?:^|[^0-9])").unwrap_or(&self.0);
        Self(format!("{}\\s*{rest}", escape(words)))
    }

    /// The expression as the host gets it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Pattern {
    fn from(expression: &str) -> Self {
        pattern(expression)
    }
}

/// Takes the meaning from the characters that mean something in a regular expression.
pub(crate) fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for character in words.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &Pattern, text: &str) -> Option<String> {
        let regex = regex::Regex::new(pattern.as_str()).ok()?;
        Some(regex.captures(text)?.get(1)?.as_str().to_owned())
    }

    #[test]
    fn digits_are_exactly_so_many() {
        for (text, code) in [
            ("123456 is your code", Some("123456")),
            ("code:123456.", Some("123456")),
            ("1234567", None),
            ("12345", None),
            ("ref 1234567, code 654321", Some("654321")),
            ("", None),
        ] {
            assert_eq!(found(&digits(6), text).as_deref(), code, "{text:?}");
        }
    }

    #[test]
    fn after_words_only_what_follows_them_counts() {
        let code = digits(6).after("Verification code:");
        assert_eq!(
            found(&code, "Order 111111\nVerification code:\n  222222\n").as_deref(),
            Some("222222")
        );
        assert_eq!(found(&code, "Verification code:222222").as_deref(), Some("222222"));
        assert_eq!(found(&code, "Verification code: 2222223"), None);
        assert_eq!(found(&digits(1).after("a.b (c)"), "axb (c) 1"), None);
        assert_eq!(found(&digits(1).after("a.b (c)"), "a.b (c) 1").as_deref(), Some("1"));
    }
}
