//! Downloads as Chromium tells of them. One that nobody waits for, that comes from an origin that is
//! not granted, or that grows too large is broken off.

use std::path::PathBuf;

use serde_json::json;
use serde_json::value::RawValue;

use super::wire::{DownloadBegins, DownloadProgress};
use super::{Inner, State};
use crate::address::kept;
use crate::download::{End, LIMIT, Taken, remove};

impl Inner {
    /// The session's own folder for files; it need not exist.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.browser.downloads.join(&self.context)
    }

    pub(crate) fn allow_downloads(&self) {
        // By Chromium's own name for each, never by one of the site's.
        self.set_downloads(json!({"behavior": "allowAndName", "downloadPath": self.downloads()}));
    }

    pub(crate) fn deny_downloads(&self) {
        self.set_downloads(json!({"behavior": "deny"}));
    }

    fn set_downloads(&self, mut how: serde_json::Value) {
        how["browserContextId"] = json!(self.context);
        // For all sessions at once: switched off for one, none would hear of its downloads.
        how["eventsEnabled"] = json!(true);
        self.browser.connection.post(None, "Browser.setDownloadBehavior", how);
    }

    pub(crate) fn cancel_download(&self, guid: &str) {
        let which = json!({"guid": guid, "browserContextId": self.context});
        self.browser.connection.post(None, "Browser.cancelDownload", which);
    }

    /// The session is over: what it downloaded goes with it.
    pub(super) fn remove_downloads(&self) {
        if std::mem::take(&mut self.state().downloads.folder) {
            // What can't be removed now goes with the profile.
            let _ = std::fs::remove_dir_all(self.downloads());
        }
    }

    /// An event of any session's download.
    pub(crate) fn download_event(&self, method: &str, params: &RawValue) {
        let text = params.get();
        if method == "Browser.downloadWillBegin" {
            match serde_json::from_str::<DownloadBegins>(text) {
                Ok(event) => self.download_begins(event),
                Err(error) => tracing::warn!(%error, "a download could not be read"),
            }
        } else {
            match serde_json::from_str::<DownloadProgress>(text) {
                Ok(event) => self.download_goes_on(&event),
                Err(error) => tracing::warn!(%error, "a download could not be read"),
            }
        }
    }

    fn download_begins(&self, event: DownloadBegins) {
        let mut state = self.state();
        let Some(family) = state.family(&event.frame_id) else { return };
        let granted = self.may_download(&event.url);
        state.downloads.begun += 1;
        let watches = &mut state.downloads.watches;
        let watch =
            watches.iter_mut().find(|watch| watch.taken.is_none() && family.contains(&watch.page));
        let expected = watch.is_some();
        if let Some(watch) = watch {
            let end = (!granted).then(|| End::Denied(self.denial(&event.url, "a download began")));
            watch.taken = Some(Taken {
                guid: event.guid.clone(),
                url: kept(event.url.clone()),
                name: event.suggested_filename,
                end,
            });
        }
        drop(state);
        let allowed = expected && granted;
        if !allowed {
            self.cancel_download(&event.guid);
        }
        self.touch();
        if self.caused() {
            let url = self.shown(&event.url);
            tracing::info!(url, expected, granted, "a page began a download");
            self.trace.note("download", &json!({"url": url, "allowed": allowed}));
        }
    }

    /// What a page made itself is as good as the page, which is of a granted origin.
    fn may_download(&self, url: &str) -> bool {
        let own = url.strip_prefix("blob:").unwrap_or(url);
        self.allows(own) || own.starts_with("data:")
    }

    fn download_goes_on(&self, event: &DownloadProgress) {
        let size = event.received_bytes.max(event.total_bytes);
        // Chromium tells sizes as numbers with a point.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let size = size.max(0.0) as u64;
        let mut state = self.state();
        let mut watches = state.downloads.watches.iter_mut();
        let taken = watches.find_map(|watch| {
            watch.taken.as_mut().filter(|taken| taken.guid == event.guid && taken.end.is_none())
        });
        let Some(taken) = taken else {
            let folder = state.downloads.folder;
            drop(state);
            // One that was broken off too late.
            if folder && event.state == "completed" {
                remove(self, &event.guid);
            }
            return;
        };
        let too_large = size > LIMIT;
        taken.end = match event.state.as_str() {
            _ if too_large => Some(End::TooLarge(size)),
            "completed" => Some(End::Done),
            "canceled" => Some(End::BrokenOff),
            _ => None,
        };
        drop(state);
        if too_large {
            self.cancel_download(&event.guid);
        }
        self.touch();
    }
}

impl State {
    /// The page that a frame belongs to, and those that opened it, and so on; none if the frame is
    /// another session's.
    pub(super) fn family(&self, frame: &str) -> Option<Vec<String>> {
        let mut page = self.page(self.page_in(frame))?;
        let mut family = vec![page.id.clone()];
        while let Some(opener) = page.opener.as_deref().and_then(|id| self.page(self.page_in(id))) {
            if family.contains(&opener.id) {
                break;
            }
            family.push(opener.id.clone());
            page = opener;
        }
        Some(family)
    }
}
