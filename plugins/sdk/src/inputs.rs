//! The typed inputs of a step.
//!
//! A flow's mistakes are told in words an operator understands: an input that doesn't exist, one that
//! is missing, one of the wrong type.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{Failure, Result};

/// One input, as the manifest lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputField {
    /// The key in the flow's `with` table.
    pub name: &'static str,
    /// Whether a flow must give it.
    pub required: bool,
    /// What it is, for people.
    pub description: &'static str,
}

/// A struct that a step takes its inputs as. Derive it.
pub trait Inputs {
    /// The inputs, in the order of the fields.
    fn inputs() -> &'static [InputField];
}

/// For a field that is text here and that a flow may well write as a number, such as a year:
/// `#[serde(deserialize_with = "mavm_sdk::number_or_text")]`.
pub fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("expected a text or a number")),
    }
}

/// Reads the `with` table; `null` counts as not given.
pub(crate) fn read(json: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(json) {
        Ok(Value::Object(mut table)) => {
            table.retain(|_, value| !value.is_null());
            Ok(table)
        }
        _ => Err(Failure::invalid("the step's inputs are not a table")),
    }
}

/// The table as the step's own type.
pub(crate) fn typed<T: DeserializeOwned + Inputs>(
    step: &str,
    table: &Map<String, Value>,
) -> Result<T> {
    check(step, table, T::inputs())?;
    serde_json::from_value(Value::Object(table.clone()))
        .map_err(|error| Failure::invalid(format!("step `{step}`: its inputs don't fit: {error}")))
}

/// Unknown and missing inputs, all at once.
pub(crate) fn check(step: &str, table: &Map<String, Value>, fields: &[InputField]) -> Result<()> {
    let quoted = |names: Vec<&str>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let unknown: Vec<&str> = table
        .keys()
        .map(String::as_str)
        .filter(|key| fields.iter().all(|field| field.name != *key))
        .collect();
    let missing: Vec<&str> = fields
        .iter()
        .filter(|field| field.required && !table.contains_key(field.name))
        .map(|field| field.name)
        .collect();
    let mut complaints = Vec::new();
    if !unknown.is_empty() {
        complaints.push(format!("it has no input {}", quoted(unknown)));
    }
    if !missing.is_empty() {
        complaints.push(format!("it needs {}", quoted(missing)));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    let has = if fields.is_empty() {
        "it takes none".to_owned()
    } else {
        format!("its inputs are {}", quoted(fields.iter().map(|field| field.name).collect()))
    };
    Err(Failure::invalid(format!("step `{step}`: {}; {has}", complaints.join(" and "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a test step takes.
    #[derive(Debug, Deserialize, crate::Inputs)]
    struct Contact {
        /// The company's name,
        /// in full.
        company: String,
        /// Until when the card is good.
        #[serde(deserialize_with = "number_or_text")]
        year: String,
        /// The street's second line.
        line_two: Option<String>,
        #[serde(default, rename = "vat_id")]
        vat: String,
    }

    fn typed_from(json: &str) -> Result<Contact, String> {
        read(json).and_then(|table| typed("contact", &table)).map_err(|failure| match failure {
            Failure::Invalid(words) => words,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn the_manifest_lists_the_fields() {
        let field = |name, required, description| InputField { name, required, description };
        assert_eq!(
            <Contact as Inputs>::inputs(),
            [
                field("company", true, "The company's name, in full."),
                field("year", true, "Until when the card is good."),
                field("line_two", false, "The street's second line."),
                field("vat_id", false, ""),
            ]
        );
    }

    #[test]
    fn inputs_come_typed() {
        let contact = typed_from(
            r#"{"company": "Example", "year": 2029, "line_two": null, "vat_id": "DE1"}"#,
        );
        let contact = contact.map(|it| (it.company, it.year, it.line_two, it.vat));
        assert_eq!(contact, Ok(("Example".into(), "2029".into(), None, "DE1".into())));
    }

    #[test]
    fn mistakes_are_told_in_words() {
        for (json, words) in [
            (
                r#"{"compny": "Example", "year": 2029}"#,
                "step `contact`: it has no input `compny` and it needs `company`; its inputs are `company`, `year`, `line_two`, `vat_id`",
            ),
            (
                r#"{"company": "Example", "year": true}"#,
                "step `contact`: its inputs don't fit: expected a text or a number",
            ),
            ("[]", "the step's inputs are not a table"),
            ("{", "the step's inputs are not a table"),
        ] {
            assert_eq!(typed_from(json).map(|_| ()), Err(words.to_owned()), "{json}");
        }
        assert_eq!(
            check("login", &Map::from_iter([("a".to_owned(), Value::Bool(true))]), &[])
                .map_err(|f| format!("{f:?}")),
            Err(format!(
                "{:?}",
                Failure::invalid("step `login`: it has no input `a`; it takes none")
            ))
        );
    }
}
