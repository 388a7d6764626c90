//! Decides what is answered to a request: a pure function of the request and the key store.
//!
//! This is the place for whatever will decide differently, such as policies and a lock.

use ssh_key::encoding::Encode;

use crate::{
    AgentRequest, Blob, Failure, Operation, Outcome, Request, Response, SignRequest, Signer, store::Store,
};

/// What goes back to the client, and what goes into the journal.
pub(crate) fn answer(store: &Store, request: Request) -> (Response, AgentRequest) {
    let decision = match &request {
        Request::RequestIdentities => Ok((Response::IdentitiesAnswer(store.list()), None)),
        Request::Sign(sign) => answer_sign(store, sign),
        Request::SessionBind(bind) if bind.verifies() => Ok((Response::Success, None)),
        Request::SessionBind(_) => Err(Failure::Unverified),
        Request::Unsupported(_) => Err(Failure::Unsupported),
        Request::Malformed(malformed) => Err(Failure::Malformed(malformed.why.clone())),
    };
    match decision {
        Ok((response, signer)) => (response, AgentRequest { request, signer, outcome: Outcome::Answered }),
        Err(why) => {
            let response = failure(request.operation());
            (response, AgentRequest { request, signer: None, outcome: Outcome::Failed(why) })
        }
    }
}

fn answer_sign(store: &Store, request: &SignRequest) -> Result<(Response, Option<Signer>), Failure> {
    let entry = store.find(&request.key_blob).ok_or(Failure::UnknownKey)?;
    let signature = entry.sign(&request.data, request.flags).map_err(|_opaque| Failure::Signing)?;
    let blob: Blob = signature.encode_vec().map_err(|_opaque| Failure::Signing)?.into();
    let signer = Signer { comment: entry.comment().to_owned(), algorithm: signature.algorithm() };
    Ok((Response::SignResponse(blob), Some(signer)))
}

/// An extension that is known fails with a message of its own (section 3.8), everything else with the general one.
fn failure(operation: Operation) -> Response {
    match operation {
        Operation::SessionBind => Response::ExtensionFailure,
        _ => Response::Failure,
    }
}
