//! Without async: the server runs on a thread of its own, and what would be awaited has a `.blocking()`.

use std::process::Command;

use mock_auth::NoneAuth;
use mock_core::{Exec, KitUser, MockSshServer, event};

#[test]
fn a_tool_asks_for_the_kernel_once() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("monitor"))
        .exec(Exec::on("uname -r").reply("6.8.0\n"))
        .start_blocking()?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("monitor")).write()?;

    let tool = Command::new("ssh").arg("-F").arg(kit.config_file()).args(["monitor", "uname -r"]).output()?;

    assert_eq!(tool.stdout, b"6.8.0\n");
    server.events().wait_for(event::disconnected()).blocking()?;
    assert_eq!(server.events().count(event::exec()), 1);
    server.shutdown().blocking()?;
    Ok(())
}
