//! Lints of Rust files: short, introduced, finished, and without a clock in tests.

use super::{File, Problem, has_word};

const LONGEST: usize = 400;

/// Notes to oneself: finish it or write an issue. Spelled in halves, so that this file is clean too.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("db", "g!"),
    concat!("#[ig", "nore"),
];

/// A test that sleeps is slow when it passes and wrong on a slow machine.
const SLEEPS: &[&str] = &[concat!("thread::", "sleep"), concat!("time::", "sleep"), concat!("sle", "ep(")];

pub(super) fn check(file: &File<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(too_long(file));
    problems.extend(not_introduced(file));
    problems.extend(unfinished(file));
    problems.extend(sleeps(file));
    problems.extend(without_reason(file));
    problems
}

pub(super) fn trailing_whitespace(file: &File<'_>) -> Vec<Problem> {
    // A snapshot is what a program printed.
    if file.extension() == "snap" {
        return Vec::new();
    }
    let trailing = file.lines().filter(|(_, line)| line.ends_with([' ', '\t']));
    trailing.map(|(number, _)| file.problem(number, "white space at the end of the line")).collect()
}

fn too_long(file: &File<'_>) -> Option<Problem> {
    let lines = file.text.lines().count();
    (lines > LONGEST)
        .then(|| file.problem(lines, format!("{lines} lines; split what is longer than {LONGEST}")))
}

fn not_introduced(file: &File<'_>) -> Option<Problem> {
    let mut head = file
        .text
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("#!") || line.starts_with("//"));
    let introduced = head.any(|line| line.starts_with("//!") || line.starts_with("#![doc"));
    (!introduced).then(|| file.problem(1, "a module begins with `//!`: what it is and why it is there"))
}

fn unfinished(file: &File<'_>) -> Vec<Problem> {
    let found = file.lines().filter_map(|(number, line)| {
        let word = UNFINISHED.iter().find(|word| has_word(line, word))?;
        Some(file.problem(number, format!("`{word}`: finish it, or write an issue")))
    });
    found.collect()
}

fn sleeps(file: &File<'_>) -> Vec<Problem> {
    if !file.is_test() {
        return Vec::new();
    }
    let sleeps = file.code().filter(|(_, line)| SLEEPS.iter().any(|word| has_word(line, word)));
    sleeps
        .map(|(number, _)| file.problem(number, "a test waits for an event with a deadline, not for time"))
        .collect()
}

/// Clippy asks the members for a reason; crates outside the workspace are asked here.
fn without_reason(file: &File<'_>) -> Vec<Problem> {
    let starts = ["[allow(", "[expect("].iter().flat_map(|word| file.text.match_indices(word));
    let attributes =
        starts.filter(|(at, _)| file.text.get(..*at).is_some_and(|before| before.ends_with(['#', '!'])));
    let bare = attributes.filter(|(at, _)| {
        let rest = file.text.get(*at..).unwrap_or_default();
        rest.find(")]")
            .and_then(|end| rest.get(..end))
            .is_some_and(|attribute| !attribute.contains("reason = "))
    });
    let line = |at: usize| file.text.get(..at).unwrap_or_default().lines().count();
    bare.map(|(at, _)| file.problem(line(at), "say why: `reason = \"…\"`")).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::texts, *};

    fn file<'a>(path: &'a str, text: &'a str) -> File<'a> {
        File { path, text }
    }

    #[test]
    fn a_file_has_at_most_400_lines() {
        let long = |lines| "x\n".repeat(lines);
        assert!(too_long(&file("a.rs", &long(400))).is_none());
        assert!(too_long(&file("a.rs", &long(401))).is_some());
    }

    #[test]
    fn a_module_is_introduced() {
        for text in
            ["//! What it is.\n", "#![doc = include_str!(\"../README.md\")]\n", "// Licence\n\n//! Doc\n"]
        {
            assert!(not_introduced(&file("a.rs", text)).is_none(), "{text}");
        }
        assert!(not_introduced(&file("a.rs", "use std::fmt;\n//! late\n")).is_some());
        assert!(not_introduced(&file("a.rs", "")).is_some());
    }

    #[test]
    fn nothing_is_left_unfinished() {
        for word in UNFINISHED {
            assert_eq!(unfinished(&file("a.rs", &format!("    // {word} later\n"))).len(), 1, "{word}");
        }
        assert!(unfinished(&file("a.rs", "tempfile(\"XXXXXX\"); // todo list\n")).is_empty());
    }

    #[test]
    fn tests_do_not_sleep() {
        for word in SLEEPS {
            let text = format!("    {word}(seconds).await;\n");
            assert_eq!(sleeps(&file("crates/a/tests/it/main.rs", &text)).len(), 1, "{word}");
            assert!(sleeps(&file("crates/a/src/lib.rs", &text)).is_empty());
            assert!(sleeps(&file("tests/it/main.rs", &format!("// no {word}\n"))).is_empty());
        }
        assert!(sleeps(&file("tests/it/main.rs", "exec(\"sleep 10\");\n")).is_empty());
    }

    #[test]
    fn lines_end_where_their_text_ends() {
        assert_eq!(trailing_whitespace(&file("a.toml", "a = 1 \nb = 2\n")).len(), 1);
        assert!(trailing_whitespace(&file("a.snap", "a \n")).is_empty());
    }

    #[test]
    fn exceptions_have_a_reason() {
        let bare = format!("\n#[{}(dead_code)]\nfn a() {{}}\n", "allow");
        assert_eq!(texts(without_reason(&file("a.rs", &bare))).len(), 1);
        let with = format!("#![{}(\n    dead_code,\n    reason = \"so\"\n)]\n", "expect");
        assert!(without_reason(&file("a.rs", &with)).is_empty());
    }
}
