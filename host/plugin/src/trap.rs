//! What an error out of a plugin's store means: a signal of a capability, a bound that was
//! exceeded, or a plugin that broke.

use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};

use crate::bounds::Exceeded;
use crate::step::StepError;

/// A capability was called while `describe` ran.
#[derive(Debug, thiserror::Error)]
#[error(
    "it called {0}, and no capability answers while a plugin describes itself. `describe` only \
     says what the plugin is; do the rest in a step"
)]
pub(crate) struct CalledInDescribe(pub String);

/// Turns an error out of a store into what the worker acts on. `last_error` is the last line that
/// the plugin logged as an error: the SDK's panic hook leaves message and place there.
pub(crate) fn step_error(error: wasmtime::Error, last_error: Option<String>) -> StepError {
    match error.downcast::<StepError>() {
        Ok(signal) => signal,
        Err(error) => {
            let (message, backtrace) = describe(&error, last_error);
            StepError::Trapped { message, backtrace }
        }
    }
}

/// Message and backtrace.
pub(crate) fn describe(error: &wasmtime::Error, last_error: Option<String>) -> (String, String) {
    let backtrace =
        error.downcast_ref::<WasmBacktrace>().map(ToString::to_string).unwrap_or_default();
    let message = if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        exceeded.to_string()
    } else if let Some(called) = error.downcast_ref::<CalledInDescribe>() {
        called.to_string()
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        match (trap, last_error) {
            (Trap::UnreachableCodeReached, Some(line)) => line,
            (trap, Some(line)) => format!("{}; the last error it logged: {line}", words(*trap)),
            (trap, None) => words(*trap),
        }
    } else if let Some(ResourceTableError::Full) = error.downcast_ref() {
        "it holds too many handles (locators, frames, secrets) at once; drop some, or raise \
         `handles` in the plugin bounds"
            .to_owned()
    } else {
        // Whatever else: all that was said, outermost first, without the backtrace.
        let mut said: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = cause.to_string();
            if !text.starts_with("error while executing at wasm backtrace") {
                said.push(text);
            }
        }
        said.join(": ")
    };
    (message, backtrace)
}

fn words(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => {
            "it stopped itself (`unreachable`), as a panic does, and logged no reason. With the \
             SDK, a panic logs its message and place"
                .to_owned()
        }
        Trap::StackOverflow => "it ran out of stack, most likely by endless recursion".to_owned(),
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => {
            "it reached outside of its memory".to_owned()
        }
        Trap::IntegerDivisionByZero => "it divided by zero".to_owned(),
        Trap::IntegerOverflow => "an integer overflowed".to_owned(),
        other => other.to_string(),
    }
}
