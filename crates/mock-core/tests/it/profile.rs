//! Profiles of real servers: what a client is shown, and how a session ends.

use std::time::Duration;

use mock_core::{Algorithms, Builder, Exec, HostKey, MockSshServer, Profile, Shell, event};
use russh::ChannelMsg;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{SOON, login, open};

/// The identification line and the name lists of the first packet, without the cookie in front and what is behind.
async fn greeting(builder: Builder) -> (String, Vec<String>) {
    let server = builder.start_in_memory().unwrap();
    let mut stream = server.connect();
    stream.write_all(b"SSH-2.0-test\r\n").await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    let length = stream.read_u32().await.unwrap();
    let mut packet = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut packet).await.unwrap();
    let mut lists = packet.split_off(1 + 1 + 16);
    let names = (0..10).map(|_| {
        let rest = lists.split_off(4);
        let length = u32::from_be_bytes(lists.as_slice().try_into().unwrap());
        let mut names = rest;
        lists = names.split_off(usize::try_from(length).unwrap());
        String::from_utf8(names).unwrap()
    });
    let names = names.collect();
    (String::from_utf8(line).unwrap().trim_end().to_owned(), names)
}

#[tokio::test]
async fn a_client_is_shown_what_the_profile_says_but_for_what_is_missing() {
    for profile in Profile::ALL {
        let missing: Vec<_> = Algorithms::missing_of(profile).collect();
        let (version, lists) = greeting(MockSshServer::builder().profile(profile)).await;
        assert_eq!(version, profile.version);
        let mut expected = Vec::new();
        for (kind, names) in profile.lists() {
            let is_missing =
                |name: &str| missing.iter().any(|missing| missing.kind == kind && missing.name == name);
            let names: Vec<_> = names.iter().copied().filter(|name| !is_missing(name)).collect();
            let twice = if ["key exchange", "host key"].contains(&kind) { 1 } else { 2 };
            expected.extend(std::iter::repeat_n(names.join(","), twice));
        }
        expected.extend([String::new(), String::new()]);
        assert_eq!(lists, expected, "{}", profile.name);
    }
}

#[tokio::test]
async fn what_is_called_behind_a_profile_goes_before_it() {
    let builder = MockSshServer::builder()
        .profile(&Profile::OPENSSH_9_6)
        .version("SSH-2.0-other")
        .host_key(HostKey::ed25519())
        .algorithms(Algorithms::of_profile(&Profile::OPENSSH_9_6).macs(["hmac-sha2-256"]));
    let (version, lists) = greeting(builder).await;
    assert_eq!(version, "SSH-2.0-other");
    let [_, host_keys, ciphers, _, macs, ..] = lists.as_slice() else { panic!("{lists:?}") };
    assert_eq!((host_keys.as_str(), macs.as_str()), ("ssh-ed25519", "hmac-sha2-256"));
    assert_eq!(*ciphers, Profile::OPENSSH_9_6.ciphers.join(","));
}

/// What comes on the channel of a command, from its data on.
async fn ending(server: &MockSshServer) -> Vec<String> {
    let client = login(server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "show clock").await.unwrap();
    let mut seen = Vec::new();
    while let Some(message) = channel.wait().await {
        seen.push(match message {
            ChannelMsg::Data { data } => String::from_utf8_lossy(&data).into_owned(),
            ChannelMsg::ExitStatus { exit_status } => format!("exit {exit_status}"),
            ChannelMsg::Eof => "eof".to_owned(),
            ChannelMsg::Close => "close".to_owned(),
            _ => continue,
        });
    }
    seen
}

#[tokio::test]
async fn the_exit_status_comes_before_the_end_of_the_data_or_behind_it() {
    let clock = || open().exec(Exec::on("show clock").reply("12:00"));
    let server = clock().start_in_memory().unwrap();
    assert_eq!(ending(&server).await, ["12:00", "exit 0", "eof", "close"]);
    let server = clock().exit_status_after_eof(true).start_in_memory().unwrap();
    assert_eq!(ending(&server).await, ["12:00", "eof", "exit 0", "close"]);
}

#[tokio::test]
async fn a_connection_may_end_with_its_session_and_all_arrives_before() {
    let output = "x".repeat(300_000);
    let server = open()
        .profile(&Profile::CISCO_IOS)
        .algorithms(Algorithms::compatible())
        .exec(Exec::on("show clock").reply(output.clone()))
        .start()
        .await
        .unwrap();
    let mut client =
        russh::client::connect(std::sync::Arc::default(), server.addr(), crate::support::Trusting)
            .await
            .unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "show clock").await.unwrap();
    let printed = crate::support::drain(&mut channel).await;
    assert_eq!((printed.stdout == output, printed.status), (true, Some(0)));
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!((over.by, over.reason.as_str()), (event::ClosedBy::Server, "the session has ended"));
    assert!(client.channel_open_session().await.is_err());
    let kinds = server.events();
    let closed = kinds.first(event::channel_closed()).unwrap();
    assert!(closed.seq < over.seq);
}

#[tokio::test(start_paused = true)]
async fn a_slow_connection_ends_with_its_session_when_all_has_arrived() {
    let output = "x".repeat(300_000);
    let server = open()
        .close_after_session(true)
        .fault("session: bandwidth 16KiB/s".parse().unwrap())
        .exec(Exec::on("show clock").reply(output.clone()))
        .start_in_memory()
        .unwrap();
    let printed = crate::support::exec(&login(&server).await, "show clock").await;
    assert_eq!((printed.stdout == output, printed.status), (true, Some(0)));
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(over.reason, "the session has ended");
}

#[tokio::test]
async fn a_connection_ends_with_its_session_also_where_the_client_ends_it() {
    let server = open().close_after_session(true).shell(Shell::new("$ ")).start_in_memory().unwrap();
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.close().await.unwrap();
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!((over.by, over.reason.as_str()), (event::ClosedBy::Server, "the session has ended"));
}

#[tokio::test(start_paused = true)]
async fn limits_are_those_of_the_profile() {
    let server = open().profile(&Profile::CISCO_IOS).start_in_memory().unwrap();
    let silent = server.connect();
    let over =
        server.events().wait_for(event::disconnected()).within(Duration::from_secs(200)).await.unwrap();
    assert_eq!(over.reason, "not authenticated within 120s");
    drop(silent);
}

#[tokio::test]
async fn a_profile_replaces_another_whole() {
    let size = async |builder: Builder| {
        let server = builder.algorithms(Algorithms::compatible()).host_key(HostKey::ed25519());
        let server = server.start_in_memory().unwrap();
        let client = login(&server).await;
        client.channel_open_session().await.unwrap().writable_packet_size().await
    };
    let cisco = || open().profile(&Profile::CISCO_IOS);
    assert_eq!(size(cisco()).await, 4096);
    assert_eq!(
        size(cisco().profile(&Profile::OPENSSH_9_6)).await,
        size(open().profile(&Profile::OPENSSH_9_6)).await
    );
}
