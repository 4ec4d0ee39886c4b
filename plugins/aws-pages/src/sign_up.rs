//! Getting to a section of the sign-up, from wherever an interruption has left us.
//!
//! 1. If the page is the sign-up's, it says which section is open.
//! 2. If it isn't, the browser is a new one and shows an empty page. It may have got the cookies of
//!    the one before: then the sign-up opens where we were.
//! 3. If it doesn't, or its session has expired, we sign in: an unfinished sign-up goes on at the first
//!    section that isn't finished.
//! 4. Where the account doesn't exist yet, there is nothing to go on with: the start is open.
//!
//! What it means that a section is behind us (the step was done before the interruption), and what to
//! do about one that is still before us, the step decides.

use std::cmp::Ordering;

use mavm_sdk::prelude::*;

use crate::section::{self, Section, Sight};
use crate::sign_in::{Arrival, sign_in};
use crate::{PATIENCE, wording};

/// Opens whatever section is open; the start would begin anew.
const RESUME: &str = "/billing/signup#/resume";

/// Where we are, seen from the section we wanted.
pub enum Place {
    /// There.
    Here(Page),
    /// It is finished: this one is open.
    Past(Section),
    /// An earlier one is still open.
    Before(Page, Section),
}

impl Place {
    /// For a step that can't do an earlier section: the page if we are there, `None` if the section
    /// is finished.
    pub fn here(self, goal: Section) -> Result<Option<Page>> {
        match self {
            Self::Here(page) => Ok(Some(page)),
            Self::Past(_) => Ok(None),
            Self::Before(_, open) => Err(lost_progress(open, goal)),
        }
    }
}

/// The site wants something again that an earlier step had finished.
pub(crate) fn lost_progress(open: Section, goal: Section) -> Failure {
    Failure::unresolved(format!(
        "the sign-up wants {} again, which an earlier step had finished; {} can't be done before it",
        open.name(),
        goal.name()
    ))
}

/// Finds the way to a section.
pub fn reach(run: &Run, goal: Section) -> Result<Place> {
    let page = crate::page(run)?;
    let open = match open_section(&page)? {
        Some(section) => section,
        None => resume(run, &page)?,
    };
    Ok(match open.cmp(&goal) {
        Ordering::Equal => Place::Here(page),
        Ordering::Greater => Place::Past(open),
        Ordering::Less => Place::Before(page, open),
    })
}

/// The section that the page shows; `None` if it isn't the sign-up's page, or its session is over.
pub fn open_section(page: &Page) -> Result<Option<Section>> {
    if !is_sign_up(page)? {
        return Ok(None);
    }
    match section::sight(page, PATIENCE) {
        Ok(Sight::Section(section)) => Ok(Some(section)),
        Ok(Sight::Expired) => Ok(None),
        Ok(Sight::Review) => Err(wording::under_review()),
        Err(failure) if failure.is_absence() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether the page is the sign-up's. A new browser's page is nobody's.
fn is_sign_up(page: &Page) -> Result<bool> {
    Ok(page.url()?.contains("/billing/signup"))
}

/// Opens the start of the sign-up, or whatever section it opens instead.
pub fn open_start(page: &Page) -> Result<Section> {
    crate::load(page, "signup", "/billing/signup#/start")?;
    section::look(page)
}

/// Gives the section at which the sign-up goes on, after a sign-in if need be.
fn resume(run: &Run, page: &Page) -> Result<Section> {
    if !is_sign_up(page)? {
        crate::load(page, "signup", RESUME)?;
        match section::sight(page, PATIENCE)? {
            Sight::Section(Section::Start) | Sight::Expired => {}
            Sight::Section(section) => return Ok(section),
            Sight::Review => return Err(wording::under_review()),
        }
    }
    match sign_in(run)? {
        Arrival::SignUp(section) => Ok(section),
        Arrival::Console => Ok(Section::Done),
        Arrival::Nobody => open_start(page),
        Arrival::Suspended => {
            Err(Failure::rejected("the sign-in says that the account is suspended"))
        }
    }
}
