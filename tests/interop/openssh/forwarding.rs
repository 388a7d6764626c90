//! Local forwarding: `-L`, `-D`, `-W`, `-J`, and a master whose forwards come and go.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    sync::mpsc,
};

use mock_auth::{NoneAuth, PublicKeys};
use mock_core::{
    ChannelStream, Exec, Forward, KitUser, MockSshServer, Network, OpenFailure, any, event, glob,
};
use mock_sftp::{MemFs, Sftp, User};
use support::{Client, DEADLINE, OpenSsh};

use super::{master::Master, new_key, open_server};

/// Sends this to a forwarded socket and its end, and returns what comes.
fn talk(socket: &Path, text: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    came
}

#[test]
fn a_forwarded_socket_reaches_what_the_rules_say() {
    let server = open_server()
        .forward(Forward::to("echo:7").echo())
        .forward(Forward::to("/run/app.sock").reply("app"))
        .forward(Forward::to("db01:5432").refuse(OpenFailure::ConnectFailed, "No route to host"));
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let [echo, app, db01, other] = ["echo", "app", "db01", "other"].map(|name| ssh.home().join(name));
    let master = Master::start(&ssh);
    let forwards = [(&echo, "echo:7"), (&app, "/run/app.sock"), (&db01, "db01:5432"), (&other, "other:1")];
    for (socket, target) in forwards {
        let forward = format!("{}:{target}", socket.display());
        let _said =
            Client::run(&mut master.ssh(&ssh, &["-O", "forward", "-L", &forward, "anna"])).succeeded();
    }
    assert_eq!(talk(&echo, "hello"), "hello");
    assert_eq!(talk(&app, "hello"), "app");
    assert_eq!(talk(&db01, ""), "");
    assert_eq!(talk(&other, ""), "");
    let refused = server.events().query(event::channel_refused());
    let codes: Vec<_> = refused.iter().map(|one| (one.kind.target().unwrap(), one.code)).collect();
    assert_eq!(codes, [("db01:5432".to_owned(), 2), ("other:1".to_owned(), 1)]);
    assert_eq!(server.events().forwarded().len(), 2);
    master.exit(&ssh);
    server.shutdown().blocking().unwrap();
}

#[test]
fn standard_input_and_output_can_be_forwarded() {
    let server = open_server().forward(Forward::to("db01:5432").echo()).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = Client::run_with_input(&mut ssh.ssh(["-W", "db01:5432", "anna"]), b"hello");
    assert_eq!(finished.succeeded(), "hello");
    let finished = Client::run(&mut ssh.ssh(["-W", "db02:5432", "anna"]));
    finished.failed(255, "administratively prohibited: not allowed here");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_stalled_forward_delays_nothing_else() {
    const MIB: usize = 1 << 20;
    let (stuck, when_stuck) = mpsc::channel();
    let flood = move |mut stream: ChannelStream| {
        let stuck = stuck.clone();
        async move {
            // More than OpenSSH's window and the sockets on the way take without a reader.
            if stream.send(vec![b'x'; MIB]).await.is_ok() {
                let _test_is_over = stuck.send(());
                let _closed = stream.send(vec![b'x'; 32 * MIB]).await;
            }
        }
    };
    let server = open_server()
        .exec(Exec::echo())
        .forward(Forward::to("flood:1").connect(flood))
        .forward(Forward::to("echo:7").echo())
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let master = Master::start(&ssh);
    let [flood, echo] = ["flood", "echo"].map(|name| ssh.home().join(name));
    for (socket, target) in [(&flood, "flood:1"), (&echo, "echo:7")] {
        let forward = format!("{}:{target}", socket.display());
        let _said =
            Client::run(&mut master.ssh(&ssh, &["-O", "forward", "-L", &forward, "anna"])).succeeded();
    }
    let stalled = UnixStream::connect(&flood).unwrap();
    when_stuck.recv_timeout(DEADLINE).unwrap();
    let much = "y".repeat(4 * MIB);
    assert!(talk_much(&echo, &much) == much);
    let other = Client::run(&mut master.ssh(&ssh, &["anna", "true"]));
    assert_eq!(other.succeeded(), "REMOTE_OK:true\n");
    let done = server.events().query(event::channel_closed());
    assert_eq!(done.len(), 2, "the flood is not over:\n{}", server.events().timeline());
    drop(stalled);
    master.exit(&ssh);
    server.shutdown().blocking().unwrap();
}

/// As [`talk`], for more than fits between the two ends.
fn talk_much(socket: &Path, text: &str) -> String {
    let mut writer = UnixStream::connect(socket).unwrap();
    let mut reader = writer.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            writer.write_all(text.as_bytes()).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut came = String::new();
        reader.read_to_string(&mut came).unwrap();
        came
    })
}

