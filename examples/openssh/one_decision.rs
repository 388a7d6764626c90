//! Changing one decision of a server: everything else stays as it was built.

use mock_auth::NoneAuth;
use mock_core::{Composed, Exec, Handler, KitUser, Launch, MockSshServer, Request};
use tokio::process::Command;

/// Refuses the first command of each connection.
struct Reluctant {
    built: Composed,
    asked: bool,
}

impl Handler for Reluctant {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.built)
    }

    fn exec(&mut self, request: &Request) -> Launch {
        if std::mem::replace(&mut self.asked, true) { self.built.exec(request) } else { Launch::refuse() }
    }
}

#[tokio::test]
async fn the_first_command_is_refused() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("anna"))
        .exec(Exec::echo())
        .handler(|_connection, built| Reluctant { built, asked: false })
        .start()
        .await?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("anna")).write()?;
    let ssh = Command::new("ssh").arg("-F").arg(kit.config_file()).args(["anna", "x"]).output().await?;
    assert!(String::from_utf8_lossy(&ssh.stderr).contains("exec request failed on channel 0"));
    Ok(())
}
