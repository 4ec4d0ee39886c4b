//! What a flow's expressions see of a run, and what a step is given of it. Public values only.

use std::sync::Arc;

use mavm_plugin::{EarlierFact, StepRequest};
use mavm_store::{Account, AccountChange, Fence, Run};
use minijinja::value::Value as Seen;
use serde_json::{Map, Value, json};

use crate::definition::{Flow, Step, Target, in_expressions};
use crate::machine::State;
use crate::template::{Evaluator, TemplateError, seen};

/// A run as expressions see it.
pub(super) fn see(
    run: &Run,
    account: &Account,
    config: &Value,
    flow: &Flow,
    state: &State,
    attempt: u32,
) -> Seen {
    // Every step has its table, so that `facts.step.name is defined` can be asked of any.
    let mut facts: Map<String, Value> =
        flow.steps.iter().map(|step| (in_expressions(&step.id), json!({}))).collect();
    for (step, fact) in state.facts() {
        if let Some(Value::Object(table)) = facts.get_mut(&in_expressions(step)) {
            table.insert(fact.name.clone(), fact.value.clone().into());
        }
    }
    seen(&json!({
        "account": {
            "name": account.name,
            "email": account.email,
            "id": account.id,
            "role_arn": account.role_arn,
            "status": account.status,
        },
        "config": config,
        "facts": facts,
        "run": { "id": run.id, "attempt": attempt },
    }))
}

/// The inputs of a step, templates filled in. An input that comes to nothing is left out, so that an
/// optional one can be taken from a configuration that doesn't set it.
pub(super) fn inputs(step: &Step, see: &Seen) -> Result<Value, TemplateError> {
    let evaluator = Evaluator::new();
    let mut inputs = Map::new();
    for (name, value) in &step.with {
        let value = evaluator.json(value, see)?;
        if !value.is_null() {
            inputs.insert(name.clone(), value);
        }
    }
    Ok(inputs.into())
}

/// One try of a step.
pub(super) struct Try<'a> {
    pub(super) flow: &'a Flow,
    pub(super) step: &'a Step,
    pub(super) digest: &'a str,
    pub(super) attempt: u32,
    pub(super) account: &'a Account,
    pub(super) inputs: Value,
    pub(super) state: &'a State,
    pub(super) fence: &'a Arc<Fence>,
}

/// What the runtime is asked for.
pub(super) fn request(of: Try<'_>) -> StepRequest {
    let facts = of.state.facts().map(|(step, fact)| EarlierFact {
        step: step.to_owned(),
        name: fact.name.clone(),
        value: fact.value.clone(),
    });
    StepRequest {
        flow: of.flow.name.clone(),
        id: of.step.id.clone(),
        plugin: of.step.plugin.clone(),
        digest: of.digest.to_owned(),
        step: of.step.step.clone(),
        attempt: of.attempt,
        account: of.account.clone(),
        inputs: of.inputs,
        facts: facts.collect(),
        session: of.step.session.clone(),
        timeout: of.step.timeout,
        last: of.step.next == Target::End,
        fence: Arc::clone(of.fence),
    }
}

/// Account number and role, as far as the flow's templates give them by now. What can't be told yet
/// is left as it is; at the end that is an error, which says what is missing.
pub(super) fn columns(
    flow: &Flow,
    see: &Seen,
    account: &Account,
    at_end: bool,
) -> Result<AccountChange, String> {
    let evaluator = Evaluator::new();
    let mut change = AccountChange::default();
    let id = flow.account.id.as_deref();
    let role_arn = flow.account.role_arn.as_deref();
    let columns = [
        ("id", id, &account.id, &mut change.id, is_account_id as fn(&str) -> bool),
        ("role-arn", role_arn, &account.role_arn, &mut change.role_arn, is_arn),
    ];
    for (name, template, known, new, good) in columns {
        let Some(template) = template else { continue };
        match evaluator.text(template, see) {
            Ok(Value::String(value)) if good(&value) => {
                if known.as_ref() != Some(&value) {
                    *new = Some(value);
                }
            }
            Ok(value) if at_end => {
                return Err(format!("the flow's account `{name}` came out as {value}"));
            }
            Err(error) if at_end => {
                return Err(format!("the flow's account `{name}` is not known: {error}"));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(change)
}

fn is_account_id(value: &str) -> bool {
    value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_arn(value: &str) -> bool {
    value.starts_with("arn:")
}
