//! On whose channel faults are played.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use mock_base::{Delay, Seed, State, fault::Occasion};

/// What triggers look at, for one channel.
#[derive(Debug)]
pub(crate) struct Who {
    connection: u64,
    user: String,
    peer: String,
    state: State,
    seed: Seed,
    /// Delays that were drawn.
    drawn: AtomicU64,
}

impl Who {
    /// Without a server: on no connection, with states of its own, and with chance drawn from 0.
    pub(crate) fn alone(user: &str, state: &State) -> Self {
        Self {
            connection: 0,
            user: user.to_owned(),
            peer: String::new(),
            state: state.clone(),
            seed: Seed(0),
            drawn: AtomicU64::new(0),
        }
    }

    /// Who asked a server of mock-core.
    #[cfg(feature = "server")]
    pub(crate) fn of(request: &mock_core::Request) -> Self {
        Self {
            connection: request.connection,
            user: request.user.clone(),
            peer: request.peer.to_string(),
            state: request.state.clone(),
            seed: request.seed,
            drawn: AtomicU64::new(0),
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn occasion(&self) -> Occasion<'_> {
        Occasion::new(&self.state, self.seed).on_connection(self.connection, &self.peer).by(&self.user)
    }

    /// How long a delay of this channel is this time.
    pub(crate) fn draw(&self, delay: Delay) -> Duration {
        let before = self.drawn.fetch_add(1, Ordering::Relaxed);
        delay.sample(&mut self.seed.rng(&[DRAWN, self.connection, before]))
    }
}

/// Tells what is drawn here from what is drawn elsewhere from the same seed.
const DRAWN: u64 = 0x5f7b;
