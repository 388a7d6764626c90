//! OpenSSH's server with `mock-ssh sftp-server` as its subsystem: files for tests behind a real login.

use std::{fs, os::unix::fs::PermissionsExt as _};

use mock_core::{HostKey, Profile, keys::PrivateKey};
use mock_sftp::wire::Version;
use nix::unistd::{User, geteuid};
use russh::keys::ssh_key::LineEnding;
use support::{Client, Home, MockSshBinary, noise};

#[test]
fn a_subsystem_of_sshd_is_the_binary() {
    let home = Home::new();
    let user = User::from_uid(geteuid()).unwrap().unwrap().name;
    let in_form = |key: &PrivateKey| key.to_openssh(LineEnding::LF).unwrap().to_string();
    let (host, login) = (HostKey::ed25519(), HostKey::ed25519());
    let _host = home.file("host", in_form(host.private_key()));
    let _login = home.file("login", in_form(login.private_key()));
    let _authorized = home.file("authorized_keys", login.public_key().to_openssh().unwrap());
    let _known = home.file("known_hosts", format!("host {}\n", host.public_key().to_openssh().unwrap()));
    fs::create_dir(home.join("fixtures")).unwrap();
    fs::write(home.join("fixtures/there"), "content").unwrap();
    let data = noise((1 << 20) + 7);
    let _local = home.file("local", &data);

    let path = |name: &str| home.join(name).display().to_string();
    let binary = MockSshBinary::command(&home).get_program().to_string_lossy().into_owned();
    let subsystem = format!("{binary} sftp-server --root '{}' --events {}", path("fixtures"), path("events"));
    let config = format!(
        "HostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
         PermitRootLogin prohibit-password\nSubsystem sftp {subsystem}\n",
        path("host"),
        path("authorized_keys"),
    );
    let config = home.file("config", config).display().to_string();
    // As root it wants a directory to hide in, which Debian makes when the service starts.
    let _where_it_may = fs::create_dir_all("/run/sshd");
    // It serves one connection over its standard input and output, so it needs no port.
    let sshd = home
        .program("sshd", &format!("#!/bin/sh\nexec /usr/sbin/sshd -i -e -f {config} 2>{}\n", path("log")));
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();

    let mut sftp = home.command("sftp");
    sftp.arg("-F/dev/null").arg(format!("-oProxyCommand={}", sshd.display()));
    sftp.arg(format!("-oUserKnownHostsFile={}", path("known_hosts"))).arg(format!("-oUser={user}"));
    sftp.args(["-i", &path("login"), "-b", "-", "host"]);
    let finished = Client::run_with_input(&mut sftp, b"ls -1\nput local new\nget new back\nget there\n");
    let log = fs::read_to_string(home.join("log")).unwrap_or_default();
    assert_eq!(finished.code(), 0, "{finished}\n{log}");
    assert!(fs::read(home.join("back")).unwrap() == data);
    assert_eq!(fs::read_to_string(home.join("there")).unwrap(), "content");
    // It is a copy that was served.
    assert!(!home.join("fixtures/new").exists());
    let events = fs::read_to_string(home.join("events")).unwrap();
    assert!(events.contains("/new"), "{events}");
}

#[test]
fn its_sftp_server_announces_what_the_profiles_of_its_time_say() {
    let home = Home::new();
    let mut server = Client::start_with_input(&mut home.command("/usr/lib/openssh/sftp-server"));
    server.send(b"\0\0\0\x05\x01\0\0\0\x03");
    // It ends at the end of its input, answered or not.
    server.wait_for_output("users-groups-by-id@openssh.com");
    server.end_input();
    let answer = server.finish().stdout();
    let greeting = Version::decode(answer.as_bytes().get(4..).unwrap()).unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let announced: Vec<_> = greeting.extensions.iter().map(|(name, data)| (text(name), text(data))).collect();
    let known = |profile: &Profile| {
        let sftp = profile.sftp.unwrap();
        let pairs = sftp.extensions.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned()));
        (sftp.version, pairs.collect::<Vec<_>>())
    };
    // 9.1 was the last that announced more than the one before.
    let newest = known(&Profile::OPENSSH_10_0);
    assert_eq!(known(&Profile::OPENSSH_9_6), newest);
    assert_eq!((greeting.version, announced), newest);
}
