//! A program in a few lines: a wizard that asks, as a task over a `Session`.

use mock_auth::NoneAuth;
use mock_core::{Exec, Exit, KitUser, MockSshServer, Session, event};
use tokio::{io::AsyncWriteExt as _, process::Command};

async fn wizard(mut session: Session) -> std::io::Result<Exit> {
    session.write("Delete everything? [y/N] ").await?;
    match session.read_line().await? {
        Some(answer) if answer == b"y" => session.write_err("deleted\n").await.map(|()| Exit::status(0)),
        _ => Ok(Exit::status(1)),
    }
}

#[tokio::test]
async fn a_tool_that_says_no_leaves_with_1() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("anna"))
        .exec(Exec::on("wipe").run(wizard))
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("anna")).write()?;

    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(kit.config_file()).args(["anna", "wipe"]);
    let mut ssh = ssh.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn()?;
    ssh.stdin.take().ok_or("no stdin")?.write_all(b"n\n").await?;
    let output = ssh.wait_with_output().await?;

    assert_eq!(output.stdout, b"Delete everything? [y/N] ");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(server.events().wait_for(event::stdin()).await?.data, "n\n");
    Ok(())
}
