//! Answers for a client that asks its questions through `SSH_ASKPASS`.
//!
//! OpenSSH asks people on their terminal; a test has none. It runs this program for each question instead. The
//! questions are expected in order, each with its label: a question that is not expected gets no answer.

use std::{fs, path::PathBuf, process::Command};

use crate::Home;

/// A program that answers questions, and notes them.
#[derive(Debug)]
pub struct Askpass {
    program: PathBuf,
    asked: PathBuf,
}

impl Askpass {
    /// Answers the first question with the first answer if it holds the first label, and so on. It expects no more.
    #[must_use]
    pub fn new(home: &Home, answers: &[(&str, &str)]) -> Self {
        let number = fs::read_dir(home.path()).map_or(0, Iterator::count);
        let asked = home.join(format!("asked-{number}"));
        let expected: Vec<_> = (1..)
            .zip(answers)
            .map(|(number, (label, answer))| {
                let (label, answer) = (quoted(label), quoted(answer));
                format!("{number}:*{label}*) printf '%s\\n' {answer} ;;\n")
            })
            .collect();
        let expected = expected.concat();
        let notes = quoted(&asked.display().to_string());
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$1\" >> {notes}\ncase $(wc -l < {notes}):$1 in\n{expected}*) exit 1 ;;\nesac\n"
        );
        Self { program: home.program(&format!("askpass-{number}"), &script), asked }
    }

    /// Makes a client ask this program.
    pub fn for_command<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("SSH_ASKPASS", &self.program)
            .env("SSH_ASKPASS_REQUIRE", "force")
            // Before OpenSSH 8.4 it was asked only where there is a display.
            .env("DISPLAY", "none")
    }

    /// The questions so far, as the client showed them.
    #[must_use]
    pub fn questions(&self) -> Vec<String> {
        let asked = fs::read_to_string(&self.asked).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
