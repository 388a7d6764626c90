//! A scenario that runs in this process, and `ssh` against it.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Output, Stdio},
};

use mock_cli::Scenario;
use mock_core::{ClientKit, KitBuilder, MockSshServer};
use tempfile::TempDir;

use crate::support::{command, temporary, text};

/// A scenario that runs, and `ssh` with what it needs.
pub(crate) struct Running {
    pub(crate) server: MockSshServer,
    kit: ClientKit,
    directory: TempDir,
    /// What is answered to prompts, as cases of a shell.
    pub(crate) answers: String,
}

impl Running {
    pub(crate) fn start(scenario: &Scenario) -> Self {
        let directory = temporary();
        let server = scenario.builder().start_blocking().unwrap();
        let kit =
            scenario.kit_users().into_iter().fold(server.client_kit(directory.path()), KitBuilder::user);
        Self { kit: kit.write().unwrap(), server, directory, answers: String::new() }
    }

    pub(crate) fn of(text: &str) -> Self {
        Self::start(&Scenario::parse(text, "scenario.toml").unwrap())
    }

    /// Runs `ssh` with these arguments, and with this as its input.
    pub(crate) fn ssh(&self, args: &[&str], stdin: &str) -> Output {
        let askpass = self.directory.path().join("askpass");
        let cases = format!("*Token*) echo 123456 ;; {} *) echo hunter2 ;;", self.answers);
        fs::write(&askpass, format!("#!/bin/sh\ncase \"$1\" in {cases} esac\n")).unwrap();
        fs::set_permissions(&askpass, fs::Permissions::from_mode(0o700)).unwrap();
        let mut ssh = command("ssh", self.directory.path());
        ssh.arg("-F").arg(self.kit.config_file()).args(args);
        ssh.env("SSH_ASKPASS", askpass).env("SSH_ASKPASS_REQUIRE", "force");
        let mut ssh =
            ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        ssh.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        ssh.wait_with_output().unwrap()
    }

    /// What a command answers: its status and its output.
    pub(crate) fn run(&self, user: &str, command: &str) -> (i32, String) {
        let output = self.ssh(&["-T", user, command], "");
        (output.status.code().unwrap(), text(&output.stdout))
    }

    pub(crate) fn answers(&self, user: &str, command: &str, status: i32, stdout: &str) {
        assert_eq!(self.run(user, command), (status, stdout.to_owned()), "{command}");
    }
}
