//! Crates outside the workspace: those below `tests/downstream`, as a stranger's project is, and the targets for cargo-fuzz.
//!
//! The first catch what a workspace hides: features that only another member enables, types that cannot be named.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{integration, task::Task, workspace};

const DOWNSTREAM: &str = "tests/downstream";
const FUZZ: &str = "fuzz";

/// Tests each of them, or runs it if it is a program. Those that need what is not installed are left out; the step
/// `interop` names them.
pub(crate) fn run(target_dir: &Path) -> Result<()> {
    for name in crates()? {
        if integration::is_missing(&name) {
            continue;
        }
        let dir = Path::new(DOWNSTREAM).join(&name);
        let is_program = workspace::root().join(&dir).join("src/main.rs").is_file();
        cargo(if is_program { "run" } else { "test" }, &dir, target_dir)?;
    }
    Ok(())
}

/// Whether the fuzz targets compile. To run them takes a C++ compiler, see `fuzz/README.md`.
pub(crate) fn fuzz(target_dir: &Path) -> Result<()> {
    cargo("check --no-default-features", Path::new(FUZZ), target_dir)
}

/// In a crate below the root, with the same versions as ours, so that what is tested is our code and not the day's
/// releases. Cargo takes out what the crate does not need, and adds what only it does.
fn cargo(verb: &str, dir: &Path, target_dir: &Path) -> Result<()> {
    let root = workspace::root();
    fs::copy(root.join("Cargo.lock"), root.join(dir).join("Cargo.lock")).context("copying Cargo.lock")?;
    let target_dir = target_dir.join("downstream").display().to_string();
    Task::cargo(verb).in_dir(dir).env("CARGO_TARGET_DIR", target_dir).run()
}

fn crates() -> Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(workspace::root().join(DOWNSTREAM)) else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
