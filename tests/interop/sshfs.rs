//! sshfs, which mounts what SFTP serves: the kernel is the client then, with its own idea of what files can do.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use mock_auth::NoneAuth;
use mock_core::{MockSshServer, event};
use mock_sftp::{MemFs, Sftp, SftpEvents as _, sftp_op, wire::Operation};
use support::{Client, OpenSsh, noise};

/// A mount of `anna`'s files, which ends with its test.
struct Mount<'a> {
    ssh: &'a OpenSsh,
}

impl<'a> Mount<'a> {
    fn new(ssh: &'a OpenSsh) -> Self {
        fs::create_dir(ssh.home().join("mount")).unwrap();
        let config = ssh.kit().config_file().display().to_string();
        // It returns once the mount is there, and leaves `ssh` behind with its outputs. When the connection ends, it
        // ends as well.
        let script = "sshfs -o ssh_command=\"ssh -F $0\" anna:/ mount >log 2>&1 || cat log";
        let mut sshfs = ssh.home().command("sh");
        assert_eq!(Client::run(sshfs.args(["-c", script, &config])).succeeded(), "");
        Self { ssh }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.ssh.home().join("mount").join(name)
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // Even if the test fails: a home in which something is mounted cannot be removed.
        let mut fusermount = self.ssh.home().command("fusermount3");
        let _gone = fusermount.args(["-u", "-z", "mount"]).output();
    }
}

#[test]
fn a_mount_is_used_as_any_directory() {
    let files = MemFs::new();
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna"));
    let server = builder.subsystem("sftp", Sftp::new(files.clone())).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let mount = Mount::new(&ssh);
    let data = noise((2 << 20) + 77);
    fs::create_dir_all(mount.path("dir/sub")).unwrap();
    fs::write(mount.path("dir/large"), &data).unwrap();
    assert!(fs::read(mount.path("dir/large")).unwrap() == data);
    assert!(files.read("/dir/large").unwrap() == data);

    let mut options = fs::File::options();
    let mut file =
        options.read(true).write(true).create(true).truncate(true).open(mount.path("file")).unwrap();
    file.write_all(b"0123456789").unwrap();
    file.write_all_at(b"abc", 3).unwrap();
    file.set_len(8).unwrap();
    file.seek(SeekFrom::Start(2)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "2abc67");
    file.sync_all().unwrap();
    drop(file);
    fs::File::options().append(true).open(mount.path("file")).unwrap().write_all(b"!").unwrap();

    fs::set_permissions(mount.path("file"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("file", mount.path("link")).unwrap();
    fs::hard_link(mount.path("file"), mount.path("hard")).unwrap();
    assert_eq!(fs::read_link(mount.path("link")).unwrap(), Path::new("file"));
    // Onto what is there already, as rename(2) does.
    fs::write(mount.path("old"), "old").unwrap();
    fs::rename(mount.path("hard"), mount.path("old")).unwrap();
    assert_eq!(fs::metadata(mount.path("old")).unwrap().mode() & 0o7777, 0o640);
    let names = fs::read_dir(mount.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["dir", "file", "link", "old"]);
    fs::remove_dir_all(mount.path("dir")).unwrap();

    drop(mount);
    assert_eq!(files.read("/file").unwrap(), "012abc67!");
    assert_eq!(files.list("/").unwrap(), ["file", "link", "old"]);
    let events = server.events();
    events.wait_for(event::disconnected()).blocking().unwrap();
    assert_eq!(events.query(event::problem()).len(), 0, "{}", events.timeline());
    assert!(events.uploads().iter().any(|upload| upload.full_path() == "/dir/large"));
    assert_eq!(events.count(sftp_op().operation(Operation::RmDir)), 2);
    server.shutdown().blocking().unwrap();
}
