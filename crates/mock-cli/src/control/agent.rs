//! What an agent does with each request: those of a server that are about events and expectations, and its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use mock_agent::{
    Constraint, Identity, KeyError, MockAgent,
    ssh_key::{HashAlg, PrivateKey, PublicKey},
};
use mock_base::Delay;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::{
    Target,
    answer::{Answer, Code, Done, Failure},
    common, fault,
    request::{Events, Expect, FaultAdd, FaultRemove, FaultSwitch, Nothing, Wait, Within},
};
use crate::{
    args::AgentPolicy,
    command::agent::{generate, sign_policy},
    fault::Board,
    verdict::{Verdict, VerdictLine},
};

/// A request to an agent.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "command")]
pub(crate) enum Request {
    /// Says whether what is expected has come so far. Expectations stay.
    #[serde(rename = "verify")]
    Verify(Nothing),
    /// Expects something from now on, before and after.
    #[serde(rename = "expect")]
    Expect(Expect),
    /// Forgets what happened, for the next test: events, how many signatures there were, how often faults struck, and the
    /// expectations and faults that requests have added. Keys, lock and policy are what the agent was started with again, and
    /// its faults are switched on; a lifetime begins anew. Live connections go on.
    #[serde(rename = "reset")]
    Reset(Nothing),
    /// What happened so far.
    #[serde(rename = "events")]
    Events(Events),
    /// Waits for an event; one that already happened counts. Other clients are answered meanwhile.
    #[serde(rename = "wait")]
    Wait(Wait),
    /// The keys and certificates that it has now, in the order in which clients see them. A lock does not hide them here.
    #[serde(rename = "identities.list")]
    List(Nothing),
    /// Adds a key, as `ssh-add` does: in the place of the same key, or else as the last one. One of `generate`, `file` and
    /// `private_key` says which.
    #[serde(rename = "identities.add")]
    Add(Add),
    /// Forgets keys: with neither field, all of them.
    #[serde(rename = "identities.remove")]
    Remove(Remove),
    /// Says what becomes of requests for signatures from now on, as `--policy` and `--delay` do.
    #[serde(rename = "policy.set")]
    Policy(Policy),
    /// Adds a fault. Who is connected meets it at the next request.
    #[serde(rename = "fault.add")]
    FaultAdd(FaultAdd),
    /// Removes a fault.
    #[serde(rename = "fault.remove")]
    FaultRemove(FaultRemove),
    /// Switches a fault on or off. While it is off, it counts no requests.
    #[serde(rename = "fault.switch")]
    FaultSwitch(FaultSwitch),
    /// The faults: those that the agent was started with, then those that requests have added.
    #[serde(rename = "fault.list")]
    FaultList(Nothing),
    /// Locks it, as `ssh-add -x` does: clients see no keys.
    #[serde(rename = "lock")]
    Lock(Passphrase),
    /// Unlocks it.
    #[serde(rename = "unlock")]
    Unlock(Passphrase),
    /// Stops the agent, as SIGTERM does. It is answered before. Not with a command, with which the agent ends.
    #[serde(rename = "stop")]
    Stop(Nothing),
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    /// A new key of this type: `ed25519`, `ecdsa` or `rsa`.
    generate: Option<String>,
    /// The key in this file, and its certificate if there is one beside it: a regular file of at most 1 MiB.
    file: Option<PathBuf>,
    /// This key, in OpenSSH's format.
    private_key: Option<String>,
    /// Under what it is listed. The key's own, or what it was made for, if nothing is said.
    comment: Option<String>,
    /// Forgets it after this: seconds, or a text such as `10m`.
    lifetime: Option<Within>,
    /// Whether each use of it is to be confirmed, as with `ssh-add -c`.
    #[serde(default)]
    confirm: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Remove {
    /// Only the key with this fingerprint, and its certificate: `SHA256:…`.
    sha256: Option<String>,
    /// Only those with this comment.
    comment: Option<String>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// One of those that `mock-ssh agent --help` lists: `allow`, `refuse`, `refuse-after=2`.
    policy: String,
    /// How long each signature takes: `250ms`, `1s..2s`. No time if nothing is said.
    delay: Option<String>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Passphrase {
    /// The passphrase. An empty one is none.
    passphrase: String,
}

/// What an agent has.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Identities {
    /// In their order.
    identities: Vec<IdentityLine>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct IdentityLine {
    /// The public key, or the certificate, as in a `.pub` file.
    public_key: String,
    /// The fingerprint of the key.
    sha256: String,
    /// The comment.
    comment: String,
}

impl IdentityLine {
    pub(crate) fn new(key: &PublicKey) -> Self {
        Self {
            public_key: key.to_openssh().unwrap_or_default(),
            sha256: key.fingerprint(HashAlg::Sha256).to_string(),
            comment: key.comment().to_string(),
        }
    }
}

/// An agent that clients make requests to.
pub(crate) struct ControlledAgent {
    agent: Arc<MockAgent>,
    /// What it was started with.
    identities: Vec<Identity>,
    policy: (AgentPolicy, Delay),
    /// How much was expected before the first request.
    begin: usize,
    faults: Board,
}

impl ControlledAgent {
    pub(crate) fn new(
        agent: &Arc<MockAgent>,
        identities: Vec<Identity>,
        policy: (AgentPolicy, Delay),
    ) -> Self {
        let (begin, faults) = (agent.expectations().len(), Board::of_agent(agent));
        Self { agent: Arc::clone(agent), identities, policy, begin, faults }
    }

    fn reset(&self) -> Result<(), KeyError> {
        let agent = &self.agent;
        agent.set_identities(self.identities.iter().cloned())?;
        agent.end_lock();
        agent.set_policy(sign_policy(self.policy.0, self.policy.1));
        agent.expectations().truncate(self.begin);
        self.faults.reset();
        agent.reset();
        Ok(())
    }

    fn list(&self) -> Answer {
        let keys = self.agent.public_keys();
        Answer::Identities(Identities { identities: keys.iter().map(IdentityLine::new).collect() })
    }

    async fn add(&self, request: Add) -> Result<Answer, Failure> {
        let lifetime = request.lifetime.as_ref().map(common::duration).transpose()?;
        let confirm = request.confirm;
        // Apart, because the primes of an RSA key and a slow disk take their time.
        let identities = spawn_blocking(move || request.identities());
        for mut identity in identities.await.map_err(|error| bad(error.to_string()))?? {
            if let Some(lifetime) = lifetime {
                identity = identity.constrained(Constraint::lifetime(lifetime));
            }
            if confirm {
                identity = identity.constrained(Constraint::Confirm);
            }
            self.agent.add(identity).map_err(|error| bad(error.to_string()))?;
        }
        Ok(self.list())
    }

    fn remove(&self, request: &Remove) -> Result<Answer, Failure> {
        let meant = |key: &PublicKey| {
            let line = IdentityLine::new(key);
            request.sha256.as_ref().is_none_or(|sha256| line.sha256 == *sha256)
                && request.comment.as_ref().is_none_or(|comment| line.comment == *comment)
        };
        let meant: Vec<_> = self.agent.public_keys().into_iter().filter(meant).collect();
        if meant.is_empty() && (request.sha256.is_some() || request.comment.is_some()) {
            let hint = "`identities.list` lists those there are".to_owned();
            return Err(Failure::new(Code::NotFound, "there is no such key").hint(hint));
        }
        for key in &meant {
            self.agent.remove(key);
        }
        Ok(self.list())
    }
}

impl Add {
    fn identities(&self) -> Result<Vec<Identity>, Failure> {
        let commented = |identity: Identity| match &self.comment {
            Some(comment) => identity.commented(comment),
            None => identity,
        };
        let identities = match (&self.generate, &self.file, &self.private_key) {
            (Some(name), None, None) => {
                let types = <crate::args::PubkeyType as clap::ValueEnum>::from_str(name, false);
                let hint = "there are `ed25519`, `ecdsa` and `rsa`".to_owned();
                let key_type = types.map_err(|_| bad(format!("no key type `{name}`")).hint(hint))?;
                vec![generate(key_type).map_err(|error| bad(error.to_string()))?]
            }
            (None, Some(path), None) => {
                regular(path)?;
                Identity::read(path).map_err(|error| bad(crate::error::sentence(&error)))?
            }
            (None, None, Some(text)) => {
                let key = PrivateKey::from_openssh(text)
                    .map_err(|error| bad(format!("private_key: no key in OpenSSH's format: {error}")))?;
                let comment = key.comment().to_string();
                vec![Identity::new(key, comment)]
            }
            _ => return Err(bad("one of `generate`, `file` and `private_key` is to be there")),
        };
        Ok(identities.into_iter().map(commented).collect())
    }
}

/// Refuses what is no file with an end: what reads a FIFO or a terminal may wait for ever.
fn regular(path: &Path) -> Result<(), Failure> {
    let wrong = |why: String| Err(bad(format!("cannot read {}: {why}", path.display())));
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => wrong("it is not a regular file".to_owned()),
        Err(error) => wrong(crate::error::fragment(&error)),
    }
}

fn bad(text: impl Into<String>) -> Failure {
    Failure::new(Code::BadRequest, text)
}

impl Target for ControlledAgent {
    type Request = Request;

