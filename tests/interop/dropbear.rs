//! Dropbear's server, which the profile `dropbear` is of: whether it still is as the profile says.

use std::{net::TcpListener, os::fd::OwnedFd, process::Stdio};

use mock_core::Profile;
use support::{Client, Home};

/// The value behind the last line that begins so.
fn said<'a>(told: &'a str, beginning: &str) -> &'a str {
    let line = told.lines().filter_map(|line| line.trim_end().strip_prefix(beginning)).next_back();
    line.unwrap_or_else(|| panic!("{beginning}: {told}"))
}

#[test]
fn the_real_server_says_what_the_profile_says() {
    let profile = &Profile::DROPBEAR;
    let home = Home::new();
    let mut server = home.command("/usr/sbin/dropbear");
    server.arg("-i");
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let key = home.join(kind);
        let made = Client::run(home.command("dropbearkey").args(["-t", kind, "-f"]).arg(&key));
        assert_eq!(made.code(), 0, "{made}");
        server.arg("-r").arg(key);
    }
    // It serves one connection that another has accepted for it. Nobody can log in.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut ssh = home.command("ssh");
    ssh.args(["-F", "none", "-vv", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]);
    ssh.args([
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "IdentityFile=none",
        "-p",
        &port,
        "127.0.0.1",
        "true",
    ]);
    let client = Client::start(&mut ssh);
    let connection = OwnedFd::from(listener.accept().unwrap().0);
    let output = connection.try_clone().unwrap();
    let mut server = server.stdin(connection).stdout(output).stderr(Stdio::null()).spawn().unwrap();
    let finished = client.finish();
    server.wait().unwrap();
    let told = finished.stderr();
    let version = said(&told, "debug1: Remote protocol version 2.0, remote software version ");
    if version != &profile.version["SSH-2.0-".len()..] {
        eprintln!("skipped: {version} is installed, and the profile is of {}", profile.version);
        return;
    }
    let (_, proposal) = told.split_once("peer server KEXINIT proposal").expect("it is told");
    for (line, names) in [
        ("KEX algorithms", profile.kex),
        ("host key algorithms", profile.host_keys),
        ("ciphers ctos", profile.ciphers),
        ("ciphers stoc", profile.ciphers),
        ("MACs ctos", profile.macs),
        ("MACs stoc", profile.macs),
        ("compression ctos", profile.compression),
        ("compression stoc", profile.compression),
    ] {
        assert_eq!(said(proposal, &format!("debug2: {line}: ")), names.join(","));
    }
}
