//! OpenSSH's server with `internal-sftp`, for the user who runs this, with files on a tmpfs.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use mock_core::HostKey;
use russh::keys::{PublicKey, ssh_key::LineEnding};

use crate::{handshake::key_blob, process::Server};

pub(crate) fn start(directory: &Path) -> Server {
    let path = |name: &str| directory.join(name);
    let host_key = HostKey::ed25519().private_key().to_openssh(LineEnding::LF).unwrap();
    write_secret(&path("host"), host_key.as_bytes());
    let login = PublicKey::from_bytes(&key_blob()).unwrap().to_openssh().unwrap();
    fs::write(path("authorized_keys"), login).unwrap();
    let root = path("root");
    fs::create_dir(&root).unwrap();
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    // Somebody else may take the port before sshd does; then it fails, and so does this.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "ListenAddress {address}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
         PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nLogLevel QUIET\n",
        path("host").display(),
        path("authorized_keys").display(),
    );
    fs::write(path("config"), config).unwrap();
    // As root it wants a directory to hide in.
    let _where_it_may = fs::create_dir_all("/run/sshd");
    let mut command = Command::new("/usr/sbin/sshd");
    let command = command.args(["-D", "-e", "-f"]).arg(path("config")).stdin(Stdio::null());
    let mut process = command.spawn().expect("sshd is not installed: apt-get install openssh-server");
    // It says nothing when it listens.
    while TcpStream::connect(address).is_err() {
        assert!(process.try_wait().unwrap().is_none(), "sshd does not start");
        thread::yield_now();
    }
    Server::foreign(process, address, &root, user.trim().to_owned())
}

/// Writes what only its owner may read.
fn write_secret(path: &Path, secret: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
