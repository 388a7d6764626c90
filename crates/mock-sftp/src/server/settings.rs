//! What an SFTP server is made of: a file system, and which parts of the protocol it speaks.

use std::sync::Arc;

use mock_base::{Profile, Recorder, State, fault::Faults};

use super::SftpSession;
use crate::{
    Fault, FileSystem,
    fault::{FaultError, Stage, Who},
    wire::{Extension, MAX_PAYLOAD, VERSION},
};

/// An SFTP server over a file system. Cheap to clone.
///
/// With a server of mock-core it is the program of the subsystem `sftp`; over any other stream, [`serve`](Self::serve)
/// runs it.
///
#[cfg_attr(
    feature = "server",
    doc = r#"
```
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
use mock_core::MockSshServer;
use mock_sftp::{MemFs, Sftp};

let fs = MemFs::builder().file("/etc/motd", "hi
").build()?;
let server = MockSshServer::builder().subsystem("sftp", Sftp::new(fs.clone())).start().await?;
// … a client, for which a way to log in is needed as well …
server.shutdown().await;
# Ok(())
# }
```
"#
)]
/// | | by default |
/// |---|---|
/// | version | 3, whatever higher one a client asks for |
/// | extensions | all of [`Extension::ALL`] |
/// | open handles of a channel | 1,024 at most |
/// | bytes for one read | 255 KiB at most |
/// | contents of uploads | kept in the journal |
#[derive(Debug, Clone)]
#[must_use = "a server that nobody runs does nothing"]
pub struct Sftp {
    pub(super) settings: Arc<Settings>,
    pub(super) recorder: Option<Recorder>,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) fs: Arc<dyn FileSystem>,
    pub(super) version: u32,
    pub(super) extensions: Vec<Extension>,
    pub(super) handles: usize,
    /// Bytes that are returned at most for one read.
    pub(super) read: usize,
    pub(super) contents: bool,
    pub(super) faults: Faults<Stage>,
    /// The states that faults look at where there is no server that has some.
    pub(super) state: State,
}

impl Sftp {
    /// A server for these files.
    pub fn new(fs: impl FileSystem + 'static) -> Self {
        let settings = Settings {
            fs: Arc::new(fs),
            version: VERSION,
            extensions: Extension::ALL.to_vec(),
            handles: 1024,
            read: MAX_PAYLOAD,
            contents: true,
            faults: Faults::new(),
            state: State::new(),
        };
        Self { settings: Arc::new(settings), recorder: None }
    }

    /// Is like the SFTP server of this profile, if it has one of its own: offers its extensions in its order, as far as there are
    /// such here, speaks at most its version and returns at most as much for a read. What is called after this goes before it.
    ///
    /// ```
    /// use mock_sftp::{MemFs, Profile, Sftp};
    ///
    /// let sftp = Sftp::new(MemFs::new()).profile(&Profile::OPENSSH_7_4);
    /// # let _ = sftp;
    /// ```
    pub fn profile(self, profile: &Profile) -> Self {
        let Some(known) = &profile.sftp else {
            return self.extensions(Extension::ALL).max_version(VERSION).max_read_length(u32::MAX);
        };
        self.extensions(known.extensions.iter().filter_map(known_extension))
            .max_version(known.version)
            .max_read_length(known.max_read.unwrap_or(u32::MAX))
    }

