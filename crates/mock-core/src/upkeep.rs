//! How connections are kept: which host key a client meets, when keys are exchanged anew, how large windows and packets
//! are, and whether the client is still there.

use std::time::Duration;

use mock_base::Pattern;

use crate::{Builder, Connection, HostKey};

/// The host keys of a connection; none for those of the server.
pub(crate) type HostKeysFor = dyn Fn(&Connection) -> Vec<HostKey> + Send + Sync;

/// The least window with which the engine asks again for another.
const LEAST_WINDOW: u32 = 2;

impl Builder {
    /// Proves with these host keys who it is on a connection, and with its own where `choose` returns none: a key that has
    /// changed since the last time, or that is wrong for one client. It is asked before the first byte.
    ///
    /// ```
    /// use mock_core::{HostKey, MockSshServer};
    ///
    /// let (old, new) = (HostKey::ed25519(), HostKey::ed25519());
    /// let builder = MockSshServer::builder().host_key(old).host_keys_for(move |connection| {
    ///     if connection.number() < 3 { Vec::new() } else { vec![new.clone()] }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn host_keys_for(
        mut self,
        choose: impl Fn(&Connection) -> Vec<HostKey> + Send + Sync + 'static,
    ) -> Self {
        self.host_keys_for = Some(Box::new(choose));
        self
    }

    /// Proves with the first of these keys who it is on the first connection, with the second on the second, and with the
    /// last on all that follow.
    pub fn host_key_sequence(self, keys: impl IntoIterator<Item = impl Into<HostKey>>) -> Self {
        let keys: Vec<HostKey> = keys.into_iter().map(Into::into).collect();
        self.host_keys_for(move |connection| {
            let index = usize::try_from(connection.number().saturating_sub(1)).unwrap_or(usize::MAX);
            keys.get(index).or_else(|| keys.last()).cloned().into_iter().collect()
        })
    }

    /// Exchanges keys anew after this many bytes in either direction (RFC 4253 section 9): 1 GiB by default, which is also
    /// the most. Packets are whole, so it may be some more.
    pub fn rekey_after_bytes(mut self, bytes: usize) -> Self {
        self.options.rekey_after_bytes = bytes.min(1 << 30);
        self
    }

    /// Exchanges keys anew after this time: an hour by default.
    pub fn rekey_after(mut self, time: Duration) -> Self {
        self.options.rekey_after = time;
        self
    }

    /// Asks a client that has sent nothing for this time whether it is there (`keepalive@openssh.com`), and ends the
    /// connection when it has not answered this often. Never by default; 0 asks without end.
    pub fn keepalive(mut self, interval: Duration, unanswered: usize) -> Self {
        self.options.keepalive = Some((interval, unanswered));
        self
    }

    /// Has this many channels at once on a connection: 1,000 by default. Further ones are refused for want of resources
    /// (RFC 4254 section 5.1). OpenSSH's `MaxSessions` is 10.
    pub fn max_channels(mut self, limit: usize) -> Self {
        self.options.max_channels = limit;
        self
    }

    /// Lets a client send this many bytes on a channel before it has to wait (RFC 4254 section 5.2): 2 MiB by default, and
    /// no fewer than 2, with which the engine can still raise it.
    pub fn window(mut self, bytes: u32) -> Self {
        self.options.window = bytes.max(LEAST_WINDOW);
        self
    }

    /// Takes packets with at most this many bytes of data on a channel (RFC 4254 section 5.1): 32 KiB by default.
    /// Beyond 256 KiB the engine ends the connection, whatever is said here. What the server sends is never longer than 32 KiB.
    pub fn max_packet(mut self, bytes: u32) -> Self {
        self.options.max_packet = bytes.max(1);
        self
    }

    /// Sends how a program ended behind the end of its data, or before it (RFC 4254 sections 5.3 and 6.10): before by default, as
    /// OpenSSH does mostly; behind as Dropbear does. Clients have to take both.
    pub fn exit_status_after_eof(mut self, after: bool) -> Self {
        self.options.habits.exit_status_after_eof = after;
        self
    }

    /// Closes the connection when a session on it has ended, without a message, or leaves that to the client: left by default.
    /// Devices that close it take one command for each connection.
    ///
    /// ```
    /// let builder = mock_core::MockSshServer::builder().exit_status_after_eof(true).close_after_session(true);
    /// # let _ = builder;
    /// ```
    pub fn close_after_session(mut self, closes: bool) -> Self {
        self.options.habits.closes_after_session = closes;
        self
    }

    /// Takes environment variables with a name that matches, and what further calls name, like OpenSSH's `AcceptEnv`. All are
    /// taken by default; recorded in any case.
    pub fn accept_env(mut self, name: impl Into<Pattern>) -> Self {
        self.built.accepted_env.get_or_insert_default().push(name.into());
        self
    }
}
