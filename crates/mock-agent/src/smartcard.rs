//! Smart cards that exist only in the agent: keys that appear when a client names their provider and the PIN.

use std::fmt;

use crate::{Blob, Identity};

/// A smart card: `ssh-add -s PROVIDER` makes its keys available, and `ssh-add -e PROVIDER` takes them away.
///
/// ```
/// use mock_agent::{Identity, KeyType, MockAgent, Smartcard};
///
/// let card = Smartcard::new("/usr/lib/opensc-pkcs11.so", "123456")
///     .identity(Identity::generate(KeyType::Ecdsa, "PIV AUTH key")?);
/// let agent = MockAgent::builder().smartcard(card).start_blocking()?;
/// assert!(agent.public_keys().is_empty()); // until a client adds the card
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a card does nothing by itself: hand it to a builder"]
pub struct Smartcard {
    pub(crate) reader: String,
    pub(crate) pin: Blob,
    pub(crate) identities: Vec<Identity>,
}

impl Smartcard {
    /// A card without keys, reached through this provider with this PIN.
    pub fn new(reader: impl Into<String>, pin: impl Into<String>) -> Self {
        Self { reader: reader.into(), pin: pin.into().into(), identities: Vec::new() }
    }

    /// Puts a key on it.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }
}

impl fmt::Debug for Smartcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smartcard")
            .field("reader", &self.reader)
            .field("identities", &self.identities)
            .finish_non_exhaustive()
    }
}
