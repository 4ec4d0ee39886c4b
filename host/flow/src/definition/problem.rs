//! What is wrong with a flow's text: where, what, and what to do. All of a text's problems are
//! shown at once. This file never looks for problems; it only keeps and shows them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode,
};

/// A flow's text with the name it goes by, for messages.
pub(crate) type Source = Arc<NamedSource<Arc<str>>>;

/// One mistake in one flow.
#[derive(Clone, Debug)]
pub struct Problem {
    message: String,
    label: String,
    help: String,
    span: Range<usize>,
    source: Source,
}

impl Problem {
    /// The file, as it was named at load.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Line, from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// Column, from 1, in characters.
    pub fn column(&self) -> usize {
        let before = self.before();
        let line = before.rsplit('\n').next().unwrap_or(before);
        line.chars().count() + 1
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        &self.help
    }

    fn before(&self) -> &str {
        let text: &str = self.source.inner();
        text.get(..self.span.start).unwrap_or(text)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        if self.help.is_empty() { None } else { Some(Box::new(&self.help)) }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some(self.label.clone()), self.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Every mistake that was found, in the order of files and lines.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    problems: Vec<Problem>,
    /// What went wrong without a place in a text: a folder that can't be read.
    loose: Vec<String>,
}

impl Problems {
    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.problems.len() + self.loose.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For a terminal: each mistake with its line and a caret. `colour` also picks the signs: with
    /// `NO_COLOR` set, or when not writing to a terminal, pass false.
    pub fn render(&self, colour: bool) -> String {
        let theme =
            if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .without_syntax_highlighting()
            .with_links(false);
        let mut out = String::new();
        for loose in &self.loose {
            out.push_str("  × ");
            out.push_str(loose);
            out.push('\n');
        }
        for problem in &self.problems {
            // Writing to a String can't fail; a report that can't be drawn is told in one line.
            if handler.render_report(&mut out, problem).is_err() {
                out.push_str(&format!(
                    "  × {}:{}:{}: {}\n",
                    problem.file(),
                    problem.line(),
                    problem.column(),
                    problem.message
                ));
            }
            out.push('\n');
        }
        out
    }

    /// Adds another flow's mistakes.
    pub(crate) fn extend(&mut self, other: Problems) {
        self.problems.extend(other.problems);
        self.loose.extend(other.loose);
    }

    pub(crate) fn loose(message: String) -> Self {
        Self { problems: Vec::new(), loose: vec![message] }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.loose.clone();
        lines.extend(self.problems.iter().map(|problem| {
            let at = format!("{}:{}:{}", problem.file(), problem.line(), problem.column());
            if problem.help.is_empty() {
                format!("{at}: {}", problem.message)
            } else {
                format!("{at}: {}; {}", problem.message, problem.help)
            }
        }));
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// Gathers the mistakes of one text while it is read and checked.
pub(crate) struct Gathering {
    source: Source,
    problems: Vec<Problem>,
}

impl Gathering {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let source = Arc::new(NamedSource::new(name, Arc::from(text)));
        Self { source, problems: Vec::new() }
    }

    pub(crate) fn text(&self) -> &str {
        self.source.inner()
    }

    /// Notes a mistake. `label` stands beside the caret, `help` says what to do.
    pub(crate) fn add(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let end = self.text().len();
        let span = span.start.min(end)..span.end.min(end);
        self.problems.push(Problem {
            message: message.into(),
            label: label.into(),
            help: help.into(),
            span,
            source: Arc::clone(&self.source),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn finish(mut self) -> Result<(), Problems> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Err(Problems { problems: self.problems, loose: Vec::new() })
    }
}
