//! Flags for how connections are kept, as `ssh` meets them.

use std::{
    fs,
    io::Read as _,
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    control::controlled,
    support::{Lines, Process, Server, command, path, run, ssh_is_missing, temporary, text},
};

fn ssh(ready: &Value, args: &[&str]) -> Command {
    let mut ssh = command("ssh", &path(&ready["directory"]));
    ssh.arg("-F").arg(path(&ready["ssh_config"])).args(args);
    ssh
}

/// What `ssh -vv` tells of a command.
fn told(ready: &Value, options: &[&str]) -> String {
    text(&ssh(ready, &[&["-vv", "-T"], options, &["none", "uname"]].concat()).output().unwrap().stderr)
}

#[test]
fn algorithms_windows_and_packets_are_those_of_the_flags() {
    if ssh_is_missing() {
        return;
    }
    let lists = ["--kex-algorithms", "curve25519-sha256", "--ciphers", "aes128-ctr,aes256-ctr"];
    let sizes = ["--macs", "hmac-sha2-512", "--window", "64K", "--max-packet", "1000"];
    let (_server, ready) = Server::ready(&[&lists[..], &sizes].concat());
    let told = told(&ready, &[]);
    for line in [
        "kex: algorithm: curve25519-sha256\r\n",
        "ciphers ctos: aes128-ctr,aes256-ctr\r\n",
        "MACs stoc: hmac-sha2-512\r\n",
        "rwindow 65536 rmax 1000\r\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in {told}");
    }
}

#[test]
fn keys_are_exchanged_anew_after_the_bytes_of_the_limit() {
    if ssh_is_missing() {
        return;
    }
    let (_server, ready) = Server::ready(&["--rekey-limit", "64K 1h"]);
    let directory = path(&ready["directory"]);
    fs::write(directory.join("upload"), vec![b'x'; 300_000]).unwrap();
    let batch = directory.join("batch");
    fs::write(&batch, format!("put {} /upload\n", directory.join("upload").display())).unwrap();
    let mut sftp = command("sftp", &directory);
    let output =
        sftp.arg("-vF").arg(path(&ready["ssh_config"])).arg("-b").arg(batch).arg("none").output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let exchanges = told.matches("SSH2_MSG_NEWKEYS received").count();
    assert!(exchanges > 1, "{exchanges}: {told}");
}

#[test]
fn a_silent_client_is_asked_whether_it_is_there() {
    if ssh_is_missing() {
        return;
    }
    let (_server, ready) = Server::ready(&["--keepalive", "200ms"]);
    let mut child = ssh(&ready, &["-vv", "-N", "none"]).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = Lines::of(child.stderr.take().unwrap());
    let _killed_in_the_end = Process::new(child);
    stderr.until("rtype keepalive@openssh.com want_reply 1");
}

#[test]
fn environment_x11_and_channels_are_taken_as_the_flags_say() {
    if ssh_is_missing() {
        return;
    }
    let flags = ["--accept-env", "LC_*", "--accept-env", "LANG", "--x11-forwarding", "--max-channels", "1"];
    let (_server, ready, mut client) = controlled(&flags);
    let sent =
        ["-o", "SetEnv=LC_TIME=C LANG=C EDITOR=vi", "-o", "ForwardX11=yes", "-o", "ForwardX11Trusted=yes"];
    let mut with_display = ssh(&ready, &[&sent[..], &["-T", "none", "uname"]].concat());
    assert!(with_display.env("DISPLAY", "127.0.0.1:99").output().unwrap().status.success());
    for (query, count) in [
        ("env accepted true", 2),
        ("env name EDITOR accepted false", 1),
        ("x11_forward accepted true", 1),
        ("channel_opened", 1),
    ] {
        let events = client.ask(&json!({ "command": "events", "query": query }));
        assert_eq!(events["events"].as_array().unwrap_or(&Vec::new()).len(), count, "{query}: {events}");
    }
    // The second session of one connection is one too many.
    let control = path(&ready["directory"]).join("master");
    let shared = ["-o", &format!("ControlPath={}", control.display())];
    let mut master = ssh(&ready, &[&shared[..], &["-MN", "-v", "none"]].concat());
    let mut child = master.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = Lines::of(child.stderr.take().unwrap());
    let _killed_in_the_end = Process::new(child);
    // It listens by then.
    stderr.until("Entering interactive session");
    // The first holds its channel: it waits for input.
    let mut shell = ssh(&ready, &[&shared[..], &["-T", "none"]].concat());
    let mut first = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    first.stdout.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
    let second = ssh(&ready, &[&shared[..], &["-T", "none", "uname"]].concat()).output().unwrap();
    let told = text(&second.stderr);
    assert!(told.contains("Session open refused by peer"), "{told}");
    let refused = client.ask(&json!({ "command": "events", "query": "channel_refused on connection 2" }));
    assert_eq!(refused["events"].as_array().unwrap().len(), 1, "{refused}");
    drop(first.stdin.take());
    first.wait().unwrap();
}

