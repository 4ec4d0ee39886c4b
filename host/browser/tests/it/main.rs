//! The browser against real Chromium, both builds, with a page for each behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod services;
mod stage;

mod aiming;
mod authenticating;
mod checking;
mod clicking;
mod crashing;
mod dialogs;
mod downloading;
mod dragging;
mod drifting;
mod emulating;
mod filling;
mod finding;
mod frames;
mod frames_changing;
mod keeping_secrets;
mod keeping_state;
mod killed_traces;
mod kinds_of_fields;
mod listening;
mod masking;
mod matching;
mod measuring;
mod naming;
mod navigating;
mod obstacles;
mod overlaying;
mod polling;
mod popups;
mod prefetching;
mod reaping;
mod responding;
mod retargeting;
mod rights;
mod slotted;
mod surviving;
mod tracing_actions;
mod trusting;
mod typing;
mod uploading;
mod waiting;
