//! Locators: what to find, and what to do with it.

use std::rc::Rc;
use std::time::Duration;

use crate::bindings::mavm::plugin::browser::{self as wit, Selector as WitSelector};
pub use crate::bindings::mavm::plugin::browser::{Button as MouseButton, File, Modifiers};
use crate::bindings::mavm::plugin::types::Duration as WitDuration;
use crate::find::{Role, Selector, TextMatch, finders};
use crate::page::{Frame, Lazy};
use crate::value::Value;
use crate::{Code, Pattern, Result, time};

/// A way to find one element. Making one does nothing; each use looks the element up anew, and waits
/// for it half a minute, or as [`Locator::within`] says: long enough for a slow page, short enough
/// that drift is told while it is news. More than one match is an error that lists them.
#[derive(Clone)]
pub struct Locator {
    handle: Lazy<wit::Locator>,
    within: Option<Duration>,
}

finders!(Locator);

impl Locator {
    pub(crate) fn lazy(handle: Result<wit::Locator>, within: Option<Duration>) -> Self {
        Self { handle: handle.map(Rc::new), within }
    }

    pub(crate) fn handle(&self) -> Result<&wit::Locator> {
        self.handle.as_deref().map_err(Clone::clone)
    }

    fn derive(&self, make: impl FnOnce(&wit::Locator) -> wit::Locator) -> Self {
        Self { handle: self.handle().map(|handle| Rc::new(make(handle))), within: self.within }
    }

    fn bound(&self) -> Option<WitDuration> {
        Some(time::to_wit(self.within.unwrap_or(time::PATIENCE)))
    }

    /// An element inside this one.
    pub fn locate(&self, how: impl Into<Selector>) -> Self {
        let how = how.into();
        self.derive(|handle| handle.locate(&how.0))
    }

    fn frame_of(&self, how: Selector) -> Frame {
        Frame::lazy(self.handle().map(|handle| handle.frame(&how.0)), self.within)
    }

    /// The document of this iframe itself: `page.css("iframe").nth(1).content_frame()`.
    pub fn content_frame(&self) -> Frame {
        Frame::lazy(self.handle().map(wit::Locator::content_frame), self.within)
    }

    /// The n-th match, from 0.
    pub fn nth(&self, index: i32) -> Self {
        self.derive(|handle| handle.nth(index))
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
    pub fn filter_text(&self, has: impl Into<TextMatch>) -> Self {
        let has = has.into();
        self.derive(|handle| handle.filter_text(&has))
    }

    /// Only matches that contain an element of that locator.
    pub fn filter_has(&self, has: &Locator) -> Self {
        match has.handle() {
            Ok(has) => self.derive(|handle| handle.filter_has(has)),
            Err(failure) => Self { handle: Err(failure), within: self.within },
        }
    }

    /// Matches of either.
    pub fn or(&self, other: &Locator) -> Self {
        match other.handle() {
            Ok(other) => self.derive(|handle| handle.or(other)),
            Err(failure) => Self { handle: Err(failure), within: self.within },
        }
    }

    /// The same, waiting so long and no longer.
    #[must_use]
    pub fn within(&self, within: Duration) -> Self {
        Self { handle: self.handle.clone(), within: Some(within) }
    }

    /// Clicks it, as a person would: once it is there, still, enabled and not covered.
    pub fn click(&self) -> Result<()> {
        self.click_with(Click::default())
    }

    /// Clicks it twice.
    pub fn double_click(&self) -> Result<()> {
        self.click_with(Click { count: 2, ..Click::default() })
    }

    /// Clicks it with another button, or with keys held down:
    /// `click_with(Click { modifiers: Modifiers::CONTROL, ..Click::default() })`.
    pub fn click_with(&self, click: Click) -> Result<()> {
        let Click { button, count, modifiers } = click;
        self.handle()?.click(wit::ClickOptions { button, count, modifiers, within: self.bound() })
    }

    /// Sets the field's whole value: a text, `&Secret` or `&Code`.
    pub fn fill<'a>(&self, value: impl Into<Value<'a>>) -> Result<()> {
        self.handle()?.fill(&value.into().to_wit(), self.bound())
    }

