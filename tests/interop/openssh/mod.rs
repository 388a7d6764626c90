//! OpenSSH: `ssh`, `sftp`, `ssh-keyscan`, `ssh-add` and `ssh-keygen`, as installed.

mod agent;
mod algorithms;
mod binary;
mod certificates;
mod channels;
mod connection_faults;
mod exec;
mod factors;
mod faults;
mod files;
mod forwarding;
mod keys;
mod logins;
mod master;
mod profiles;
mod refusals;
mod remote_forwarding;
mod scp;
mod security_keys;
mod sftp;
mod terminal;

use mock_agent::{Identity, KeyType};
use mock_auth::NoneAuth;
use mock_core::{Builder, MockSshServer, keys::PrivateKey};

/// A server that lets in `anna` without a credential.
fn open_server() -> Builder {
    MockSshServer::builder().auth(NoneAuth::new("anna"))
}

/// A new key.
fn new_key() -> PrivateKey {
    Identity::generate(KeyType::Ed25519, "").unwrap().key().clone()
}
