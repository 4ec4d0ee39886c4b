//! The plugin runtime: loads components, checks what they import, and does steps with them, each in
//! a fresh and bounded store. It knows no capability: `host/mavm` hands them in.
//!
//! What happens to bytes that someone wants to run:
//!
//! 1. [`check`] reads their outline: is it a component, small enough, does it import only what this
//!    host has, does it export what a plugin must? No code of it has run or been compiled yet.
//! 2. [`load`] compiles it (or takes it from our own cache), asks it to describe itself in a store
//!    where nothing answers, and holds what it imports against the operator's grants.
//! 3. [`registry`] keeps its bytes by digest and makes it the active plugin of its name. Whatever
//!    fails before that leaves the old one serving.
//! 4. [`runtime`] does steps with it.

pub mod bindings;
pub mod bounds;
mod cache;
pub mod check;
mod digests;
mod engine;
mod error;
mod failure;
mod link;
pub mod load;
mod outcome;
pub mod registry;
pub mod resource;
pub mod runtime;
pub mod sealed;
mod step;
mod trap;

pub use bindings::words::mavm::plugin::manifest::About;
pub use bindings::words::mavm::plugin::types::{
    EarlierFact, Fact, Failure, Outcome, PageChange, TextMatch, WaitFor, Waited,
};
pub use bounds::Bounds;
pub use error::LoadError;
pub use failure::describe_failure;
pub use load::Plugin;
pub use registry::{Installed, Registry};
pub use runtime::{Runtime, RuntimeOptions};
pub use step::{Capability, LastError, StepError, StepRequest, StepResult, StepState};

/// Version of the WIT package that this host offers.
pub const WIT_VERSION: semver::Version = semver::Version::new(1, 0, 0);

/// Interfaces of the WIT package that an operator can grant.
pub const INTERFACES: [&str; 9] =
    ["aws", "browser", "captcha", "codes", "effects", "log", "mail", "phone", "secrets"];
