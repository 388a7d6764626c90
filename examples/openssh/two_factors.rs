//! A strategy of your own: a key and then a password, told to the client as partial success (RFC 4252 section 5.1).

use std::process::Command;

use mock_core::{Attempt, Authenticator, Credential, HostKey, KitUser, LoginContext, LoginState};
use mock_core::{Method, Methods, MockSshServer, Verdict};

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

#[test]
fn a_client_without_the_second_factor_is_told_what_is_left() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockSshServer::builder().auth(KeyThenPassword).start_blocking()?;
    let directory = tempfile::tempdir()?;
    let user = KitUser::new("anna").identity(HostKey::ed25519().private_key().clone());
    let config = server.client_kit(directory.path()).user(user).write()?.config_file();
    let ssh = Command::new("ssh").arg("-F").arg(config).args(["-oBatchMode=yes", "anna"]).output()?;
    assert!(String::from_utf8(ssh.stderr)?.contains("Permission denied (password)"));
    Ok(())
}
