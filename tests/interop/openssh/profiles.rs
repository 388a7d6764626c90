//! Profiles of real servers: what OpenSSH's client says of a server with each, and that it can be used.

use mock_core::{Algorithms, Builder, Exec, MockSshServer, Profile, event};
use mock_sftp::{MemFs, Sftp, wire::Extension};
use support::{Client, Finished, Home, MockSshBinary, OpenSsh};

use super::open_server;

/// Whether a client can only use it with algorithms that it refuses by itself.
fn options(profile: &Profile) -> &'static [&'static str] {
    if profile.name == "cisco-ios" {
        &[
            "-o",
            "KexAlgorithms=+diffie-hellman-group14-sha1",
            "-o",
            "HostKeyAlgorithms=+ssh-rsa",
            "-o",
            "Ciphers=+aes128-cbc",
        ]
    } else {
        &[]
    }
}

/// The value behind the last line that begins so.
fn said<'a>(told: &'a str, beginning: &str) -> &'a str {
    let line = told.lines().filter_map(|line| line.trim_end().strip_prefix(beginning)).next_back();
    line.unwrap_or_else(|| panic!("{beginning}: {told}"))
}

fn with(profile: &Profile) -> Builder {
    open_server().profile(profile).exec(Exec::on("show version").reply("it runs\n"))
}

fn verbose(ssh: &OpenSsh, profile: &Profile, arguments: &[&str]) -> Finished {
    Client::run(&mut ssh.ssh(["-vvv"].iter().chain(options(profile)).chain(arguments)))
}

#[test]
fn a_client_sees_the_version_and_the_lists_in_their_order_and_runs_a_command() {
    for profile in Profile::ALL {
        let server = with(profile).start_blocking().unwrap();
        let finished = verbose(&OpenSsh::new(&server, "anna"), profile, &["anna", "show version"]);
        assert_eq!(finished.stdout(), "it runs\n", "{finished}");
        let told = finished.stderr();
        let (_, proposal) = told.split_once("peer server KEXINIT proposal").expect("it is told");
        assert_eq!(
            said(&told, "debug1: Remote protocol version 2.0, remote software version "),
            &profile.version[8..]
        );
        let missing: Vec<_> = Algorithms::missing_of(profile).collect();
        for (kind, names) in profile.lists() {
            let is_there =
                |name: &&&str| !missing.iter().any(|missing| missing.kind == kind && missing.name == ***name);
            let expected: Vec<_> = names.iter().filter(is_there).copied().collect();
            let lines: &[&str] = match kind {
                "key exchange" => &["KEX algorithms"],
                "host key" => &["host key algorithms"],
                "cipher" => &["ciphers ctos", "ciphers stoc"],
                "MAC" => &["MACs ctos", "MACs stoc"],
                _ => &["compression ctos", "compression stoc"],
            };
            for line in lines {
                assert_eq!(
                    said(proposal, &format!("debug2: {line}: ")),
                    expected.join(","),
                    "{}",
                    profile.name
                );
            }
        }
        server.shutdown().blocking().unwrap();
    }
}

/// The messages that end a session, as the client's trace has them: 98 is the exit status, 96 the end of the data, 97 the close.
fn ending(told: &str) -> Vec<&str> {
    let received =
        told.lines().filter_map(|line| line.trim_end().strip_prefix("debug3: receive packet: type "));
    received.filter(|kind| ["96", "97", "98"].contains(kind)).collect()
}

