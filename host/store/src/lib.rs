//! What the host remembers: accounts, runs with journal and effects, mail and codes that came in,
//! challenges, API keys, audit.
//!
//! [`Store`] is the trait; [`sqlite`] the embedded store. Callers pass the time in: the store knows
//! no clock. Nothing here ever holds a secret in the clear.

mod account;
mod error;
mod inbox;
mod key;
mod run;
pub mod sqlite;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

pub use account::{Account, AccountName, AccountStatus, new_account_name};
pub use error::Error;
pub use inbox::{AuditEntry, Challenge, ChallengeKind, Code, Mail};
pub use key::hash_key;
pub use run::{
    AccountChange, Effect, EffectState, Fence, JournalEntry, NewRun, Run, RunChange, RunId,
    RunStatus,
};

/// Shorthand for what every store call gives.
pub type Result<T> = std::result::Result<T, Error>;

/// A claimed run: its row, its journal so far, and the fence for writing to it.
#[derive(Debug)]
pub struct Claim {
    /// The row, as claimed.
    pub run: Run,
    /// Its account.
    pub account: Account,
    /// Its journal, oldest first.
    pub journal: Vec<JournalEntry>,
    /// For everything written under this claim.
    pub fence: Fence,
}

/// How fast sign-ups may follow each other. A sign-up is a run inserted by [`Store::start_signup`],
/// whatever its trigger.
#[derive(Clone, Debug)]
pub struct Pace {
    /// At least this long since the last sign-up of this flow was inserted.
    pub every: jiff::SignedDuration,
    /// At most this many sign-ups of this flow within 24 hours.
    pub max_per_day: u32,
    /// Stock to reach: accounts `PLANNED`, `IN_PROGRESS` and `CREATED` count.
    pub target: u32,
}

/// What came of asking for a new account run.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// Inserted.
    Yes(RunId),
    /// Not inserted; why, for people, and when asking again makes sense.
    No {
        /// Why.
        why: String,
        /// When to ask again; none: when stock changes.
        again_at: Option<Timestamp>,
    },
}

/// What came of a vend.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one per call, passed on at once")]
pub enum Vended {
    /// This account, now vended (or already vended under the same idempotency key).
    Account(Account),
    /// Nothing in stock.
    OutOfStock,
}