#[test]
fn a_socks_proxy_asks_for_any_host() {
    let server = open_server().forward(Forward::to(glob("web*:80").unwrap()).reply("HTTP/1.0 200 OK"));
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    // OpenSSH takes no port 0 here; nobody else is given this one meanwhile, short of wrapping around all ports.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = ssh.ssh(["-N", "-o", "ExitOnForwardFailure=yes", "-o", "PermitLocalCommand=yes"]);
    command.args(["-o", "LocalCommand=echo listening", "-D", &format!("127.0.0.1:{port}"), "anna"]);
    let client = Client::start(&mut command);
    client.wait_for_output("listening\n");
    // RFC 1928: no authentication, then CONNECT to a host by its name.
    let ask = |host: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(&[5, 1, 0]).unwrap();
        let mut choice = [0; 2];
        stream.read_exact(&mut choice).unwrap();
        assert_eq!(choice, [5, 0]);
        let length = u8::try_from(host.len()).unwrap();
        stream.write_all(&[&[5, 1, 0, 3, length], host.as_bytes(), &[0, 80]].concat()).unwrap();
        let mut came = Vec::new();
        let _reset_where_refused = stream.read_to_end(&mut came);
        came
    };
    let came = ask("web01");
    assert_eq!(came.get(..2), Some(&[5, 0][..]), "{came:?}");
    assert_eq!(came.get(10..), Some(&b"HTTP/1.0 200 OK"[..]));
    let _refused = ask("db01");
    let targets: Vec<_> = server.events().forwarded().iter().map(|hop| hop.kind.target().unwrap()).collect();
    assert_eq!(targets, ["web01:80"]);
    assert_eq!(server.events().count(event::channel_refused().to("db01:80")), 1);
    server.shutdown().blocking().unwrap();
    let _ended = client.finish();
}

#[test]
fn a_client_jumps_from_host_to_host() {
    let network = Network::new();
    let (key, other_key) = (new_key(), new_key());
    let fs = MemFs::builder().user(User::new("dba").start("/")).file("/dump", "data").build().unwrap();
    let db01 = network
        .host("db01")
        .auth(PublicKeys::new("dba", [other_key.public_key().clone()]))
        .exec(Exec::on("psql --version").reply("16.3\n").expect(1))
        .subsystem("sftp", Sftp::new(fs))
        .expect(event::connected().via(["bastion", "inner"]), 2);
    let db01 = db01.start_in_memory_blocking().unwrap();
    let inner = network.host("inner").auth(PublicKeys::new("anna", [key.public_key().clone()]));
    let inner = inner.forward(Forward::to("db01:22").network(&network)).start_in_memory_blocking().unwrap();
    let bastion = network
        .host("bastion")
        .auth(NoneAuth::new("anna"))
        .forward(Forward::to(any()).network(&network))
        .start_blocking()
        .unwrap();
    let home = support::Home::new();
    let kit = bastion
        .client_kit(home.join("kit"))
        .user(KitUser::new("anna"))
        .behind(&inner, KitUser::new("anna").identity(key), "anna")
        .behind(&db01, KitUser::new("dba").identity(other_key), "inner")
        .write()
        .unwrap();
    let run = |program: &str, args: &[&str]| {
        let mut command = home.command(program);
        command.arg("-F").arg(kit.config_file()).args(["-o", "BatchMode=yes"]).args(args);
        Client::run(&mut command)
    };
    assert_eq!(run("ssh", &["db01", "psql --version"]).succeeded(), "16.3\n");
    let back = home.join("dump");
    let _shown = run("sftp", &["db01:/dump", back.to_str().unwrap()]).succeeded();
    assert_eq!(std::fs::read(&back).unwrap(), b"data");
    // Who names the hosts to jump over (`anna`, at the bastion) goes another way than the file says.
    std::fs::remove_file(&back).unwrap();
    let _shown = run("sftp", &["-J", "anna", "db01:/dump", back.to_str().unwrap()]).succeeded();
    assert_eq!(std::fs::read(back).unwrap(), b"data");
    assert_eq!(db01.events().count(event::connected().via(["bastion"])), 1);
    // A host key other than the kit knows is found out, however far away it is.
    let stranger = network.host("db01").auth(NoneAuth::new("dba")).start_in_memory_blocking().unwrap();
    db01.shutdown().blocking().unwrap();
    run("ssh", &["db01", "psql --version"]).failed(255, "REMOTE HOST IDENTIFICATION HAS CHANGED");
    for server in [stranger, inner, bastion] {
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn a_key_reaches_what_its_line_names() {
    let key = new_key();
    let line = format!("permitopen=\"db01:5432\" {}", key.public_key().to_openssh().unwrap());
    let keys = PublicKeys::from_authorized_keys("anna", &line).unwrap();
    let server = MockSshServer::builder().auth(keys).forward(Forward::to(any()).echo());
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(key)]);
    let finished = Client::run_with_input(&mut ssh.ssh(["-W", "db01:5432", "anna"]), b"hello");
    assert_eq!(finished.succeeded(), "hello");
    Client::run(&mut ssh.ssh(["-W", "db02:5432", "anna"])).failed(255, "this login may not forward there");
    server.shutdown().blocking().unwrap();
}
