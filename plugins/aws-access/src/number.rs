//! The account number, from the page that gives it as JSON.

use aws_pages::console::open_at;
use mavm_sdk::prelude::*;

#[derive(Deserialize)]
struct Account {
    #[serde(rename = "accountId")]
    id: String,
    #[serde(rename = "accountStatus")]
    status: String,
}

/// Finds out the account's number, twelve digits, and that the account is active.
#[step("account-number")]
pub(crate) fn account_number(run: &Run) -> Result<Outcome> {
    let page = open_at(run, "/billing/rest/v1.0/account", |page| page.css("pre"))?;
    let text = page.css("pre").text()?;
    let account: Account = serde_json::from_str(&text).map_err(|error| {
        Failure::rejected(format!("the account number page is not the JSON it was: {error}"))
    })?;
    if account.id.len() != 12 || !account.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::rejected(format!(
            "`{}` is no account number: it has twelve digits",
            account.id
        )));
    }
    if !account.status.eq_ignore_ascii_case("active") {
        return Err(Failure::rejected(format!("the account is not active but {}", account.status)));
    }
    Ok(Outcome::done().fact("account_id", account.id))
}
