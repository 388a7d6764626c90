//! PuTTY's `scp` and `sftp`: pscp, which speaks both protocols, and psftp.

use std::{
    fs,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mock_auth::Password;
use mock_core::MockSshServer;
use mock_sftp::{MemFs, Scp, ScpEvents as _, Sftp, SftpEvents as _, User, uploaded};
use support::{Client, Home, noise};

/// Files of `anna`, and a server for them over both protocols.
fn file_server() -> (MemFs, MockSshServer) {
    let anna = User::new("anna").start("/home/anna");
    let files = MemFs::builder().user(anna).dir("/home/anna").build().unwrap();
    let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
    let builder = builder.exec(Scp::exec(files.clone())).subsystem("sftp", Sftp::new(files.clone()));
    (files, builder.start_blocking().unwrap())
}

/// `pscp` or `psftp`, which know the host keys by their fingerprints.
fn copier(home: &Home, server: &MockSshServer, program: &str) -> Command {
    let mut command = home.command(program);
    command.args(["-batch", "-P", &server.port().to_string()]);
    for key in server.host_keys() {
        command.args(["-hostkey", &key.sha256()]);
    }
    command.arg("-pwfile").arg(home.file("password", "hunter2\n"));
    command
}

/// A directory `tree` with a file of some size, one in a directory below, both of long ago.
fn make_tree(home: &Home) -> Vec<u8> {
    let data = noise(3 << 20);
    fs::create_dir_all(home.join("tree/sub")).unwrap();
    fs::write(home.join("tree/a b"), &data).unwrap();
    fs::write(home.join("tree/sub/empty"), "").unwrap();
    for name in ["tree/a b", "tree/sub/empty"] {
        fs::File::options().write(true).open(home.join(name)).unwrap().set_modified(then()).unwrap();
    }
    data
}

/// When that was.
fn then() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// `pscp` over either protocol, in both directions, with trees and times.
fn pscp(protocol: &str) -> (MockSshServer, Home) {
    let (files, server) = file_server();
    let home = Home::new();
    let data = make_tree(&home);
    let pscp = |args: &[&str]| Client::run(copier(&home, &server, "pscp").args([protocol, "-q"]).args(args));
    let host = |path: &str| format!("anna@127.0.0.1:{path}");
    assert_eq!(pscp(&["-r", "-p", "tree", &host(".")]).succeeded(), "");
    assert!(files.read("/home/anna/tree/a b").unwrap() == data);
    assert_eq!(files.read("/home/anna/tree/sub/empty").unwrap(), "");
    assert_eq!(pscp(&["-r", "-p", &host("tree"), "back"]).succeeded(), "");
    assert!(fs::read(home.join("back/a b")).unwrap() == data);
    assert_eq!(pscp(&["-unsafe", &host("tree/a*"), "."]).succeeded(), "");
    assert!(fs::read(home.join("a b")).unwrap() == data);
    pscp(&[&host("missing"), "."]).failed(1, "missing: ");
    // Over SFTP it has no times for what it copies.
    if protocol == "-scp" {
        assert_eq!(files.metadata("/home/anna/tree/a b").unwrap().modified, then());
        assert_eq!(fs::metadata(home.join("back/sub/empty")).unwrap().modified().unwrap(), then());
    }
    (server, home)
}

#[test]
fn pscp_copies_files_and_trees_both_ways() {
    let (server, _home) = pscp("-scp");
    let names: Vec<_> = server.events().scp_ops().iter().map(|op| op.operation.name()).collect();
    let directions = |direction| names.iter().filter(|name| **name == direction).count();
    assert_eq!((directions("upload"), directions("upload-dir")), (2, 2), "{names:?}");
    assert_eq!((directions("download"), directions("download-dir")), (4, 2), "{names:?}");
    server.shutdown().blocking().unwrap();
}

#[test]
fn pscp_copies_over_sftp_as_well() {
    let (server, _home) = pscp("-sftp");
    assert_eq!((server.events().uploads().len(), server.events().scp_ops().len()), (2, 0));
    server.shutdown().blocking().unwrap();
}

#[test]
fn psftp_does_what_its_commands_say() {
    let (files, server) = file_server();
    let home = Home::new();
    let data = make_tree(&home);
    fs::write(home.join("part"), &data[..1 << 20]).unwrap();
    fs::write(home.join("half"), &data[..1 << 20]).unwrap();
    let commands = [
        "pwd",
        "mkdir dir",
        "cd dir",
        "put -r tree",
        "ls tree",
        "get -r tree back",
        "put part whole",
        "reput \"tree/a b\" whole",
        "reget whole half",
        "chmod 640 whole",
        "mv whole renamed",
        "mput part half",
        "rm part",
        "rmdir tree/sub",
        "rm tree/sub/empty",
        "rmdir tree/sub",
        "ls",
    ];
    let batch = home.file("batch", commands.join("\n"));
    let mut psftp = copier(&home, &server, "psftp");
    // It goes on after the first directory that cannot be removed.
    psftp.args(["-be", "-b"]).arg(batch).arg("anna@127.0.0.1");
    let finished = Client::run(&mut psftp);
    let output = finished.succeeded();
    for said in [
        "Remote working directory is /home/anna\n",
        "    3 anna     anna         4096 ",
        "    1 anna     anna      3145728 ",
        "reput: restarting at file position 1048576\n",
        "reget: restarting at file position 1048576\n",
        "/home/anna/dir/whole: 0644 -> 0640\n",
        "rmdir /home/anna/dir/tree/sub: failure\n",
        "rmdir /home/anna/dir/tree/sub: OK\n",
    ] {
        assert!(output.contains(said), "{said}\n{finished}");
    }
    assert_eq!(files.list("/home/anna/dir").unwrap(), ["half", "renamed", "tree"]);
    assert_eq!(files.list("/home/anna/dir/tree").unwrap(), ["a b"]);
    for name in ["half", "renamed", "tree/a b"] {
        assert!(files.read(format!("/home/anna/dir/{name}")).unwrap() == data, "{name}");
    }
    assert_eq!(files.metadata("/home/anna/dir/renamed").unwrap().mode, 0o640);
    for name in ["half", "back/a b"] {
        assert!(fs::read(home.join(name)).unwrap() == data, "{name}");
    }
    assert_eq!(fs::read(home.join("back/sub/empty")).unwrap(), b"");
    let written: Vec<_> = server.events().query(uploaded("/home/anna/dir/whole"));
    let written: Vec<_> = written.iter().map(|upload| upload.written).collect();
    assert_eq!(written, [1 << 20, 2 << 20]);
    server.shutdown().blocking().unwrap();
}
