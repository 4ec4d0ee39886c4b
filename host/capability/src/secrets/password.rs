//! Passwords for accounts' root users, under the policy of the earlier vending machine: 16
//! characters, of each kind at least one. Pure: randomness is passed in.

use rand::CryptoRng;
use rand::seq::IndexedRandom as _;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// How long a password is.
pub const LENGTH: usize = 16;
/// The symbols that AWS takes and that the earlier system used.
pub const SYMBOLS: &[u8] = b"!@#$%^&*()_+-=[]{}|";

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const KINDS: [&[u8]; 4] = [UPPER, LOWER, DIGITS, SYMBOLS];

/// A new password. Draws whole passwords until one has every kind, so that each password of the
/// policy is as likely as any other; a fixed place for each kind would not be.
pub fn generate(rng: &mut impl CryptoRng) -> SecretString {
    let all = Zeroizing::new(KINDS.concat());
    loop {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        while text.len() < LENGTH
            && let Some(byte) = all.choose(rng)
        {
            text.push(char::from(*byte));
        }
        if follows_policy(&text) {
            return SecretString::from(text.as_str());
        }
    }
}

/// Whether a text is a password of the policy.
pub fn follows_policy(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| KINDS.iter().any(|kind| kind.contains(&byte)))
        && KINDS.iter().all(|kind| text.bytes().any(|byte| kind.contains(&byte)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::HashSet;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn every_password_follows_the_policy_and_none_comes_twice() {
        let mut seen = HashSet::new();
        let mut characters = HashSet::new();
        for seed in 0..2_000 {
            let password = generate(&mut StdRng::seed_from_u64(seed));
            let text = password.expose_secret();
            assert!(follows_policy(text), "seed {seed}: {text}");
            characters.extend(text.bytes());
            assert!(seen.insert(text.to_owned()), "seed {seed}: {text} came twice");
        }
        assert_eq!(characters.len(), KINDS.concat().len(), "some characters never come");
    }

    #[test]
    fn each_rule_of_the_policy_counts() {
        assert!(follows_policy("Abcdefghijklmn0!"));
        for bad in [
            "",
            "Abcdefghijklm0!",
            "Abcdefghijklmno0!",
            "abcdefghijklmn0!",
            "ABCDEFGHIJKLMN0!",
            "Abcdefghijklmno!",
            "Abcdefghijklmno0",
            "Abcdefghijklmn0 ",
            "Abcdefghijklmn0~",
        ] {
            assert!(!follows_policy(bad), "{bad}");
        }
    }
}
