//! What the pages say in words, where words are all there is to recognise it by.

use mavm_sdk::prelude::*;

/// The sign-up's session is over.
pub(crate) fn expired(page: &Page) -> Locator {
    page.showing(contains("session has expired")).first()
}

/// The failure for it: the step begins again in a new session, and signs in.
pub(crate) fn session_over() -> Failure {
    Failure::SessionLost("the sign-up says that its session has expired".into())
}

/// The account can't be used: AWS looks at the payment.
pub(crate) fn review(page: &Page) -> Locator {
    page.showing(contains("reviewing your payment")).first()
}

/// The failure for it: such an account must not come into stock.
pub(crate) fn under_review() -> Failure {
    Failure::rejected("AWS is reviewing the payment: the account can't be used for now")
}

/// The sign-in knows no such address.
pub(crate) fn no_account(page: &Page) -> Locator {
    page.showing(contains("no account exists")).first()
}

/// The sign-in says that the account was closed.
pub(crate) fn suspended(page: &Page) -> Locator {
    page.showing(contains("account is suspended")).first()
}

/// All complaints of a page or a form, in its own words.
pub fn words_of(complaint: &Locator) -> Result<String> {
    let mut words = Vec::new();
    for place in 0..complaint.count()?.min(5) {
        let text = complaint.nth(place.try_into().unwrap_or(0)).text()?;
        if !text.is_empty() && !words.contains(&text) {
            words.push(text);
        }
    }
    Ok(words.join(" "))
}
