//! A running program with its process group, which must not outlive its channel.
//!
//! Its future is dropped when the channel closes, and a drop cannot wait. So the drop sends SIGHUP, as a closed
//! terminal does, and leaves the rest to a short task: SIGKILL as soon as the program has ended or a second is
//! over, then reaping. Should even that task be dropped, with its runtime, SIGKILL goes out at once.
//!
//! The program is reaped last. Until then its number is taken, so that a signal cannot hit a stranger.

use std::{io, process::ExitStatus, time::Duration};

use mock_core::{Exit, Recorder};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::{
    process::Child,
    runtime::Handle,
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{record::Ended, signal::exit_of};

/// How long a program may clean up when its channel was closed under it.
const GRACE: Duration = Duration::from_secs(1);

/// A running program. Dropped, it is made to end.
#[derive(Debug)]
pub(crate) struct Process {
    /// `None` once it is being made to end.
    group: Option<Group>,
    id: GroupId,
    runtime: Handle,
}

/// A process group by its number, to send signals to as long as its [`Process`] lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupId(Pid);

/// A program and what it started, until it is reaped.
#[derive(Debug)]
struct Group {
    leader: Child,
    id: GroupId,
    recorder: Recorder,
    reaped: bool,
}

impl Process {
    /// Takes over a child that leads a process group. Called within a runtime.
    pub(crate) fn new(leader: Child, recorder: Recorder) -> io::Result<Self> {
        let number = leader.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let id = GroupId(number.ok_or_else(|| io::Error::other("reaped by somebody else"))?);
        Ok(Self {
            group: Some(Group { leader, id, recorder, reaped: false }),
            id,
            runtime: Handle::current(),
        })
    }

    pub(crate) fn group(&self) -> GroupId {
        self.id
    }

    /// Waits for the program to end by itself.
    pub(crate) async fn wait(&mut self) -> Exit {
        match &mut self.group {
            Some(group) => group.reap(false).await,
            None => Exit::Silent,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group.take_if(|group| !group.reaped) {
            self.id.send(Signal::HUP);
            self.runtime.spawn(group.end());
        }
    }
}

impl GroupId {
    pub(crate) fn number(self) -> u32 {
        self.0.as_raw_pid().cast_unsigned()
    }

    pub(crate) fn send(self, signal: Signal) {
        // Fails if all have ended, and for programs that run as somebody else: there is nothing to do about either.
        let _not_there = kill_process_group(self.0, signal);
    }

    /// Ready when the leader has ended. It is not reaped.
    pub(crate) async fn leader_ended(self) {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let Ok(mut children) = signal(SignalKind::child()) else {
            return;
        };
        while let Ok(None) = waitid(WaitId::Pid(self.0), look) {
            children.recv().await;
        }
    }
}

impl Group {
    /// Waits for the leader, and reaps it.
    async fn reap(&mut self, abandoned: bool) -> Exit {
        let status: io::Result<ExitStatus> = self.leader.wait().await;
        self.reaped = true;
        // Without a status it was reaped by somebody else, who alone knows.
        let exit = status.map_or(Exit::Silent, exit_of);
        self.recorder.operation(Ended { pid: self.id.number(), exit: exit.clone(), abandoned });
        exit
    }

    async fn end(mut self) {
        let _too_late = timeout(GRACE, self.id.leader_ended()).await;
        self.id.send(Signal::KILL);
        self.reap(true).await;
    }
}

impl Drop for Group {
    /// Kills what is left. The runtime reaps it.
    fn drop(&mut self) {
        if !self.reaped {
            self.id.send(Signal::KILL);
        }
    }
}
