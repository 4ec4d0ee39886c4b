//! Locators: where an element is to be found, as plain data; and everything that can be done with
//! the element, each doing looking it up anew. A locator never remembers an element.

use std::fmt;
use std::future::Future;
use std::time::Instant;

use secrecy::SecretString;

use crate::act::{self, ClickOptions, ElementState, UploadFile};
use crate::evidence::{self, Done};
use crate::page::Frame;
use crate::redact::MASK;
use crate::selector::{Path, Step};
use crate::{Choice, Deadline, Error, Page, Selector, TextMatch, Value};

/// A lazy, strict description of one element of one page.
///
/// Making one costs nothing and does nothing. Actions wait, up to their deadline, until the element
/// is there and ready, and fail with
/// [`NotUnique`](Error::NotUnique) if several match,
/// [`PageChanged`](Error::PageChanged) if the page settled without it,
/// [`TimedOut`](Error::TimedOut) if the page was busy or something was in the way,
/// [`Denied`](Error::Denied), [`Network`](Error::Network), [`Crashed`](Error::Crashed) or
/// [`Closed`](Error::Closed) if the page itself got into that.
#[derive(Clone)]
pub struct Locator {
    pub(crate) page: Page,
    pub(crate) path: Path,
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl fmt::Debug for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locator({self})")
    }
}

impl Locator {
    fn with(&self, path: Path) -> Self {
        Self { page: self.page.clone(), path }
    }

    /// Elements inside of this one.
    pub fn locate(&self, selector: Selector) -> Self {
        self.with(self.path.find(selector))
    }

    /// The document of the iframe that `selector` finds inside of this element.
    pub fn frame(&self, selector: Selector) -> Frame {
        Frame::new(self.page.clone(), self.path.find(selector).enter())
    }

    /// The document of this iframe.
    pub fn content(&self) -> Frame {
        Frame::new(self.page.clone(), self.path.enter())
    }

    /// The n-th match, from 0; -1 is the last.
    pub fn nth(&self, index: i32) -> Self {
        self.with(self.path.with(Step::Nth(index)))
    }

    /// The first match.
    pub fn first(&self) -> Self {
        self.nth(0)
    }

    /// The last match.
    pub fn last(&self) -> Self {
        self.nth(-1)
    }

    /// Only matches that contain this text.
    pub fn filter_text(&self, has: TextMatch) -> Self {
        self.with(self.path.with(Step::HasText(has)))
    }

    /// Only matches that contain an element of the other locator, which is looked for inside of them.
    /// Both must be in the same frame.
    pub fn filter_has(&self, inner: &Self) -> Result<Self, Error> {
        self.same_frame(inner)?;
        Ok(self.with(self.path.with(Step::Has(inner.path.steps.clone()))))
    }

    /// Matches of either. Both must be in the same frame; across frames there is [`first_of`].
    pub fn or(&self, other: &Self) -> Result<Self, Error> {
        self.same_frame(other)?;
        Ok(self.with(self.path.with(Step::Or(other.path.steps.clone()))))
    }

