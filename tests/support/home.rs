//! A home directory for one test, and commands that know no other.
//!
//! Clients look into the environment for agents, configurations and languages. They start with next to nothing, so
//! that a test means the same on every machine.

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A temporary home directory. It is deleted when this is dropped.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty one. Its path is short, because sockets may be made in it.
    #[must_use]
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("home-").tempdir();
        Self { directory: directory.expect("a temporary directory can be made") }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file with mode 0600, as private keys need it.
    #[must_use]
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.write(name, content.as_ref(), 0o600)
    }

    /// Writes a file that can be run.
    #[must_use]
    pub fn program(&self, name: &str, content: &str) -> PathBuf {
        self.write(name, content.as_bytes(), 0o700)
    }

    /// This program with nothing in its environment but `PATH`, this home, and the plain language.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.path());
        command
    }

    fn write(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, content).expect("a file in the home can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }
}
