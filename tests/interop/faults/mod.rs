//! Faults as `docs/faults.md` has them: what real clients print when they meet one.
//!
//! The document is the snapshot. It has a section for each fault, with its text as the heading, the line of Rust that makes it,
//! and a line for each client with what that client printed; where it depends on what it was doing just then, alternatives with
//! ` or ` between. Where it is a race within the client, the line says "for example" and is not held to. A test names the fault by
//! that line of Rust, plays it, and holds what came to the document. `FAULTS=write` writes what came instead.

pub(crate) mod agents;
pub(crate) mod connection;
pub(crate) mod files;

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use mock_base::fault::{FaultRule, Stage};
use serde_json::{Value, json};
use support::{Client, Home, interpreter, noise};

pub(crate) const KIB: usize = 1024;

/// What stands for a client that waits for as long as it is let.
pub(crate) const WAITS: &str = "waits";

/// A fault with the line of Rust that makes it.
macro_rules! row {
    ($fault:expr) => {
        $crate::faults::Row::new(&$fault, stringify!($fault))
    };
}
pub(crate) use row;

/// A section of the document.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Stage and action: the heading.
    pub(crate) text: String,
    rust: String,
}

impl Row {
    /// The section of this fault. Its triggers belong to the test and not to the row.
    pub(crate) fn new<S: Stage>(fault: &FaultRule<S>, rust: &str) -> Self {
        let (text, whole) = (format!("{}: {}", fault.stage(), fault.action()), fault.to_string());
        let again: FaultRule<S> = whole.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(again.to_string(), whole, "it is not read as it is written");
        Self { text, rust: on_one_line(rust) }
    }

    /// Holds what a client printed to the document.
    ///
    /// # Errors
    ///
    /// What the document has instead.
    pub(crate) fn check(&self, client: &str, printed: &str) -> Result<(), String> {
        if env::var_os("FAULTS").is_some_and(|mode| mode == "write") {
            return self.write(client, printed);
        }
        let document = fs::read_to_string(document()).unwrap();
        let (_, section, _) = self.cut(&document)?;
        let (begin, shown) = (begin_of(client), shown(printed));
        let said = |line: &str| {
            let said = line.strip_prefix(&begin);
            said.is_some_and(|said| said == shown || said.split(" or ").any(|one| one == shown))
        };
        let varies = format!("- {client}, for example: ");
        let said = |line: &str| said(line) || line.starts_with(&varies);
        let missing = if !section.lines().any(|line| line == self.rust_line()) {
            self.rust_line()
        } else if !section.lines().any(said) {
            format!("{begin}{shown}")
        } else {
            return Ok(());
        };
        Err(format!("docs/faults.md does not have this for `{}`:\n{missing}\nbut\n{section}", self.text))
    }

    fn rust_line(&self) -> String {
        format!("- Rust: `{}`", self.rust)
    }

    /// What stands before the section, below its heading, and behind it.
    fn cut<'a>(&self, document: &'a str) -> Result<(&'a str, &'a str, &'a str), String> {
        let heading = format!("\n#### `{}`\n", self.text);
        let at = document.find(&heading).ok_or_else(|| format!("docs/faults.md has no section{heading}"))?;
        let (before, rest) = document.split_at(at + heading.len());
        let end = rest.find("\n#").map_or(rest.len(), |end| end + 1);
        let (section, after) = rest.split_at(end);
        Ok((before, section, after))
    }

    /// Puts the lines of Rust and of this client where such lines stand, or at the end of the section.
    fn write(&self, client: &str, printed: &str) -> Result<(), String> {
        let path = document();
        // Tests are processes that run at the same time.
        let lock = File::open(&path).unwrap();
        lock.lock().unwrap();
        let document = fs::read_to_string(&path).unwrap();
        let (before, section, after) = self.cut(&document)?;
        let mut lines: Vec<String> = section.trim_end().lines().map(str::to_owned).collect();
        let said = format!("{}{}", begin_of(client), shown(printed));
        let varies = format!("- {client}, for example: ");
        if lines.iter().any(|there| there.starts_with(&varies)) {
            return Ok(());
        }
        let new = [("- Rust: ".to_owned(), self.rust_line()), (begin_of(client), said)];
        for (begin, line) in new {
            if let Some(there) = lines.iter_mut().find(|there| there.starts_with(&begin)) {
                *there = line;
                continue;
            }
            let begins = !lines.last().is_some_and(|last| last.is_empty() || last.starts_with("- "));
            lines.extend(begins.then(String::new));
            lines.push(line);
        }
        let end = if after.is_empty() { "\n" } else { "\n\n" };
        fs::write(&path, format!("{before}{}{end}{after}", lines.join("\n"))).unwrap();
        Ok(())
    }
}

/// Runs a script of Python on these cases, with a file `local` of 100 KiB. Returns what it has to say of each.
pub(crate) fn run_script(script: &str, cases: &[Value]) -> Vec<String> {
    let home = Home::new();
    let _local = home.file("local", noise(100 * KIB));
    let count = cases.len();
    let mut command = home.command(interpreter());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/python").join(script);
    command.args(["-W", "ignore", "-B"]).arg(path).arg(json!({"cases": cases}).to_string());
    let printed = Client::run(&mut command).succeeded();
    let said: Vec<String> = serde_json::from_str(printed.trim()).unwrap();
    assert_eq!(said.len(), count);
    said
}

/// Fails with everything that was otherwise.
pub(crate) fn all_right(problems: impl Iterator<Item = String>) {
    let problems: Vec<_> = problems.collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md")
}

fn begin_of(client: &str) -> String {
    format!("- {client}: ")
}

/// What a client printed, each line of it as code.
fn shown(printed: &str) -> String {
    let code = |line: &str| if line.contains('`') { format!("`` {line} ``") } else { format!("`{line}`") };
    if printed == WAITS {
        return "nothing: it waits".to_owned();
    }
    let lines: Vec<_> = printed.lines().map(str::trim).filter(|line| !line.is_empty()).map(code).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

fn on_one_line(rust: &str) -> String {
    let words: Vec<_> = rust.split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(" )", ")").replace(" .", ".").replace(",)", ")")
}
