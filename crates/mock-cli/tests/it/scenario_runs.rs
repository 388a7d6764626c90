//! Scenarios that run: what a file says is what `ssh` meets, and what is held to in the end.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mock_cli::Scenario;

use crate::{
    running::Running,
    support::{ssh_is_missing, text},
};

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/reference.toml")
}

#[test]
fn the_reference_does_what_its_comments_say() {
    let scenario = Scenario::load(reference()).unwrap();
    let names: Vec<_> = scenario.users().iter().map(|user| user.name().to_owned()).collect();
    assert_eq!(names, ["deploy", "anna", "monitor", "operator", "guest"]);
    assert!(scenario.has_identities());
    let built = format!("{:?}", scenario.builder());
    for option in [
        "name: \"db01\"",
        "handshake_timeout: Some(30s)",
        "connection_timeout: Some(600s)",
        "inactivity_timeout: Some(300s)",
        "grace: 500ms",
        "max_connections: 100",
        "max_auth_attempts: 6",
        "recorded_stdin: 65536",
        "seed: Some(Seed(42))",
        "ciphers: [\"aes256-gcm@openssh.com\", \"aes128-ctr\"]",
    ] {
        assert!(built.contains(option), "{option}: {built}");
    }
    let files = scenario.files().unwrap();
    assert_eq!(
        files.list("/").unwrap(),
        ["anna.pub", "etc", "host_key", "listing.txt", "os-release", "srv", "upload"]
    );
    assert_eq!(files.list("/srv").unwrap(), ["current", "guest", "listing", "run"]);
    assert_eq!(files.metadata("/upload").unwrap().mode, 0o1777);
    if ssh_is_missing() {
        return;
    }
    let running = Running::start(&scenario);

    let deploy = ["-T", "-o", "SetEnv=LANG=C.UTF-8", "deploy", "deploy --site s1 --now -v"];
    let output = running.ssh(&deploy, "v1\n");
    assert_eq!(text(&output.stdout), "deploy deploys s1\n", "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("Authorised users only."), "{}", text(&output.stderr));
    assert!(text(&output.stderr).ends_with("call 1\n"));
    assert_eq!(running.server.state().get("site"), "new");

    running.answers("monitor", "uptime", 0, "up 3 days\n");
    running.answers("monitor", "true", 0, "");
    running.answers("monitor", "false", 1, "");
    running.answers("monitor", "retry", 1, "");
    running.answers("monitor", "retry", 0, "done\n");
    running.answers("monitor", "flaky", 75, "");
    running.answers("monitor", "flaky", 0, "ready\n");
    running.answers("monitor", "flaky", 0, "");
    running.answers("guest", "whoami", 0, "mock\n");
    let listing = "total 2\n-rw-r--r-- 1 operator staff 12 /srv/site.tar\n";
    running.answers("operator", "ls /srv", 0, listing);
    assert_eq!(text(&running.ssh(&["-T", "monitor", "cat"], "as it is").stdout), "as it is");

    let shell = running.ssh(&["-T", "monitor"], "show version\nenable\nreload\nexit\n");
    assert_eq!(text(&shell.stdout), "Welcome.\ndb01> Version 15.2\ndb01> db01# db01# db01> ");
    assert!(text(&shell.stderr).ends_with("% Not now\n"));

    let netconf = running.ssh(&["-s", "monitor", "netconf"], "<hello/>]]>]]><rpc/>]]>]]>");
    assert_eq!(text(&netconf.stdout), "<hello/>]]>]]><rpc-reply><ok/></rpc-reply>]]>]]>");

    running.server.shutdown().blocking().unwrap();
}

#[test]
fn the_reference_is_in_the_documentation() {
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenario.md");
    let reference = fs::read_to_string(reference()).unwrap();
    assert!(
        fs::read_to_string(documentation).unwrap().contains(&format!("```toml\n{reference}```\n")),
        "docs/scenario.md has the text of tests/scenarios/reference.toml"
    );
}

#[test]
fn what_is_expected_is_verified_in_the_end() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of(
        r#"
        expect = ['exec "make *" x2', 'exec "rm *" none']
        expect_in_order = [['exec "make install"', 'exec "make test"'], ['login', 'exec']]
        default = "echo"
        [users]
        anna.none = true
        [[exec]]
        on = "uptime"
        expect = "1.."
        "#,
    );
    running.answers("anna", "make test", 0, "REMOTE_OK:make test\n");
    running.answers("anna", "make install", 0, "REMOTE_OK:make install\n");
    running.answers("anna", "rm -r /", 0, "REMOTE_OK:rm -r /\n");
    let report = running.server.shutdown().blocking().unwrap_err().to_string();
    for unmet in ["exec \"rm *\" never", "exec \"uptime\" at least once", "step 2 came only before step 1"] {
        assert!(report.contains(unmet), "{unmet}: {report}");
    }
    assert!(!report.contains("exactly twice"), "{report}");
}

