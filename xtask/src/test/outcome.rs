//! What came of a run of `cargo test`, by the lines that the test programs print.

use anyhow::{Result, bail};

#[derive(Debug, Default)]
pub struct Outcome {
    /// Names of the tests that failed.
    pub failed: Vec<String>,
    pub passed: usize,
    begun: usize,
    ended: usize,
    /// Within the list of names that a program prints at its end.
    listing: bool,
}

impl Outcome {
    pub fn hear(&mut self, line: &str) {
        if self.listing
            && let Some(name) = line.strip_prefix("    ")
        {
            self.failed.push(name.to_owned());
            return;
        }
        self.listing = line == "failures:";
        if line.starts_with("running ") && (line.ends_with(" test") || line.ends_with(" tests")) {
            self.begun += 1;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.ended += 1;
            self.passed += result
                .split_once(". ")
                .and_then(|(_, counts)| counts.split_once(" passed"))
                .and_then(|(count, _)| count.parse::<usize>().ok())
                .unwrap_or_default();
        }
    }

    /// The tests that failed, if that can have been an accident.
    pub fn worth_a_retry(&self, most: usize) -> Result<Vec<String>> {
        if self.begun != self.ended {
            bail!("a test program died, or a test printed what looks like a program's result");
        }
        // Names with blanks are those of examples in the documentation, which have no accidents.
        if self.failed.is_empty() || self.failed.iter().any(|name| name.contains(' ')) {
            bail!("the tests failed");
        }
        if self.failed.len() > most {
            bail!("{} tests failed: {}", self.failed.len(), self.failed.join(", "));
        }
        Ok(self.failed.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "
running 3 tests
test one ... FAILED
test two::three ... ok
test four ... ok

failures:

---- one stdout ----
failures:
thread 'one' panicked at it.rs:1:1:
    indented


failures:
    one

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";

    fn heard(text: &str) -> Outcome {
        let mut outcome = Outcome::default();
        text.lines().for_each(|line| outcome.hear(line));
        outcome
    }

    #[test]
    fn failures_are_named() {
        let outcome = heard(FAILED);
        assert_eq!(outcome.failed, ["one"]);
        assert_eq!(outcome.passed, 2);
        assert!(outcome.worth_a_retry(1).is_ok_and(|again| again == ["one"]));
        assert!(outcome.worth_a_retry(0).is_err());
    }

    #[test]
    fn a_program_that_died_is_no_accident() {
        let outcome = heard(&format!("running 1 test\n{FAILED}"));
        assert!(outcome.worth_a_retry(4).is_err_and(|error| error.to_string().contains("died")));
    }

    #[test]
    fn nothing_that_failed_by_name_is_no_accident() {
        assert!(heard("error: could not compile").worth_a_retry(4).is_err());
    }

    #[test]
    fn programs_that_all_pass_are_added_up() {
        let passed = "running 2 tests\ntest result: ok. 2 passed; 0 failed\n";
        assert_eq!(heard(&format!("{passed}{passed}")).passed, 4);
    }
}
