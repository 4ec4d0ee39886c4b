//! The words of the WIT in the words of `mavm-browser`, with their bounds.

use std::time::Duration as StdDuration;

use mavm_browser as b;
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Failure, TextMatch};

use super::bounds::{MAX_CHOICES, MAX_CLICKS, MAX_SELECTOR, MAX_TEXT, MAX_UPLOAD, short};

/// A text match; a pattern that is none is the plugin's fault.
pub fn text_match(text: TextMatch) -> Result<b::TextMatch, Failure> {
    let (TextMatch::Exact(inner) | TextMatch::Contains(inner) | TextMatch::Matches(inner)) = &text;
    short("a text to compare with", inner, MAX_SELECTOR)?;
    Ok(match text {
        TextMatch::Exact(text) => b::TextMatch::Exact(text),
        TextMatch::Contains(text) => b::TextMatch::Contains(text),
        TextMatch::Matches(text) => {
            pattern(&text)?;
            b::TextMatch::Regex(text)
        }
    })
}

/// Whether a text is a regular expression.
pub fn pattern(text: &str) -> Result<(), Failure> {
    short("a pattern", text, MAX_SELECTOR)?;
    b::check_pattern(text).map_err(|error| Failure::Invalid(error.to_string()))
}

/// How to find an element.
pub fn selector(how: wit::Selector) -> Result<b::Selector, Failure> {
    Ok(match how {
        wit::Selector::Css(css) => {
            short("a css selector", &css, MAX_SELECTOR)?;
            b::Selector::Css(css)
        }
        wit::Selector::Text(text) => b::Selector::Text(text_match(text)?),
        wit::Selector::Label(text) => b::Selector::Label(text_match(text)?),
        wit::Selector::Placeholder(text) => b::Selector::Placeholder(text_match(text)?),
        wit::Selector::AltText(text) => b::Selector::AltText(text_match(text)?),
        wit::Selector::Title(text) => b::Selector::Title(text_match(text)?),
        wit::Selector::TestId(id) => {
            short("a test id", &id, MAX_SELECTOR)?;
            b::Selector::TestId(id)
        }
        wit::Selector::Role(wit::ByRole { role, name }) => {
            short("a role", &role, 100)?;
            b::Selector::Role { role, name: name.map(text_match).transpose()? }
        }
    })
}

/// How to click.
pub fn click_options(options: &wit::ClickOptions) -> Result<b::ClickOptions, Failure> {
    if !(1..=MAX_CLICKS).contains(&options.count) {
        return Err(Failure::Invalid(format!(
            "{} clicks were asked for; a click is 1 to {MAX_CLICKS}",
            options.count
        )));
    }
    Ok(b::ClickOptions {
        button: match options.button {
            wit::Button::Left => b::MouseButton::Left,
            wit::Button::Middle => b::MouseButton::Middle,
            wit::Button::Right => b::MouseButton::Right,
        },
        count: options.count,
        modifiers: b::Modifiers {
            alt: options.modifiers.contains(wit::Modifiers::ALT),
            control: options.modifiers.contains(wit::Modifiers::CONTROL),
            meta: options.modifiers.contains(wit::Modifiers::META),
            shift: options.modifiers.contains(wit::Modifiers::SHIFT),
        },
        ..Default::default()
    })
}

/// What to wait for.
pub fn element_state(state: wit::ElementState) -> b::ElementState {
    match state {
        wit::ElementState::Attached => b::ElementState::Attached,
        wit::ElementState::Visible => b::ElementState::Visible,
        wit::ElementState::Hidden => b::ElementState::Hidden,
        wit::ElementState::Detached => b::ElementState::Detached,
    }
}

/// How far a page must have loaded.
pub fn load_state(state: wit::LoadState) -> b::LoadState {
    match state {
        wit::LoadState::DomContentLoaded => b::LoadState::DomContentLoaded,
        wit::LoadState::Load => b::LoadState::Load,
        wit::LoadState::NetworkIdle => b::LoadState::NetworkIdle,
    }
}

/// Options of a list.
pub fn choices(texts: Vec<TextMatch>) -> Result<Vec<b::Choice>, Failure> {
    few("options", texts.len())?;
    texts.into_iter().map(|text| Ok(b::Choice::Either(text_match(text)?))).collect()
}

/// Files to upload.
pub fn files(files: Vec<wit::File>) -> Result<Vec<b::UploadFile>, Failure> {
    few("files", files.len())?;
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    if bytes > MAX_UPLOAD {
        return Err(Failure::Invalid(format!(
            "{bytes} bytes are to be uploaded; at most {MAX_UPLOAD} are taken"
        )));
    }
    let checked = |file: wit::File| {
        short("a file's name", &file.name, 255)?;
        short("a file's type", &file.mime_type, 255)?;
        Ok(b::UploadFile { name: file.name, mime_type: file.mime_type, bytes: file.bytes })
    };
    files.into_iter().map(checked).collect()
}

fn few(what: &str, count: usize) -> Result<(), Failure> {
    if count <= MAX_CHOICES {
        return Ok(());
    }
    Err(Failure::Invalid(format!("{count} {what} were given; at most {MAX_CHOICES} are taken")))
}

/// How dialogs are answered.
pub fn dialog_policy(answer: wit::DialogAnswer) -> Result<b::DialogPolicy, Failure> {
    Ok(match answer {
        wit::DialogAnswer::AsUsual => b::DialogPolicy::Usual,
        wit::DialogAnswer::Accept => b::DialogPolicy::Accept,
        wit::DialogAnswer::Dismiss => b::DialogPolicy::Dismiss,
        wit::DialogAnswer::Text(text) => {
            short("an answer to a dialog", &text, MAX_TEXT)?;
            b::DialogPolicy::AcceptWith(text)
        }
    })
}

/// Which kind of dialog it was.
pub fn dialog_kind(kind: b::DialogKind) -> wit::DialogKind {
    match kind {
        b::DialogKind::Alert => wit::DialogKind::Alert,
        b::DialogKind::Confirm => wit::DialogKind::Confirm,
        b::DialogKind::Prompt => wit::DialogKind::Prompt,
        b::DialogKind::BeforeUnload => wit::DialogKind::BeforeUnload,
    }
}

/// A length of time for the plugin.
pub fn duration(length: StdDuration) -> Duration {
    Duration { milliseconds: u64::try_from(length.as_millis()).unwrap_or(u64::MAX) }
}
