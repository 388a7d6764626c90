//! The workspace as cargo knows it.

use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package, TargetKind};

/// The root of the workspace. Asked of cargo when we run: what it was at compile time is another checkout's where
/// several share a target directory.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let xtask = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        xtask.parent().map_or_else(|| xtask.clone(), Path::to_owned)
    });
    &ROOT
}

/// Members and dependencies, all features enabled.
pub(crate) fn metadata() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.current_dir(root()).features(CargoOpt::AllFeatures);
    command.exec().context("cargo metadata")
}

/// The crates that users get.
pub(crate) fn published(metadata: &Metadata) -> Vec<&Package> {
    let unpublished = |package: &Package| package.publish.as_ref().is_some_and(Vec::is_empty);
    metadata.workspace_packages().into_iter().filter(|package| !unpublished(package)).collect()
}

/// Names of all targets of this kind in the workspace, each once.
pub(crate) fn targets(metadata: &Metadata, kind: &TargetKind) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let targets = packages.iter().flat_map(|package| &package.targets);
    let mut names: Vec<_> =
        targets.filter(|target| target.kind.contains(kind)).map(|target| target.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Where cargo builds.
pub(crate) fn target_dir(metadata: &Metadata) -> PathBuf {
    metadata.target_directory.clone().into_std_path_buf()
}
