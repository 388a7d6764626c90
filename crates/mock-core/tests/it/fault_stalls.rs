//! Stalls and delays over in-memory streams: what ends them, with paused time.

use std::time::Duration;

use mock_core::event::{self, ClosedBy};
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional, duplex},
    time::{advance, timeout},
};

use crate::{
    faults::{connect, fault, in_memory},
    support::{SOON, handshake, open},
};

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_stall() {
    for stage in ["accept", "version", "kex", "sent 50", "received 50"] {
        let server = in_memory(&format!("{stage}: stall"));
        let connecting = connect(server.connect());
        tokio::pin!(connecting);
        tokio::select! {
            done = &mut connecting => panic!("{stage}: {done:?}"),
            struck = server.events().wait_for(event::fault()) => assert_eq!(struck.unwrap().action, "stall"),
        }
        let events = server.events();
        let (ended, shut) = tokio::join!(connecting, server.shutdown());
        shut.unwrap();
        assert!(ended.is_err(), "{stage}");
        assert_eq!(events.count(event::disconnected()), 1);
        assert!(events.last(event::stopped()).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_ends_with_a_client_that_leaves() {
    for stage in ["accept", "version", "kex", "auth", "session", "sent 50", "received 50"] {
        let server = open().fault(fault(&format!("{stage}: stall"))).start_in_memory().unwrap();
        let (near, mut far) = duplex(1 << 16);
        let mut stream = server.connect();
        let link = tokio::spawn(async move { copy_bidirectional(&mut far, &mut stream).await });
        let client = tokio::spawn(async move {
            let mut client = handshake(near).await;
            client.authenticate_none("anna").await.is_ok_and(|done| done.success())
        });
        server.events().wait_for(event::fault()).await.unwrap();
        // The limit for logins is no end of a stall.
        advance(Duration::from_secs(3600)).await;
        assert_eq!(server.events().count(event::disconnected()), 0, "{stage}");
        link.abort();
        let end = server.events().wait_for(event::disconnected()).await.unwrap();
        assert_eq!((end.by, end.reason.as_str()), (ClosedBy::Client, "closed the connection"), "{stage}");
        client.abort();
        server.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_connections_ends_what_a_fault_holds_back() {
    for text in ["accept: stall", "accept: delay 1h", "version: lines slow x..", "received 5: stall"] {
        let limit = Duration::from_secs(60);
        let server = open().fault(fault(text)).connection_timeout(limit).start_in_memory().unwrap();
        let mut stream = server.connect();
        stream.write_all(b"SSH-2.0-test\r\n").await.unwrap();
        server.events().wait_for(event::fault()).await.unwrap();
        advance(Duration::from_secs(59)).await;
        assert_eq!(server.events().count(event::disconnected()), 0, "{text}");
        advance(Duration::from_secs(1)).await;
        let end = server.events().wait_for(event::disconnected()).await.unwrap();
        assert_eq!(
            (end.by, end.reason.as_str()),
            (ClosedBy::Server, "the connection may last 60s"),
            "{text}"
        );
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_stall_of_a_logged_in_client_ends_with_the_server() {
    for text in
        ["session: stall", "stdout: stall", "request exec: silence", "exit: no-close", "channel: silence"]
    {
        let server = in_memory(text);
        let events = server.events();
        let client = tokio::spawn({
            let stream = server.connect();
            async move {
                let mut client = handshake(stream).await;
                if client.authenticate_none("anna").await.is_ok()
                    && let Ok(mut channel) = client.channel_open_session().await
                {
                    let _wanted = channel.exec(true, "uptime").await;
                    while channel.wait().await.is_some() {}
                }
            }
        });
        events.wait_for(event::fault()).await.unwrap();
        timeout(SOON, server.shutdown()).await.unwrap().unwrap();
        assert_eq!(events.count(event::disconnected()), 1, "{text}");
        client.abort();
    }
}
