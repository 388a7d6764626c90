//! dbclient, Dropbear's client, as routers and rescue systems have it.
//!
//! It sends the first packet of the key exchange on a guess (RFC 4253 section 7), which few other clients do, and it
//! has a window of 24 KiB.

use std::{fs, process::Command};

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent};
use mock_auth::{KbdintRound, KeyboardInteractive, NoneAuth, Password, PublicKeys};
use mock_core::keys::ssh_key::LineEnding;
use mock_core::{
    Authenticator, Exec, Forward, HostKey, MockSshServer, RemoteForward, Reply, Session, event,
    event::AuthOutcome,
};
use support::{Client, Finished, Home, noise};

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

/// A home whose `known_hosts` has the keys of this server. Dropbear's has no ports.
fn home(server: &MockSshServer) -> Home {
    let home = Home::new();
    let keys = server.host_keys().iter().map(|key| format!("127.0.0.1 {}\n", key.to_openssh()));
    fs::create_dir(home.join(".ssh")).unwrap();
    let _path = home.file(".ssh/known_hosts", keys.collect::<Vec<_>>().concat());
    home
}

/// dbclient for `anna`, with these options.
fn dbclient(home: &Home, server: &MockSshServer, options: &[&str], command: &str) -> Command {
    let mut dbclient = home.command("dbclient");
    dbclient.args(["-T", "-p", &server.port().to_string()]).args(options);
    dbclient.args(["anna@127.0.0.1", command]);
    dbclient
}

/// The command ran, and the journal knows by which method.
fn logged_in(server: MockSshServer, finished: &Finished, method: &str) {
    assert_eq!(finished.succeeded(), "REMOTE_OK:uname -r\n", "{}", server.events().timeline());
    assert_eq!(server.events().first(event::auth_accepted()).unwrap().method, method);
    server.shutdown().blocking().unwrap();
}

#[test]
fn its_guess_at_the_key_exchange_is_seen() {
    let server = server(NoneAuth::new("anna"));
    let home = home(&server);
    let finished = Client::run(&mut dbclient(&home, &server, &[], "uname -r"));
    let negotiated = server.events().first(event::negotiated()).unwrap();
    assert!(negotiated.guessed, "{negotiated:?}");
    logged_in(server, &finished, "none");
}

#[test]
fn logs_in_with_a_password() {
    let server = server(Password::new("anna", "hunter2"));
    let home = home(&server);
    let mut command = dbclient(&home, &server, &[], "uname -r");
    let finished = Client::run(command.env("DROPBEAR_PASSWORD", "hunter2"));
    logged_in(server, &finished, "password");
}

#[test]
fn a_wrong_password_is_refused() {
    let server = server(Password::new("anna", "hunter2"));
    let home = home(&server);
    let mut command = dbclient(&home, &server, &[], "uname -r");
    let finished = Client::run(command.env("DROPBEAR_PASSWORD", "letmein"));
    // It tries again and again, and takes being cut off for a good end.
    assert_eq!(finished.stdout(), "", "{finished}");
    assert!(finished.stderr().contains("Disconnect received"), "{finished}");
    assert_eq!(server.events().count(event::auth_accepted()), 0);
    let wrong = event::auth_attempt().filter(|attempt| attempt.method == "password");
    let wrong = server.events().first(wrong).unwrap();
    assert_eq!((wrong.outcome, wrong.secrets[0].reveal()), (AuthOutcome::Rejected, "letmein"));
    server.shutdown().blocking().unwrap();
}

#[test]
fn logs_in_by_a_prompt() {
    let round = KbdintRound::new([("Password: ", false, "hunter2")]);
    let server = server(KeyboardInteractive::new("anna", round));
    let home = home(&server);
    let mut command = dbclient(&home, &server, &[], "uname -r");
    let finished = Client::run(command.env("DROPBEAR_PASSWORD", "hunter2"));
    logged_in(server, &finished, "keyboard-interactive");
}

#[test]
fn logs_in_with_a_key_of_each_type() {
    for key_type in [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa] {
        let identity = Identity::generate(key_type, "").unwrap();
        let server = server(PublicKeys::new("anna", [identity.public_key()]));
        let home = home(&server);
        let openssh = home.file("id", identity.key().to_openssh(LineEnding::LF).unwrap());
        let mut convert = home.command("dropbearconvert");
        convert.args(["openssh", "dropbear"]).arg(openssh).arg(home.join("id_dropbear"));
        let _silent = Client::run(&mut convert).succeeded();
        let finished = Client::run(&mut dbclient(&home, &server, &["-i", "id_dropbear"], "uname -r"));
        logged_in(server, &finished, "publickey");
    }
}

