//! Much data, and many channels on one connection: nothing is lost, and no channel holds up another.

use std::{
    process::Stdio,
    sync::{Arc, mpsc},
};

use mock_core::{Exec, Session, any, event};
use mock_process::{Ended, HostProcess};
use nix::sys::signal::Signal;
use support::{Client, DEADLINE, OpenSsh, noise};
use tokio::sync::Barrier;

use super::{master::Master, open_server};

const MIB: usize = 1 << 20;

#[test]
fn sixty_four_mebibytes_go_through_cat_and_back() {
    let server = open_server().exec(Exec::on("cat").run(HostProcess::command()));
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let data = noise(64 * MIB);
    let file = std::fs::File::open(ssh.home().file("data", &data)).unwrap();
    let finished = Client::start_with(ssh.ssh(["anna", "cat"]).stdin(Stdio::from(file))).finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr());
    assert!(finished.stdout == data, "{} bytes came back", finished.stdout.len());
    let closed = server.events().wait_for(event::channel_closed()).blocking().unwrap();
    assert_eq!((closed.received, closed.sent), (64 << 20, 64 << 20));
    assert_eq!(server.events().of::<Ended>().len(), 1);
    server.shutdown().blocking().unwrap();
}

#[test]
fn twenty_commands_run_at_once_on_one_connection() {
    let together = Arc::new(Barrier::new(20));
    let meet = move |mut session: Session| {
        let together = Arc::clone(&together);
        async move {
            // Nobody goes on before all are here.
            together.wait().await;
            let number = session.request().command_text().into_owned();
            session.write(format!("{number}\n")).await
        }
    };
    let server = open_server().exec(Exec::on(any()).run(meet)).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let master = Master::start(&ssh);
    let clients: Vec<_> = (0..20)
        .map(|number| Client::start(&mut master.ssh(&ssh, &["anna", &format!("meet {number}")])))
        .collect();
    for (number, client) in clients.into_iter().enumerate() {
        assert_eq!(client.finish().succeeded(), format!("meet {number}\n"));
    }
    master.exit(&ssh);
    assert_eq!(server.events().count(event::connected()), 1);
    assert_eq!(server.events().count(event::exec()), 20);
    server.events().wait_for(event::disconnected()).blocking().unwrap();
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_client_that_does_not_read_delays_nobody_else() {
    let (stuck, when_stuck) = mpsc::channel();
    let flood = move |mut session: Session| {
        let stuck = stuck.clone();
        async move {
            // More than OpenSSH's window and all pipes on the way take without a reader.
            session.write(vec![b'x'; MIB]).await?;
            let _test_is_over = stuck.send(());
            session.write(vec![b'x'; 16 * MIB]).await
        }
    };
    let server = open_server()
        .exec(Exec::on("flood").run(flood))
        .exec(Exec::on("some").reply(vec_of(2 * MIB)))
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let master = Master::start(&ssh);

    let mut stalled = master.ssh(&ssh, &["anna", "flood"]);
    let mut stalled = stalled.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    when_stuck.recv_timeout(DEADLINE).unwrap();
    for _ in 0..5 {
        let finished = Client::run(&mut master.ssh(&ssh, &["anna", "some"]));
        assert_eq!(finished.succeeded().len(), 2 * MIB);
    }
    let ended = server.events().query(event::exit());
    assert_eq!(ended.len(), 5, "the flood is not over:\n{}", server.events().timeline());

    // Once it reads, all of it comes.
    let mut rest = stalled.stdout.take().unwrap();
    let copied = std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    assert_eq!(copied, 17 << 20);
    assert!(stalled.wait().unwrap().success());
    master.exit(&ssh);
    server.shutdown().blocking().unwrap();
}

fn vec_of(length: usize) -> mock_core::Reply {
    mock_core::Reply::ok().stdout(vec![b'y'; length])
}

#[test]
fn one_channel_of_a_shared_connection_ends_without_the_others() {
    let server = open_server()
        .exec(Exec::on("sleep").run(async |mut session: Session| {
            session.write("asleep\n").await?;
            std::future::pending::<std::io::Result<()>>().await
        }))
        .exec(Exec::echo())
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let master = Master::start(&ssh);
    let sleeper = Client::start(&mut master.ssh(&ssh, &["anna", "sleep"]));
    sleeper.wait_for_output("asleep\n");
    sleeper.signal(Signal::SIGKILL);
    server.events().wait_for(event::channel_closed()).within(DEADLINE).blocking().unwrap();
    let other = Client::run(&mut master.ssh(&ssh, &["anna", "true"]));
    assert_eq!(other.succeeded(), "REMOTE_OK:true\n");
    master.exit(&ssh);
    assert_eq!(server.events().count(event::connected()), 1);
    server.shutdown().blocking().unwrap();
}