    /// Types key by key, for fields that listen to each key.
    pub fn type_keys<'a>(&self, value: impl Into<Value<'a>>) -> Result<()> {
        self.handle()?.type_keys(&value.into().to_wit(), self.bound())
    }

    /// Presses one key, such as `Enter` or `Control+A`.
    pub fn press(&self, key: &str) -> Result<()> {
        self.handle()?.press(key, self.bound())
    }

    /// Checks a checkbox or radio button, if it isn't checked.
    pub fn check(&self) -> Result<()> {
        self.handle()?.set_checked(true, self.bound())
    }

    /// Unchecks a checkbox, if it is checked.
    pub fn uncheck(&self) -> Result<()> {
        self.handle()?.set_checked(false, self.bound())
    }

    /// Picks an option of a `<select>` by its value or label. With `contains` or `matches` exactly
    /// one option must fit.
    pub fn select(&self, choice: impl Into<TextMatch>) -> Result<()> {
        self.handle()?.select(&choice.into(), self.bound())
    }

    /// Picks exactly these options of a `<select multiple>`; none: clears it.
    pub fn select_all<T: Into<TextMatch>>(
        &self,
        choices: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let choices: Vec<TextMatch> = choices.into_iter().map(Into::into).collect();
        self.handle()?.select_all(&choices, self.bound())
    }

    /// Puts files into a file field, in place of what it held: at most 4 MiB in all.
    pub fn upload(&self, files: &[File]) -> Result<()> {
        self.handle()?.upload(files, self.bound())
    }

    /// Drags it with the mouse and drops it on the other.
    pub fn drag_to(&self, target: &Locator) -> Result<()> {
        self.handle()?.drag_to(target.handle()?, self.bound())
    }

    /// Moves the pointer over it.
    pub fn hover(&self) -> Result<()> {
        self.handle()?.hover(self.bound())
    }

    /// Puts the focus on it.
    pub fn focus(&self) -> Result<()> {
        self.handle()?.focus(self.bound())
    }

    /// Scrolls until it can be seen.
    pub fn scroll_into_view(&self) -> Result<()> {
        self.handle()?.scroll_into_view(self.bound())
    }

    /// The text it shows, white space folded.
    pub fn text(&self) -> Result<String> {
        self.handle()?.text(self.bound())
    }

    /// A field's value.
    pub fn value(&self) -> Result<String> {
        self.handle()?.value(self.bound())
    }

    /// One of its attributes.
    pub fn attribute(&self, name: &str) -> Result<Option<String>> {
        self.handle()?.attribute(name, self.bound())
    }

    /// Reads a one-time value off the page without seeing it, waiting until it is there. At least four
    /// characters, else `invalid`; a session reads 64 at most.
    pub fn read_code(&self, pattern: impl Into<Pattern>) -> Result<Code> {
        self.handle()?.read_code(pattern.into().as_str(), self.bound())
    }

    /// A picture of it, as PNG.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.handle()?.picture(self.bound())
    }

    /// How many there are, at once.
    pub fn count(&self) -> Result<u32> {
        self.handle()?.count(self.bound())
    }

    /// Whether it is visible now.
    pub fn is_visible(&self) -> Result<bool> {
        self.handle()?.is_visible(self.bound())
    }

    /// Whether it is enabled now.
    pub fn is_enabled(&self) -> Result<bool> {
        self.handle()?.is_enabled(self.bound())
    }

    /// Whether it is checked now: a checkbox, a radio button or a switch. For anything else it is an
    /// error; without an element, no.
    pub fn is_checked(&self) -> Result<bool> {
        self.handle()?.is_checked(self.bound())
    }

    /// Whether a field can be changed now. For what is no field it is an error; without an element, no.
    pub fn is_editable(&self) -> Result<bool> {
        self.handle()?.is_editable(self.bound())
    }

    /// Waits until it is visible.
    pub fn wait_visible(&self) -> Result<()> {
        self.handle()?.wait_for(wit::ElementState::Visible, self.bound())
    }

    /// Waits until it is hidden or gone.
    pub fn wait_hidden(&self) -> Result<()> {
        self.handle()?.wait_for(wit::ElementState::Hidden, self.bound())
    }

    /// Waits until it is in the document, visible or not.
    pub fn wait_attached(&self) -> Result<()> {
        self.handle()?.wait_for(wit::ElementState::Attached, self.bound())
    }

    /// Waits until it is gone from the document.
    pub fn wait_detached(&self) -> Result<()> {
        self.handle()?.wait_for(wit::ElementState::Detached, self.bound())
    }

    /// Waits until it shows this text.
    pub fn wait_for_text(&self, text: impl Into<TextMatch>) -> Result<()> {
        self.handle()?.wait_for_text(&text.into(), self.bound())
    }
}

/// How to click: the left button, once, no key held, unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Click {
    /// Which button.
    pub button: MouseButton,
    /// 1, 2 for a double click, 3 for a triple one.
    pub count: u8,
    /// Keys that are held down.
    pub modifiers: Modifiers,
}

impl Default for Click {
    fn default() -> Self {
        Self { button: MouseButton::Left, count: 1, modifiers: Modifiers::empty() }
    }
}
