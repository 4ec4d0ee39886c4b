//! A browser context of Chromium: what one session has of cookies, storage and pages.

use std::sync::Arc;

use serde_json::json;

use crate::cdp::Connection;

/// One that nobody else knows of: it is disposed of when this is dropped, unless a session has taken it
/// over.
pub(crate) struct Context {
    pub(super) id: String,
    /// None once it is somebody else's.
    pub(super) connection: Option<Arc<Connection>>,
}

impl Context {
    /// Chromium's name for it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// From now on whoever has the name sees to it that it is disposed of.
    pub(crate) fn take_over(mut self) -> String {
        self.connection = None;
        std::mem::take(&mut self.id)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            let context = json!({"browserContextId": self.id});
            connection.post(None, "Target.disposeBrowserContext", context);
        }
    }
}