    /// The extensions of this profile that there are not here, so that a server with it does not announce them.
    ///
    /// ```
    /// use mock_sftp::{Profile, Sftp};
    ///
    /// assert_eq!(Sftp::missing_of(&Profile::PROFTPD).collect::<Vec<_>>(), ["versions"]);
    /// ```
    pub fn missing_of(profile: &Profile) -> impl Iterator<Item = &'static str> {
        let announced = profile.sftp.iter().flat_map(|sftp| sftp.extensions);
        announced.filter(|pair| known_extension(pair).is_none()).map(|(name, _)| *name)
    }

    /// Offers these extensions and no others, in this order.
    ///
    /// ```
    /// use mock_sftp::{MemFs, Sftp, wire::Extension};
    ///
    /// let sftp = Sftp::new(MemFs::new()).extensions([Extension::FSync, Extension::PosixRename]);
    /// # let _ = sftp;
    /// ```
    pub fn extensions(mut self, offered: impl IntoIterator<Item = Extension>) -> Self {
        self.change().extensions = offered.into_iter().collect();
        self
    }

    /// Does not offer this extension: it is not announced, and a request for it is answered with
    /// `SSH_FX_OP_UNSUPPORTED`.
    pub fn without(mut self, extension: Extension) -> Self {
        self.change().extensions.retain(|offered| *offered != extension);
        self
    }

    /// Offers no extension, as old servers do.
    pub fn without_extensions(mut self) -> Self {
        self.change().extensions.clear();
        self
    }

    /// Speaks at most this version, and at most 3. Below 3 there are no extensions, no links and no texts with a
    /// status; below 2 no renames (draft section 10).
    pub fn max_version(mut self, version: u32) -> Self {
        self.change().version = version.min(VERSION);
        self
    }

    /// How many handles a channel may have open. Beyond, opening fails with `SSH_FX_FAILURE`.
    pub fn max_handles(mut self, handles: usize) -> Self {
        self.change().handles = handles;
        self
    }

    /// Returns at most this many bytes for one read, at least 1: 255 KiB by default, which is also the most. The extension `limits`
    /// tells it; without that, clients find out by getting less than they asked for.
    pub fn max_read_length(mut self, bytes: u32) -> Self {
        self.change().read = usize::try_from(bytes).unwrap_or(MAX_PAYLOAD).clamp(1, MAX_PAYLOAD);
        self
    }

    /// Does not keep the contents of uploads in the journal, for tests that upload more than there is memory.
    pub fn without_contents(mut self) -> Self {
        self.change().contents = false;
        self
    }

    /// Goes wrong in this way, on the occasions that the fault picks. All clones have the same faults.
    ///
    /// Over a stream that is not of a server of mock-core there are no connections and no peers for triggers, and
    /// chance is drawn from the seed 0. Nothing goes wrong with a session that is a handler of `russh_sftp` (the
    /// feature `russh-sftp`), because that crate writes the replies.
    ///
    /// # Errors
    ///
    /// The action cannot be had at the stage.
    pub fn fault(self, fault: Fault) -> Result<Self, FaultError> {
        self.settings.faults.add(fault)?;
        Ok(self)
    }

    /// The faults, to be added, switched and removed while clients are connected.
    #[must_use]
    pub fn faults(&self) -> &Faults<Stage> {
        &self.settings.faults
    }

    /// Shares these faults with others, so that one list has those of SFTP and of SCP.
    pub fn with_faults(mut self, faults: &Faults<Stage>) -> Self {
        self.change().faults = faults.clone();
        self
    }

    /// Writes to this journal when it is not run by a server of mock-core, which has its own.
    pub fn record_to(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// The protocol for one channel of this user, to be driven by hand.
    ///
    /// With the feature `russh-sftp` it is a handler, at which faults do not strike, for `russh_sftp::server`, on the
    /// stream of a channel of a server made with russh:
    ///
    #[cfg_attr(
        feature = "russh-sftp",
        doc = r#"
```
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
use mock_sftp::{MemFs, Sftp};

let files = MemFs::builder().file("/etc/motd", "hi\n").build()?;
// In the handler of a russh server this is `channel.into_stream()`.
let (client, stream) = tokio::io::duplex(64 * 1024);
russh_sftp::server::run(stream, Sftp::new(files.clone()).session("anna")).await;

let client = russh_sftp::client::SftpSession::new(client).await?;
assert_eq!(client.read("/etc/motd").await?, b"hi\n");
# Ok(())
# }
```
"#
    )]
    #[must_use]
    pub fn session(&self, user: &str) -> SftpSession {
        self.session_of(Who::alone(user, &self.settings.state))
    }

    pub(super) fn session_of(&self, who: Who) -> SftpSession {
        SftpSession::new(Arc::clone(&self.settings), self.recorder.clone(), who)
    }

    fn change(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}

/// What announces itself so, in the version that there is here.
fn known_extension((name, data): &(&'static str, &'static str)) -> Option<Extension> {
    Extension::of(name.as_bytes()).filter(|extension| extension.version() == *data)
}
