//! How elements are looked for: selectors, text matches, and the path of a locator as plain data,
//! which can be shown to a person and sent to the page. Nothing here talks to a browser.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::pattern::{check_pattern, read_pattern};
use crate::{Candidate, Error};

/// Whether a text is the one that is meant.
pub(crate) type Fits = Box<dyn Fn(&str) -> bool + Send + Sync>;

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
            Self::Exact(_) | Self::Contains(_) => Ok(()),
            Self::Regex(pattern) => check_pattern(pattern),
        }
    }

    /// What compares on this side; for addresses. Made once: a pattern takes its time to be read.
    pub(crate) fn fitting(&self) -> Result<Fits, Error> {
        Ok(match self.clone() {
            Self::Exact(wanted) => Box::new(move |text| text == wanted),
            Self::Contains(wanted) => {
                let wanted = wanted.to_lowercase();
                Box::new(move |text| text.to_lowercase().contains(&wanted))
            }
            Self::Regex(pattern) => {
                let read = read_pattern(&pattern)?;
                Box::new(move |text| read.is_match(text))
            }
        })
    }

    /// With its white space folded, as the script folds it in what a page shows.
    pub(crate) fn folded(&self) -> Self {
        let fold = |text: &str| {
            let seen = text.replace(['\u{200b}', '\u{ad}'], "");
            seen.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::Exact(text) => Self::Exact(fold(text)),
            Self::Contains(text) => Self::Contains(fold(text)),
            Self::Regex(pattern) => Self::Regex(pattern.clone()),
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
            Self::Contains(text) => write!(f, "contains({text:?})"),
            Self::Regex(pattern) => write!(f, "matches({pattern:?})"),
        }
    }
}

/// How to find an element. Prefer label, role and text: they outlive redesigns. It is shown as the
/// plugins' SDK writes it, so that it can be put into a plugin as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// CSS. What is in an open shadow root counts as being inside of its host: `my-card button`.
    /// Under an element it is relative to that one: `> button`, `:scope.chosen`, `+ p`.
    Css(String),
    /// The innermost visible element that shows this text; under an element it may be that one. All
    /// text that is drawn inside of it counts, joined as it is written, with a space between blocks;
    /// a button that is an `<input>` shows its value, a closed list what is chosen of it. (Playwright
    /// finds hidden ones, too, and joins blocks without a space.)
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
            Self::Text(text) => write!(f, "showing({text})"),
            Self::Label(text) => write!(f, "label({text})"),
            Self::Placeholder(text) => write!(f, "placeholder({text})"),
            Self::AltText(text) => write!(f, "alt({text})"),
            Self::Title(text) => write!(f, "titled({text})"),
            Self::TestId(id) => write!(f, "test_id({id:?})"),
            Self::Role { role, name: None } => write!(f, "any({})", RoleName(role)),
            Self::Role { role, name: Some(name) } => write!(f, "role({}, {name})", RoleName(role)),
        }
    }
}

/// A role as the SDK names it.
struct RoleName<'a>(&'a str);

impl fmt::Display for RoleName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            "alert" => "Alert",
            "button" => "Button",
            "checkbox" => "Checkbox",
            "combobox" => "Combobox",
            "dialog" => "Dialog",
            "heading" => "Heading",
            "img" => "Image",
            "link" => "Link",
            "listbox" => "Listbox",
            "option" => "Role::Option",
            "radio" => "Radio",
            "status" => "Status",
            "textbox" => "Textbox",
            other => return write!(f, "Role::Other({other:?})"),
        })
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
        match self.parts() {
            ("either", text) => write!(f, "{text}"),
            (by, text) => write!(f, "{by} {text}"),
        }
    }
}

/// One step of a path within one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Find(Selector),
    Nth(i32),
    HasText(TextMatch),
    Has(Steps),
    Or(Steps),
}

/// Locators that are made from one another share the steps that they have in common: a plugin may hold
/// thousands, each with a text as long as a step may have.
pub(crate) type Steps = Vec<Arc<Step>>;

/// The way to an element: through iframes, each found by steps in the document before it, and then
/// by steps in the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) hops: Vec<Steps>,
    pub(crate) steps: Steps,
}

impl Path {
    pub(crate) fn find(&self, selector: Selector) -> Self {
        self.with(Step::Find(selector))
    }

