//! Checks an expression or template of a flow before any run: its grammar, the names it asks for,
//! and, where the configuration alone decides, the value it gives.

use minijinja::ErrorKind;
use serde_json::{Value, json};

use super::problem::Gathering;
use super::read::At;
use super::variables::{Scope, Unknown};
use crate::template::{Evaluator, TemplateError, seen};

/// Checks a text that may be a template. Gives its value if the configuration alone decides it.
pub(crate) fn check_text(
    text: &At<String>,
    scope: &Scope<'_>,
    problems: &mut Gathering,
) -> Option<Value> {
    let evaluator = Evaluator::new();
    let names = evaluator.text_names(&text.value);
    let names = check_names(text, names, scope, problems)?;
    if names.iter().all(|name| name.starts_with("config.")) {
        let config = json!({ "config": scope.catalogue.config() });
        return match evaluator.text(&text.value, &seen(&config)) {
            Ok(value) => Some(value),
            Err(error) => {
                note(text, &error, problems);
                None
            }
        };
    }
    let probe = evaluator.text(&text.value, &seen(&sample(&names, scope)));
    note_unknown_words(text, probe.err(), problems);
    None
}

/// Checks a `when`.
pub(crate) fn check_when(text: &At<String>, scope: &Scope<'_>, problems: &mut Gathering) {
    let evaluator = Evaluator::new();
    if let Some(at) = text.value.find("{{") {
        problems.add(
            text.part(problems.text(), at..at + 2),
            "`when` is an expression already",
            "no braces here",
            "write it without `{{` and `}}`",
        );
        return;
    }
    let names = evaluator.expression_names(&text.value);
    let Some(names) = check_names(text, names, scope, problems) else { return };
    if names.iter().all(|name| name.starts_with("config.")) {
        let config = json!({ "config": scope.catalogue.config() });
        if let Err(error) = evaluator.truth(&text.value, &seen(&config)) {
            note(text, &error, problems);
        }
        return;
    }
    let probe = evaluator.truth(&text.value, &seen(&sample(&names, scope)));
    note_unknown_words(text, probe.err(), problems);
}

fn check_names(
    text: &At<String>,
    names: Result<Vec<String>, TemplateError>,
    scope: &Scope<'_>,
    problems: &mut Gathering,
) -> Option<Vec<String>> {
    let names = match names {
        Ok(names) => names,
        Err(error) => {
            note(text, &error, problems);
            return None;
        }
    };
    let unknown: Vec<(&String, Unknown)> =
        names.iter().filter_map(|name| scope.check(name).err().map(|it| (name, it))).collect();
    let minus = unknown.iter().any(|(_, unknown)| unknown.minus);
    let good = unknown.is_empty();
    for (name, unknown) in unknown.into_iter().filter(|(_, it)| !(minus && it.root)) {
        let span = match text.value.find(name.as_str()) {
            Some(at) => text.part(problems.text(), at..at + name.len()),
            None => text.span.clone(),
        };
        problems.add(span, unknown.message, "here", unknown.help);
    }
    good.then_some(names)
}

fn note(text: &At<String>, error: &TemplateError, problems: &mut Gathering) {
    let span = match &error.range {
        Some(range) if !range.is_empty() => text.part(problems.text(), range.clone()),
        _ => text.span.clone(),
    };
    let help = match error.kind {
        Some(ErrorKind::SyntaxError) => {
            "expressions look like `config.company.name`, `account.id is not none`, `a == 'b'`"
        }
        Some(ErrorKind::UnknownFilter) => {
            "filters are for example `upper`, `lower`, `trim`, `replace('a', 'b')`, `default('a')`"
        }
        Some(ErrorKind::UnknownTest) => "tests are for example `defined`, `none`, `in`, `eq`",
        _ => "the value comes from the configuration: `mavm config check` shows it",
    };
    problems.add(span, error.message.clone(), "in this expression", help);
}

/// A trial with made-up values finds filters and tests that don't exist. Whatever else goes wrong
/// in it may be the made-up values' fault.
fn note_unknown_words(text: &At<String>, error: Option<TemplateError>, problems: &mut Gathering) {
    let unknown = [
        ErrorKind::UnknownFilter,
        ErrorKind::UnknownTest,
        ErrorKind::UnknownFunction,
        ErrorKind::UnknownMethod,
    ];
    if let Some(error) = error
        && error.kind.is_some_and(|kind| unknown.contains(&kind))
    {
        note(text, &error, problems);
    }
}

/// Made-up values for every name that is asked for.
fn sample(names: &[String], scope: &Scope<'_>) -> Value {
    let mut facts = serde_json::Map::new();
    for name in names {
        if let Some((step, fact)) =
            name.strip_prefix("facts.").and_then(|rest| rest.split_once('.'))
            && let Value::Object(step) = facts.entry(step.to_owned()).or_insert_with(|| json!({}))
        {
            step.insert(fact.to_owned(), "x".into());
        }
    }
    json!({
        "config": scope.catalogue.config(),
        "facts": facts,
        "account": {
            "name": "ovm-00000000",
            "email": "root@example.com",
            "id": "000000000000",
            "role_arn": "arn:aws:iam::000000000000:role/x",
            "status": "IN_PROGRESS",
        },
        "run": { "id": "x", "attempt": 1 },
    })
}
