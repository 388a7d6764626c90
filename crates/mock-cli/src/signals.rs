//! What tells the server to stop: signals, and the end of the process that started it.
//!
//! The end of the parent is a signal too (prctl(2), `PR_SET_PDEATHSIG`), so nothing is polled. Linux sends it when the
//! *thread* that started us ends, which says nothing about its process, so it is only taken as the reason to look who
//! the parent is now. `SIGUSR1`, because nobody else sends it here.

use std::{
    fmt,
    future::pending,
    io::{self, IsTerminal as _},
};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Why the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Interrupt,
    Terminate,
    HangUp,
    ParentEnded,
    /// The command that ran against it.
    CommandEnded,
    /// A request.
    Requested,
    /// Whoever makes requests has gone.
    ControlEnded,
}

impl Reason {
    /// The signal that tells a program the same, by its name without `SIG`.
    pub(crate) fn signal(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::HangUp => "HUP",
            _ => "TERM",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
            Self::ParentEnded => "parent ended",
            Self::CommandEnded => "command ended",
            Self::Requested => "requested",
            Self::ControlEnded => "control ended",
        })
    }
}

/// Reasons to stop, as they come. Until this is dropped no signal ends the process by itself.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
    parent: Option<Parent>,
}

impl Signals {
    /// Call it first of all, and on the main thread: it holds for what was started by then, and Linux forgets the
    /// wish for a signal with the thread that had it.
    pub(crate) fn receive(exit_with_parent: bool) -> io::Result<Self> {
        let ignored = Ignored::now();
        let unless_ignored = |kind| (!ignored.has(kind)).then(|| signal(kind)).transpose();
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
            hang_up: unless_ignored(SignalKind::hangup())?,
            parent: exit_with_parent.then(Parent::watch).transpose()?,
        })
    }

    /// Ctrl-C, once more: somebody is in a hurry.
    pub(crate) async fn interrupt(&mut self) {
        received(&mut self.interrupt).await;
    }

    /// The next reason to stop.
    pub(crate) async fn next(&mut self) -> Reason {
        tokio::select! {
            () = received(&mut self.interrupt) => Reason::Interrupt,
            () = received(&mut self.terminate) => Reason::Terminate,
            () = received(&mut self.hang_up) => Reason::HangUp,
            () = parent_ended(&mut self.parent) => Reason::ParentEnded,
        }
    }
}

/// Signals that whoever started this process wants ignored, a bit for each: shells do so for SIGINT where they start
/// something with `&`, and `nohup` for SIGHUP. Known where there is a `/proc` as Linux has it.
struct Ignored(u64);

impl Ignored {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        Self(mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0))
    }

    fn has(&self, kind: SignalKind) -> bool {
        self.0 >> (kind.as_raw_value() - 1) & 1 == 1
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}

async fn parent_ended(parent: &mut Option<Parent>) {
    match parent {
        Some(parent) => parent.ended().await,
        None => pending().await,
    }
}

/// Leaves the process group of the shell that started this one with `&`, so that a Ctrl-C at its prompt is for the shell
/// alone. Without `&`, which is a mistake where a shell waits, the terminal is standard input, and Ctrl-C is the way out.
pub(crate) fn leave_foreground() {
    let this = nix::unistd::Pid::from_raw(0);
    if !io::stdin().is_terminal() {
        // A session leader cannot, and has no shell to leave.
        let _leads_a_session = nix::unistd::setpgid(this, this);
    }
}

/// The process that started this one.
#[derive(Debug)]
struct Parent {
    id: nix::unistd::Pid,
    changed: Signal,
}

impl Parent {
    #[cfg(target_os = "linux")]
    fn watch() -> io::Result<Self> {
        let id = nix::unistd::getppid();
        let changed = signal(SignalKind::user_defined1())?;
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGUSR1)?;
        Ok(Self { id, changed })
    }

    #[cfg(not(target_os = "linux"))]
    fn watch() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux tells that a parent has ended"))
    }

    async fn ended(&mut self) {
        // Looked at before the first wait as well: it may have ended before the signal was asked for.
        while nix::unistd::getppid() == self.id {
            self.changed.recv().await;
        }
    }
}
