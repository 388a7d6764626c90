//! Faults: by a flag, from a scenario, by requests while clients come, each as `ssh` meets it.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Output},
};

use mock_cli::Scenario;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    control::{Client, controlled},
    support::{PROGRAM, command, filters, path, run, ssh_is_missing, temporary, text},
};

/// Runs `mock-ssh verify` to its end, in this directory.
fn verify(directory: &TempDir, args: &[&str], script: &str) -> Output {
    let mut verify = command(PROGRAM, directory.path());
    verify.current_dir(directory).arg("verify").args(args).args(["--", "sh", "-c", script, "{config}"]);
    verify.output().unwrap()
}

/// `ssh` to a server that is ready.
fn ssh(ready: &Value, args: &[&str]) -> Command {
    let mut ssh = command("ssh", Path::new("/tmp"));
    ssh.arg("-F").arg(path(&ready["ssh_config"])).args(args);
    ssh
}

#[test]
fn a_client_that_tries_again_gets_through_the_faults_of_a_flag() {
    if ssh_is_missing() {
        return;
    }
    let args = [
        "--fault",
        "accept: reset; first 2; named outage",
        "--fault",
        "exit: status 9; once",
        "--expect",
        "fault \"outage\" x2",
        "--expect",
        "connected x4",
        "--expect",
        "exec x2",
    ];
    let script = "for try in 1 2 3 4; do ssh -F \"$0\" none uptime; echo $?; done";
    let output = verify(&temporary(), &args, script);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert_eq!(stdout, "255\n255\nREMOTE_OK:uptime\n9\nREMOTE_OK:uptime\n0\n");
    // By whom depends on how far `ssh` has come.
    assert!(stderr.contains("Connection reset by "), "{stderr}");
}

#[test]
fn faults_of_files_strike_over_sftp_and_over_scp() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    fs::write(directory.path().join("backup"), "data").unwrap();
    let args = [
        "--fault",
        "sftp open \"/full/*\": status failure \"disk quota exceeded\"",
        "--fault",
        "scp upload: fatal \"disk on fire\"; once",
        "--expect",
        "fault x2",
    ];
    let script = "scp -F \"$0\" -s backup none:/full/backup; scp -F \"$0\" -O backup none:/; scp -F \"$0\" -O backup none:/";
    let output = verify(&directory, &args, &format!("ssh -F \"$0\" -o LogLevel=ERROR none true; {script}"));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.contains("dest open \"/full/backup\": Failure") && stderr.contains("disk on fire"),
        "{stderr}"
    );
}

#[test]
fn faults_of_the_agent_come_from_a_file_a_flag_and_a_request() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    let file = directory.path().join("agent.toml");
    let scenario = "faults = ['agent sign: refuse; once']\ncommands.uptime = \"up\"\n[users]\nanna = { key = 'ed25519' }\n";
    fs::write(&file, scenario).unwrap();
    let args = ["--scenario", file.to_str().unwrap(), "--fault", "agent sign: close; nth 2"];
    let (mut server, ready, mut client) = controlled(&args);
    let socket = path(&ready["agent_socket"]);
    // With the agent alone: the configuration has a key file as well.
    let known_hosts = format!("UserKnownHostsFile={}", ready["known_hosts_file"].as_str().unwrap());
    let port = ready["port"].to_string();
    let login = || {
        let mut ssh = command("ssh", Path::new("/tmp"));
        ssh.args([
            "-F",
            "none",
            "-o",
            &known_hosts,
            "-o",
            "IdentityFile=none",
            "-o",
            "BatchMode=yes",
            "-p",
            &port,
        ]);
        ssh.args(["anna@127.0.0.1", "uptime"]).env("SSH_AUTH_SOCK", &socket).output().unwrap()
    };
    for expected in ["agent refused operation", "error in libcrypto|communication with agent failed"] {
        let output = login();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(255), "{stderr}");
        assert!(expected.split('|').any(|expected| stderr.contains(expected)), "{expected}: {stderr}");
    }
    assert_eq!(text(&login().stdout), "up\n");
    let added = client.ask(&json!({ "command": "fault.add", "fault": "agent any: refuse" }));
    assert_eq!(added, json!({ "ok": true, "number": 3 }));
    assert_eq!(login().status.code(), Some(255));
    client.ask(&json!({ "command": "reset" }));
    assert_eq!(login().status.code(), Some(255), "that of the file strikes anew");
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn an_agent_by_itself_has_faults() {
    if ssh_is_missing() {
        return;
    }
    let args = [
        "--generate",
        "ed25519",
        "--fault",
        "agent request_identities: refuse; once",
        "--expect",
        "fault x1",
    ];
    let output = run(&[&["agent"], &args[..], &["--", "sh", "-c", "ssh-add -l; ssh-add -l"]].concat());
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stderr.contains("agent refused operation"), "{stderr}");
}

