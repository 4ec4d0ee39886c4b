//! Submitting a section of the sign-up, and telling what came of it.
//!
//! A section's form is disabled while its answer is under way. A complaint counts only once the form
//! can be submitted again: what is seen earlier belongs to the submission before.

use mavm_sdk::prelude::*;

use crate::captcha::Captcha;
use crate::section::{Section, marker};
use crate::{PATIENCE, wording};

/// One section's form.
#[derive(Clone)]
pub struct Form {
    page: Page,
    id: &'static str,
}

/// What came of a submission.
pub enum Answer<T> {
    /// One of the things that were hoped for.
    Next(T),
    /// The form is still there and complains, in these words.
    Complaint(String),
}

impl Form {
    /// The form with this id: `ContactInformation`.
    pub fn new(page: &Page, id: &'static str) -> Self {
        Self { page: page.clone(), id }
    }

    /// An element of it, by css.
    pub fn css(&self, selector: &str) -> Locator {
        self.page.css(&format!("#{} {selector}", self.id))
    }

    /// The button that continues.
    pub fn button(&self) -> Locator {
        self.css("button[type=submit]")
    }

    /// What it complains of, once it can be submitted again.
    pub fn complaints(&self) -> Locator {
        self.page.css(&format!(
            "#{}:has(button[type=submit]:enabled:not([aria-busy=true])) [role=alert]",
            self.id
        ))
    }

    /// Submits, and waits for what is hoped for (which must not show yet) or a complaint. A captcha
    /// that is asked in between is solved.
    pub fn submit<T>(
        &self,
        run: &Run,
        hope: impl Fn(&Page) -> Vec<(T, Locator)>,
    ) -> Result<Answer<T>> {
        let hoped = || {
            hope(&self.page)
                .into_iter()
                .map(|(meaning, locator)| (Seen::Next(meaning), locator))
                .collect()
        };
        let captcha = self.captcha();
        if !captcha.guess.is_visible()? {
            self.button().click()?;
            let mut list: Vec<_> = hoped();
            list.push((Seen::Captcha, captcha.guess.clone()));
            list.extend(self.setbacks());
            match which_within(list, PATIENCE)? {
                Seen::Captcha => {}
                seen => return self.answer(seen),
            }
        }
        let seen = captcha.solve(run, &self.page, hoped, || self.setbacks())?;
        self.answer(seen)
    }

    /// The same, where only one thing is hoped for: the next section. A complaint is a rejection.
    pub fn submit_for(&self, run: &Run, next: Section) -> Result<()> {
        match self.submit(run, |page| vec![((), marker(page, next))])? {
            Answer::Next(()) => Ok(()),
            Answer::Complaint(words) => {
                Err(Failure::rejected(format!("the sign-up says: {words}")))
            }
        }
    }

    /// The other picture in a captcha is the switch to sound.
    fn captcha(&self) -> Captcha {
        let picture = format!("#{} img:not([alt^='Change to'])", self.id);
        Captcha::new(&self.page, "#captchaGuess", &picture, self.button())
    }

    fn setbacks<T>(&self) -> Vec<(Seen<T>, Locator)> {
        vec![
            (Seen::Expired, wording::expired(&self.page)),
            (Seen::Review, wording::review(&self.page)),
            (Seen::Complaint, self.complaints().first()),
        ]
    }

    fn answer<T>(&self, seen: Seen<T>) -> Result<Answer<T>> {
        match seen {
            Seen::Next(meaning) => Ok(Answer::Next(meaning)),
            Seen::Expired => Err(wording::session_over()),
            Seen::Review => Err(wording::under_review()),
            Seen::Complaint => Ok(Answer::Complaint(wording::words_of(&self.complaints())?)),
            Seen::Captcha => {
                Err(Failure::challenge_unsolved("the sign-up asks for one captcha after the other"))
            }
        }
    }
}

enum Seen<T> {
    Next(T),
    Expired,
    Review,
    Captcha,
    Complaint,
}
