//! Waiting for what an action causes beside its element: an answer of the site, a popup, a dialog, a
//! download. Each is made before the action, so that nothing is missed.

use std::time::Duration;

use crate::bindings::mavm::plugin::browser as wit;
pub use crate::bindings::mavm::plugin::browser::{Dialog, DialogKind, Download, Response};
use crate::{Page, Result, time};

/// Writes a waiter: what it waits for, at most half a minute or as long as is said.
macro_rules! waiter {
    ($(#[$doc:meta])* $name:ident -> $found:ty, $from:expr) => {
        $(#[$doc])*
        pub struct $name {
            handle: wit::$name,
        }

        impl $name {
            pub(crate) fn new(handle: wit::$name) -> Self {
                Self { handle }
            }

            /// Waits for it, at most half a minute.
            pub fn wait(&self) -> Result<$found> {
                self.wait_within(time::PATIENCE)
            }

            /// Waits for it so long.
            pub fn wait_within(&self, within: Duration) -> Result<$found> {
                self.handle.wait(Some(time::to_wit(within))).map($from)
            }
        }
    };
}

waiter! {
    /// Listens for one answer that the page is going to get.
    ResponseWaiter -> Response, std::convert::identity
}

waiter! {
    /// Listens for the next tab or window that the page opens.
    PopupWaiter -> Page, Page::new
}

waiter! {
    /// Listens for the next dialog.
    DialogWaiter -> Dialog, std::convert::identity
}

waiter! {
    /// Listens for the next download.
    DownloadWaiter -> Download, std::convert::identity
}
