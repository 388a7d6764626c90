//! A host that is not ready: the tool must wait between its attempts, and longer each time.

use std::time::Duration;

use mock_auth::NoneAuth;
use mock_core::{Exec, KitUser, MockSshServer, Reply};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn it_waits_longer_after_each_attempt() -> Result {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("root"))
        .exec(Exec::on("ready?").up_to(3).reply(Reply::fail(1)).expect(3))
        .exec(Exec::on("ready?").reply("yes\n").expect(1))
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("root")).write()?;

    // The tool under test.
    let script = "until ssh -F $MOCK_SSH_CONFIG root ready?; do sleep 0.$((wait += 1)); done";
    let tool = Command::new("bash").args(["-c", script]).envs(kit.environment()).status().await?;

    assert!(tool.success());
    let gaps = server.events().connections().gaps();
    let least: Vec<_> = (1..=3).map(|tenths| Duration::from_millis(tenths * 100)).collect();
    assert!(gaps.len() == 3 && gaps.iter().zip(&least).all(|(gap, least)| gap >= least), "{gaps:?}");
    server.shutdown().await?;
    Ok(())
}
