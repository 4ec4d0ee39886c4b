//! The WIT side of what is listened for before an action: a response, a popup, a dialog, a download.

use std::sync::{Mutex, PoisonError};

use mavm_browser as b;
use mavm_plugin::Failure;
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::resource::{DialogWaiter, DownloadWaiter, Page, PopupWaiter, ResponseWaiter};
use wasmtime::component::Resource;

use super::convert::dialog_kind;
use super::handles::PageHandle;
use super::host::{Answer, BrowserView, foreign};

/// What a waiter's handle points at: it is taken out when it is waited for.
pub struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    pub fn new(waiter: T) -> Self {
        Self(Mutex::new(Some(waiter)))
    }

    fn take(&self) -> Result<T, Failure> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| {
            Failure::Invalid(
                "this was waited for already; call `expect-…` again before the action that causes \
                 the next one"
                    .to_owned(),
            )
        })
    }
}

impl BrowserView<'_> {
    /// The handle of what is listened for from now on.
    pub(super) async fn listen<T, H: Send + 'static>(
        &mut self,
        waiter: Result<T, b::Error>,
        handle: impl FnOnce(Once<T>) -> H,
    ) -> Answer<Resource<H>> {
        Ok(match self.step()?.answer(waiter).await? {
            Ok(waiter) => Ok(self.table.push(handle(Once::new(waiter)))?),
            Err(failure) => Err(failure),
        })
    }
}

/// Takes what a handle listens for and waits for it.
macro_rules! waited {
    ($view:ident, $handle:ident, $within:ident, $waiter:ty) => {{
        let once = $view.table.get(&$handle)?.get::<Once<$waiter>>().ok_or_else(foreign)?;
        let waiter = match once.take() {
            Ok(waiter) => waiter,
            Err(failure) => return Ok(Err(failure)),
        };
        let step = $view.step()?;
        let found = waiter.wait(step.deadline($within)).await;
        match step.answer(found).await? {
            Ok(found) => found,
            Err(failure) => return Ok(Err(failure)),
        }
    }};
}

impl wit::HostResponseWaiter for BrowserView<'_> {
    async fn wait(
        &mut self,
        waiter: Resource<ResponseWaiter>,
        within: Option<Duration>,
    ) -> Answer<wit::Response> {
        let response = waited!(self, waiter, within, b::ResponseWaiter);
        Ok(Ok(wit::Response {
            url: response.url,
            status: response.status,
            mime_type: response.mime_type,
            body: response.body,
        }))
    }

    async fn drop(&mut self, waiter: Resource<ResponseWaiter>) -> wasmtime::Result<()> {
        self.table.delete(waiter)?;
        Ok(())
    }
}

impl wit::HostPopupWaiter for BrowserView<'_> {
    async fn wait(
        &mut self,
        waiter: Resource<PopupWaiter>,
        within: Option<Duration>,
    ) -> Answer<Resource<Page>> {
        let popup = waited!(self, waiter, within, b::PopupWaiter);
        Ok(Ok(self.table.push(Page::new(PageHandle(popup)))?))
    }

    async fn drop(&mut self, waiter: Resource<PopupWaiter>) -> wasmtime::Result<()> {
        self.table.delete(waiter)?;
        Ok(())
    }
}

impl wit::HostDialogWaiter for BrowserView<'_> {
    async fn wait(
        &mut self,
        waiter: Resource<DialogWaiter>,
        within: Option<Duration>,
    ) -> Answer<wit::Dialog> {
        let dialog = waited!(self, waiter, within, b::DialogWaiter);
        Ok(Ok(wit::Dialog {
            kind: dialog_kind(dialog.kind),
            message: dialog.message,
            proposed: dialog.proposed,
        }))
    }

    async fn drop(&mut self, waiter: Resource<DialogWaiter>) -> wasmtime::Result<()> {
        self.table.delete(waiter)?;
        Ok(())
    }
}

impl wit::HostDownloadWaiter for BrowserView<'_> {
    async fn wait(
        &mut self,
        waiter: Resource<DownloadWaiter>,
        within: Option<Duration>,
    ) -> Answer<wit::Download> {
        let download = waited!(self, waiter, within, b::DownloadWaiter);
        Ok(Ok(wit::Download { name: download.file_name, bytes: download.bytes }))
    }

    async fn drop(&mut self, waiter: Resource<DownloadWaiter>) -> wasmtime::Result<()> {
        self.table.delete(waiter)?;
        Ok(())
    }
}
