//! Options of an agent, and starting it on the caller's runtime or on one of its own.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use mock_base::{Expectations, Journal, Seed};
use ssh_key::PrivateKey;

use crate::{Asked, Fault, Identity, MockAgent, Policy, Smartcard, StartError, accept::Confirm};

/// Options of a [`MockAgent`]. The default has no identities, a socket in a directory of its own, and a journal of
/// its own.
#[must_use = "a builder does nothing by itself: call `.start()` or `.start_blocking()`"]
pub struct MockAgentBuilder {
    pub(crate) identities: Vec<Identity>,
    pub(crate) socket_path: Option<PathBuf>,
    pub(crate) journal: Journal,
    pub(crate) name: String,
    pub(crate) smartcards: Vec<Smartcard>,
    pub(crate) policy: Option<Arc<dyn Policy>>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) seed: Option<Seed>,
    pub(crate) expectations: Expectations,
    pub(crate) faults: Vec<Fault>,
}

impl fmt::Debug for MockAgentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockAgentBuilder")
            .field("identities", &self.identities)
            .field("smartcards", &self.smartcards)
            .field("socket_path", &self.socket_path)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Default for MockAgentBuilder {
    fn default() -> Self {
        Self {
            identities: Vec::new(),
            socket_path: None,
            journal: Journal::new(),
            name: "agent".to_owned(),
            smartcards: Vec::new(),
            policy: None,
            confirm: None,
            seed: None,
            expectations: Expectations::new(),
            faults: Vec::new(),
        }
    }
}

impl MockAgentBuilder {
    /// Adds a key: Ed25519, ECDSA (P-256, P-384, P-521) or RSA, not encrypted. Keys are listed in the order in
    /// which they were added, each with this comment.
    ///
    /// ```
    /// use mock_agent::{Identity, KeyType, MockAgent};
    ///
    /// let deploy = Identity::generate(KeyType::Ed25519, "")?.key().clone();
    /// let backup = Identity::generate(KeyType::Ecdsa, "")?.key().clone();
    /// let agent = MockAgent::builder().identity(deploy, "deploy").identity(backup, "backup").start_blocking()?;
    /// let comments: Vec<_> = agent.public_keys().iter().map(|key| key.comment().to_string()).collect();
    /// assert_eq!(comments, ["deploy", "backup"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn identity(self, key: PrivateKey, comment: impl Into<String>) -> Self {
        self.identities([Identity::new(key, comment)])
    }

    /// Adds identities, in their order.
    ///
    /// ```
    /// use mock_agent::{Identity, KeyType, MockAgent};
    ///
    /// let identity = Identity::generate(KeyType::Ed25519, "deploy@ci")?;
    /// let agent = MockAgent::builder().identities([identity.clone()]).start_blocking()?;
    /// assert_eq!(agent.public_keys(), [identity.public_key()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn identities(mut self, identities: impl IntoIterator<Item = Identity>) -> Self {
        self.identities.extend(identities);
        self
    }

    /// Listens on this path, in a directory that exists, instead of on `agent.sock` in a new temporary directory.
    ///
    /// A socket on which nobody listens any more is replaced. Relative paths are made absolute.
    ///
    /// ```
    /// use mock_agent::MockAgent;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("ssh.sock");
    /// let agent = MockAgent::builder().socket_path(&path).start_blocking()?;
    /// assert_eq!(agent.socket_path(), path);
    /// drop(agent);
    /// assert!(!path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn socket_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket_path = Some(path.into());
        self
    }

    /// Records into this journal, which servers may share, instead of into one of its own. Give each a
    /// [`name`](Self::name).
    ///
    /// ```
    /// use mock_agent::{Journal, MockAgent};
    ///
    /// let journal = Journal::new();
    /// let agent = MockAgent::builder().journal(journal.clone()).name("laptop").start_blocking()?;
    /// assert_eq!(&*journal.events().all()[0].server, "laptop");
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    pub fn journal(mut self, journal: Journal) -> Self {
        self.journal = journal;
        self
    }

    /// The name under which events are recorded: `agent` by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Has this smart card, whose keys a client can make available.
    pub fn smartcard(mut self, card: Smartcard) -> Self {
        self.smartcards.push(card);
        self
    }

    /// Asks this about every request before it is dealt with: see [`Policy`]. The last one given is the one asked.
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Goes wrong in this way, on the occasions that the fault picks: see [`fault`](crate::fault).
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Answers for the person who is asked whether a key may be used that was added with `ssh-add -c`. Without this
    /// nobody is there to ask, and such a key never signs, as with OpenSSH's agent on a machine without a display.
    ///
    /// ```
    /// use mock_agent::{Constraint, Identity, KeyType, MockAgent};
    ///
    /// let asked_for = Identity::generate(KeyType::Ed25519, "")?.constrained(Constraint::Confirm);
    /// let agent = MockAgent::builder()
    ///     .identities([asked_for])
    ///     .confirm(|asked| asked.user() == Some("deploy"))
    ///     .start_blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn confirm(mut self, confirm: impl Fn(&Asked<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.confirm = Some(Arc::new(confirm));
        self
    }

    /// Draws delays from this seed: by default from one of its own, which is recorded and stands in reports.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(Seed(seed));
        self
    }

    /// Starts the agent on the current tokio runtime. It listens when this returns.
    ///
    /// # Errors
    ///
    /// When a key cannot be used, or the socket cannot be made: [`StartError`] says which.
    pub async fn start(self) -> Result<MockAgent, StartError> {
        MockAgent::start(self).await
    }

    /// Starts the agent on a thread of its own, for tests without async. It listens when this returns.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and when the thread or its runtime cannot be made.
    pub fn start_blocking(self) -> Result<MockAgent, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let (started, start) = mpsc::sync_channel(1);
        let serve = move || {
            runtime.block_on(async {
                let agent = self.start().await;
                let closed = agent.as_ref().ok().map(MockAgent::closed);
                // If nobody waits for it, the agent is dropped here and closes.
                let _unwanted = started.send(agent);
                if let Some(closed) = closed {
                    closed.await;
                }
            });
        };
        let thread =
            thread::Builder::new().name("mock-agent".to_owned()).spawn(serve).map_err(StartError::Runtime)?;
        let agent = start.recv().map_err(|gone| StartError::Runtime(std::io::Error::other(gone)))?;
        Ok(agent?.on_thread(thread))
    }
}
