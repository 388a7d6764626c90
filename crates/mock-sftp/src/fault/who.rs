//! On whose channel faults are played.

use std::{
    future::pending,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use mock_base::{Delay, Seed, State, fault::Occasion};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What triggers look at, for one channel.
#[derive(Debug)]
pub(crate) struct Who {
    connection: u64,
    user: String,
    peer: String,
    state: State,
    seed: Seed,
    on_channel: bool,
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
            on_channel: false,
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
            on_channel: true,
            drawn: AtomicU64::new(0),
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn occasion(&self) -> Occasion<'_> {
        Occasion::new(&self.state, self.seed).on_connection(self.connection, &self.peer).by(&self.user)
    }

    /// Waits until the peer ends what a fault has stalled. On a channel that is when it is closed, and whoever waits
    /// here is dropped with it. A stream tells only by the end of its data, so what comes before is thrown away.
    pub(crate) fn outlast<'s, S>(&self, stream: &'s mut S) -> impl Future<Output = ()> + use<'s, S>
    where
        S: AsyncRead + Unpin,
    {
        let on_channel = self.on_channel;
        async move {
            if on_channel {
                pending::<()>().await;
            }
            let mut thrown_away = [0; 4096];
            while stream.read(&mut thrown_away).await.is_ok_and(|length| length > 0) {}
        }
    }

    /// How long a delay of this channel is this time.
    pub(crate) fn draw(&self, delay: Delay) -> Duration {
        let before = self.drawn.fetch_add(1, Ordering::Relaxed);
        delay.sample(&mut self.seed.rng(&[DRAWN, self.connection, before]))
    }
}

/// Tells what is drawn here from what is drawn elsewhere from the same seed.
const DRAWN: u64 = 0x5f7b;
