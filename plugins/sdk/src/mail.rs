//! Mail to the run's own account.

use std::time::Duration;

use crate::bindings::mavm::plugin::mail as wit;
use crate::{Code, Pattern, Result, time};

/// The account's mail. Got by [`crate::Run::mail`].
#[derive(Clone, Copy)]
pub struct Mail(pub(crate) ());

impl Mail {
    /// Waits for a mail whose subject has these words (empty: any) and takes the code or link that
    /// the pattern finds in its text.
    pub fn wait(self, subject: &str, pattern: impl Into<Pattern>) -> Result<Code> {
        self.wait_within(subject, pattern, time::UNBOUNDED)
    }

    /// The same, waiting so long and no longer.
    pub fn wait_within(
        self,
        subject: &str,
        pattern: impl Into<Pattern>,
        within: Duration,
    ) -> Result<Code> {
        let filter = wit::Filter {
            subject: (!subject.is_empty()).then(|| subject.to_owned()),
            pattern: pattern.into().as_str().to_owned(),
        };
        wit::wait(&filter, time::to_wit(within))
    }
}