#[test]
fn the_faults_of_a_scenario_are_those_of_its_servers_and_of_what_it_includes() {
    if ssh_is_missing() {
        return;
    }
    let directory = temporary();
    for (name, text) in [
        (
            "lab.toml",
            r#"
            include = "weather.toml"
            expect = ['fault on "bastion" x3', 'fault on "db01" x2', 'fault on "db01" stage "request exec" x1']
            faults = ["exit: status 7; once"]
            commands = { "uptime" = "up" }
            [users]
            anna = { key = "ed25519" }
            [[server]]
            name = "bastion"
            faults = ["accept: close; nth 2"]
            forward = [{ to = "db01:22", server = "db01" }]
            [[server]]
            name = "db01"
            faults = "request exec: fail; once"
            "#,
        ),
        ("weather.toml", "faults = ['channel session: refuse resource-shortage; once']\n"),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    let script =
        "for host in anna db01; do for try in 1 2 3; do ssh -F \"$0\" $host uptime; echo $?; done; done";
    let output = verify(&directory, &["--scenario", "lab.toml"], script);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert_eq!(stdout, "255\n255\nup\n7\n255\nup\n7\nup\n0\n", "{stderr}");
    for told in ["resource shortage", "closed by remote host", "exec request failed"] {
        assert!(stderr.contains(told), "{told}: {stderr}");
    }
}

#[test]
fn each_server_that_is_made_of_a_scenario_counts_for_itself() {
    let text = "faults = ['accept: reset; once', 'sftp any: delay 1s']\n[sftp]\n";
    let scenario = Scenario::parse(text, "scenario.toml").unwrap();
    for _ in 0..2 {
        let server = scenario.builder().start_blocking().unwrap();
        let faults = server.faults().list();
        assert_eq!((faults.len(), faults[0].struck, &*faults[0].fault), (1, 0, "accept: reset; once"));
        let _reset = std::net::TcpStream::connect(server.addr());
        server.events().wait_for(mock_core::event::fault()).blocking().unwrap();
        assert_eq!(server.faults().list()[0].struck, 1);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn a_fault_is_switched_while_clients_come() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready, mut client) = controlled(&["--fault", "exit: status 3"]);
    let status = |args: &[&str]| ssh(&ready, args).output().unwrap().status.code();
    let mut ask = |request: Value| {
        let answer = client.ask(&request);
        assert_eq!(answer["ok"], true, "{request}: {answer}");
        answer
    };
    let outage = json!({ "command": "fault.add", "fault": "login: fail; named outage", "on": false });
    let outage = ask(outage)["number"].clone();
    assert_eq!(outage, 2, "behind that of the flag");
    assert_eq!(status(&["none", "uptime"]), Some(3));
    let struck = |ask: &mut dyn FnMut(Value) -> Value| {
        let faults = ask(json!({ "command": "fault.list" }))["faults"].clone();
        let line = |fault: &Value| format!("{} {} {}", fault["fault"], fault["on"], fault["struck"]);
        faults.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let [of_flag, of_request] = ["\"exit: status 3\"", "\"login: fail; named outage\""];
    assert_eq!(struck(&mut ask), [format!("{of_flag} true 1"), format!("{of_request} false 0")]);

    ask(json!({ "command": "fault.switch", "number": 1, "on": false }));
    ask(json!({ "command": "fault.switch", "number": outage, "on": true }));
    assert_eq!(status(&["pubkey", "uptime"]), Some(255));
    ask(json!({ "command": "fault.switch", "number": outage, "on": false }));
    assert_eq!(status(&["pubkey", "uptime"]), Some(0));
    assert_eq!(struck(&mut ask), [format!("{of_flag} false 1"), format!("{of_request} false 1")]);

    // What a request has added is gone after a reset, and what was there before is as it was.
    ask(json!({ "command": "reset" }));
    assert_eq!(struck(&mut ask), [format!("{of_flag} true 0")]);
    assert_eq!(status(&["none", "uptime"]), Some(3));
    ask(json!({ "command": "fault.remove", "number": 1 }));
    assert_eq!(status(&["none", "uptime"]), Some(0));
    let again = ask(json!({ "command": "fault.add", "fault": "sftp any: status failure" }));
    assert_eq!(again["number"], 3, "a number is given once");
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn who_is_connected_meets_a_fault_that_is_added_now() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready, mut client) = controlled(&[]);
    let socket = server.temporary.path().join("master");
    let master = ["-S", socket.to_str().unwrap()];
    let start = [&["-M", "-f", "-N", "-o", "ControlPersist=yes"], &master[..], &["none"]].concat();
    assert!(ssh(&ready, &start).status().unwrap().success());
    let mut same = |request: Option<Value>| {
        let _answer = request.map(|request| client.ask(&request));
        ssh(&ready, &[&master[..], &["none", "uptime"]].concat()).output().unwrap().status.code()
    };
    assert_eq!(same(None), Some(0));
    assert_eq!(same(Some(json!({ "command": "fault.add", "fault": "request exec: fail" }))), Some(255));
    assert_eq!(same(Some(json!({ "command": "fault.remove", "number": 1 }))), Some(0));
    let connections = client_connections(&mut client);
    assert_eq!(connections, 1);
    assert!(server.stop(Signal::SIGTERM).success());
}

fn client_connections(client: &mut Client) -> usize {
    client.ask(&json!({ "command": "events", "query": "connected" }))["events"].as_array().unwrap().len()
}

#[test]
fn what_is_no_fault_is_told() {
    let mut told = String::new();
    for args in [
        &["serve", "--fault", "kexx: stall"][..],
        &["serve", "--fault", "sfpt open: status failure"],
        &["serve", "--fault", "dance: stall"],
        &["serve", "--fault", "accept:reset"],
        &["serve", "--fault", "sftp open \"/a b\":stall"],
        &["agent", "--fault", "agent sign:refuse; nth 2"],
        &["agent", "--fault", "agent sign SHA256:abc refuse"],
        &["verify", "--fault", "kex: stal; first 2", "--", "true"],
        &["serve", "--fault", "sftp open: stal"],
        &["serve", "--no-sftp", "--fault", "scp upload: stall"],
        &["sftp-server", "--fault", "kex: stall"],
        &["sftp-server", "--fault", "scp upload: stall"],
        &["serve", "--pubkey-user", "", "--fault", "agent any: silence"],
        &["agent", "--fault", "kex: stall"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        writeln!(told, "$ mock-ssh {}\n{}", args.join(" "), text(&output.stderr)).unwrap();
    }
    let directory = temporary();
    fs::write(directory.path().join("a.toml"), "faults = 'sftp open: stall'\n").unwrap();
    let output = verify(&directory, &["--scenario", "a.toml"], "true");
    assert_eq!(output.status.code(), Some(2));
    writeln!(told, "$ mock-ssh verify --scenario a.toml\n{}", text(&output.stderr)).unwrap();
    filters().bind(|| insta::assert_snapshot!("faults_wrong", told));
}
