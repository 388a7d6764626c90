//! Steps in order: each is named and timed, the first failure ends the work, and a table says what became of all.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// What became of the steps so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    outcome: Outcome,
    took: Duration,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

impl Steps {
    /// Does the work, unless something failed before.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        if self.count(|outcome| *outcome == Outcome::Failed) > 0 {
            self.skip(name, "an earlier step failed");
            return;
        }
        println!("\n=== {name}");
        let begun = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                eprintln!("{error:#}");
                Outcome::Failed
            }
        };
        let took = begun.elapsed();
        println!("=== {name}: {}, {:.1} s", outcome.word(), took.as_secs_f64());
        self.done.push(Step { name: name.to_owned(), outcome, took });
    }

    /// Says that something was not done, and why.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        let outcome = Outcome::Skipped(why.to_owned());
        self.done.push(Step { name: name.to_owned(), outcome, took: Duration::ZERO });
    }

    /// Prints the table and the closing line.
    ///
    /// # Errors
    ///
    /// When a step failed.
    pub(crate) fn finish(&self) -> Result<()> {
        println!("\n{}{}", self.table(), self.closing_line());
        if self.count(|outcome| *outcome == Outcome::Failed) > 0 {
            bail!("not everything passed");
        }
        Ok(())
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or_default();
        let mut table = String::new();
        for Step { name, outcome, took } in &self.done {
            // Writing into a string does not fail.
            let _infallible = match outcome {
                Outcome::Skipped(why) => writeln!(table, "{name:width$}  skipped           {why}"),
                _ => writeln!(table, "{name:width$}  {}  {:>7.1} s", outcome.word(), took.as_secs_f64()),
            };
        }
        table
    }

    fn closing_line(&self) -> String {
        let passed = self.count(|outcome| *outcome == Outcome::Passed);
        let failed = self.count(|outcome| *outcome == Outcome::Failed);
        let skipped = self.done.len() - passed - failed;
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.done.iter().filter(|step| is(&step.outcome)).count()
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped(_) => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn the_first_failure_ends_the_work_and_everything_is_counted() {
        let mut steps = Steps::default();
        steps.skip("one", "not installed");
        steps.step("two", || Ok(()));
        steps.step("three", || anyhow::bail!("no"));
        steps.step("four", || panic!("not reached"));
        assert_eq!(steps.closing_line(), "1 passed, 1 failed, 2 skipped");
        assert!(
            steps.table().contains("four   skipped           an earlier step failed"),
            "{}",
            steps.table()
        );
        assert!(steps.finish().is_err());
    }
}
