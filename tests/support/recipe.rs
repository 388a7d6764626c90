//! Recipes of `examples/` for other languages, run as they stand: with `mock-ssh` on the path, in a home of their own.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Home, MockSshBinary, package};

/// A file of `examples/` and the program that runs it.
#[derive(Debug)]
pub struct Recipe {
    home: Home,
    command: Command,
}

impl Recipe {
    /// `program arguments… examples/file`.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>, arguments: &[&str], file: &str) -> Self {
        let home = Home::new();
        let binary = MockSshBinary::command(&home);
        let found = Path::new(binary.get_program()).parent().map(Path::to_path_buf);
        let path = env::var_os("PATH").unwrap_or_default();
        let path =
            env::join_paths(found.into_iter().chain(env::split_paths(&path))).expect("no `:` in a directory");
        let mut command = home.command(program);
        command.args(arguments).arg(package().join("../examples").join(file));
        command.env("PATH", path).env("TMPDIR", home.join("tmp"));
        Self { home, command }
    }

    /// A path in its home.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// The command line.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }
}
