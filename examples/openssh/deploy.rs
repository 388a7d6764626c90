//! A deployment tool: it must restart the service and say so, in this order, and stop when the restart fails.

use mock_auth::PublicKeys;
use mock_core::{Exec, HostKey, KitUser, MockSshServer, Reply, event, prefix};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn deploy(restart: Reply, told: u64) -> Result<Option<i32>> {
    let key = HostKey::ed25519().private_key().clone();
    let server = MockSshServer::builder()
        .auth(PublicKeys::new("deploy", [key.public_key().clone()]))
        .exec(Exec::on("systemctl restart app").reply(restart).expect(1))
        .exec(Exec::on(prefix("notify ")).expect(told))
        .expect_in_order((
            event::auth_accepted().user("deploy"),
            event::exec().command("systemctl restart app"),
        ))
        .strict()
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("deploy").identity(key)).write()?;

    // The tool under test.
    let script =
        "ssh -F $MOCK_SSH_CONFIG deploy systemctl restart app && ssh -F $MOCK_SSH_CONFIG deploy notify done";
    let tool = Command::new("sh").args(["-c", script]).envs(kit.environment()).output().await?;
    server.shutdown().await?;
    Ok(tool.status.code())
}

#[tokio::test]
async fn it_stops_when_the_restart_fails() -> Result {
    assert_eq!(deploy(Reply::from(""), 1).await?, Some(0));
    assert_eq!(deploy(Reply::fail(5).stderr("Unit app.service not found.\n"), 0).await?, Some(5));
    Ok(())
}
