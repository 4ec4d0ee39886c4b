//! The WIT side of pages and frames.

use mavm_browser as b;
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::resource::{
    DialogWaiter, DownloadWaiter, Frame, Locator, Page, PopupWaiter, ResponseWaiter,
};
use mavm_plugin::sealed::Code;
use mavm_plugin::{Failure, TextMatch};
use secrecy::ExposeSecret as _;
use url::Url;
use wasmtime::component::Resource;

use super::convert::{dialog_policy, load_state, selector, text_match};
use super::failure::failure;
use super::handles::{FrameHandle, LocatorHandle};
use super::host::{Answer, BrowserView, foreign};
use super::link::{telling_parts, without_query};

impl BrowserView<'_> {
    async fn open(&mut self, page: b::Page, url: &Url, within: Option<Duration>) -> Answer<()> {
        let step = self.step()?;
        let opened = page.goto(url.as_str(), step.deadline(within)).await;
        step.answer(opened).await
    }

    /// A page that this plugin may use, or why it may not.
    fn own(&mut self, page: &Resource<Page>) -> Answer<b::Page> {
        let page = self.page(page)?;
        match page.session().may_use(&page) {
            Ok(()) => Ok(Ok(page)),
            Err(error) => failure(error).map(Err),
        }
    }

    fn frame(&self, frame: &Resource<Frame>) -> wasmtime::Result<FrameHandle> {
        self.table.get(frame)?.get::<FrameHandle>().cloned().ok_or_else(foreign)
    }
}