#[test]
fn strictness_fails_for_what_is_not_scripted() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of("server.strict = true\nusers.anna.none = true\ncommands.uptime = \"up\"\n");
    running.answers("anna", "uptime", 0, "up\n");
    running.answers("anna", "uptimes", 127, "");
    let report = running.server.shutdown().blocking().unwrap_err().to_string();
    assert!(report.contains("uptimes"), "{report}");
}

#[test]
fn states_begin_as_written_and_rules_change_them() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of(
        r#"
        users.anna.none = true
        state.lock = "free"
        [[exec]]
        on = "lock"
        in_state = { lock = "free" }
        then_state = { lock = "held" }
        [commands]
        "lock" = { stderr = "it is held\n", exit = 1 }
        "unlock" = { in_state = { lock = "held" }, then_state = { lock = "free" } }
        "#,
    );
    for (command, status) in [("lock", 0), ("lock", 1), ("unlock", 0), ("lock", 0), ("lock", 1)] {
        running.answers("anna", command, status, "");
    }
    // A reset begins anew, and the file still says how.
    running.server.reset();
    running.answers("anna", "lock", 0, "");
    running.server.shutdown().blocking().unwrap();
}

#[test]
fn what_is_denied_is_refused_and_what_has_a_rule_is_not() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of("default = \"deny\"\nusers.anna.none = true\ncommands.\"up*\" = \"up\"\n");
    running.answers("anna", "uptime", 0, "up\n");
    let output = running.ssh(&["-T", "anna", "id"], "");
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).contains("exec request failed"), "{}", text(&output.stderr));
    running.server.shutdown().blocking().unwrap();
}

#[test]
fn a_reply_in_pieces_is_played_in_its_order_and_may_end_by_a_signal() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of(
        r#"
        expect = ['exit signal "SEGV"', 'exec "crash" x1', 'stdin x1']
        users.anna.none = true
        [commands]
        "crash" = { bandwidth = 100000, signal = { name = "SEGV", core_dumped = true }, pieces = [
            { stdout = "a" }, { read_stdin = true }, { file = "tests/scenarios/files/os-release" }, { stdout = "b" },
        ] }
        "#,
    );
    let output = running.ssh(&["-T", "anna", "crash"], "input");
    assert_eq!(text(&output.stdout), "aPRETTY_NAME=\"Mock Linux 1\"\nb");
    assert_eq!(output.status.code(), Some(255));
    running.server.shutdown().blocking().unwrap();
}

#[test]
fn captures_fill_templates_in_every_place() {
    if ssh_is_missing() {
        return;
    }
    let running = Running::of(
        r#"
        users.anna.none = true
        [commands]
        '~^(?<verb>\w+) (?<what>.+)$' = { template = true, pieces = [
            { stdout = "{{ verb }} " }, { pause = "1ms" }, { stdout = "{{ what | upper }} by {{ user }}\n" },
        ] }
        "#,
    );
    running.answers("anna", "stop nginx", 0, "stop NGINX by anna\n");
    running.server.shutdown().blocking().unwrap();
}

#[test]
fn subsystems_go_before_those_of_included_files_and_before_sftp() {
    if ssh_is_missing() {
        return;
    }
    let directory = crate::support::temporary();
    let file = directory.path().join("scenario.toml");
    let common = "[subsystems]\nsftp = 'of the other'\nhello = { stdout = 'hello', exit = 3 }\n";
    fs::write(directory.path().join("common.toml"), common).unwrap();
    let scenario =
        "include = ['common.toml']\nusers.anna.none = true\nsubsystems.sftp = 'no files here'\n[sftp]\n";
    fs::write(&file, scenario).unwrap();
    let running = Running::start(&Scenario::load(&file).unwrap());
    for (name, status, stdout) in [("sftp", 0, "no files here\n"), ("hello", 3, "hello"), ("other", 255, "")]
    {
        let output = running.ssh(&["-s", "anna", name], "");
        let found = (output.status.code(), text(&output.stdout));
        assert_eq!(found, (Some(status), stdout.to_owned()), "{name}");
    }
    let wrong = "[subsystems]\nnetconf = { pieces = [{ read_until = '' }, { read_untl = 'x' }] }\n";
    let told = Scenario::parse(wrong, "scenario.toml").unwrap_err().to_string();
    assert!(
        told.contains("nothing ends with an empty text") && told.contains("did you mean `read_until`?"),
        "{told}"
    );
}
