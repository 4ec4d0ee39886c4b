//! The WIT side of `log`.

use std::any::Any;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use mavm_plugin::bindings::mavm::plugin::log;
use mavm_plugin::{Capability, LastError, StepRequest, StepState};
use wasmtime::component::{HasData, Linker};

use super::rate::{LINES, Rate, Verdict};

const MAX_LINE: usize = 4 * 1024;

/// The capability.
#[derive(Debug, Default)]
pub struct Log;

impl Log {
    /// Its state for one step.
    pub fn step(&self, request: &StepRequest) -> LogStep {
        LogStep {
            run: request.run().to_string(),
            step: request.id.clone(),
            plugin: request.plugin.clone(),
            rate: Rate::default(),
        }
    }
}

#[async_trait]
impl Capability for Log {
    fn interface(&self) -> &'static str {
        "log"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        log::add_to_linker::<StepState, Self>(linker, |state| {
            let (step, last_error) = state.host_and_last_error();
            LogView { step, last_error }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.step(step))
    }
}

impl HasData for Log {
    type Data<'a> = LogView<'a>;
}

/// What the capability knows of the step that is being done.
#[derive(Debug)]
pub struct LogStep {
    run: String,
    step: String,
    plugin: String,
    rate: Rate,
}

impl LogStep {
    fn write(&mut self, level: log::Level, message: &str) {
        let Verdict::Write { dropped } = self.rate.line(Instant::now()) else { return };
        if dropped > 0 {
            self.tell_dropped(dropped);
        }
        let line = tidy(message);
        let Self { run, step, plugin, .. } = self;
        match level {
            log::Level::Debug => tracing::debug!(run, step, plugin, "{line}"),
            log::Level::Info => tracing::info!(run, step, plugin, "{line}"),
            log::Level::Warn => tracing::warn!(run, step, plugin, "{line}"),
            log::Level::Error => tracing::error!(run, step, plugin, "{line}"),
        }
    }

    fn tell_dropped(&self, dropped: u32) {
        tracing::warn!(
            run = self.run,
            step = self.step,
            plugin = self.plugin,
            dropped,
            "lines of this plugin were dropped: more than {LINES} in a minute"
        );
    }
}

impl Drop for LogStep {
    fn drop(&mut self) {
        if self.rate.dropped() > 0 {
            self.tell_dropped(self.rate.dropped());
        }
    }
}

/// The WIT side, for one call.
pub struct LogView<'a> {
    /// None while the plugin describes itself.
    pub step: Option<&'a mut LogStep>,
    /// Should the plugin trap, its last error line says why.
    pub last_error: &'a mut LastError,
}

/// At most [`MAX_LINE`] bytes, and no control character that could end the line or steer a terminal.
fn tidy(message: &str) -> String {
    let mut line = String::with_capacity(message.len().min(MAX_LINE));
    for character in message.chars() {
        if line.len() + 10 > MAX_LINE {
            line.push('…');
            break;
        }
        if character.is_control() {
            let _ = write!(line, "{}", character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

impl log::Host for LogView<'_> {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        if matches!(level, log::Level::Error) {
            self.last_error.note(&message);
        }
        let Some(step) = self.step.as_deref_mut() else {
            return Err(wasmtime::Error::msg(
                "`log` was called outside a step: `describe` may call nothing",
            ));
        };
        step.write(level, &message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::io::Write;
    use std::sync::Mutex;

    use super::*;
    use crate::testing;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_line_and_not_too_long() {
        assert_eq!(tidy("fine: äöü 100%"), "fine: äöü 100%");
        assert_eq!(tidy("a\nERROR forged\u{1b}[2J"), "a\\nERROR forged\\u{1b}[2J");
        for long in ["x".repeat(10_000), "\u{1}".repeat(10_000), "ü".repeat(10_000)] {
            let line = tidy(&long);
            assert!(line.len() <= MAX_LINE && line.ends_with('…'), "{}", line.len());
        }
    }

    #[tokio::test]
    async fn lines_name_their_run_step_and_plugin_and_are_counted() {
        let world = testing::world().await;
        let request = world.step(1).await;
        let lines = Lines::default();
        let sink = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || sink.clone())
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let mut step = Log.step(&request);
        for n in 0..LINES + 5 {
            step.write(log::Level::Warn, &format!("line {n}"));
        }
        drop(step);
        drop(guard);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count() as u32, LINES + 1, "{text}");
        let first = text.lines().next().unwrap();
        for part in [" WARN ", "line 0", &request.run().to_string(), "test-plugin", "step="] {
            assert!(first.contains(part), "{part} is missing in {first}");
        }
        assert!(text.lines().last().unwrap().contains("dropped=5"), "{text}");
    }
    #[test]
    fn the_interface_is_linked() {
        let mut linker = Linker::new(&wasmtime::Engine::default());
        Log.link(&mut linker).unwrap();
        assert!(Log.link(&mut linker).is_err(), "nothing was there before");
    }
}
