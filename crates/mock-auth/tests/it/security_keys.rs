//! Security keys (`sk-ssh-ed25519@openssh.com`, `sk-ecdsa-sha2-nistp256@openssh.com`): signatures made in software, which
//! the engine verifies as it would those of a token (OpenSSH PROTOCOL.u2f).

use mock_auth::PublicKeys;
use mock_core::{
    Authenticator as _, HostKey, event,
    keys::{PrivateKey, PublicKey, ssh_key},
};
use russh::{
    Signer,
    client::AuthResult,
    keys::{HashAlg, agent::AgentIdentity},
};
use signature::Signer as _;
use ssh_key::{
    Algorithm, Signature,
    encoding::Encode as _,
    public::{KeyData, SkEcdsaSha2NistP256, SkEd25519},
};

use crate::support::{connect, serve};

const APPLICATION: &str = "ssh:";

/// A token in software: it signs what a token would, with a key that a token would not give away.
struct Token {
    key: PrivateKey,
    algorithm: Algorithm,
    /// Whether the signature is spoilt.
    broken: bool,
}

impl Token {
    fn ed25519() -> Self {
        Self::with(&HostKey::ed25519(), Algorithm::SkEd25519)
    }

    fn ecdsa() -> Self {
        Self::with(&HostKey::ecdsa(), Algorithm::SkEcdsaSha2NistP256)
    }

    fn with(key: &HostKey, algorithm: Algorithm) -> Self {
        Self { key: key.private_key().clone(), algorithm, broken: false }
    }

    fn public_key(&self) -> PublicKey {
        let data = match self.key.public_key().key_data() {
            KeyData::Ed25519(key) => KeyData::SkEd25519(SkEd25519::new(*key, APPLICATION)),
            KeyData::Ecdsa(ssh_key::public::EcdsaPublicKey::NistP256(point)) => {
                KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(*point, APPLICATION))
            }
            other => panic!("no token has {other:?}"),
        };
        data.into()
    }
}

impl Signer for Token {
    type Error = russh::AgentAuthError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        _: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, russh::AgentAuthError> {
        // PROTOCOL.u2f: the application's hash, flags (touched), a counter, the message's hash.
        let trailer = [1, 0, 0, 0, 7];
        let application = HashAlg::Sha256.digest(APPLICATION.as_bytes());
        let message = [application, trailer.to_vec(), HashAlg::Sha256.digest(&to_sign)].concat();
        let signed = self.key.try_sign(&message).unwrap();
        let mut data = [signed.as_bytes(), &trailer].concat();
        if self.broken {
            *data.last_mut().unwrap() ^= 1;
        }
        let signature = Signature::new(self.algorithm.clone(), data).unwrap();
        signature.encode_prefixed(&mut to_sign).unwrap();
        Ok(to_sign)
    }
}

#[tokio::test]
async fn a_signature_of_a_security_key_is_verified() {
    for mut token in [Token::ed25519(), Token::ecdsa()] {
        let server = serve(PublicKeys::new("anna", [token.public_key()]));
        let mut client = connect(&server).await;
        let key = token.public_key();
        let result = client.authenticate_publickey_with("anna", key.clone(), None, &mut token).await.unwrap();
        assert_eq!(result, AuthResult::Success, "{}", server.events().timeline());
        let attempt = server.events().first(event::auth_attempt()).unwrap();
        assert_eq!(attempt.key.as_ref().unwrap().algorithm, token.algorithm.to_string());

        token.broken = true;
        let mut client = connect(&server).await;
        let result = client.authenticate_publickey_with("anna", key, None, &mut token).await.unwrap();
        assert!(matches!(result, AuthResult::Failure { .. }), "the counter is signed too");
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_line_of_authorized_keys_may_hold_a_security_key() {
    let token = Token::ed25519();
    let line = format!("no-touch-required,no-pty {} anna@token", token.public_key().to_openssh().unwrap());
    let key: mock_auth::AuthorizedKey = line.parse().unwrap();
    assert_eq!(key.key().key_data(), token.public_key().key_data());

    // What the token has seen is not told, so a line that requires it never lets in.
    let line = line.replace("no-pty", "verify-required");
    let mut login = PublicKeys::from_authorized_keys("anna", &line)
        .unwrap()
        .begin(&mock_core::LoginContext::detached("anna"));
    let public_key = token.public_key();
    let offer =
        mock_core::Credential::KeyOffered { key: &public_key, algorithm: "sk-ssh-ed25519@openssh.com" };
    let verdict = login.attempt(&mock_core::Attempt::new("anna", offer));
    assert_eq!(verdict.why, "that its holder was verified is required, and cannot be seen");
}
