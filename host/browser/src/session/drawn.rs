//! How much of its pages Chromium draws.
//!
//! Nobody looks at them, and drawing takes a good part of the machine: of a page that a pane of one pixel
//! shows, Chromium draws no more than that. The page can't tell: its window, what is in view of it and
//! where the mouse is are as they are said to be.
//!
//! Three cases need all of it: a picture; a frame with a process of its own, since Chromium finds out from
//! what it has drawn last which process a mouse event is for; and somebody who looks on, or a trace with
//! pictures of every deed, for each of which all would have to be drawn anew.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::state::{FrameState, PageState};
use super::{Inner, State};

/// How much of a page is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawn {
    /// All that its window shows.
    Whole,
    /// One pixel.
    Corner,
}

/// A page is drawn whole while this is held.
pub(crate) struct Pose {
    inner: Arc<Inner>,
    page: String,
}

impl Inner {
    /// For a picture. Held until that is taken: Chromium leaves a page as large as it was when it began.
    pub(crate) fn pose(self: &Arc<Self>, page: &str) -> Pose {
        if let Some(page) = self.state().page_mut(page) {
            page.poses += 1;
        }
        self.draw();
        Pose { inner: self.clone(), page: page.to_owned() }
    }

    /// Has each page drawn as it must be now; to be called when frames have come, moved or gone.
    pub(super) fn draw(&self) {
        let whole = self.browser.headed || self.trace.is_full();
        let mut state = self.state();
        let State { pages, frames, .. } = &mut *state;
        for page in pages.iter_mut().filter(|page| !page.closed) {
            let wanted = if whole { Drawn::Whole } else { wanted(page, frames) };
            if page.drawn != Some(wanted) {
                page.drawn = Some(wanted);
                self.have_drawn(page, wanted);
            }
        }
    }

    fn have_drawn(&self, page: &PageState, drawn: Drawn) {
        let size = self.viewport;
        let mut window = json!({
            "width": size.width,
            "height": size.height,
            "screenWidth": size.width,
            "screenHeight": size.height,
            "deviceScaleFactor": 0,
            "mobile": false,
        });
        let post = |method: &'static str, params: serde_json::Value| {
            self.browser.connection.post(Some(&page.cdp), method, params);
        };
        match drawn {
            Drawn::Whole => post("Emulation.setDeviceMetricsOverride", window),
            Drawn::Corner => {
                window["dontSetVisibleSize"] = json!(true);
                post("Emulation.setDeviceMetricsOverride", window);
                post("Emulation.setVisibleSize", json!({"width": 1, "height": 1}));
            }
        }
    }
}

fn wanted(page: &PageState, frames: &HashMap<String, FrameState>) -> Drawn {
    // Whose a frame is may become known only after the frame itself.
    let apart = frames.values().any(|frame| {
        (frame.page == page.id || frame.page.is_empty()) && frame.cdp.as_ref() != Some(&page.cdp)
    });
    if apart || page.poses > 0 { Drawn::Whole } else { Drawn::Corner }
}

impl Drop for Pose {
    fn drop(&mut self) {
        if let Some(page) = self.inner.state().page_mut(&self.page) {
            page.poses = page.poses.saturating_sub(1);
        }
        self.inner.draw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_with_frames_in_other_processes_or_for_pictures_are_drawn_whole() {
        let mut page = PageState::new("page", "its", None);
        let frame = |page: &str, cdp: Option<&str>| {
            let mut frame = FrameState::new(page, Some("page"), cdp.unwrap_or_default());
            frame.cdp = cdp.map(str::to_owned);
            frame
        };
        for (one_more, drawn) in [
            (frame("page", Some("its")), Drawn::Corner),
            (frame("another page", Some("other's")), Drawn::Corner),
            (frame("page", Some("other's")), Drawn::Whole),
            (frame("page", None), Drawn::Whole),
            (frame("", Some("other's")), Drawn::Whole),
        ] {
            let mut frames = HashMap::from([("page".to_owned(), frame("page", Some("its")))]);
            frames.insert("one more".to_owned(), one_more);
            assert_eq!(wanted(&page, &frames), drawn);
        }
        page.poses = 1;
        assert_eq!(wanted(&page, &HashMap::new()), Drawn::Whole);
    }
}
