//! Limits and deadlines, and what a client meets beyond them.

use std::time::Duration;

use mock_core::{Algorithms, HostKey, MockSshServer, StartError, event};
use russh::{Preferred, client};
use tokio::io::AsyncReadExt as _;

use crate::support::{SOON, Trusting, handshake, login, open};

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_log_in_is_disconnected() {
    let server = open().handshake_timeout(Duration::from_secs(30)).start_in_memory().unwrap();
    let silent = server.connect();
    let slow = handshake(server.connect()).await;
    let in_time = login(&server).await;
    let first =
        server.events().wait_for(event::disconnected()).within(Duration::from_secs(60)).await.unwrap();
    assert_eq!(first.reason, "not authenticated within 30s");
    let second = server.events().wait_for(event::disconnected()).after(first.seq).within(SOON).await.unwrap();
    assert_eq!(second.reason, "not authenticated within 30s");
    assert!(in_time.channel_open_session().await.is_ok(), "the one that logged in stays");
    drop((silent, slow));
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_have_a_longest_life_and_a_longest_pause() {
    let server = open().connection_timeout(Duration::from_secs(600)).start_in_memory().unwrap();
    let _client = login(&server).await;
    let over =
        server.events().wait_for(event::disconnected()).within(Duration::from_secs(700)).await.unwrap();
    assert_eq!((over.by, over.reason.as_str()), (event::ClosedBy::Server, "the connection may last 600s"));

    let server = open().inactivity_timeout(Duration::from_secs(60)).start_in_memory().unwrap();
    let _client = login(&server).await;
    let over =
        server.events().wait_for(event::disconnected()).within(Duration::from_secs(700)).await.unwrap();
    assert_eq!((over.by, over.reason.as_str()), (event::ClosedBy::Server, "inactive for too long"));
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_closed_before_a_byte_of_ssh() {
    let server = open().max_connections(1).start().await.unwrap();
    let first = client::connect(std::sync::Arc::default(), server.addr(), Trusting).await.unwrap();
    let mut second = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
    let mut nothing = Vec::new();
    second.read_to_end(&mut nothing).await.ok();
    assert!(nothing.is_empty());
    assert_eq!(server.events().first(event::refused()).unwrap().why, "1 connections are open");
    drop(first);
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
}

#[tokio::test]
async fn without_a_common_algorithm_the_client_is_told() {
    let server =
        open().algorithms(Algorithms::modern().kex(["curve25519-sha256"])).start_in_memory().unwrap();
    let preferred = Preferred { kex: vec![russh::kex::ECDH_SHA2_NISTP256].into(), ..Preferred::DEFAULT };
    let config = client::Config { preferred, ..client::Config::default() };
    assert!(client::connect_stream(std::sync::Arc::new(config), server.connect(), Trusting).await.is_err());
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert!(over.reason.to_lowercase().contains("no common"), "{}", over.reason);
}

#[tokio::test]
async fn what_was_negotiated_is_recorded() {
    let algorithms =
        Algorithms::compatible().kex(["ecdh-sha2-nistp384"]).ciphers(["aes128-ctr"]).macs(["hmac-sha2-512"]);
    let server = open().algorithms(algorithms).start_in_memory().unwrap();
    let preferred = Preferred { kex: vec![russh::kex::ECDH_SHA2_NISTP384].into(), ..Preferred::DEFAULT };
    let config = client::Config { preferred, ..client::Config::default() };
    client::connect_stream(std::sync::Arc::new(config), server.connect(), Trusting).await.unwrap();
    let negotiated = server.events().wait_for(event::negotiated()).within(SOON).await.unwrap();
    let names = [&*negotiated.kex, &*negotiated.host_key, &*negotiated.cipher_out, &*negotiated.mac_out];
    assert_eq!(names, ["ecdh-sha2-nistp384", "ssh-ed25519", "aes128-ctr", "hmac-sha2-512"]);
}

#[tokio::test]
async fn options_that_cannot_work_are_errors() {
    let unknown = open().algorithms(Algorithms::modern().macs(["hmac-rot13"])).start().await.unwrap_err();
    assert_eq!(unknown.to_string(), "unknown MAC algorithm `hmac-rot13`");
    let version = MockSshServer::builder().version("OpenSSH").start().await.unwrap_err();
    assert!(matches!(version, StartError::Version { .. }));
}

#[tokio::test]
async fn several_host_keys_are_offered_and_the_client_chooses() {
    let rsa = HostKey::rsa(2048).unwrap();
    let server = open().host_key(HostKey::ecdsa()).host_key(rsa).start_in_memory().unwrap();
    for (wanted, algorithm) in [
        (russh::keys::Algorithm::Rsa { hash: Some(russh::keys::HashAlg::Sha512) }, "rsa-sha2-512"),
        (russh::keys::Algorithm::Ecdsa { curve: russh::keys::EcdsaCurve::NistP256 }, "ecdsa-sha2-nistp256"),
    ] {
        let preferred = Preferred { key: vec![wanted].into(), ..Preferred::DEFAULT };
        let config = client::Config { preferred, ..client::Config::default() };
        client::connect_stream(std::sync::Arc::new(config), server.connect(), Trusting).await.unwrap();
        let seen = server.events().last(event::negotiated()).unwrap();
        assert_eq!(seen.host_key, algorithm);
    }
}

#[tokio::test]
async fn a_server_without_a_key_for_its_algorithms_does_not_start() {
    let algorithms = |name: &str| open().algorithms(Algorithms::modern().host_keys([name]));
    let error = algorithms("rsa-sha2-512").start_in_memory().unwrap_err();
    let said = "no host key for rsa-sha2-512: there is ssh-ed25519, ecdsa-sha2-nistp256";
    assert_eq!(error.to_string(), said);
    let rsa = || HostKey::rsa(2048).unwrap();
    drop(algorithms("rsa-sha2-512").host_key(rsa()).start_in_memory().unwrap());
    drop(algorithms("ecdsa-sha2-nistp256").start_in_memory().unwrap());
    let key = rsa();
    drop(algorithms("rsa-sha2-512").host_keys_for(move |_| vec![key.clone()]).start_in_memory().unwrap());
}

#[tokio::test]
async fn a_hundred_channels_on_a_connection_and_no_more() {
    let cat = async |mut session: mock_core::Session| {
        while let Some(data) = session.read().await {
            session.write(data).await?;
        }
        std::io::Result::Ok(())
    };
    let server =
        open().exec(mock_core::Exec::on("cat").run(cat)).max_channels(100).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channels = Vec::new();
    for _ in 0..100 {
        let channel = client.channel_open_session().await.unwrap();
        channel.exec(true, "cat").await.unwrap();
        channels.push(channel);
    }
    let refused = client.channel_open_session().await.unwrap_err();
    assert!(format!("{refused:?}").contains("ResourceShortage"), "{refused:?}");
    for (number, channel) in channels.iter().enumerate() {
        channel.data(format!("{number}").as_bytes()).await.unwrap();
        channel.eof().await.unwrap();
    }
    for (number, channel) in channels.iter_mut().enumerate() {
        assert_eq!(crate::support::drain(channel).await.stdout, number.to_string());
    }
    assert!(client.channel_open_session().await.is_ok());
    let why = server.events().first(event::channel_refused()).unwrap();
    assert_eq!((why.code, why.reason.as_str()), (4, "100 channels are open"));
}
