//! From rough pieces to a [`Flow`]: names, words and numbers are looked up and compared with what
//! exists. Notes every mistake and goes on with the next piece.

use std::collections::BTreeMap;
use std::time::Duration;

use mavm_plugin::About;
use mavm_store::AccountStatus;

use super::catalogue::Catalogue;
use super::problem::Gathering;
use super::read::{At, Rough, RoughAccount, RoughRetry, RoughStep, RoughTrigger, Scalar};
use super::suggest::instead;
use super::variables::Scope;
use super::{
    AccountRule, Flow, MAX_PER_DAY, Retry, Step, Target, Trigger, expressions, jumps,
    parse_duration,
};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Limit of one try of a step when the flow says nothing.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Pace of sign-ups when the flow says nothing.
const EVERY: Duration = Duration::from_secs(2 * 3600);

const STATUSES: &[(&str, AccountStatus)] = &[
    ("PLANNED", AccountStatus::Planned),
    ("IN_PROGRESS", AccountStatus::InProgress),
    ("CREATED", AccountStatus::Created),
    ("VENDED", AccountStatus::Vended),
    ("CLOSING", AccountStatus::Closing),
    ("CLOSED", AccountStatus::Closed),
    ("QUARANTINED", AccountStatus::Quarantined),
];

pub(crate) fn check(
    rough: &Rough,
    catalogue: &Catalogue,
    problems: &mut Gathering,
) -> Option<Flow> {
    let ids: Vec<&str> = rough.steps.iter().map(|step| step.id.value.as_str()).collect();
    if let Some(name) = &rough.name {
        check_word("a flow's name", name, problems);
    }
    let account = rough
        .account
        .as_ref()
        .and_then(|account| check_account(account, &ids, catalogue, problems));
    let mut triggers = Vec::new();
    for trigger in &rough.triggers {
        if let Some(found) = check_trigger(trigger, catalogue, problems) {
            if let (Some(account), Some(rule)) = (&rough.account, &account) {
                check_from(&found, rule, account, problems);
            }
            let name = std::mem::discriminant(&found);
            if triggers.iter().any(|other| std::mem::discriminant(other) == name) {
                problems.add(
                    trigger.on.span.clone(),
                    format!("this flow has two triggers `{}`", trigger.on.value),
                    "the second",
                    "keep one of them",
                );
            }
            triggers.push(found);
        }
    }
    check_ids(rough, problems);
    let jumps = jumps::check(&rough.steps, problems);
    let mut steps = Vec::new();
    for (index, rough) in rough.steps.iter().enumerate() {
        let scope = Scope { catalogue, steps: &ids, before: Some(index) };
        let (next, on) = jumps.get(index).cloned().unwrap_or((Target::End, BTreeMap::new()));
        steps.extend(check_step(rough, next, on, &scope, problems));
    }
    if steps.len() != rough.steps.len() || steps.is_empty() {
        return None;
    }
    Some(Flow {
        name: rough.name.as_ref()?.value.clone(),
        description: rough.description.as_ref().map(|it| it.value.clone()).unwrap_or_default(),
        digest: Flow::digest_of(problems.text()),
        text: problems.text().to_owned(),
        account: account?,
        triggers,
        steps,
    })
}

fn check_account(
    rough: &RoughAccount,
    ids: &[&str],
    catalogue: &Catalogue,
    problems: &mut Gathering,
) -> Option<AccountRule> {
    let from: Vec<AccountStatus> =
        rough.from.iter().filter_map(|word| status(word, problems)).collect();
    if rough.from.is_empty() {
        problems.add(
            rough.from_span.clone(),
            "`from` names no status",
            "here",
            "name the statuses that an account may have when a run begins",
        );
    }
    if from.contains(&AccountStatus::Planned) && from.len() > 1 {
        problems.add(
            rough.from_span.clone(),
            "`PLANNED` can't stand beside other statuses",
            "here",
            "a flow either makes new accounts (`from = [\"PLANNED\"]`) or works on existing ones",
        );
    }
    let scope = Scope { catalogue, steps: ids, before: Some(ids.len()) };
    for template in [&rough.id, &rough.role_arn].into_iter().flatten() {
        expressions::check_text(template, &scope, problems);
    }
    let mut word = |at: &Option<At<String>>| at.as_ref().and_then(|at| status(at, problems));
    let (during, done, failed) = (word(&rough.during), word(&rough.done), word(&rough.failed));
    Some(AccountRule {
        from,
        during: during?,
        done: done?,
        failed: failed?,
        id: rough.id.as_ref().map(|at| at.value.clone()),
        role_arn: rough.role_arn.as_ref().map(|at| at.value.clone()),
    })
}

