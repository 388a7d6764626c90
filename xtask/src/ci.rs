//! `cargo xtask ci`: every check there is, fastest first. What runs elsewhere runs this and nothing else.

use anyhow::Result;
use cargo_metadata::{Metadata, Package};

use crate::{docs, downstream, integration, package, step::Steps, task::Task, tidy, tool, workspace};

#[derive(Debug)]
pub(crate) struct Options {
    /// A missing foreign program is a failure, not something to skip.
    pub(crate) strict: bool,
    /// Only what is worth running after every change.
    pub(crate) quick: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let metadata = workspace::metadata()?;
    let target_dir = workspace::target_dir(&metadata);
    let mut steps = Steps::default();
    steps.step("format", || Task::cargo("fmt --all --check").run());
    steps.step("tidy", tidy::run);
    if options.strict {
        steps.step("foreign programs", integration::all_installed);
    }
    steps.step("clippy", || {
        Task::cargo("clippy --workspace --all-targets --all-features -- -D warnings").run()
    });
    steps.step("tests", || integration::tests(&metadata));
    if options.quick {
        steps.skip("everything else", "--quick");
        return steps.finish();
    }
    steps.step("doc tests", doc_tests);
    steps.step("docs", || {
        Task::cargo("doc --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-Dwarnings").run()
    });
    steps.step("generated docs", docs::check);
    steps.step("features", || features(&metadata));
    steps.step("downstream", || downstream::run(&target_dir));
    steps.step("fuzz targets", || downstream::fuzz(&target_dir));
    steps.step("package", || package::run(&metadata));
    integration::interop(&mut steps, &target_dir);
    if tool::has_cargo_command("deny") {
        // Advisories are not part of it: they need the network, and change without a change of ours.
        steps.step("deny", || Task::cargo("deny check licenses bans sources").run());
    } else {
        steps.skip("deny", "cargo-deny is not installed: cargo install --locked cargo-deny");
    }
    steps.finish()
}

/// All of them; the example of the README is one with a real client.
fn doc_tests() -> Result<()> {
    let task = Task::cargo("test --workspace --all-features --doc");
    if integration::is_missing("openssh") {
        return task.arg("--").arg("--skip").arg("tests/support").run();
    }
    task.run()
}

/// Each crate alone, as users build it: with nothing, with each feature, with all. A workspace build hides features
/// of dependencies that only another member asks for.
fn features(metadata: &Metadata) -> Result<()> {
    for package in workspace::published(metadata) {
        for choice in choices(package) {
            // Clippy, because it takes `-D warnings` without building every dependency again.
            Task::cargo(&format!("clippy --package {}{choice} -- -D warnings", package.name)).run()?;
        }
    }
    Ok(())
}

/// Ways to build a crate that differ.
fn choices(package: &Package) -> Vec<String> {
    let names: Vec<_> = package.features.keys().filter(|name| *name != "default").collect();
    if names.is_empty() {
        return vec![String::new()];
    }
    let mut choices = vec![" --no-default-features".to_owned()];
    choices.extend(names.iter().map(|name| format!(" --no-default-features --features {name}")));
    if names.len() > 1 {
        choices.push(" --all-features".to_owned());
    }
    choices
}
