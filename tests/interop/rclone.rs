//! rclone, which synchronises trees: its SFTP backend, configured by nothing but flags.

use std::{fs, path::Path, process::Command};

use mock_agent::{Identity, KeyType};
use mock_auth::PublicKeys;
use mock_core::{KitUser, MockSshServer};
use mock_sftp::{Dir, MemFs, Sftp, SftpEvents as _, sftp_op, wire::Operation};
use support::{Client, Finished, OpenSsh};

/// Files, a server that lets `anna` in with a key, and rclone with that key.
struct Lab {
    fs: MemFs,
    server: MockSshServer,
    ssh: OpenSsh,
}

impl Lab {
    fn new() -> Self {
        let identity = Identity::generate(KeyType::Ed25519, "anna").unwrap();
        let fs = MemFs::new();
        let builder = MockSshServer::builder().auth(PublicKeys::new("anna", [identity.public_key()]));
        let server = builder.subsystem("sftp", Sftp::new(fs.clone())).start_blocking().unwrap();
        let user = KitUser::new("anna").identity(identity.key().clone());
        Self { fs, ssh: OpenSsh::with_users(&server, [user]), server }
    }

    fn rclone(&self, args: &[&str]) -> Command {
        let mut rclone = self.ssh.home().command("rclone");
        let file = |path: &Path| path.display().to_string();
        rclone.args(["--config", "", "--sftp-host", "127.0.0.1", "--sftp-user", "anna"]);
        rclone.args(["--sftp-port", &self.server.port().to_string()]);
        rclone.args(["--sftp-key-file", &file(self.ssh.kit().identity_file("anna").unwrap())]);
        rclone.args(["--sftp-known-hosts-file", &file(&self.ssh.kit().known_hosts_file())]);
        // There is nobody who would run `md5sum`.
        rclone.args(["--sftp-disable-hashcheck", "--verbose"]).args(args);
        rclone
    }

    fn run(&self, args: &[&str]) -> Finished {
        Client::run(&mut self.rclone(args))
    }

    fn succeeds(&self, args: &[&str]) {
        let finished = self.run(args);
        assert_eq!(finished.code(), 0, "{finished}");
    }
}

#[test]
fn a_tree_is_synchronised_and_checked() {
    let lab = Lab::new();
    let tree = lab.ssh.home().join("tree");
    fs::create_dir_all(tree.join("sub/deep")).unwrap();
    for number in 0..20 {
        fs::write(tree.join(format!("sub/file {number}")), format!("content {number}\n")).unwrap();
    }
    fs::write(tree.join("sub/deep/large"), support::noise(3 << 20)).unwrap();
    lab.succeeds(&["sync", "tree", ":sftp:/backup"]);
    let copied = |name: &str| lab.fs.read(format!("/backup/sub/{name}"));
    assert_eq!(copied("file 7").unwrap(), "content 7\n");
    assert!(copied("deep/large").unwrap() == support::noise(3 << 20));
    lab.succeeds(&["check", "--download", "tree", ":sftp:/backup"]);
    let uploads = lab.server.events().uploads().len();
    assert_eq!(uploads, 21);

    // What is the same is not sent again; what is gone is removed; what was changed there is sent.
    let before = lab.fs.snapshot();
    fs::remove_file(tree.join("sub/file 3")).unwrap();
    lab.fs.write("/backup/sub/file 4", "somebody else's").unwrap();
    lab.run(&["check", "--download", "tree", ":sftp:/backup"]).failed(1, "2 differences found");
    lab.succeeds(&["sync", "tree", ":sftp:/backup"]);
    assert_eq!(lab.fs.diff(&before).to_string(), "- /backup/sub/file 3: file \"content 3\\n\"\n");
    let events = lab.server.events();
    assert_eq!(events.uploads().len(), uploads + 1, "{}", events.timeline());
    assert_eq!(events.count(sftp_op().operation(Operation::Remove).path("/backup/sub/file 3")), 1);
    lab.server.shutdown().blocking().unwrap();
}

#[test]
fn a_tree_comes_back_with_its_times() {
    let lab = Lab::new();
    let there = lab.ssh.home().join("there");
    fs::create_dir_all(there.join("sub")).unwrap();
    fs::write(there.join("sub/one"), "1").unwrap();
    lab.fs.put("/srv", Dir::from_dir(&there).unwrap()).unwrap();
    lab.succeeds(&["copy", ":sftp:/srv", "back"]);
    let back = lab.ssh.home().join("back/sub/one");
    assert_eq!(fs::read_to_string(&back).unwrap(), "1");
    let seconds = |path: &Path| {
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
    };
    assert_eq!(seconds(&back), seconds(&there.join("sub/one")));
    assert_eq!(lab.server.events().uploads().len(), 0);
    lab.server.shutdown().blocking().unwrap();
}
