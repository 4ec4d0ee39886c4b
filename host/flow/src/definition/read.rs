//! From TOML text to rough pieces, each with its place in the text. Notes what is no TOML, of the
//! wrong type, missing or unknown, and goes on; whether the pieces make sense is not its business.
//!
//! The text is walked by hand rather than deserialised: a deserialiser stops at the first mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Gathering;
use super::suggest::instead;

/// Bytes of the text.
pub(crate) type Span = Range<usize>;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl At<String> {
    /// The place of a part of this text. Where escapes make that hard to tell: of the whole.
    pub(crate) fn part(&self, source: &str, part: Range<usize>) -> Span {
        let raw = source.get(self.span.clone()).unwrap_or_default();
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let mut start = quotes;
        let mut inner = raw.get(quotes..raw.len().saturating_sub(quotes)).unwrap_or_default();
        if quotes == 3 && inner.starts_with('\n') {
            inner = &inner[1..];
            start += 1;
        }
        if inner == self.value && part.end <= inner.len() {
            let base = self.span.start + start;
            base + part.start..base + part.end
        } else {
            self.span.clone()
        }
    }
}

/// A number, or a template that gives one.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    Number(At<i64>),
    Text(At<String>),
}

#[derive(Debug)]
pub(crate) struct Rough {
    pub(crate) name: Option<At<String>>,
    pub(crate) description: Option<At<String>>,
    pub(crate) account: Option<RoughAccount>,
    pub(crate) triggers: Vec<RoughTrigger>,
    pub(crate) steps: Vec<RoughStep>,
}

#[derive(Debug)]
pub(crate) struct RoughAccount {
    pub(crate) from: Vec<At<String>>,
    pub(crate) from_span: Span,
    pub(crate) during: Option<At<String>>,
    pub(crate) done: Option<At<String>>,
    pub(crate) failed: Option<At<String>>,
    pub(crate) id: Option<At<String>>,
    pub(crate) role_arn: Option<At<String>>,
}

#[derive(Debug)]
pub(crate) struct RoughTrigger {
    pub(crate) on: At<String>,
    pub(crate) target: Option<Scalar>,
    pub(crate) every: Option<At<String>>,
    pub(crate) max_per_day: Option<Scalar>,
}

#[derive(Debug)]
pub(crate) struct RoughStep {
    pub(crate) id: At<String>,
    pub(crate) plugin: At<String>,
    pub(crate) step: Option<At<String>>,
    pub(crate) session: Option<At<String>>,
    pub(crate) timeout: Option<At<String>>,
    pub(crate) retry: RoughRetry,
    pub(crate) when: Option<At<String>>,
    pub(crate) on: Vec<(At<String>, At<String>)>,
    pub(crate) next: Option<At<String>>,
    pub(crate) with: Vec<RoughInput>,
}

#[derive(Debug, Default)]
pub(crate) struct RoughRetry {
    pub(crate) attempts: Option<At<i64>>,
    pub(crate) backoff: Option<At<String>>,
    pub(crate) max_backoff: Option<At<String>>,
}

#[derive(Debug)]
pub(crate) struct RoughInput {
    pub(crate) name: At<String>,
    pub(crate) value: serde_json::Value,
    /// Each text in it, which may be a template.
    pub(crate) texts: Vec<At<String>>,
}

/// Reads a text. None when it is no TOML at all.
pub(crate) fn read(text: &str, problems: &mut Gathering) -> Option<Rough> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            problems.add(
                span,
                format!("this is not valid TOML: {}", error.message()),
                "here",
                "see https://toml.io for how tables, texts and lists are written",
            );
        }
        return None;
    }
    let mut root = Table::new("a flow", 0..0, root.get_ref());
    let name = root.required_text("name", "name = \"create-account\"", problems);
    let description = root.text("description", problems);
    let account = root.table("account", problems).map(|table| read_account(table, problems));
    if account.is_none() && root.get("account").is_none() {
        problems.add(
            0..0,
            "a flow needs an `[account]` table",
            "the file starts here",
            "add `[account]` with `from`, `during`, `done` and `failed`",
        );
    }
    let triggers = root
        .tables("trigger", problems)
        .into_iter()
        .filter_map(|table| read_trigger(table, problems))
        .collect();
    let tables = root.tables("step", problems);
    if tables.is_empty() && root.get("step").is_none() {
        problems.add(
            0..0,
            "a flow needs at least one step",
            "the file starts here",
            "add a `[[step]]` table with `id` and `plugin`",
        );
    }
    let steps = tables.into_iter().filter_map(|table| read_step(table, problems)).collect();
    root.finish(problems);
    Some(Rough { name, description, account, triggers, steps })
}

