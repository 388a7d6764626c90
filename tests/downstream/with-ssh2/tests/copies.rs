//! The job's tests of backups that are copied by `scp`, as its author would write them.

use std::{error::Error, path::Path};

use downstream_with_ssh2::{Host, Login};
use mock_auth::Password;
use mock_core::MockSshServer;
use mock_sftp::{MemFs, Scp, ScpEvents as _, received};

#[test]
fn a_backup_is_copied_there_and_back() -> Result<(), Box<dyn Error>> {
    let files = MemFs::builder().dir("/backups").build()?;
    let builder = MockSshServer::builder().auth(Password::new("backup", "hunter2"));
    let server = builder.exec(Scp::exec(files.clone())).start_blocking()?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).write()?;
    let login = Login::Password("hunter2");
    let host = Host::connect(server.addr(), &kit.known_hosts_file(), "backup", login)?;
    let backup: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();

    // The library quotes the path for a shell.
    let path = Path::new("/backups/monday's \"full\" $1 *.tar");
    host.copy_to(path, &backup, 1_000_000_000)?;
    let name = path.to_string_lossy().into_owned();
    let arrived = server.events().wait_for(received(&name)).blocking()?;
    assert_eq!(arrived.content.ok_or("it is kept")?, backup);
    assert_eq!(files.metadata(&name)?.mode, 0o640);

    assert_eq!(host.copy_from(path)?, backup);
    files.write("/backups/empty", "")?;
    assert_eq!(host.copy_from(Path::new("/backups/empty"))?, b"");
    assert!(host.copy_from(Path::new("/backups/missing")).is_err());
    assert!(host.copy_to(Path::new("/missing/file"), b"x", 0).is_err());
    assert_eq!(server.events().scp_uploads().len(), 1);
    drop(host);
    server.shutdown().blocking()?;
    Ok(())
}
