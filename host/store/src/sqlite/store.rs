//! The trait, call by call: what each takes along to the writer or a reader. The rules are in the
//! module that each names.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::sqlite::claim::Held;
use crate::sqlite::{
    Sqlite, account, audit, challenge, claim, effect, inbox, journal, key, reservation, run,
    signup, switch, vend,
};
use crate::{
    Account, AccountChange, AccountName, AccountStatus, AuditEntry, Challenge, Claim, Code, Effect,
    EffectState, Fence, JournalEntry, Mail, NewRun, Pace, Result, Run, RunChange, RunId, RunStatus,
    Started, Store, Vended,
};

#[async_trait]
impl Store for Sqlite {
    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn account(&self, name: &AccountName) -> Result<Option<Account>> {
        let name = name.clone();
        self.read(move |conn| account::by_name(conn, &name)).await
    }

    async fn accounts(&self, status: Option<AccountStatus>) -> Result<Vec<Account>> {
        self.read(move |conn| account::list(conn, status)).await
    }

    async fn in_stock(&self) -> Result<u64> {
        self.read(|conn| Ok(signup::stock(conn)?)).await
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>> {
        let email = email.to_owned();
        self.read(move |conn| account::by_email(conn, &email)).await
    }

    async fn vend(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        idempotency_key: Option<&str>,
        actor: &str,
    ) -> Result<Vended> {
        let key = idempotency_key.map(str::to_owned);
        let actor = actor.to_owned();
        self.write(move |conn| vend::vend(conn, now, lease_until, key.as_deref(), &actor)).await
    }

    async fn set_lease(
        &self,
        name: &AccountName,
        lease_until: Timestamp,
        actor: &str,
        now: Timestamp,
    ) -> Result<Account> {
        let (name, actor) = (name.clone(), actor.to_owned());
        self.write(move |conn| account::set_lease(conn, &name, lease_until, &actor, now)).await
    }

    async fn leases_over(&self, now: Timestamp) -> Result<Vec<Account>> {
        self.read(move |conn| account::leases_over(conn, now)).await
    }

    async fn next_lease_end(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(move |conn| account::next_lease_end(conn, now)).await
    }

    async fn start_signup(
        &self,
        now: Timestamp,
        run: NewRun,
        email: &str,
        pace: &Pace,
    ) -> Result<Started> {
        let (email, pace) = (email.to_owned(), pace.clone());
        self.write(move |conn| signup::start(conn, now, &run, &email, &pace)).await
    }

    async fn start_run(
        &self,
        now: Timestamp,
        run: NewRun,
        from: &[AccountStatus],
        status: Option<AccountStatus>,
    ) -> Result<RunId> {
        let from = from.to_vec();
        self.write(move |conn| run::start(conn, now, &run, &from, status)).await
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>> {
        let id = id.clone();
        self.read(move |conn| run::by_id(conn, &id)).await
    }

    async fn runs(&self, status: Option<RunStatus>, limit: u32) -> Result<Vec<Run>> {
        self.read(move |conn| run::list(conn, status, limit)).await
    }

    async fn journal(&self, id: &RunId) -> Result<Vec<JournalEntry>> {
        let id = id.clone();
        self.read(move |conn| journal::of(conn, &id)).await
    }

    async fn effects(&self, id: &RunId) -> Result<Vec<Effect>> {
        let id = id.clone();
        self.read(move |conn| effect::of(conn, &id)).await
    }

    async fn claim(&self, worker: &str, now: Timestamp, until: Timestamp) -> Result<Option<Claim>> {
        let worker = worker.to_owned();
        self.write(move |conn| claim::claim(conn, &worker, now, until)).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(move |conn| claim::next_due(conn, now)).await
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<()> {
        let held = Held::from(fence);
        self.note(move |conn| claim::renew(conn, &held, until)).await
    }

    async fn release_claims(&self, worker: &str) -> Result<u64> {
        let worker = worker.to_owned();
        self.write(move |conn| claim::release(conn, &worker)).await
    }

    async fn append(
        &self,
        fence: &Fence,
        now: Timestamp,
        entries: Vec<serde_json::Value>,
        run: RunChange,
        account: AccountChange,
    ) -> Result<()> {
        let version = fence.version.load(Ordering::Acquire);
        let held = Held::from(fence);
        let append = journal::Append { held, version, now, entries, run, account };
        let next = match append.is_note() {
            true => self.note(move |conn| journal::append(conn, &append)).await?,
            false => self.write(move |conn| journal::append(conn, &append)).await?,
        };
        fence.version.store(next, Ordering::Release);
        Ok(())
    }

    async fn resume(
        &self,
        id: &RunId,
        now: Timestamp,
        plugins: Option<Vec<(String, String)>>,
        entry: serde_json::Value,
        actor: &str,
    ) -> Result<()> {
        let (id, actor) = (id.clone(), actor.to_owned());
        self.write(move |conn| journal::resume(conn, &id, now, plugins.as_deref(), &entry, &actor))
            .await
    }

    async fn effect_begin(&self, fence: &Fence, now: Timestamp, name: &str) -> Result<EffectState> {
        let (held, name) = (Held::from(fence), name.to_owned());
        self.note(move |conn| effect::begin(conn, &held, now, &name)).await
    }

    async fn effect_finish(
        &self,
        fence: &Fence,
        now: Timestamp,
        name: &str,
        result: &str,
    ) -> Result<()> {
        let (held, name) = (Held::from(fence), name.to_owned());
        let result = result.to_owned();
        self.note(move |conn| effect::finish(conn, &held, now, &name, &result)).await
    }

    async fn effect_begin_again(&self, fence: &Fence, now: Timestamp, name: &str) -> Result<()> {
        let (held, name) = (Held::from(fence), name.to_owned());
        self.note(move |conn| effect::begin_again(conn, &held, now, &name)).await
    }

    async fn effect_resolve(
        &self,
        run: &RunId,
        now: Timestamp,
        name: &str,
        happened: Option<&str>,
        actor: &str,
    ) -> Result<()> {
        let (run, name, actor) = (run.clone(), name.to_owned(), actor.to_owned());
        let happened = happened.map(str::to_owned);
        self.write(move |conn| effect::resolve(conn, &run, now, &name, happened.as_deref(), &actor))
            .await
    }

    async fn put_mail(&self, now: Timestamp, recipient: &str, sealed: Vec<u8>) -> Result<i64> {
        let recipient = recipient.to_owned();
        self.write(move |conn| inbox::put_mail(conn, now, &recipient, &sealed)).await
    }

    async fn untaken_mail(&self, recipient: &str) -> Result<Vec<Mail>> {
        let recipient = recipient.to_owned();
        self.read(move |conn| inbox::untaken_mail(conn, &recipient)).await
    }

    async fn take_mail(&self, fence: &Fence, id: i64) -> Result<bool> {
        let held = Held::from(fence);
        self.note(move |conn| inbox::take_mail(conn, &held, id)).await
    }

    async fn put_code(
        &self,
        now: Timestamp,
        channel: Option<&str>,
        sealed: Vec<u8>,
    ) -> Result<i64> {
        let channel = channel.map(str::to_owned);
        self.write(move |conn| inbox::put_code(conn, now, channel.as_deref(), &sealed)).await
    }

    async fn untaken_codes(&self, run: &RunId, channel: &str) -> Result<Vec<Code>> {
        let (run, channel) = (run.clone(), channel.to_owned());
        self.read(move |conn| inbox::untaken_codes(conn, &run, &channel)).await
    }

    async fn take_code(&self, fence: &Fence, id: i64) -> Result<bool> {
        let held = Held::from(fence);
        self.note(move |conn| inbox::take_code(conn, &held, id)).await
    }

    async fn reserve(&self, fence: &Fence, now: Timestamp, resource: &str) -> Result<bool> {
        let (held, resource) = (Held::from(fence), resource.to_owned());
        self.note(move |conn| reservation::reserve(conn, &held, now, &resource)).await
    }

    async fn release(&self, run: &RunId, resource: &str) -> Result<()> {
        let (run, resource) = (run.clone(), resource.to_owned());
        self.write(move |conn| reservation::release(conn, &run, &resource)).await
    }

    async fn put_challenge(&self, challenge: Challenge) -> Result<()> {
        self.write(move |conn| challenge::put(conn, &challenge)).await
    }

    async fn challenge(&self, id: &str) -> Result<Option<Challenge>> {
        let id = id.to_owned();
        self.read(move |conn| challenge::by_id(conn, &id)).await
    }

    async fn open_challenges(&self, now: Timestamp) -> Result<Vec<Challenge>> {
        self.read(move |conn| challenge::open(conn, now)).await
    }

    async fn answer_challenge(
        &self,
        id: &str,
        now: Timestamp,
        sealed: Vec<u8>,
        actor: &str,
    ) -> Result<()> {
        let (id, actor) = (id.to_owned(), actor.to_owned());
        self.write(move |conn| challenge::answer(conn, &id, now, &sealed, &actor)).await
    }

    async fn report_challenge(&self, id: &str, accepted: bool) -> Result<()> {
        let id = id.to_owned();
        self.write(move |conn| challenge::report(conn, &id, accepted)).await
    }

    async fn put_key(&self, name: &str, hash: &str, now: Timestamp) -> Result<()> {
        let (name, hash) = (name.to_owned(), hash.to_owned());
        self.write(move |conn| key::put(conn, &name, &hash, now)).await
    }

    async fn key_name(&self, hash: &str) -> Result<Option<String>> {
        let hash = hash.to_owned();
        self.read(move |conn| key::name_of(conn, &hash)).await
    }

    async fn key_count(&self) -> Result<u64> {
        self.read(key::count).await
    }

    async fn signups_stopped(&self) -> Result<bool> {
        self.read(move |conn| switch::is_on(conn, switch::SIGNUPS_STOPPED)).await
    }

    async fn stop_signups(&self, stopped: bool, actor: &str, now: Timestamp) -> Result<()> {
        let actor = actor.to_owned();
        self.write(move |conn| switch::stop_signups(conn, stopped, &actor, now)).await
    }

    async fn audit(&self, entry: AuditEntry) -> Result<()> {
        self.write(move |conn| audit::write(conn, &entry)).await
    }

    async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>> {
        self.read(move |conn| audit::last(conn, limit)).await
    }
}
