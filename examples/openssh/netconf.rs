//! A device that speaks NETCONF: a subsystem that says hello, answers one request, and ends the session.

use mock_auth::NoneAuth;
use mock_core::{KitUser, MockSshServer, Session, event};
use support::Client;

/// Ends a message (RFC 6242 section 4.3).
const END: &[u8] = b"]]>]]>";

const HELLO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
  <capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities>
  <session-id>4</session-id>
</hello>]]>]]>"#;

const OK: &str =
    r#"<rpc-reply message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><ok/></rpc-reply>]]>]]>"#;

async fn netconf(mut session: Session) -> std::io::Result<()> {
    session.write(HELLO).await?;
    let mut received = Vec::new();
    // The client's hello, and its request.
    while received.windows(END.len()).filter(|window| *window == END).count() < 2 {
        match session.read().await {
            Some(data) => received.extend_from_slice(&data),
            None => return Ok(()),
        }
    }
    session.write(OK).await
}

#[test]
fn a_request_is_answered() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder()
        .auth(NoneAuth::new("admin"))
        .subsystem("netconf", netconf)
        .expect(event::subsystem().name("netconf"), 1)
        .start_blocking()?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).user(KitUser::new("admin")).write()?;

    let mut ssh = std::process::Command::new("ssh");
    ssh.arg("-F").arg(kit.config_file()).args(["-s", "admin", "netconf"]);
    let request = "<hello/>]]>]]><rpc message-id=\"1\"><close-session/></rpc>]]>]]>";
    let answer = Client::run_with_input(&mut ssh, request.as_bytes()).succeeded();
    assert!(answer.starts_with(HELLO) && answer.ends_with(OK), "{answer}");
    server.shutdown().blocking()?;
    Ok(())
}