#[test]
fn programs_of_the_machine_reach_an_agent_that_the_client_offers() {
    if ssh_is_missing() {
        return;
    }
    let (_server, ready) = Server::ready(&["--exec", "process"]);
    let key = ready["users"][2]["public_key"].as_str().unwrap();
    for (option, found) in [("-A", true), ("-a", false)] {
        let mut client = ssh(&ready, &[option, "-T", "pubkey", "ssh-add -L"]);
        let output = client.env("SSH_AUTH_SOCK", path(&ready["agent_socket"])).output().unwrap();
        assert_eq!(text(&output.stdout).contains(key), found, "{option}: {}", text(&output.stderr));
    }
}

#[test]
fn logins_are_limited_in_time_and_in_number() {
    let (_server, ready) = Server::ready(&["--login-grace-time", "10ms", "--max-auth-tries", "1"]);
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Far below the 30 seconds that it would be without the flag.
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    silent.read_to_end(&mut Vec::new()).unwrap();
    if ssh_is_missing() {
        return;
    }
    let (_server, ready) = Server::ready(&["--login-grace-time", "never", "--max-auth-tries", "1"]);
    let directory = temporary();
    let keys = ["first", "second"].map(|name| directory.path().join(name).display().to_string());
    for key in &keys {
        let mut keygen = command("ssh-keygen", directory.path());
        assert!(keygen.args(["-qt", "ed25519", "-N", "", "-f", key]).status().unwrap().success());
    }
    // The host of another user, so that no key of the agent goes before these.
    let stranger = ["-o", "PubkeyAuthentication=yes", "-i", &keys[0], "-i", &keys[1]];
    let output = ssh(&ready, &[&stranger[..], &["-vT", "-l", "pubkey", "password", "uname"]].concat())
        .output()
        .unwrap();
    assert!(text(&output.stderr).contains("Too many authentication failures"), "{}", text(&output.stderr));
}

#[test]
fn flags_go_before_the_file() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    let file = directory.path().join("scenario.toml");
    let scenario = r#"
        users.none.none = true
        [server]
        window = 1000
        max_packet = 500
        algorithms = { ciphers = ["aes256-ctr"], macs = ["hmac-sha2-256"] }
        "#;
    fs::write(&file, scenario).unwrap();
    let flags = ["--scenario", file.to_str().unwrap(), "--window", "2000", "--ciphers", "aes128-ctr"];
    let (_server, ready) = Server::ready(&flags);
    let told = told(&ready, &[]);
    for line in ["rwindow 2000 rmax 500\r\n", "ciphers ctos: aes128-ctr\r\n", "MACs ctos: hmac-sha2-256\r\n"]
    {
        assert!(told.contains(line), "{line:?} is not in {told}");
    }
}

#[test]
fn values_that_cannot_be_are_told() {
    for (flag, value, complaint) in [
        ("--ciphers", "aes128-ctr,rot13", "unknown cipher algorithm `rot13`"),
        ("--kex-algorithms", "", "unknown key exchange algorithm ``"),
        ("--host-key-algorithms", "dsa", "unknown host key algorithm `dsa`"),
        ("--macs", "md4", "unknown MAC algorithm `md4`"),
        ("--rekey-limit", "64 KB", "`KB` is no time"),
        ("--rekey-limit", "2G", "more than `1G`"),
        ("--keepalive", "0s", "`0s` is no time"),
        ("--login-grace-time", "soon", "`soon` is no time"),
        ("--max-auth-tries", "0", "0 is not in 1.."),
        ("--max-channels", "0", "0 is not in 1.."),
        ("--accept-env", "~(", "invalid regular expression"),
        ("--window", "1", "`1` is no number of bytes from 2 on"),
        ("--max-packet", "4G", "`4G` is no number of bytes from 1 on"),
        ("--host-key-type", "dsa", "possible values: ed25519, ecdsa, rsa"),
    ] {
        let output = run(&["serve", flag, value]);
        assert_eq!(output.status.code(), Some(2), "{flag} {value}");
        let told = text(&output.stderr);
        assert!(told.contains(complaint), "{complaint:?} is not in {told}");
    }
}
