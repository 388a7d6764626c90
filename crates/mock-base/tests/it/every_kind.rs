//! A journal that holds every kind of event, with the values that need care: no text, no value, several words.

use std::borrow::Cow;

use mock_base::{Data, Journal, Kind, Record, Secret, Value, event::*};

/// An operation with a field of each type.
#[derive(Debug)]
struct Sign;

impl Record for Sign {
    fn source(&self) -> &'static str {
        "agent"
    }

    fn name(&self) -> Cow<'static, str> {
        "sign".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("key", Value::Text("SHA256:uBkLuVxwGq"));
        out("data", Value::Bytes(b"\x00\xff"));
        out("flags", Value::U64(4));
        out("allowed", Value::Bool(true));
    }
}

/// Records every kind once or more, in the order of `docs/events.md`.
pub(crate) fn journal() -> Journal {
    let journal = Journal::new();
    let lab = journal.recorder("lab");
    lab.record(Started::new("127.0.0.1:2222"));
    lab.record(Started::new("memory").seed(42));
    lab.record(Stopped::new(1u64));
    lab.record(Refused::new("127.0.0.1:50001", "64 connections are open"));
    let connection = lab.on_connection(1);
    connection.record(Connected::new("127.0.0.1:50000"));
    connection.record(Connected::new("memory").via(&["jump".to_owned(), "bastion".to_owned()]));
    connection.record(ClientVersion::new("SSH-2.0-OpenSSH_9.6"));
    connection.record(negotiated());
    for kind in authentication() {
        connection.record(kind);
    }
    for kind in channel_kinds() {
        connection.record(ChannelOpened::new(kind.clone()));
        connection.record(ChannelRefused::new(kind, 1u32, "denied"));
    }
    connection.record(Forward::new("0.0.0.0", Some(8080), true));
    connection.record(Forward::new("localhost", Some(0), true).bound(40_001));
    connection.record(Forward::new("/run/app.sock", None, false));
    connection.record(ForwardCancelled::new("0.0.0.0", Some(8080), true));
    let channel = connection.on_channel(0);
    for kind in requests() {
        channel.record(kind);
    }
    channel.operation(Sign);
    connection.record(Problem::new("a request of 40000 bytes was refused"));
    connection.record(Panicked::new("program", "index out of bounds\nsecond line"));
    connection.record(Disconnected::new(ClosedBy::Client, "closed", 2048u64, 4096u64));
    journal
}

fn negotiated() -> Negotiated {
    let mut negotiated = Negotiated::default();
    negotiated.kex = "curve25519-sha256".into();
    negotiated.host_key = "ssh-ed25519".into();
    negotiated.cipher_in = "aes256-ctr".into();
    negotiated.cipher_out = "aes256-ctr".into();
    negotiated.mac_in = "hmac-sha2-256".into();
    negotiated.mac_out = "hmac-sha2-256".into();
    negotiated.compression_in = "none".into();
    negotiated.compression_out = "none".into();
    negotiated.strict = true;
    negotiated
}

fn authentication() -> Vec<Kind> {
    let key = PublicKeyInfo::new("ssh-ed25519", "SHA256:uBkLuVxwGq", "ssh-ed25519 AAAA");
    let mut password = AuthAttempt::new("deploy", "password", 1);
    password.secrets = vec![Secret::new("hunter2")];
    password.why = "wrong password".into();
    password.methods_left = vec!["publickey".to_owned(), "password".to_owned()];
    let mut signed = AuthAttempt::new("deploy", "publickey", 2);
    signed.outcome = AuthOutcome::Accepted;
    signed.key = Some(key.clone());
    let mut attempts = vec![password.into(), signed.into()];
    for outcome in [AuthOutcome::Partial, AuthOutcome::Prompted, AuthOutcome::Disconnected] {
        let mut attempt = AuthAttempt::new("deploy", "keyboard-interactive", 3);
        attempt.outcome = outcome;
        attempt.secrets = vec![Secret::new("123456").shown_if(true)];
        attempts.push(attempt.into());
    }
    attempts.extend([
        Banner::new("Authorised use only\n").into(),
        KeyOffered::new("deploy", key, true, "in authorized_keys").into(),
        AuthAccepted::new("deploy", "publickey", 2u32).into(),
    ]);
    attempts
}

fn channel_kinds() -> [ChannelKind; 8] {
    [
        ChannelKind::Session,
        ChannelKind::DirectTcpip {
            host: "db01".to_owned(),
            port: 5432,
            originator: "127.0.0.1".to_owned(),
            originator_port: 50002,
        },
        ChannelKind::DirectStreamlocal { path: "/run/app.sock".to_owned() },
        ChannelKind::ServerOnly { name: "x11".to_owned() },
        ChannelKind::ForwardedTcpip {
            address: "::1".to_owned(),
            port: 8080,
            originator: "192.0.2.1".to_owned(),
            originator_port: 50003,
        },
        ChannelKind::ForwardedStreamlocal { path: "/run/app.sock".to_owned() },
        ChannelKind::Agent,
        ChannelKind::X11 { originator: "127.0.0.1".to_owned(), originator_port: 50004 },
    ]
}

fn requests() -> Vec<Kind> {
    vec![
        Env::new("LANG", "C.UTF-8", false).into(),
        Pty::new("xterm", 80u32, 24u32, 0u32, 0u32, vec![TerminalMode::new(53, 1)], true).into(),
        WindowChange::new(120u32, 40u32, 0u32, 0u32).into(),
        Shell::new(true).into(),
        ShellLine::new("show \"version\"").into(),
        ShellLine::new("show users").answered_by("show *".to_owned()).into(),
        ShellLine::new("shwo users").hint(hint("show *", "word 1: `shwo` is not `show`")).into(),
        Exec::new("uname -r", true, Some("uname -r".to_owned())).by("deploy").call(1).into(),
        Exec::new("frobnicate", true, None).into(),
        Exec::new("unmae -r", true, None).hint(hint("uname -r", "command: `unmae` is not `uname`")).into(),
        Exec::new("reboot", false, None).into(),
        Matched::new("passwd", Some("passwd".to_owned()), None).into(),
        Matched::new("passwd", None, hint("passwd", "standard input: `b` is not `a`")).into(),
        StateChanged::new("lock", "held").into(),
        Fault::new("db-restart".to_owned(), "stdout", "reset after 4KiB").into(),
        Subsystem::new("sftp", true).into(),
        Stdin::new("two\nlines\n").into(),
        Stdin::new(Data::from(&b"\xff\x00"[..])).into(),
        StdinEof::new(12u64).into(),
        SignalReceived::new("TERM").into(),
        AgentForward::new(false).into(),
        X11Forward::new(true, "MIT-MAGIC-COOKIE-1", Secret::new("c0ffee"), 0u32, true).into(),
        Exit::new(Some(0), None).into(),
        Exit::new(None, Some("KILL".to_owned())).into(),
        ChannelClosed::new(12u64, 4096u64).into(),
    ]
}

fn hint(rule: &str, difference: &str) -> String {
    format!("nearest rule {rule:?}: {difference}")
}
