//! A deployment tool: it must log in with its key, restart the service, and stop when that fails.

use mock_auth::PublicKeys;
use mock_core::{Exec, HostKey, KitUser, MockSshServer, Reply, event, prefix};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn it_stops_when_the_restart_fails() -> Result {
    let key = HostKey::ed25519().private_key().clone();
    let server = MockSshServer::builder()
        .auth(PublicKeys::new("deploy", [key.public_key().clone()]))
        .exec(Exec::on("systemctl restart app").reply(Reply::fail(5).stderr("Unit app.service not found.\n")))
        .exec(Exec::on(prefix("notify ")).reply(""))
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("deploy").identity(key)).write()?;

    // The tool under test.
    let script =
        "ssh -F $MOCK_SSH_CONFIG deploy systemctl restart app && ssh -F $MOCK_SSH_CONFIG deploy notify done";
    let tool = Command::new("sh").args(["-c", script]).envs(kit.environment()).output().await?;

    assert_eq!(tool.status.code(), Some(5));
    let commands: Vec<_> =
        server.events().query(event::exec()).iter().map(|exec| exec.command.to_string()).collect();
    assert_eq!(commands, ["systemctl restart app"]);
    server.shutdown().await?;
    Ok(())
}
