//! How elements are looked for: selectors, text matches, and the path of a locator as plain data,
//! which can be shown to a person and sent to the page. Nothing here talks to a browser.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::Error;

/// How a piece of text is compared. White space is folded to single spaces first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMatch {
    /// The whole text, case included.
    Exact(String),
    /// Some part of it, whatever its case.
    Contains(String),
    /// A regular expression that some part of it matches; `(?i)` in front for any case. It must be
    /// one that both Rust's `regex` and JavaScript understand.
    Regex(String),
}

impl TextMatch {
    /// The whole text.
    pub fn exact(text: impl Into<String>) -> Self {
        Self::Exact(text.into())
    }

    /// Some part of the text.
    pub fn contains(text: impl Into<String>) -> Self {
        Self::Contains(text.into())
    }

    /// A regular expression.
    pub fn regex(pattern: impl Into<String>) -> Self {
        Self::Regex(pattern.into())
    }

    /// Whether it can be used at all.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Regex(pattern) => match regex::Regex::new(pattern) {
                Ok(_) => Ok(()),
                Err(error) => Err(Error::Invalid(format!(
                    "the pattern {pattern:?} is not a regular expression: {error}"
                ))),
            },
            Self::Exact(_) | Self::Contains(_) => Ok(()),
        }
    }

    /// Compares on this side; for addresses.
    pub(crate) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Contains(wanted) => text.to_lowercase().contains(&wanted.to_lowercase()),
            Self::Regex(pattern) => {
                regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
            }
        }
    }

    pub(crate) fn wire(&self) -> Json {
        match self {
            Self::Exact(text) => json!({"t": "exact", "v": text}),
            Self::Contains(text) => json!({"t": "contains", "v": text}),
            Self::Regex(pattern) => match pattern.strip_prefix("(?i)") {
                Some(rest) => json!({"t": "regex", "v": rest, "f": "i"}),
                None => json!({"t": "regex", "v": pattern}),
            },
        }
    }
}

impl fmt::Display for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text:?}"),
            Self::Contains(text) => write!(f, "contains {text:?}"),
            Self::Regex(pattern) => write!(f, "/{pattern}/"),
        }
    }
}

/// How to find an element. Prefer label, role and text: they outlive redesigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// CSS. What is in an open shadow root counts as being inside of its host: `my-card button`.
    Css(String),
    /// The innermost visible element that shows this text. All text that is drawn inside of it
    /// counts, joined as it is written, with a space between blocks; a button that is an `<input>`
    /// shows its value, a closed list what is chosen of it. (Playwright finds hidden ones, too, and
    /// joins blocks without a space.)
    Text(TextMatch),
    /// A form control by its label: `<label>`, `aria-label` and `aria-labelledby` all count, each by
    /// itself and several as one text. What is inside of the control is no part of its label.
    Label(TextMatch),
    /// By `placeholder`.
    Placeholder(TextMatch),
    /// By `alt`.
    AltText(TextMatch),
    /// By `title`.
    Title(TextMatch),
    /// By `data-testid`, exactly.
    TestId(String),
    /// By ARIA role, explicit or implied, and accessible name, both after the W3C's rules; not what
    /// is hidden from readers. What was typed into a field is never part of a name. A role that
    /// does not exist is refused.
    Role {
        /// `button`, `link`, `textbox`, ...
        role: String,
        /// The accessible name; none for any.
        name: Option<TextMatch>,
    },
}

impl Selector {
    /// CSS.
    pub fn css(css: impl Into<String>) -> Self {
        Self::Css(css.into())
    }

    /// By role alone.
    pub fn role(role: impl Into<String>) -> Self {
        Self::Role { role: role.into(), name: None }
    }

    /// By role and exact accessible name.
    pub fn role_named(role: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Role { role: role.into(), name: Some(TextMatch::exact(name)) }
    }

    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Css(css) if css.trim().is_empty() => Err(Error::Invalid(
                "an empty css selector finds nothing; name an element".to_owned(),
            )),
            Self::Css(_) | Self::TestId(_) | Self::Role { name: None, .. } => Ok(()),
            Self::Text(text)
            | Self::Label(text)
            | Self::Placeholder(text)
            | Self::AltText(text)
            | Self::Title(text) => text.check(),
            Self::Role { name: Some(name), .. } => name.check(),
        }
    }

    fn wire(&self) -> Json {
        match self {
            Self::Css(css) => json!({"k": "css", "v": css}),
            Self::Text(text) => json!({"k": "text", "m": text.wire()}),
            Self::Label(text) => json!({"k": "label", "m": text.wire()}),
            Self::Placeholder(text) => json!({"k": "placeholder", "m": text.wire()}),
            Self::AltText(text) => json!({"k": "alt", "m": text.wire()}),
            Self::Title(text) => json!({"k": "title", "m": text.wire()}),
            Self::TestId(id) => json!({"k": "testid", "v": id}),
            Self::Role { role, name } => {
                json!({"k": "role", "role": role, "m": name.as_ref().map(TextMatch::wire)})
            }
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Css(css) => write!(f, "css({css:?})"),
            Self::Text(text) => write!(f, "text({text})"),
            Self::Label(text) => write!(f, "label({text})"),
            Self::Placeholder(text) => write!(f, "placeholder({text})"),
            Self::AltText(text) => write!(f, "alt_text({text})"),
            Self::Title(text) => write!(f, "title({text})"),
            Self::TestId(id) => write!(f, "test_id({id:?})"),
            Self::Role { role, name: None } => write!(f, "role({role})"),
            Self::Role { role, name: Some(name) } => write!(f, "role({role}, {name})"),
        }
    }
}

