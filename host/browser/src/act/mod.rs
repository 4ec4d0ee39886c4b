//! Doing things on a page.
//!
//! Life of an action:
//!
//! 1. The path of the locator is walked anew: for each iframe on the way one call to the script in
//!    the document before it, which gives the element, and one to Chromium for the frame behind it
//!    (`resolve.rs`). A frame that is not there, still loads, or is replaced meanwhile: to 6.
//! 2. One call to the script in the last frame finds the element, checks it and, if it is one of
//!    the deeds that need no mouse or keyboard, does it. The script itself waits for the page to
//!    change and tries again, for a slice of half a second at most; then it tells what is in the
//!    way: to 6. Several matches end the action at once.
//! 3. A sealed value is put into that call only if the document's origin, as Chromium tells it, is
//!    one that the value is bound to; the script compares again, after the last moment at which the
//!    page could run, and the call names its document in a way that no later document can take over.
//! 4. For the mouse, the call gives a point and leaves a guard behind. The point is carried out
//!    through the frames around, each of which checks that the next one is hit there and guards
//!    itself. Then the events are sent (`pointer.rs`). A guard that sees the first event go elsewhere
//!    swallows it, and those that follow, and tells: to 6 (`guard.rs`).
//! 5. A deed tells, by a binding, that it begins. If its document goes away before the answer comes,
//!    a deed that has begun is done; one that has not is tried again. Navigations that began
//!    meanwhile are awaited until they are committed. That is the end.
//! 6. Overlays that are known and visible are dismissed. Then the next try: at once if a document
//!    went away, else after 0, 20, 50, 100, 100, 500 ms, sooner if the page changes. When the time
//!    is over, `evidence/drift.rs` decides whether the page was slow or has changed.

mod call;
mod check;
mod deeds;
mod drag;
mod first_of;
mod guard;
mod keyboard;
mod keys;
mod mark;
mod overlays;
mod pointer;
mod queries;
mod resolve;
mod settle;
mod tries;

pub use deeds::UploadFile;
pub use pointer::{ClickOptions, Modifiers, MouseButton};
pub use queries::ElementState;

pub(crate) use call::{Lost, On, script};
pub(crate) use check::set_checked;
pub(crate) use deeds::{fill, focus, scroll, select, upload};
pub(crate) use drag::drag;
pub(crate) use first_of::first_of;
pub(crate) use keyboard::{press, type_keys};
pub(crate) use pointer::{click, hover};
pub(crate) use queries::{
    Area, TITLE, area, attribute, count, is, read_sealed, text, title, value, wait_for,
    wait_for_text,
};
pub(crate) use resolve::{Miss, place};
