//! The key store: identities in order, looked up by key blob, and the lock of the agent.
//!
//! It knows nothing of connections or messages on the wire. Whoever uses a key holds it by reference count and not by
//! the mutex, so that signatures by several clients are made at the same time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ssh_key::{PublicKey, Signature, private::KeypairData};
use tokio::time::Instant;

use crate::{Blob, Constraint, Identity, KeyError, Smartcard, StartError, sign::Signing};

#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    cards: Vec<Smartcard>,
}

#[derive(Debug)]
struct State {
    /// In the order in which they are listed. The same key may be there twice: clients have to cope.
    entries: Vec<Arc<Entry>>,
    /// The passphrase, while the agent is locked.
    locked_with: Option<Blob>,
}

/// A key that can be used.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) identity: Identity,
    /// As it is listed.
    pub(crate) public_key: PublicKey,
    /// The encoded public key or certificate, by which clients name it.
    pub(crate) key_blob: Blob,
    /// When it is forgotten.
    expires: Option<Instant>,
    /// The card that it is on.
    card: Option<String>,
    signing: Signing,
}

impl Entry {
    fn new(identity: Identity, card: Option<String>) -> Result<Arc<Self>, KeyError> {
        let (public_key, key_blob) = usable(&identity)?;
        let lifetime = identity.constraints().iter().find_map(|constraint| match constraint {
            Constraint::Lifetime(seconds) => Some(Duration::from_secs(u64::from(*seconds))),
            _ => None,
        });
        // Beyond what a clock can tell, it lives for ever.
        let expires = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        Ok(Arc::new(Self { identity, public_key, key_blob, expires, card, signing: Signing::default() }))
    }

    pub(crate) fn sign(&self, data: &[u8], flags: u32) -> Result<Signature, signature::Error> {
        self.signing.sign(self.identity.key_data(), data, flags)
    }

    /// Whether signing takes long enough to be done elsewhere than in a task.
    pub(crate) fn is_slow(&self) -> bool {
        Signing::is_slow(self.identity.key_data())
    }

    pub(crate) fn wants_confirmation(&self) -> bool {
        self.identity.constraints().contains(&Constraint::Confirm)
    }
}

impl Store {
    pub(crate) fn new(identities: Vec<Identity>, cards: Vec<Smartcard>) -> Result<Self, StartError> {
        let entry = |identity: Identity| {
            let comment = identity.comment().to_owned();
            Entry::new(identity, None).map_err(|source| StartError::Identity { comment, source })
        };
        for identity in cards.iter().flat_map(|card| &card.identities) {
            entry(identity.clone())?;
        }
        let entries = identities.into_iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { state: Mutex::new(State { entries, locked_with: None }), cards })
    }

    /// The state, without keys whose time is over.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.entries.iter().any(|entry| entry.expires.is_some()) {
            let now = Instant::now();
            state.entries.retain(|entry| entry.expires.is_none_or(|expires| expires > now));
        }
        state
    }

    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.state().entries.clone()
    }

    pub(crate) fn find(&self, key_blob: &Blob) -> Option<Arc<Entry>> {
        self.state().entries.iter().find(|entry| entry.key_blob == *key_blob).map(Arc::clone)
    }

    /// Keeps a key: in the place of the same key, or else as the last one.
    pub(crate) fn add(&self, identity: Identity, card: Option<String>) -> Result<(), KeyError> {
        let new = Entry::new(identity, card)?;
        let mut state = self.state();
        match state.entries.iter_mut().find(|entry| entry.key_blob == new.key_blob) {
            Some(known) => *known = new,
            None => state.entries.push(new),
        }
        Ok(())
    }

    /// Has these and no others, from one moment to the next.
    pub(crate) fn replace(&self, identities: Vec<Identity>) -> Result<(), KeyError> {
        let new = identities.into_iter().map(|identity| Entry::new(identity, None));
        let new = new.collect::<Result<_, _>>()?;
        self.state().entries = new;
        Ok(())
    }

    /// Forgets a key. False if it is not there.
    pub(crate) fn remove(&self, key_blob: &[u8]) -> bool {
        let mut state = self.state();
        let position = state.entries.iter().position(|entry| *entry.key_blob == *key_blob);
        position.map(|position| state.entries.remove(position)).is_some()
    }

    pub(crate) fn clear(&self) {
        self.state().entries.clear();
    }

    /// The card of this name, if the test put one in.
    pub(crate) fn card(&self, reader: &str) -> Option<&Smartcard> {
        self.cards.iter().find(|card| card.reader == reader)
    }

    /// Forgets the keys of a card. False if none was there.
    pub(crate) fn remove_card(&self, reader: &str) -> bool {
        let mut state = self.state();
        let before = state.entries.len();
        state.entries.retain(|entry| entry.card.as_deref() != Some(reader));
        state.entries.len() < before
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.state().locked_with.is_some()
    }

    /// Locks, unless it is locked already.
    pub(crate) fn lock(&self, passphrase: Blob) -> bool {
        let mut state = self.state();
        let free = state.locked_with.is_none();
        if free {
            state.locked_with = Some(passphrase);
        }
        free
    }

    /// Unlocks in any case.
    pub(crate) fn end_lock(&self) {
        self.state().locked_with = None;
    }

    /// Unlocks, if it is locked with this passphrase.
    pub(crate) fn unlock(&self, passphrase: &Blob) -> Unlocked {
        let mut state = self.state();
        match &state.locked_with {
            None => Unlocked::WasNotLocked,
            Some(with) if with == passphrase => {
                state.locked_with = None;
                Unlocked::Now
            }
            Some(_) => Unlocked::WrongPassphrase,
        }
    }
}

/// What became of unlocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlocked {
    Now,
    WasNotLocked,
    WrongPassphrase,
}

/// The public key and its encoding, if the private one is of a type that can sign.
fn usable(identity: &Identity) -> Result<(PublicKey, Blob), KeyError> {
    let key = identity.key();
    match identity.key_data() {
        KeypairData::Ed25519(_)
        | KeypairData::Ecdsa(_)
        | KeypairData::Rsa(_)
        | KeypairData::SkEd25519(_)
        | KeypairData::SkEcdsaSha2NistP256(_) => {}
        _ if key.is_encrypted() => return Err(KeyError::Encrypted),
        _ => return Err(KeyError::Unsupported { algorithm: key.algorithm() }),
    }
    let public_key = identity.public_key();
    let key_blob = public_key.to_bytes().map_err(KeyError::Encoding)?;
    Ok((public_key, key_blob.into()))
}
