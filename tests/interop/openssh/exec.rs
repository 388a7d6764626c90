//! Commands: what `ssh host command` prints, how it ends, and what becomes of a command whose client is gone.

use std::sync::mpsc;

use mock_core::{
    Exec, Exit, Reply, Session, any, event,
    event::{ClosedBy, Data},
};
use nix::sys::signal::Signal;
use support::{Client, OpenSsh};

use super::open_server;

#[test]
fn outputs_are_told_apart() {
    let reply = Reply::ok().stdout("to stdout\n").stderr("to stderr\n");
    let server = open_server().exec(Exec::on("both").reply(reply)).start_blocking().unwrap();
    let finished = OpenSsh::new(&server, "anna").run(["anna", "both"]);
    assert_eq!(finished.succeeded(), "to stdout\n");
    assert_eq!(finished.stderr(), "to stderr\n");
    server.shutdown().blocking().unwrap();
}

#[test]
fn every_exit_status_arrives() {
    let server = (0..=255).fold(open_server(), |server, status| {
        server.exec(Exec::on(format!("exit {status}")).reply(Reply::fail(status)))
    });
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    for status in 0..=255 {
        let finished = ssh.run(["anna", &format!("exit {status}")]);
        assert_eq!(finished.code(), status, "{finished}");
        assert_eq!((finished.stdout(), finished.stderr()), (String::new(), String::new()));
    }
    let sent = server.events().query(event::exit());
    assert!(sent.iter().map(|exit| exit.status.unwrap()).eq(0..=255));
    server.shutdown().blocking().unwrap();
}

#[test]
fn an_unknown_command_ends_as_in_a_shell() {
    let server = open_server().start_blocking().unwrap();
    let finished = OpenSsh::new(&server, "anna").run(["anna", "frobnicate --all"]);
    assert_eq!(finished.code(), 127, "{finished}");
    assert!(finished.stderr().contains("frobnicate"), "{finished}");
    let exec = server.events().first(event::exec()).unwrap();
    assert_eq!((&exec.command, &exec.rule), (&Data::from("frobnicate --all"), &None));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_signal_that_ended_the_command_is_status_255() {
    let killed = Reply::ok().stdout("so far\n").exit(Exit::signal("KILL"));
    let server = open_server().exec(Exec::on("work").reply(killed)).start_blocking().unwrap();
    let finished = OpenSsh::new(&server, "anna").run(["anna", "work"]);
    assert_eq!((finished.code(), finished.stdout()), (255, "so far\n".to_owned()));
    let exit = server.events().first(event::exit()).unwrap();
    assert_eq!((exit.status, exit.signal.as_deref()), (None, Some("KILL")));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_command_arrives_byte_by_byte() {
    let server = open_server().exec(Exec::echo()).start_blocking().unwrap();
    let command = "printf '%s\\n' \"ä ö\" | sed -e 's/$/\t!/'";
    let finished = OpenSsh::new(&server, "anna").run(["anna", command]);
    assert_eq!(finished.succeeded(), format!("REMOTE_OK:{command}\n"));
    assert_eq!(server.events().first(event::exec()).unwrap().command, command);
    server.shutdown().blocking().unwrap();
}

#[test]
fn input_goes_through_to_its_end() {
    let count = async |mut session: Session| {
        let input = session.read_to_end(1 << 20).await?;
        session.write(format!("{}\n", input.len())).await
    };
    let server = open_server().exec(Exec::on("wc -c").run(count)).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = Client::run_with_input(&mut ssh.ssh(["anna", "wc -c"]), &vec![b'x'; 100_000]);
    assert_eq!(finished.succeeded(), "100000\n");
    assert_eq!(server.events().first(event::stdin_eof()).unwrap().bytes, 100_000);
    server.shutdown().blocking().unwrap();
}

#[test]
fn variables_are_recorded() {
    let server = open_server()
        .exec(
            Exec::on("env")
                .reply(|request: &mock_core::Request| format!("{}\n", request.env("COLOUR").unwrap())),
        )
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let mut command = ssh.ssh(["-o", "SetEnv=\"COLOUR=deep red\"", "-o", "SendEnv=SIZE", "anna", "env"]);
    assert_eq!(Client::run(command.env("SIZE", "42")).succeeded(), "deep red\n");
    let env = server.events().query(event::env());
    let mut env: Vec<_> = env.iter().map(|env| (&*env.name, &*env.value, env.accepted)).collect();
    env.sort_unstable();
    assert_eq!(env, [("COLOUR", "deep red", true), ("SIZE", "42", true)]);
    server.shutdown().blocking().unwrap();
}

/// Says so when it is dropped.
struct Tell(mpsc::Sender<()>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _nobody_listens = self.0.send(());
    }
}

#[test]
fn a_command_ends_with_its_client() {
    let (dropped, when_dropped) = mpsc::channel();
    let forever = move |mut session: Session| {
        let tell = Tell(dropped.clone());
        async move {
            let _told_at_the_end = tell;
            session.write("running\n").await?;
            std::future::pending::<std::io::Result<()>>().await
        }
    };
    let server = open_server().exec(Exec::on(any()).run(forever)).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let client = Client::start_with_input(&mut ssh.ssh(["anna", "tail -f log"]));
    client.wait_for_output("running\n");
    client.signal(Signal::SIGKILL);
    let gone = server.events().wait_for(event::disconnected()).within(support::DEADLINE).blocking();
    assert_eq!(gone.unwrap().by, ClosedBy::Client);
    // Before the connection is said to be over, its programs are.
    when_dropped.try_recv().unwrap();
    drop(client);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_subsystem_that_nobody_serves_is_refused() {
    let server = open_server().start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = Client::run(&mut ssh.command("sftp", ["-b", "-", "anna"]));
    finished.failed(255, "subsystem request failed");
    let subsystem = server.events().first(event::subsystem()).unwrap();
    assert_eq!((&*subsystem.name, subsystem.accepted), ("sftp", false));
    server.shutdown().blocking().unwrap();
}
