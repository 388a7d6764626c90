//! `cargo xtask integration`: the whole toolkit, driven by our own client and by everybody else's.
//!
//! Test target `it` needs nothing but this workspace. Test targets `interop` and `examples` have a module for each
//! foreign client; the modules of programs that are not installed are left out by a filter and named as skipped.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};
use cargo_metadata::{Metadata, TargetKind};

use crate::{
    step::Steps,
    task::Task,
    tool::{self, PROGRAMS, Program},
    workspace,
};

/// The step, and the larger of the test targets that it runs.
const INTEROP: &str = "interop";

/// Every test target but these runs anywhere.
const FOREIGN: &[&str] = &[INTEROP, "examples"];

pub(crate) fn run(strict: bool) -> Result<()> {
    let metadata = workspace::metadata()?;
    let mut steps = Steps::default();
    if strict {
        steps.step("foreign programs", all_installed);
    }
    steps.step("integration", || {
        let task = runner("--test it");
        if tool::has_cargo_command("nextest") {
            // The crates have a target of that name as well.
            return task.arg("--filterset").arg("package(integration-tests)").run();
        }
        task.run()
    });
    interop(&mut steps, &workspace::target_dir(&metadata));
    steps.finish()
}

/// For `--strict`: asked early, because the tests that need them come last.
pub(crate) fn all_installed() -> Result<()> {
    let missing = PROGRAMS.iter().filter(|program| !program.is_installed());
    let missing: Vec<_> = missing.map(Program::install).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("foreign programs are missing\n    {}", missing.join("\n    "))
    }
}

/// Everything that needs no foreign client.
pub(crate) fn tests(metadata: &Metadata) -> Result<()> {
    let targets = workspace::targets(metadata, &TargetKind::Test);
    let targets = targets.iter().filter(|name| !FOREIGN.contains(&name.as_str()));
    let base = runner("--lib --bins");
    targets.fold(base, |task, name| task.arg("--test").arg(name)).run()
}

/// Foreign clients against our servers. Adds a step, and one that was skipped for each program that is missing.
pub(crate) fn interop(steps: &mut Steps, target_dir: &Path) {
    let missing = missing_suites();
    for (suite, why) in &missing {
        steps.skip(suite, why);
    }
    if PROGRAMS.iter().flat_map(|program| program.suites).all(|suite| missing.contains_key(suite)) {
        return;
    }
    // Built here, because a test that builds it for minutes would be taken for one that hangs.
    steps.step("binary", || {
        Task::cargo("build --workspace --all-features --test=interop --bin=mock-ssh").run()
    });
    steps.step(INTEROP, || {
        let task = without(&missing);
        if ["paramiko", "asyncssh", "pytest"].iter().all(|suite| missing.contains_key(suite)) {
            return task.run();
        }
        task.env("INTEROP_PYTHON", tool::python(target_dir)?.display().to_string()).run()
    });
}

/// Whether the program of this suite cannot run.
pub(crate) fn is_missing(suite: &str) -> bool {
    missing_suites().contains_key(suite)
}

/// Names of modules that cannot run, each with the reason.
fn missing_suites() -> BTreeMap<&'static str, String> {
    let missing = PROGRAMS.iter().filter_map(|program| Some((program, program.cannot_run()?)));
    let suites =
        missing.flat_map(|(program, why)| program.suites.iter().map(move |suite| (*suite, why.clone())));
    suites.collect()
}

/// Runs the targets with foreign clients but for these modules. A test outside all modules runs too.
fn without(missing: &BTreeMap<&'static str, String>) -> Task {
    let task = runner(&format!("--test {}", FOREIGN.join(" --test ")));
    if missing.is_empty() {
        return task;
    }
    if tool::has_cargo_command("nextest") {
        let filters: Vec<_> = missing.keys().map(|suite| format!("not test(/^{suite}::/)")).collect();
        return task.arg("--filterset").arg(filters.join(" & "));
    }
    missing.keys().fold(task.arg("--"), |task, suite| task.arg("--skip").arg(format!("{suite}::")))
}

/// Nextest where it is installed, else what comes with cargo. Always the same packages and features, so that nothing
/// is built twice.
fn runner(targets: &str) -> Task {
    let how =
        if tool::has_cargo_command("nextest") { "nextest run --profile ci" } else { "test --no-fail-fast" };
    Task::cargo(&format!("{how} --workspace --all-features {targets}"))
}
