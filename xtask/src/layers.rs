//! Which crate may depend on which: the arrows of ARCHITECTURE.md, checked against what cargo resolved.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, PackageId};

/// Every member, with the members that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("mock-base", &[]),
    ("mock-core", &["mock-base"]),
    ("mock-auth", &["mock-base", "mock-core"]),
    ("mock-agent", &["mock-base"]),
    ("mock-process", &["mock-base", "mock-core"]),
    ("mock-sftp", &["mock-base", "mock-core"]),
    ("mock-cli", &["mock-agent", "mock-auth", "mock-base", "mock-core", "mock-process", "mock-sftp"]),
    (
        "integration-tests",
        &["mock-agent", "mock-auth", "mock-base", "mock-cli", "mock-core", "mock-process", "mock-sftp"],
    ),
    ("bench", &["mock-auth", "mock-core", "mock-sftp"]),
    ("xtask", &[]),
];

/// Members, and what must not come with them, however indirectly.
const WITHOUT: &[(&str, &str)] = &[("mock-base", "russh"), ("mock-agent", "russh")];

/// What breaks the tables, a sentence each.
pub(crate) fn violations(metadata: &Metadata) -> Vec<String> {
    let graph = Graph::of(metadata);
    let mut violations: Vec<_> = graph.members.iter().flat_map(|(name, to)| wrong_arrows(name, to)).collect();
    for (member, unwanted) in WITHOUT {
        if graph.reaches(member, unwanted) {
            violations.push(format!(
                "{member} gets {unwanted} through its dependencies: `cargo tree -p {member} -i {unwanted}`"
            ));
        }
    }
    violations
}

fn wrong_arrows(from: &str, to: &BTreeSet<String>) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
        return vec![format!("{from} is not in the table of xtask/src/layers.rs")];
    };
    let wrong = to.iter().filter(|name| !allowed.contains(&name.as_str()));
    wrong.map(|name| format!("{from} must not depend on {name} (xtask/src/layers.rs)")).collect()
}

/// Dependencies by name; versions do not matter here.
struct Graph {
    /// Members with the members they depend on in any way, for tests included.
    members: BTreeMap<String, BTreeSet<String>>,
    /// Every package with what it needs to be built and run.
    normal: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of(metadata: &Metadata) -> Self {
        let name = |id: &PackageId| metadata[id].name.to_string();
        let mut normal = BTreeMap::new();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let not_for_tests = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            });
            let names = not_for_tests.map(|dependency| name(&dependency.pkg));
            normal.entry(name(&node.id)).or_insert_with(BTreeSet::new).extend(names);
        }
        let packages = metadata.workspace_packages();
        let is_member = |name: &str| packages.iter().any(|package| package.name == name);
        let members = packages.iter().map(|package| {
            let names = package.dependencies.iter().map(|dependency| dependency.name.clone());
            (package.name.to_string(), names.filter(|name| is_member(name)).collect())
        });
        Self { members: members.collect(), normal }
    }

    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut next = vec![from];
        while let Some(name) = next.pop() {
            if name == to {
                return true;
            }
            let needs = self.normal.get(name).into_iter().flatten();
            next.extend(needs.map(String::as_str).filter(|name| seen.insert(name)));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn arrows_point_down_only() {
        assert!(wrong_arrows("mock-auth", &names(&["mock-core"])).is_empty());
        let wrong = wrong_arrows("mock-base", &names(&["mock-core"]));
        assert_eq!(wrong, ["mock-base must not depend on mock-core (xtask/src/layers.rs)"]);
    }

    #[test]
    fn a_new_crate_is_put_into_the_table() {
        assert_eq!(wrong_arrows("mock-new", &names(&[])).len(), 1);
    }

    #[test]
    fn what_is_reached_indirectly_is_found_and_cycles_end() {
        let normal = [("a", &["b"][..]), ("b", &["a", "c"]), ("d", &[])];
        let normal = normal.into_iter().map(|(from, to)| (from.to_owned(), names(to))).collect();
        let graph = Graph { members: BTreeMap::new(), normal };
        assert!(graph.reaches("a", "c"));
        assert!(!graph.reaches("d", "c"));
    }
}
