//! What the HTTP API asks of the host, done with its parts.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mavm_capability::codes::{Intake, IntakeError};
use mavm_flow::{FlowTexts, RunView, StartError, Starter};
use mavm_plugin::{LoadError, Runtime};
use mavm_store::{AccountName, AuditEntry, RunId, Store};
use mavm_web::{ActionError, Installed};
use serde_json::Value;

use super::desk::Desk;
use super::{Folders, parts};
use crate::config::Config;

/// The flow that closes accounts; also the one that comes with the host.
const CLOSE_FLOW: &str = "close-account";

/// The host, as the API sees it.
pub struct Actions {
    pub config: Config,
    pub folders: Folders,
    pub store: Arc<dyn Store>,
    pub starter: Arc<Starter>,
    pub texts: Arc<FlowTexts>,
    pub runtime: Arc<Runtime>,
    pub intake: Intake,
    pub desk: Desk,
}

#[async_trait]
impl mavm_web::Actions for Actions {
    async fn start(
        &self,
        flow: &str,
        account: Option<&AccountName>,
        actor: &str,
    ) -> Result<RunId, ActionError> {
        if let Some(flow) = self.starter.flows.get(flow) {
            parts::check_secrets(&self.config, &self.folders, flow)
                .await
                .map_err(|error| ActionError::Conflict(format!("{error:#}")))?;
        }
        let run = self.starter.by_person(flow, account, actor).await.map_err(from_start)?;
        self.note(actor, "run-started", &run.0, flow).await;
        Ok(run)
    }

    async fn close(&self, account: &AccountName, actor: &str) -> Result<RunId, ActionError> {
        let run =
            self.starter.by_person(CLOSE_FLOW, Some(account), actor).await.map_err(from_start)?;
        self.note(actor, "close", &account.0, &run.0).await;
        Ok(run)
    }

    async fn resume(&self, run: &RunId, actor: &str) -> Result<(), ActionError> {
        self.starter.resume(run, actor).await.map_err(from_start)
    }

    async fn run_view(&self, run: &RunId) -> Result<Option<Value>, ActionError> {
        let view = RunView::load(&*self.store, &self.texts, run).await.map_err(from_store)?;
        view.map(serde_json::to_value)
            .transpose()
            .map_err(|error| ActionError::Host(error.to_string()))
    }

    async fn code_arrived(&self, text: &str, channel: Option<&str>) -> Result<(), ActionError> {
        self.intake.sms(text, channel).await.map_err(|error| match error {
            IntakeError::Length(_) | IntakeError::Channel => {
                ActionError::Invalid(error.to_string())
            }
            other => ActionError::Host(other.to_string()),
        })
    }

    async fn answer_challenge(
        &self,
        id: &str,
        answer: &str,
        actor: &str,
    ) -> Result<(), ActionError> {
        self.desk.answer(id, answer, actor).await.map_err(|error| match error.downcast() {
            Ok(error) => from_store(error),
            Err(error) => ActionError::Invalid(format!("{error:#}")),
        })
    }

    async fn call_digits(&self, id: &str) -> Result<Option<String>, ActionError> {
        let shown =
            self.desk.show(id).await.map_err(|error| ActionError::Host(format!("{error:#}")))?;
        Ok(shown.digits)
    }

    async fn plugins(&self) -> Vec<Installed> {
        self.runtime.registry().active().values().map(installed).collect()
    }

    async fn install_plugin(
        &self,
        name: &str,
        bytes: Vec<u8>,
        actor: &str,
    ) -> Result<Installed, ActionError> {
        let plugin =
            self.runtime.registry().install(bytes, Some(name)).await.map_err(
                |error| match error {
                    LoadError::Host(_) | LoadError::Disk { .. } => {
                        ActionError::Host(error.to_string())
                    }
                    error => ActionError::Invalid(error.to_string()),
                },
            )?;
        let detail = format!("{} {}", plugin.about.version, plugin.digest);
        self.note(actor, "plugin-installed", name, &detail).await;
        Ok(installed(&plugin))
    }
}

impl Actions {
    /// Writes a line of the audit log. What it tells of has happened: failing to write it down must
    /// not be answered as if it had not.
    async fn note(&self, actor: &str, action: &str, subject: &str, detail: &str) {
        let entry = AuditEntry {
            at: Timestamp::now(),
            actor: actor.into(),
            action: action.into(),
            subject: subject.into(),
            detail: detail.into(),
        };
        if let Err(error) = self.store.audit(entry).await {
            tracing::error!(actor, action, subject, %error, "not in the audit log");
        }
    }
}

fn installed(plugin: &mavm_plugin::Installed) -> Installed {
    Installed {
        name: plugin.about.name.clone(),
        version: plugin.about.version.clone(),
        digest: plugin.digest.clone(),
        description: plugin.about.description.clone(),
        steps: plugin.about.steps.iter().map(|step| step.name.clone()).collect(),
    }
}

fn from_store(error: mavm_store::Error) -> ActionError {
    match error {
        mavm_store::Error::NotFound { .. } => ActionError::NotFound(error.to_string()),
        mavm_store::Error::Conflict(_) => ActionError::Conflict(error.to_string()),
        other => ActionError::Host(other.to_string()),
    }
}

fn from_start(error: StartError) -> ActionError {
    match error {
        StartError::NoFlow { .. } => ActionError::NotFound(error.to_string()),
        StartError::NotByPerson(_)
        | StartError::NeedsAccount(_)
        | StartError::TakesNoAccount(_)
        | StartError::NoPlugin { .. } => ActionError::Invalid(error.to_string()),
        StartError::NotNow { ref again_at, .. } => ActionError::NotNow {
            again_in: again_at
                .and_then(|at| u64::try_from(at.duration_since(Timestamp::now()).as_secs()).ok()),
            why: error.to_string(),
        },
        StartError::Text(_) => ActionError::Host(error.to_string()),
        StartError::Store(error) => from_store(error),
    }
}
