//! What a test changes while an agent runs: its keys, its lock, its policy. Clients see it with their next request.

use std::sync::Arc;

use ssh_key::PublicKey;

use crate::{Blob, Identity, KeyError, MockAgent, Policy, store::Unlocked};

impl MockAgent {
    /// Adds an identity, as `ssh-add` would: in the place of the same key, or else as the last one.
    ///
    /// ```
    /// use mock_agent::{Identity, KeyType, MockAgent};
    ///
    /// let agent = MockAgent::builder().start_blocking()?;
    /// let identity = Identity::generate(KeyType::Ed25519, "deploy@ci")?;
    /// agent.add(identity.clone())?;
    /// assert_eq!(agent.public_keys(), [identity.public_key()]);
    /// assert!(agent.remove(&identity.public_key()));
    /// assert!(agent.public_keys().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`], when the key cannot sign.
    pub fn add(&self, identity: Identity) -> Result<(), KeyError> {
        self.shared().store.add(identity, None)
    }

    /// Has these identities and no others: no client sees something between. Lifetimes begin now; a lock stays.
    ///
    /// ```
    /// use mock_agent::{Identity, KeyType, MockAgent};
    ///
    /// let [old, new] = ["old", "new"].map(|comment| Identity::generate(KeyType::Ed25519, comment));
    /// let (old, new) = (old?, new?);
    /// let agent = MockAgent::builder().identities([old]).start_blocking()?;
    /// agent.set_identities([new.clone()])?;
    /// assert_eq!(agent.public_keys(), [new.public_key()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`], when one of the keys cannot sign; then nothing has changed.
    pub fn set_identities(&self, identities: impl IntoIterator<Item = Identity>) -> Result<(), KeyError> {
        self.shared().store.replace(identities.into_iter().collect())
    }

    /// Forgets this key, or this certificate. False if it is not there.
    pub fn remove(&self, key: &PublicKey) -> bool {
        key.to_bytes().is_ok_and(|blob| self.shared().store.remove(&blob))
    }

    /// Forgets every key.
    pub fn remove_all(&self) {
        self.shared().store.clear();
    }

    /// Locks it, as `ssh-add -x` would: clients see no keys until it is unlocked. False if it is locked already, or if the
    /// passphrase is empty, which to OpenSSH is none.
    ///
    /// ```
    /// let agent = mock_agent::MockAgent::builder().start_blocking()?;
    /// assert!(!agent.lock(""));
    /// assert!(agent.lock("secret"));
    /// assert!(!agent.unlock("another"));
    /// assert!(agent.unlock("secret"));
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    pub fn lock(&self, passphrase: impl Into<Blob>) -> bool {
        let passphrase = passphrase.into();
        !passphrase.is_empty() && self.shared().store.lock(passphrase)
    }

    /// Unlocks it. False if it is not locked with this passphrase.
    pub fn unlock(&self, passphrase: impl Into<Blob>) -> bool {
        self.shared().store.unlock(&passphrase.into()) == Unlocked::Now
    }

    /// Unlocks it, whatever the passphrase. For the next test.
    pub fn end_lock(&self) {
        self.shared().store.end_lock();
    }

    /// Asks this about every request from now on: see [`Policy`].
    ///
    /// ```
    /// use mock_agent::{MockAgent, SignPolicy};
    ///
    /// let agent = MockAgent::builder().start_blocking()?;
    /// agent.set_policy(SignPolicy::refuse());
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    pub fn set_policy(&self, policy: impl Policy + 'static) {
        self.shared().set_policy(Arc::new(policy));
    }

    /// Forgets what happened: clears the journal, for all that share it, and the states, and counts signatures and
    /// occasions for faults from the begin. Keys, lock, policy, faults and expectations stay; live connections go on.
    pub fn reset(&self) {
        self.events().clear();
        self.shared().reset();
    }
}
