//! Scenarios with several servers: what is expected of each counts, and each begins anew.

use std::{fs, path::Path};

use mock_cli::Scenario;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    control::controlled,
    support::{command, filters, is_empty, path, run, ssh_is_missing, temporary, text},
};

const LAB: &str = r#"
users.anna.none = true

[[server]]
name = "bastion"
seed = 1
forward = { to = "db01:22", server = "db01" }

[[server]]
name = "db01"
seed = 2
expect = ['exec "psql *" x1', 'connected x..1']

[[server.exec]]
on = "psql --version"
nth = 1
stdout = "16.3\n"
expect = 1
"#;

fn lab(directory: &Path, text: &str) -> String {
    let file = directory.join("lab.toml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// What a command on the server behind the first one prints.
fn on_db01(ready: &Value, home: &Path) -> String {
    let mut ssh = command("ssh", home);
    ssh.arg("-F").arg(path(&ready["ssh_config"])).args(["db01", "psql --version"]);
    text(&ssh.output().unwrap().stdout)
}

#[test]
fn requests_verify_and_reset_are_about_every_server() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    let file = lab(directory.path(), LAB);
    let (mut server, ready, mut client) = controlled(&["--scenario", &file]);
    let mut ask = |command: &str| client.ask(&json!({ "command": command }));
    for round in 1..=2 {
        let verdict = ask("verify");
        assert_eq!((&verdict["verified"], &verdict["checked"]), (&json!(false), &json!(3)), "{verdict}");
        assert_eq!(verdict["unmet"][0]["expected"], r#"exec "psql *" exactly once"#);
        assert_eq!(verdict["unmet"][0]["server"], "db01");
        // Its first command is its first again after a reset.
        assert_eq!(on_db01(&ready, server.temporary.path()), "16.3\n", "round {round}");
        assert_eq!(ask("verify")["verified"], true, "round {round}");
        if round == 1 {
            assert_eq!(ask("reset")["ok"], true);
        }
    }
    assert!(server.stop(Signal::SIGTERM).success());
    let last = server.stdout.json();
    assert_eq!((&last["verified"], &last["checked"]), (&json!(true), &json!(3)));
}

#[test]
fn states_begin_anew_with_a_reset_before_anybody_connects() {
    let directory = temporary();
    let file = lab(directory.path(), "users.anna.none = true\nstate = { lock = \"free\" }\n");
    let (mut server, _ready, mut client) = controlled(&["--scenario", &file]);
    client.ask(&json!({ "command": "state.set", "name": "lock", "value": "held" }));
    assert_eq!(client.ask(&json!({ "command": "reset" }))["ok"], true);
    let states = client.ask(&json!({ "command": "state.get" }));
    assert_eq!(states["states"], json!({ "lock": "free" }));
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn one_report_tells_what_is_unmet_on_every_server() {
    let directory = temporary();
    let text_of = LAB.replacen("name = \"bastion\"", "name = \"bastion\"\nexpect = ['connected x1']", 1);
    let file = lab(directory.path(), &text_of);
    let junit = directory.path().join("result.xml");
    let output = run(&["verify", "--scenario", &file, "--junit", junit.to_str().unwrap(), "--", "true"]);
    assert_eq!(output.status.code(), Some(1));
    filters().bind(|| insta::assert_snapshot!("verify_servers_unmet", text(&output.stderr)));
    let junit = fs::read_to_string(junit).unwrap();
    filters().bind(|| insta::assert_snapshot!("verify_servers_junit", junit));
}

#[test]
fn what_is_met_behind_the_first_server_is_counted() {
    let directory = temporary();
    let servers = "[[server]]\nname = \"bastion\"\n[[server]]\nname = \"db01\"\nexpect = 'exec none'\n";
    let file = lab(directory.path(), &format!("users.anna.none = true\n{servers}"));
    let output = run(&["verify", "--scenario", &file, "--", "true"]);
    assert_eq!(text(&output.stderr), "mock-ssh: 1 expectation was met\n");
    assert!(output.status.success());
    fs::remove_file(file).unwrap();
    assert!(is_empty(directory.path()));
}

#[tokio::test]
async fn in_rust_one_report_tells_of_every_server_too() {
    let servers = "[[server]]\nname = \"a\"\nexpect = 'exec x1'\n[[server]]\nname = \"b\"\nexpect = 'exec x2'\n\
        [[server]]\nname = \"c\"\n";
    let servers = Scenario::parse(servers, "lab.toml").unwrap().start().await.unwrap();
    let report = servers.shutdown().await.unwrap_err().to_string();
    for said in
        ["on `a` and `b`", "1. on `a` expected exec exactly once", "2. on `b` expected exec exactly twice"]
    {
        assert!(report.contains(said), "{report}");
    }
}
