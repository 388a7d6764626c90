//! Faults over in-memory streams: texts, paused time, and that nothing of them is left.

use std::time::Duration;

use mock_core::{
    DisconnectReason, Exec, Fault, Forward, Method, MockSshServer, Reply, Session, StartError, any,
    event::{self, ClosedBy, Event, Kind},
    fault::{Action, Amount, Stage},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    time::{Instant, timeout},
};

use crate::support::{SOON, Trusting, answered, exec, handshake, login, open};

pub(crate) fn fault(text: &str) -> Fault {
    text.parse().unwrap()
}

pub(crate) fn in_memory(text: &str) -> MockSshServer {
    let builder = open().exec(Exec::on("lines").reply("one\ntwo\nthree\n")).exec(Exec::echo());
    builder.fault(fault(text)).handshake_timeout(None).start_in_memory().unwrap()
}

/// What a handshake comes to.
pub(crate) async fn connect(stream: DuplexStream) -> Result<(), russh::Error> {
    let config = std::sync::Arc::new(russh::client::Config::default());
    russh::client::connect_stream(config, stream, Trusting).await.map(drop)
}

#[test]
fn every_action_is_read_and_written_at_its_stages() {
    for text in [
        "accept: reset",
        "accept: delay \"1m 30s\"",
        "version: lines \"hello there\" x3",
        "version: lines hello x..",
        "version: protocol SSH-1.5-Cisco-1.25",
        "kex: disconnect too-many-connections \"try later\"",
        "kex: disconnect by-application",
        "kex: no-common",
        "kex: wrong-signature",
        "kex: new-host-key; connection 2..",
        "auth: bandwidth 64KiB/s",
        "session: pieces 1",
        "sent 1MiB: corrupt",
        "received 100: stall",
        "login: fail",
        "login password: fail leaving publickey,keyboard-interactive",
        "login none: fail leaving \"\"",
        "channel: refuse administratively-prohibited",
        "channel direct-tcpip: refuse connect-failed \"no route\"",
        "channel: no-window",
        "request exec: silence",
        "stdout: stall",
        "stdout 10 lines: close",
        "stdin 4KiB: stall",
        "exit: status 255",
        "exit: signal KILL",
        "exit: no-close",
    ] {
        let written = fault(text).to_string();
        assert_eq!(written.replace("\"hello\" x..", "hello x.."), text);
        assert_eq!(fault(&written).to_string(), written);
    }
    let typed = Fault::new(Stage::Stdout(Amount::Bytes(4096)), Action::Reset).named("db-restart");
    assert_eq!(typed.to_string(), "stdout 4KiB: reset; named db-restart");
    let typed = Fault::new(Stage::Kex, Action::disconnect(DisconnectReason::TooManyConnections, "no"));
    assert_eq!(typed.to_string(), "kex: disconnect too-many-connections \"no\"");
}

