//! Files over SFTP and SCP, after a login by password: a tree in memory, and what the client makes of it.

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use mock_auth::Password;
use mock_core::{KitUser, MockSshServer, event};
use mock_sftp::{Dir, MemFs, Scp, Sftp, User};
use serde_json::Value;
use support::{Home, Python};

/// Files of `anna`, a server for them, and Python.
pub(crate) struct Files {
    pub(crate) fs: MemFs,
    pub(crate) server: MockSshServer,
    python: Python,
}

impl Files {
    pub(crate) fn new() -> Self {
        let anna = User::new("anna").start("/home/anna");
        let fs = MemFs::builder().user(anna).dir("/home/anna").build().unwrap();
        // AsyncSSH swaps the two paths of a symbolic link for a server that is not called so.
        let builder = MockSshServer::builder().version("SSH-2.0-OpenSSH_9.6");
        let builder = builder.auth(Password::new("anna", "hunter2"));
        let builder = builder.subsystem("sftp", Sftp::new(fs.clone())).exec(Scp::exec(fs.clone()));
        let server = builder.start_blocking().unwrap();
        let python = Python::new(&server, KitUser::new("anna"));
        Self { fs, server, python }
    }

    /// Where the script runs.
    pub(crate) fn home(&self) -> &Home {
        self.python.home()
    }

    /// Lets this be done.
    pub(crate) fn run(&self, script: &str, given: Value) -> Value {
        self.python.run(script, given)
    }

    /// What a tree is that was copied to there.
    pub(crate) fn copied(&self, path: &str) -> String {
        let all = self.home().join("all");
        fs::create_dir_all(&all).unwrap();
        self.fs.to_dir(&all).unwrap();
        tree(&all.join(path.trim_start_matches('/')))
    }

    /// Waits until the client is gone, sees that nothing went wrong, and stops.
    pub(crate) fn end(self) {
        let events = self.server.events();
        events.wait_for(event::disconnected()).blocking().unwrap();
        assert_eq!(events.query(event::problem()).len(), 0, "{}", events.timeline());
        self.server.shutdown().blocking().unwrap();
    }
}

/// Makes a tree to be copied: nested, with an empty file, an empty directory and a name that needs quotes.
pub(crate) fn make_tree(at: &Path) {
    fs::create_dir_all(at.join("sub/empty")).unwrap();
    fs::write(at.join("one"), "content\n").unwrap();
    fs::write(at.join("sub/it's two"), vec![0xAB; 70_000]).unwrap();
    fs::write(at.join("sub/nothing"), "").unwrap();
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(at.join("one")).unwrap().set_modified(then).unwrap();
}

/// What such a tree is, with modes and contents, on this machine.
pub(crate) fn tree(at: &Path) -> String {
    let fs = MemFs::builder().put("/", Dir::from_dir(at).unwrap()).build().unwrap();
    fs.snapshot().to_string()
}
