//! A client for the other end of a stream, and keys that are always the same.

use std::time::Duration;

use bytes::BytesMut;
use mock_agent::{
    AddIdentity, Blob, Frame, Identity, KeyType, MockAgent, Request, Response, SignRequest, UserAuth,
    ssh_key::{
        Certificate, PrivateKey, Signature,
        certificate::{Builder, CertType},
        encoding::{Decode, Encode},
        private::Ed25519Keypair,
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    time::timeout,
};

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The secret key of RFC 8032 section 7.1 test 2.
const SEED: [u8; 32] = [
    0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b,
    0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
];

pub(crate) fn fixed_key() -> PrivateKey {
    Ed25519Keypair::from_seed(&SEED).into()
}

pub(crate) fn blob(identity: &Identity) -> Vec<u8> {
    identity.public_key().to_bytes().unwrap()
}

/// A new Ed25519 key under this comment.
pub(crate) fn new_key(comment: &str) -> Identity {
    Identity::generate(KeyType::Ed25519, comment).unwrap()
}

pub(crate) fn signature(response: Response) -> Signature {
    let Response::SignResponse(blob) = response else { panic!("no signature: {response:?}") };
    Signature::decode(&mut &blob[..]).unwrap()
}

/// A request to sign this, with SHA-256 where the key is of RSA.
pub(crate) fn sign(identity: &Identity, data: impl Into<Blob>) -> Request {
    Request::Sign(SignRequest::new(blob(identity), data, SignRequest::RSA_SHA2_256))
}

pub(crate) fn add(identity: Identity) -> Request {
    Request::AddIdentity(Box::new(AddIdentity::new(identity).unwrap()))
}

/// What is signed to log in (RFC 4252 section 7), bound to a host key where there is one.
pub(crate) fn login(session: &str, user: &str, identity: &Identity, host_key: Option<&[u8]>) -> Vec<u8> {
    let method = if host_key.is_some() { UserAuth::HOSTBOUND } else { UserAuth::PUBLICKEY };
    let mut data = Vec::new();
    session.encode(&mut data).unwrap();
    data.push(50);
    for text in [user, "ssh-connection", method] {
        text.encode(&mut data).unwrap();
    }
    data.push(1);
    identity.key().algorithm().as_str().encode(&mut data).unwrap();
    blob(identity).encode(&mut data).unwrap();
    if let Some(host_key) = host_key {
        host_key.encode(&mut data).unwrap();
    }
    data
}

/// A certificate for this key by this authority.
pub(crate) fn certify(
    key: &PrivateKey,
    cert_type: CertType,
    principal: &str,
    authority: &PrivateKey,
) -> Certificate {
    let public = key.public_key().key_data().clone();
    let mut builder =
        Builder::new_with_random_nonce(&mut rand::rng(), public, 0, u64::from(u32::MAX)).unwrap();
    builder.cert_type(cert_type).unwrap().key_id("test").unwrap().valid_principal(principal).unwrap();
    builder.sign(authority).unwrap()
}

pub(crate) async fn agent_with(identities: impl IntoIterator<Item = Identity>) -> MockAgent {
    MockAgent::builder().identities(identities).start().await.unwrap()
}

/// A client of the agent over a stream in memory.
pub(crate) fn connect(agent: &MockAgent) -> Client<DuplexStream> {
    let (near, far) = tokio::io::duplex(4096);
    agent.serve(far);
    Client::new(near)
}

pub(crate) struct Client<S> {
    stream: S,
    received: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, received: BytesMut::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        timeout(DEADLINE, self.stream.write_all(bytes)).await.expect("sent in time").unwrap();
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Response {
        self.send(&request.to_frame().encode()).await;
        self.answer().await.expect("the agent answers")
    }

    /// The next answer, or `None` when the agent has closed the stream.
    pub(crate) async fn answer(&mut self) -> Option<Response> {
        Some(Response::decode(&self.frame().await?).unwrap())
    }

    /// The next frame, whatever it is.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.received).unwrap() {
                return Some(frame);
            }
            let read = self.stream.read_buf(&mut self.received);
            if timeout(DEADLINE, read).await.expect("answered in time").unwrap() == 0 {
                assert!(self.received.is_empty(), "an answer was cut");
                return None;
            }
        }
    }

    pub(crate) fn into_stream(self) -> S {
        self.stream
    }
}
