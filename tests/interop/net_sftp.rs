//! `Net::SFTP`, the SFTP library of Ruby, over `Net::SSH`.

use std::{fs, process::Command};

use mock_agent::KeyType;
use mock_auth::PublicKeys;
use mock_core::keys::PublicKey;
use mock_sftp::uploaded;
use support::{Client, Home, noise, package};

use crate::{
    lab::{Lab, logins},
    python_cases::files::{make_tree, tree},
};

fn ruby(home: &Home) -> Command {
    let mut ruby = home.command("ruby");
    ruby.arg(package().join("interop/ruby/net_sftp.rb"));
    ruby
}

const OPERATIONS: &str = r#"3 /home/anna
[".", "..", "link", "one"]
-rw-r-----    1 77       88              8 Nov  9  2004 one
8 100640 77 88 1000000000 1100000000
true one /home/anna/dir/one
2 no such file
4 failure
4 failure
2 no such file
4 failure
["content\n", "more\n", nil]
"#;

#[test]
fn every_operation_on_files_works() {
    let lab = Lab::new();
    let before = lab.fs.snapshot();
    assert_eq!(lab.run(ruby, "operations", None).succeeded(), OPERATIONS);
    let left = lab.fs.diff(&before).to_string();
    assert_eq!(left, "+ /home/anna/dir: directory\n+ /home/anna/dir/two: file \"content\\nmore\\n\"\n");
    lab.end();
}

#[test]
fn files_and_trees_go_there_and_back() {
    let lab = Lab::new();
    let data = noise((3 << 20) + 12_345);
    let _local = lab.home.file("local", &data);
    let local = lab.home.join("tree");
    make_tree(&local);
    assert_eq!(lab.run(ruby, "transfers", None).succeeded(), "");
    assert!(lab.fs.read("/home/anna/remote").unwrap() == data);
    assert!(fs::read(lab.home.join("back")).unwrap() == data);
    assert_eq!(tree(&lab.home.join("again")), tree(&local));
    let upload = lab.server.events().first(uploaded("/home/anna/remote")).unwrap();
    assert_eq!(upload.written, data.len() as u64);
    lab.end();
}

#[test]
fn logs_in_with_a_password_and_an_ed25519_key() {
    logins(ruby, &[KeyType::Ed25519]);
}

#[test]
fn logs_in_with_keys_of_its_own() {
    let home = Home::new();
    let printed = Client::run(ruby(&home).arg("keygen")).succeeded();
    let keys: Vec<_> = printed.lines().map(|line| PublicKey::from_openssh(line).unwrap()).collect();
    for name in ["rsa", "ecdsa"] {
        let lab = Lab::with(PublicKeys::new("anna", keys.clone()));
        let said = lab.run(ruby, "exec", Some(&home.join(name))).succeeded();
        assert_eq!(said, "REMOTE_OK:uname -r\n", "{name}");
        lab.end();
    }
}
