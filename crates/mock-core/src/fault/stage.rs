//! Where faults of a connection can strike.

use crate::Method;

/// A place in the life of a connection. Each is one occasion for a fault when a connection (or a channel, or a request)
/// comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The connection was accepted; nothing was read or sent. `accept`
    Accept,
    /// Before the server's identification line (RFC 4253 section 4.2). `version`
    Version,
    /// The client has begun the first key exchange (RFC 4253 section 7). `kex`
    Kex,
    /// The client asks to log in for the first time (RFC 4252 section 5). `auth`
    Auth,
    /// The client is logged in. `session`
    Session,
    /// The server has sent so many bytes of the connection, identification line and packets as they are on the wire.
    /// `sent 4KiB`
    Sent(u64),
    /// The server has received so many bytes of the connection. `received 4KiB`
    Received(u64),
    /// An attempt to log in with this method, or with any: with a secret or a signature. What only asks (the method
    /// `none`, an offered key, the begin of keyboard-interactive) is no attempt, unless `none` is named. `login password`
    Login(Option<Method>),
    /// A channel of this type, or of any, is to be opened (RFC 4254 section 5.1). `channel session`
    Channel(Option<ChannelType>),
    /// A request of this type, or of any, on a channel (RFC 4254 section 5.4). That for the agent is answered in any case.
    /// `request exec`
    Request(Option<RequestType>),
    /// A channel has sent so much on standard output, or so many lines; lines are counted from when there are faults.
    /// `stdout 4KiB`, `stdout 10 lines`
    Stdout(Amount),
    /// A channel has received so many bytes. `stdin 4KiB`
    Stdin(u64),
    /// A program is done, and its exit status is to be sent (RFC 4254 section 6.10); not that of a client that has closed the
    /// channel. `exit`
    Exit,
}

/// How much was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many bytes.
    Bytes(u64),
    /// So many line feeds.
    Lines(u64),
}

/// A type of channel that clients open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelType {
    /// `session` (RFC 4254 section 6.1).
    Session,
    /// `direct-tcpip` (RFC 4254 section 7.2).
    DirectTcpip,
    /// `direct-streamlocal@openssh.com` (OpenSSH PROTOCOL section 2.4).
    DirectStreamlocal,
}

/// A type of request on a channel that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestType {
    /// `pty-req` (RFC 4254 section 6.2).
    Pty,
    /// `env` (RFC 4254 section 6.4).
    Env,
    /// `x11-req` (RFC 4254 section 6.3.1).
    X11,
    /// `auth-agent-req@openssh.com`.
    Agent,
    /// `shell` (RFC 4254 section 6.5).
    Shell,
    /// `exec` (RFC 4254 section 6.5).
    Exec,
    /// `subsystem` (RFC 4254 section 6.5).
    Subsystem,
}
