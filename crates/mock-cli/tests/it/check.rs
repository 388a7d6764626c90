//! `mock-ssh check`: every problem at once, in words and as JSON, and a status that scripts branch on.

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PROGRAM, command, filters, temporary, text};

const WRONG: &str = "include = \"users.toml\"\n[server]\nport = \"2200\"\nnaem = \"db01\"\n";
const USERS: &str = "[users.anna]\npasword = \"x\"\n";

/// A directory with a file that is right, one that is wrong, and one that the wrong one includes.
fn files() -> TempDir {
    let directory = temporary();
    for (name, text) in [
        ("right.toml", "[users]\nanna.none = true\n[commands]\n\"uptime\" = \"up\"\n\"true\" = \"\"\n"),
        ("wrong.toml", WRONG),
        ("users.toml", USERS),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn check(directory: &Path, args: &[&str]) -> Output {
    command(PROGRAM, directory).current_dir(directory).arg("check").args(args).output().unwrap()
}

#[test]
fn files_that_are_right_are_told_in_a_line() {
    let directory = files();
    let output = check(directory.path(), &["right.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "right.toml: 1 user, 2 rules, 0 expectations\n");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn of_several_servers_each_is_told_with_what_is_common_to_all() {
    let directory = files();
    let lab = "expect = ['exec \"rm *\" none']\nusers.anna.none = true\n[[server]]\nname = \"bastion\"\n\
               [[server]]\nname = \"db01\"\nexec = { on = \"psql\", stdout = \"\" }\n";
    fs::write(directory.path().join("lab.toml"), lab).unwrap();
    let output = check(directory.path(), &["lab.toml"]);
    let told = "lab.toml: `bastion` with 1 user, 0 rules, 1 expectation; `db01` with 1 user, 1 rule, 0 expectations\n";
    assert_eq!(text(&output.stdout), told);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn faults_are_counted_where_there_are_some_and_marked_where_they_are_wrong() {
    let directory = files();
    fs::write(directory.path().join("faults.toml"), "faults = ['accept: reset; once']\n").unwrap();
    let output = check(directory.path(), &["faults.toml"]);
    assert_eq!(text(&output.stdout), "faults.toml: 0 users, 0 rules, 0 expectations, 1 fault\n");

    fs::write(directory.path().join("faults.toml"), "include = 'more.toml'\nfaults = 'kex: stall; onec'\n")
        .unwrap();
    fs::write(directory.path().join("more.toml"), "\nfaults = [\n  'sftp: stall',\n]\n").unwrap();
    let output = check(directory.path(), &["--json", "faults.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let line: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let expected = serde_json::json!([
        {
            "file": "faults.toml", "line": 2, "column": 23, "length": 4, "key": "faults",
            "message": "`onec` is no trigger", "hint": "did you mean `once`?",
        },
        {
            "file": "more.toml", "line": 3, "column": 8, "length": 1, "key": "faults[0]",
            "message": "an operation of SFTP is missing",
        },
    ]);
    assert_eq!(line["problems"], expected);
}

#[test]
fn every_problem_of_every_file_is_told() {
    let directory = files();
    let output = check(directory.path(), &["wrong.toml", "right.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "right.toml: 1 user, 2 rules, 0 expectations\n");
    filters().bind(|| insta::assert_snapshot!("check_wrong", text(&output.stderr)));
}

#[test]
fn a_file_that_is_not_there_has_a_status_of_its_own() {
    let directory = files();
    let output = check(directory.path(), &["nothing.toml", "wrong.toml"]);
    assert_eq!(output.status.code(), Some(4));
    filters().bind(|| insta::assert_snapshot!("check_missing", text(&output.stderr)));
}

#[test]
fn programs_get_a_line_for_each_file() {
    let directory = files();
    let output = check(directory.path(), &["--json", "right.toml", "wrong.toml", "nothing.toml"]);
    assert_eq!(output.status.code(), Some(4));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], serde_json::json!({ "file": "right.toml", "ok": true, "problems": [] }));
    assert_eq!((&lines[1]["file"], &lines[1]["ok"]), (&"wrong.toml".into(), &false.into()));
    assert_eq!(
        lines[1]["problems"][1],
        serde_json::json!({
            "file": "wrong.toml", "line": 4, "column": 1, "length": 4, "key": "server.naem",
            "message": "unknown key `naem`", "hint": "did you mean `name`?",
        })
    );
    assert_eq!(lines[1]["problems"][2]["file"], "users.toml");
    assert_eq!(
        lines[2]["problems"],
        serde_json::json!([{
            "file": "nothing.toml",
            "message": "cannot read the scenario `nothing.toml`: no such file or directory",
        }])
    );
}

#[test]
fn nothing_to_check_is_wrong_usage() {
    let directory = files();
    assert_eq!(check(directory.path(), &[]).status.code(), Some(2));
}
