//! A strategy of your own: a key and then a password, told to the client as partial success (RFC 4252 section 5.1).

use mock_core::{
    Attempt, Authenticator, Credential, HostKey, KitUser, LoginContext, LoginState, Method, Methods,
    MockSshServer, Verdict, event,
};
use tokio::process::Command;

/// Wants any key, and then a password, for which the client has to ask.
struct KeyThenPassword;

impl Authenticator for KeyThenPassword {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for KeyThenPassword {
    fn methods(&self) -> Methods {
        [Method::PublicKey].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        match attempt.credential {
            Credential::KeyOffered { .. } => Verdict::accept("any key will do"),
            Credential::KeySigned { .. } => Verdict::partial([Method::Password].into(), "a password too"),
            _ => Verdict::reject("a key comes first"),
        }
    }
}

#[tokio::test]
async fn a_client_without_the_second_factor_is_told_what_is_left() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder().auth(KeyThenPassword).start().await?;
    let directory = tempfile::tempdir()?;
    let user = KitUser::new("anna").identity(HostKey::ed25519().private_key().clone());
    let kit = server.client_kit(directory.path()).user(user).write()?;
    let ssh = Command::new("ssh")
        .arg("-F")
        .arg(kit.config_file())
        .args(["-o", "BatchMode=yes", "anna"])
        .output()
        .await?;
    assert!(String::from_utf8_lossy(&ssh.stderr).contains("Permission denied (password)"));
    assert_eq!(
        server
            .events()
            .last(event::auth_attempt())
            .map(|last| last.outcome),
        Some(event::AuthOutcome::Partial)
    );
    Ok(())
}
