//! `sftp` and `scp` with files in memory: every command there is, large files, and what the journal says of it.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    process::Stdio,
    time::{Duration, UNIX_EPOCH},
};

use mock_core::{MockSshServer, event};
use mock_sftp::{
    MemFs, Sftp, SftpEvents as _, User, sftp_op, uploaded,
    wire::{Extension, Operation},
};
use nix::{sys::stat::Mode, unistd::mkfifo};
use support::{Client, Finished, OpenSsh, noise};

use super::open_server;

const MIB: usize = 1 << 20;

/// Files in memory, a server for them, and the programs of a user.
struct Lab {
    fs: MemFs,
    server: MockSshServer,
    ssh: OpenSsh,
}

impl Lab {
    fn new() -> Self {
        Self::with(|sftp| sftp)
    }

    fn with(settings: impl FnOnce(Sftp) -> Sftp) -> Self {
        let fs = MemFs::builder().user(User::new("anna").start("/home/anna")).dir("/home/anna").build();
        let fs = fs.unwrap();
        let sftp = settings(Sftp::new(fs.clone()));
        let server = open_server().subsystem("sftp", sftp).start_blocking().unwrap();
        let ssh = OpenSsh::new(&server, "anna");
        Self { fs, server, ssh }
    }

    /// Runs `sftp` with these commands, which it takes from a pipe and echoes. It stops at the first that fails.
    fn batch(&self, options: &[&str], commands: &str) -> Finished {
        let mut command = self.ssh.command("sftp", ["-b", "-"]);
        command.args(options).arg("anna");
        Client::run_with_input(command.stderr(Stdio::piped()), commands.as_bytes())
    }

    /// Waits until the channel is gone, and stops.
    fn end(self) {
        self.server.events().wait_for(event::disconnected()).blocking().unwrap();
        assert_eq!(self.server.events().query(event::problem()).len(), 0);
        self.server.shutdown().blocking().unwrap();
    }
}

#[test]
fn every_command_works() {
    let lab = Lab::new();
    let home = lab.ssh.home();
    let _local = home.file("local", "hello\n");
    fs::create_dir_all(home.join("tree/sub")).unwrap();
    fs::write(home.join("tree/one"), "1").unwrap();
    fs::write(home.join("tree/sub/two"), "22").unwrap();
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in ["local", "tree/one", "tree/sub/two"] {
        let file = fs::File::options().write(true).open(home.join(name)).unwrap();
        file.set_modified(then).unwrap();
    }
    let commands = [
        "pwd",
        "put local remote",
        "put -p local with-times",
        "put -f local synced",
        "chmod 640 remote",
        "chown 77 remote",
        "chgrp 88 remote",
        "chgrp -h 99 remote",
        "ls -la",
        "ln remote hard",
        "ln -s remote soft",
        "-ln -s remote soft",
        "rename remote renamed",
        "rename synced hard",
        "copy renamed copied",
        "mkdir dir",
        "-mkdir dir",
        "cd dir",
        "put -R -p tree",
        "ls -1 tree",
        "cd ..",
        "df",
        "df -hi",
        "get renamed back",
        "get -p -R dir/tree tree-back",
        "ls -ln copied",
        "rm soft",
        "-rm soft",
        "rmdir dir/tree",
    ];
    let finished = lab.batch(&[], &commands.join("\n"));
    // The last command fails, because the directory is not empty, and so `sftp` does.
    finished.failed(1, "remote rmdir \"/home/anna/dir/tree\": Failure");
    assert_eq!(finished.stderr().lines().count(), 4, "{finished}");
    let output = finished.stdout();
    for shown in [
        "Remote working directory: /home/anna\n",
        "-rw-r-----    ? 77       99              6 ",
        "sftp> ls -1 tree\ntree/one\ntree/sub\n",
        "Size         Used        Avail       (root)    %Capacity\n",
    ] {
        assert!(output.contains(shown), "{shown}\n{finished}");
    }
    assert_eq!(lab.fs.list("/home/anna").unwrap(), ["copied", "dir", "hard", "renamed", "with-times"]);
    for name in ["copied", "hard", "renamed", "with-times"] {
        assert_eq!(lab.fs.read(format!("/home/anna/{name}")).unwrap(), "hello\n", "{name}");
    }
    assert_eq!(lab.fs.read("/home/anna/dir/tree/sub/two").unwrap(), "22");
    for (remote, local) in [("with-times", "local"), ("dir/tree/sub/two", "tree/sub/two")] {
        let remote = lab.fs.metadata(format!("/home/anna/{remote}")).unwrap();
        assert_eq!(remote.modified, then, "{local}");
        assert_eq!(fs::metadata(home.join(local)).unwrap().mode() & 0o7777, remote.mode, "{local}");
    }
    assert_eq!(fs::metadata(home.join("tree-back/one")).unwrap().modified().unwrap(), then);
    assert_eq!(fs::read_to_string(home.join("back")).unwrap(), "hello\n");
    assert_eq!(fs::read_to_string(home.join("tree-back/sub/two")).unwrap(), "22");

    let events = lab.server.events();
    assert_eq!(events.count(uploaded("/home/anna/remote")), 1);
    assert_eq!(events.uploads()[0].content.as_ref().unwrap(), &"hello\n");
    for extension in [
        Extension::PosixRename,
        Extension::StatVfs,
        Extension::HardLink,
        Extension::FSync,
        Extension::LSetStat,
        Extension::Limits,
        Extension::CopyData,
        Extension::UsersGroupsById,
    ] {
        let used = sftp_op().operation(Operation::Extended(extension));
        assert!(events.count(used) > 0, "{extension:?}");
    }
    lab.end();
}