/// Everything the host remembers. Each method is one transaction.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A counter that moves after each committed write that somebody may wait for, another process's
    /// within a moment: look again when it does. What a worker notes of a run that it goes on with
    /// (journal entries, effects, what it takes, its claim's renewal) moves it only in other processes. A store may
    /// not hear of all hosts' writes, so waits also look again now and then.
    fn changes(&self) -> watch::Receiver<u64>;

    // --- accounts ---

    /// One account.
    async fn account(&self, name: &AccountName) -> Result<Option<Account>>;
    /// All accounts, or those of one status, oldest first.
    async fn accounts(&self, status: Option<AccountStatus>) -> Result<Vec<Account>>;
    /// How many accounts are in stock or on their way there, as [`start_signup`](Self::start_signup)
    /// counts them.
    async fn in_stock(&self) -> Result<u64>;
    /// The account with this root address, whatever its case.
    async fn account_by_email(&self, email: &str) -> Result<Option<Account>>;
    /// Takes the account that is longest in stock and starts its lease. An account whose number or
    /// role isn't known is no use to anyone and is never taken. With an idempotency key that the
    /// same actor used before, gives the same account again (also when it has been closed since):
    /// one client's key never gives another client's account.
    async fn vend(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        idempotency_key: Option<&str>,
        actor: &str,
    ) -> Result<Vended>;
    /// Ends a vended account's lease at `lease_until` (which may be now). Error
    /// [`Error::Conflict`] when not vended.
    async fn set_lease(
        &self,
        name: &AccountName,
        lease_until: Timestamp,
        actor: &str,
        now: Timestamp,
    ) -> Result<Account>;
    /// Vended accounts whose lease is over at `now` and that have no unfinished run.
    async fn leases_over(&self, now: Timestamp) -> Result<Vec<Account>>;
    /// When the next lease ends, of those that are not over at `now`.
    async fn next_lease_end(&self, now: Timestamp) -> Result<Option<Timestamp>>;

    // --- runs ---

    /// Inserts a new `PLANNED` account with its run, if pace, ceiling, target and the sign-up switch
    /// allow (all in one transaction). `run.account` names it. Error [`Error::Conflict`] when an
    /// account has this name or address already.
    async fn start_signup(
        &self,
        now: Timestamp,
        run: NewRun,
        email: &str,
        pace: &Pace,
    ) -> Result<Started>;
    /// Inserts a run for an account that has no unfinished run, and moves the account to `status`
    /// if its status is one of `from`. Error [`Error::Conflict`] otherwise, or when the account may
    /// not become that ([`AccountStatus::may_become`]).
    async fn start_run(
        &self,
        now: Timestamp,
        run: NewRun,
        from: &[AccountStatus],
        status: Option<AccountStatus>,
    ) -> Result<RunId>;
    /// One run.
    async fn run(&self, id: &RunId) -> Result<Option<Run>>;
    /// Runs, newest first; of one status if given.
    async fn runs(&self, status: Option<RunStatus>, limit: u32) -> Result<Vec<Run>>;
    /// A run's journal, oldest first.
    async fn journal(&self, id: &RunId) -> Result<Vec<JournalEntry>>;
    /// A run's effects.
    async fn effects(&self, id: &RunId) -> Result<Vec<Effect>>;
    /// Claims the run that is due longest: `Ready`, `wake_at` passed, not claimed or its claim over.
    async fn claim(&self, worker: &str, now: Timestamp, until: Timestamp) -> Result<Option<Claim>>;
    /// When the next run is due at the latest (for the worker's sleep), not before `now`; the end
    /// of another worker's claim counts. None: nothing scheduled.
    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>>;
    /// Prolongs a claim, also one that is over if nobody took the run.
    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<()>;
    /// Gives up all claims of a worker (at a clean stop, or of a dead process at start).
    async fn release_claims(&self, worker: &str) -> Result<u64>;
    /// Appends to the journal, in that order, and changes run and account with it. The fence moves on.
    /// One append at a time per fence; when the outcome of one isn't known (its future was dropped, or
    /// [`Error::Database`]), the fence stays where it was, so a later append is `Fenced` if the
    /// entries were written. Ending or parking the run frees its reservations. Error
    /// [`Error::Conflict`], with nothing written, when the account may not become that.
    async fn append(
        &self,
        fence: &Fence,
        now: Timestamp,
        entries: Vec<serde_json::Value>,
        run: RunChange,
        account: AccountChange,
    ) -> Result<()>;
    /// Puts a parked or failed run back to `Ready` (a person, or a new plugin), optionally on new
    /// plugin digests, with a journal entry. Error [`Error::Conflict`] for any other run, and when
    /// the account has got another unfinished run since.
    async fn resume(
        &self,
        id: &RunId,
        now: Timestamp,
        plugins: Option<Vec<(String, String)>>,
        entry: serde_json::Value,
        actor: &str,
    ) -> Result<()>;

    // --- effects ---

    /// What is known of an effect; `Fresh` keeps the intent. An intent that was not finished is
    /// `Unknown`, also for the claim that kept it.
    async fn effect_begin(&self, fence: &Fence, now: Timestamp, name: &str) -> Result<EffectState>;
    /// It happened. Finishing again with the same result is no error; with another, or without
    /// intent, it is.
    async fn effect_finish(
        &self,
        fence: &Fence,
        now: Timestamp,
        name: &str,
        result: &str,
    ) -> Result<()>;
    /// It had not happened, and is intended anew.
    async fn effect_begin_again(&self, fence: &Fence, now: Timestamp, name: &str) -> Result<()>;
    /// A person says what became of an unknown effect: `Some(result)` it happened, `None` it had not
    /// (the row is removed, so that the next `begin` is fresh). Error [`Error::Conflict`] while a
    /// worker has the run, or when the effect is known.
    async fn effect_resolve(
        &self,
        run: &RunId,
        now: Timestamp,
        name: &str,
        happened: Option<&str>,
        actor: &str,
    ) -> Result<()>;

    // --- mail and codes ---

    /// Keeps a mail for a known address, and forgets those that were taken or are older than
    /// seven days.
    async fn put_mail(&self, now: Timestamp, recipient: &str, sealed: Vec<u8>) -> Result<i64>;
    /// Mails to this address that no run has taken, newest first.
    async fn untaken_mail(&self, recipient: &str) -> Result<Vec<Mail>>;
    /// Takes a mail; false if another run did, or it is gone.
    async fn take_mail(&self, fence: &Fence, id: i64) -> Result<bool>;
    /// Keeps a code, and forgets those that were taken or are older than seven days.
    async fn put_code(&self, now: Timestamp, channel: Option<&str>, sealed: Vec<u8>)
    -> Result<i64>;
    /// Codes on this channel (or on none) since the run reserved it, not taken, oldest first. Empty
    /// for a run that hasn't reserved it.
    async fn untaken_codes(&self, run: &RunId, channel: &str) -> Result<Vec<Code>>;
    /// Takes a code; false if another run did, or it is gone.
    async fn take_code(&self, fence: &Fence, id: i64) -> Result<bool>;
    /// Reserves a channel or phone number for the fence's run; true if it has it now (and has it
    /// since the first time). What a run held is free once it is parked or has ended.
    async fn reserve(&self, fence: &Fence, now: Timestamp, resource: &str) -> Result<bool>;
    /// Gives it back.
    async fn release(&self, run: &RunId, resource: &str) -> Result<()>;

    // --- challenges ---

    /// Hands something to a person.
    async fn put_challenge(&self, challenge: Challenge) -> Result<()>;
    /// One challenge.
    async fn challenge(&self, id: &str) -> Result<Option<Challenge>>;
    /// Challenges without an answer whose `until` is not over.
    async fn open_challenges(&self, now: Timestamp) -> Result<Vec<Challenge>>;
    /// Answers one that is open. Error [`Error::Conflict`] if answered or over.
    async fn answer_challenge(
        &self,
        id: &str,
        now: Timestamp,
        sealed: Vec<u8>,
        actor: &str,
    ) -> Result<()>;
    /// Notes whether the site took the answer.
    async fn report_challenge(&self, id: &str, accepted: bool) -> Result<()>;

    // --- keys, switches, audit ---

    /// Keeps an API key's BLAKE3 hash (hex, [`hash_key`]) under a name. Error [`Error::Conflict`]
    /// when the name or the hash is there already: a key is never replaced silently.
    async fn put_key(&self, name: &str, hash: &str, now: Timestamp) -> Result<()>;
    /// The name of the key with this hash.
    async fn key_name(&self, hash: &str) -> Result<Option<String>>;
    /// How many keys there are.
    async fn key_count(&self) -> Result<u64>;
    /// The switch that stops all sign-ups.
    async fn signups_stopped(&self) -> Result<bool>;
    /// Turns it.
    async fn stop_signups(&self, stopped: bool, actor: &str, now: Timestamp) -> Result<()>;
    /// Writes a line.
    async fn audit(&self, entry: AuditEntry) -> Result<()>;
    /// The last lines, newest first.
    async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>>;
}
