//! Paramiko, the SSH library of Ansible, Fabric and Netmiko.
//!
//! It has no call for signals and does not tell exit signals from a channel that just ends.

use mock_agent::KeyType;
use mock_sftp::{File, SftpEvents as _, sftp_op, uploaded, wire::Operation};
use serde_json::json;
use support::noise;

use crate::{
    faults::{agents as agent_faults, all_right, connection, files as file_faults},
    python_cases::{agents, binary, channels, connection_faults, factors, files::Files, forwards, logins},
};

const LOGINS: &str = "paramiko_logins.py";
const CHANNELS: &str = "paramiko_channels.py";
const FILES: &str = "paramiko_files.py";
const FORWARDS: &str = "paramiko_forwards.py";

#[test]
fn logs_in_to_the_binary_as_every_user() {
    binary::every_user(LOGINS);
}

#[test]
fn logs_in_with_nothing() {
    logins::none(LOGINS);
}

#[test]
fn logs_in_with_a_password() {
    logins::password(LOGINS);
}

#[test]
fn logs_in_with_an_ed25519_key() {
    logins::public_key(LOGINS, KeyType::Ed25519);
}

#[test]
fn logs_in_with_an_ecdsa_key() {
    logins::public_key(LOGINS, KeyType::Ecdsa);
}

#[test]
fn logs_in_with_an_rsa_key() {
    logins::public_key(LOGINS, KeyType::Rsa);
}

#[test]
fn logs_in_with_an_agent() {
    logins::agent(LOGINS);
}

#[test]
fn logs_in_by_one_round_of_prompts() {
    logins::one_round(LOGINS);
}

#[test]
fn logs_in_by_several_rounds_one_of_them_without_prompts() {
    logins::several_rounds(LOGINS);
}

#[test]
fn logs_in_by_three_factors_and_is_told_what_is_left() {
    let came = factors::three_factors(LOGINS);
    assert_eq!(came["left"], json!([["password"], ["keyboard-interactive"], []]));
}

#[test]
fn is_refused_for_a_wrong_second_factor() {
    factors::wrong_second_factor(LOGINS);
}

#[test]
fn logs_in_with_a_certificate() {
    factors::certificate(LOGINS);
}

#[test]
fn outputs_are_told_apart_and_the_status_arrives() {
    channels::outputs(CHANNELS);
}

#[test]
fn the_end_of_the_input_is_not_the_end_of_the_channel() {
    channels::half_close(CHANNELS);
}

#[test]
fn thirty_commands_run_at_once_on_one_connection() {
    channels::many_channels(CHANNELS, 30);
}

#[test]
fn sixteen_mebibytes_arrive() {
    channels::big_output(CHANNELS);
}

#[test]
fn a_shell_prompts_echoes_and_is_resized() {
    channels::shell(CHANNELS);
}

#[test]
fn a_signal_reaches_the_program() {
    channels::signal(CHANNELS);
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
fn connections_are_forwarded_or_refused_with_a_reason() {
    forwards::direct(FORWARDS);
}

#[test]
fn a_bastion_leads_to_the_host_behind_it() {
    forwards::jump(FORWARDS);
}

#[test]
fn a_client_has_the_server_listen_until_it_withdraws() {
    forwards::remote(FORWARDS);
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
