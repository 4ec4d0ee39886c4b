//! The door for codes: checks, seals and keeps a text. Which run it is for is decided later, by the
//! channel's reservation and the plugin's pattern.

use std::sync::Arc;

use mavm_store::Store;

use crate::crypt::Crypt;
use crate::waiting::Clock;

const MAX_TEXT: usize = 1024;

/// Why a text was not kept. Never holds the text.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Too short or too long.
    #[error(
        "a text has 1 to {MAX_TEXT} bytes, this one has {0}. Send the SMS as it is, nothing more"
    )]
    Length(usize),
    /// Not a channel's name.
    #[error(
        "a channel's name is lower-case letters, digits and hyphens, at most 64. Use the name that the flow waits on, such as `card-sms`"
    )]
    Channel,
    /// It could not be written: the sender should try again.
    #[error("the code could not be kept, send it again: {0}")]
    Store(#[from] mavm_store::Error),
    /// It could not be sealed.
    #[error("the code could not be sealed: {0}")]
    Seal(#[from] crate::crypt::Error),
}

/// Takes codes in.
#[derive(Clone)]
pub struct Intake {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    clock: Clock,
}

impl Intake {
    /// Codes go into `store`, sealed with `crypt`.
    pub fn new(store: Arc<dyn Store>, crypt: Arc<Crypt>, clock: Clock) -> Self {
        Self { store, crypt, clock }
    }

    /// Keeps the text of an SMS, on a channel if the sender says which. It is on disk when this
    /// returns.
    pub async fn sms(&self, text: &str, channel: Option<&str>) -> Result<(), IntakeError> {
        if text.trim().is_empty() || text.len() > MAX_TEXT {
            return Err(IntakeError::Length(text.len()));
        }
        if channel.is_some_and(|name| !super::is_channel(name)) {
            return Err(IntakeError::Channel);
        }
        let sealed = self.crypt.seal(super::PURPOSE, text.as_bytes())?;
        let id = self.store.put_code((self.clock)(), channel, sealed).await?;
        tracing::info!(id, channel, "a code came in");
        Ok(())
    }
}
