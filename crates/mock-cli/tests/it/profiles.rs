//! Profiles of real servers on the command line and in scenarios: what is told of them, and that what is said goes before them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Stdio,
};

use mock_cli::Scenario;
use mock_core::Profile;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{PROGRAM, Server, command, filters, run, temporary, text};

#[test]
fn profiles_are_listed_and_told_in_full() {
    let all = run(&["profiles"]);
    assert!(all.status.success());
    filters().bind(|| insta::assert_snapshot!("profiles", text(&all.stdout)));
    for profile in Profile::ALL {
        let one = run(&["profiles", profile.name]);
        assert!(one.status.success());
        let name = format!("profile_{}", profile.name);
        filters().bind(|| insta::assert_snapshot!(name, text(&one.stdout)));
    }
}

#[test]
fn json_has_everything_of_each() {
    let lines = text(&run(&["profiles", "--json"]).stdout);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, Profile::ALL.map(|profile| profile.name));
    let one: Value = serde_json::from_str(&text(&run(&["profiles", "proftpd", "--json"]).stdout)).unwrap();
    assert_eq!(lines.iter().find(|line| line["name"] == "proftpd"), Some(&one));
    assert_eq!(one["kex"][0], "curve448-sha512");
    assert_eq!(one["left_out"][0], "curve448-sha512");
    assert_eq!(one["sftp"]["extensions"][1], serde_json::json!({ "name": "fsync@openssh.com", "data": "1" }));
}

#[test]
fn an_unknown_name_is_told_all_that_there_are() {
    for args in
        [["profiles", "openssh"], ["serve", "--profile=openssh"], ["sftp-server", "--profile=openssh"]]
    {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr);
        assert!(
            told.contains("there is no profile `openssh`: they are `openssh-7.4`, `openssh-8.9`"),
            "{told}"
        );
    }
}

#[test]
fn an_unknown_name_in_a_scenario_is_marked() {
    let told = |scenario: &str| Scenario::parse(scenario, "lab.toml").unwrap_err().to_string();
    let told = [
        told("[server]\nport = 0\nprofile = \"openssh-9.7\"\n"),
        told("[[server]]\nname = \"a\"\n[[server]]\nname = \"b\"\nprofile = \"cisco\"\n"),
    ];
    filters().bind(|| insta::assert_snapshot!("profile_unknown", told.join("\n\n")));
}

/// What a server says first: its version, and the name lists of its first packet.
fn greeting(ready: &Value) -> (String, Vec<String>) {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"SSH-2.0-test\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let mut version = String::new();
    stream.read_line(&mut version).unwrap();
    let mut number = || {
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap()
    };
    let mut packet = vec![0; number()];
    stream.read_exact(&mut packet).unwrap();
    let mut rest = &packet[18..];
    let lists = (0..10).map(|_| {
        let (length, names) = rest.split_first_chunk().unwrap();
        let (names, behind) = names.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        rest = behind;
        String::from_utf8(names.to_vec()).unwrap()
    });
    let lists = lists.collect();
    (version.trim_end().to_owned(), lists)
}

#[test]
fn a_server_is_like_the_profile_of_its_flag_and_says_what_is_left_out() {
    let (mut server, ready) = Server::ready(&["--profile", "dropbear"]);
    assert_eq!(
        ready["profile"],
        serde_json::json!({ "name": "dropbear", "left_out": ["kexguess2@matt.ucc.asn.au"] })
    );
    let told =
        server.stderr.until("  without kexguess2@matt.ucc.asn.au, which the mock does not have").join("\n");
    assert!(told.contains("\n  dropbear: Dropbear 2022.83 as Debian 12 has it\n"), "{told}");
    let (version, lists) = greeting(&ready);
    assert_eq!(version, "SSH-2.0-dropbear_2022.83");
    assert_eq!(lists[2], "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr");
    server.stop(Signal::SIGTERM);

    let flags = ["--profile", "dropbear", "--version-string", "SSH-2.0-x", "--algorithms", "modern"];
    let (mut server, ready) = Server::ready(&flags);
    let (version, lists) = greeting(&ready);
    assert_eq!(
        (version.as_str(), lists[4].as_str()),
        ("SSH-2.0-x", "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com")
    );
    server.stop(Signal::SIGTERM);
}

#[test]
fn what_a_scenario_says_goes_before_its_profile_and_a_flag_before_both() {
    let directory = temporary();
    let file = directory.path().join("lab.toml");
    let scenario = "[server]\nprofile = 'openssh-9.6'\nalgorithms = { macs = 'hmac-sha2-512' }\nexit_status_after_eof = true\n";
    fs::write(&file, scenario).unwrap();
    let file = file.to_str().unwrap();
    let (mut server, ready) = Server::ready(&["--scenario", file]);
    let (version, lists) = greeting(&ready);
    assert_eq!((version.as_str(), lists[4].as_str()), ("SSH-2.0-OpenSSH_9.6", "hmac-sha2-512"));
    assert_eq!(lists[2], Profile::OPENSSH_9_6.ciphers.join(","));
    server.stop(Signal::SIGTERM);

    let (mut server, ready) = Server::ready(&["--scenario", file, "--profile", "proftpd"]);
    let (version, lists) = greeting(&ready);
    assert_eq!((version.as_str(), lists[4].as_str()), ("SSH-2.0-mod_sftp", "hmac-sha2-512"));
    assert_eq!(ready["profile"]["name"], "proftpd");
    server.stop(Signal::SIGTERM);
}

#[test]
fn an_sftp_server_by_itself_is_like_the_profile_of_its_flag() {
    let directory = temporary();
    let mut command = command(PROGRAM, directory.path());
    command.args(["sftp-server", "--profile", "openssh-7.4"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"\0\0\0\x05\x01\0\0\0\x06").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let version = mock_sftp::wire::Version::decode(&output.stdout[4..]).unwrap();
    let names: Vec<_> = version.extensions.iter().map(|(name, _)| text(name)).collect();
    let known = ["posix-rename", "statvfs", "fstatvfs", "hardlink", "fsync"]
        .map(|name| format!("{name}@openssh.com"));
    assert_eq!((version.version, names.as_slice()), (3, known.as_slice()));
}

#[test]
fn the_page_has_every_profile_and_everything_that_is_left_out() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/profiles.md")).unwrap();
    for line in text(&run(&["profiles", "--json"]).stdout).lines() {
        let profile: Value = serde_json::from_str(line).unwrap();
        let (name, title) = (profile["name"].as_str().unwrap(), profile["title"].as_str().unwrap());
        assert!(page.contains(&format!("| `{name}` | {title} |")), "{name}");
        // Some are told together: the MACs that no OpenSSH can be given, and what is longer by `-etm@openssh.com`.
        for missing in profile["left_out"].as_array().unwrap() {
            let missing = missing.as_str().unwrap();
            let together = missing.starts_with("umac-") || missing.ends_with("-etm@openssh.com");
            let told = if together { "umac" } else { missing };
            assert!(page.contains(&format!("`{told}`")), "{name}: {missing}");
        }
    }
}
