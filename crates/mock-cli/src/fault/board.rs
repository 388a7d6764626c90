//! The faults of a lab that runs, whoever plays them, under one numbering.
//!
//! The crates have a list each, and each list numbers its own. Whoever makes requests sees one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mock_agent::MockAgent;
use mock_base::fault::{FaultError, FaultId, FaultInfo, FaultRule, Faults, Stage};
use mock_core::MockSshServer;

use super::{Fault, Player};
use crate::files::Files;

/// What a list is asked for, whatever its stages are.
trait List {
    fn infos(&self) -> Vec<FaultInfo>;
    fn drop_one(&self, id: FaultId) -> bool;
    fn turn(&self, id: FaultId, on: bool) -> bool;
    fn forget_counts(&self);
}

impl<S: Stage> List for Faults<S> {
    fn infos(&self) -> Vec<FaultInfo> {
        self.list()
    }

    fn drop_one(&self, id: FaultId) -> bool {
        self.remove(id)
    }

    fn turn(&self, id: FaultId, on: bool) -> bool {
        self.switch(id, on)
    }

    fn forget_counts(&self) {
        self.reset();
    }
}

/// The lists, and the numbers of what is in them.
#[derive(Debug)]
pub(crate) struct Board {
    /// None where an agent is by itself.
    server: Option<Faults<mock_core::fault::Stage>>,
    /// None where no files are served.
    files: Option<Faults<mock_sftp::fault::Stage>>,
    /// None where there is no agent.
    agent: Option<Faults<mock_agent::fault::Stage>>,
    numbers: Mutex<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    known: Vec<Entry>,
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u64,
    player: Player,
    id: FaultId,
    /// Whether a request has added it.
    added: bool,
}

/// Why a fault is not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Wrong(#[from] FaultError),
    #[error("it would never strike: {}", .0.missing())]
    Nobody(Player),
}

impl Board {
    /// The faults that a server, its files and its agent begin with.
    pub(crate) fn new(server: &MockSshServer, files: Option<&Files>, agent: Option<&MockAgent>) -> Self {
        Self {
            server: Some(server.faults().clone()),
            files: files.map(|files| files.faults().clone()),
            agent: agent.map(|agent| agent.faults().clone()),
            numbers: Mutex::default(),
        }
        .numbered()
    }

    /// The faults that an agent by itself begins with.
    pub(crate) fn of_agent(agent: &MockAgent) -> Self {
        Self { server: None, files: None, agent: Some(agent.faults().clone()), numbers: Mutex::default() }
            .numbered()
    }

    fn numbered(self) -> Self {
        for player in Player::ALL {
            for info in self.list_of(player).map(List::infos).unwrap_or_default() {
                self.numbers().give(player, info.id, false);
            }
        }
        self
    }

    fn list_of(&self, player: Player) -> Option<&dyn List> {
        match player {
            Player::Server => self.server.as_ref().map(|server| server as &dyn List),
            Player::Files => self.files.as_ref().map(|files| files as &dyn List),
            Player::Agent => self.agent.as_ref().map(|agent| agent as &dyn List),
        }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one, switched on or off. Returns its number.
    pub(crate) fn add(&self, fault: Fault, on: bool) -> Result<u64, Refused> {
        let player = fault.player();
        let id = match fault {
            Fault::Server(fault) => add(self.server.as_ref(), fault, on),
            Fault::Files(fault) => add(self.files.as_ref(), fault, on),
            Fault::Agent(fault) => add(self.agent.as_ref(), fault, on),
        };
        let id = id.ok_or(Refused::Nobody(player))??;
        Ok(self.numbers().give(player, id, true))
    }

    /// Removes one. Returns whether it was there.
    pub(crate) fn remove(&self, number: u64) -> bool {
        let mut numbers = self.numbers();
        let Some(known) = numbers.find(number) else {
            return false;
        };
        numbers.known.retain(|other| other.number != number);
        self.list_of(known.player).is_some_and(|list| list.drop_one(known.id))
    }

    /// Switches one. Returns whether it is there.
    pub(crate) fn switch(&self, number: u64, on: bool) -> bool {
        let known = self.numbers().find(number);
        known.is_some_and(|known| self.list_of(known.player).is_some_and(|list| list.turn(known.id, on)))
    }

    /// All of them, with their numbers.
    pub(crate) fn list(&self) -> Vec<(u64, FaultInfo)> {
        let line = |known: &Entry| {
            let infos = self.list_of(known.player)?.infos();
            let info = infos.into_iter().find(|info| info.id == known.id)?;
            Some((known.number, info))
        };
        self.numbers().known.iter().filter_map(line).collect()
    }

    /// Removes what requests have added, switches the others on, and forgets what was counted.
    pub(crate) fn reset(&self) {
        let mut numbers = self.numbers();
        for known in &numbers.known {
            if let Some(list) = self.list_of(known.player) {
                let _there = if known.added { list.drop_one(known.id) } else { list.turn(known.id, true) };
            }
        }
        numbers.known.retain(|known| !known.added);
        Player::ALL.iter().filter_map(|player| self.list_of(*player)).for_each(List::forget_counts);
    }
}

impl Numbers {
    fn give(&mut self, player: Player, id: FaultId, added: bool) -> u64 {
        self.last += 1;
        self.known.push(Entry { number: self.last, player, id, added });
        self.last
    }

    fn find(&self, number: u64) -> Option<Entry> {
        self.known.iter().find(|known| known.number == number).copied()
    }
}

fn add<S: Stage>(
    faults: Option<&Faults<S>>,
    fault: FaultRule<S>,
    on: bool,
) -> Option<Result<FaultId, FaultError>> {
    faults.map(|faults| if on { faults.add(fault) } else { faults.add_off(fault) })
}
