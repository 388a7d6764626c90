//! Faults after an amount: what counts towards it, and that it is come to once.

use mock_core::{
    Exec, MockSshServer, Session,
    event::{self, ClosedBy},
};
use russh::ChannelMsg;

use crate::support::{drain, exec, login, open};

/// Two writers on one channel.
fn crowd(text: &str) -> MockSshServer {
    let crowd = async |session: Session| -> std::io::Result<()> {
        let (first, second) = (session.split().stdout, 40);
        let other = first.clone();
        let write = async |stdout: mock_core::Stdout, line: &'static str| {
            for _ in 0..second {
                stdout.send(line).await?;
                tokio::task::yield_now().await;
            }
            Ok::<(), std::io::Error>(())
        };
        tokio::try_join!(write(first, "aaaaaaa\n"), write(other, "bbb\n")).map(|_| ())
    };
    let fault = text.parse::<mock_core::Fault>().unwrap();
    open().exec(Exec::on("crowd").run(crowd)).fault(fault).start_in_memory().unwrap()
}

#[tokio::test]
async fn two_writers_come_to_an_amount_together_and_once() {
    for (text, bytes, lines) in
        [("stdout 101: close", Some(101), None), ("stdout 9 lines: close", None, Some(9))]
    {
        let server = crowd(text);
        let client = login(&server).await;
        let output = exec(&client, "crowd").await;
        if let Some(bytes) = bytes {
            assert_eq!(output.stdout.len(), bytes, "{text}");
        }
        if let Some(lines) = lines {
            assert_eq!(output.stdout.matches('\n').count(), lines, "{text}");
        }
        let end = server.events().wait_for(event::disconnected()).await.unwrap();
        assert_eq!((end.by, end.reason.clone()), (ClosedBy::Server, format!("fault {text}")));
        assert_eq!(server.events().count(event::fault()), 1);
    }
}

#[tokio::test]
async fn what_passed_before_there_was_a_fault_counts_and_is_no_occasion() {
    let parrot = async |mut session: Session| -> std::io::Result<()> {
        while let Some(bytes) = session.read().await {
            session.write(bytes).await?;
        }
        Ok(())
    };
    let server = open().exec(Exec::on("parrot").run(parrot)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "parrot").await.unwrap();
    channel.data(&b"01234567"[..]).await.unwrap();
    while !matches!(channel.wait().await, Some(ChannelMsg::Data { .. })) {}
    for text in ["stdout 4: close", "sent 100: close", "received 100: close", "stdout 12: close"] {
        server.faults().add(text.parse::<mock_core::Fault>().unwrap()).unwrap();
    }
    channel.data(&b"89abcdef"[..]).await.unwrap();
    assert_eq!(drain(&mut channel).await.stdout, "89ab", "the amount is that of the channel");
    let struck: Vec<_> = server.events().faults().iter().map(|fault| fault.stage.clone()).collect();
    assert_eq!(struck, ["stdout 12"]);
}
