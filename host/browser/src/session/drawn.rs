//! How much of its pages Chromium draws.
//!
//! Nobody looks at them, and drawing takes a good part of the machine: of a page that a pane of one pixel
//! shows, Chromium draws no more than that. The page can't tell: its window, what is in view of it and
//! where the mouse is are as they are said to be. (Not so with a wheel, which we don't turn: what it scrolls
//! is decided by what is drawn.)
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
    /// For a picture. To be held until Chromium has answered for that: it leaves a pane as it was when it began.
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
        let divided = divided(pages, frames);
        for (page, divided) in pages.iter_mut().zip(divided) {
            let wanted = match whole || divided || page.poses > 0 {
                true => Drawn::Whole,
                false => Drawn::Corner,
            };
            if !page.closed && page.drawn != Some(wanted) {
                page.drawn = Some(wanted);
                self.resize_pane(page, wanted);
            }
        }
    }

    fn resize_pane(&self, page: &PageState, drawn: Drawn) {
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

/// Of each page, in their order, whether a frame in it has a process of its own.
fn divided(pages: &[PageState], frames: &HashMap<String, FrameState>) -> Vec<bool> {
    let places: HashMap<&str, usize> =
        pages.iter().enumerate().map(|(at, page)| (page.id.as_str(), at)).collect();
    let mut divided = vec![false; pages.len()];
    for frame in frames.values() {
        match places.get(frame.page.as_str()) {
            Some(&at) => divided[at] |= frame.cdp.as_deref() != Some(&pages[at].cdp),
            // Whose a frame is may become known only after the frame itself.
            None if frame.page.is_empty() && frame.cdp.is_some() => divided.fill(true),
            None => {}
        }
    }
    divided
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
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::{Launcher, Options, SessionOptions};

    #[test]
    fn a_page_is_divided_by_frames_in_other_processes() {
        let pages = ["one", "two"].map(|id| PageState::new(id, &format!("{id}'s"), None));
        let frame = |page: &str, cdp: Option<&str>| {
            let mut frame = FrameState::new(page, Some("one"), "");
            frame.cdp = cdp.map(str::to_owned);
            frame
        };
        for (one_more, expected) in [
            (frame("one", Some("one's")), [false, false]),
            (frame("one", Some("its own")), [true, false]),
            (frame("two", Some("its own")), [false, true]),
            // It moves.
            (frame("one", None), [true, false]),
            // Nobody knows yet whose it is; and of one that is gone nobody will.
            (frame("", Some("its own")), [true, true]),
            (frame("", None), [false, false]),
            (frame("gone", Some("its own")), [false, false]),
        ] {
            let mut frames = HashMap::from([("one".to_owned(), frame("one", Some("one's")))]);
            frames.insert("one more".to_owned(), one_more);
            assert_eq!(divided(&pages, &frames), expected);
        }
    }

    #[tokio::test]
    async fn a_page_is_drawn_whole_while_a_picture_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let launcher = Launcher::new(Options::in_folder(folder.path()));
        let session = launcher.session(SessionOptions::default()).await.unwrap();
        let inner = session.inner();
        let drawn = || inner.state().pages[0].drawn;
        let id = inner.state().current_page();
        assert_eq!(drawn(), Some(Drawn::Corner));
        let one = inner.pose(&id);
        let other = inner.pose(&id);
        drop(one);
        assert_eq!(drawn(), Some(Drawn::Whole));
        drop(other);
        assert_eq!(drawn(), Some(Drawn::Corner));
        session.page().screenshot(Duration::from_secs(20)).await.unwrap();
        assert_eq!(drawn(), Some(Drawn::Corner));
        session.close().await;
        launcher.close().await;
    }
}
