//! `cargo xtask tidy`: lints of this project's own, in plain Rust. Each says where, what and thereby what to do.
//!
//! What clippy or rustdoc can check is not checked here a second time.

mod manifest;
mod markdown;
mod source;
mod vocabulary;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{layers, workspace};

pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let metadata = workspace::metadata()?;
    let mut problems = Vec::new();
    let mut count = 0;
    for path in files(root)? {
        // What is not text is not ours to judge.
        let Ok(text) = fs::read_to_string(root.join(&path)) else {
            continue;
        };
        count += 1;
        let file = File { path: &path, text: &text };
        problems.extend(check(&file, root));
        problems.extend(manifest::stated_versions(&file, &metadata));
    }
    problems.extend(manifest::check(&metadata));
    problems.extend(
        layers::violations(&metadata).into_iter().map(|text| Problem { place: "Cargo.toml".into(), text }),
    );
    for problem in &problems {
        eprintln!("{problem}");
    }
    match problems.len() {
        0 => println!("{count} files are tidy"),
        count => bail!("{count} problems; check again with:\n    cargo xtask tidy"),
    }
    Ok(())
}

fn check(file: &File<'_>, root: &Path) -> Vec<Problem> {
    let mut problems = source::trailing_whitespace(file);
    match file.extension() {
        "rs" => {
            problems.extend(source::check(file));
            problems.extend(vocabulary::check(file));
        }
        "md" => problems.extend(markdown::check(file, root)),
        _ => {}
    }
    problems
}

/// A text file, its path relative to the root and with `/`.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl<'a> File<'a> {
    /// Lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        (1..).zip(self.text.lines())
    }

    /// Lines of code: comments may name what code must not use.
    fn code(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn problem(&self, line: usize, text: impl Into<String>) -> Problem {
        Problem { place: format!("{}:{line}", self.path), text: text.into() }
    }

    /// What follows the last dot of the name, or nothing.
    fn extension(&self) -> &'a str {
        Path::new(self.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }
}

#[derive(Debug)]
struct Problem {
    place: String,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Whether `line` holds `word`, and not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let in_word = |char: char| char.is_alphanumeric() || char == '_';
    let ends_open = !word.ends_with(in_word);
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).is_some_and(|text| text.ends_with(in_word));
        let after = line.get(at + word.len()..).is_some_and(|text| text.starts_with(in_word));
        !before && (ends_open || !after)
    })
}

/// Every file of the project, in order. What is built or hidden by version control is none.
fn files(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if name == "target" || name == ".git" {
                continue;
            }
            if path.is_dir() && !path.is_symlink() {
                dirs.push(path);
            } else {
                files.push(relative(root, path));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn relative(root: &Path, path: PathBuf) -> String {
    let path = path.strip_prefix(root).map(Path::to_owned).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::{File, Problem, has_word};

    /// The texts of problems that a check finds.
    pub(super) fn texts(problems: Vec<Problem>) -> Vec<String> {
        problems.into_iter().map(|problem| problem.text).collect()
    }

    #[test]
    fn words_are_found_whole() {
        assert!(has_word("use ab::C;", "ab::"));
        assert!(!has_word("use zab::C;", "ab::"));
        assert!(has_word("a XY b", "XY"));
        assert!(!has_word("XYZ", "XY"));
    }

    #[test]
    fn comments_are_not_code() {
        let file = File { path: "a.rs", text: "//! one\nfn two() {}\n    // three\n" };
        assert_eq!(file.code().collect::<Vec<_>>(), [(2, "fn two() {}")]);
    }
}
