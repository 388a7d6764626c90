//! The ready line of `--json`, field by field, and the files that it names.

use std::{
    fs,
    net::TcpStream,
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::Path,
};

use mock_core::HostKey;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::{Server, path};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_line_says_where_the_server_is_and_it_accepts() {
    let (server, ready) = Server::ready(&["--name", "lab"]);
    assert_eq!(
        keys(&ready),
        [
            "address",
            "agent_socket",
            "directory",
            "event",
            "host_keys",
            "known_hosts",
            "known_hosts_file",
            "name",
            "pid",
            "port",
            "sftp_root",
            "ssh_config",
            "users",
            "version"
        ]
    );
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ready["name"], "lab");
    assert_eq!(ready["address"], "127.0.0.1");
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    // It is the process that takes signals, whatever started it.
    let id = i32::try_from(ready["pid"].as_i64().unwrap()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), Signal::SIGTERM).unwrap();
    let last = server.stdout.json();
    assert_eq!(last["event"], "stopped");
}

#[test]
fn host_keys_have_three_fingerprints_and_stand_in_known_hosts() {
    let (_server, ready) = Server::ready(&[]);
    let host_keys = ready["host_keys"].as_array().unwrap();
    let algorithms: Vec<_> = host_keys.iter().map(|key| &key["algorithm"]).collect();
    assert_eq!(algorithms, ["ssh-ed25519", "ecdsa-sha2-nistp256"]);
    for (key, known) in host_keys.iter().zip(ready["known_hosts"].as_array().unwrap()) {
        assert_eq!(keys(key), ["algorithm", "known_hosts_line", "md5", "public_key", "sha256", "sha512"]);
        assert!(key["sha256"].as_str().unwrap().starts_with("SHA256:"));
        assert!(key["sha512"].as_str().unwrap().starts_with("SHA512:"));
        assert!(key["md5"].as_str().unwrap().starts_with("MD5:"));
        let line = format!("[127.0.0.1]:{} {}", ready["port"], key["public_key"].as_str().unwrap());
        assert_eq!((known, &key["known_hosts_line"]), (&json!(line), &json!(line)));
    }
    let file = fs::read_to_string(path(&ready["known_hosts_file"])).unwrap();
    assert_eq!(file.lines().count(), 2);
}

#[test]
fn every_user_comes_with_what_is_needed_to_log_in() {
    let (_server, ready) = Server::ready(&[]);
    let [none, password, pubkey, kbdint, kbdint_iter] = ready["users"].as_array().unwrap().as_slice() else {
        panic!("there are five users")
    };
    assert_eq!(none, &json!({ "name": "none", "methods": ["none"] }));

    assert_eq!(keys(password), ["methods", "name", "password"]);
    assert_eq!(password["methods"], json!(["password"]));
    assert_eq!(password["password"].as_str().unwrap().len(), 16);

    assert_eq!(keys(pubkey), ["agent_socket", "identity_file", "methods", "name", "public_key"]);
    assert_eq!(pubkey["methods"], json!(["publickey"]));
    assert_eq!(pubkey["agent_socket"], ready["agent_socket"]);
    let identity = HostKey::read(path(&pubkey["identity_file"])).unwrap();
    assert_eq!(pubkey["public_key"], identity.to_openssh());

    assert_eq!(keys(kbdint), ["methods", "name", "rounds"]);
    assert_eq!(kbdint["methods"], json!(["keyboard-interactive"]));
    assert_eq!(kbdint["rounds"].as_array().unwrap().len(), 1);
    let round = &kbdint["rounds"][0];
    assert_eq!(keys(round), ["instructions", "name", "prompts"]);
    assert_eq!(round["name"], "Two-Factor Authentication");
    assert!(!round["instructions"].as_str().unwrap().is_empty());
    assert_eq!(labels(round), ["OTP Token: ", "Password: "]);
    assert_eq!(round["prompts"][0]["echo"], true);
    assert_eq!(round["prompts"][1]["echo"], false);
    assert_eq!(round["prompts"][0]["answer"].as_str().unwrap().len(), 16);

    let rounds = kbdint_iter["rounds"].as_array().unwrap();
    let names: Vec<_> = rounds.iter().map(|round| &round["name"]).collect();
    assert_eq!(names, ["Step 1 of 2", "Step 2 of 2"]);
    assert_eq!(labels(&rounds[0]), ["OTP Token: "]);
    assert_eq!(labels(&rounds[1]), ["Password: "]);
}

fn labels(round: &Value) -> Vec<&str> {
    let prompts = round["prompts"].as_array().unwrap().iter();
    prompts.map(|prompt| prompt["label"].as_str().unwrap()).collect()
}

#[test]
fn files_are_for_their_owner_alone() {
    let (server, ready) = Server::ready(&[]);
    let directory = path(&ready["directory"]);
    assert_eq!(directory.parent().unwrap(), server.temporary.path());
    assert_eq!(mode(&directory), 0o700);
    for file in fs::read_dir(&directory).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert!(file.starts_with(&directory), "everything is in the one directory that is deleted");
    }
    for file in ["ssh_config", "known_hosts_file", "agent_socket"] {
        assert_eq!(path(&ready[file]).parent().unwrap(), directory);
    }
    UnixStream::connect(path(&ready["agent_socket"])).unwrap();
}

#[test]
fn a_user_with_an_empty_name_is_absent_and_so_is_an_agent_without_a_key() {
    let (_server, ready) =
        Server::ready(&["--pubkey-user", "", "--none-user", "", "--password-user", "anna"]);
    let users = ready["users"].as_array().unwrap();
    let names: Vec<_> = users.iter().map(|user| &user["name"]).collect();
    assert_eq!(names, ["anna", "kbdint", "kbdint-iter"]);
    assert_eq!(ready.get("agent_socket"), None);
}

#[test]
fn keys_are_of_the_type_that_was_asked_for() {
    for (name, algorithm) in
        [("ed25519", "ssh-ed25519"), ("ecdsa", "ecdsa-sha2-nistp256"), ("rsa", "ssh-rsa")]
    {
        let (_server, ready) = Server::ready(&["--pubkey-type", name]);
        let public_key = ready["users"][2]["public_key"].as_str().unwrap();
        assert_eq!(public_key.split(' ').next(), Some(algorithm));
    }
}

#[test]
fn host_keys_from_files_replace_the_temporary_ones() {
    let (_server, one) = Server::ready(&[]);
    let file = one["users"][2]["identity_file"].as_str().unwrap();
    let (_server, other) = Server::ready(&["--host-key", file]);
    let host_keys = other["host_keys"].as_array().unwrap();
    assert_eq!(host_keys.len(), 1);
    assert_eq!(host_keys[0]["public_key"], one["users"][2]["public_key"]);
}

#[test]
fn what_is_for_people_goes_to_standard_error() {
    let (mut server, _ready) = Server::ready(&["--exec", "process", "--listen-address", "0.0.0.0"]);
    assert!(server.stop(Signal::SIGTERM).success());
    let rest = server.stdout.rest();
    assert_eq!(rest.len(), 1, "{rest:?}");
    let stderr = server.stderr.rest().join("\n");
    assert!(stderr.contains("mock-ssh: warning: clients run commands on this machine"), "{stderr}");
    assert!(stderr.contains("mock-ssh: warning: other machines can connect"), "{stderr}");
    assert!(stderr.contains("listening on 0.0.0.0:"), "{stderr}");
}