#[test]
fn files_go_there_and_back_however_many_requests_are_sent_ahead() {
    let lab = Lab::new();
    let home = lab.ssh.home();
    let data = noise(48 * MIB + 12_345);
    let _local = home.file("local", &data);
    for options in [&[][..], &["-R", "512", "-B", "261120"], &["-R", "1", "-B", "200000"], &["-R", "256"]] {
        let finished = lab.batch(options, "put local remote\nget remote back\nrm remote");
        assert_eq!(finished.code(), 0, "{finished}");
        assert!(fs::read(home.join("back")).unwrap() == data, "{options:?}");
    }
    let uploads = lab.server.events().uploads();
    assert_eq!(uploads.len(), 4);
    assert!(uploads.iter().all(|upload| *upload.content.as_ref().unwrap() == data));
    lab.end();
}

#[test]
fn what_was_interrupted_goes_on() {
    let lab = Lab::new();
    let home = lab.ssh.home();
    let data = noise(3 * MIB);
    let _local = home.file("local", &data);
    lab.fs.write("/home/anna/remote", &data[..=MIB]).unwrap();
    let finished = lab.batch(&[], "reput local remote");
    assert_eq!(finished.code(), 0, "{finished}");
    assert!(lab.fs.read("/home/anna/remote").unwrap() == data);
    let _back = home.file("back", &data[..2 * MIB + 7]);
    let finished = lab.batch(&[], "reget remote back");
    assert_eq!(finished.code(), 0, "{finished}");
    assert!(fs::read(home.join("back")).unwrap() == data);
    let written: Vec<_> = lab.server.events().uploads().iter().map(|upload| upload.written).collect();
    assert_eq!(written, [2 * MIB as u64 - 1]);
    lab.end();
}

#[test]
fn a_server_without_extensions_serves_as_well() {
    let lab = Lab::with(Sftp::without_extensions);
    let _local = lab.ssh.home().file("local", "hello\n");
    let finished = lab
        .batch(&[], "put local remote\nrename remote renamed\nget renamed back\nls -l\n-df\nln renamed hard");
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stdout().contains("-rw-------    1 anna     anna            6 "), "{finished}");
    assert!(finished.stderr().contains("Server does not support statvfs@openssh.com"), "{finished}");
    lab.end();
}

#[test]
fn scp_copies_over_sftp_too() {
    let lab = Lab::new();
    let home = lab.ssh.home();
    fs::create_dir_all(home.join("tree/sub")).unwrap();
    fs::write(home.join("tree/sub/file"), "content").unwrap();
    let finished = Client::run(lab.ssh.command("scp", ["-s", "-rp", "tree", "anna:"]).stdin(Stdio::null()));
    assert_eq!(finished.code(), 0, "{finished}");
    assert_eq!(lab.fs.read("/home/anna/tree/sub/file").unwrap(), "content");
    let from = ["-s", "-r", "anna:~anna/tree", "back"];
    let finished = Client::run(lab.ssh.command("scp", from).stdin(Stdio::null()));
    assert_eq!(finished.code(), 0, "{finished}");
    assert_eq!(fs::read_to_string(home.join("back/sub/file")).unwrap(), "content");
    let expanded = sftp_op().operation(Operation::Extended(Extension::ExpandPath)).path("~anna/tree");
    assert_eq!(lab.server.events().count(expanded), 1);
    lab.server.shutdown().blocking().unwrap();
}

#[test]
fn what_a_killed_client_had_open_is_closed() {
    let lab = Lab::new();
    lab.fs.write("/home/anna/remote", "content").unwrap();
    // `sftp` opens the remote file first, and then waits for a reader of the pipe.
    mkfifo(&lab.ssh.home().join("pipe"), Mode::S_IRWXU).unwrap();
    let mut sftp = Client::start_with_input(&mut lab.ssh.command("sftp", ["-b", "-", "anna"]));
    sftp.send(b"get remote pipe\n");
    let events = lab.server.events();
    events.wait_for(sftp_op().operation(Operation::Open)).blocking().unwrap();
    drop(sftp);
    events.wait_for(event::disconnected()).blocking().unwrap();
    let closed = events.query(sftp_op().operation(Operation::Close));
    assert_eq!((closed.len(), closed[0].status), (1, None));
    lab.server.shutdown().blocking().unwrap();
}
