//! Commands, shells and much data, after a login by password.

use std::sync::Arc;

use mock_auth::Password;
use mock_core::{Builder, Control, Exec, Exit, KitUser, MockSshServer, Reply, Session, Shell, any, event};
use serde_json::{Value, json};
use support::{Python, noise};
use tokio::sync::Barrier;

/// Lets this be done on a server, and returns what came of it.
fn on(builder: Builder, script: &str, given: Value) -> (Value, MockSshServer) {
    let server = builder.auth(Password::new("anna", "hunter2")).start_blocking().unwrap();
    let came = Python::new(&server, KitUser::new("anna")).run(script, given);
    (came, server)
}

fn builder() -> Builder {
    MockSshServer::builder()
}

pub(crate) fn outputs(script: &str) {
    let reply = Reply::fail(7).stdout("to stdout\n").stderr("to stderr\n");
    let exec = Exec::on("both").reply(reply);
    let (came, server) = on(builder().exec(exec), script, json!({"do": "outputs"}));
    assert_eq!(came, json!({"stdout": "to stdout\n", "stderr": "to stderr\n", "status": 7}));
    let env = server.events().first(event::env()).unwrap();
    assert_eq!((&*env.name, &*env.value), ("COLOUR", "red"));
    server.shutdown().blocking().unwrap();
}

/// What the library makes of an exit signal.
pub(crate) fn exit_signal(script: &str) -> Value {
    let killed = Reply::ok().stdout("so far\n").exit(Exit::signal("KILL"));
    let exec = Exec::on("killed").reply(killed);
    let (came, server) = on(builder().exec(exec), script, json!({"do": "exit_signal"}));
    assert_eq!(came["stdout"], "so far\n");
    server.shutdown().blocking().unwrap();
    came
}

pub(crate) fn half_close(script: &str) {
    let exec = Exec::on("wc -c").run(async |mut session: Session| {
        let input = session.read_to_end(1 << 24).await?;
        session.write(format!("{}\n", input.len())).await
    });
    // More than a window, so that it has to be opened again.
    let length = 5_000_000;
    let given = json!({"do": "half_close", "length": length});
    let (came, server) = on(builder().exec(exec), script, given);
    assert_eq!(came, json!({"stdout": "5000000\n", "status": 0}));
    assert_eq!(server.events().first(event::stdin_eof()).unwrap().bytes, length);
    server.shutdown().blocking().unwrap();
}

pub(crate) fn many_channels(script: &str, count: usize) {
    let together = Arc::new(Barrier::new(count));
    let exec = Exec::on(any()).run(move |mut session: Session| {
        let together = Arc::clone(&together);
        async move {
            // Nobody goes on before all are here.
            together.wait().await;
            let command = session.request().command_text().into_owned();
            session.write(command).await
        }
    });
    let given = json!({"do": "many", "count": count});
    let (came, server) = on(builder().exec(exec), script, given);
    let expected: Vec<_> = (0..count).map(|number| format!("meet {number}")).collect();
    assert_eq!(came, json!({"stdout": expected}));
    assert_eq!(server.events().count(event::connected()), 1);
    server.shutdown().blocking().unwrap();
}

pub(crate) fn big_output(script: &str) {
    let data = noise(16 << 20);
    let exec = Exec::on("big").reply(Reply::ok().stdout(data.clone()));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("came");
    let (came, server) = on(builder().exec(exec), script, json!({"do": "big", "file": file}));
    assert_eq!(came, json!({"status": 0}));
    let read = std::fs::read(file).unwrap();
    assert!(read == data, "{} bytes came", read.len());
    server.shutdown().blocking().unwrap();
}

pub(crate) fn shell(script: &str) {
    let (came, server) = on(builder().shell(Shell::echo("$ ")), script, json!({"do": "shell"}));
    let screen = "$ uname -r\r\nREMOTE_OK:uname -r\r\n$ ";
    assert_eq!(came, json!({"screen": screen, "status": 0}));
    let pty = server.events().first(event::pty()).unwrap();
    assert_eq!((&*pty.term, pty.columns, pty.rows), ("vt100", 101, 37));
    let change = server.events().first(event::window_change()).unwrap();
    assert_eq!((change.columns, change.rows), (132, 43));
    server.shutdown().blocking().unwrap();
}

pub(crate) fn signal(script: &str) {
    let exec = Exec::on("wait").run(async |mut session: Session| {
        session.write("ready\n").await?;
        let control = session.control().await;
        assert_eq!(control, Some(Control::Signal("TERM".to_owned())));
        session.write("told\n").await?;
        std::io::Result::Ok(3_u32)
    });
    let (came, server) = on(builder().exec(exec), script, json!({"do": "signal"}));
    assert_eq!(came, json!({"stdout": "ready\ntold\n", "status": 3}));
    assert_eq!(server.events().first(event::signal()).unwrap().name, "TERM");
    server.shutdown().blocking().unwrap();
}
