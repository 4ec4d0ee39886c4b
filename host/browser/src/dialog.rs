//! Dialogs: what is done with them, and waiting for one. A dialog stops its page until it is
//! answered, so each is answered at once, by a policy that was given before; nobody is ever asked.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Deadline, Error, Page};

/// What is done with `alert`, `confirm` and `prompt`. Leaving a page is never prevented, whatever
/// the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DialogPolicy {
    /// What informs is confirmed, what asks is declined.
    #[default]
    Usual,
    /// Everything is confirmed; a prompt with the text that the page proposes.
    Accept,
    /// Everything is confirmed; a prompt with this text.
    AcceptWith(String),
    /// Everything is declined.
    Dismiss,
}

impl DialogPolicy {
    /// Whether to confirm, and with which text.
    pub(crate) fn answer(&self, dialog: DialogKind, proposed: &str) -> (bool, Option<String>) {
        match (dialog, self) {
            (DialogKind::BeforeUnload, _) => (true, None),
            (kind, Self::Usual) => (kind == DialogKind::Alert, None),
            (_, Self::Dismiss) => (false, None),
            (DialogKind::Prompt, Self::Accept) => (true, Some(proposed.to_owned())),
            (DialogKind::Prompt, Self::AcceptWith(text)) => (true, Some(text.clone())),
            (_, Self::Accept | Self::AcceptWith(_)) => (true, None),
        }
    }
}

/// Which function of the page opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogKind {
    /// `alert`: informs.
    Alert,
    /// `confirm`: asks for a yes.
    Confirm,
    /// `prompt`: asks for a text.
    Prompt,
    /// The page asks whether it may be left.
    BeforeUnload,
}

impl DialogKind {
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "alert" => Self::Alert,
            "prompt" => Self::Prompt,
            "beforeunload" => Self::BeforeUnload,
            _ => Self::Confirm,
        }
    }
}

impl fmt::Display for DialogKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alert => "alert",
            Self::Confirm => "confirm",
            Self::Prompt => "prompt",
            Self::BeforeUnload => "beforeunload",
        })
    }
}

/// A dialog that a page opened, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Which.
    pub kind: DialogKind,
    /// What it said, used sealed values masked; at most 4,000 characters.
    pub message: String,
    /// The text that a prompt proposed, masked the same way.
    pub proposed: String,
    /// Whether it was confirmed. Not always as the policy says: full Chromium itself cancels a
    /// prompt of a window that is not in front, and whatever is open when another comes to it.
    pub accepted: bool,
}

/// Somebody waits for a dialog; kept in the page's state.
pub(crate) struct DialogWatch {
    id: u64,
    /// Those that came and were not asked for yet; of too many, the later ones are not kept.
    seen: VecDeque<Arc<Dialog>>,
}

impl DialogWatch {
    const KEPT: usize = 100;

    pub(crate) fn saw(&mut self, dialog: &Arc<Dialog>) {
        if self.seen.len() < Self::KEPT {
            self.seen.push_back(Arc::clone(dialog));
        }
    }
}

/// Listens from its making on, until it is dropped.
pub struct DialogWaiter {
    page: Page,
    id: u64,
}

impl DialogWaiter {
    pub(crate) fn new(page: Page) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        if let Some(state) = page.session().inner().state().page_mut(page.id()) {
            state.dialog_watches.push(DialogWatch { id, seen: VecDeque::new() });
        }
        Self { page, id }
    }

    /// The next dialog since the waiter was made; asked again, the one after it.
    pub async fn wait(&self, deadline: impl Into<Deadline>) -> Result<Dialog, Error> {
        let deadline = deadline.into();
        let came = self.page.session().inner().until(&deadline, |state| {
            let seen = state.page_mut(self.page.id()).and_then(|page| {
                let mine = page.dialog_watches.iter_mut().find(|watch| watch.id == self.id);
                mine.and_then(|watch| watch.seen.pop_front())
            });
            match seen {
                Some(dialog) => Some(Ok(Dialog::clone(&dialog))),
                None => state.trouble(self.page.id()).map(Err),
            }
        });
        came.await.unwrap_or_else(|over| {
            let (obstacle, showed) = (self.page.obstacle(), self.page.shown_url());
            Err(Error::over(over, "a dialog", &deadline, obstacle, showed))
        })
    }
}

impl Drop for DialogWaiter {
    fn drop(&mut self) {
        if let Some(page) = self.page.session().inner().state().page_mut(self.page.id()) {
            page.dialog_watches.retain(|watch| watch.id != self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DialogKind::{Alert, BeforeUnload, Confirm, Prompt};
    use super::*;

    #[test]
    fn every_policy_has_an_answer_to_every_dialog() {
        let with = DialogPolicy::AcceptWith("mine".to_owned());
        for (policy, kind, accepted, text) in [
            (&DialogPolicy::Usual, Alert, true, None),
            (&DialogPolicy::Usual, Confirm, false, None),
            (&DialogPolicy::Usual, Prompt, false, None),
            (&DialogPolicy::Accept, Confirm, true, None),
            (&DialogPolicy::Accept, Prompt, true, Some("proposed")),
            (&with, Alert, true, None),
            (&with, Prompt, true, Some("mine")),
            (&DialogPolicy::Dismiss, Alert, false, None),
            (&DialogPolicy::Dismiss, Prompt, false, None),
            (&DialogPolicy::Dismiss, BeforeUnload, true, None),
        ] {
            let answer = policy.answer(kind, "proposed");
            assert_eq!(answer, (accepted, text.map(str::to_owned)), "{policy:?} {kind}");
        }
    }
}
