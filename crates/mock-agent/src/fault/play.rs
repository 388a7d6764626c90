//! What faults make of a request: the same actions that policies have.

use mock_base::{
    Delay, Recorder,
    fault::{Faults, Occasion},
};
use ssh_key::{HashAlg, PublicKey};

use super::{Action, Stage};
use crate::{
    Request,
    policy::{Answer, Break},
    store::Store,
};

/// What faults make of a request.
#[derive(Default)]
pub(crate) struct Trouble {
    /// With what it is answered, if not as policies have said. The last fault that says so is heard.
    pub(crate) answer: Option<Answer>,
    /// How long it takes, beside what policies have said: all of these.
    pub(crate) delays: Vec<Delay>,
}

/// What becomes of a request where faults strike.
pub(crate) fn trouble(
    faults: &Faults<Stage>,
    occasion: &Occasion<'_>,
    (request, store): (&Request, &Store),
    recorder: &Recorder,
) -> Trouble {
    let names = names(request, store);
    let mut trouble = Trouble::default();
    for struck in faults.strike(occasion, |stage| stage.is_at(request, &names)) {
        struck.record(recorder);
        trouble.answer = Some(match *struck.action() {
            Action::Delay(delay) => {
                trouble.delays.push(delay);
                continue;
            }
            Action::Refuse => Answer::Refusal,
            Action::Silence => Answer::Broken(Break::Silence),
            Action::Close => Answer::Broken(Break::Closed),
            Action::Truncate => Answer::Broken(Break::Truncated),
            Action::WrongLength => Answer::Broken(Break::WrongLength),
            Action::Garbage => Answer::Broken(Break::Garbage),
            Action::WrongSignature => Answer::Broken(Break::WrongSignature),
        });
    }
    trouble
}

impl Stage {
    fn is_at(&self, request: &Request, names: &[String]) -> bool {
        self.operation.is_none_or(|operation| operation == request.operation())
            && self.key.as_ref().is_none_or(|key| names.iter().any(|name| key.is_match(name)))
    }
}

/// What the key is called that a request names: its comment and its fingerprint.
fn names(request: &Request, store: &Store) -> Vec<String> {
    let of = |comment: &str, key: &PublicKey| {
        vec![comment.to_owned(), key.fingerprint(HashAlg::Sha256).to_string()]
    };
    let blob = match request {
        Request::Sign(sign) => &sign.key_blob,
        Request::RemoveIdentity(blob) => blob,
        Request::AddIdentity(add) => return of(add.identity.comment(), &add.identity.public_key()),
        _ => return Vec::new(),
    };
    store.find(blob).map_or_else(Vec::new, |entry| of(entry.identity.comment(), &entry.public_key))
}
