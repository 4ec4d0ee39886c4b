//! Lines for the run's log: `info!("signed in")`.

use std::fmt;

use crate::bindings::mavm::plugin::log as wit;
pub use crate::bindings::mavm::plugin::log::Level;

/// Writes one line. The macros call it.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    match message.as_str() {
        Some(message) => wit::write(level, message),
        None => wit::write(level, &message.to_string()),
    }
}

/// A line that helps who reads closely.
#[macro_export]
macro_rules! debug {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Debug, ::std::format_args!($($message)*)) };
}

/// A line that tells how the run goes.
#[macro_export]
macro_rules! info {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Info, ::std::format_args!($($message)*)) };
}

/// A line about something that went wrong and was dealt with.
#[macro_export]
macro_rules! warn {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Warn, ::std::format_args!($($message)*)) };
}

/// A line about something that went wrong.
#[macro_export]
macro_rules! error {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Error, ::std::format_args!($($message)*)) };
}
