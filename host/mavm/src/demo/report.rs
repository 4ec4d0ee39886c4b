//! What happened, with the wall time of each step: shown as it goes, and as a table at the end.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Result;
use comfy_table::{Cell, CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

/// One row of the table.
struct Row {
    part: String,
    step: String,
    took: Duration,
    outcome: String,
}

/// Everything so far.
pub struct Report {
    rows: Vec<Row>,
    began: Instant,
}

impl Report {
    pub fn new() -> Self {
        Self { rows: Vec::new(), began: Instant::now() }
    }

    /// Does one thing with a spinner beside it, and notes how long it took.
    pub async fn phase<T>(
        &mut self,
        what: &str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let bar = spinner(what);
        let began = Instant::now();
        let result = work.await;
        let took = began.elapsed();
        match &result {
            Ok(_) => finish(&bar, "✓", what, took),
            Err(_) => finish(&bar, "✗", what, took),
        }
        let outcome = if result.is_ok() { "done" } else { "failed" };
        self.add("demo", what, took, outcome);
        result
    }

    /// Notes a row.
    pub fn add(&mut self, part: &str, step: &str, took: Duration, outcome: &str) {
        self.rows.push(Row { part: part.into(), step: step.into(), took, outcome: outcome.into() });
    }

    /// Prints the table.
    pub fn print(&self) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["flow", "step", "wall time", "outcome"]);
        for row in &self.rows {
            table.add_row([
                Cell::new(&row.part),
                Cell::new(&row.step),
                Cell::new(seconds(row.took)).set_alignment(CellAlignment::Right),
                Cell::new(&row.outcome),
            ]);
        }
        println!("\n{table}");
        println!("in all: {}", seconds(self.began.elapsed()));
    }
}

/// A spinner with a word beside it.
pub fn spinner(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Ends a spinner with a line that stays, also where output is no terminal.
pub fn finish(bar: &ProgressBar, mark: &str, what: &str, took: Duration) {
    bar.finish_and_clear();
    println!("  {mark} {what:<28} {:>9}", seconds(took));
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}
