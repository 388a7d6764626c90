//! A host that is not up yet and resets connections: the tool must wait between its attempts, and longer each time.

use std::time::Duration;

use mock_auth::NoneAuth;
use mock_core::{
    Exec, Fault, KitUser, MockSshServer, event,
    fault::{Action, Stage},
};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn it_waits_longer_after_each_attempt() -> Result {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("root"))
        .fault(Fault::new(Stage::Accept, Action::Reset).first(2).named("cold start"))
        .exec(Exec::on("uptime").reply("up 1 second\n").expect(1))
        .expect(event::fault().name("cold start"), 2)
        .expect(event::connected(), 3)
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("root")).write()?;

    // The tool under test.
    let script = "until ssh -F $MOCK_SSH_CONFIG root uptime; do sleep 0.$((wait += 1)); done";
    let tool = Command::new("bash").args(["-c", script]).envs(kit.environment()).output().await?;

    assert!(tool.status.success());
    assert_eq!(tool.stdout, b"up 1 second\n");
    let gaps = server.events().connections().gaps();
    let least: Vec<_> = (1..=2).map(|tenths| Duration::from_millis(tenths * 100)).collect();
    assert!(gaps.len() == 2 && gaps.iter().zip(&least).all(|(gap, least)| gap >= least), "{gaps:?}");
    server.shutdown().await?;
    Ok(())
}
