//! Expressions and templates of flows, and what they can see. Strict: a name that stands for nothing
//! is an error, never an empty text. Bounded by fuel. They only ever see public values.

use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

/// Instructions that one evaluation may take.
const FUEL: u64 = 10_000;

/// Bytes of one expression or template: what reads them goes as deep as they are long.
const LONGEST: usize = 4096;

/// Why an expression gave nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{source_text}`: {message}")]
pub struct TemplateError {
    /// The expression, as the flow has it.
    pub source_text: String,
    /// What is wrong with it.
    pub message: String,
    /// Where in `source_text`, in bytes, if that can be told.
    pub range: Option<std::ops::Range<usize>>,
    pub(crate) kind: Option<ErrorKind>,
}

/// How a text of a flow is to be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form<'t> {
    /// No braces: as it stands.
    Plain,
    /// Exactly one `{{ expression }}`: the value keeps its type. With the expression's place.
    Whole(&'t str, usize),
    /// Text with expressions in it: gives text.
    Mixed,
}

pub(crate) fn form(text: &str) -> Form<'_> {
    if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
        return Form::Plain;
    }
    let trimmed = text.trim();
    if let Some(inner) = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
        && !inner.contains("{{")
        && !inner.contains("}}")
    {
        let start = text.find("{{").unwrap_or_default() + 2;
        return Form::Whole(inner, start);
    }
    Form::Mixed
}

/// Evaluates expressions. Cheap to make; holds no values.
#[derive(Debug)]
pub(crate) struct Evaluator {
    environment: Environment<'static>,
}

impl Evaluator {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        let functions: Vec<String> =
            environment.globals().map(|(name, _)| name.to_owned()).collect();
        for name in functions {
            environment.remove_global(&name);
        }
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Err(minijinja::Error::new(
                    ErrorKind::InvalidOperation,
                    "a value that is not set can't be part of a text",
                ));
            }
            minijinja::escape_formatter(out, state, value)
        });
        Self { environment }
    }

    /// The names that an expression asks for, such as `facts.number.account_id`, sorted. The error
    /// is about its grammar.
    pub(crate) fn expression_names(&self, expression: &str) -> Result<Vec<String>, TemplateError> {
        bounded(expression)?;
        let compiled = self
            .environment
            .compile_expression(expression)
            .map_err(|error| explain(expression, &error))?;
        let mut names: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
        names.sort();
        Ok(names)
    }

    /// The names that a text's templates ask for.
    pub(crate) fn text_names(&self, text: &str) -> Result<Vec<String>, TemplateError> {
        match form(text) {
            Form::Plain => Ok(Vec::new()),
            Form::Whole(expression, start) => {
                self.expression_names(expression).map_err(|error| error.shifted(text, start))
            }
            Form::Mixed => {
                bounded(text)?;
                if let Some(at) = text.find("{%") {
                    return Err(TemplateError {
                        source_text: text.to_owned(),
                        message: "only `{{ … }}` is possible in a flow, not `{% … %}`; to leave a \
                                  step out, use `when`"
                            .to_owned(),
                        range: Some(at..at + 2),
                        kind: Some(ErrorKind::SyntaxError),
                    });
                }
                let template = self
                    .environment
                    .template_from_str(text)
                    .map_err(|error| explain(text, &error))?;
                let mut names: Vec<String> =
                    template.undeclared_variables(true).into_iter().collect();
                names.sort();
                Ok(names)
            }
        }
    }

    /// The value of a `when`.
    pub(crate) fn truth(&self, expression: &str, see: &Value) -> Result<bool, TemplateError> {
        let value = self.expression(expression, see)?;
        if value.kind() == ValueKind::Bool {
            return Ok(value.is_true());
        }
        let hint = match value.kind() {
            ValueKind::None => "; ask for example `… is not none`",
            ValueKind::String => "; ask for example `… != ''`",
            _ => "",
        };
        Err(TemplateError {
            source_text: expression.to_owned(),
            message: format!("this must give true or false, but gives {}{hint}", name_of(&value)),
            range: None,
            kind: None,
        })
    }

    /// A text's value: templates filled in, everything else as it stands.
    pub(crate) fn text(&self, text: &str, see: &Value) -> Result<serde_json::Value, TemplateError> {
        match form(text) {
            Form::Plain => Ok(text.into()),
            Form::Whole(expression, start) => {
                let value =
                    self.expression(expression, see).map_err(|error| error.shifted(text, start))?;
                serde_json::to_value(&value).map_err(|error| TemplateError {
                    source_text: text.to_owned(),
                    message: format!("its value can't be passed on: {error}"),
                    range: None,
                    kind: None,
                })
            }
            Form::Mixed => {
                bounded(text)?;
                let rendered = self
                    .environment
                    .template_from_str(text)
                    .and_then(|template| template.render(see.clone()));
                rendered.map(Into::into).map_err(|error| explain(text, &error))
            }
        }
    }

    /// A JSON value with all texts in it filled in.
    pub(crate) fn json(
        &self,
        value: &serde_json::Value,
        see: &Value,
    ) -> Result<serde_json::Value, TemplateError> {
        Ok(match value {
            serde_json::Value::String(text) => self.text(text, see)?,
            serde_json::Value::Array(values) => {
                values.iter().map(|value| self.json(value, see)).collect::<Result<_, _>>()?
            }
            serde_json::Value::Object(table) => {
                let filled: Result<serde_json::Map<_, _>, _> = table
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.json(value, see)?)))
                    .collect();
                filled?.into()
            }
            other => other.clone(),
        })
    }

    fn expression(&self, expression: &str, see: &Value) -> Result<Value, TemplateError> {
        bounded(expression)?;
        let value = self
            .environment
            .compile_expression(expression)
            .and_then(|compiled| compiled.eval(see.clone()))
            .map_err(|error| explain(expression, &error))?;
        if value.is_undefined() {
            return Err(TemplateError {
                source_text: expression.to_owned(),
                message: "there is no such value (yet)".to_owned(),
                range: None,
                kind: Some(ErrorKind::UndefinedError),
            });
        }
        Ok(value)
    }
}