impl wit::HostPage for BrowserView<'_> {
    async fn goto(
        &mut self,
        page: Resource<Page>,
        site: String,
        path: String,
        within: Option<Duration>,
    ) -> Answer<()> {
        let page = self.page(&page)?;
        let step = self.step()?;
        match step.sites.address(&step.plugin, &site, &path) {
            // As the browser will have it: what the path says may be put together on the way.
            Ok(url) => match page.session().guess(&url[url::Position::BeforePath..]) {
                Ok(()) => self.open(page, &url, within).await,
                Err(error) => failure(error).map(Err),
            },
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn goto_link(
        &mut self,
        page: Resource<Page>,
        link: Resource<Code>,
        within: Option<Duration>,
    ) -> Answer<()> {
        let page = self.page(&page)?;
        let Code { source, value } = self.table.get(&link)?.clone();
        let step = self.step()?;
        let address = value.expose_secret().trim();
        // The link itself is never told: it may be all that someone needs to take the account.
        let Some(url) = Url::parse(address).ok().filter(Url::has_host) else {
            return Ok(Err(Failure::Invalid(format!(
                "the code from `{source}` is not a link; make its pattern find the whole address"
            ))));
        };
        if !step.sites.origins_for(&step.plugin).iter().any(|origin| origin.holds(url.as_str())) {
            return Ok(Err(Failure::Denied(format!(
                "the link from `{source}` leads to {}, which is not granted; if it is meant to be \
                 opened, add that to a site's origins in mavm.toml and restart the host",
                url.origin().ascii_serialization()
            ))));
        }
        for part in telling_parts(&url) {
            if let Err(error) = page.session().mask(&part) {
                return step.answer(Err(error)).await;
            }
        }
        self.open(page, &url, within).await
    }

    async fn reload(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<()> {
        let page = checked!(self.own(&page)?);
        let step = self.step()?;
        let reloaded = page.reload(step.deadline(within)).await;
        step.answer(reloaded).await
    }

    async fn go_back(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<bool> {
        let page = checked!(self.own(&page)?);
        let step = self.step()?;
        let went = page.go_back(step.deadline(within)).await;
        step.answer(went).await
    }

    async fn go_forward(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<bool> {
        let page = checked!(self.own(&page)?);
        let step = self.step()?;
        let went = page.go_forward(step.deadline(within)).await;
        step.answer(went).await
    }

    async fn url(&mut self, page: Resource<Page>) -> Answer<String> {
        let url = checked!(self.own(&page)?).url();
        Ok(self.step()?.answer(url).await?.map(|url| without_query(&url)))
    }

    async fn title(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<String> {
        let page = self.page(&page)?;
        let step = self.step()?;
        let title = page.title(step.deadline(within)).await;
        step.answer(title).await
    }

    async fn locate(
        &mut self,
        page: Resource<Page>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Locator>> {
        let page = self.page(&page)?;
        self.push_locator(LocatorHandle::new(1, || Ok(page.locator(selector(how)?))))
    }

    async fn frame(
        &mut self,
        page: Resource<Page>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Frame>> {
        let page = self.page(&page)?;
        let frame = FrameHandle::new(1, || Ok(page.frame(selector(how)?)));
        Ok(self.table.push(Frame::new(frame))?)
    }

    async fn wait_for_url(
        &mut self,
        page: Resource<Page>,
        url: TextMatch,
        within: Option<Duration>,
    ) -> Answer<()> {
        let page = checked!(self.own(&page)?);
        let url = match text_match(url) {
            Ok(url) => url,
            Err(failure) => return Ok(Err(failure)),
        };
        let step = self.step()?;
        let there = page.wait_for_url(&url, step.deadline(within)).await;
        step.answer(there).await
    }

    async fn wait_for_load(
        &mut self,
        page: Resource<Page>,
        state: wit::LoadState,
        within: Option<Duration>,
    ) -> Answer<()> {
        let page = self.page(&page)?;
        let step = self.step()?;
        let loaded = page.wait_for_load(load_state(state), step.deadline(within)).await;
        step.answer(loaded).await
    }

    async fn expect_response(
        &mut self,
        page: Resource<Page>,
        url: TextMatch,
    ) -> Answer<Resource<ResponseWaiter>> {
        let page = checked!(self.own(&page)?);
        let url = match text_match(url) {
            Ok(url) => url,
            Err(failure) => return Ok(Err(failure)),
        };
        self.listen(page.expect_response(url), ResponseWaiter::new).await
    }

    async fn expect_popup(&mut self, page: Resource<Page>) -> Answer<Resource<PopupWaiter>> {
        let page = self.page(&page)?;
        self.listen(Ok(page.expect_popup()), PopupWaiter::new).await
    }

    async fn expect_dialog(&mut self, page: Resource<Page>) -> Answer<Resource<DialogWaiter>> {
        let page = self.page(&page)?;
        self.listen(Ok(page.expect_dialog()), DialogWaiter::new).await
    }

    async fn expect_download(&mut self, page: Resource<Page>) -> Answer<Resource<DownloadWaiter>> {
        let page = self.page(&page)?;
        self.listen(page.expect_download(), DownloadWaiter::new).await
    }

    async fn on_dialog(&mut self, page: Resource<Page>, answer: wit::DialogAnswer) -> Answer<()> {
        let policy = match dialog_policy(answer) {
            Ok(policy) => policy,
            Err(failure) => return Ok(Err(failure)),
        };
        let page = self.page(&page)?;
        if let b::DialogPolicy::AcceptWith(text) = &policy
            && let Err(error) = page.session().guess(text)
        {
            return failure(error).map(Err);
        }
        page.session().on_dialog(policy);
        Ok(Ok(()))
    }

    async fn on_overlay(
        &mut self,
        page: Resource<Page>,
        overlay: Resource<Locator>,
        dismiss: Resource<Locator>,
    ) -> Answer<()> {
        let page = self.page(&page)?;
        let overlay = self.locator(&overlay)?.locator;
        let dismiss = self.locator(&dismiss)?.locator;
        let (overlay, dismiss) = match overlay.and_then(|overlay| Ok((overlay, dismiss?))) {
            Ok(both) => both,
            Err(failure) => return Ok(Err(failure)),
        };
        // Without a seat the session is lost, and the next call says so.
        let Some(seat) = self.step()?.seat() else { return Ok(Ok(())) };
        Ok(seat.new_overlay(overlay.to_string(), dismiss.to_string()).map(|new| {
            if new {
                page.on_overlay(&overlay, &dismiss);
            }
        }))
    }

    async fn off_overlay(
        &mut self,
        page: Resource<Page>,
        overlay: Resource<Locator>,
    ) -> Answer<()> {
        let page = self.page(&page)?;
        let overlay = match self.locator(&overlay)?.locator {
            Ok(overlay) => overlay,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(seat) = self.step()?.seat() {
            seat.forget_overlay(&overlay.to_string());
        }
        page.off_overlay(&overlay);
        Ok(Ok(()))
    }

    async fn picture(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<Vec<u8>> {
        let page = checked!(self.own(&page)?);
        let step = self.step()?;
        let picture = page.screenshot(step.deadline(within)).await;
        step.answer(picture).await
    }

    async fn close(&mut self, page: Resource<Page>, within: Option<Duration>) -> Answer<()> {
        let page = self.page(&page)?;
        if !page.session().is_popup(&page) {
            return Ok(Err(Failure::Invalid(
                "only a popup can be closed: a session goes on in its first page, and ends with it"
                    .to_owned(),
            )));
        }
        let step = self.step()?;
        let closed = page.close(step.deadline(within)).await;
        step.answer(closed).await
    }

    async fn drop(&mut self, page: Resource<Page>) -> wasmtime::Result<()> {
        self.table.delete(page)?;
        Ok(())
    }
}

impl wit::HostFrame for BrowserView<'_> {
    async fn locate(
        &mut self,
        frame: Resource<Frame>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Locator>> {
        let frame = BrowserView::frame(self, &frame)?;
        self.push_locator(frame.locate(selector(how)))
    }

    async fn inner(
        &mut self,
        frame: Resource<Frame>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Frame>> {
        let frame = BrowserView::frame(self, &frame)?.frame(selector(how));
        Ok(self.table.push(Frame::new(frame))?)
    }

    async fn drop(&mut self, frame: Resource<Frame>) -> wasmtime::Result<()> {
        self.table.delete(frame)?;
        Ok(())
    }
}