#[test]
fn logs_in_with_an_agent() {
    let identity = Identity::generate(KeyType::Ed25519, "anna@work").unwrap();
    let server = server(PublicKeys::new("anna", [identity.public_key()]));
    let agent = MockAgent::builder().identities([identity]).start_blocking().unwrap();
    let home = home(&server);
    let mut command = dbclient(&home, &server, &[], "uname -r");
    let finished = Client::run(command.env("SSH_AUTH_SOCK", agent.socket_path()));
    logged_in(server, &finished, "publickey");
    assert_eq!(agent.events().signatures().len(), 1, "{}", agent.events().timeline());
    agent.shutdown().blocking().unwrap();
}

#[test]
fn refuses_another_host_key() {
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna")).host_key(HostKey::ed25519());
    let server = builder.start_blocking().unwrap();
    let home = home(&server);
    let other = HostKey::ed25519().to_openssh();
    let _replaced = home.file(".ssh/known_hosts", format!("127.0.0.1 {other}\n"));
    let finished = Client::run(&mut dbclient(&home, &server, &[], "uname -r"));
    finished.failed(1, "host key mismatch");
    assert_eq!(server.events().count(event::auth_attempt()), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn outputs_are_told_apart_and_the_status_arrives() {
    let reply = Reply::fail(7).stdout("to stdout\n").stderr("to stderr\n");
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna"));
    let server = builder.exec(Exec::on("both").reply(reply)).start_blocking().unwrap();
    let home = home(&server);
    let finished = Client::run(&mut dbclient(&home, &server, &[], "both"));
    assert_eq!((finished.code(), finished.stdout()), (7, "to stdout\n".to_owned()), "{finished}");
    assert!(finished.stderr().ends_with("to stderr\n"), "{finished}");
    server.shutdown().blocking().unwrap();
}

/// The input is held open until all of it has come back. Dropbear 2022.83 hangs now and then (with OpenSSH's server as
/// well, about once in a hundred) when the end of its input meets data on their way to it: it has everything, and waits
/// in `pselect` for its connection alone.
#[test]
fn four_mebibytes_go_there_and_back_through_its_small_window() {
    let cat = async |mut session: Session| {
        while let Some(data) = session.read().await {
            session.write(data).await?;
        }
        std::io::Result::Ok(())
    };
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna"));
    let server = builder.exec(Exec::on("cat").run(cat)).start_blocking().unwrap();
    let home = home(&server);
    let data = noise(4 << 20);
    let mut client = Client::start_with_input(&mut dbclient(&home, &server, &[], "cat"));
    client.send(&data);
    client.wait_for_bytes(data.len());
    client.end_input();
    let finished = client.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr());
    assert!(finished.stdout == data, "{} bytes came back", finished.stdout.len());
    server.shutdown().blocking().unwrap();
}

#[test]
fn standard_input_and_output_can_be_forwarded() {
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna"));
    let server = builder.forward(Forward::to("db01:5432").echo()).start_blocking().unwrap();
    let home = home(&server);
    let to = |target: &str| {
        let mut dbclient = home.command("dbclient");
        dbclient.args(["-p", &server.port().to_string(), "-B", target, "anna@127.0.0.1"]);
        Client::run_with_input(&mut dbclient, b"hello")
    };
    assert_eq!(to("db01:5432").succeeded(), "hello");
    // It says nothing of a refusal, and ends well.
    assert_eq!(to("db02:5432").stdout(), "");
    let events = server.events();
    assert_eq!((events.forwarded().len(), events.count(event::channel_refused().to("db02:5432"))), (1, 1));
    server.shutdown().blocking().unwrap();
}

#[test]
fn the_server_listens_for_it_where_that_is_asked_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let local = listener.local_addr().unwrap().port();
    let builder = MockSshServer::builder().auth(NoneAuth::new("anna"));
    let server = builder.remote_forward(RemoteForward::at(mock_core::any()).host()).start_blocking().unwrap();
    let home = home(&server);
    let mut dbclient = home.command("dbclient");
    // Dropbear knows no port 0 here. Somebody else may be given this one meanwhile, which is one in tens of thousands.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    dbclient.args(["-N", "-p", &server.port().to_string(), "-R", &format!("{port}:127.0.0.1:{local}")]);
    let client = Client::start(dbclient.arg("anna@127.0.0.1"));
    let asked = server.events().wait_for(event::forward()).blocking().unwrap();
    assert!(asked.accepted, "{}", server.events().timeline());
    let mut outside = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    std::io::Write::write_all(&mut outside, b"hello").unwrap();
    drop(outside);
    let (mut inside, _) = listener.accept().unwrap();
    let mut came = String::new();
    std::io::Read::read_to_string(&mut inside, &mut came).unwrap();
    assert_eq!(came, "hello");
    server.shutdown().blocking().unwrap();
    let _ended = client.finish();
}
