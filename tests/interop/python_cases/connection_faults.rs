//! Faults of connections, logins and channels, in the words of a library.

use mock_core::{KitUser, MockSshServer};
use serde_json::json;
use support::Python;

use crate::faults::connection::{Case, Does, Outcome, play};

fn run(script: &str, server: &MockSshServer, does: Does, when_started: &mut dyn FnMut()) -> Outcome {
    let python = Python::new(server, KitUser::new("anna"));
    let patience = if does == Does::LosesPatience { 1 } else { 20 };
    let running = python.start(script, json!({ "patience": patience }));
    when_started();
    let came = running.finish();
    let printed = came["works"].as_str().or(came["fails"].as_str()).unwrap_or_default();
    let printed = printed.replace(&python.home().path().display().to_string(), "HOME");
    Outcome { works: printed == "8192 bytes, status 0", printed }
}

pub(crate) fn with_paramiko(cases: Vec<Case>) {
    play("Paramiko", cases, |server, does, started| {
        run("paramiko_connection_faults.py", server, does, started)
    });
}

pub(crate) fn with_asyncssh(cases: Vec<Case>) {
    play("AsyncSSH", cases, |server, does, started| {
        run("asyncssh_connection_faults.py", server, does, started)
    });
}
