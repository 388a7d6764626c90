//! phpseclib 3, the SSH and SFTP library of PHP.

use std::{fs, process::Command};

use mock_agent::KeyType;
use mock_sftp::uploaded;
use support::{Home, noise, package};

use crate::lab::{Lab, logins};

fn php(home: &Home) -> Command {
    let mut php = home.command("php");
    php.arg(package().join("interop/php/phpseclib.php"));
    php
}

const OPERATIONS: &str = r#"[3,"/home/anna"]
[true,true,"/home/anna/dir"]
true
[33184,true,true]
[true,true]
[".","..","link","one"]
[8,"100640",77,88,1000000000,1100000000]
[true,"one",true,false]
[false,"NET_SFTP_STATUS_NO_SUCH_FILE: No such file"]
[false,"NET_SFTP_STATUS_FAILURE: Failure"]
[false,"NET_SFTP_STATUS_FAILURE: Failure"]
[false,"NET_SFTP_STATUS_NO_SUCH_FILE: No such file"]
[true,false]
[true,true,true]
[true,true,"context\n"]
[true,true]
"#;

#[test]
fn every_operation_on_files_works() {
    let lab = Lab::new();
    let before = lab.fs.snapshot();
    assert_eq!(lab.run(php, "operations", None).succeeded(), OPERATIONS);
    let left = lab.fs.diff(&before).to_string();
    assert_eq!(left, "+ /home/anna/dir: directory\n+ /home/anna/dir/two: file \"context\\n\"\n");
    lab.end();
}

#[test]
fn files_go_there_and_back_and_go_on_where_they_were() {
    let lab = Lab::new();
    let data = noise((3 << 20) + 12_345);
    let head = &data[..1 << 20];
    let files = [("local", &data[..]), ("head", head)];
    let _files = files.map(|(name, content)| lab.home.file(name, content));
    assert_eq!(lab.run(php, "transfers", None).succeeded(), "true\n".repeat(5));
    for name in ["remote", "resumed"] {
        assert!(lab.fs.read(format!("/home/anna/{name}")).unwrap() == data, "{name}");
    }
    assert!(fs::read(lab.home.join("back")).unwrap() == data);
    let resumed: Vec<_> = lab.server.events().query(uploaded("/home/anna/resumed"));
    let written: Vec<_> = resumed.iter().map(|upload| upload.written).collect();
    assert_eq!(written, [head.len() as u64, (data.len() - head.len()) as u64]);
    lab.end();
}

#[test]
fn logs_in_with_a_password_and_with_keys() {
    logins(php, &[KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa]);
}