/// What expressions see, from JSON.
pub(crate) fn seen(value: &serde_json::Value) -> Value {
    Value::from(Serde(value))
}

impl TemplateError {
    fn shifted(mut self, text: &str, by: usize) -> Self {
        self.source_text = text.to_owned();
        self.range = self.range.map(|range| range.start + by..range.end + by);
        self
    }
}

fn bounded(text: &str) -> Result<(), TemplateError> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    let shown: String = text.chars().take(40).collect();
    Err(TemplateError {
        source_text: format!("{shown}…"),
        message: format!("an expression may have at most {LONGEST} bytes"),
        range: None,
        kind: None,
    })
}

fn name_of(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "nothing",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a table",
        _ => "something else",
    }
}

fn explain(source: &str, error: &minijinja::Error) -> TemplateError {
    let detail = error.detail().unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::SyntaxError => format!("this can't be read: {detail}"),
        ErrorKind::UndefinedError => "there is no such value (yet)".to_owned(),
        ErrorKind::OutOfFuel => "this takes too long to work out".to_owned(),
        kind if detail.is_empty() => kind.to_string(),
        _ => detail.to_owned(),
    };
    TemplateError {
        source_text: source.to_owned(),
        message,
        range: error.range(),
        kind: Some(error.kind()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Result<serde_json::Value, String> {
        let see = seen(&json!({
            "config": { "count": 3, "name": "Ada", "unset": null, "list": [1, 2] },
            "facts": { "a": { "n": "012" }, "b": {} },
        }));
        Evaluator::new().text(text, &see).map_err(|error| error.to_string())
    }

    #[test]
    fn one_expression_keeps_its_type_and_text_stays_text() {
        let cases = [
            ("plain", json!("plain")),
            ("{{ config.count }}", json!(3)),
            (" {{ config.list }} ", json!([1, 2])),
            ("{{ config.unset }}", json!(null)),
            ("{{ facts.a.n }}", json!("012")),
            ("{{ config.name | upper }}!", json!("ADA!")),
            ("{{ config.name }} & {{ config.count }}", json!("Ada & 3")),
            ("{{ facts.b.n is defined }}", json!(false)),
        ];
        for (template, expected) in cases {
            assert_eq!(text(template), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_not_known_is_an_error_and_never_an_empty_text() {
        let cases = [
            ("{{ facts.b.n }}", "no such value"),
            ("x {{ facts.b.n }}", "no such value"),
            ("{{ facts.c.n }}", "no such value"),
            ("x {{ config.unset }}", "not set"),
            ("{{ range(9) }}", "unknown"),
            ("{{ config.count + }}", "can't be read"),
        ];
        for (template, expected) in cases {
            let error = text(template).unwrap_err();
            assert!(error.contains(expected), "{template}: {error}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let long = format!("{{{{ {} 1 }}}}", "1 + ".repeat(20_000));
        assert!(text(&long).is_err_and(|error| error.contains("at most 4096 bytes")));
        let deep = format!("{{{{ {} 1 }}}}", "1 + ".repeat(1000));
        assert_eq!(text(&deep), Ok(json!(1001)));
        let nested = format!("{{{{ {}1{} }}}}", "(".repeat(2000), ")".repeat(2000));
        assert!(text(&nested).is_err());
        assert!(text("{{ 'x' * 1000000000 }}").is_err());
        assert!(text("x{{ 'x' * 1000000000 }}").is_err());
    }

    #[test]
    fn a_condition_must_be_true_or_false() {
        let see = seen(&json!({ "config": { "name": "Ada", "on": true } }));
        let truth = |expression| Evaluator::new().truth(expression, &see);
        assert_eq!(truth("config.on"), Ok(true));
        assert_eq!(truth("config.name == 'Bob'"), Ok(false));
        for (expression, expected) in [
            ("config.name", "gives a text; ask for"),
            ("3", "gives a number"),
            ("config.x", "no such"),
        ] {
            let error = truth(expression).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
