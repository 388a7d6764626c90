//! Paramiko, the SSH library of Ansible, Fabric and Netmiko.
//!
//! It has no call for signals and does not tell exit signals from a channel that just ends.

use mock_sftp::{File, SftpEvents as _, sftp_op, uploaded, wire::Operation};
use serde_json::json;
use support::noise;

use crate::{
    faults::{agents as agent_faults, all_right, connection, files as file_faults},
    python_cases::{agents, channels, connection_faults, factors, files::Files, logins},
};

const LOGINS: &str = "paramiko_logins.py";
const CHANNELS: &str = "paramiko_channels.py";
const FILES: &str = "paramiko_files.py";
const FORWARDS: &str = "paramiko_forwards.py";

crate::python_cases::every_client!(LOGINS, CHANNELS, FORWARDS);

#[test]
fn logs_in_by_three_factors_and_is_told_what_is_left() {
    let came = factors::three_factors(LOGINS);
    assert_eq!(came["left"], json!([["password"], ["keyboard-interactive"], []]));
}

#[test]
fn is_told_the_methods_where_none_is_refused() {
    let came = logins::none_refused(LOGINS);
    assert_eq!((&came["refused"], &came["methods"]), (&json!("method"), &json!(["password"])));
}

#[test]
fn an_exit_signal_is_no_status() {
    assert_eq!(channels::exit_signal(CHANNELS)["status"], -1);
}

#[test]
fn lists_and_signs_with_an_agent() {
    agents::signs("paramiko_agent.py");
}

#[test]
fn every_operation_on_files_works() {
    let files = Files::new();
    let before = files.fs.snapshot();
    let came = files.run(FILES, json!({"do": "operations"}));
    let expected = json!({
        "normalized": ["/home/anna/dir", "/home/anna/dir/one", "/home/anna/dir"],
        "listed": [["link", 3, "0o120777"], ["one", 10, "0o100640"], ["two", 0, "0o100644"]],
        "stat": ["file", "link", "one"],
        "times": [1_000_000_000, 1_100_000_000],
        "refused": ["OSError", "OSError", "FileNotFoundError", "OSError", "OSError"],
        "left": ["three"],
    });
    assert_eq!(came, expected);
    let diff = files.fs.diff(&before).to_string();
    assert_eq!(diff, "+ /home/anna/dir: directory\n+ /home/anna/dir/three: file \"content\\nmo\"\n");
    let events = files.server.events();
    let failed: Vec<_> = events.sftp_ops().into_iter().filter(|op| !op.succeeded()).collect();
    let failed: Vec<_> = failed.iter().map(|op| op.operation).collect();
    let refused = [Operation::Rename, Operation::Open, Operation::Stat, Operation::RmDir, Operation::Remove];
    assert_eq!(failed, refused, "{}", events.timeline());
    files.end();
}

#[test]
fn files_go_there_and_back_and_pieces_of_them() {
    let files = Files::new();
    let data = noise((3 << 20) + 12_345);
    let _local = files.home().file("local", &data);
    let came = files.run(FILES, json!({"do": "transfers"}));
    assert_eq!(came["told"], json!([data.len(), data.len()]));
    let tail = data.len() - 3..data.len();
    let pieces = [0..5, 100_000..140_000, 7..8, 1_000_000..1_000_100, tail].map(|range| &data[range]);
    assert!(came["pieces"] == json!(pieces));
    for name in ["back", "slowly"] {
        assert!(std::fs::read(files.home().join(name)).unwrap() == data, "{name}");
    }
    let upload = files.server.events().first(uploaded("/home/anna/remote")).unwrap();
    assert!(*upload.content.as_ref().unwrap() == data);
    files.end();
}

#[test]
fn sixteen_thousand_requests_may_be_ahead_of_their_answers() {
    const SIZE: u64 = 512 << 20;
    let files = Files::new();
    // Blocks that repeat their number, made as they are read.
    let big = File::generated(SIZE, |offset, buffer| {
        for (number, block) in (offset / 4096..).zip(buffer.chunks_mut(4096)) {
            let whole = number.to_le_bytes().repeat(512);
            block.copy_from_slice(&whole[..block.len()]);
        }
    });
    files.fs.put("/home/anna/big", big).unwrap();
    assert_eq!(files.run(FILES, json!({"do": "prefetch"})), json!({"came": SIZE}));
    let closed = files.server.events().first(sftp_op().operation(Operation::Close)).unwrap();
    assert_eq!(closed.read, SIZE);
    files.end();
}

#[test]
fn faults_of_sftp_are_met() {
    all_right(file_faults::met_by_python("Paramiko", "paramiko_faults.py", file_faults::sftp()));
}

#[test]
fn faults_of_agents_are_met() {
    all_right(agent_faults::met_by_python("Paramiko", "paramiko_agent_faults.py"));
}

#[test]
fn faults_before_there_are_keys() {
    connection_faults::with_paramiko(connection::handshakes());
}

#[test]
fn faults_while_it_logs_in() {
    connection_faults::with_paramiko(connection::logins());
}

#[test]
fn faults_until_its_command_runs() {
    connection_faults::with_paramiko(connection::sessions());
}

#[test]
fn faults_while_its_command_runs() {
    connection_faults::with_paramiko(connection::programs());
}
