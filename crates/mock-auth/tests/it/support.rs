//! A server without a socket, a client for it, and short words for what the server tells the client.

use std::sync::Arc;

use mock_core::{Authenticator, MockSshServer, keys::PrivateKey};
use russh::{
    client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse},
    keys::{Algorithm, Certificate, PrivateKeyWithHashAlg, PublicKeyOrCertificate},
};

pub(crate) struct TrustAnyHost;

impl client::Handler for TrustAnyHost {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

pub(crate) type Client = Handle<TrustAnyHost>;

pub(crate) fn serve(strategy: impl Authenticator + 'static) -> MockSshServer {
    MockSshServer::builder().auth(strategy).start_in_memory().unwrap()
}

pub(crate) async fn connect(server: &MockSshServer) -> Client {
    client::connect_stream(Arc::default(), server.connect(), TrustAnyHost).await.unwrap()
}

pub(crate) fn new_key() -> PrivateKey {
    PrivateKey::random(&mut mock_core::keys::safe_rng(), Algorithm::Ed25519).unwrap()
}

pub(crate) async fn none(client: &mut Client, user: &str) -> String {
    said(client.authenticate_none(user).await.unwrap())
}

pub(crate) async fn password(client: &mut Client, user: &str, password: &str) -> String {
    said(client.authenticate_password(user, password).await.unwrap())
}

pub(crate) async fn key(client: &mut Client, user: &str, key: &PrivateKey) -> String {
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    said(client.authenticate_publickey(user, key).await.unwrap())
}

pub(crate) async fn certificate(
    client: &mut Client,
    user: &str,
    key: &PrivateKey,
    certificate: Certificate,
) -> String {
    let key = Arc::new(key.clone());
    said(client.authenticate_openssh_cert(user, key, certificate).await.unwrap())
}

/// Begins keyboard-interactive.
pub(crate) async fn start(client: &mut Client, user: &str) -> String {
    said_to_answers(client.authenticate_keyboard_interactive_start(user, None).await.unwrap())
}

/// Answers a round.
pub(crate) async fn answer(client: &mut Client, answers: &[&str]) -> String {
    let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
    said_to_answers(client.authenticate_keyboard_interactive_respond(answers).await.unwrap())
}

fn said(result: AuthResult) -> String {
    match result {
        AuthResult::Success => "welcome".to_owned(),
        AuthResult::Failure { remaining_methods, partial_success: false } => {
            format!("no; go on with [{}]", names(&remaining_methods))
        }
        AuthResult::Failure { remaining_methods, .. } => {
            format!("in part; go on with [{}]", names(&remaining_methods))
        }
    }
}

fn said_to_answers(response: KeyboardInteractiveAuthResponse) -> String {
    match response {
        KeyboardInteractiveAuthResponse::Success => "welcome".to_owned(),
        KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
            let how = if partial_success { "in part" } else { "no" };
            format!("{how}; go on with [{}]", names(&remaining_methods))
        }
        KeyboardInteractiveAuthResponse::InfoRequest { name, instructions, prompts } => {
            let prompts: Vec<_> = prompts
                .iter()
                .map(|prompt| format!("{:?} {}", prompt.prompt, if prompt.echo { "shown" } else { "hidden" }))
                .collect();
            format!("{name}|{instructions}|{}", prompts.join(","))
        }
    }
}

fn names(methods: &[russh::MethodKind]) -> String {
    methods.iter().map(String::from).collect::<Vec<_>>().join(",")
}
