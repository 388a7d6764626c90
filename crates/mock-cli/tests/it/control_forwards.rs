//! Requests about forwards, with `ssh` as the client: rules that change while it is connected, and connections that the test
//! opens.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
};

use mock_agent::MockAgent;
use serde_json::{Value, json};

use crate::{
    control::{Client, controlled},
    serve_scenario::ssh_is_missing,
    support::{Server, command},
};

/// `ssh` through the files of the server's client kit, with a master that forwards come and go on.
struct Master {
    child: Child,
    home: PathBuf,
    config: String,
    socket: String,
}

impl Master {
    fn start(server: &Server, ready: &Value, control: &mut Client) -> Self {
        let config = ready["ssh_config"].as_str().unwrap().to_owned();
        let socket = server.temporary.path().join("master").to_str().unwrap().to_owned();
        let mut ssh = command("ssh", server.temporary.path());
        ssh.args(["-F", &config, "-N", "-M", "-S", &socket, "-o", "PermitLocalCommand=yes"]);
        ssh.args(["-o", "LocalCommand=echo ready", "anna"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = ssh.spawn().unwrap();
        let mut said = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        assert_eq!(&said, b"ready\n");
        assert_eq!(control.ask(&json!({ "command": "wait", "query": "login anna" }))["ok"], true);
        Self { child, home: server.temporary.path().to_owned(), config, socket }
    }

    /// Whether the master does this.
    fn does(&self, what: &str, options: &[&str]) -> bool {
        let mut ssh = command("ssh", &self.home);
        ssh.args(["-F", &self.config, "-S", &self.socket, "-O", what]).args(options).arg("anna");
        ssh.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// What comes of a connection to there that is let through.
    fn reach(&self, target: &str) -> Option<String> {
        let mut ssh = command("ssh", &self.home);
        ssh.args(["-F", &self.config, "-S", &self.socket, "-W", target, "anna"]).stdin(Stdio::null());
        let output = ssh.output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn number(answer: &Value) -> u64 {
    answer["number"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn rules_for_forwards_change_and_are_gone_after_a_reset() {
    if ssh_is_missing() {
        return;
    }
    let (server, ready, mut control) = controlled(&[
        "--none-user",
        "anna",
        "--forward",
        r#"to = "db01:5432", reply = "old""#,
        "--remote-forward",
        r#"at = "localhost:*", refuse = true"#,
    ]);
    let master = Master::start(&server, &ready, &mut control);
    assert_eq!(master.reach("db01:5432").as_deref(), Some("old"));
    let rule = json!({ "to": "db01:*", "reply": "new" });
    let new = number(&control.ask(&json!({ "command": "forward.add", "rule": rule })));
    assert_eq!(master.reach("db01:5432").as_deref(), Some("new"));
    let rule = json!({ "to": "db01:*", "refuse": "No route to host" });
    let replaced = control.ask(&json!({ "command": "forward.replace", "number": new, "rule": rule }));
    assert_eq!(master.reach("db01:5432"), None);
    let listed = control.ask(&json!({ "command": "forward.list" }));
    let hits: Vec<_> = listed["rules"].as_array().unwrap().iter().map(|rule| &rule["hits"]).collect();
    assert_eq!(hits, [1, 1]);
    let gone = control.ask(&json!({ "command": "forward.remove", "number": new }));
    assert_eq!(gone["error"]["code"], "not_found");
    assert_eq!(number(&replaced), number(&listed["rules"][0]));

    assert!(!master.does("forward", &["-R", "8080:127.0.0.1:1"]));
    let rule = json!({ "at": "localhost:8080" });
    let added = number(&control.ask(&json!({ "command": "remote_forward.add", "rule": rule })));
    assert!(master.does("forward", &["-R", "8080:127.0.0.1:1"]));
    assert_eq!(control.ask(&json!({ "command": "remote_forward.remove", "number": added }))["ok"], true);
    assert!(!master.does("forward", &["-R", "localhost:8081:127.0.0.1:1"]));
    let wrong = control.ask(&json!({ "command": "remote_forward.add", "rule": { "att": "*" } }));
    assert_eq!(wrong["error"]["code"], "bad_rule");

    assert_eq!(control.ask(&json!({ "command": "reset" }))["ok"], true);
    assert_eq!(master.reach("db01:5432").as_deref(), Some("old"));
    for list in ["forward.list", "remote_forward.list"] {
        assert_eq!(control.ask(&json!({ "command": list }))["rules"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_connection_to_where_a_client_has_the_server_listen_is_a_socket() {
    if ssh_is_missing() {
        return;
    }
    let (server, ready, mut control) =
        controlled(&["--none-user", "anna", "--remote-forward", r#"at = "*""#]);
    let master = Master::start(&server, &ready, &mut control);
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = service.local_addr().unwrap();
    for forward in [format!("8080:{to}"), format!("/run/app.sock:{to}"), "8081:127.0.0.1:1".to_owned()] {
        assert!(master.does("forward", &["-R", &forward]));
    }
    for place in [json!({ "port": 8080 }), json!({ "socket": "/run/app.sock" })] {
        let mut request = place.clone();
        request["command"] = "connect_forwarded".into();
        let door = control.ask(&request);
        let port = u16::try_from(door["port"].as_u64().unwrap_or_else(|| panic!("{door}"))).unwrap();
        let mut stream = TcpStream::connect((door["address"].as_str().unwrap(), port)).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let (mut there, _) = service.accept().unwrap();
        let (mut asked, mut came) = (String::new(), String::new());
        there.read_to_string(&mut asked).unwrap();
        there.write_all(asked.to_uppercase().as_bytes()).unwrap();
        drop(there);
        stream.read_to_string(&mut came).unwrap();
        assert_eq!(came, "HELLO", "{place}");
        // It was for one connection.
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
    let code = |answer: Value| answer["error"]["code"].as_str().map(str::to_owned).unwrap();
    let refused = control.ask(&json!({ "command": "connect_forwarded", "port": 8081 }));
    assert_eq!(code(refused), "not_opened");
    assert_eq!(code(control.ask(&json!({ "command": "connect_forwarded", "port": 80 }))), "not_found");
    assert_eq!(code(control.ask(&json!({ "command": "connect_forwarded" }))), "bad_request");
    // Whoever does not come in time leaves a connection that is closed.
    let late = control.ask(&json!({ "command": "connect_forwarded", "port": 8080, "within": "1s" }));
    assert_eq!(late["ok"], true);
    let (mut there, _) = service.accept().unwrap();
    assert_eq!(there.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn the_agent_that_a_client_offers_is_a_socket() {
    if ssh_is_missing() {
        return;
    }
    let (server, ready, mut control) = controlled(&["--none-user", "anna"]);
    let config = ready["ssh_config"].as_str().unwrap();
    let agent = MockAgent::builder().start_blocking().unwrap();
    let mut ssh = command("ssh", server.temporary.path());
    ssh.args(["-F", config, "-A", "-T", "-o", "IdentityAgent=SSH_AUTH_SOCK", "anna"]);
    // As long as its input is open, so is the channel with its offer.
    ssh.env("SSH_AUTH_SOCK", agent.socket_path()).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut ssh = ssh.spawn().unwrap();
    let offered = control.ask(&json!({ "command": "wait", "query": "agent_forward" }));
    assert_eq!(offered["seen"]["accepted"], true, "{offered}");
    let door = control.ask(&json!({ "command": "connect_agent" }));
    let port = u16::try_from(door["port"].as_u64().unwrap_or_else(|| panic!("{door}"))).unwrap();
    let (mut stream, mut came) = (TcpStream::connect(("127.0.0.1", port)).unwrap(), [0; 9]);
    stream.write_all(&[0, 0, 0, 1, 11]).unwrap();
    stream.read_exact(&mut came).unwrap();
    assert_eq!(came, [0, 0, 0, 5, 12, 0, 0, 0, 0], "no identities");
    let code = control.ask(&json!({ "command": "connect_x11" }))["error"]["code"].clone();
    assert_eq!(code, "not_found");
    // With it the channel ends, for which the client waits.
    drop(stream);
    drop(ssh.stdin.take());
    ssh.wait().unwrap();
}

#[test]
fn a_rule_may_lead_to_a_server_of_the_file_or_to_what_is_in_one() {
    if ssh_is_missing() {
        return;
    }
    let directory = crate::support::temporary();
    let file = directory.path().join("lab.toml");
    let lab = r#"
users.anna.none = true
[[server]]
name = "bastion"
forward = { to = "lab:1", file = "lab.toml" }
[[server]]
name = "db01"
"#;
    std::fs::write(&file, lab).unwrap();
    let (server, ready, mut control) = controlled(&["--scenario", file.to_str().unwrap()]);
    let master = Master::start(&server, &ready, &mut control);
    assert_eq!(master.reach("lab:1").as_deref(), Some(lab));
    assert_eq!(master.reach("database:22"), None);
    let rule = json!({ "to": "database:22", "server": "db01" });
    assert_eq!(control.ask(&json!({ "command": "forward.add", "rule": rule }))["ok"], true);
    assert!(master.reach("database:22").unwrap().starts_with("SSH-2.0-"));
    let hop = control.ask(&json!({ "command": "wait", "query": "connected on db01" }));
    assert_eq!(hop["seen"]["via"], json!(["bastion"]), "{hop}");
    let rule = json!({ "to": "*", "server": "db02" });
    let wrong = control.ask(&json!({ "command": "forward.add", "rule": rule }));
    assert_eq!(wrong["error"]["hint"], "there are `bastion`, `db01`");
}
