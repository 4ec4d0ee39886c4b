//! The root address of a new account: a pattern with one place for the account's own part.

use mavm_store::AccountName;

/// Such as `root+%s@example.com`: `%s` becomes the account name's eight hex digits.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailPattern {
    before: String,
    after: String,
}

impl EmailPattern {
    /// Reads a pattern. The error says what is wrong with it.
    ///
    /// # Errors
    ///
    /// When it isn't an address with exactly one `%s` before the `@`.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            Err(format!("`{pattern}` {what}; write an address such as `root+%s@example.com`"))
        };
        let Some((before, after)) = pattern.split_once("%s") else {
            return wrong("has no `%s` for the account's own part");
        };
        if after.contains("%s") {
            return wrong("has more than one `%s`");
        }
        let Some((rest, domain)) = after.split_once('@') else {
            return wrong("has no `@` after its `%s`");
        };
        let good = |text: &str, also: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        if !good(before, ".+-_") || !good(rest, ".+-_") || !good(domain, ".-") {
            return wrong("has characters that no such address may have");
        }
        if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
            return wrong("has no mail domain");
        }
        // AWS takes at most 64 characters.
        if pattern.len() - 2 + 8 > 64 {
            return wrong("gives addresses of more than 64 characters");
        }
        Ok(Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The address of an account.
    pub fn address(&self, account: &AccountName) -> String {
        let part = account.0.strip_prefix("ovm-").unwrap_or(&account.0);
        format!("{}{part}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_account_has_its_own_address() {
        let pattern = EmailPattern::parse("root+%s@example.com").unwrap();
        let account = AccountName("ovm-00c0ffee".to_owned());
        assert_eq!(pattern.address(&account), "root+00c0ffee@example.com");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in [
            "",
            "root@example.com",
            "root@%s.example.com",
            "%s%s@example.com",
            "root %s@example.com",
            "root+%s@",
            "root+%s@exa mple.com",
            "root+%s@a@b",
            "a-very-long-local-part-that-goes-on-and-on-%s@example.example.com",
        ] {
            assert!(EmailPattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
