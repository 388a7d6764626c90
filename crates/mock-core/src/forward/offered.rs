//! What clients offer to the server for as long as a channel of theirs is there: their agent and their X server.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use mock_base::event::ChannelKind;

use crate::{ChannelStream, OpenError, engine::Opener};

/// What a client has forwarded to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Agent,
    X11,
}

impl Offer {
    pub(crate) fn kind(self) -> ChannelKind {
        match self {
            Self::Agent => ChannelKind::Agent,
            Self::X11 => ChannelKind::X11 { originator: "127.0.0.1".to_owned(), originator_port: 0 },
        }
    }
}

/// An offer that was taken. The channel keeps it on which it was made.
#[derive(Debug)]
pub(crate) struct Taken {
    offer: Offer,
    opener: Opener,
}

/// The offers that hold. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offered {
    taken: Arc<Mutex<Vec<Weak<Taken>>>>,
}

impl Offered {
    /// Takes an offer, which holds until what is returned is dropped.
    pub(crate) fn take(&self, offer: Offer, opener: Opener) -> Arc<Taken> {
        let new = Arc::new(Taken { offer, opener });
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|before| before.strong_count() > 0);
        taken.push(Arc::downgrade(&new));
        new
    }

    /// Opens a connection to the client that made such an offer last.
    pub(crate) async fn connect(&self, offer: Offer) -> Result<ChannelStream, OpenError> {
        let last = {
            let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.iter().rev().filter_map(Weak::upgrade).find(|taken| taken.offer == offer)
        };
        let opener = last.map(|last| last.opener.clone()).ok_or(OpenError::NotOffered)?;
        opener.open(offer.kind()).await
    }
}
