//! OpenSSH shares a connection through a master, a client that listens on a socket for others.

use std::{path::PathBuf, process::Command};

use support::{Client, OpenSsh};

/// A client whose connection others use.
pub(super) struct Master {
    pub(super) client: Client,
    socket: PathBuf,
}

impl Master {
    /// Starts it, and waits until others can use it.
    pub(super) fn start(ssh: &OpenSsh) -> Self {
        let socket = ssh.home().join("master");
        let mut command = ssh.ssh(["-M", "-N", "-S"]);
        command.arg(&socket);
        // Runs once the socket is listened on.
        command.args(["-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo listening", "anna"]);
        let client = Client::start(&mut command);
        client.wait_for_output("listening\n");
        Self { client, socket }
    }

    /// A client of this connection.
    pub(super) fn ssh(&self, ssh: &OpenSsh, args: &[&str]) -> Command {
        let mut command = ssh.ssh(["-S"]);
        command.arg(&self.socket).args(args);
        command
    }

    /// Ends the connection as people do.
    pub(super) fn exit(self, ssh: &OpenSsh) {
        let said = Client::run(&mut self.ssh(ssh, &["-O", "exit", "anna"]));
        said.failed(0, "Exit request sent.");
        let _status = self.client.finish();
    }
}
