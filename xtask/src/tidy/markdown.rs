//! Lints of documents: links lead somewhere, and nobody's machine is mentioned.

use std::path::Path;

use super::{File, Problem};

/// Where people keep their files. Paths that examples use as a server's own are none of these.
const MACHINES: &[&str] = &["/Users/", "/home/"];

/// Users whose directories exist only inside a mock server.
const MOCKED: &[&str] = &["/home/deploy"];

pub(super) fn check(file: &File<'_>, root: &Path) -> Vec<Problem> {
    let mut problems = machine_paths(file, root);
    problems.extend(dead_links(file, root));
    problems
}

/// Paths of the machine that somebody wrote on: the checkout, home directories. Not what the checkout lies in: that may
/// be a directory which every machine has.
fn machine_paths(file: &File<'_>, root: &Path) -> Vec<Problem> {
    let root = root.display().to_string();
    let mentions = |line: &str| {
        let line = MOCKED.iter().fold(line.to_owned(), |line, path| line.replace(path, ""));
        mentions_dir(&line, &root) || MACHINES.iter().any(|dir| line.contains(dir))
    };
    let found = file.lines().filter(|(_, line)| mentions(line));
    found.map(|(number, _)| file.problem(number, "a path of somebody's machine")).collect()
}

/// Whether the path stands there by itself: `/a` is neither in `/ab` nor in `x/a`.
fn mentions_dir(line: &str, dir: &str) -> bool {
    let part = |char: char| char.is_alphanumeric() || "-_./".contains(char);
    line.match_indices(dir).any(|(at, _)| {
        let before = line.get(..at).is_some_and(|text| text.ends_with(part));
        let after = line
            .get(at + dir.len()..)
            .is_some_and(|text| text.starts_with(|char| part(char) && char != '/' && char != '.'));
        !before && !after
    })
}

fn dead_links(file: &File<'_>, root: &Path) -> Vec<Problem> {
    let dir = root.join(file.path);
    let dir = dir.parent().unwrap_or(root);
    let mut problems = Vec::new();
    let mut in_code = false;
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let dead = links(line).into_iter().filter(|link| is_file(link) && !dir.join(link).exists());
        problems.extend(dead.map(|link| file.problem(number, format!("no such file: {link}"))));
    }
    problems
}

/// Targets of `[text](target)` and of `[text]: target`, without the part after `#`.
fn links(line: &str) -> Vec<&str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let reference =
        line.split_once("]: ").filter(|(label, _)| label.starts_with('[')).map(|(_, target)| target.trim());
    inline.chain(reference).filter_map(|target| target.split('#').next()).collect()
}

/// Whether it is neither an address elsewhere nor a path of Rust.
fn is_file(link: &str) -> bool {
    !link.is_empty() && !link.contains(':') && !link.contains('`')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> usize {
        machine_paths(&File { path: "a.md", text }, Path::new("/src/checkout")).len()
    }

    #[test]
    fn nobodys_machine_is_mentioned() {
        assert_eq!(paths("see /home/somebody/notes\n"), 1);
        assert_eq!(paths("in /src/checkout/a.rs\n"), 1);
        assert_eq!(paths("crates/a/src/lib.rs, /src, /src/checkouts, upload to /home/deploy/app\n"), 0);
    }

    #[test]
    fn links_to_files_lead_somewhere() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("docs/b.md"), "").unwrap();
        let dead = |text| dead_links(&File { path: "docs/a.md", text }, root.path()).len();
        assert_eq!(
            dead("[b](b.md#part), [up](../docs/b.md), [here](#part), [web](https://example.org/x)\n"),
            0
        );
        assert_eq!(dead("[type](crate::Type) and\n\n```text\n[no](link.md)\n```\n[b]: b.md\n"), 0);
        assert_eq!(dead("[gone](c.md) and [b](b.md)\n"), 1);
        assert_eq!(dead("[c]: c.md\n"), 1);
    }
}
