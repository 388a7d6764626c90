//! `JSch`, the SSH library of Java that build tools and application servers have: SFTP, and SCP as its examples speak it.
//!
//! Version 0.1.55, the last one, knows neither Ed25519 nor signatures of RSA with SHA-2.

use std::{
    fs,
    process::Command,
    time::{Duration, UNIX_EPOCH},
};

use mock_auth::PublicKeys;
use mock_core::keys::PublicKey;
use mock_sftp::{
    scp_uploaded, sftp_op, uploaded,
    wire::{Extension, Operation},
};
use support::{Client, Home, noise, package};

use crate::lab::Lab;

/// Where Debian's package `libjsch-java` puts it.
const JAR: &str = "/usr/share/java/jsch.jar";

/// The program, which is compiled as it starts.
fn java(home: &Home) -> Command {
    let mut java = home.command("java");
    // It runs for a second, in which nothing needs to be optimised.
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", JAR]);
    java.arg(package().join("interop/java/Jsch.java"));
    java
}

const OPERATIONS: &str = "\
3 /home/anna /home/anna
[a b, hard, link, one]
8 -rw-r----- 77 88 1000000000
false true one
/home/anna/dir/one
true
2 No such file
4 Failure
4 Failure
2 No such file
4 Can't change directory: /home/anna/dir/one
-rw-r-----    2 77       88              8 Sep  9  2001 hard
-rw-r-----    2 77       88              8 Sep  9  2001 two
";

#[test]
fn every_operation_on_files_works() {
    let lab = Lab::new();
    let before = lab.fs.snapshot();
    assert_eq!(lab.run(java, "operations", None).succeeded(), OPERATIONS);
    let left = lab.fs.diff(&before).to_string();
    let file = |name: &str| format!("+ /home/anna/dir/{name}: file \"content\\n\"\n");
    assert_eq!(left, format!("+ /home/anna/dir: directory\n{}{}", file("hard"), file("two")));
    let used = sftp_op().operation(Operation::Extended(Extension::PosixRename));
    assert_eq!(lab.server.events().count(used), 2);
    lab.end();
}

#[test]
fn files_go_there_and_back_and_go_on_where_they_were() {
    let lab = Lab::new();
    let data = noise((3 << 20) + 12_345);
    let (head, more) = (&data[..1 << 20], noise(100_000));
    let files = [("local", &data[..]), ("head", head), ("more", &more)];
    let _files = files.map(|(name, content)| lab.home.file(name, content));
    assert_eq!(lab.run(java, "transfers", None).succeeded(), "");
    let there = |name: &str| lab.fs.read(format!("/home/anna/{name}")).unwrap();
    for name in ["remote", "resumed", "streamed"] {
        assert!(there(name) == data, "{name}");
    }
    assert!(there("appended") == [head, &more].concat());
    assert!(there("replaced") == more);
    for (name, content) in [("back", &data[..]), ("back-resumed", &data), ("tail", &data[head.len()..])] {
        assert!(fs::read(lab.home.join(name)).unwrap() == content, "{name}");
    }
    let resumed: Vec<_> = lab.server.events().query(uploaded("/home/anna/resumed"));
    let written: Vec<_> = resumed.iter().map(|upload| upload.written).collect();
    assert_eq!(written, [head.len() as u64, (data.len() - head.len()) as u64]);
    lab.end();
}

#[test]
fn scp_as_its_examples_speak_it() {
    let lab = Lab::new();
    let data = noise(200_000);
    let local = lab.home.file("local", &data);
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(local).unwrap().set_modified(then).unwrap();
    let said = "0644 200000 it's here\n1 scp: missing: No such file or directory\n";
    assert_eq!(lab.run(java, "scp", None).succeeded(), said);
    assert!(lab.fs.read("/home/anna/it's here").unwrap() == data);
    assert!(fs::read(lab.home.join("back")).unwrap() == data);
    let upload = lab.server.events().first(scp_uploaded("/home/anna/it's here")).unwrap();
    assert_eq!((upload.mode, upload.modified), (Some(0o644), Some(then)));
    lab.end();
}

#[test]
fn logs_in_with_keys_of_its_own() {
    let home = Home::new();
    let printed = Client::run(java(&home).args(["keygen"])).succeeded();
    let keys: Vec<_> = printed.lines().map(|line| PublicKey::from_openssh(line).unwrap()).collect();
    let run = |name: &str, allowed: PublicKeys| {
        let lab = Lab::with(allowed);
        let printed = lab.run(java, "exec", Some(&home.join(name))).succeeded();
        lab.end();
        printed
    };
    let allowed = PublicKeys::new("anna", keys);
    assert_eq!(run("ecdsa", allowed.clone()), "REMOTE_OK:uname -r\n");
    // With SHA-1, which servers of today refuse, and ours where it is told to.
    assert_eq!(run("rsa", allowed.clone()), "REMOTE_OK:uname -r\n");
    let without_sha1 = allowed.signature_algorithms(["rsa-sha2-256", "rsa-sha2-512"]);
    assert_eq!(run("rsa", without_sha1), "Auth fail\n");
}