#[test]
fn a_session_ends_as_it_does_on_the_real_server() {
    for (profile, expected) in [
        (&Profile::OPENSSH_9_6, ["98", "96", "97"]),
        (&Profile::DROPBEAR, ["96", "98", "97"]),
        (&Profile::PROFTPD, ["98", "96", "97"]),
    ] {
        let server = with(profile).start_blocking().unwrap();
        let finished = verbose(&OpenSsh::new(&server, "anna"), profile, &["anna", "show version"]);
        assert_eq!(finished.stdout(), "it runs\n", "{finished}");
        assert_eq!(ending(&finished.stderr()), expected, "{}: {finished}", profile.name);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn cisco_takes_one_command_for_each_connection() {
    let profile = &Profile::CISCO_IOS;
    let server = with(profile).start_blocking().unwrap();
    let finished = verbose(&OpenSsh::new(&server, "anna"), profile, &["anna", "show version"]);
    assert_eq!(finished.stdout(), "it runs\n", "{finished}");
    // Which of the two was first is their race: ssh leaves by itself once its only channel is closed.
    server.events().wait_for(event::disconnected()).blocking().unwrap();
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_client_of_today_refuses_what_cisco_offers() {
    let server = with(&Profile::CISCO_IOS).start_blocking().unwrap();
    let refused = OpenSsh::new(&server, "anna").run(["anna", "show version"]);
    refused.failed(
        255,
        "no matching key exchange method found. Their offer: \
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
    );
    server.shutdown().blocking().unwrap();
}

/// The extensions that the client has been told of.
fn extensions(told: &str) -> Vec<&str> {
    let quoted = told.lines().filter_map(|line| line.split_once(" extension \"")?.1.split_once('"'));
    quoted.map(|(name, _)| name).collect()
}

#[test]
fn sftp_sees_the_extensions_in_their_order() {
    for profile in Profile::ALL {
        let files = MemFs::builder().file("/motd", "hi\n").build().unwrap();
        let server = MockSshServer::builder().auth(mock_auth::NoneAuth::new("anna")).profile(profile);
        let server = server.subsystem("sftp", Sftp::new(files).profile(profile)).start_blocking().unwrap();
        let ssh = OpenSsh::new(&server, "anna");
        let batch = ssh.home().file("batch", "ls /\n");
        let arguments = ["-vvv", "-b", batch.to_str().unwrap()];
        let mut sftp = ssh.command("sftp", options(profile).iter().copied().chain(arguments).chain(["anna"]));
        let finished = Client::run(&mut sftp);
        assert!(finished.succeeded().contains("motd"), "{finished}");
        let told = finished.stderr();
        assert_eq!(said(&told, "debug2: Remote version: "), "3");
        let missing: Vec<_> = Sftp::missing_of(profile).collect();
        let all = || Extension::ALL.map(Extension::name).to_vec();
        let real =
            profile.sftp.map_or_else(all, |sftp| sftp.extensions.iter().map(|(name, _)| *name).collect());
        let expected: Vec<_> = real.into_iter().filter(|name| !missing.contains(name)).collect();
        assert_eq!(extensions(&told), expected, "{}: {finished}", profile.name);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn what_a_scenario_says_of_sftp_goes_before_its_profile() {
    let seen = |sftp: &str| {
        let home = Home::new();
        let text = format!("[server]\nprofile = 'proftpd'\n[users]\nanna.none = true\n[sftp]\n{sftp}");
        let scenario = home.file("lab.toml", text);
        let program = MockSshBinary::start(&["--scenario", scenario.to_str().unwrap()]);
        let batch = home.file("batch", "ls /\n");
        let config = program.text("/ssh_config");
        let arguments = ["-F", config, "-vvv", "-b", batch.to_str().unwrap(), "anna"];
        let finished = Client::run(home.command("sftp").args(arguments));
        assert_eq!(finished.code(), 0, "{finished}");
        extensions(&finished.stderr()).join(" ").replace("@openssh.com", "")
    };
    assert_eq!(seen(""), "fsync posix-rename statvfs fstatvfs hardlink home-directory");
    let without = "without_extensions = ['statvfs', 'fstatvfs', 'hardlink', 'home-directory']";
    assert_eq!(seen(without), "fsync posix-rename");
    assert_eq!(seen("extensions = ['limits', 'fsync']"), "limits fsync");
    assert_eq!(seen("extensions = ['limits', 'fsync']\nwithout_extensions = true"), "");
}
