//! What tests and benchmarks have in common: a strategy that lets anybody in, and a client that takes any server.

use mock_core::{Attempt, Authenticator, LoginContext, LoginState, Method, Methods, Verdict};
use russh::{client, keys::PublicKeyOrCertificate};

/// Lets anybody in.
pub(crate) struct Anybody;

impl Authenticator for Anybody {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Anybody {
    fn methods(&self) -> Methods {
        [Method::PublicKey, Method::Password].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("anybody")
    }
}

/// A client that takes any host key.
pub(crate) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}
