//! plink, PuTTY's client for scripts, and its copiers.

mod copies;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    process::Command,
};

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent};
use mock_auth::{KbdintRound, KeyboardInteractive, Password, PublicKeys};
use mock_core::{
    Authenticator, Exec, Forward, HostKey, MockSshServer, OpenFailure, RemoteForward, Reply, Session, any,
    event, glob,
};
use support::{Client, DEADLINE, Finished, Home, noise};

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

/// plink for `anna`, who knows the host keys by their fingerprints and has this password.
fn plink(home: &Home, server: &MockSshServer, password: &str, command: &str) -> Command {
    let mut plink = home.command("plink");
    plink.args(["-ssh", "-batch", "-T", "-P", &server.port().to_string()]);
    for key in server.host_keys() {
        plink.args(["-hostkey", &key.sha256()]);
    }
    plink.arg("-pwfile").arg(home.file("password", format!("{password}\n")));
    plink.args(["anna@127.0.0.1", command]);
    plink
}

/// The command ran, and the journal knows by which method.
fn logged_in(server: MockSshServer, finished: &Finished, method: &str) {
    assert_eq!(finished.succeeded(), "REMOTE_OK:uname -r\n", "{}", server.events().timeline());
    assert_eq!(server.events().first(event::auth_accepted()).unwrap().method, method);
    server.shutdown().blocking().unwrap();
}

#[test]
fn logs_in_with_a_password() {
    let server = server(Password::new("anna", "hunter2"));
    let home = Home::new();
    let finished = Client::run(&mut plink(&home, &server, "hunter2", "uname -r"));
    logged_in(server, &finished, "password");
}

