//! The WIT side of `mail`: a run takes a code or a link out of a mail to its own account.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::mail;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::sealed::Code;
use mavm_plugin::{Capability, Failure, StepRequest, StepState};
use mavm_store::Store;
use secrecy::{ExposeSecret as _, SecretString};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::text::Letter;
use crate::crypt::Crypt;
use crate::pattern::Pattern;
use crate::waiting::{Deadline, StepTime, Stop, StoreWait, answer, not_now};

const MAX_SUBJECT: usize = 256;

/// The capability: give it to the plugin runtime.
pub struct MailIn {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
}

impl MailIn {
    /// Mail is looked for in `store`, where [`super::SmtpListener`] puts it.
    pub fn new(store: Arc<dyn Store>, crypt: Arc<Crypt>) -> Self {
        Self { store, crypt }
    }

    pub(super) fn begin(&self, step: &Arc<StepRequest>) -> PerStep {
        PerStep {
            store: self.store.clone(),
            crypt: self.crypt.clone(),
            time: StepTime::start(step),
            step: step.clone(),
        }
    }
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = MailView<'a>;
}

impl Capability for MailIn {
    fn interface(&self) -> &'static str {
        "mail"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        mail::add_to_linker::<StepState, Linked>(linker, |state| {
            let (mine, table) = state.host::<PerStep>();
            MailView { mine, table }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.begin(step))
    }
}

pub(super) struct PerStep {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    time: StepTime,
    step: Arc<StepRequest>,
}

impl PerStep {
    async fn wait(
        &self,
        subject: Option<&str>,
        pattern: &Pattern,
        deadline: Deadline,
    ) -> Result<SecretString, Stop> {
        let address = self.step.account.email.to_lowercase();
        let mut wait = StoreWait::new(&*self.store, deadline);
        // Mails that are not what this wait is for: left to others, decoded only once.
        let mut others = HashSet::new();
        loop {
            for mail in self.store.untaken_mail(&address).await? {
                if others.contains(&mail.id) {
                    continue;
                }
                let value = match self.crypt.open(super::PURPOSE, &mail.sealed) {
                    Ok(raw) => {
                        let letter = Letter::read(raw.expose_secret());
                        let about = subject.is_none_or(|words| letter.is_about(words));
                        about.then(|| letter.find(pattern).map(SecretString::from)).flatten()
                    }
                    Err(error) => {
                        tracing::warn!(id = mail.id, %error, "a mail can't be read");
                        None
                    }
                };
                let Some(value) = value else {
                    others.insert(mail.id);
                    continue;
                };
                if self.store.take_mail(&self.step.fence, mail.id).await? {
                    return Ok(value);
                }
            }
            if !wait.again().await {
                let about = subject.map(|words| format!(" about \"{words}\"")).unwrap_or_default();
                let obstacle = (!others.is_empty())
                    .then(|| format!("{} other mail(s) came that don't match", others.len()));
                return Err(deadline
                    .timed_out(format!("a mail to {address}{about} with `{pattern}`"), obstacle)
                    .into());
            }
        }
    }
}

/// One call's view of the step.
pub struct MailView<'a> {
    pub(super) mine: Option<&'a mut PerStep>,
    pub(super) table: &'a mut ResourceTable,
}

impl MailView<'_> {
    async fn code(
        &mut self,
        filter: mail::Filter,
        within: Duration,
    ) -> Result<Resource<Code>, Stop> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("mail.wait"))?;
        if filter.subject.as_ref().is_some_and(|words| words.len() > MAX_SUBJECT) {
            return Err(Failure::Invalid(format!(
                "the words to look for in a subject have at most {MAX_SUBJECT} bytes"
            ))
            .into());
        }
        let pattern = Pattern::new(&filter.pattern)?;
        let deadline = mine.time.within(within);
        let value = mine.wait(filter.subject.as_deref(), &pattern, deadline).await?;
        Ok(self.table.push(Code { source: "mail".to_owned(), value })?)
    }
}

impl mail::Host for MailView<'_> {
    async fn wait(
        &mut self,
        filter: mail::Filter,
        within: Duration,
    ) -> wasmtime::Result<Result<Resource<Code>, Failure>> {
        answer(self.code(filter, within).await)
    }
}
