//! What a step is told, and where it gets everything else.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::aws::Aws;
use crate::bindings::StepContext;
use crate::captcha::Captcha;
use crate::codes::Codes;
use crate::effects::{self, Finding, Happened};
use crate::mail::Mail;
use crate::page::Page;
use crate::phone::Phone;
use crate::secrets::Secrets;
use crate::{Account, Inputs, Result, inputs};

/// One step being done. A fresh one each time: nothing is remembered but facts and secrets.
pub struct Run {
    context: StepContext,
    table: Map<String, Value>,
}

impl Run {
    pub(crate) fn new(context: StepContext) -> Result<Self> {
        let table = inputs::read(&context.inputs)?;
        Ok(Self { context, table })
    }

    /// The account that this run is about.
    pub fn account(&self) -> &Account {
        &self.context.account
    }

    /// The flow's name.
    pub fn flow(&self) -> &str {
        &self.context.flow
    }

    /// 1 for the first try.
    pub fn attempt(&self) -> u32 {
        self.context.attempt
    }

    /// A fact of an earlier step of this run.
    pub fn earlier(&self, step: &str, name: &str) -> Option<&str> {
        self.context
            .facts
            .iter()
            .rev()
            .find(|fact| fact.step == step && fact.name == name)
            .map(|fact| fact.value.as_str())
    }

    /// The latest fact of this name, whichever step found it.
    pub fn latest(&self, name: &str) -> Option<&str> {
        self.context
            .facts
            .iter()
            .rev()
            .find(|fact| fact.name == name)
            .map(|fact| fact.value.as_str())
    }

    /// The step's inputs. `#[step]` calls it for a function that takes them.
    pub fn inputs<T: DeserializeOwned + Inputs>(&self) -> Result<T> {
        inputs::typed(&self.context.step, &self.table)
    }

    /// Says so if the flow gives inputs to a step that takes none. `#[step]` calls it.
    pub fn no_inputs(&self) -> Result<()> {
        inputs::check(&self.context.step, &self.table, &[])
    }

    /// The page of this step's session.
    pub fn page(&self) -> Page {
        Page::current()
    }

    /// One-time codes that arrive from outside.
    pub fn codes(&self) -> Codes {
        Codes(())
    }

    /// Mail to the account's address.
    pub fn mail(&self) -> Mail {
        Mail(())
    }

    /// Secrets, by handle.
    pub fn secrets(&self) -> Secrets {
        Secrets(())
    }

    /// The captcha solver.
    pub fn captcha(&self) -> Captcha {
        Captcha(())
    }

    /// The operator's phone numbers.
    pub fn phone(&self) -> Phone {
        Phone(())
    }

    /// AWS calls.
    pub fn aws(&self) -> Aws {
        Aws(())
    }

    /// Does an act that can't be taken back, at most once in this run. If an earlier try was
    /// interrupted in it, a person is asked: use [`Run::effect_or`] where the site can tell.
    ///
    /// `name` is the plugin's own word for the act: `confirm-payment`.
    pub fn effect<T: Finding>(&self, name: &str, act: impl FnOnce() -> Result<T>) -> Result<T> {
        effects::carry_out(&effects::Host, name, || effects::nobody_can_tell(name), act)
    }

    /// The same, where a look at the site can tell whether an interrupted act had happened.
    pub fn effect_or<T: Finding>(
        &self,
        name: &str,
        reconcile: impl FnOnce() -> Result<Happened<T>>,
        act: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        effects::carry_out(&effects::Host, name, reconcile, act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountStatus, EarlierFact, Failure, Outcome};

    /// What the test step takes.
    #[derive(serde::Deserialize, crate::Inputs)]
    struct Greeting {
        /// Whom to greet.
        name: String,
    }

    /// Greets.
    #[crate::step("say-hello", branches = ["nobody"])]
    fn say_hello(run: &Run, input: Greeting) -> Result<Outcome> {
        let seen = run.earlier("look", "weather").unwrap_or("none");
        Ok(Outcome::done().fact("said", format!("hello {} {seen}", input.name)))
    }

    /// Takes nothing.
    #[crate::step("nothing")]
    fn nothing(_run: &Run) -> Result<Outcome> {
        Ok(Outcome::done())
    }

    crate::plugin!(say_hello, nothing);

    fn context(inputs: &str) -> StepContext {
        let fact = |step: &str, value: &str| EarlierFact {
            step: step.into(),
            name: "weather".into(),
            value: value.into(),
        };
        StepContext {
            run: "run".into(),
            flow: "flow".into(),
            step: "say-hello".into(),
            attempt: 1,
            account: Account {
                name: "ovm-00000000".into(),
                email: "root@example.com".into(),
                id: None,
                status: AccountStatus::InProgress,
                role_arn: None,
            },
            inputs: inputs.into(),
            facts: vec![fact("look", "rain"), fact("look", "sun"), fact("other", "fog")],
        }
    }

    #[test]
    fn the_manifest_says_what_the_code_says() {
        let about = crate::export::describe(&__PLUGIN);
        assert_eq!(about.name, "mavm-sdk");
        assert_eq!(about.version, env!("CARGO_PKG_VERSION"));
        let steps: Vec<_> = about
            .steps
            .iter()
            .map(|step| {
                (step.name.as_str(), step.description.as_str(), step.inputs.len(), &step.branches)
            })
            .collect();
        assert_eq!(
            steps,
            [
                ("say-hello", "Greets.", 1, &vec!["nobody".to_owned()]),
                ("nothing", "Takes nothing.", 0, &vec![])
            ]
        );
    }

    #[test]
    fn a_step_is_found_by_name_and_gets_its_inputs() {
        let said =
            match crate::export::dispatch(&__PLUGIN, "say-hello", context(r#"{"name": "you"}"#)) {
                Ok(Outcome::Done(facts)) => facts.into_iter().map(|fact| fact.value).collect(),
                _ => vec![],
            };
        assert_eq!(said, ["hello you sun"]);
        for (step, inputs, words) in [
            ("say-hello", "{}", "it needs `name`"),
            ("nothing", r#"{"name": "you"}"#, "it takes none"),
            ("gone", "{}", "this plugin has no step `gone`; it has `say-hello`, `nothing`"),
        ] {
            match crate::export::dispatch(&__PLUGIN, step, context(inputs)) {
                Err(Failure::Invalid(told)) => assert!(told.contains(words), "{told}"),
                other => unreachable!("{step}: {other:?}"),
            }
        }
    }
}
