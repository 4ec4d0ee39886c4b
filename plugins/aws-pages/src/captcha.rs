//! Captchas: a picture, a field for its characters, and a new picture when they were wrong.
//!
//! The loop is bounded, and its end is a failure: a captcha that nobody solves never lets a step go on
//! as if it were solved.

use mavm_sdk::Puzzle;
use mavm_sdk::prelude::*;

/// How often an answer may be wrong before we give up.
const TRIES: usize = 6;

/// Where a page keeps its captcha.
pub(crate) struct Captcha {
    /// The field for the characters.
    pub(crate) guess: Locator,
    /// The picture, as a css selector: a new picture is told by its new address.
    picture: String,
    /// The button that submits the answer.
    submit: Locator,
}

impl Captcha {
    pub(crate) fn new(page: &Page, guess: &str, picture: &str, submit: Locator) -> Self {
        Self { guess: page.css(guess), picture: picture.to_owned(), submit }
    }

    /// Solves it, and gives what came after it. Both lists are asked for at each try: `hope` is what
    /// shows only when the answer was right; `rest` is what may also show when it was wrong, together
    /// with a new picture, and then means nothing.
    pub(crate) fn solve<T>(
        &self,
        run: &Run,
        page: &Page,
        hope: impl Fn() -> Vec<(T, Locator)>,
        rest: impl Fn() -> Vec<(T, Locator)>,
    ) -> Result<T> {
        let some = |list: Vec<(T, Locator)>| {
            list.into_iter().map(|(meaning, locator)| (Some(meaning), locator))
        };
        for tried in 1..=TRIES {
            let picture = page.css(&self.picture);
            let source = picture.attribute("src")?;
            let puzzle = Puzzle::image(picture.picture()?).from_address(source.clone());
            let solution = run.captcha().solve(puzzle)?;
            self.guess.fill(solution.text())?;
            self.submit.click()?;

            let old =
                source.as_deref().unwrap_or_default().replace('\\', "\\\\").replace('"', "\\\"");
            let another = page.css(&format!("{}:not([src=\"{old}\"])", self.picture));
            let seen = some(hope()).chain([(None, another)]).chain(some(rest()));
            if let Some(meaning) = which_within(seen, crate::PATIENCE)? {
                solution.report(true)?;
                return Ok(meaning);
            }
            solution.report(false)?;
            info!("the captcha was answered wrongly ({tried} of {TRIES})");
        }
        Err(Failure::challenge_unsolved(format!("the captcha was answered wrongly {TRIES} times")))
    }
}
