//! Where secrets are kept: the trait.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::Error;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// Keeps secrets by name. Safe to use from several tasks and processes at once.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    /// The value; none if there is none.
    async fn get(&self, name: &str) -> Result<Option<SecretString>, Error>;

    /// Keeps a value, in place of the earlier one. It is durable when this returns.
    async fn set(&self, name: &str, value: SecretString) -> Result<(), Error>;

    /// Keeps a value unless there is one, and gives the one that is kept: of several callers that
    /// race, all get the same. It is durable when this returns.
    async fn set_once(&self, name: &str, value: SecretString) -> Result<SecretString, Error>;

    /// All names, sorted.
    async fn names(&self) -> Result<Vec<String>, Error>;

    /// Removes a value; false if there was none.
    async fn remove(&self, name: &str) -> Result<bool, Error>;
}

/// The name under which a secret of one account is kept: `account/ovm-0123abcd/root-password`.
pub fn account_secret(account: &mavm_store::AccountName, name: &str) -> String {
    format!("account/{account}/{name}")
}

/// Checks a secret's name: parts of letters, digits, `-`, `_` and `.`, joined by `/`.
pub fn check_name(name: &str) -> Result<(), Error> {
    let part = |part: &str| {
        part.len() <= 100
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if name.len() <= 300 && name.split('/').all(part) {
        Ok(())
    } else {
        Err(Error::Name(name.chars().take(60).flat_map(char::escape_default).collect()))
    }
}

/// Checks a secret's length: 1 byte to [`MAX_VALUE`].
pub fn check_value(name: &str, value: &SecretString) -> Result<(), Error> {
    let length = value.expose_secret().len();
    if (1..=MAX_VALUE).contains(&length) {
        Ok(())
    } else {
        Err(Error::Value { name: name.to_owned(), length })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["card-number", "account/ovm-0123abcd/root-password", "a", "A.b_c-1"] {
            check_name(good).unwrap();
        }
        for bad in ["", "/", "a/", "/a", "a//b", "-a", "../x", "a b", "ä", "a\n", &"a".repeat(101)]
        {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
