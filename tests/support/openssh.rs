//! OpenSSH's programs with the client kit of a server, in a home of their own.
//!
//! They find their home in the password database and not in `HOME`; what keeps them off it is the kit's configuration,
//! which is what a user of this toolkit has as well.

use std::{ffi::OsStr, path::PathBuf, process::Command, sync::LazyLock};

use mock_core::{ClientKit, KitBuilder, KitUser, MockSshServer};

use crate::{Askpass, Client, Finished, Home};

/// The file that OpenSSH writes to unless it is told not to.
pub static REAL_KNOWN_HOSTS: LazyLock<PathBuf> = LazyLock::new(|| {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    let user = user.expect("the password database can be read");
    user.expect("we are in it").dir.join(".ssh/known_hosts")
});

/// OpenSSH's programs, set up for one server.
#[derive(Debug)]
pub struct OpenSsh {
    home: Home,
    kit: ClientKit,
}

impl OpenSsh {
    /// For a server, with these users as hosts of the configuration.
    #[must_use]
    pub fn with_users(server: &MockSshServer, users: impl IntoIterator<Item = KitUser>) -> Self {
        let home = Home::new();
        let kit = server.client_kit(home.join("kit"));
        let kit = users.into_iter().fold(kit, KitBuilder::user);
        Self { kit: kit.write().expect("the kit can be written"), home }
    }

    /// For a server, with one user who has no key.
    #[must_use]
    pub fn new(server: &MockSshServer, user: &str) -> Self {
        Self::with_users(server, [KitUser::new(user)])
    }

    /// The home of the programs.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Keys, `known_hosts` and the configuration.
    #[must_use]
    pub fn kit(&self) -> &ClientKit {
        &self.kit
    }

    /// `ssh`, `scp` or `sftp` with the kit's configuration and these arguments.
    #[must_use]
    pub fn command<A: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.home.command(program);
        command.arg("-F").arg(self.kit.config_file()).args(args);
        command
    }

    /// `ssh` with these arguments, and nobody to answer questions.
    #[must_use]
    pub fn ssh<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command("ssh", ["-o", "BatchMode=yes"]);
        command.args(args);
        command
    }

    /// Runs `ssh` with these arguments, without input.
    #[must_use]
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Finished {
        Client::run(&mut self.ssh(args))
    }

    /// Runs `ssh` with these arguments, answers its questions, and returns them as well. Each method is tried once.
    #[must_use]
    pub fn run_answering<A: AsRef<OsStr>>(
        &self,
        answers: &[(&str, &str)],
        args: impl IntoIterator<Item = A>,
    ) -> (Finished, Vec<String>) {
        let askpass = Askpass::new(&self.home, answers);
        let mut command = self.command("ssh", ["-o", "NumberOfPasswordPrompts=1"]);
        let finished = Client::run(askpass.for_command(command.args(args)));
        (finished, askpass.questions())
    }
}