fn status(word: &At<String>, problems: &mut Gathering) -> Option<AccountStatus> {
    let found = STATUSES.iter().find(|(name, _)| *name == word.value);
    if found.is_none() {
        problems.add(
            word.span.clone(),
            format!("`{}` is no status of an account", word.value),
            "unknown status",
            instead(&word.value, STATUSES.iter().map(|(name, _)| *name)),
        );
    }
    found.map(|(_, status)| *status)
}

fn check_trigger(
    rough: &RoughTrigger,
    catalogue: &Catalogue,
    problems: &mut Gathering,
) -> Option<Trigger> {
    let extra = |keys: &[(&str, bool)], problems: &mut Gathering| {
        for (key, _) in keys.iter().filter(|(_, there)| *there) {
            problems.add(
                rough.on.span.clone(),
                format!("a trigger `{}` has no `{key}`", rough.on.value),
                "this trigger",
                format!("remove `{key}`: only `stock-below` has it"),
            );
        }
    };
    let stock_keys = [
        ("target", rough.target.is_some()),
        ("every", rough.every.is_some()),
        ("max-per-day", rough.max_per_day.is_some()),
    ];
    match rough.on.value.as_str() {
        "stock-below" => {
            if rough.target.is_none() {
                problems.add(
                    rough.on.span.clone(),
                    "`target` is missing: a trigger `stock-below` needs it",
                    "this trigger",
                    "add `target = \"{{ config.stock.target }}\"`, or a number",
                );
            }
            let target = number("target", rough.target.as_ref(), catalogue, problems);
            let every = match &rough.every {
                Some(text) => at_load(text, catalogue, problems).and_then(|value| {
                    let value = value.as_str().map(str::to_owned).unwrap_or(value.to_string());
                    duration("every", &value, text, Duration::ZERO, 366 * DAY, problems)
                }),
                None => Some(EVERY),
            };
            let max_per_day = match &rough.max_per_day {
                Some(scalar) => number("max-per-day", Some(scalar), catalogue, problems),
                None => Some(MAX_PER_DAY),
            };
            Some(Trigger::StockBelow { target: target?, every: every?, max_per_day: max_per_day? })
        }
        "lease-over" => {
            extra(&stock_keys, problems);
            Some(Trigger::LeaseOver)
        }
        "person" => {
            extra(&stock_keys, problems);
            Some(Trigger::Person)
        }
        other => {
            problems.add(
                rough.on.span.clone(),
                format!("there is no trigger `{other}`"),
                "unknown trigger",
                instead(other, ["stock-below", "lease-over", "person"]),
            );
            None
        }
    }
}

/// A trigger that can never start its flow is a mistake.
fn check_from(
    trigger: &Trigger,
    rule: &AccountRule,
    rough: &RoughAccount,
    problems: &mut Gathering,
) {
    let (name, needed, word) = match trigger {
        Trigger::StockBelow { .. } => ("stock-below", AccountStatus::Planned, "PLANNED"),
        Trigger::LeaseOver => ("lease-over", AccountStatus::Vended, "VENDED"),
        Trigger::Person => return,
    };
    if !rule.from.contains(&needed) {
        problems.add(
            rough.from_span.clone(),
            format!("the trigger `{name}` can never start this flow"),
            format!("its accounts are `{word}`"),
            format!("add `{word}` to `from`, or remove the trigger"),
        );
    }
}