fn read_account(mut table: Table<'_, '_>, problems: &mut Gathering) -> RoughAccount {
    let from_span = table.place("from");
    let from = table.required_texts("from", "from = [\"PLANNED\"]", problems);
    let account = RoughAccount {
        from,
        from_span,
        during: table.required_text("during", "during = \"IN_PROGRESS\"", problems),
        done: table.required_text("done", "done = \"CREATED\"", problems),
        failed: table.required_text("failed", "failed = \"QUARANTINED\"", problems),
        id: table.text("id", problems),
        role_arn: table.text("role-arn", problems),
    };
    table.finish(problems);
    account
}

fn read_trigger(mut table: Table<'_, '_>, problems: &mut Gathering) -> Option<RoughTrigger> {
    let on = table.required_text("on", "on = \"person\"", problems);
    let target = table.scalar("target", problems);
    let every = table.text("every", problems);
    let max_per_day = table.scalar("max-per-day", problems);
    table.finish(problems);
    Some(RoughTrigger { on: on?, target, every, max_per_day })
}

fn read_step(mut table: Table<'_, '_>, problems: &mut Gathering) -> Option<RoughStep> {
    let id = table.required_text("id", "id = \"start\"", problems);
    let plugin = table.required_text("plugin", "plugin = \"aws-signup\"", problems);
    let step = table.text("step", problems);
    let session = table.text("session", problems);
    let timeout = table.text("timeout", problems);
    let retry = table
        .table("retry", problems)
        .map(|mut table| {
            let retry = RoughRetry {
                attempts: table.integer("attempts", problems),
                backoff: table.text("backoff", problems),
                max_backoff: table.text("max-backoff", problems),
            };
            table.finish(problems);
            retry
        })
        .unwrap_or_default();
    let when = table.text("when", problems);
    let next = table.text("next", problems);
    let on = table.table("on", problems).map(|table| table.all_texts(problems)).unwrap_or_default();
    let with = table.table("with", problems).map(|table| table.inputs()).unwrap_or_default();
    table.finish(problems);
    Some(RoughStep {
        id: id?,
        plugin: plugin?,
        step,
        session,
        timeout,
        retry,
        when,
        on,
        next,
        with,
    })
}

/// A table that remembers which keys were asked for, so that the others are known to be unknown.
struct Table<'t, 'i> {
    what: &'static str,
    span: Span,
    table: &'t DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'t, 'i> Table<'t, 'i> {
    fn new(what: &'static str, span: Span, table: &'t DeTable<'i>) -> Self {
        Self { what, span, table, known: Vec::new() }
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.get(key)
    }