    pub(crate) fn with(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(Arc::new(step));
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
        fn steps(list: &[Arc<Step>]) -> Result<(), Error> {
            list.iter().try_for_each(|step| match &**step {
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

pub(crate) fn wire(steps: &[Arc<Step>]) -> Json {
    Json::Array(
        steps
            .iter()
            .map(|step| match &**step {
                Step::Find(selector) => selector.wire(),
                Step::Nth(index) => json!({"k": "nth", "i": index}),
                Step::HasText(text) => json!({"k": "filter", "text": text.wire()}),
                Step::Has(inner) => json!({"k": "filter", "has": wire(inner)}),
                Step::Or(inner) => json!({"k": "or", "steps": wire(inner)}),
            })
            .collect(),
    )
}

/// An element as the script tells of it, with the steps that find it alone in its document.
#[derive(Deserialize)]
pub(crate) struct Suggestion {
    what: String,
    steps: Json,
}

impl Suggestion {
    /// The same for a person. The hops lead to its document.
    pub(crate) fn told(self, hops: &[Steps], hide: impl Fn(&str) -> String) -> Candidate {
        let path = Path { hops: hops.to_vec(), steps: suggested(&self.steps, &hide) };
        Candidate { what: hide(&self.what), locator: hide(&path.to_string()) }
    }
}

/// The steps that the script suggests, which are of few kinds; `hide` is applied to their texts.
fn suggested(steps: &Json, hide: impl Fn(&str) -> String) -> Steps {
    let one = |step: &Json| {
        let text = |value: &Json| value.as_str().map(&hide);
        let exact = || text(&step["m"]["v"]).map(TextMatch::Exact);
        Some(Step::Find(match step["k"].as_str()? {
            "nth" => return Some(Step::Nth(i32::try_from(step["i"].as_i64()?).ok()?)),
            "css" => Selector::Css(text(&step["v"])?),
            "testid" => Selector::TestId(text(&step["v"])?),
            "text" => Selector::Text(exact()?),
            "label" => Selector::Label(exact()?),
            "placeholder" => Selector::Placeholder(exact()?),
            "alt" => Selector::AltText(exact()?),
            "title" => Selector::Title(exact()?),
            "role" => Selector::Role { role: text(&step["role"])?, name: exact() },
            _ => return None,
        }))
    };
    steps.as_array().into_iter().flatten().filter_map(one).map(Arc::new).collect()
}

/// The calls that lead to an element: what one asks of another locator is looked for in the same
/// frame. The last find may be written otherwise.
fn calls(hops: &[Steps], steps: &[Arc<Step>]) -> Vec<String> {
    let other = |inner: &[Arc<Step>]| {
        let path = Path { hops: hops.to_vec(), steps: inner.to_vec() };
        format!("&page.{path}")
    };
    let call = |step: &Arc<Step>| match &**step {
        Step::Find(selector) => selector.to_string(),
        Step::Nth(0) => "first()".to_owned(),
        Step::Nth(-1) => "last()".to_owned(),
        Step::Nth(index) => format!("nth({index})"),
        Step::HasText(text) => format!("filter_text({text})"),
        Step::Has(inner) => format!("filter_has({})", other(inner)),
        Step::Or(inner) => format!("or({})", other(inner)),
    };
    steps.iter().map(call).collect()
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Vec::new();
        for (index, hop) in self.hops.iter().enumerate() {
            all.extend(calls(&self.hops[..index], hop));
            match hop.last().map(|step| &**step) {
                Some(Step::Find(Selector::Css(css))) => {
                    all.pop();
                    all.push(format!("frame({css:?})"));
                }
                _ => all.push("content_frame()".to_owned()),
            }
        }
        all.extend(calls(&self.hops, &self.steps));
        f.write_str(&all.join("."))
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
            r#"frame("iframe[name=challenge]").label(contains("password")).last()"#
        );
        let either = path.enter().find(Selector::role_named("button", "Go"));
        let either = either
            .with(Step::Or(vec![Arc::new(Step::Find(Selector::Text(TextMatch::regex("^Go"))))]));
        let frame = path.enter().to_string();
        assert!(frame.ends_with(".last().content_frame()"), "{frame}");
        assert_eq!(
            either.to_string(),
            format!(r#"{frame}.role(Button, "Go").or(&page.{frame}.showing(matches("^Go")))"#)
        );
    }

    #[test]
    fn paths_that_are_made_from_one_share_its_steps() {
        let one = Path::default().find(Selector::css("form"));
        let frame = one.find(Selector::css("iframe")).enter();
        let either = one.with(Step::Or(frame.hops[0].clone()));
        let Step::Or(other) = &*either.steps[1] else { unreachable!("it was made so") };
        for shared in [&frame.hops[0][0], &frame.enter().hops[0][0], &either.steps[0], &other[0]] {
            assert!(Arc::ptr_eq(shared, &one.steps[0]));
        }
    }

    #[test]
    fn a_role_reads_as_the_sdk_names_it() {
        for (selector, written) in [
            (Selector::role("img"), "any(Image)"),
            (Selector::role("option"), "any(Role::Option)"),
            (Selector::role_named("tab", "Cards"), r#"role(Role::Other("tab"), "Cards")"#),
            (Selector::Title(TextMatch::exact("a \"b\"")), r#"titled("a \"b\"")"#),
        ] {
            assert_eq!(selector.to_string(), written);
        }
    }

    #[test]
    fn what_the_script_suggests_is_read_as_it_is_sent() {
        let path = Path::default()
            .find(Selector::TestId("row".to_owned()))
            .find(Selector::role_named("button", "Edit"))
            .find(Selector::Label(TextMatch::exact("Name")))
            .with(Step::Nth(2));
        assert_eq!(suggested(&wire(&path.steps), str::to_owned), path.steps);
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
