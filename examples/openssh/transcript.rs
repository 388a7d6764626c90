//! A golden transcript: what the tool says to the host, from the first byte to the last, and nothing else.

use mock_auth::NoneAuth;
use mock_core::{Exec, KitUser, MockSshServer, Reply, event};
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const GOLDEN: &str = "\
1.0  exec \"mkdir -p /srv/app\"
2.0  exec \"tee /srv/app/version\"
2.0  stdin \"1.2.3\\n\"
2.0  stdin ends after 6 bytes
";

#[tokio::test]
async fn it_says_this_and_nothing_else() -> Result {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("root"))
        .exec(Exec::on("mkdir -p /srv/app"))
        .exec(Exec::on("tee /srv/app/version").reply(Reply::ok().echo_stdin()))
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("root")).write()?;

    // The tool under test.
    let script = "ssh -nF $MOCK_SSH_CONFIG root mkdir -p /srv/app
        echo 1.2.3 | ssh -F $MOCK_SSH_CONFIG root tee /srv/app/version";
    Command::new("sh").args(["-c", script]).envs(kit.environment()).output().await?;

    let said = (event::exec(), event::stdin(), event::stdin_eof().filter(|eof| eof.bytes > 0));
    assert_eq!(server.events().timeline().only(said).normalized().to_string(), GOLDEN);
    server.shutdown().await?;
    Ok(())
}
