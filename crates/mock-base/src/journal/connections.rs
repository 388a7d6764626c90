//! Connections as wholes: when each began and ended, by whom, and the pauses between them.
//!
//! A summary of events, for what is asked of connections and not of what happened on them: did the client back off before it
//! tried again, did it use one connection or five.

use std::{collections::HashMap, ops::Deref, slice, sync::Arc, time::Duration, vec};

use super::Events;
use crate::{Event, Kind, event::ClosedBy};

/// The connections of a view, in the order in which they were made: a slice, with what is asked of all of them.
///
/// Those that the journal saw begin: with a limit it may have dropped the beginning of old ones.
#[derive(Debug, Clone, Default)]
pub struct Connections(Vec<ConnectionSummary>);

/// One connection from its begin to its end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionSummary {
    /// Its number on its server, from 1.
    pub number: u64,
    /// Name of the server.
    pub server: Arc<str>,
    /// `address:port` of the client, or `memory` for an in-memory stream.
    pub peer: String,
    /// Identification line of the client, once it came.
    pub client_version: Option<String>,
    /// User who logged in, once somebody did.
    pub user: Option<String>,
    /// When it was made, since the journal was.
    pub opened_at: Duration,
    /// When it ended, if it did.
    pub closed_at: Option<Duration>,
    /// Who ended it, if it ended.
    pub closed_by: Option<ClosedBy>,
    /// Why it ended, if it did.
    pub reason: Option<String>,
}

impl ConnectionSummary {
    /// How long it lasted; `None` while it does.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        Some(self.closed_at?.saturating_sub(self.opened_at))
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    fn learn(&mut self, event: &Event) {
        match &event.kind {
            Kind::ClientVersion(client) => self.client_version = Some(client.version.clone()),
            Kind::AuthAccepted(login) => self.user = Some(login.user.clone()),
            Kind::Disconnected(end) => {
                self.closed_at = Some(event.at);
                self.closed_by = Some(end.by);
                self.reason = Some(end.reason.clone());
            }
            _ => {}
        }
    }
}

impl Events {
    /// The connections, from their events.
    ///
    /// ```
    /// use mock_base::{Journal, event};
    ///
    /// let journal = Journal::new();
    /// let connection = journal.recorder("lab").on_connection(1);
    /// connection.record(event::Connected::new("127.0.0.1:50000"));
    /// connection.record(event::AuthAccepted::new("deploy", "password", 1u32));
    ///
    /// let connections = journal.events().connections();
    /// assert_eq!(connections.len(), 1);
    /// assert_eq!(connections[0].user.as_deref(), Some("deploy"));
    /// assert!(connections[0].is_open());
    /// ```
    #[must_use]
    pub fn connections(&self) -> Connections {
        let mut list: Vec<ConnectionSummary> = Vec::new();
        let mut places: HashMap<(Arc<str>, u64), usize> = HashMap::new();
        let snapshot = self.snapshot();
        for event in snapshot.iter().filter(|event| self.scope.holds(event)) {
            let Some(number) = event.connection else {
                continue;
            };
            if let Kind::Connected(connected) = &event.kind {
                places.insert((Arc::clone(&event.server), number), list.len());
                list.push(ConnectionSummary {
                    number,
                    server: Arc::clone(&event.server),
                    peer: connected.peer.clone(),
                    client_version: None,
                    user: None,
                    opened_at: event.at,
                    closed_at: None,
                    closed_by: None,
                    reason: None,
                });
                continue;
            }
            // Most events are none of these: the place is looked up only for those that are.
            if !matches!(event.kind, Kind::ClientVersion(_) | Kind::AuthAccepted(_) | Kind::Disconnected(_)) {
                continue;
            }
            let place = places.get(&(Arc::clone(&event.server), number));
            if let Some(summary) = place.and_then(|place| list.get_mut(*place)) {
                summary.learn(event);
            }
        }
        Connections(list)
    }
}

impl Connections {
    /// The time from each connection's begin to the next one's: one fewer than there are connections.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use mock_base::{Journal, event};
    ///
    /// let journal = Journal::new();
    /// for (number, pause) in [(1, 100), (2, 200), (3, 0)] {
    ///     journal.recorder("lab").on_connection(number).record(event::Connected::new("memory"));
    ///     tokio::time::sleep(Duration::from_millis(pause)).await;
    /// }
    /// let gaps = journal.events().connections().gaps();
    /// assert!(gaps.windows(2).all(|pair| pair[1] >= 2 * pair[0]), "it backs off: {gaps:?}");
    /// # }
    /// ```
    #[must_use]
    pub fn gaps(&self) -> Vec<Duration> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs.map(|(one, next)| next.opened_at.saturating_sub(one.opened_at)).collect()
    }

    /// How long each lasted that has ended.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mock_base::{Journal, event};
    ///
    /// let journal = Journal::new();
    /// let connection = journal.recorder("lab").on_connection(1);
    /// connection.record(event::Connected::new("memory"));
    /// assert!(journal.events().connections().durations().is_empty());
    /// connection.record(event::Disconnected::new(event::ClosedBy::Client, "closed", 1u64, 2u64));
    /// assert!(journal.events().connections().durations()[0] < Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn durations(&self) -> Vec<Duration> {
        self.0.iter().filter_map(ConnectionSummary::duration).collect()
    }

    /// Where each came from.
    ///
    /// ```
    /// use mock_base::{Journal, event};
    ///
    /// let journal = Journal::new();
    /// journal.recorder("lab").on_connection(1).record(event::Connected::new("127.0.0.1:50000"));
    /// assert_eq!(journal.events().connections().peers(), ["127.0.0.1:50000"]);
    /// ```
    #[must_use]
    pub fn peers(&self) -> Vec<&str> {
        self.0.iter().map(|connection| connection.peer.as_str()).collect()
    }
}

impl Deref for Connections {
    type Target = [ConnectionSummary];

    fn deref(&self) -> &[ConnectionSummary] {
        &self.0
    }
}

impl IntoIterator for Connections {
    type Item = ConnectionSummary;
    type IntoIter = vec::IntoIter<ConnectionSummary>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Connections {
    type Item = &'a ConnectionSummary;
    type IntoIter = slice::Iter<'a, ConnectionSummary>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
