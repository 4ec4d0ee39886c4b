//! The sign-up, but for the card and the call: start, mail code, credentials, contact, support plan.
//!
//! Each step starts from its top after an interruption, in a browser that may have forgotten
//! everything. Until the password is set there is no account to sign in to, so the first three steps
//! begin anew at the start, which harms nothing; from then on a sign-in leads back.

mod contact;
mod credentials;
mod start;
mod support_plan;

use mavm_sdk::plugin;

plugin!(
    start::start,
    start::mail_code,
    credentials::credentials,
    contact::contact,
    support_plan::support_plan
);
