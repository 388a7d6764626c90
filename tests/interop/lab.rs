//! Files of one user, for programs that use them with a library of their language: each is started with the host, the
//! port, a file of known hosts, what to do, and if the login is by key, the key's file.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use mock_agent::{Identity, KeyType};
use mock_auth::{Password, PublicKeys};
use mock_core::{Authenticator, Exec, KitUser, MockSshServer, event, keys::PublicKey};
use mock_sftp::{MemFs, Scp, Sftp, User};
use support::{Client, Finished, Home};

/// Files of `anna`, a server for them, and a home for the client.
pub(crate) struct Lab {
    pub(crate) fs: MemFs,
    pub(crate) server: MockSshServer,
    pub(crate) home: Home,
    known_hosts: PathBuf,
}

impl Lab {
    /// With the password `hunter2`.
    pub(crate) fn new() -> Self {
        Self::with(Password::new("anna", "hunter2"))
    }

    pub(crate) fn with(auth: impl Authenticator + 'static) -> Self {
        let fs = MemFs::builder().user(User::new("anna").start("/home/anna")).dir("/home/anna").build();
        let fs = fs.unwrap();
        // phpseclib swaps the two paths of a symbolic link for a server that is not called so.
        let builder = MockSshServer::builder().version("SSH-2.0-OpenSSH_9.6").auth(auth);
        let builder = builder.subsystem("sftp", Sftp::new(fs.clone())).exec(Scp::exec(fs.clone()));
        let server = builder.exec(Exec::echo()).start_blocking().unwrap();
        let home = Home::new();
        let kit = server.client_kit(home.join("kit")).user(KitUser::new("anna")).write().unwrap();
        Self { fs, known_hosts: kit.known_hosts_file(), server, home }
    }

    /// Runs the program, which logs in with a password, or with a key that is in a file.
    pub(crate) fn run(&self, program: fn(&Home) -> Command, what: &str, key: Option<&Path>) -> Finished {
        let mut program = program(&self.home);
        program.args(["127.0.0.1", &self.server.port().to_string()]).arg(&self.known_hosts).arg(what);
        Client::run(program.args(key))
    }

    pub(crate) fn end(self) {
        let events = self.server.events();
        events.wait_for(event::disconnected()).blocking().unwrap();
        assert_eq!(events.count(event::problem()), 0, "{}", events.timeline());
        self.server.shutdown().blocking().unwrap();
    }
}

/// Has the program log in with keys of these types, and with a password and a key that the server refuses.
///
/// It prints what the command `uname -r` does, or `refused`.
pub(crate) fn logins(program: fn(&Home) -> Command, key_types: &[KeyType]) {
    let exec = |allowed: PublicKey, key: &Identity| {
        let lab = Lab::with(PublicKeys::new("anna", [allowed]));
        let user = KitUser::new("anna").identity(key.key().clone());
        let kit = lab.server.client_kit(lab.home.join("keys")).user(user).write().unwrap();
        let said = lab.run(program, "exec", kit.identity_file("anna")).succeeded();
        lab.end();
        said
    };
    let identity = |key_type| Identity::generate(key_type, "anna@work").unwrap();
    for key_type in key_types {
        let key = identity(*key_type);
        assert_eq!(exec(key.public_key().clone(), &key), "REMOTE_OK:uname -r\n", "{key_type:?}");
    }
    assert_eq!(
        exec(identity(KeyType::Ed25519).public_key().clone(), &identity(KeyType::Ed25519)),
        "refused\n"
    );
    let lab = Lab::with(Password::new("anna", "letmein"));
    assert_eq!(lab.run(program, "exec", None).succeeded(), "refused\n");
    lab.end();
}
