//! Running another program, and saying how to run it again by hand.

use std::{
    fmt,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A command line, printed as one would type it in the root of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    program: String,
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
    dir: Option<PathBuf>,
}

impl Task {
    /// The program with these arguments, separated by spaces.
    pub(crate) fn new(program: &str, args: &str) -> Self {
        let args = args.split_whitespace().map(str::to_owned).collect();
        Self { program: program.to_owned(), args, env: Vec::new(), dir: None }
    }

    /// Cargo with these arguments, separated by spaces.
    pub(crate) fn cargo(args: &str) -> Self {
        Self::new("cargo", args)
    }

    /// One more argument, which may hold spaces.
    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Runs in this directory below the root of the workspace.
    pub(crate) fn in_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Runs it with its output visible.
    ///
    /// # Errors
    ///
    /// When it does not start or does not end well; the error holds the command to run again.
    pub(crate) fn run(&self) -> Result<()> {
        println!("$ {self}");
        let status = self.command().status().with_context(|| format!("`{}` does not start", self.program))?;
        if !status.success() {
            bail!("{status}; run it again with:\n    {self}");
        }
        Ok(())
    }

    /// Runs it and returns what it printed.
    pub(crate) fn output(&self) -> Result<String> {
        let output = self.command().stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("`{}` does not start", self.program))?;
        if !output.status.success() {
            bail!("{}; run it again with:\n    {self}", output.status);
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Whether it ends well, without a word.
    pub(crate) fn succeeds(&self) -> bool {
        let status = self.command().stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let dir = workspace::root().join(self.dir.as_deref().unwrap_or("".as_ref()));
        command.args(&self.args).current_dir(dir).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(name, value)| (*name, value)));
        command
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dir) = &self.dir {
            write!(f, "cd {} && ", dir.display())?;
        }
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./=:,+@*".contains(char);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::Task;

    #[test]
    fn a_task_is_printed_as_one_would_type_it() {
        let task = Task::cargo("test --doc")
            .arg("not test(/^plink::/)")
            .env("RUSTDOCFLAGS", "-Dwarnings")
            .in_dir("a/b");
        assert_eq!(
            task.to_string(),
            "cd a/b && RUSTDOCFLAGS=-Dwarnings cargo test --doc 'not test(/^plink::/)'"
        );
    }
}
