//! The WIT side of locators.

use mavm_browser as b;
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::resource::{Frame, Locator};
use mavm_plugin::sealed::Code;
use mavm_plugin::{Failure, TextMatch};
use wasmtime::component::Resource;

use super::bounds::{MAX_SELECTOR, short};
use super::convert::{choices, click_options, element_state, files, pattern, selector, text_match};
use super::handles::FrameHandle;
use super::host::{Answer, BrowserView};

/// Frames that two locators don't share and the like: the plugin's fault.
fn invalid(error: b::Error) -> Failure {
    Failure::Invalid(error.to_string())
}

impl wit::HostLocator for BrowserView<'_> {
    async fn locate(
        &mut self,
        locator: Resource<Locator>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Locator>> {
        let outer = self.locator(&locator)?;
        self.push_locator(outer.then(1, |outer| Ok(outer.locate(selector(how)?))))
    }

    async fn frame(
        &mut self,
        locator: Resource<Locator>,
        how: wit::Selector,
    ) -> wasmtime::Result<Resource<Frame>> {
        let outer = self.locator(&locator)?;
        let frame = FrameHandle::new(outer.parts + 1, || Ok(outer.locator?.frame(selector(how)?)));
        Ok(self.table.push(Frame::new(frame))?)
    }

    async fn content_frame(
        &mut self,
        locator: Resource<Locator>,
    ) -> wasmtime::Result<Resource<Frame>> {
        let element = self.locator(&locator)?;
        let frame = FrameHandle::new(element.parts + 1, || Ok(element.locator?.content()));
        Ok(self.table.push(Frame::new(frame))?)
    }

    async fn nth(
        &mut self,
        locator: Resource<Locator>,
        index: i32,
    ) -> wasmtime::Result<Resource<Locator>> {
        let all = self.locator(&locator)?;
        self.push_locator(all.then(1, |all| Ok(all.nth(index))))
    }

    async fn filter_text(
        &mut self,
        locator: Resource<Locator>,
        has: TextMatch,
    ) -> wasmtime::Result<Resource<Locator>> {
        let all = self.locator(&locator)?;
        self.push_locator(all.then(1, |all| Ok(all.filter_text(text_match(has)?))))
    }

    async fn filter_has(
        &mut self,
        locator: Resource<Locator>,
        has: Resource<Locator>,
    ) -> wasmtime::Result<Resource<Locator>> {
        let (all, inner) = (self.locator(&locator)?, self.locator(&has)?);
        let made = all.then(inner.parts, |all| all.filter_has(&inner.locator?).map_err(invalid));
        self.push_locator(made)
    }

    async fn or(
        &mut self,
        locator: Resource<Locator>,
        other: Resource<Locator>,
    ) -> wasmtime::Result<Resource<Locator>> {
        let (one, other) = (self.locator(&locator)?, self.locator(&other)?);
        self.push_locator(one.then(other.parts, |one| one.or(&other.locator?).map_err(invalid)))
    }

    async fn click(
        &mut self,
        locator: Resource<Locator>,
        options: wit::ClickOptions,
    ) -> Answer<()> {
        let how = checked!(click_options(&options));
        self.act(&locator, options.within, |on, until| async move { on.click(how, until).await })
            .await
    }

    async fn fill(
        &mut self,
        locator: Resource<Locator>,
        value: wit::Value,
        within: Option<Duration>,
    ) -> Answer<()> {
        let value = checked!(self.value(&value)?);
        self.act(&locator, within, |on, until| async move { on.fill(value, until).await }).await
    }

    async fn type_keys(
        &mut self,
        locator: Resource<Locator>,
        value: wit::Value,
        within: Option<Duration>,
    ) -> Answer<()> {
        let value = checked!(self.value(&value)?);
        self.act(&locator, within, |on, until| async move { on.type_keys(value, until).await })
            .await
    }

    async fn press(
        &mut self,
        locator: Resource<Locator>,
        key: String,
        within: Option<Duration>,
    ) -> Answer<()> {
        checked!(short("a key", &key, 100));
        self.act(&locator, within, |on, until| async move { on.press(&key, until).await }).await
    }

    async fn set_checked(
        &mut self,
        locator: Resource<Locator>,
        checked: bool,
        within: Option<Duration>,
    ) -> Answer<()> {
        self.act(&locator, within, |on, until| async move { on.set_checked(checked, until).await })
            .await
    }

    async fn select(
        &mut self,
        locator: Resource<Locator>,
        choice: TextMatch,
        within: Option<Duration>,
    ) -> Answer<()> {
        let choice = b::Choice::Either(checked!(text_match(choice)));
        self.act(&locator, within, |on, until| async move { on.select(&[choice], until).await })
            .await
    }

    async fn select_all(
        &mut self,
        locator: Resource<Locator>,
        wanted: Vec<TextMatch>,
        within: Option<Duration>,
    ) -> Answer<()> {
        let wanted = checked!(choices(wanted));
        self.act(&locator, within, |on, until| async move { on.select(&wanted, until).await }).await
    }

    async fn upload(
        &mut self,
        locator: Resource<Locator>,
        wanted: Vec<wit::File>,
        within: Option<Duration>,
    ) -> Answer<()> {
        let wanted = checked!(files(wanted));
        self.act(&locator, within, |on, until| async move { on.upload(&wanted, until).await }).await
    }

    async fn drag_to(
        &mut self,
        locator: Resource<Locator>,
        target: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<()> {
        let target = checked!(self.locator(&target)?.locator);
        self.act(&locator, within, |on, until| async move { on.drag_to(&target, until).await })
            .await
    }

    async fn hover(&mut self, locator: Resource<Locator>, within: Option<Duration>) -> Answer<()> {
        self.act(&locator, within, |on, until| async move { on.hover(until).await }).await
    }

    async fn focus(&mut self, locator: Resource<Locator>, within: Option<Duration>) -> Answer<()> {
        self.act(&locator, within, |on, until| async move { on.focus(until).await }).await
    }

    async fn scroll_into_view(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<()> {
        self.act(&locator, within, |on, until| async move { on.scroll_into_view(until).await })
            .await
    }

    async fn text(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<String> {
        self.act(&locator, within, |on, until| async move { on.text(until).await }).await
    }

    async fn value(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<String> {
        self.act(&locator, within, |on, until| async move { on.value(until).await }).await
    }

    async fn attribute(
        &mut self,
        locator: Resource<Locator>,
        name: String,
        within: Option<Duration>,
    ) -> Answer<Option<String>> {
        checked!(short("an attribute's name", &name, MAX_SELECTOR));
        self.act(&locator, within, |on, until| async move { on.attribute(&name, until).await })
            .await
    }

    async fn read_code(
        &mut self,
        locator: Resource<Locator>,
        code: String,
        within: Option<Duration>,
    ) -> Answer<Resource<Code>> {
        checked!(pattern(&code));
        let read = self
            .act(&locator, within, |on, until| async move { on.read_sealed(&code, until).await })
            .await?;
        let value = checked!(read);
        let step = self.step()?;
        let origins = step.sites.origins_for(&step.plugin);
        let used = step.uses(&b::Sealed::new(value.clone(), origins).as_read());
        checked!(step.answer(used).await?);
        Ok(Ok(self.table.push(Code { source: "page".to_owned(), value })?))
    }

    async fn picture(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<Vec<u8>> {
        self.act(&locator, within, |on, until| async move { on.screenshot(until).await }).await
    }

    async fn count(&mut self, locator: Resource<Locator>, within: Option<Duration>) -> Answer<u32> {
        let count = self.act(&locator, within, |on, until| async move { on.count(until).await });
        Ok(count.await?.map(|count| u32::try_from(count).unwrap_or(u32::MAX)))
    }

    async fn is_visible(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<bool> {
        self.act(&locator, within, |on, until| async move { on.is_visible(until).await }).await
    }

    async fn is_enabled(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<bool> {
        self.act(&locator, within, |on, until| async move { on.is_enabled(until).await }).await
    }

    async fn is_checked(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<bool> {
        self.act(&locator, within, |on, until| async move { on.is_checked(until).await }).await
    }

    async fn is_editable(
        &mut self,
        locator: Resource<Locator>,
        within: Option<Duration>,
    ) -> Answer<bool> {
        self.act(&locator, within, |on, until| async move { on.is_editable(until).await }).await
    }

    async fn wait_for_text(
        &mut self,
        locator: Resource<Locator>,
        text: TextMatch,
        within: Option<Duration>,
    ) -> Answer<()> {
        let text = checked!(text_match(text));
        self.act(&locator, within, |on, until| async move { on.wait_for_text(&text, until).await })
            .await
    }

    async fn wait_for(
        &mut self,
        locator: Resource<Locator>,
        state: wit::ElementState,
        within: Option<Duration>,
    ) -> Answer<()> {
        let state = element_state(state);
        self.act(&locator, within, |on, until| async move { on.wait_for(state, until).await }).await
    }

    async fn drop(&mut self, locator: Resource<Locator>) -> wasmtime::Result<()> {
        self.table.delete(locator)?;
        Ok(())
    }
}
