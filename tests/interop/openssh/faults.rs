//! Faults as OpenSSH meets them.

use std::process::{Command, Stdio};

use mock_core::{KitUser, event};
use support::{Client, Finished, OpenSsh, noise};

use crate::faults::{
    WAITS, agents, all_right,
    files::{self, Does, Troubled, Waits},
};

/// Lets `sftp` or `scp` meet a fault, and checks what it says.
fn met(at: Troubled) -> Result<(), String> {
    let ssh = OpenSsh::new(&at.server, "anna");
    let _local = ssh.home().file("local", noise(100 * 1024));
    let batch = match at.case.does {
        Does::Connect => "pwd",
        Does::Get => "get /up/file back",
        Does::GetBig => "get /up/big back",
        Does::Put => "put local /up/new",
        Does::List => "ls -1 /up",
        Does::Rename => "rename /up/file /up/other",
        Does::ScpGet => return said(at, &mut ssh.command("scp", ["-O", "anna:/up/file", "back"]), ""),
        Does::ScpPut => return said(at, &mut ssh.command("scp", ["-O", "local", "anna:/up/new"]), ""),
    };
    said(at, &mut ssh.command("sftp", ["-b", "-", "anna"]), batch)
}

fn said(at: Troubled, command: &mut Command, input: &str) -> Result<(), String> {
    let mut client = Client::start_with_input(command.stderr(Stdio::piped()));
    if !input.is_empty() {
        client.send(format!("{input}\n").as_bytes());
    }
    client.end_input();
    if at.case.waits == Waits::All {
        at.server.events().wait_for(event::fault()).blocking().unwrap();
        at.server.stopper().stop();
        // It is there until the server goes.
        let finished = client.finish();
        finished.failed(finished.code().max(1), "the server is shutting down");
        return at.check("OpenSSH", WAITS);
    }
    let finished = client.finish();
    at.check("OpenSSH", &complaint(&finished))
}

/// What it complains of, in order: of `ssh` and of the program that started it, either may be the first to say something.
fn complaint(finished: &Finished) -> String {
    let stderr = finished.stderr();
    let mut lines: Vec<_> = stderr.lines().map(str::trim).map(str::to_owned).collect();
    lines.sort_unstable();
    if finished.code() > 0 && lines.is_empty() {
        lines.push(format!("exit status {}", finished.code()));
    }
    assert_eq!(finished.code() == 0, lines.is_empty(), "{finished}");
    lines.join("\n")
}

/// Lets `ssh` log in with an agent, and checks what it says.
fn met_with(at: agents::Troubled) -> Result<(), String> {
    let user = KitUser::new("anna").agent_socket(at.agent.socket_path());
    let ssh = OpenSsh::with_users(&at.server, [user]);
    let client = Client::start(&mut ssh.ssh(["anna", "true"]));
    if at.waits {
        at.agent.events().wait_for(event::fault()).blocking().unwrap();
        at.server.stopper().stop();
        at.agent.stopper().stop();
        assert_ne!(client.finish().code(), 0);
        return at.check("OpenSSH", WAITS);
    }
    at.check("OpenSSH", &complaint(&client.finish()))
}

#[test]
fn faults_of_agents_are_met() {
    all_right(agents::all().into_iter().filter_map(|at| met_with(at).err()));
}

#[test]
fn faults_of_sftp_are_met() {
    all_right(files::sftp().into_iter().filter_map(|at| met(at).err()));
}

#[test]
fn faults_of_scp_are_met() {
    all_right(files::scp().into_iter().filter_map(|at| met(at).err()));
}
