//! Starting a run: the flow's text is kept, its plugins are pinned, and the store inserts the run if
//! it may begin.

use std::sync::Arc;

use mavm_store::{
    AccountName, AccountStatus, NewRun, Pace, RunId, Started, Store, new_account_name,
};

use super::EmailPattern;
use crate::clock::Clock;
use crate::definition::{Flow, Trigger};
use crate::flows::{FlowTexts, Flows, TextError};
use crate::worker::{Plugins, resume};

/// Why no run was started. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such flow.
    #[error("there is no flow `{name}`; there are: {known}")]
    NoFlow {
        /// What was asked for.
        name: String,
        /// The flows that exist.
        known: String,
    },
    /// The flow doesn't allow it.
    #[error(
        "flow `{0}` can't be started by a person; add `[[trigger]]` with `on = \"person\"` to it"
    )]
    NotByPerson(String),
    /// The flow works on an account that exists.
    #[error("flow `{0}` needs an account: name the one it should work on")]
    NeedsAccount(String),
    /// The flow makes a new account.
    #[error("flow `{0}` makes a new account and takes none; start it without one")]
    TakesNoAccount(String),
    /// A plugin that the flow names isn't there.
    #[error(
        "flow `{flow}` needs the plugin `{plugin}`, which is not active; install it with `mavm plugin install`"
    )]
    NoPlugin {
        /// The flow.
        flow: String,
        /// The plugin.
        plugin: String,
    },
    /// The pace, the ceiling or the switch says no for now.
    #[error("no sign-up for now: {why}")]
    NotNow {
        /// Why.
        why: String,
        /// When to ask again.
        again_at: Option<jiff::Timestamp>,
    },
    /// The flow's text can't be kept.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The store says no, and why.
    #[error(transparent)]
    Store(#[from] mavm_store::Error),
}

/// Starts and resumes runs.
pub struct Starter {
    /// Where runs are.
    pub store: Arc<dyn Store>,
    /// The flows.
    pub flows: Arc<Flows>,
    /// Where pinned texts are.
    pub texts: Arc<FlowTexts>,
    /// Which plugins are active.
    pub plugins: Arc<dyn Plugins>,
    /// Root addresses of new accounts.
    pub email: EmailPattern,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Starter {
    /// Starts a flow because a person asks for it. A flow that makes accounts makes one more, however
    /// many are in stock, but keeps to the ceiling and the switch; any other needs an account.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn by_person(
        &self,
        flow: &str,
        account: Option<&AccountName>,
        actor: &str,
    ) -> Result<RunId, StartError> {
        let Some(flow) = self.flows.get(flow) else {
            let known: Vec<&str> = self.flows.iter().map(|flow| flow.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(StartError::NoFlow { name: flow.to_owned(), known });
        };
        if !flow.triggers.contains(&Trigger::Person) {
            return Err(StartError::NotByPerson(flow.name.clone()));
        }
        let trigger =
            if actor.starts_with("person:") { actor.to_owned() } else { format!("person:{actor}") };
        match (flow.account.makes_new(), account) {
            (true, None) => match self.sign_up(flow, &pace_of_person(flow), &trigger).await? {
                Started::Yes(run) => Ok(run),
                Started::No { why, again_at } => Err(StartError::NotNow { why, again_at }),
            },
            (true, Some(_)) => Err(StartError::TakesNoAccount(flow.name.clone())),
            (false, None) => Err(StartError::NeedsAccount(flow.name.clone())),
            (false, Some(account)) => {
                self.work_on(flow, account, &flow.account.from, &trigger).await
            }
        }
    }

    /// Puts a parked or failed run back to work.
    ///
    /// # Errors
    ///
    /// When there is no such run, or it is neither parked nor failed.
    pub async fn resume(&self, run: &RunId, actor: &str) -> Result<(), StartError> {
        let now = self.clock.now();
        Ok(resume(&*self.store, &*self.plugins, &self.texts, run, now, actor).await?)
    }

    /// Asks for a new account.
    pub(super) async fn sign_up(
        &self,
        flow: &Flow,
        pace: &Pace,
        trigger: &str,
    ) -> Result<Started, StartError> {
        let account = new_account_name();
        let email = self.email.address(&account);
        let run = self.new_run(flow, account, trigger)?;
        Ok(self.store.start_signup(self.clock.now(), run, &email, pace).await?)
    }

    /// Starts a run on an account that exists and has one of the statuses.
    pub(super) async fn work_on(
        &self,
        flow: &Flow,
        account: &AccountName,
        from: &[AccountStatus],
        trigger: &str,
    ) -> Result<RunId, StartError> {
        let run = self.new_run(flow, account.clone(), trigger)?;
        let status = Some(flow.account.during);
        Ok(self.store.start_run(self.clock.now(), run, from, status).await?)
    }

    fn new_run(
        &self,
        flow: &Flow,
        account: AccountName,
        trigger: &str,
    ) -> Result<NewRun, StartError> {
        let pin = |plugin: &str| match self.plugins.active(plugin) {
            Some(digest) => Ok((plugin.to_owned(), digest)),
            None => {
                Err(StartError::NoPlugin { flow: flow.name.clone(), plugin: plugin.to_owned() })
            }
        };
        let plugins = flow.plugins().into_iter().map(pin).collect::<Result<_, _>>()?;
        self.texts.keep(flow)?;
        Ok(NewRun {
            flow: flow.name.clone(),
            flow_digest: flow.digest.clone(),
            plugins,
            account,
            trigger: trigger.to_owned(),
        })
    }
}

/// A person may be faster than the pace and go beyond the stock, but not over the ceiling.
fn pace_of_person(flow: &Flow) -> Pace {
    let ceiling = flow.triggers.iter().find_map(|trigger| match trigger {
        Trigger::StockBelow { max_per_day, .. } => Some(*max_per_day),
        _ => None,
    });
    Pace {
        every: jiff::SignedDuration::ZERO,
        max_per_day: ceiling.unwrap_or(crate::definition::MAX_PER_DAY),
        target: u32::MAX,
    }
}
