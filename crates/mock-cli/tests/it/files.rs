//! Files over SFTP and SCP: which there are, what flags and scenarios say of them, and SFTP without a server.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Command, Output, Stdio},
    time::UNIX_EPOCH,
};

use mock_cli::Scenario;
use mock_core::event;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{PROGRAM, Server, command, filters, run, temporary, text};

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what was not tested")]
fn sftp_is_missing() -> bool {
    let missing = Command::new("sftp").arg("-h").output().is_err();
    if missing {
        eprintln!("skipped: there is no sftp");
    }
    missing
}

/// Runs a client of OpenSSH as the user `none`.
fn client(server: &Server, ready: &Value, program: &str, args: &[&str]) -> Output {
    let mut client = command(program, server.temporary.path());
    client.args(["-F", ready["ssh_config"].as_str().unwrap()]).args(args);
    client.current_dir(server.temporary.path()).output().unwrap()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn an_empty_tree_is_served_to_every_user_unless_it_is_not_to_be() {
    if sftp_is_missing() {
        return;
    }
    let (mut server, ready) = Server::ready(&["--expect", "sftp.close path \"/copy\" x1"]);
    assert_eq!(ready["sftp_root"], "/");
    let home = server.temporary.path();
    fs::write(home.join("file"), "content").unwrap();
    succeeded(&client(&server, &ready, "scp", &["file", "none:/copy"]));
    succeeded(&client(&server, &ready, "scp", &["-O", "none:copy", "back"]));
    assert_eq!(fs::read(home.join("back")).unwrap(), b"content");
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(0));

    let (mut server, ready) = Server::ready(&["--no-sftp"]);
    assert_eq!(ready.get("sftp_root"), None);
    assert!(!client(&server, &ready, "scp", &["none:/copy", "back"]).status.success());
    server.stop(Signal::SIGTERM);
}

#[test]
fn a_directory_is_copied_or_served_itself() {
    if sftp_is_missing() {
        return;
    }
    let directory = temporary();
    let fixtures = directory.path().join("fixtures");
    fs::create_dir(&fixtures).unwrap();
    fs::write(fixtures.join("there"), "content").unwrap();
    let path = fixtures.to_str().unwrap();
    let read_only = format!("{path}:ro");
    for (flags, arrives, changed, warned) in [
        (["--sftp-root", path], true, false, ""),
        (["--sftp-dir", &read_only], false, false, "clients read files of this machine, in `"),
        (["--sftp-dir", path], true, true, "clients read and change files of this machine, in `"),
    ] {
        // Files are served whatever becomes of commands.
        let (mut server, ready) = Server::ready(&[&flags[..], &["--exec", "deny"]].concat());
        succeeded(&client(&server, &ready, "scp", &["none:/there", "."]));
        let put = client(&server, &ready, "scp", &["-O", "there", "none:/new"]);
        assert_eq!(put.status.success(), arrives, "{}", text(&put.stderr));
        assert_eq!(fixtures.join("new").exists(), changed);
        server.stop(Signal::SIGTERM);
        let told = server.stderr.rest().join("\n");
        assert!(told.contains(warned), "{told}");
        assert_eq!(told.contains("warning"), !warned.is_empty(), "{told}");
    }
}

#[test]
fn programs_of_this_machine_run_where_the_files_are() {
    let directory = temporary();
    fs::write(directory.path().join("there"), "content").unwrap();
    let path = directory.path().to_str().unwrap();
    for (served, name) in [(path.to_owned(), "new"), (format!("{path}:ro"), "newer")] {
        let (mut server, ready) = Server::ready(&["--exec", "process", "--sftp-dir", &served]);
        if sftp_is_missing() {
            return;
        }
        let changes = format!("cat there && cp there {name}");
        assert_eq!(text(&client(&server, &ready, "ssh", &["none", &changes]).stdout), "content");
        // What is read-only is so for SFTP; programs are those of this machine.
        succeeded(&client(&server, &ready, "scp", &[&format!("none:/{name}"), "."]));
        let put = client(&server, &ready, "scp", &[name, "none:/put"]);
        assert_eq!(put.status.success(), !served.ends_with(":ro"), "{}", text(&put.stderr));
        server.stop(Signal::SIGTERM);
    }
}

#[test]
fn flags_that_exclude_each_other_and_directories_that_are_not_there() {
    for (name, status, args) in [
        ("sftp_both", 2, &["--sftp-root", "a", "--sftp-dir", "b"][..]),
        ("sftp_none", 2, &["--sftp-dir", "b", "--no-sftp"]),
        ("sftp_missing", 4, &["--sftp-root", "/nonexistent/root"]),
        ("sftp_missing_dir", 4, &["--sftp-dir", "/nonexistent/dir:ro"]),
        ("sftp_server_missing", 4, &["sftp-server", "--root", "/nonexistent/root"]),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        filters().bind(|| insta::assert_snapshot!(name, text(&output.stderr)));
    }
}

