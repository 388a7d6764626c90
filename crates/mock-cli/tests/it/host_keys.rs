//! Host keys from files and flags, as `ssh-keyscan` and `ssh` see them: several, certified, and others for some connections.

use std::{fs, process::Command};

use mock_core::HostKey;
use serde_json::{Value, json};

use crate::support::{Server, command, path, run, ssh_is_missing, temporary, text};

/// The keys that `ssh-keyscan` finds, in the form of `known_hosts_line`.
fn scan(ready: &Value, types: &str) -> Vec<String> {
    let directory = temporary();
    let mut keyscan = command("ssh-keyscan", directory.path());
    keyscan.args(["-p", &ready["port"].to_string(), "-t", types, "127.0.0.1"]);
    let mut lines: Vec<_> = text(&keyscan.output().unwrap().stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A login that asks for nothing, with these options: its status and what it says.
fn ssh(ready: &Value, options: &[&str]) -> (Option<i32>, String) {
    let directory = temporary();
    let mut ssh: Command = command("ssh", directory.path());
    ssh.arg("-F").arg(path(&ready["ssh_config"])).args(options).args(["-T", "none", "true"]);
    let output = ssh.output().unwrap();
    (output.status.code(), text(&output.stderr))
}

fn lines(keys: &Value) -> Vec<String> {
    let line = |key: &Value| key["known_hosts_line"].as_str().unwrap().to_owned();
    let mut lines: Vec<_> = keys.as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn every_type_is_offered_in_the_order_of_the_algorithms() {
    let types = ["--host-key-type", "rsa", "--host-key-type", "ecdsa", "--host-key-type", "ed25519"];
    let order = ["--host-key-algorithms", "rsa-sha2-512,ecdsa-sha2-nistp256"];
    let (_server, ready) = Server::ready(&types);
    assert_eq!(ready["host_keys"].as_array().unwrap().len(), 3);
    assert_eq!(ready["known_hosts"].as_array().unwrap().len(), 3);
    if ssh_is_missing() {
        return;
    }
    assert_eq!(scan(&ready, "rsa,ecdsa,ed25519"), lines(&ready["host_keys"]));
    let (_server, ready) = Server::ready(&[&types[..], &order].concat());
    let (status, told) = ssh(&ready, &["-vv"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("host key algorithms: rsa-sha2-512,ecdsa-sha2-nistp256\r\n"), "{told}");
}

#[test]
fn a_certificate_is_trusted_by_the_line_of_its_authority() {
    let directory = temporary();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let certify = format!(
        "cd {}; ssh-keygen -qt ed25519 -N '' -f ca && ssh-keygen -qt ed25519 -N '' -f host && \
         ssh-keygen -qs ca -h -I host -n 127.0.0.1 host.pub",
        directory.path().display()
    );
    if ssh_is_missing() {
        return;
    }
    assert!(command("sh", directory.path()).args(["-c", &certify]).status().unwrap().success());
    let (_server, ready) =
        Server::ready(&["--host-key", &at("host"), "--host-certificate", &at("host-cert.pub")]);
    let authority = fs::read_to_string(at("ca.pub")).unwrap();
    let authority = authority.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let line = format!("@cert-authority [127.0.0.1]:{} {authority}", ready["port"]);
    assert_eq!(ready["known_hosts"], json!([line]));
    assert_eq!(ready["host_keys"][0]["known_hosts_line"], line);
    assert!(ready["host_keys"][0]["certificate"].as_str().unwrap().starts_with("ssh-ed25519-cert-v01@"));
    let (status, told) = ssh(&ready, &["-v"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("Server host certificate: ssh-ed25519-cert-v01@openssh.com"), "{told}");

    let other = run(&["--json", "--host-certificate", &at("host-cert.pub")]);
    assert_eq!(other.status.code(), Some(4));
    assert!(text(&other.stderr).contains("it is for none of the host keys"), "{}", text(&other.stderr));
    let none = run(&["--json", "--host-key", &at("host"), "--host-certificate", &at("ca.pub")]);
    assert_eq!(none.status.code(), Some(4));
    assert!(text(&none.stderr).contains("cannot use the host certificate"), "{}", text(&none.stderr));
}

#[test]
fn a_key_changes_from_one_connection_to_the_next_and_is_refused() {
    if ssh_is_missing() {
        return;
    }
    let rule = r#"connection = "2..", keys = [{ generate = "ed25519" }, { generate = "rsa" }]"#;
    let (_server, ready) = Server::ready(&["--host-key-type", "ed25519", "--other-host-key", rule]);
    let (status, told) = ssh(&ready, &[]);
    assert_eq!(status, Some(0), "{told}");
    let (status, told) = ssh(&ready, &[]);
    assert_eq!(status, Some(255));
    assert!(told.contains("REMOTE HOST IDENTIFICATION HAS CHANGED!"), "{told}");
    // Whoever was told of the other key knows the host again.
    let [others] = ready["other_host_keys"].as_array().unwrap().as_slice() else { panic!("one rule") };
    assert_eq!(scan(&ready, "ed25519,rsa"), lines(others));
    let known = path(&ready["directory"]).join("others");
    fs::write(&known, lines(others).join("\n") + "\n").unwrap();
    let (status, told) = ssh(&ready, &["-o", &format!("UserKnownHostsFile={}", known.display())]);
    assert_eq!(status, Some(0), "{told}");
}

#[test]
fn one_client_meets_a_wrong_key_and_a_state_brings_in_another() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    let file = directory.path().join("scenario.toml");
    let scenario = r#"
        default = "echo"
        [users]
        none = { none = true }
        [server]
        host_keys = [{ generate = "ed25519", certificate = true }]
        [[server.other_host_keys]]
        peer = "127.0.0.2"
        keys = { generate = "ed25519" }
        [[server.other_host_keys]]
        in_state = { host = "forgotten" }
        keys = { generate = "ed25519", certificate = { valid = "expired" } }
        "#;
    fs::write(&file, scenario).unwrap();
    let (_server, ready, mut client) = crate::control::controlled(&["--scenario", file.to_str().unwrap()]);
    assert!(ready["known_hosts"][0].as_str().unwrap().starts_with("@cert-authority "), "{ready}");
    let [wrong, expired] = ready["other_host_keys"].as_array().unwrap().as_slice() else {
        panic!("two rules")
    };
    assert_eq!(wrong[0].get("certificate"), None);
    // One authority signs all, so there is one line for all.
    assert_eq!(expired[0]["known_hosts_line"], ready["known_hosts"][0]);
    let (status, told) = ssh(&ready, &[]);
    assert_eq!(status, Some(0), "{told}");
    let (status, told) = ssh(&ready, &["-b", "127.0.0.2"]);
    assert_eq!(status, Some(255));
    assert!(told.contains("No ED25519 host key is known for"), "{told}");
    client.ask(&json!({ "command": "state.set", "name": "host", "value": "forgotten" }));
    let (status, told) = ssh(&ready, &[]);
    assert_eq!(status, Some(255));
    assert!(told.contains("Certificate invalid: expired"), "{told}");
}

#[test]
fn what_is_no_host_key_is_told() {
    for (rule, complaint) in [
        ("keys = []", "there is no key"),
        ("connection = 2", "`keys` is missing"),
        ("keys = { generate = \"dsa\" }", "`dsa` is not known here"),
        ("keys = { generate = \"ed25519\", file = \"x\" }", "`generate` beside `file`"),
        ("keys = { certificate = true }", "`file` is missing"),
        ("keys = \"nowhere\"", "cannot find the file `nowhere`"),
        ("keys = { generate = \"ed25519\" }, connection = \"3..2\"", "does not say how often"),
        ("keys = { generate = \"ed25519\", certificate = \"Cargo.toml\" }", "the certificate cannot be used"),
        ("key = { generate = \"ed25519\" }", "unknown key `key`: did you mean `keys`?"),
    ] {
        let output = run(&["serve", "--other-host-key", rule]);
        assert_eq!(output.status.code(), Some(2), "{rule}");
        let told = text(&output.stderr);
        assert!(told.contains(complaint), "{complaint:?} is not in {told}");
    }
    // What a scenario makes once, all its servers have.
    let key = HostKey::ed25519();
    let scenario =
        mock_cli::Scenario::parse("server.host_keys = { generate = \"ed25519\" }", "a.toml").unwrap();
    let keys = [(); 2].map(|()| scenario.builder().start_blocking().unwrap().host_keys().to_vec());
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], [key]);
}
