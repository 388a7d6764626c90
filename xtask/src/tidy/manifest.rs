//! Lints of packages: what a registry shows of them, and versions stated in documents.

use cargo_metadata::{Metadata, Package};

use super::{File, Problem};
use crate::workspace;

/// Each published crate has what its page on a registry needs.
pub(super) fn check(metadata: &Metadata) -> Vec<Problem> {
    let problems = workspace::published(metadata).into_iter().flat_map(|package| {
        let missing = missing_fields(package).into_iter();
        missing.map(|field| Problem { place: package.manifest_path.to_string(), text: format!("no {field}") })
    });
    problems.collect()
}

fn missing_fields(package: &Package) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if package.license.is_none() {
        missing.push("license");
    }
    if package.description.is_none() {
        missing.push("description");
    }
    if package.readme().is_none_or(|readme| !readme.is_file()) {
        missing.push("readme, or the file is not there");
    }
    missing
}

/// A version of ours that a document states is the present one.
pub(super) fn stated_versions(file: &File<'_>, metadata: &Metadata) -> Vec<Problem> {
    // A change log states versions of the past.
    if file.extension() != "md" || file.path.ends_with("CHANGELOG.md") {
        return Vec::new();
    }
    let packages = workspace::published(metadata);
    let stale = file.lines().filter_map(|(number, line)| {
        let stale = packages.iter().find_map(|package| {
            let stated = stated_version(line, &package.name)?;
            let present = package.version.to_string();
            (!is_same(stated, &present)).then(|| format!("{} is {present}, not {stated}", package.name))
        })?;
        Some(file.problem(number, stale))
    });
    stale.collect()
}

/// The version in `name = "1.0"`, `name = { version = "1.0" }` or `name@1.0`.
fn stated_version<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(name)?;
    if let Some(version) = rest.strip_prefix('@') {
        return version.split(|char: char| !char.is_ascii_digit() && char != '.').next();
    }
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let text = match value.strip_prefix('"') {
        Some(text) => text,
        None => value.split_once("version = \"")?.1,
    };
    text.split('"').next()
}

/// `0.1` states `0.1.3` as well.
fn is_same(stated: &str, present: &str) -> bool {
    present.strip_prefix(stated).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{is_same, missing_fields, stated_version};
    use crate::workspace;

    #[test]
    fn stated_versions_are_found_in_every_form() {
        for line in
            ["mock-core = \"0.1\"", "mock-core = { version = \"0.1\" }", "cargo add --dev mock-core@0.1"]
        {
            assert_eq!(stated_version(line, "mock-core"), Some("0.1"), "{line}");
        }
        assert_eq!(stated_version("mock-core = { path = \"a\" }", "mock-core"), None);
        assert_eq!(stated_version("cargo add mock-core", "mock-core"), None);
    }

    #[test]
    fn a_stated_version_is_the_present_one_or_its_beginning() {
        assert!(is_same("0.1", "0.1.0") && is_same("0.1.0", "0.1.0"));
        assert!(!is_same("0.1", "0.2.0") && !is_same("0.1", "0.10.0"));
    }

    #[test]
    fn our_own_packages_are_complete_and_an_emptied_one_is_not() {
        let metadata = workspace::metadata().unwrap();
        for package in workspace::published(&metadata) {
            assert!(missing_fields(package).is_empty(), "{}", package.name);
        }
        let mut package = workspace::published(&metadata).remove(0).clone();
        package.license = None;
        package.description = None;
        package.readme = None;
        assert_eq!(missing_fields(&package).len(), 3);
    }
}
