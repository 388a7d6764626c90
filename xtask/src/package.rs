//! What would be uploaded, built from the archives: a file left out of a package is found here.
//!
//! `cargo package` would build them as well, but it keeps what it unpacked once, by name and version, in the cargo home
//! of the machine: an archive made later under the same version is then checked against a stale sibling.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, Package};

use crate::{task::Task, workspace};

/// Packs each published crate, and checks all of them as they lie in their archives, against each other.
pub(crate) fn run(metadata: &Metadata) -> Result<()> {
    let packages = workspace::published(metadata);
    packages
        .iter()
        .fold(Task::cargo("package --quiet --allow-dirty --no-verify"), |task, package| {
            task.arg("--package").arg(package.name.as_str())
        })
        .run()?;
    let target_dir = workspace::target_dir(metadata);
    let archives = target_dir.join("archives");
    if archives.exists() {
        fs::remove_dir_all(&archives).context("removing what was unpacked before")?;
    }
    fs::create_dir_all(&archives)?;
    for package in &packages {
        let archive = target_dir.join("package").join(format!("{}.crate", directory(package)));
        // Each file as new as it is here: all are equally old in an archive, and cargo goes by that.
        Task::new("tar", "-xmzf").arg(archive.display().to_string()).in_dir(&archives).run()?;
    }
    write_workspace(&archives, &packages)?;
    let target_dir = target_dir.join("downstream").display().to_string();
    Task::cargo("check --quiet --workspace").in_dir(&archives).env("CARGO_TARGET_DIR", target_dir).run()
}

/// A workspace of what was unpacked, in which each crate finds the others where users find them: in the registry,
/// which is patched to hold them.
fn write_workspace(dir: &Path, packages: &[&Package]) -> Result<()> {
    let mut manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"mock-*\"]\n\n[patch.crates-io]\n".to_owned();
    for package in packages {
        writeln!(manifest, "{} = {{ path = {:?} }}", package.name, directory(package))?;
    }
    fs::write(dir.join("Cargo.toml"), manifest).context("writing the manifest")?;
    fs::copy(workspace::root().join("Cargo.lock"), dir.join("Cargo.lock")).context("copying Cargo.lock")?;
    Ok(())
}

/// What cargo calls an archive, and the one directory in it.
fn directory(package: &Package) -> String {
    format!("{}-{}", package.name, package.version)
}