#[test]
fn what_is_no_fault_is_told() {
    let errors = [
        "kexx: stall",
        "kex 3: stall",
        "accept: corrupt",
        "accept:reset",
        "accept:reset; first 2",
        "accept:rset",
        "login password:fail leaving publickey",
        "acept:reset",
        "sent: close",
        "login pasword: fail",
        "channel sesion: refuse",
        "request banner: fail",
        "request agent: silence",
        "request exec: fail leaving password",
        "login: fail leaving pasword",
        "kex: disconnect later",
        "channel: refuse full",
        "version: lines \"SSH-2.0-me\"",
        "version: lines hello 3",
        "stdout 0 lines: close",
        "session: bandwidth 0/s",
        "exit: status -1",
    ];
    let shown = errors.map(|text| text.parse::<Fault>().unwrap_err().to_string());
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn an_action_that_cannot_be_had_there_stops_the_start() {
    let error = open().fault(Fault::new(Stage::Accept, Action::Corrupt)).start_blocking().unwrap_err();
    assert!(matches!(error, StartError::Fault(_)), "{error}");
    assert_eq!(
        error.to_string(),
        "the fault `accept: corrupt` cannot be had: at `accept` there is no `corrupt`, but `close`, `reset`, `stall`, `delay`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_ten_minutes_takes_no_time_to_test() {
    for stage in ["accept", "version", "kex", "auth", "session", "received 100", "sent 100"] {
        let server = in_memory(&format!("{stage}: delay 10m; once"));
        let begun = Instant::now();
        let client = login(&server).await;
        assert_eq!(exec(&client, "uptime").await.stdout, "REMOTE_OK:uptime\n");
        let took = begun.elapsed().as_secs();
        assert!((600..610).contains(&took), "{stage}: {took} s");
        assert_eq!(server.events().faults()[0].stage, stage);
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn output_is_cut_at_the_byte_and_at_the_line() {
    for (text, arrives) in [("stdout 5: close", "one\nt"), ("stdout 2 lines: reset", "one\ntwo\n")] {
        let server = in_memory(text);
        let client = login(&server).await;
        let output = exec(&client, "lines").await;
        assert_eq!((output.stdout.as_str(), output.status), (arrives, None), "{text}");
        let end = server.events().wait_for(event::disconnected()).await.unwrap();
        assert_eq!((end.by, end.reason.clone()), (ClosedBy::Server, format!("fault {text}")));
        let struck = &server.events().faults()[0];
        assert_eq!((struck.channel, struck.connection), (Some(0), Some(1)));
    }
}

#[tokio::test(start_paused = true)]
async fn slow_output_takes_its_time() {
    let server = in_memory("stdout: bandwidth 10/s");
    let client = login(&server).await;
    let begun = Instant::now();
    assert_eq!(exec(&client, "lines").await.stdout, "one\ntwo\nthree\n");
    // Thirteen bytes of the fourteen have to wait before the last one goes.
    assert!((1_300..1_500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_exit_status_is_what_the_fault_says() {
    let server = open().exec(Exec::on(any()).reply(Reply::ok())).start_in_memory().unwrap();
    let client = login(&server).await;
    let faults = server.faults();
    {
        let _wrong = faults.scoped(fault("exit: status 7; first 1")).unwrap();
        assert_eq!(exec(&client, "x").await.status, Some(7));
        assert_eq!(exec(&client, "x").await.status, Some(0));
    }
    {
        let _silent = faults.scoped(fault("exit: silence")).unwrap();
        assert_eq!(exec(&client, "x").await.status, None);
    }
    let _killed = faults.scoped(fault("exit: signal KILL; user anna")).unwrap();
    assert_eq!(exec(&client, "x").await.signal.as_deref(), Some("KILL"));
}

#[tokio::test]
async fn an_exit_is_that_of_a_program_whose_client_is_still_there() {
    let server = open()
        .exec(Exec::on("true"))
        .exec(Exec::on("wait").run(async |mut session: Session| while session.read().await.is_some() {}))
        .forward(Forward::to("echo:7").echo())
        .fault(fault("exit: status 7; first 1"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let forwarded = client.channel_open_direct_tcpip("echo", 7, "127.0.0.1", 1).await.unwrap();
    forwarded.eof().await.unwrap();
    let mut waiting = client.channel_open_session().await.unwrap();
    waiting.exec(true, "wait").await.unwrap();
    assert!(answered(&mut waiting).await);
    waiting.close().await.unwrap();
    assert!(client.channel_open_direct_tcpip("nowhere", 7, "127.0.0.1", 1).await.is_err());
    let closed = |number: u32| {
        move |event: &Event| matches!(event.kind, Kind::ChannelClosed(_)) && event.channel == Some(number)
    };
    for number in [0, 1] {
        server.events().wait_for(closed(number)).within(SOON).await.unwrap();
    }
    assert_eq!(exec(&client, "true").await.status, Some(7));
}

#[tokio::test]
async fn a_silence_about_requests_leaves_out_the_one_that_the_engine_answers() {
    let server = open().accept_agent_forwarding().fault(fault("request: silence")).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.set_env(true, "LANG", "C").await.unwrap();
    channel.agent_forward(true).await.unwrap();
    assert!(answered(&mut channel).await);
    let events = server.events();
    assert_eq!((events.count(event::env()), events.count(event::fault())), (1, 1));
    assert!(events.first(event::agent_forward()).unwrap().accepted);
}

#[tokio::test]
async fn a_window_that_never_opens_takes_no_byte_and_one_that_runs_dry_takes_no_more() {
    let taking = |text| {
        let takes = async |mut session: Session| -> std::io::Result<()> {
            while session.read().await.is_some() {}
            Ok(())
        };
        open().exec(Exec::on("cat").run(takes)).fault(fault(text)).start_in_memory().unwrap()
    };
    let server = taking("channel: no-window");
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "cat").await.unwrap();
    assert!(timeout(Duration::from_millis(200), channel.data(&b"x"[..])).await.is_err());
    assert_eq!(server.events().count(event::stdin()), 0);

    let server = taking("stdin 4: stall");
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "cat").await.unwrap();
    channel.data(&b"one\ntwo\n"[..]).await.unwrap();
    let stdin = server.events().wait_for(event::stdin()).await.unwrap();
    assert_eq!(stdin.data, "one\n", "the rest is left in the window");
}

#[tokio::test]
async fn the_first_three_logins_fail_and_the_methods_shrink() {
    let server = open()
        .fault(fault("login: fail; first 2"))
        .fault(Fault::new(Stage::Login(None), Action::Fail { left: Some([Method::PublicKey].into()) }).nth(3))
        .start_in_memory()
        .unwrap();
    let mut client = handshake(server.connect()).await;
    let mut left = Vec::new();
    for _ in 0..4 {
        match client.authenticate_password("anna", "x").await.unwrap() {
            russh::client::AuthResult::Success => left.push("in".to_owned()),
            russh::client::AuthResult::Failure { remaining_methods, .. } => {
                left.push(format!("{}", remaining_methods.len()));
            }
        }
    }
    assert_eq!(left, ["2", "2", "1", "in"]);
    let whys: Vec<_> = server.events().attempts().iter().map(|attempt| attempt.why.clone()).collect();
    assert_eq!(whys[0], "fault login: fail");
    assert_eq!(server.faults().list()[0].struck, 2);
}

#[tokio::test]
async fn junk_stands_before_the_version_and_another_version_in_its_place() {
    let server = in_memory("version: lines welcome x2");
    let mut stream = server.connect();
    let mut seen = [0; 24];
    stream.read_exact(&mut seen).await.unwrap();
    assert_eq!(&seen, b"welcome\r\nwelcome\r\nSSH-2.");

    let server = in_memory("version: protocol SSH-1.5-Cisco-1.25");
    let mut stream = server.connect();
    let mut seen = [0; 20];
    stream.read_exact(&mut seen).await.unwrap();
    assert_eq!(&seen, b"SSH-1.5-Cisco-1.25\r\n");
}

#[tokio::test]
async fn an_endless_greeting_ends_when_the_client_leaves() {
    let server = in_memory("version: lines welcome x..");
    let mut stream = server.connect();
    let mut seen = vec![0; 100_000];
    stream.read_exact(&mut seen).await.unwrap();
    stream.write_all(b"SSH-2.0-patient\r\n").await.unwrap();
    drop(stream);
    let end = server.events().wait_for(event::disconnected()).await.unwrap();
    assert_eq!(end.by, ClosedBy::Client);
}

#[tokio::test]
async fn faults_are_forgotten_by_a_reset_and_expected_like_anything_else() {
    let server = in_memory("accept: close; first 1; named \"cold start\"");
    assert!(connect(server.connect()).await.is_err());
    assert!(connect(server.connect()).await.is_ok());
    server.expect(event::fault().name("cold start"), 1);
    server.verify().unwrap();
    server.reset();
    assert!(connect(server.connect()).await.is_err(), "counting begins anew");
}

#[tokio::test]
async fn a_fault_goes_before_the_host_keys_that_the_builder_chooses() {
    let chosen = mock_core::HostKey::ed25519();
    let key = chosen.clone();
    let server = open()
        .host_keys_for(move |_| vec![key.clone()])
        .fault(fault("kex: new-host-key; nth 2"))
        .fault(fault("version: protocol SSH-2.0-other; nth 3"))
        .start_in_memory()
        .unwrap();
    let mut met = Vec::new();
    for _ in 0..3 {
        let config = std::sync::Arc::new(russh::client::Config::default());
        let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let client = Noting(std::sync::Arc::clone(&seen));
        let _connected = russh::client::connect_stream(config, server.connect(), client).await.unwrap();
        met.push(seen.lock().unwrap().clone() == chosen.to_openssh());
    }
    assert_eq!(met, [true, false, true]);
}

/// A client that notes the host key.
struct Noting(std::sync::Arc<std::sync::Mutex<String>>);

impl russh::client::Handler for Noting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        if let russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } = key {
            *self.0.lock().unwrap() = key.to_openssh().unwrap_or_default();
        }
        Ok(true)
    }
}
