//! Remote forwarding (`-R`), agent forwarding (`-A`) and X11 forwarding (`-X`): channels that the server opens.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use mock_agent::{Identity, KeyType, MockAgent, Operation};
use mock_core::{ChannelStream, Exec, MockSshServer, RemoteForward, Session, any, event};
use mock_process::HostProcess;
use support::{Client, DEADLINE, OpenSsh};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{master::Master, open_server};

/// Answers one connection with what it was sent, up to its end, in capitals. Returns its port.
fn shouting() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        socket.write_all(text.to_uppercase().as_bytes()).unwrap();
    });
    (port, answering)
}

async fn shout(mut stream: ChannelStream) -> String {
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).await.unwrap();
    came
}

/// What `ssh -O` says, from the master of a connection.
fn ask(master: &Master, ssh: &OpenSsh, what: &str, option: &str, forward: &str) -> String {
    let said = Client::run(&mut master.ssh(ssh, &["-O", what, option, forward, "anna"]));
    said.succeeded()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_opens_what_is_forwarded_to_the_client() {
    let server = open_server().remote_forward(RemoteForward::at(any())).start().await.unwrap();
    let (done, server) = tokio::task::spawn_blocking(move || (prepare(&server), server)).await.unwrap();
    let (ssh, master, [fixed, chosen, socket], told) = done;
    let allocated = server.events().forwards()[1].bound.unwrap();
    assert_eq!(told.trim(), allocated.to_string());
    assert_eq!(shout(server.connect_forwarded(8080).await.unwrap()).await, "HELLO");
    let port = u16::try_from(allocated).unwrap();
    assert_eq!(shout(server.connect_forwarded(port).await.unwrap()).await, "HELLO");
    let stream = server.connect_forwarded_socket("/run/app.sock").await.unwrap();
    assert_eq!(shout(stream).await, "HELLO");
    for served in [fixed, chosen, socket] {
        served.join().unwrap();
    }
    tokio::task::spawn_blocking(move || master.exit(&ssh)).await.unwrap();
    server.shutdown().await.unwrap();
}

/// A client that forwards a fixed port, any port, and a socket to three local servers.
fn prepare(server: &MockSshServer) -> (OpenSsh, Master, [JoinHandle<()>; 3], String) {
    let ssh = OpenSsh::new(server, "anna");
    let master = Master::start(&ssh);
    let [fixed, chosen, socket] = [(); 3].map(|()| shouting());
    let to = |port| format!("127.0.0.1:{port}");
    let _said = ask(&master, &ssh, "forward", "-R", &format!("8080:{}", to(fixed.0)));
    let told = ask(&master, &ssh, "forward", "-R", &format!("0:{}", to(chosen.0)));
    let _said = ask(&master, &ssh, "forward", "-R", &format!("/run/app.sock:{}", to(socket.0)));
    (ssh, master, [fixed.1, chosen.1, socket.1], told)
}

#[test]
fn the_machine_listens_for_a_client_until_it_withdraws() {
    let server =
        open_server().remote_forward(RemoteForward::at("localhost:0").host()).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let master = Master::start(&ssh);
    let (local, answering) = shouting();
    let port = ask(&master, &ssh, "forward", "-R", &format!("0:127.0.0.1:{local}"));
    let port: u16 = port.trim().parse().unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(b"hello").unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let mut came = String::new();
    socket.read_to_string(&mut came).unwrap();
    assert_eq!(came, "HELLO");
    answering.join().unwrap();
    let _said = ask(&master, &ssh, "cancel", "-R", &format!("0:127.0.0.1:{local}"));
    let withdrawn = server.events().wait_for(event::forward_cancelled()).blocking().unwrap();
    assert!(withdrawn.accepted);
    master.exit(&ssh);
    server.events().wait_for(event::disconnected()).blocking().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_refused_request_to_listen_ends_a_client_that_insists() {
    let server = open_server().start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let insists = ["-o", "ExitOnForwardFailure=yes", "-R", "8080:127.0.0.1:1", "-N", "anna"];
    Client::run(&mut ssh.ssh(insists)).failed(255, "remote port forwarding failed for listen port 8080");
    assert!(!server.events().forwards()[0].accepted);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_program_of_the_host_reaches_the_agent_that_was_forwarded() {
    let host = HostProcess::command().forward_agent();
    let server = open_server().exec(Exec::on(any()).run(host)).accept_agent_forwarding();
    let server = server.start_blocking().unwrap();
    let identity = Identity::generate(KeyType::Ed25519, "anna@laptop").unwrap();
    let agent = MockAgent::builder().identities([identity.clone()]).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let run = |options: &[&str], command: &str| {
        let mut client = ssh.ssh(options);
        client.args(["-o", "IdentityAgent=SSH_AUTH_SOCK", "anna", command]);
        Client::run(client.env("SSH_AUTH_SOCK", agent.socket_path()))
    };
    let listed = run(&["-A"], "ssh-add -l && ssh-add -L && echo $SSH_AUTH_SOCK").succeeded();
    assert!(listed.contains("anna@laptop (ED25519)"), "{listed}");
    let socket = listed.lines().last().unwrap();
    assert!(!std::path::Path::new(socket).exists(), "{socket} is gone with the program");
    assert_eq!(server.events().query(event::channel_opened().kind("auth-agent")).len(), 2);
    let asked = agent.events().query(mock_agent::agent_request().operation(Operation::RequestIdentities));
    // Once for the login, twice for the program.
    assert!(asked.len() >= 2, "{asked:?}");
    assert_eq!(run(&[], "echo ${SSH_AUTH_SOCK-none}").succeeded(), "none\n");
    server.shutdown().blocking().unwrap();
}

/// Begins a connection to the client's X server as an X client does, and says how it is answered.
async fn x11(mut session: Session) -> std::io::Result<()> {
    let offer = session.request().x11.clone().unwrap();
    let digits = offer.cookie.reveal();
    let cookie = (0..digits.len()).step_by(2);
    let cookie: Vec<_> = cookie.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    // Little endian, version 11.0, and the name and the cookie, each padded to four bytes.
    let name = offer.protocol.as_bytes();
    let lengths = [name.len(), cookie.len()].map(|length| u16::try_from(length).unwrap().to_le_bytes());
    let mut hello = [b"l\0\x0b\0\0\0", &lengths.concat()[..], b"\0\0"].concat();
    for part in [name, &cookie] {
        hello.extend_from_slice(part);
        hello.resize(hello.len().next_multiple_of(4), 0);
    }
    let mut stream = session.open_x11().await?;
    stream.send(hello).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    session.write(answer).await
}

#[test]
fn a_program_reaches_the_display_that_was_forwarded() {
    let server = open_server().exec(Exec::on("xclock").run(x11)).accept_x11_forwarding();
    let server = server.start_blocking().unwrap();
    // An X server that is told apart by its port: 6000 and the number of the display.
    let (display, listener) = (100..)
        .find_map(|display| Some((display, TcpListener::bind(("127.0.0.1", 6000 + display)).ok()?)))
        .unwrap();
    let answering = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut hello = [0; 12];
        socket.read_exact(&mut hello).unwrap();
        assert_eq!(hello[..6], *b"l\0\x0b\0\0\0");
        socket.write_all(b"no display today").unwrap();
    });
    let ssh = OpenSsh::new(&server, "anna");
    let mut command = ssh.ssh(["-Y", "anna", "xclock"]);
    let finished = Client::run(command.env("DISPLAY", format!("127.0.0.1:{display}.0")));
    assert_eq!(finished.succeeded(), "no display today");
    answering.join().unwrap();
    let offer = server.events().first(event::x11_forward()).unwrap();
    assert_eq!((&*offer.protocol, offer.screen, offer.accepted), ("MIT-MAGIC-COOKIE-1", 0, true));
    assert!(!offer.single_connection);
    server.shutdown().blocking().unwrap();
}
