//! Errors of making, starting and stopping an agent, one small enum per operation.
//!
//! What goes wrong while an agent serves is no error of ours but something to be recorded: see `record`.

use std::{fmt, io, path::PathBuf};

use mock_base::VerificationError;
pub use mock_base::socket::SocketError;

/// Why an agent did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An identity cannot sign.
    #[error("the identity {comment:?} cannot be used")]
    Identity {
        /// The identity's comment.
        comment: String,
        /// What is wrong with its key.
        source: KeyError,
    },
    /// A fault cannot be had.
    #[error(transparent)]
    Fault(#[from] mock_base::fault::FaultError),
    /// No directory could be made for the socket.
    #[error("cannot create a directory for the socket in {}", parent.display())]
    Directory {
        /// Where: the system's directory for temporary files.
        parent: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no socket to listen on.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The thread or the runtime of a blocking start could not be made.
    #[error("cannot start a thread with a runtime")]
    Runtime(#[source] io::Error),
}

/// Why a key cannot be an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The private part is encrypted: decrypt it first.
    #[error("the private key is encrypted")]
    Encrypted,
    /// The agent signs with Ed25519, ECDSA and RSA keys only, and those of security keys.
    #[error("keys of algorithm {algorithm} are not supported")]
    Unsupported {
        /// The key's algorithm.
        algorithm: ssh_key::Algorithm,
    },
    /// The public key cannot be encoded.
    #[error("the public key cannot be encoded")]
    Encoding(#[source] ssh_key::Error),
    /// The certificate is for another key.
    #[error("the certificate is for another key")]
    OtherKey,
}

/// Why no identity could be read from files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file is longer than any key.
    #[error("{} is no key: it has more than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How many bytes a key may have.
        limit: u64,
    },
    /// A file is no private key or certificate in OpenSSH's format.
    #[error("{} is no key in OpenSSH's format", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ssh_key::Error,
    },
    /// A certificate does not belong to the key beside it.
    #[error("{} does not belong to the key beside it", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
}

/// An agent that did not end as it should. `Debug` is the same text as `Display`: it is what `unwrap` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// It ended, but what was expected of it did not come; the text is the report.
    #[error(transparent)]
    Unmet(#[from] VerificationError),
}

impl fmt::Debug for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why no key was generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] rand::rngs::SysError),
    /// No key came of them.
    #[error("the key cannot be generated")]
    Key(#[source] ssh_key::Error),
}
