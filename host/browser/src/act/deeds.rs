//! Deeds that the script does by itself, in one call.

use base64::Engine as _;
use serde_json::{Value as Json, json};

use super::settle::Before;
use super::tries::insist;
use crate::{Choice, Deadline, Error, Locator, Value};

pub(crate) async fn fill(
    locator: &Locator,
    value: &Value,
    deadline: &Deadline,
) -> Result<(), Error> {
    put(locator, "fill", "fill", value, deadline).await
}

/// Puts a value in by `op`. A sealed one is masked from now on, whatever comes of it.
pub(super) async fn put(
    locator: &Locator,
    what: &'static str,
    op: &str,
    value: &Value,
    deadline: &Deadline,
) -> Result<(), Error> {
    let before = Before::of(locator);
    let sealed = match value {
        Value::Plain(text) => {
            locator.page.session().inner().used.guess(text)?;
            None
        }
        Value::Sealed(sealed) => {
            locator.page.session().inner().remember(sealed)?;
            Some(sealed)
        }
    };
    let body = json!({"op": op, "value": value.exposed()});
    insist(locator, what, body, sealed, true, deadline).await?;
    before.settle(locator, what, deadline).await
}

pub(crate) async fn select(
    locator: &Locator,
    choices: &[Choice],
    deadline: &Deadline,
) -> Result<(), Error> {
    choices.iter().try_for_each(Choice::check)?;
    let before = Before::of(locator);
    let options: Vec<Json> = choices.iter().map(Choice::wire).collect();
    let body = json!({"op": "select", "options": options});
    insist(locator, "select", body, None, true, deadline).await.map_err(|error| match error {
        Error::TimedOut(mut waited) => {
            let wanted: Vec<String> = choices.iter().map(ToString::to_string).collect();
            waited.for_what = format!("select of {} in {locator}", wanted.join(", "));
            Error::TimedOut(waited)
        }
        error => error,
    })?;
    before.settle(locator, "select", deadline).await
}

/// A file for a file field, made in the page.
#[derive(Clone, Debug)]
pub struct UploadFile {
    /// Its name, without folders.
    pub name: String,
    /// Its type, such as `application/pdf`.
    pub mime_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Bytes of all files of one upload.
const UPLOAD_LIMIT: usize = 4 << 20;

pub(crate) async fn upload(
    locator: &Locator,
    files: &[UploadFile],
    deadline: &Deadline,
) -> Result<(), Error> {
    let size: usize = files.iter().map(|file| file.bytes.len()).sum();
    if size > UPLOAD_LIMIT {
        return Err(Error::Invalid(format!(
            "{locator}: the files have {size} bytes; at most {UPLOAD_LIMIT} can be uploaded at once"
        )));
    }
    for file in files {
        let used = &locator.page.session().inner().used;
        used.guess(&file.name)?;
        used.guess(&String::from_utf8_lossy(&file.bytes))?;
    }
    let before = Before::of(locator);
    let files: Vec<Json> = files
        .iter()
        .map(|UploadFile { name, mime_type, bytes }| {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            json!({"name": name, "type": mime_type, "data": data})
        })
        .collect();
    let body = json!({"op": "upload", "files": files});
    insist(locator, "upload", body, None, true, deadline).await?;
    before.settle(locator, "upload", deadline).await
}

pub(crate) async fn focus(locator: &Locator, deadline: &Deadline) -> Result<(), Error> {
    insist(locator, "focus", json!({"op": "focus", "boxless": true}), None, false, deadline)
        .await?;
    Ok(())
}

pub(crate) async fn scroll(locator: &Locator, deadline: &Deadline) -> Result<(), Error> {
    insist(locator, "scroll", json!({"op": "scroll"}), None, false, deadline).await?;
    Ok(())
}