    /// Where a key's value stands, or the table if there is none.
    fn place(&self, key: &str) -> Span {
        self.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    fn text(&mut self, key: &'static str, problems: &mut Gathering) -> Option<At<String>> {
        let value = self.take(key)?;
        text_of(key, value, problems)
    }

    fn required_text(
        &mut self,
        key: &'static str,
        example: &str,
        problems: &mut Gathering,
    ) -> Option<At<String>> {
        let text = self.text(key, problems);
        if self.get(key).is_none() {
            self.missing(key, example, problems);
        }
        text
    }

    fn required_texts(
        &mut self,
        key: &'static str,
        example: &str,
        problems: &mut Gathering,
    ) -> Vec<At<String>> {
        let Some(value) = self.take(key) else {
            self.missing(key, example, problems);
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(values) => {
                values.iter().filter_map(|value| text_of(key, value, problems)).collect()
            }
            other => {
                wrong_type(key, "a list of texts", other, value.span(), problems);
                Vec::new()
            }
        }
    }

    fn integer(&mut self, key: &'static str, problems: &mut Gathering) -> Option<At<i64>> {
        match self.scalar(key, problems)? {
            Scalar::Number(number) => Some(number),
            Scalar::Text(text) => {
                let message = format!("`{key}` must be a number");
                problems.add(text.span, message, "this is a text", "write it without quotes");
                None
            }
        }
    }

    fn scalar(&mut self, key: &'static str, problems: &mut Gathering) -> Option<Scalar> {
        let value = self.take(key)?;
        match value.get_ref() {
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Some(Scalar::Number(At { value: number, span: value.span() })),
                    Err(_) => {
                        let message = format!("`{key}` is too large a number");
                        problems.add(value.span(), message, "here", "write a smaller one");
                        None
                    }
                }
            }
            DeValue::String(text) => {
                Some(Scalar::Text(At { value: text.to_string(), span: value.span() }))
            }
            other => {
                wrong_type(key, "a number", other, value.span(), problems);
                None
            }
        }
    }

    fn table(&mut self, key: &'static str, problems: &mut Gathering) -> Option<Table<'t, 'i>> {
        let value = self.take(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Table::new(article(key), value.span(), table)),
            other => {
                wrong_type(key, "a table", other, value.span(), problems);
                None
            }
        }
    }

    fn tables(&mut self, key: &'static str, problems: &mut Gathering) -> Vec<Table<'t, 'i>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let DeValue::Array(values) = value.get_ref() else {
            let message = format!("`{key}` must be a list of tables");
            let label = format!("this is {}", kind(value.get_ref()));
            problems.add(value.span(), message, label, format!("write `[[{key}]]` above each"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in values.iter() {
            match value.get_ref() {
                DeValue::Table(table) => {
                    tables.push(Table::new(article(key), value.span(), table));
                }
                other => wrong_type(key, "a table", other, value.span(), problems),
            }
        }
        tables
    }

    /// All entries of a table whose keys are free words and whose values are texts.
    fn all_texts(self, problems: &mut Gathering) -> Vec<(At<String>, At<String>)> {
        self.table
            .iter()
            .filter_map(|(key, value)| {
                let word = At { value: key.get_ref().to_string(), span: key.span() };
                let text = text_of(&word.value, value, problems)?;
                Some((word, text))
            })
            .collect()
    }

    fn inputs(self) -> Vec<RoughInput> {
        self.table
            .iter()
            .map(|(key, value)| {
                let mut texts = Vec::new();
                RoughInput {
                    name: At { value: key.get_ref().to_string(), span: key.span() },
                    value: json_of(value, &mut texts),
                    texts,
                }
            })
            .collect()
    }

    fn missing(&self, key: &str, example: &str, problems: &mut Gathering) {
        let message = format!("`{key}` is missing: {} needs it", self.what);
        problems.add(
            first_line(&self.span, problems.text()),
            message,
            "in here",
            format!("add `{example}`"),
        );
    }

    fn finish(self, problems: &mut Gathering) {
        for (key, _) in self.table.iter() {
            if !self.known.iter().any(|known| known == key.get_ref()) {
                problems.add(
                    key.span(),
                    format!("{} has no `{}`", self.what, key.get_ref()),
                    "unknown key",
                    instead(key.get_ref(), self.known.iter().copied()),
                );
            }
        }
    }
}

/// A caret under a whole table says nothing: its first line is enough.
fn first_line(span: &Span, text: &str) -> Span {
    let within = text.get(span.clone()).unwrap_or_default();
    let length = within.find('\n').unwrap_or(within.len());
    span.start..span.start + length
}

fn article(key: &'static str) -> &'static str {
    match key {
        "account" => "the `[account]` table",
        "trigger" => "a `[[trigger]]`",
        "step" => "a `[[step]]`",
        "retry" => "`retry`",
        "on" => "`on`",
        _ => "`with`",
    }
}

fn text_of(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    problems: &mut Gathering,
) -> Option<At<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(At { value: text.to_string(), span: value.span() }),
        other => {
            wrong_type(key, "a text", other, value.span(), problems);
            None
        }
    }
}

fn wrong_type(key: &str, wanted: &str, found: &DeValue<'_>, span: Span, problems: &mut Gathering) {
    let example = match wanted {
        "a text" => format!("write `{key} = \"…\"`"),
        "a number" => format!("write `{key} = 3`"),
        "a table" => format!("write `{key} = {{ … }}`"),
        _ => format!("write `{key} = [\"…\"]`"),
    };
    let span = first_line(&span, problems.text());
    problems.add(
        span,
        format!("`{key}` must be {wanted}"),
        format!("this is {}", kind(found)),
        example,
    );
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn json_of(value: &Spanned<DeValue<'_>>, texts: &mut Vec<At<String>>) -> serde_json::Value {
    match value.get_ref() {
        DeValue::String(text) => {
            texts.push(At { value: text.to_string(), span: value.span() });
            serde_json::Value::from(text.to_string())
        }
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().into()
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().ok().into(),
        DeValue::Boolean(truth) => (*truth).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(values) => values.iter().map(|value| json_of(value, texts)).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json_of(value, texts)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
