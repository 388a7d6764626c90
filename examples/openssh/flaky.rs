//! A first call that fails: the tool must try again, once, and then be content.

use mock_auth::NoneAuth;
use mock_core::{Exec, KitUser, MockSshServer, Reply};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn it_tries_again_after_a_temporary_failure() -> Result {
    let busy = Reply::fail(75).stderr("E: Could not get lock /var/lib/dpkg/lock\n");
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("root"))
        .exec(Exec::on("apt-get -y upgrade").reply_each([busy, Reply::from("0 upgraded\n")]).expect(2))
        .strict()
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("root")).write()?;

    // The tool under test.
    let script = "for try in 1 2 3; do ssh -F $MOCK_SSH_CONFIG root apt-get -y upgrade && exit; done; exit 1";
    let tool = Command::new("sh").args(["-c", script]).envs(kit.environment()).output().await?;

    assert!(tool.status.success());
    assert_eq!(tool.stdout, b"0 upgraded\n");
    server.shutdown().await?;
    Ok(())
}
