//! Flows from the outside: their texts, the worker on a real store, and triggers.

mod catalogue;
mod definition;
mod drift;
mod house;
mod triggers;
mod worker;
