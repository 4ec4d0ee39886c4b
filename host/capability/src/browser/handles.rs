//! What the plugin's handles of pages, frames and locators point at. Making a locator can't fail in
//! the WIT, so one that makes no sense says so when it is used.

use mavm_browser::{Frame, Locator, Page, Selector};
use mavm_plugin::Failure;

use super::bounds::MAX_PARTS;

/// A page of the run's session.
pub struct PageHandle(pub Page);

/// A frame, and of how many parts the way to it is made.
#[derive(Clone)]
pub struct FrameHandle {
    pub frame: Result<Frame, Failure>,
    pub parts: usize,
}

/// A locator, and of how many parts it is made.
#[derive(Clone)]
pub struct LocatorHandle {
    pub locator: Result<Locator, Failure>,
    pub parts: usize,
}

fn bounded<T>(parts: usize, made: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    if parts > MAX_PARTS {
        return Err(Failure::Invalid(format!(
            "a locator is made of {parts} parts; at most {MAX_PARTS} are taken. Find the element by \
             fewer, such as its label or role"
        )));
    }
    made()
}

impl FrameHandle {
    pub fn new(parts: usize, made: impl FnOnce() -> Result<Frame, Failure>) -> Self {
        Self { frame: bounded(parts, made), parts }
    }

    pub fn locate(&self, how: Result<Selector, Failure>) -> LocatorHandle {
        LocatorHandle::new(self.parts + 1, || Ok(self.frame.clone()?.locator(how?)))
    }

    pub fn frame(&self, how: Result<Selector, Failure>) -> Self {
        Self::new(self.parts + 1, || Ok(self.frame.clone()?.frame(how?)))
    }
}

impl LocatorHandle {
    pub fn new(parts: usize, made: impl FnOnce() -> Result<Locator, Failure>) -> Self {
        Self { locator: bounded(parts, made), parts }
    }

    /// This locator, narrowed or led on.
    pub fn then(
        &self,
        parts: usize,
        make: impl FnOnce(Locator) -> Result<Locator, Failure>,
    ) -> Self {
        let parts = self.parts.saturating_add(parts);
        Self::new(parts, || make(self.locator.clone()?))
    }
}
