//! The circumstances in which a fault may strike.

use crate::{Seed, State};

/// Who is at a stage now: what triggers look at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Occasion<'a> {
    /// Number of the connection on its server, from 1; 0 where there is none.
    pub connection: u64,
    /// The user that is logged in, or wants to be; empty where that is not known yet.
    pub user: &'a str,
    /// Where the connection comes from, as in the event `connected`.
    pub peer: &'a str,
    /// The states of the server.
    pub state: &'a State,
    /// What chance is drawn from.
    pub seed: Seed,
}

impl<'a> Occasion<'a> {
    /// Nobody in particular, on no connection.
    #[must_use]
    pub fn new(state: &'a State, seed: Seed) -> Self {
        Self { connection: 0, user: "", peer: "", state, seed }
    }

    /// On the connection with this number, from there.
    #[must_use]
    pub fn on_connection(self, connection: u64, peer: &'a str) -> Self {
        Self { connection, peer, ..self }
    }

    /// By this user.
    #[must_use]
    pub fn by(self, user: &'a str) -> Self {
        Self { user, ..self }
    }
}
