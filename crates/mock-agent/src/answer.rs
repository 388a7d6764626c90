//! Decides what is answered to a request of one client, in three steps that can be told apart: what a policy says,
//! what the agent does, and what of that is recorded.
//!
//! Nothing here waits or writes: a delay and a broken answer are data, played by `serve`.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use mock_base::{Delay, Recorder, event::Panicked, fault::Occasion};
use ssh_key::encoding::Encode;

use crate::{
    Action, AddSmartcard, AgentRequest, Asked, AskedToSign, Blob, Break, Constraint, Failure, Identity,
    ListedIdentity, Outcome, Policy, Purpose, Request, Response, SessionBind, SignRequest, Signer,
    accept::Shared,
    binding::Bindings,
    fault::{Trouble, trouble},
    policy::Answer,
    store::{Entry, Unlocked},
};

/// The extensions that `query` names.
const EXTENSIONS: [&str; 2] = [Request::QUERY, SessionBind::NAME];

/// One client, as far as answers depend on it.
#[derive(Debug)]
pub(crate) struct Conversation {
    shared: Arc<Shared>,
    /// Records on the client's connection.
    recorder: Recorder,
    connection: u64,
    /// Where the client comes from.
    peer: String,
    /// How many requests there were, the present one included.
    requests: u64,
    /// The number of the present request among those for a signature that could be given.
    signature: u64,
    bindings: Bindings,
}

/// A request with what was found out about it before anything is done.
#[derive(Debug)]
pub(crate) struct Considered {
    request: Request,
    purpose: Option<Purpose>,
    /// With what it is to be answered.
    answer: Answer,
    /// How long it waits before anything is done.
    pub(crate) delay: Duration,
    /// Whether a fault has decided that, and not a policy.
    pub(crate) by_fault: bool,
    /// Whether it takes long enough to be done elsewhere than in a task.
    pub(crate) is_slow: bool,
}

/// A request that was dealt with.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What is sent, unless a fault says otherwise.
    pub(crate) response: Response,
    pub(crate) fault: Option<Break>,
    pub(crate) record: AgentRequest,
}

/// What was done, for the answer and for the journal.
struct Done {
    response: Response,
    signer: Option<Signer>,
}

impl From<Response> for Done {
    fn from(response: Response) -> Self {
        Self { response, signer: None }
    }
}

impl Conversation {
    pub(crate) fn new(shared: Arc<Shared>, recorder: Recorder, connection: u64, peer: &str) -> Self {
        let peer = peer.to_owned();
        Self { shared, recorder, connection, peer, requests: 0, signature: 0, bindings: Bindings::default() }
    }

    /// Asks the policies.
    pub(crate) fn consider(&mut self, request: Request) -> Considered {
        self.requests += 1;
        let purpose = match &request {
            Request::Sign(sign) => Some(Purpose::of(&sign.data)),
            _ => None,
        };
        let entry = match &request {
            Request::Sign(sign) if !self.shared.store.is_locked() => self.shared.store.find(&sign.key_blob),
            _ => None,
        };
        if entry.is_some() {
            self.signature = self.shared.next_signature();
        }
        let signing = entry.as_deref().zip(purpose.as_ref()).map(|(entry, purpose)| AskedToSign {
            number: self.signature,
            key: &entry.public_key,
            comment: entry.identity.comment(),
            purpose,
        });
        let asked = self.asked(&request, signing);
        let mut action = match self.shared.policy() {
            Some(policy) => self.decided(&*policy, &asked),
            None => Action::answer(),
        };
        let mut delays = vec![action.delay];
        let own = entry.as_ref().and_then(|entry| entry.identity.own_policy());
        if let (Answer::Proper, Some(own)) = (action.answer, own) {
            action = self.decided(own, &asked);
            delays.push(action.delay);
        }
        let trouble = self.trouble(&asked);
        delays.extend(trouble.delays);
        let (by_fault, answer) = (trouble.answer.is_some(), trouble.answer.unwrap_or(action.answer));
        let delay = self.drawn(&delays);
        let is_slow = entry.is_some_and(|entry| entry.is_slow());
        Considered { request, purpose, answer, delay, by_fault, is_slow }
    }

    /// What faults make of it.
    fn trouble(&self, asked: &Asked<'_>) -> Trouble {
        let Shared { faults, state, seed, store, .. } = &*self.shared;
        if faults.is_empty() {
            return Trouble::default();
        }
        let occasion = Occasion::new(state, *seed).on_connection(self.connection, &self.peer);
        let occasion = occasion.by(asked.user().unwrap_or_default());
        trouble(faults, &occasion, (asked.request, store), &self.recorder)
    }

