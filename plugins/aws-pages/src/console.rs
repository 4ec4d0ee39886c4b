//! Opening a page of the console, signing in if need be.

use mavm_sdk::prelude::*;

use crate::sign_in::{Arrival, sign_in};
use crate::{PATIENCE, wording};

enum Seen<T> {
    Wanted(T),
    SignIn,
    Review,
}

/// Opens a path of the console and waits for whichever of `wanted` shows.
pub fn open<T>(
    run: &Run,
    path: &str,
    wanted: impl Fn(&Page) -> Vec<(T, Locator)>,
) -> Result<(Page, T)> {
    let page = crate::page(run)?;
    for signed_in in [false, true] {
        crate::load(&page, "console", path)?;
        let mut list: Vec<(Seen<T>, Locator)> = wanted(&page)
            .into_iter()
            .map(|(meaning, locator)| (Seen::Wanted(meaning), locator))
            .collect();
        list.push((Seen::SignIn, page.css("#resolving_input")));
        list.push((Seen::Review, wording::review(&page)));
        match which_within(list, PATIENCE)? {
            Seen::Wanted(meaning) => return Ok((page, meaning)),
            Seen::Review => return Err(wording::under_review()),
            Seen::SignIn if signed_in => break,
            Seen::SignIn => arrive(run)?,
        }
    }
    Err(Failure::SessionLost(format!(
        "the console asks to sign in for {path} right after a sign-in"
    )))
}

/// The same, where one element is wanted.
pub fn open_at(run: &Run, path: &str, wanted: impl Fn(&Page) -> Locator) -> Result<Page> {
    open(run, path, |page| vec![((), wanted(page))]).map(|(page, ())| page)
}

fn arrive(run: &Run) -> Result<()> {
    match sign_in(run)? {
        Arrival::Console => Ok(()),
        Arrival::Suspended => {
            Err(Failure::rejected("the sign-in says that the account is suspended"))
        }
        Arrival::Nobody => {
            Err(Failure::rejected("the sign-in says that there is no account with this address"))
        }
        Arrival::SignUp(section) => Err(Failure::rejected(format!(
            "the account can't enter the console: its sign-up isn't finished, {} is open",
            section.name()
        ))),
    }
}

/// Waits until a page of the console says that a change was saved, or why it wasn't.
pub fn saved(page: &Page) -> Result<()> {
    let complaint = page.css("#billing-console-root [role=alert]");
    let done = page.any(Status).filter_text(contains("saved")).first();
    if which_within([(true, done), (false, complaint.first())], PATIENCE)? {
        return Ok(());
    }
    Err(Failure::rejected(format!("the console says: {}", wording::words_of(&complaint)?)))
}

/// Percent-encodes a value for a query.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_encoded_for_a_query() {
        for (text, encoded) in [
            ("ovm-role", "ovm-role"),
            ("arn:aws:iam::123456789012:root", "arn%3Aaws%3Aiam%3A%3A123456789012%3Aroot"),
            ("https://x.example/a b&c", "https%3A%2F%2Fx.example%2Fa%20b%26c"),
            ("ü", "%C3%BC"),
        ] {
            assert_eq!(super::encode(text), encoded);
        }
    }
}
