//! A backup tool: the new archive must have arrived, whole, before the old ones are pruned.

use mock_auth::NoneAuth;
use mock_core::{Exec, KitUser, MockSshServer, event};
use mock_sftp::{MemFs, Scp, Sftp, received};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn it_uploads_before_it_prunes() -> Result {
    let files = MemFs::builder().file("/backups/monday.sql", "old").build()?;
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("backup"))
        .subsystem("sftp", Sftp::new(files.clone()))
        .exec(Scp::exec(files.clone()))
        .exec(Exec::on("prune --keep 7").reply("nothing to prune\n").expect(1))
        .expect_in_order((received("/backups/tuesday.sql"), event::exec().command("prune --keep 7")))
        .strict()
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("backup")).write()?;
    let before = files.snapshot();

    // The tool under test. With `scp -O` it is the same.
    let script = "echo 'insert 1;' > tuesday.sql && scp -F $MOCK_SSH_CONFIG tuesday.sql backup:/backups/ && \
                  ssh -F $MOCK_SSH_CONFIG backup prune --keep 7";
    let mut tool = Command::new("sh");
    tool.args(["-c", script]).envs(kit.environment()).current_dir(&directory);
    assert!(tool.output().await?.status.success());

    assert_eq!(files.diff(&before).to_string(), "+ /backups/tuesday.sql: file \"insert 1;\\n\"\n");
    server.shutdown().await?;
    Ok(())
}