    /// All of these, one after the other.
    fn drawn(&self, delays: &[Delay]) -> Duration {
        if delays.iter().all(Delay::is_zero) {
            return Duration::ZERO;
        }
        let mut rng = self.shared.seed.rng(&[self.connection, self.requests]);
        let drawn = delays.iter().map(|delay| delay.sample(&mut rng));
        drawn.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// What a policy says. One that panics has its client cut off, and nobody else.
    fn decided(&self, policy: &dyn Policy, asked: &Asked<'_>) -> Action {
        self.guarded("policy", || policy.decide(asked)).unwrap_or(Action::close())
    }

    /// Runs code of the test's. A panic is recorded and goes no further.
    fn guarded<T>(&self, what: &str, code: impl FnOnce() -> T) -> Option<T> {
        // What the code leaves behind half done is the test's own.
        let outcome = catch_unwind(AssertUnwindSafe(code));
        let report = |panic: Box<dyn Any + Send>| {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            self.recorder.record(Panicked::new(what, text.unwrap_or("no message")));
        };
        outcome.map_err(report).ok()
    }

    fn asked<'a>(&'a self, request: &'a Request, signing: Option<AskedToSign<'a>>) -> Asked<'a> {
        let bindings = self.bindings.list();
        Asked { connection: self.connection, number: self.requests, request, bindings, signing }
    }

    /// Does what is asked, or what a policy said instead.
    pub(crate) fn answer(&mut self, considered: Considered) -> Answered {
        let Considered { request, purpose, answer, .. } = considered;
        let session = purpose.as_ref().and_then(|purpose| self.bindings.session_of(purpose)).cloned();
        let (done, fault) = match answer {
            Answer::Proper => (self.act(&request, purpose.as_ref()), None),
            Answer::Refusal => (Err(Failure::Refused), None),
            // Nobody can tell from outside that it was done, so it is not.
            Answer::Broken(fault @ (Break::Closed | Break::Silence | Break::Garbage)) => {
                (Ok(Response::Failure.into()), Some(fault))
            }
            Answer::Broken(fault) => (self.act(&request, purpose.as_ref()), Some(fault)),
        };
        let (mut response, signer, mut outcome) = match done {
            Ok(done) => (done.response, done.signer, Outcome::Answered),
            Err(why) => (failure(&request), None, Outcome::Failed(why)),
        };
        let fault = fault.filter(|fault| *fault != Break::WrongSignature || signer.is_some());
        if fault == Some(Break::WrongSignature) {
            response = spoiled(response);
        }
        if let Some(fault) = fault {
            outcome = Outcome::Broken(fault);
        }
        Answered { response, fault, record: AgentRequest { request, signer, purpose, session, outcome } }
    }

    fn act(&mut self, request: &Request, purpose: Option<&Purpose>) -> Result<Done, Failure> {
        let store = &self.shared.store;
        if store.is_locked() && !matches!(request, Request::Unlock(_)) {
            // As if there were no keys; everything else fails.
            return match request {
                Request::RequestIdentities => Ok(Response::IdentitiesAnswer(Vec::new()).into()),
                _ => Err(Failure::Locked),
            };
        }
        match request {
            Request::RequestIdentities => Ok(Response::IdentitiesAnswer(self.list()).into()),
            Request::Sign(sign) => self.sign(request, sign, purpose.unwrap_or(&Purpose::Other)),
            Request::AddIdentity(add) => self.add(add.identity.clone()),
            Request::RemoveIdentity(key_blob) => {
                let known = store.find(key_blob).is_some_and(|entry| self.bindings.shows(&entry.identity));
                if known && store.remove(key_blob) { success() } else { Err(Failure::UnknownKey) }
            }
            Request::RemoveAllIdentities | Request::RemoveAllRsaIdentities => {
                store.clear();
                success()
            }
            Request::AddSmartcard(add) => self.add_card(add),
            Request::RemoveSmartcard(remove) if store.remove_card(&remove.reader) => success(),
            Request::RemoveSmartcard(_) => Err(Failure::UnknownCard),
            // OpenSSH: an empty passphrase is none.
            Request::Lock(passphrase) | Request::Unlock(passphrase) if passphrase.is_empty() => {
                Err(Failure::Passphrase)
            }
            Request::Lock(passphrase) if store.lock(passphrase.clone()) => success(),
            Request::Lock(_) => Err(Failure::Locked),
            Request::Unlock(passphrase) => match store.unlock(passphrase) {
                Unlocked::Now => success(),
                Unlocked::WasNotLocked => Err(Failure::NotLocked),
                Unlocked::WrongPassphrase => Err(Failure::Passphrase),
            },
            Request::Query => Ok(Response::extensions(&EXTENSIONS).into()),
            Request::SessionBind(bind) => {
                self.bindings.attempt();
                self.bindings.add(bind).map(|()| Response::Success.into())
            }
            Request::Unsupported(_) => Err(Failure::Unsupported),
            Request::Malformed(malformed) => {
                if malformed.operation == crate::Operation::SessionBind {
                    self.bindings.attempt();
                }
                Err(Failure::Malformed(malformed.why.clone()))
            }
        }
    }

    fn list(&self) -> Vec<ListedIdentity> {
        let entries = self.shared.store.entries().into_iter();
        let shown = entries.filter(|entry| self.bindings.shows(&entry.identity));
        shown.map(|entry| ListedIdentity::new(entry.key_blob.clone(), entry.identity.comment())).collect()
    }

    fn sign(&self, request: &Request, sign: &SignRequest, purpose: &Purpose) -> Result<Done, Failure> {
        let entry = self.shared.store.find(&sign.key_blob).ok_or(Failure::UnknownKey)?;
        self.bindings.permits_signing(&entry.identity, &entry.key_blob, purpose)?;
        if entry.wants_confirmation() && !self.is_confirmed(request, &entry, purpose) {
            return Err(Failure::Unconfirmed);
        }
        let signature = entry.sign(&sign.data, sign.flags).map_err(|_opaque| Failure::Signing)?;
        let blob: Blob = signature.encode_vec().map_err(|_opaque| Failure::Signing)?.into();
        let comment = entry.identity.comment().to_owned();
        let signer = Some(Signer { comment, algorithm: signature.algorithm() });
        Ok(Done { response: Response::SignResponse(blob), signer })
    }

    fn is_confirmed(&self, request: &Request, entry: &Entry, purpose: &Purpose) -> bool {
        let signing = AskedToSign {
            number: self.signature,
            key: &entry.public_key,
            comment: entry.identity.comment(),
            purpose,
        };
        let asked = self.asked(request, Some(signing));
        let confirm = self.shared.confirm.as_ref();
        confirm.and_then(|confirm| self.guarded("confirm", || confirm(&asked))).unwrap_or(false)
    }

    fn add(&self, identity: Identity) -> Result<Done, Failure> {
        acceptable(identity.constraints())?;
        let needs_token = identity.constraints().iter().any(|one| matches!(one, Constraint::SkProvider(_)));
        if needs_token && !identity.key().algorithm().as_str().starts_with("sk-") {
            return Err(Failure::NoSecurityKey);
        }
        let store = &self.shared.store;
        let blob = identity.public_key().to_bytes().map_err(|_| Failure::Signing)?.into();
        if store.find(&blob).is_some_and(|known| !self.bindings.shows(&known.identity)) {
            return Err(Failure::Destination);
        }
        store.add(identity, None).map_err(Failure::Key)?;
        success()
    }

    fn add_card(&self, add: &AddSmartcard) -> Result<Done, Failure> {
        acceptable(&add.constraints)?;
        let store = &self.shared.store;
        let card = store.card(&add.reader).ok_or(Failure::UnknownCard)?;
        if card.pin != add.pin {
            return Err(Failure::Pin);
        }
        for identity in &card.identities {
            let restricted = add.constraints.iter().cloned().fold(identity.clone(), Identity::constrained);
            store.add(restricted, Some(card.reader.clone())).map_err(Failure::Key)?;
        }
        success()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // What was counted for faults goes with it.
        self.shared.state.on_connection(self.connection).clear();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside failures")]
fn success() -> Result<Done, Failure> {
    Ok(Response::Success.into())
}

/// A constraint that is not known might be the one that matters.
fn acceptable(constraints: &[Constraint]) -> Result<(), Failure> {
    let unknown = constraints.iter().find(|constraint| matches!(constraint, Constraint::Unknown { .. }));
    unknown.map_or(Ok(()), |unknown| Err(Failure::Constraint(unknown.word())))
}

/// An extension that is known fails with a message of its own (RFC 9987 section 3.8), everything else with the
/// general one.
fn failure(request: &Request) -> Response {
    if request.operation().is_extension() { Response::ExtensionFailure } else { Response::Failure }
}

/// The same answer with one bit flipped, in the middle of the signature proper.
fn spoiled(response: Response) -> Response {
    let Response::SignResponse(signature) = response else {
        return response;
    };
    let mut bytes = signature.to_vec();
    let from_the_end = bytes.len().min(20);
    if let Some(byte) = bytes.iter_mut().rev().nth(from_the_end.saturating_sub(1)) {
        *byte ^= 1;
    }
    Response::SignResponse(bytes.into())
}