#[test]
fn a_wrong_password_is_refused() {
    let server = server(Password::new("anna", "hunter2"));
    let home = Home::new();
    let finished = Client::run(&mut plink(&home, &server, "letmein", "uname -r"));
    assert_ne!(finished.code(), 0, "{finished}");
    let last = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!((&*last.method, &*last.why), ("password", "wrong password"));
    assert_eq!(server.events().count(event::auth_accepted()), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn logs_in_by_a_prompt() {
    let round = KbdintRound::new([("Password: ", false, "hunter2")]);
    let server = server(KeyboardInteractive::new("anna", round));
    let home = Home::new();
    let finished = Client::run(&mut plink(&home, &server, "hunter2", "uname -r"));
    logged_in(server, &finished, "keyboard-interactive");
}

#[test]
fn logs_in_with_an_agent() {
    let identity = Identity::generate(KeyType::Ed25519, "anna@work").unwrap();
    let server = server(PublicKeys::new("anna", [identity.public_key()]));
    let agent = MockAgent::builder().identities([identity]).start_blocking().unwrap();
    let home = Home::new();
    let mut command = plink(&home, &server, "", "uname -r");
    let finished = Client::run(command.env("SSH_AUTH_SOCK", agent.socket_path()));
    logged_in(server, &finished, "publickey");
    assert_eq!(agent.events().signatures().len(), 1, "{}", agent.events().timeline());
    agent.shutdown().blocking().unwrap();
}

#[test]
fn refuses_another_host_key() {
    let server = server(Password::new("anna", "hunter2"));
    let home = Home::new();
    let mut plink = home.command("plink");
    plink.args(["-ssh", "-batch", "-P", &server.port().to_string()]);
    plink.args(["-hostkey", &HostKey::ed25519().sha256(), "anna@127.0.0.1", "true"]);
    let finished = Client::run(&mut plink);
    finished.failed(1, "in manually configured list");
    assert_eq!(server.events().count(event::auth_attempt()), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn outputs_are_told_apart_and_the_status_arrives() {
    let reply = Reply::fail(7).stdout("to stdout\n").stderr("to stderr\n");
    let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
    let server = builder.exec(Exec::on("both").reply(reply)).start_blocking().unwrap();
    let home = Home::new();
    let finished = Client::run(&mut plink(&home, &server, "hunter2", "both"));
    assert_eq!((finished.code(), finished.stdout()), (7, "to stdout\n".to_owned()), "{finished}");
    assert!(finished.stderr().ends_with("to stderr\n"), "{finished}");
    server.shutdown().blocking().unwrap();
}

#[test]
fn four_mebibytes_go_there_and_back() {
    let cat = async |mut session: Session| {
        while let Some(data) = session.read().await {
            session.write(data).await?;
        }
        std::io::Result::Ok(())
    };
    let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
    let server = builder.exec(Exec::on("cat").run(cat)).start_blocking().unwrap();
    let home = Home::new();
    let data = noise(4 << 20);
    let mut command = plink(&home, &server, "hunter2", "cat");
    let finished = Client::run_with_input(&mut command, &data);
    assert_eq!(finished.code(), 0, "{}", finished.stderr());
    assert!(finished.stdout == data, "{} bytes came back", finished.stdout.len());
    server.shutdown().blocking().unwrap();
}

#[test]
fn standard_input_and_output_can_be_forwarded() {
    let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
    let server = builder.forward(Forward::to("db01:5432").reply("ready")).start_blocking().unwrap();
    let home = Home::new();
    let finished = Client::run(&mut forwarding(&home, &server, &["-nc", "db01:5432"]));
    assert_eq!(finished.stdout(), "ready", "{finished}");
    assert_eq!(server.events().count(event::forwarded().to("db01:5432")), 1);
    server.shutdown().blocking().unwrap();
}

/// plink that only forwards, as these options say.
fn forwarding(home: &Home, server: &MockSshServer, options: &[&str]) -> Command {
    let mut plink = home.command("plink");
    plink.args(["-ssh", "-batch", "-v", "-P", &server.port().to_string()]);
    for key in server.host_keys() {
        plink.args(["-hostkey", &key.sha256()]);
    }
    plink.arg("-pwfile").arg(home.file("password", "hunter2\n")).args(options).arg("anna@127.0.0.1");
    plink
}

#[test]
fn local_ports_lead_to_what_the_rules_say() {
    let server = MockSshServer::builder()
        .auth(Password::new("anna", "hunter2"))
        .forward(Forward::to("echo:7").echo())
        .forward(Forward::to("web01:80").reply("HTTP/1.0 200 OK"))
        .forward(Forward::to("db01:5432").refuse(OpenFailure::ConnectFailed, "No route to host"))
        .start_blocking()
        .unwrap();
    let home = Home::new();
    let [echo, db01, socks] = [(); 3].map(|()| free_port());
    let client = Client::start(&mut forwarding(
        &home,
        &server,
        &[
            "-N",
            "-L",
            &format!("127.0.0.1:{echo}:echo:7"),
            "-L",
            &format!("127.0.0.1:{db01}:db01:5432"),
            "-D",
            &format!("127.0.0.1:{socks}"),
        ],
    ));
    for (port, what) in
        [(echo, "forwarding to echo:7"), (db01, "forwarding to"), (socks, "SOCKS dynamic forwarding")]
    {
        client.wait_for_complaint(&format!("Local port 127.0.0.1:{port} {what}"));
    }
    assert_eq!(talk(echo, b"hello"), b"hello");
    assert_eq!(talk(db01, b""), b"");
    client.wait_for_complaint("No route to host");
    // RFC 1928: no authentication, then CONNECT to a host by its name.
    let came = talk(socks, &[&[5, 1, 0, 5, 1, 0, 3, 5], &b"web01"[..], &[0, 80]].concat());
    assert_eq!(came.get(..4), Some(&[5, 0, 5, 0][..]), "{came:?}");
    assert!(came.ends_with(b"HTTP/1.0 200 OK"), "{came:?}");
    let targets: Vec<_> = server.events().forwarded().iter().map(|hop| hop.kind.target().unwrap()).collect();
    assert_eq!(targets, ["echo:7", "web01:80"]);
    drop(client);
    server.shutdown().blocking().unwrap();
}

#[test]
fn remote_ports_lead_back_to_the_client() {
    let server = MockSshServer::builder()
        .auth(Password::new("anna", "hunter2"))
        .remote_forward(RemoteForward::at(glob("*:25").unwrap()).refuse())
        .remote_forward(RemoteForward::at(any()).host())
        .start_blocking()
        .unwrap();
    let home = Home::new();
    let local = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = local.local_addr().unwrap();
    let port = free_port();
    let options = ["-N", "-R", &format!("{port}:{to}"), "-R", &format!("25:{to}")];
    let client = Client::start(&mut forwarding(&home, &server, &options));
    client.wait_for_complaint("Remote port forwarding from 25 refused");
    client.wait_for_complaint(&format!("Remote port forwarding from {port} enabled"));
    let asked = server.events().forwards();
    let told: Vec<_> = asked.iter().map(|one| (one.port, one.accepted)).collect();
    assert!(told.contains(&(Some(port.into()), true)) && told.contains(&(Some(25), false)), "{told:?}");
    let shouting = std::thread::spawn(move || {
        let (mut socket, _) = local.accept().unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        socket.write_all(text.to_uppercase().as_bytes()).unwrap();
    });
    assert_eq!(talk(port, b"hello"), b"HELLO");
    shouting.join().unwrap();
    drop(client);
    server.shutdown().blocking().unwrap();
}

/// A port that nobody has. Somebody else may be given it meanwhile, which is one in tens of thousands: a client that asks
/// for a port by its number leaves no better way.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends this to a port of this machine, and its end, and returns what comes.
fn talk(port: u16, said: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(said).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut came = Vec::new();
    let _reset_where_refused = stream.read_to_end(&mut came);
    came
}