    fn same_frame(&self, other: &Self) -> Result<(), Error> {
        if self.path.hops == other.path.hops && self.page.id() == other.page.id() {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "{self} and {other} are in different frames; make both from the same frame, or use first_of"
        )))
    }

    /// Clicks, when the element is visible, stable, enabled and receives the event; waits for a
    /// navigation that this causes to be committed.
    pub async fn click(
        &self,
        options: ClickOptions,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("click", None, act::click(self, &options, &deadline)).await
    }

    /// Sets the whole value of a field, as if a person had replaced it. The field gets the focus and
    /// keeps it; the page sees `focus`, one `input` (as of a pasted text: of the kind `insertText`, with
    /// the whole value) and one `change`, at once and not only when the field is left. It sees no keys
    /// and no `beforeinput`: for a page that listens to those there is [`type_keys`](Self::type_keys).
    /// A label fills its field. [`Invalid`](Error::Invalid) if the field can't hold the value: a date
    /// is written `2026-11-20`, a time `17:30`, a month `2026-11`, a week `2026-W47`, a colour `#1a2b3c`.
    pub async fn fill(
        &self,
        value: impl Into<Value>,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let (value, deadline) = (value.into(), deadline.into());
        self.traced("fill", Some(value.shown()), act::fill(self, &value, &deadline)).await
    }

    /// Types key by key into what the field holds, for fields that listen to each key: `keydown`,
    /// `keypress`, `beforeinput`, `input` and `keyup` for each, `change` when the field is left. A
    /// sealed value makes the same events by script, without keys, which would go to whatever has the
    /// focus when they arrive.
    pub async fn type_keys(
        &self,
        value: impl Into<Value>,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let (value, deadline) = (value.into(), deadline.into());
        self.traced("type", Some(value.shown()), act::type_keys(self, &value, &deadline)).await
    }

    /// Presses one key while the element has the focus: `Enter`, `Tab`, `a`, `Control+A`.
    pub async fn press(&self, key: &str, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("press", Some(key.to_owned()), act::press(self, key, &deadline)).await
    }

    /// Checks a checkbox, radio button or switch; does nothing if it is checked.
    pub async fn check(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        self.set_checked(true, deadline).await
    }

    /// Unchecks a checkbox or switch; does nothing if it is not checked.
    pub async fn uncheck(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        self.set_checked(false, deadline).await
    }

    /// [`check`](Self::check) or [`uncheck`](Self::uncheck).
    pub async fn set_checked(
        &self,
        checked: bool,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        let name = if checked { "check" } else { "uncheck" };
        self.traced(name, None, act::set_checked(self, checked, &deadline)).await
    }

    /// Picks options of a `<select>`; several only if it takes several. Waits for an option that is
    /// not there yet.
    pub async fn select(
        &self,
        choices: &[Choice],
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        let shown: Vec<String> = choices.iter().map(ToString::to_string).collect();
        self.traced("select", Some(shown.join(", ")), act::select(self, choices, &deadline)).await
    }

    /// Puts files into a file field, in place of what it held; at most 4 MiB in all. The page sees
    /// `input` and `change`. The field itself may be hidden.
    pub async fn upload(
        &self,
        files: &[UploadFile],
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        self.traced("upload", Some(names.join(", ")), act::upload(self, files, &deadline)).await
    }

    /// Drags the element with the mouse and drops it on `target`, which must be on the same page.
    /// Works for pages that follow the mouse and for those that use the browser's drag and drop.
    pub async fn drag_to(&self, target: &Self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("drag", Some(target.to_string()), act::drag(self, target, &deadline)).await
    }

    /// Moves the mouse over the element.
    pub async fn hover(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("hover", None, act::hover(self, &deadline)).await
    }

    /// Gives it the focus.
    pub async fn focus(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("focus", None, act::focus(self, &deadline)).await
    }

    /// Scrolls until it is in the window.
    pub async fn scroll_into_view(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("scroll", None, act::scroll(self, &deadline)).await
    }

    /// The text it shows, white space folded, used sealed values masked. Waits for it to be attached.
    pub async fn text(&self, deadline: impl Into<Deadline>) -> Result<String, Error> {
        let deadline = deadline.into();
        self.traced("text", None, async {
            let text = act::text(self, &deadline).await?;
            Ok(self.page.session().inner().used.hide(&text))
        })
        .await
    }

    /// Reads a one-time value off the page without showing it: the first group of the regular
    /// expression `pattern` (or its whole match) in the element's text, once it is there. From then
    /// on the session masks it like a value that was typed. [`Invalid`](Error::Invalid) if that has
    /// less than four characters, or holds a value that was typed, or a part of one.
    pub async fn read_sealed(
        &self,
        pattern: &str,
        deadline: impl Into<Deadline>,
    ) -> Result<SecretString, Error> {
        let deadline = deadline.into();
        self.traced(
            "read",
            Some(format!("/{pattern}/")),
            act::read_sealed(self, pattern, &deadline),
        )
        .await
    }

    /// A field's value; masked if it holds a sealed one, or a part of one.
    pub async fn value(&self, deadline: impl Into<Deadline>) -> Result<String, Error> {
        let deadline = deadline.into();
        self.traced("value", None, async {
            let (text, sealed) = act::value(self, &deadline).await?;
            let used = &self.page.session().inner().used;
            // Where a part of a value is, the rest of the field may be more of it.
            let secret = sealed || used.shows(&text);
            Ok(if secret { MASK.to_owned() } else { used.hide(&text) })
        })
        .await
    }

    /// An attribute, none if the element hasn't got it.
    pub async fn attribute(
        &self,
        name: &str,
        deadline: impl Into<Deadline>,
    ) -> Result<Option<String>, Error> {
        let deadline = deadline.into();
        self.traced("attribute", Some(name.to_owned()), async {
            let value = act::attribute(self, name, &deadline).await?;
            Ok(value.map(|value| self.page.session().inner().used.hide(&value)))
        })
        .await
    }

    /// How many elements match now. This and the four below answer at once, except that they wait
    /// while the page is on its way to another document.
    pub async fn count(&self, deadline: impl Into<Deadline>) -> Result<usize, Error> {
        act::count(self, &deadline.into()).await
    }

    /// Whether an element matches now and is visible. False, too, if its frame is not there.
    pub async fn is_visible(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        act::is(self, "visible", &deadline.into()).await
    }

    /// Whether an element matches now and is enabled.
    pub async fn is_enabled(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        act::is(self, "enabled", &deadline.into()).await
    }

    /// Whether an element matches now, is enabled and not read-only; an error if it is no field.
    pub async fn is_editable(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        act::is(self, "editable", &deadline.into()).await
    }

    /// Whether an element matches now and is checked; an error if it is neither a checkbox, a radio
    /// button nor a switch.
    pub async fn is_checked(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        act::is(self, "checked", &deadline.into()).await
    }

    /// Waits for a state.
    pub async fn wait_for(
        &self,
        state: ElementState,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("wait for", Some(state.to_string()), act::wait_for(self, state, &deadline))
            .await
    }

    /// Waits until the element shows a text that fits, white space folded.
    pub async fn wait_for_text(
        &self,
        text: &TextMatch,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("wait for", Some(text.to_string()), act::wait_for_text(self, text, &deadline))
            .await
    }

    /// A picture of the element as PNG, with fields that hold sealed values covered.
    pub async fn screenshot(&self, deadline: impl Into<Deadline>) -> Result<Vec<u8>, Error> {
        let deadline = deadline.into();
        self.traced("picture", None, async {
            let area = act::area(self, &deadline).await?;
            evidence::screenshot(&self.page, Some(area), &deadline).await
        })
        .await
    }

    async fn traced<T>(
        &self,
        action: &'static str,
        note: Option<String>,
        doing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let result = match self.path.check() {
            Ok(()) => doing.await,
            Err(error) => Err(error),
        };
        let done = Done { action, locator: Some(self.to_string()), note, started };
        evidence::record(&self.page, done, result.as_ref().err()).await;
        result
    }
}

/// Waits for whichever of several elements is visible first, in whichever frame, and gives its
/// place in the list. Several matches of one locator are no error here.
/// [`PageChanged`](Error::PageChanged) if the page settled without any of them.
///
/// All entries of one document are looked at in the same moment, between two steps of its scripts,
/// and of those that are visible then the first in the list counts: there is no need to look again.
/// Documents of different frames have no moment in common. Once one of them shows an entry, the
/// others are asked for entries before it once more, for a quarter of a second at most.
pub async fn first_of(
    candidates: &[Locator],
    deadline: impl Into<Deadline>,
) -> Result<usize, Error> {
    let deadline = deadline.into();
    let Some(first) = candidates.first() else {
        return Err(Error::Invalid("first_of needs at least one locator".to_owned()));
    };
    let started = Instant::now();
    let result = match candidates.iter().try_for_each(|candidate| candidate.path.check()) {
        Ok(()) => act::first_of(candidates, &deadline).await,
        Err(error) => Err(error),
    };
    let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
    let done = Done {
        action: "first of",
        locator: Some(names.join(" | ")),
        note: result.as_ref().ok().map(|index| format!("#{index}")),
        started,
    };
    evidence::record(&first.page, done, result.as_ref().err()).await;
    result
}
