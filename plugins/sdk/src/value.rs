//! What can be put into a field.

use crate::bindings::mavm::plugin::browser::Value as WitValue;
use crate::{Code, Secret};

/// A text, or a handle whose value the host types. The plugin never sees the last two.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Plain text.
    Text(&'a str),
    /// A lasting secret: typed only into pages it is bound to.
    Secret(&'a Secret),
    /// A one-time code.
    Code(&'a Code),
}

impl<'a> Value<'a> {
    pub(crate) fn to_wit(self) -> WitValue<'a> {
        match self {
            Self::Text(text) => WitValue::Text(text.to_owned()),
            Self::Secret(secret) => WitValue::Secret(secret),
            Self::Code(code) => WitValue::Code(code),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Secret> for Value<'a> {
    fn from(secret: &'a Secret) -> Self {
        Self::Secret(secret)
    }
}

impl<'a> From<&'a Code> for Value<'a> {
    fn from(code: &'a Code) -> Self {
        Self::Code(code)
    }
}
