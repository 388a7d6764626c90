//! `cargo xtask integration`: the whole toolkit, driven by our own client and by everybody else's.
//!
//! Test target `it` needs nothing but this workspace. Test target `interop` has a module for each foreign client;
//! the modules of programs that are not installed are left out by a filter and named as skipped.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};
use cargo_metadata::{Metadata, TargetKind};

use crate::{
    step::Steps,
    task::Task,
    tool::{self, PROGRAMS},
    workspace,
};

/// Every test target but this one runs anywhere.
const INTEROP: &str = "interop";

/// Same packages and features in every command, so that nothing is built twice.
const ALL: &str = "--workspace --all-features";

pub(crate) fn run(strict: bool) -> Result<()> {
    let metadata = workspace::metadata()?;
    let mut steps = Steps::default();
    if strict {
        steps.step("foreign programs", all_installed);
    }
    steps.step("integration", || {
        if tool::has_cargo_command("nextest") {
            return nextest()
                .arg("--filterset")
                .arg("binary_id(integration-tests::it)")
                .run();
        }
        Task::cargo("test --no-fail-fast --package integration-tests --test it").run()
    });
    interop(&mut steps, &workspace::target_dir(&metadata));
    steps.finish()
}

/// For `--strict`: asked early, because the tests that need them come last.
pub(crate) fn all_installed() -> Result<()> {
    let missing: Vec<_> = missing_suites().into_values().collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("foreign programs are missing\n    {}", missing.join("\n    "))
    }
}

/// Everything but `interop`.
pub(crate) fn tests(metadata: &Metadata) -> Result<()> {
    if tool::has_cargo_command("nextest") {
        return nextest()
            .arg("--filterset")
            .arg(format!("not binary(/^{INTEROP}$/)"))
            .run();
    }
    let targets = workspace::targets(metadata, &TargetKind::Test);
    let targets = targets.iter().filter(|name| *name != INTEROP);
    let base = Task::cargo(&format!("test --no-fail-fast {ALL} --lib --bins"));
    targets
        .fold(base, |task, name| task.arg("--test").arg(name))
        .run()
}

/// Foreign clients against our servers. Adds a step, and one that was skipped for each program that is missing.
pub(crate) fn interop(steps: &mut Steps, target_dir: &Path) {
    let missing = missing_suites();
    for (suite, why) in &missing {
        steps.skip(&format!("{INTEROP} {suite}"), why);
    }
    if PROGRAMS
        .iter()
        .flat_map(|program| program.suites)
        .all(|suite| missing.contains_key(suite))
    {
        return;
    }
    steps.step(INTEROP, || {
        let task = without(&missing);
        if ["paramiko", "asyncssh"]
            .iter()
            .all(|suite| missing.contains_key(suite))
        {
            return task.run();
        }
        task.env("INTEROP_PYTHON", tool::python(target_dir)?.display().to_string())
            .run()
    });
}

/// Names of modules that cannot run, each with what to do about it.
fn missing_suites() -> BTreeMap<&'static str, String> {
    let missing = PROGRAMS.iter().filter(|program| !program.is_installed());
    let suites = missing.flat_map(|program| {
        let why = format!(
            "{} is not installed ({}): {}",
            program.name,
            program.purpose,
            program.install()
        );
        program.suites.iter().map(move |suite| (*suite, why.clone()))
    });
    suites.collect()
}

/// Runs the target `interop` but for these modules. A test outside all modules runs too.
fn without(missing: &BTreeMap<&'static str, String>) -> Task {
    if tool::has_cargo_command("nextest") {
        let filters: Vec<_> = missing
            .keys()
            .map(|suite| format!(" & not test(/^{suite}::/)"))
            .collect();
        let filter = filters.concat();
        return nextest()
            .arg("--filterset")
            .arg(format!("binary(/^{INTEROP}$/){filter}"));
    }
    let task = Task::cargo(&format!("test --no-fail-fast {ALL} --test {INTEROP} --"));
    missing
        .keys()
        .fold(task, |task, suite| task.arg("--skip").arg(format!("{suite}::")))
}

fn nextest() -> Task {
    Task::cargo(&format!("nextest run --profile ci {ALL}"))
}
