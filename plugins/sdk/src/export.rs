//! What `plugin!` puts into a component: the manifest, and finding the step that is asked for.
//!
//! Used by the macros; a plugin's own code has no business here.

pub use crate::bindings::Guest;
pub use crate::bindings::StepContext;
pub use crate::bindings::export_component;
use crate::bindings::mavm::plugin::manifest as wit;
pub use crate::bindings::mavm::plugin::manifest::About;
use crate::{Failure, InputField, Outcome, Result, Run};

/// A plugin, as its macros describe it.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// The crate's name.
    pub name: &'static str,
    /// The crate's version.
    pub version: &'static str,
    /// The crate's description.
    pub description: &'static str,
    /// Its steps, in the order of `plugin!`.
    pub steps: &'static [Step],
}

/// A step, as `#[step]` describes it.
#[derive(Clone, Copy)]
pub struct Step {
    /// Its name in flows.
    pub name: &'static str,
    /// The function's doc comment.
    pub description: &'static str,
    /// Its inputs.
    pub inputs: fn() -> &'static [InputField],
    /// The words it may branch on.
    pub branches: &'static [&'static str],
    /// What it does.
    pub run: fn(&Run) -> Result<Outcome>,
}

/// The inputs of a step that takes none.
pub fn no_inputs() -> &'static [InputField] {
    &[]
}

/// The manifest.
pub fn describe(plugin: &Plugin) -> About {
    About {
        name: plugin.name.to_owned(),
        version: plugin.version.to_owned(),
        description: plugin.description.to_owned(),
        steps: plugin.steps.iter().map(describe_step).collect(),
    }
}

fn describe_step(step: &Step) -> wit::Step {
    let input = |field: &InputField| wit::Input {
        name: field.name.to_owned(),
        required: field.required,
        description: field.description.to_owned(),
    };
    wit::Step {
        name: step.name.to_owned(),
        description: step.description.to_owned(),
        inputs: (step.inputs)().iter().map(input).collect(),
        branches: step.branches.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// Does a step, with a panic's message and place in the run's log before it traps.
pub fn run(plugin: &Plugin, step: &str, context: StepContext) -> Result<Outcome> {
    std::panic::set_hook(Box::new(|panic| {
        crate::log::write(crate::log::Level::Error, format_args!("{panic}"));
    }));
    dispatch(plugin, step, context)
}

/// Finds a step by its name and does it.
pub(crate) fn dispatch(plugin: &Plugin, step: &str, context: StepContext) -> Result<Outcome> {
    let Some(found) = plugin.steps.iter().find(|candidate| candidate.name == step) else {
        let names: Vec<_> = plugin.steps.iter().map(|step| format!("`{}`", step.name)).collect();
        return Err(Failure::invalid(format!(
            "this plugin has no step `{step}`; it has {}",
            names.join(", ")
        )));
    };
    (found.run)(&Run::new(context)?)
}
