//! The guest library for mavm plugins.
//!
//! A plugin does the steps of flows: it drives pages, waits for mail and codes, and says what came
//! of it. It has no clock, no files and no network; what it can do is what the host offers and the
//! operator grants. This library is that offer, the way a page script wants it. It never holds a
//! secret's value: secrets and codes are handles that the host types for us.
//!
//! # A whole plugin
//!
//! ```no_run
//! use mavm_sdk::prelude::*;
//!
//! /// What the flow's `with` table may say.
//! #[derive(Deserialize, Inputs)]
//! struct Challenge {
//!     /// The channel that the issuer's messages come in on.
//!     #[serde(default = "card_sms")]
//!     code_channel: String,
//! }
//!
//! fn card_sms() -> String {
//!     "card-sms".into()
//! }
//!
//! /// Answers the issuer's question for the code that it has sent.
//! #[step("challenge")]
//! fn challenge(run: &Run, input: Challenge) -> Result<Outcome> {
//!     let acs = run.page().frame("iframe[name=challenge]");
//!     let code = run.codes().wait(&input.code_channel, digits(6))?;
//!     acs.label("One-time password").fill(&code)?;
//!     run.effect("confirm-payment", || acs.role(Button, "Confirm").click())?;
//!     Ok(Outcome::done())
//! }
//!
//! plugin!(challenge);
//! # fn main() {}
//! ```
//!
//! The crate is a `cdylib`; its name, version and description are the plugin's. `cargo xtask
//! plugins` makes a component of it.
//!
//! # What to keep in mind
//!
//! - A step may be interrupted at any moment, and then starts again from its top, perhaps in a new
//!   browser with no cookies. Look where you are before you act, and put each act that can't be
//!   taken back into [`Run::effect`] or [`Run::effect_or`].
//! - Nothing sleeps. Wait for what should appear: [`first_of`], [`which()`],
//!   [`Locator::wait_visible`].
//! - Locators are strict: a locator that matches two elements is an error. Find things by label, by
//!   role and name, by text; by css only where nothing better exists.
//! - Facts are public. What must stay hidden is a [`Secret`] or a [`Code`], which no plugin can read.

// The derive and attribute macros name this crate by its outside name, in its own tests too.
extern crate self as mavm_sdk;

/// The WIT package, as code. Plugins use the types around it instead.
#[doc(hidden)]
#[allow(unsafe_code, missing_docs, unused_qualifications, clippy::all)]
pub mod bindings {
    wit_bindgen::generate!({
        world: "plugin",
        path: "../../wit/v1",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "mavm_sdk::bindings",
    });
}

mod aws;
mod captcha;
mod codes;
mod effects;
pub mod export;
mod failure;
mod find;
mod inputs;
mod locator;
pub mod log;
mod mail;
mod outcome;
mod page;
mod pattern;
mod phone;
mod run;
mod secrets;
mod time;
mod value;
mod waiters;
mod which;

pub use aws::{Assumed, Aws};
pub use bindings::mavm::plugin::sealed::{Code, Secret};
pub use bindings::mavm::plugin::types::{
    Account, AccountStatus, EarlierFact, Failure, Outcome, PageChange, Waited,
};
pub use captcha::{Captcha, Puzzle, Solution};
pub use codes::Codes;
pub use effects::{Finding, Happened};
pub use find::{Role, Selector, TextMatch, contains, ends_with, exact, matches};
pub use inputs::{InputField, Inputs, number_or_text};
pub use locator::{Click, File, Locator, Modifiers, MouseButton};
pub use mail::Mail;
pub use mavm_sdk_macros::{Inputs, plugin, step};
pub use outcome::Wait;
pub use page::{DialogAnswer, Frame, LoadState, Page};
pub use pattern::{Pattern, digits, pattern};
pub use phone::{Line, Phone};
pub use run::Run;
pub use secrets::Secrets;
pub use time::{minutes, seconds};
pub use value::Value;
pub use waiters::{
    Dialog, DialogKind, DialogWaiter, Download, DownloadWaiter, PopupWaiter, Response,
    ResponseWaiter,
};
pub use which::{first_of, first_of_within, which, which_within};

/// What every fallible call of this library gives; `?` passes a failure on to the host, which knows
/// by its kind what to do next.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// All that a plugin usually needs: `use mavm_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::Role::{
        Alert, Button, Checkbox, Combobox, Dialog, Heading, Image, Link, Listbox, Radio, Status,
        Textbox,
    };
    pub use crate::{
        Click, Code, DialogAnswer, Failure, File, Frame, Happened, Inputs, LoadState, Locator,
        Modifiers, MouseButton, Outcome, Page, Result, Role, Run, Secret, contains, debug, digits,
        ends_with, exact, first_of, first_of_within, info, matches, minutes, pattern, plugin,
        seconds, step, warn, which, which_within,
    };
    pub use serde::Deserialize;
}