    const ENDS_OTHERWISE: &str = "the agent ends with its command";

    fn asks_to_stop(request: &Request) -> bool {
        matches!(request, Request::Stop(_))
    }

    async fn obey(&self, request: Request) -> Result<Answer, Failure> {
        let agent = &self.agent;
        match request {
            Request::Verify(_) => {
                let verdict = Verdict {
                    checked: agent.expectations().len(),
                    unmet: agent.verify().err().map(Box::new),
                };
                Ok(Answer::Verdict(VerdictLine::from(&verdict)))
            }
            Request::Expect(request) => common::expect(&request, |expectation| {
                agent.expectations().add(expectation);
                agent.expectations().len()
            }),
            Request::Reset(_) => {
                self.reset().map_err(|error| bad(error.to_string()))?;
                Ok(Answer::Done(Done {}))
            }
            Request::Events(request) => common::page(&request, |_query| agent.events()),
            Request::Wait(request) => common::wait(request, |_query| agent.events()).await,
            Request::List(_) => Ok(self.list()),
            Request::Add(request) => self.add(request).await,
            Request::Remove(request) => self.remove(&request),
            Request::Policy(Policy { policy, delay }) => {
                let policy = policy.parse::<AgentPolicy>().map_err(bad)?;
                let delay = delay.map(|delay| delay.parse::<Delay>()).transpose();
                let delay = delay.map_err(|error| bad(format!("delay: {error}")))?.unwrap_or(Delay::ZERO);
                agent.set_policy(sign_policy(policy, delay));
                Ok(Answer::Done(Done {}))
            }
            Request::FaultAdd(request) => fault::add(&request, &self.faults),
            Request::FaultRemove(request) => fault::remove(&request, &self.faults),
            Request::FaultSwitch(request) => fault::switch(&request, &self.faults),
            Request::FaultList(_) => Ok(fault::list(&self.faults)),
            Request::Lock(request) if request.passphrase.is_empty() => {
                let hint = "to clients an empty passphrase is none: they could never unlock it".to_owned();
                Err(bad("the passphrase is empty").hint(hint))
            }
            Request::Lock(request) if agent.lock(request.passphrase.as_bytes().to_vec()) => {
                Ok(Answer::Done(Done {}))
            }
            Request::Lock(_) => Err(bad("it is locked already")),
            Request::Unlock(request) if agent.unlock(request.passphrase.as_bytes().to_vec()) => {
                Ok(Answer::Done(Done {}))
            }
            Request::Unlock(_) => Err(bad("it is not locked with this passphrase")),
            Request::Stop(_) => Ok(Answer::Done(Done {})),
        }
    }
}
