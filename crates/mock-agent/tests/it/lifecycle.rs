//! Sockets, their modes, and how agents end.

use std::{
    fs,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream as StdUnixStream},
    },
    path::Path,
};

use mock_agent::{MockAgent, Request, Response, SocketError, StartError};
use mock_base::event;
use tokio::{io::AsyncReadExt, net::UnixStream, time::timeout};

use crate::support::{Client, DEADLINE, agent_with, connect};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

async fn start_on(path: &Path) -> Result<MockAgent, StartError> {
    MockAgent::builder().socket_path(path).start().await
}

#[tokio::test]
async fn clients_come_by_the_socket() {
    let agent = agent_with([]).await;
    let mut client = Client::new(UnixStream::connect(agent.socket_path()).await.unwrap());
    assert_eq!(client.ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(vec![]));
    assert_eq!(agent.events().first(event::connected()).unwrap().peer, "unix");
}

#[tokio::test]
async fn only_the_owner_can_reach_the_socket() {
    let agent = agent_with([]).await;
    assert_eq!(mode(agent.socket_path()), 0o600);
    assert_eq!(mode(agent.socket_path().parent().unwrap()), 0o700);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chosen.sock");
    let _agent = start_on(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_shutdown_leaves_nothing() {
    let agent = agent_with([]).await;
    let path = agent.socket_path().to_owned();
    let events = agent.events();
    let mut idle = connect(&agent).into_stream();
    let mut busy = UnixStream::connect(&path).await.unwrap();
    events.on_connection(2).wait_for(event::connected()).within(DEADLINE).await.unwrap();

    timeout(DEADLINE, agent.shutdown()).await.expect("in time").unwrap();
    assert!(!path.exists());
    assert!(!path.parent().unwrap().exists());
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(busy.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(events.count(event::disconnected()), 2);
    assert_eq!(events.first(event::stopped()).unwrap().connections, 2);
}

#[tokio::test]
async fn a_drop_removes_the_socket_at_once_and_ends_the_clients() {
    let agent = agent_with([]).await;
    let path = agent.socket_path().to_owned();
    let (events, closed) = (agent.events(), agent.closed());
    let mut client = connect(&agent).into_stream();
    drop(agent);
    assert!(!path.exists());
    assert!(!path.parent().unwrap().exists());
    assert_eq!(timeout(DEADLINE, client.read(&mut [0])).await.expect("in time").unwrap(), 0);
    timeout(DEADLINE, closed).await.expect("in time");
    assert_eq!(events.count(event::stopped()), 1);
}

#[tokio::test]
async fn a_stopper_stops_from_elsewhere_and_later_clients_are_closed() {
    let agent = agent_with([]).await;
    let stopper = agent.stopper().clone();
    tokio::spawn(async move { stopper.stop() });
    timeout(DEADLINE, agent.closed()).await.expect("in time");
    assert!(!agent.socket_path().exists());
    assert_eq!(connect(&agent).answer().await, None);
}

#[test]
fn blocking_agents_need_no_runtime() {
    let agent = MockAgent::builder().start_blocking().unwrap();
    let path = agent.socket_path().to_owned();
    let _client = StdUnixStream::connect(&path).unwrap();
    agent.events().wait_for(event::connected()).within(DEADLINE).blocking().unwrap();
    let events = agent.events();
    agent.shutdown().blocking().unwrap();
    assert!(!path.exists());
    assert_eq!(events.count(event::stopped()), 1);
}

#[test]
fn a_dropped_blocking_agent_ends_by_itself() {
    let agent = MockAgent::builder().start_blocking().unwrap();
    let (path, events) = (agent.socket_path().to_owned(), agent.events());
    drop(agent);
    assert!(!path.exists());
    events.wait_for(event::stopped()).within(DEADLINE).blocking().unwrap();
}

#[test]
fn an_agent_whose_runtime_is_gone_is_over() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let agent = runtime.block_on(agent_with([]));
    let path = agent.socket_path().to_owned();
    drop(runtime);
    agent.shutdown().blocking().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_path_can_be_used_again_after_a_shutdown_and_after_a_drop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    start_on(&path).await.unwrap().shutdown().await.unwrap();
    drop(start_on(&path).await.unwrap());
    let agent = start_on(&path).await.unwrap();
    let mut client = Client::new(UnixStream::connect(&path).await.unwrap());
    assert_eq!(client.ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(vec![]));
    drop(agent);
    assert!(directory.path().exists(), "a directory that is not ours stays");
}

#[tokio::test]
async fn a_stale_socket_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _agent = start_on(&path).await.unwrap();
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn a_socket_in_use_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    let first = start_on(&path).await.unwrap();
    let error = start_on(&path).await.unwrap_err();
    assert!(matches!(&error, StartError::Socket(SocketError::InUse { path: named }) if *named == path));
    assert_eq!(error.to_string(), format!("{} is in use: something listens there", path.display()));
    let mut client = Client::new(UnixStream::connect(&path).await.unwrap());
    client.ask(Request::RequestIdentities).await;
    drop(first);
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    fs::write(&path, "precious").unwrap();
    let error = start_on(&path).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} exists and is not a socket", path.display()));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[tokio::test]
async fn a_socket_that_somebody_put_in_our_place_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    let agent = start_on(&path).await.unwrap();
    fs::rename(&path, directory.path().join("moved")).unwrap();
    let _theirs = UnixListener::bind(&path).unwrap();
    agent.shutdown().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn paths_that_cannot_be_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a".repeat(120));
    let error = start_on(&path).await.unwrap_err();
    assert!(matches!(error, StartError::Socket(SocketError::TooLong { limit: 100.., .. })));
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");

    let path = directory.path().join("missing/agent.sock");
    let error = start_on(&path).await.unwrap_err();
    assert!(matches!(error, StartError::Socket(SocketError::Listen { .. })));
    assert!(error.to_string().contains("missing/agent.sock"), "{error}");
}
