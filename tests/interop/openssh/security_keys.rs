//! Security keys (`sk-`) behind an agent: what OpenSSH sends of them, and that their signatures are verified.
//!
//! The agent here is a few lines of its own, because a token signs something else than what it is given
//! (PROTOCOL.u2f), which no agent does in software.

use std::{
    io::{self, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    thread,
};

use mock_auth::PublicKeys;
use mock_core::{
    Exec, HostKey, KitUser, MockSshServer, event,
    keys::{PrivateKey, PublicKey, ssh_key},
};
use signature::Signer as _;
use ssh_key::{
    Algorithm, HashAlg, Signature,
    encoding::{Decode as _, Encode as _},
    public::{EcdsaPublicKey, KeyData, SkEcdsaSha2NistP256, SkEd25519},
};
use support::{Home, OpenSsh};

/// Messages of the agent protocol (draft-miller-ssh-agent section 5.1).
const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES: u8 = 12;
const SIGN: u8 = 13;
const SIGNATURE: u8 = 14;

const APPLICATION: &str = "ssh:";

/// A token in software.
struct Token {
    key: PrivateKey,
    algorithm: Algorithm,
}

impl Token {
    fn public_key(&self) -> PublicKey {
        let data = match self.key.public_key().key_data() {
            KeyData::Ed25519(key) => KeyData::SkEd25519(SkEd25519::new(*key, APPLICATION)),
            KeyData::Ecdsa(EcdsaPublicKey::NistP256(point)) => {
                KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(*point, APPLICATION))
            }
            other => panic!("no token has {other:?}"),
        };
        data.into()
    }

    /// PROTOCOL.u2f: the application's hash, flags (touched), a counter, the message's hash.
    fn sign(&self, message: &[u8]) -> Signature {
        let trailer = [1, 0, 0, 0, 7];
        let application = HashAlg::Sha256.digest(APPLICATION.as_bytes());
        let signed = [application, trailer.to_vec(), HashAlg::Sha256.digest(message)].concat();
        let signed = self.key.try_sign(&signed).unwrap();
        Signature::new(self.algorithm.clone(), [signed.as_bytes(), &trailer].concat()).unwrap()
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        match request.split_first() {
            Some((&REQUEST_IDENTITIES, _)) => {
                answer.push(IDENTITIES);
                1_u32.encode(&mut answer).unwrap();
                self.public_key().key_data().encode_prefixed(&mut answer).unwrap();
                "token".encode(&mut answer).unwrap();
            }
            Some((&SIGN, mut rest)) => {
                let _key = Vec::<u8>::decode(&mut rest).unwrap();
                let message = Vec::<u8>::decode(&mut rest).unwrap();
                answer.push(SIGNATURE);
                self.sign(&message).encode_prefixed(&mut answer).unwrap();
            }
            _ => answer.push(FAILURE),
        }
        answer
    }

    /// Serves one client until it leaves.
    fn serve(&self, mut client: UnixStream) -> io::Result<()> {
        loop {
            let mut length = [0; 4];
            if client.read_exact(&mut length).is_err() {
                return Ok(());
            }
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            client.read_exact(&mut request)?;
            let answer = self.answer(&request);
            client.write_all(&u32::try_from(answer.len()).unwrap().to_be_bytes())?;
            client.write_all(&answer)?;
        }
    }
}

fn logs_in(token: Token) {
    let algorithm = token.algorithm.to_string();
    let auth = PublicKeys::new("anna", [token.public_key()]);
    let server = MockSshServer::builder().auth(auth).exec(Exec::echo()).start_blocking().unwrap();
    let home = Home::new();
    let socket = home.join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    let agent = thread::spawn(move || token.serve(listener.accept()?.0));
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").agent_socket(socket)]);
    let finished = ssh.run(["anna", "true"]);
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n", "{}", server.events().timeline());
    let attempt = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!(attempt.key.as_ref().unwrap().algorithm, algorithm);
    agent.join().unwrap().unwrap();
    server.shutdown().blocking().unwrap();
}

#[test]
fn an_ed25519_security_key_logs_in() {
    logs_in(Token { key: HostKey::ed25519().private_key().clone(), algorithm: Algorithm::SkEd25519 });
}

#[test]
fn an_ecdsa_security_key_logs_in() {
    logs_in(Token { key: HostKey::ecdsa().private_key().clone(), algorithm: Algorithm::SkEcdsaSha2NistP256 });
}
