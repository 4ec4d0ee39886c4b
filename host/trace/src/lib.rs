//! Reading traces: an index over a trace's lines, and a viewer that a person opens in their own
//! browser.
//!
//! A trace holds what hostile pages have shown. Nothing of it may run on the operator's machine or
//! reach the network from there: pages are shown in frames that may do nothing, texts as texts.
//! What writes traces is mavm-browser; docs/trace.md tells what their lines hold.

mod index;
mod page;
mod serve;

pub use index::Index;
pub use serve::{Viewer, serve};
