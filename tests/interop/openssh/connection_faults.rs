//! Faults, as `ssh` tells of them.

use mock_core::{KitUser, MockSshServer};
use support::{Askpass, Client, OpenSsh};

use crate::faults::connection::{self, Does, Outcome, play};

/// What goes through `cat`.
fn input() -> Vec<u8> {
    [[b'x'; 31].as_slice(), b"\n"].concat().repeat(256)
}

fn ssh(server: &MockSshServer, does: Does, when_started: &mut dyn FnMut()) -> Outcome {
    let ssh = OpenSsh::with_users(server, [KitUser::new("anna")]);
    let askpass = Askpass::new(ssh.home(), &[("password", "hunter2")]);
    let mut command =
        ssh.command("ssh", ["-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=password"]);
    if does == Does::LosesPatience {
        command.args(["-o", "ConnectTimeout=1"]);
    }
    let input_file = ssh.home().file("input", input());
    command.args(["anna", "cat"]).stdin(std::fs::File::open(input_file).unwrap());
    let client = Client::start_with(askpass.for_command(&mut command));
    when_started();
    let finished = client.finish();
    let works = finished.code() == 0 && finished.stdout == input();
    let printed = finished.stderr().replace(&ssh.home().path().display().to_string(), "HOME");
    let status = Some(finished.code()).filter(|code| *code != 0);
    let printed = printed + &status.map_or_else(String::new, |code| format!("\nexit status {code}"));
    Outcome { works, printed }
}

#[test]
fn before_there_are_keys() {
    play("OpenSSH", connection::handshakes(), ssh);
}

#[test]
fn while_it_logs_in() {
    play("OpenSSH", connection::logins(), ssh);
}

#[test]
fn until_its_command_runs() {
    play("OpenSSH", connection::sessions(), ssh);
}

#[test]
fn while_its_command_runs() {
    play("OpenSSH", connection::programs(), ssh);
}