#[test]
fn sftp_is_spoken_on_standard_input_and_output() {
    let directory = temporary();
    let events = directory.path().join("events");
    let mut sftp = command(PROGRAM, directory.path());
    sftp.args(["sftp-server", "--events"]).arg(&events);
    let mut sftp = sftp.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Init with version 3; `mkdir /new` without attributes, as request 7.
    let mut stdin = sftp.stdin.take().unwrap();
    stdin.write_all(b"\0\0\0\x05\x01\0\0\0\x03").unwrap();
    stdin.write_all(b"\0\0\0\x11\x0e\0\0\0\x07\0\0\0\x04/new\0\0\0\0").unwrap();
    drop(stdin);
    let mut answers = Vec::new();
    sftp.stdout.take().unwrap().read_to_end(&mut answers).unwrap();
    assert!(sftp.wait().unwrap().success());
    assert_eq!(answers[4..9], *b"\x02\0\0\0\x03");
    let events = fs::read_to_string(events).unwrap();
    assert!(events.lines().any(|line| line.contains("mkdir") && line.contains("/new")), "{events}");
}

#[test]
fn a_scenario_has_files_and_rust_can_see_them() {
    let scenario = Scenario::parse(
        r#"
        users.anna.none = true
        [sftp]
        root = "tests/scenarios/files"
        [sftp.files]
        "/etc/motd" = "Welcome.\n"
        "/srv/run" = { text = "x", mode = 0o750, owner = "deploy", group = 7, mtime = "2026-01-31T12:00:00Z" }
        "/srv/latest" = { link = "run" }
        "/upload/" = { mode = "1777" }
        [sftp.users]
        deploy = { root = "/srv", start = "/home" }
        "#,
        "scenario.toml",
    );
    let scenario = scenario.unwrap();
    let files = scenario.files().unwrap();
    assert_eq!(files.read("/etc/motd").unwrap(), "Welcome.\n");
    assert!(files.exists("/os-release"));
    let shown = files.snapshot().to_string();
    let shown: Vec<_> = shown.lines().filter(|line| line.contains("/srv") || line.contains("/up")).collect();
    filters().bind(|| insta::assert_snapshot!("sftp_files", shown.join("\n")));
    let age = files.metadata("/srv/run").unwrap().modified.duration_since(UNIX_EPOCH).unwrap();
    assert_eq!(age.as_secs(), 1_769_860_800);
    assert!(Scenario::parse("sftp.enabled = false", "scenario.toml").unwrap().files().is_none());

    let server = scenario.builder().start_blocking().unwrap();
    assert_eq!(server.events().count(event::exec()), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn what_clients_do_with_files_of_a_scenario_can_be_expected() {
    if sftp_is_missing() {
        return;
    }
    let directory = temporary();
    let scenario = directory.path().join("scenario.toml");
    let text_of_it = r#"
        default = "deny"
        expect = ['sftp.open "/etc/*" none', 'sftp.close path "/upload/a" x1', 'scp.* path "/upload/b" x1']
        users.anna.none = true
        [commands]
        "scp * /refused" = { stderr = "scp: no\n", exit = 1 }
        [sftp.files]
        "/etc/motd" = "hi\n"
        "/upload/" = {}
    "#;
    fs::write(&scenario, text_of_it).unwrap();
    let file = scenario.to_str().unwrap();
    let script = "cd $0 && scp -F $1 scenario.toml anna:/upload/a && scp -OF $1 scenario.toml anna:/upload/b && \
                  ! scp -OF $1 scenario.toml anna:/refused && eval \"$2\"";
    let verify = |last: &str| {
        let path = directory.path().to_str().unwrap();
        run(&["verify", "--scenario", file, "--", "sh", "-c", script, path, "{config}", last])
    };
    let met = verify("true");
    assert_eq!(met.status.code(), Some(0), "{}", text(&met.stderr));
    let unmet = verify("scp -F $1 anna:/etc/motd .");
    assert_eq!(unmet.status.code(), Some(1), "{}", text(&unmet.stderr));
    assert!(text(&unmet.stderr).contains("sftp.open \"/etc/*\" never"), "{}", text(&unmet.stderr));
}

#[test]
fn a_scenario_says_which_parts_are_read_only_and_how_much_is_spoken() {
    if sftp_is_missing() {
        return;
    }
    let directory = temporary();
    let scenario = directory.path().join("host.toml");
    let text = r#"
        users = { none = { none = true } }
        [sftp]
        read_only = ["/etc"]
        without_extensions = ["hardlink", "copy-data"]
        files = { "/etc/motd" = "hi", "/srv/data" = "1" }
    "#;
    fs::write(&scenario, text).unwrap();
    let (mut server, ready) = Server::ready(&["--scenario", scenario.to_str().unwrap()]);
    let home = server.temporary.path();
    fs::write(home.join("batch"), "-rm /etc/motd\nrm /srv/data\nln /etc/motd /srv/motd\n").unwrap();
    let batch = client(&server, &ready, "sftp", &["-b", "batch", "none"]);
    assert!(!batch.status.success());
    let told = self::text(&batch.stderr);
    assert!(told.contains("remote delete /etc/motd: Failure"), "{told}");
    assert!(told.contains("Server does not support hardlink@openssh.com extension"), "{told}");
    assert!(!told.contains("/srv/data"), "{told}");
    server.stop(Signal::SIGTERM);
}