fn number(
    key: &str,
    scalar: Option<&Scalar>,
    catalogue: &Catalogue,
    problems: &mut Gathering,
) -> Option<u32> {
    let (value, span) = match scalar? {
        Scalar::Number(number) => (Some(number.value), number.span.clone()),
        Scalar::Text(text) => (at_load(text, catalogue, problems)?.as_i64(), text.span.clone()),
    };
    let number = value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value <= 10_000);
    if number.is_none() {
        problems.add(
            span,
            format!("`{key}` must be a number from 0 to 10000"),
            "here",
            format!("write `{key} = 3`, or a template that gives a number"),
        );
    }
    number
}

/// The value of a template that may use the configuration only.
fn at_load(
    text: &At<String>,
    catalogue: &Catalogue,
    problems: &mut Gathering,
) -> Option<serde_json::Value> {
    let scope = Scope { catalogue, steps: &[], before: None };
    expressions::check_text(text, &scope, problems)
}

fn check_ids(rough: &Rough, problems: &mut Gathering) {
    for (index, step) in rough.steps.iter().enumerate() {
        check_word("a step's id", &step.id, problems);
        if step.id.value == "end" {
            problems.add(
                step.id.span.clone(),
                "no step can be called `end`",
                "here",
                "`next = \"end\"` means the end of the run; choose another word",
            );
        }
        let first = rough.steps[..index].iter().find(|other| other.id.value == step.id.value);
        if let Some(first) = first {
            let line = problems.text().get(..first.id.span.start).unwrap_or_default();
            let line = line.matches('\n').count() + 1;
            problems.add(
                step.id.span.clone(),
                format!("there are two steps `{}`", step.id.value),
                "the second",
                format!("give it another id; the first is on line {line}"),
            );
        }
    }
}

fn check_word(what: &str, word: &At<String>, problems: &mut Gathering) {
    let good = word.value.starts_with(|c: char| c.is_ascii_lowercase())
        && word.value.len() <= 64
        && word.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !good {
        problems.add(
            word.span.clone(),
            format!("`{}` can't be {what}", word.value),
            "here",
            "use lower-case letters, digits and `-`, starting with a letter, at most 64",
        );
    }
}

fn check_step(
    rough: &RoughStep,
    next: Target,
    on: BTreeMap<String, Target>,
    scope: &Scope<'_>,
    problems: &mut Gathering,
) -> Option<Step> {
    let timeout = match &rough.timeout {
        Some(text) => duration("timeout", &text.value, text, SECOND, DAY, problems),
        None => Some(TIMEOUT),
    };
    let retry = check_retry(&rough.retry, problems);
    if let Some(when) = &rough.when {
        expressions::check_when(when, scope, problems);
    }
    for input in &rough.with {
        for text in &input.texts {
            expressions::check_text(text, scope, problems);
        }
    }
    let plugin = at_load(&rough.plugin, scope.catalogue, problems);
    let plugin = match plugin {
        Some(serde_json::Value::String(name)) => Some(name),
        Some(_) => {
            problems.add(
                rough.plugin.span.clone(),
                "this doesn't give a plugin's name",
                "here",
                "set the value in the configuration, or name the plugin",
            );
            None
        }
        None => None,
    };
    let step = rough.step.as_ref().unwrap_or(&rough.id);
    if let Some(plugin) = &plugin {
        check_plugin(rough, plugin, step, scope.catalogue, problems);
    }
    Some(Step {
        id: rough.id.value.clone(),
        plugin: plugin?,
        step: step.value.clone(),
        session: rough.session.as_ref().map_or_else(|| "main".to_owned(), |it| it.value.clone()),
        timeout: timeout?,
        retry: retry?,
        when: rough.when.as_ref().map(|it| it.value.clone()),
        with: rough.with.iter().map(|it| (it.name.value.clone(), it.value.clone())).collect(),
        on,
        next,
    })
}