/// Which option of a select element to pick. With `Contains` and `Regex` exactly one must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By its `value`.
    Value(TextMatch),
    /// By the text it shows.
    Label(TextMatch),
    /// By either.
    Either(TextMatch),
}

impl Choice {
    fn parts(&self) -> (&'static str, &TextMatch) {
        match self {
            Self::Value(text) => ("value", text),
            Self::Label(text) => ("label", text),
            Self::Either(text) => ("either", text),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.parts().1.check()
    }

    pub(crate) fn wire(&self) -> Json {
        let (by, text) = self.parts();
        json!({"by": by, "m": text.wire()})
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, text) = self.parts();
        write!(f, "{by} {text}")
    }
}

/// One step of a path within one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Find(Selector),
    Nth(i32),
    HasText(TextMatch),
    Has(Vec<Step>),
    Or(Vec<Step>),
}

/// The way to an element: through iframes, each found by steps in the document before it, and then
/// by steps in the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) hops: Vec<Vec<Step>>,
    pub(crate) steps: Vec<Step>,
}

impl Path {
    pub(crate) fn find(&self, selector: Selector) -> Self {
        self.with(Step::Find(selector))
    }

    pub(crate) fn with(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }

    /// The document of the iframe that this path leads to.
    pub(crate) fn enter(&self) -> Self {
        let mut path = self.clone();
        let hop = std::mem::take(&mut path.steps);
        path.hops.push(hop);
        path
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        fn steps(list: &[Step]) -> Result<(), Error> {
            list.iter().try_for_each(|step| match step {
                Step::Find(selector) => selector.check(),
                Step::HasText(text) => text.check(),
                Step::Has(inner) | Step::Or(inner) => steps(inner),
                Step::Nth(_) => Ok(()),
            })
        }
        self.hops.iter().try_for_each(|hop| steps(hop))?;
        steps(&self.steps)
    }
}

pub(crate) fn wire(steps: &[Step]) -> Json {
    Json::Array(
        steps
            .iter()
            .map(|step| match step {
                Step::Find(selector) => selector.wire(),
                Step::Nth(index) => json!({"k": "nth", "i": index}),
                Step::HasText(text) => json!({"k": "filter", "text": text.wire()}),
                Step::Has(inner) => json!({"k": "filter", "has": wire(inner)}),
                Step::Or(inner) => json!({"k": "or", "steps": wire(inner)}),
            })
            .collect(),
    )
}

fn write_steps(f: &mut fmt::Formatter<'_>, steps: &[Step]) -> fmt::Result {
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            f.write_str(".")?;
        }
        match step {
            Step::Find(selector) => write!(f, "{selector}")?,
            Step::Nth(0) => f.write_str("first()")?,
            Step::Nth(-1) => f.write_str("last()")?,
            Step::Nth(index) => write!(f, "nth({index})")?,
            Step::HasText(text) => write!(f, "filter(has_text {text})")?,
            Step::Has(inner) => {
                f.write_str("filter(has ")?;
                write_steps(f, inner)?;
                f.write_str(")")?;
            }
            Step::Or(inner) => {
                f.write_str("or(")?;
                write_steps(f, inner)?;
                f.write_str(")")?;
            }
        }
    }
    Ok(())
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, hop) in self.hops.iter().enumerate() {
            f.write_str(if index > 0 { ".frame(" } else { "frame(" })?;
            write_steps(f, hop)?;
            f.write_str(")")?;
        }
        if !self.hops.is_empty() && !self.steps.is_empty() {
            f.write_str(".")?;
        }
        write_steps(f, &self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_it_was_made() {
        let path = Path::default().find(Selector::css("iframe[name=challenge]")).enter();
        let path = path.find(Selector::Label(TextMatch::contains("password"))).with(Step::Nth(-1));
        assert_eq!(
            path.to_string(),
            r#"frame(css("iframe[name=challenge]")).label(contains "password").last()"#
        );
        let either = Path::default()
            .find(Selector::role_named("button", "Go"))
            .with(Step::Or(vec![Step::Find(Selector::Text(TextMatch::regex("^Go")))]));
        assert_eq!(either.to_string(), r#"role(button, "Go").or(text(/^Go/))"#);
    }

    #[test]
    fn what_can_not_match_is_refused_before_it_is_sent() {
        assert!(Path::default().find(Selector::Text(TextMatch::regex("("))).check().is_err());
        assert!(Path::default().find(Selector::css(" ")).check().is_err());
        assert!(
            Path::default()
                .find(Selector::css("a"))
                .with(Step::HasText(TextMatch::regex("[")))
                .check()
                .is_err()
        );
    }
}
