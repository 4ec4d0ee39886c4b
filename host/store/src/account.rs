//! The tracked AWS account: its names, its status, and which status may follow which.
//!
//! An account that someone has had must never come into stock again, and a closed one stays closed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Key of an account: `ovm-` and eight hex digits. Also its name on AWS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountName(pub String);

impl std::fmt::Display for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an account is in its life. Written as in the earlier system's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountStatus {
    /// Named, nothing done yet.
    Planned,
    /// A run is signing it up.
    InProgress,
    /// In stock.
    Created,
    /// Handed out; its lease runs.
    Vended,
    /// A run is closing it.
    Closing,
    /// Closed, and proven to be.
    Closed,
    /// Needs a person.
    Quarantined,
}

impl AccountStatus {
    /// Whether a run may move an account from this status to `next`. Only a vend makes it
    /// `Vended`; nothing leaves `Closed`; what was handed out doesn't go back into stock.
    pub fn may_become(self, next: AccountStatus) -> bool {
        use AccountStatus::{Closed, Closing, Created, InProgress, Planned, Vended};
        match (self, next) {
            (now, next) if now == next => true,
            (Closed, _) | (_, Vended) => false,
            (Vended | Closing, Planned | InProgress | Created) => false,
            _ => true,
        }
    }
}

impl std::fmt::Display for AccountStatus {
    /// The word of the table and of the API: `IN_PROGRESS`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// A new account's name: `ovm-` and eight random hex digits. Two may be the same, rarely: the store
/// refuses the second.
pub fn new_account_name() -> AccountName {
    AccountName(format!("ovm-{:08x}", rand::random::<u32>()))
}

/// One tracked account. Holds no secret: the root password is in the secret store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Key.
    pub name: AccountName,
    /// Root mail address, unique.
    pub email: String,
    /// Twelve digits, once known; may start with 0.
    pub id: Option<String>,
    /// ARN of the cross-account role, once known.
    pub role_arn: Option<String>,
    /// Where it is in its life.
    pub status: AccountStatus,
    /// Why it is where it is, for people; set with `Quarantined`.
    pub note: Option<String>,
    /// When the row was made.
    pub planned_at: Timestamp,
    /// When it came into stock.
    pub created_at: Option<Timestamp>,
    /// When it was vended.
    pub vended_at: Option<Timestamp>,
    /// When its lease ends; set at vending.
    pub lease_until: Option<Timestamp>,
    /// When it was proven closed.
    pub closed_at: Option<Timestamp>,
}
