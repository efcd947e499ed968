//! How many checks passed, failed and were skipped, read out of what the tools print.

use std::fmt;
use std::ops::AddAssign;

/// What becomes of checks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Checks that held.
    pub passed: usize,
    /// Checks that did not.
    pub failed: usize,
    /// Checks that could not be made here.
    pub skipped: usize,
}

impl Counts {
    /// That many checks that held.
    #[must_use]
    pub fn passed(passed: usize) -> Self {
        Self { passed, ..Self::default() }
    }

    /// The counts in the last line of `terraform test`: `Success! 3 passed, 0 failed.`
    ///
    /// None when no line has them, for example since the files do not parse.
    #[must_use]
    pub fn of_terraform_test(output: &str) -> Option<Self> {
        let line = output.lines().rev().find_map(|line| {
            line.strip_prefix("Success! ").or_else(|| line.strip_prefix("Failure! "))
        })?;
        Some(Self::of_words(line))
    }

    /// `3 passed, 1 failed` and `ok. 3 passed; 0 failed; 1 ignored; …`: a number before each word.
    fn of_words(line: &str) -> Self {
        let words = line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>();
        let number = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at.checked_sub(1)?)?.parse::<usize>().ok()
        };
        Self {
            passed: number("passed").unwrap_or_default(),
            failed: number("failed").unwrap_or_default(),
            skipped: number("skipped").or_else(|| number("ignored")).unwrap_or_default(),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Reads `cargo test -- --show-output` line by line.
///
/// A test that cannot run here prints a line that starts with `SKIPPED:` and returns, so the test
/// harness counts it as passed and shows its output only on demand. Here it counts as skipped, and of
/// the output of passing tests nothing but such lines is kept.
#[derive(Debug, Default)]
pub struct CargoTest {
    counts: Counts,
    skips: Vec<String>,
    in_successes: bool,
}

impl CargoTest {
    /// Take the next line; whether it is worth showing.
    pub fn line(&mut self, line: &str) -> bool {
        let skip = line.trim_start().starts_with("SKIPPED:");
        if let Some(summary) = line.strip_prefix("test result: ") {
            self.in_successes = false;
            self.counts += Counts::of_words(summary);
        } else if line == "successes:" {
            self.in_successes = true;
        } else if line == "failures:" {
            self.in_successes = false;
        }
        if skip {
            self.skips.push(line.trim().to_owned());
        }
        skip || !self.in_successes
    }

    /// The counts, skipped tests apart from the passed ones.
    #[must_use]
    pub fn counts(&self) -> Counts {
        // A failing test may have printed the line too: never count below zero.
        let skips = self.skips.len().min(self.counts.passed);
        Counts {
            passed: self.counts.passed - skips,
            skipped: self.counts.skipped + skips,
            ..self.counts
        }
    }

    /// What was skipped, in the tests' words.
    #[must_use]
    pub fn skips(&self) -> &[String] {
        &self.skips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_several_test_binaries_add_up() {
        let mut read = CargoTest::default();
        for line in [
            "running 3 tests",
            "test one ... ok",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: ok. 40 passed; 0 failed; 2 ignored; 0 measured; 7 filtered out",
        ] {
            assert!(read.line(line), "{line}");
        }
        assert_eq!(read.counts(), Counts { passed: 42, failed: 1, skipped: 2 });
    }

    #[test]
    fn a_test_that_says_it_skipped_did_not_pass() {
        let mut read = CargoTest::default();
        let shown = [
            "test recorded ... ok",
            "",
            "successes:",
            "",
            "---- recorded stdout ----",
            "SKIPPED: no recorded answers",
            "much else",
            "successes:",
            "    recorded",
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ]
        .into_iter()
        .filter(|line| read.line(line))
        .collect::<Vec<_>>();

        assert_eq!(read.counts(), Counts { passed: 4, failed: 0, skipped: 1 });
        assert_eq!(read.skips(), ["SKIPPED: no recorded answers"]);
        assert!(shown.contains(&"SKIPPED: no recorded answers"), "{shown:?}");
        assert!(!shown.contains(&"much else"), "{shown:?}");
    }

    #[test]
    fn what_a_failing_test_printed_is_shown() {
        let mut read = CargoTest::default();
        for hidden in ["successes:", "noise"] {
            assert!(!read.line(hidden));
        }
        for shown in ["failures:", "---- broken stdout ----", "assertion failed"] {
            assert!(read.line(shown), "{shown}");
        }
    }

    #[test]
    fn terraform_test_ends_with_its_counts() {
        let text = "tests/a.tftest.hcl... pass\n\nSuccess! 3 passed, 0 failed.\n";
        assert_eq!(Counts::of_terraform_test(text), Some(Counts::passed(3)));
        let text = "\nFailure! 1 passed, 2 failed, 4 skipped.\n";
        let counts = Counts { passed: 1, failed: 2, skipped: 4 };
        assert_eq!(Counts::of_terraform_test(text), Some(counts));
        assert_eq!(Counts::of_terraform_test("Error: Invalid block"), None);
    }

    #[test]
    fn counts_read_as_one_line() {
        let counts = Counts { passed: 10, failed: 0, skipped: 1 };
        assert_eq!(counts.to_string(), "10 passed, 0 failed, 1 skipped");
    }
}
