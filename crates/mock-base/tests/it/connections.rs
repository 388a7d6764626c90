//! Connections as wholes, on a clock that stands still between events.

use std::time::Duration;

use mock_base::{Journal, event};
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn connections_are_told_from_begin_to_end() {
    let journal = Journal::new();
    let server = journal.recorder("lab");
    for (number, pause) in [(1, 100), (2, 200), (3, 400)] {
        let connection = server.on_connection(number);
        connection.record(event::Connected::new(format!("127.0.0.1:{number}")));
        connection.record(event::ClientVersion::new("SSH-2.0-test"));
        if number == 2 {
            connection.record(event::AuthAccepted::new("deploy", "password", 1u32));
        }
        advance(Duration::from_millis(10)).await;
        if number != 3 {
            connection.record(event::Disconnected::new(event::ClosedBy::Server, "busy", 1u64, 2u64));
        }
        advance(Duration::from_millis(pause - 10)).await;
    }
    let connections = journal.events().connections();
    assert_eq!(connections.gaps(), [Duration::from_millis(100), Duration::from_millis(200)]);
    assert_eq!(connections.durations(), [Duration::from_millis(10); 2]);
    assert_eq!(connections.peers(), ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]);
    let users: Vec<_> = connections.iter().map(|connection| connection.user.as_deref()).collect();
    assert_eq!(users, [None, Some("deploy"), None]);
    assert_eq!(connections[0].closed_by, Some(event::ClosedBy::Server));
    assert_eq!(connections[0].reason.as_deref(), Some("busy"));
    assert_eq!(connections[2].client_version.as_deref(), Some("SSH-2.0-test"));
    assert!(connections[2].is_open() && !connections[1].is_open());
    assert_eq!(journal.events().on_connection(2).connections().len(), 1);
    assert_eq!((&connections).into_iter().count(), connections.into_iter().count());
}

#[tokio::test(start_paused = true)]
async fn servers_number_their_connections_themselves() {
    let journal = Journal::new();
    for server in ["bastion", "db01"] {
        let connection = journal.recorder(server).on_connection(1);
        connection.record(event::Connected::new("memory"));
        connection.record(event::AuthAccepted::new(server, "none", 1u32));
        advance(Duration::from_millis(1)).await;
    }
    let places: Vec<_> = journal
        .events()
        .connections()
        .into_iter()
        .map(|connection| (connection.server.to_string(), connection.user))
        .collect();
    let expected = ["bastion", "db01"].map(|name| (name.to_owned(), Some(name.to_owned())));
    assert_eq!(places, expected);
    assert!(journal.events().on_server("web01").connections().gaps().is_empty());
}
