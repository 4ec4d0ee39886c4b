//! A run as people and programs read it: its row, and each step with its tries and facts. Made from
//! the journal alone; it changes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mavm_store::{JournalEntry, Run, RunId, Store};
use serde::Serialize;

use crate::definition::Flow;
use crate::flows::FlowTexts;
use crate::machine::{State, StepRecord, StepStatus, Trouble};

/// A run with its steps.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// The row; its fields come first in JSON.
    #[serde(flatten)]
    pub run: Run,
    /// Its steps in the flow's order. Empty when the flow's text is gone.
    pub steps: Vec<StepView>,
}

/// One step of a run.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// Its id in the flow.
    pub id: String,
    /// The plugin that does it.
    pub plugin: String,
    /// Where it is.
    pub status: StepStatus,
    /// Tries that were begun.
    pub attempts: u32,
    /// When the first try began.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// What it found out.
    pub facts: BTreeMap<String, String>,
    /// The word it branched on.
    pub branch: Option<String>,
    /// The last trouble, while it isn't done.
    pub failure: Option<Trouble>,
}

impl RunView {
    /// Makes it from what the store gives. Without the flow, the steps stay unknown.
    pub fn new(run: Run, journal: &[JournalEntry], flow: Option<&Flow>) -> Self {
        let Some(flow) = flow else { return Self { run, steps: Vec::new() } };
        let state = State::fold(flow, journal);
        let steps = flow.steps.iter().zip(state.steps);
        let steps = steps.map(|(step, record)| StepView::new(&step.id, &step.plugin, record));
        Self { run, steps: steps.collect() }
    }

    /// Reads a run from the store; none if there is no such run.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn load(
        store: &dyn Store,
        texts: &FlowTexts,
        id: &RunId,
    ) -> mavm_store::Result<Option<Self>> {
        let Some(run) = store.run(id).await? else { return Ok(None) };
        let journal = store.journal(id).await?;
        let flow = texts.get(&run.flow_digest).ok();
        Ok(Some(Self::new(run, &journal, flow.as_deref())))
    }
}

impl StepView {
    fn new(id: &str, plugin: &str, record: StepRecord) -> Self {
        Self {
            id: id.to_owned(),
            plugin: plugin.to_owned(),
            status: record.status,
            attempts: record.starts,
            started_at: record.started_at,
            ended_at: record.ended_at,
            facts: record.facts.into_iter().map(|fact| (fact.name, fact.value)).collect(),
            branch: record.branch,
            failure: record.trouble,
        }
    }
}