fn check_retry(rough: &RoughRetry, problems: &mut Gathering) -> Option<Retry> {
    let attempts = match &rough.attempts {
        Some(number) if (1..=20).contains(&number.value) => u32::try_from(number.value).ok(),
        Some(number) => {
            problems.add(
                number.span.clone(),
                "`attempts` must be from 1 to 20",
                "here",
                "1 means that a failure is not tried again",
            );
            None
        }
        None => Some(3),
    };
    let mut pause = |key, text: &Option<At<String>>, default| match text {
        Some(text) => duration(key, &text.value, text, SECOND / 10, DAY, problems),
        None => Some(Duration::from_secs(default)),
    };
    let backoff = pause("backoff", &rough.backoff, 5);
    let max_backoff = pause("max-backoff", &rough.max_backoff, 300);
    Some(Retry { attempts: attempts?, backoff: backoff?, max_backoff: max_backoff? })
}

fn duration(
    key: &str,
    value: &str,
    text: &At<String>,
    least: Duration,
    most: Duration,
    problems: &mut Gathering,
) -> Option<Duration> {
    match parse_duration(value) {
        Ok(duration) if duration >= least && duration <= most => Some(duration),
        Ok(_) => {
            let (least, most) = (super::write_duration(least), super::write_duration(most));
            problems.add(
                text.span.clone(),
                format!("`{key}` must be from {least} to {most}"),
                "here",
                format!("write a length of time such as `{key} = \"3m\"`"),
            );
            None
        }
        Err(why) => {
            problems.add(text.span.clone(), format!("`{value}` is no length of time"), "here", why);
            None
        }
    }
}

fn check_plugin(
    rough: &RoughStep,
    plugin: &str,
    step: &At<String>,
    catalogue: &Catalogue,
    problems: &mut Gathering,
) {
    let Some(plugins) = catalogue.plugins() else { return };
    let Some(about) = plugins.iter().find(|about| about.name == plugin) else {
        let near = instead(plugin, plugins.iter().map(|about| about.name.as_str()));
        let or = if near.ends_with('?') { " Otherwise" } else { "; or" };
        problems.add(
            rough.plugin.span.clone(),
            format!("there is no plugin `{plugin}`"),
            "not installed",
            format!("{near}{or} install it with `mavm plugin install`"),
        );
        return;
    };
    check_plugin_step(rough, about, step, problems);
}

fn check_plugin_step(
    rough: &RoughStep,
    about: &About,
    step: &At<String>,
    problems: &mut Gathering,
) {
    let plugin = &about.name;
    let Some(manifest) = about.steps.iter().find(|known| known.name == step.value) else {
        let from_id = if rough.step.is_none() { "; say which with `step = \"…\"`" } else { "" };
        problems.add(
            step.span.clone(),
            format!("the plugin `{plugin}` has no step `{}`", step.value),
            "unknown step",
            format!(
                "{}{from_id}",
                instead(&step.value, about.steps.iter().map(|step| step.name.as_str()))
            ),
        );
        return;
    };
    for input in &rough.with {
        if !manifest.inputs.iter().any(|known| known.name == input.name.value) {
            problems.add(
                input.name.span.clone(),
                format!("step `{}` of `{plugin}` takes no `{}`", step.value, input.name.value),
                "unknown input",
                instead(&input.name.value, manifest.inputs.iter().map(|input| input.name.as_str())),
            );
        }
    }
    for input in manifest.inputs.iter().filter(|input| input.required) {
        if !rough.with.iter().any(|given| given.name.value == input.name) {
            problems.add(
                rough.id.span.clone(),
                format!("step `{}` of `{plugin}` needs `{}`", step.value, input.name),
                "an input is missing",
                format!("add it to `[step.with]`: {}", input.description),
            );
        }
    }
    for (word, _) in &rough.on {
        if !manifest.branches.contains(&word.value) {
            problems.add(
                word.span.clone(),
                format!("step `{}` of `{plugin}` never answers `{}`", step.value, word.value),
                "unknown branch",
                instead(&word.value, manifest.branches.iter().map(String::as_str)),
            );
        }
    }
}
