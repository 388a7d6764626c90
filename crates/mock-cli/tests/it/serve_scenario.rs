//! `mock-ssh serve --scenario`: what the file says, what flags say instead, and what was expected.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Server, command, filters, run, temporary, text};

const SCENARIO: &str = r#"
expect = ['exec "uptime" x1']

[server]
name = "db01"
banner = "Hello.\n"

[users.deploy]
password = "hunter2"
key = "ed25519"

[users.anna]
none = true

[users.bert]
key = "ecdsa"
keyboard_interactive = { prompts = [{ label = "Token (it's 6 digits): ", answer = "123456" }] }

[commands]
"uptime" = "up 3 days"

[state]
lock = "free"
"#;

fn scenario(text: &str) -> (TempDir, String) {
    let directory = temporary();
    let file = directory.path().join("scenario.toml");
    fs::write(&file, text).unwrap();
    (directory, file.to_str().unwrap().to_owned())
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what was not tested")]
pub(crate) fn ssh_is_missing() -> bool {
    let missing = Command::new("ssh").arg("-V").output().is_err();
    if missing {
        eprintln!("skipped: there is no ssh");
    }
    missing
}

fn ssh(server: &Server, ready: &Value, args: &[&str]) -> Output {
    let mut ssh = command("ssh", server.temporary.path());
    ssh.args(["-F", ready["ssh_config"].as_str().unwrap(), "-T"]).args(args);
    ssh.output().unwrap()
}

#[test]
fn users_are_those_of_the_file_each_with_every_way_in() {
    let (_directory, file) = scenario(SCENARIO);
    let (mut server, ready) = Server::ready(&["--scenario", &file]);
    assert_eq!(ready["name"], "db01");
    let [deploy, anna, bert] = ready["users"].as_array().unwrap().as_slice() else {
        panic!("there are three users")
    };
    assert_eq!(deploy["methods"], serde_json::json!(["password", "publickey"]));
    assert_eq!(deploy["password"], "hunter2");
    assert!(Path::new(deploy["identity_file"].as_str().unwrap()).exists());
    assert_eq!((&anna["name"], &anna["methods"][0]), (&"anna".into(), &"none".into()));
    assert_eq!(bert["rounds"][0]["prompts"][0]["answer"], "123456");
    // What is expected never came.
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(1));
    let report = server.stderr.rest().join("\n");
    assert!(report.contains("exec \"uptime\" exactly once"), "{report}");
}

#[test]
fn a_client_meets_what_the_file_says_and_what_is_expected_comes() {
    if ssh_is_missing() {
        return;
    }
    let (_directory, file) = scenario(SCENARIO);
    let (mut server, ready) = Server::ready(&["--scenario", &file]);
    for user in ["deploy", "anna"] {
        let command = if user == "anna" { "uptime" } else { "id" };
        let output = ssh(&server, &ready, &[user, command]);
        let expected = if user == "anna" { (Some(0), "up 3 days\n") } else { (Some(127), "") };
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), expected);
        assert!(text(&output.stderr).starts_with("Hello."), "{}", text(&output.stderr));
    }
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(0));
}

#[test]
fn flags_go_before_the_file() {
    if ssh_is_missing() {
        return;
    }
    let (_directory, file) = scenario(SCENARIO);
    let flags = ["--scenario", &file, "--name", "db02", "--banner", "Bye.\n", "--exec", "echo"];
    let (mut server, ready) = Server::ready(&flags);
    assert_eq!(ready["name"], "db02");
    let output = ssh(&server, &ready, &["anna", "uptime"]);
    assert_eq!(text(&output.stdout), "up 3 days\n", "rules of the file are asked first");
    assert!(text(&output.stderr).starts_with("Bye."), "{}", text(&output.stderr));
    assert_eq!(text(&ssh(&server, &ready, &["anna", "id"]).stdout), "REMOTE_OK:id\n");
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(0));
}

#[test]
fn flags_for_users_are_for_a_file_that_has_none() {
    let (_directory, file) = scenario(SCENARIO);
    let output = run(&["--scenario", &file, "--none-user", "carla"]);
    assert_eq!(output.status.code(), Some(2));
    let told = "mock-ssh: error: `--none-user` cannot be used with a scenario that has users of its own\n";
    assert_eq!(text(&output.stderr), told);
}

#[test]
fn without_users_in_the_file_there_are_the_usual_ones() {
    let (_directory, file) = scenario("[commands]\n\"uptime\" = \"up\"\n");
    let (mut server, ready) = Server::ready(&["--scenario", &file, "--none-user", "carla"]);
    assert_eq!(ready["users"].as_array().unwrap().len(), 5);
    assert_eq!(ready["users"][0]["name"], "carla");
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn variables_are_those_of_the_first_who_has_them_and_a_shell_can_read_them() {
    let (_directory, file) = scenario(SCENARIO);
    let mut server = Server::start(&["--scenario", &file, "--env"]);
    let script = server.stdout.rest();
    for line in
        ["export MOCK_SSH_PASSWORD='hunter2'", "export MOCK_SSH_KBDINT_TOKEN__IT_S_6_DIGITS_='123456'"]
    {
        assert!(script.iter().any(|exported| exported == line), "{line}: {script:?}");
    }
    let identities = script.iter().filter(|line| line.contains("IDENTITY_FILE"));
    let [file] = identities.collect::<Vec<_>>()[..] else {
        panic!("there is one: {script:?}");
    };
    assert!(file.ends_with("/id_deploy'"), "{file}");
    server.stop(Signal::SIGTERM);
}

#[test]
fn the_table_has_a_row_for_each_way_in() {
    let (_directory, file) =
        scenario(&format!("{SCENARIO}\n[server.algorithms]\nhost_keys = [\"ssh-ed25519\"]\n"));
    let server = Server::start(&["--scenario", &file, "--listen-port", "0"]);
    let lines = server.stdout.until("listening on unix");
    let (_log, table) = lines.split_last().unwrap();
    let table = table.join("\n");
    filters().bind(|| insta::assert_snapshot!("table_scenario", table));
}

#[test]
fn a_file_that_is_wrong_starts_nothing() {
    let (directory, file) = scenario("[server]\nprt = 1\n[users]\nanna = {}\n");
    for (args, status, name) in [
        (["--scenario", &file], 2, "scenario_wrong"),
        (["--scenario", "/nonexistent.toml"], 4, "scenario_missing"),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(status));
        let told = text(&output.stderr).replace(&directory.path().display().to_string(), "DIR");
        filters().bind(|| insta::assert_snapshot!(name, told));
    }
}

#[test]
fn a_command_is_verified_by_what_the_file_expects() {
    if ssh_is_missing() {
        return;
    }
    let strict = SCENARIO.replace("[server]\n", "[server]\nstrict = true\n");
    let (_directory, file) = scenario(&strict);
    for (asked, status, told) in [
        ("uptime", 0, "mock-ssh: 2 expectations were met\n"),
        ("uptimes", 1, "2 of 2 expectations were not met on `db01`"),
    ] {
        let output =
            run(&["verify", "--scenario", &file, "--", "ssh", "-F", "{config}", "-T", "anna", asked]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}
