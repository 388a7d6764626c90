//! AsyncSSH, an independent implementation of the whole protocol.

use mock_sftp::{
    ScpEvents as _, SftpEvents as _, SftpOp, sftp_op,
    wire::{Extension, Operation},
};
use serde_json::json;
use support::noise;

use crate::{
    faults::{agents as agent_faults, all_right, connection, files as file_faults},
    python_cases::{
        agents, channels, connection_faults, factors,
        files::{Files, make_tree, tree},
        logins,
    },
};

const LOGINS: &str = "asyncssh_logins.py";
const CHANNELS: &str = "asyncssh_channels.py";
const FILES: &str = "asyncssh_files.py";
const FORWARDS: &str = "asyncssh_forwards.py";

crate::python_cases::every_client!(LOGINS, CHANNELS, FORWARDS);

#[test]
fn logs_in_by_three_factors() {
    factors::three_factors(LOGINS);
}

#[test]
fn trusts_the_authority_of_a_host_certificate() {
    factors::host_certificate(LOGINS);
}

#[test]
fn is_told_that_nothing_is_left_where_none_is_refused() {
    let came = logins::none_refused(LOGINS);
    assert_eq!(came["refused"], "credential");
}

#[test]
fn an_exit_signal_is_told_with_its_name() {
    let came = channels::exit_signal(CHANNELS);
    assert_eq!((&came["status"], &came["signal"]), (&json!(-1), &json!(["KILL", false, "", ""])));
}

#[test]
fn lists_and_signs_with_an_agent() {
    agents::signs("asyncssh_agent.py");
}

#[test]
fn adds_locks_and_removes_keys_of_an_agent() {
    agents::keeps_keys("asyncssh_agent.py");
}

#[test]
fn trees_are_mirrored_there_and_back() {
    let files = Files::new();
    let local = files.home().join("tree");
    make_tree(&local);
    std::fs::create_dir(files.home().join("back")).unwrap();
    std::os::unix::fs::symlink("one", files.home().join("link")).unwrap();
    let came = files.run(FILES, json!({"do": "mirror"}));
    let there = files.fs.snapshot().to_string();
    assert!(there.contains("/home/anna/there/link -> one\n"), "{there}");
    assert_eq!(came, json!({"names": ["link", "one", "sub"], "left": [".", "..", "link", "one"]}));
    assert_eq!(tree(&files.home().join("back")), tree(&local));
    let age = files.fs.metadata("/home/anna/there/one").unwrap().modified;
    assert_eq!(age.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 1_000_000_000);
    let uploads: Vec<_> = files.server.events().uploads().iter().map(|upload| upload.written).collect();
    assert_eq!(uploads.iter().sum::<u64>(), 8 + 70_000, "{uploads:?}");
    files.end();
}

#[test]
fn the_server_copies_and_tells_how_much_fits() {
    let files = Files::new();
    let local = files.home().join("tree");
    make_tree(&local);
    files.fs.put("/home/anna/from", mock_sftp::Dir::from_dir(&local).unwrap()).unwrap();
    let came = files.run(FILES, json!({"do": "remote_copy"}));
    assert_eq!(came["offered"], true);
    assert_eq!(came["same"], true);
    assert_eq!(came["space"][1], 255);
    assert_eq!(files.copied("/home/anna/to/sub"), tree(&local.join("sub")));
    let events = files.server.events();
    let copies = events.query(sftp_op().operation(Operation::Extended(Extension::CopyData)));
    assert!(!copies.is_empty() && copies.iter().all(SftpOp::succeeded), "{}", events.timeline());
    files.end();
}

#[test]
fn forty_files_go_there_and_back_at_once() {
    let files = Files::new();
    let data = noise((1 << 20) + 77);
    let _local = files.home().file("local", &data);
    let came = files.run(FILES, json!({"do": "parallel", "count": 40}));
    for name in came["names"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(files.fs.read(format!("/home/anna/{name}")).unwrap() == data, "{name}");
        assert!(std::fs::read(files.home().join(format!("back-{name}"))).unwrap() == data, "{name}");
    }
    assert_eq!(files.server.events().uploads().len(), 40);
    files.end();
}

#[test]
fn the_protocol_of_scp_carries_trees_as_well() {
    let files = Files::new();
    let local = files.home().join("tree");
    make_tree(&local);
    let came = files.run(FILES, json!({"do": "scp"}));
    assert_eq!(came, json!({"refused": "scp: missing: No such file or directory"}));
    assert_eq!(files.copied("/home/anna/there"), tree(&local));
    assert_eq!(tree(&files.home().join("back")), tree(&local));
    assert_eq!(files.server.events().scp_uploads().len(), 3);
    files.end();
}

#[test]
fn faults_of_sftp_are_met() {
    all_right(file_faults::met_by_python("AsyncSSH", "asyncssh_faults.py", file_faults::sftp()));
}

#[test]
fn faults_of_scp_are_met() {
    all_right(file_faults::met_by_python("AsyncSSH", "asyncssh_faults.py", file_faults::scp()));
}

#[test]
fn faults_of_agents_are_met() {
    all_right(agent_faults::met_by_python("AsyncSSH", "asyncssh_agent_faults.py"));
}

#[test]
fn faults_before_there_are_keys() {
    connection_faults::with_asyncssh(connection::handshakes());
}

#[test]
fn faults_while_it_logs_in() {
    connection_faults::with_asyncssh(connection::logins());
}

#[test]
fn faults_until_its_command_runs() {
    connection_faults::with_asyncssh(connection::sessions());
}

#[test]
fn faults_while_its_command_runs() {
    connection_faults::with_asyncssh(connection::programs());
}
