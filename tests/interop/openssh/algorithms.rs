//! Every algorithm that OpenSSH and the server share, host keys that change, new keys during transfers, compression, and
//! whether the other side is still there.

use std::{process::Stdio, time::Duration};

use mock_core::{
    Algorithms, Exec, HostKey, KitUser, MockSshServer, Reply, Session, event, event::ClosedBy, glob,
};
use nix::sys::signal::Signal;
use support::{Client, OpenSsh, noise};

use super::open_server;

const MIB: usize = 1 << 20;

/// What the installed OpenSSH has of a kind.
fn has(kind: &str) -> Vec<String> {
    let home = support::Home::new();
    let listed = Client::run(home.command("ssh").args(["-Q", kind])).succeeded();
    listed.lines().map(str::to_owned).collect()
}

/// The names that both have, from the largest set of this server.
fn shared(list: &str, kind: &str) -> Vec<String> {
    let theirs = has(kind);
    let legacy = Algorithms::legacy();
    let (_, ours) = legacy.lists().find(|(name, _)| *name == list).unwrap();
    ours.iter().filter(|name| theirs.contains(name)).cloned().collect()
}

/// A server with all that there is, and a client for it.
fn everything() -> (MockSshServer, OpenSsh) {
    let server = open_server().algorithms(Algorithms::legacy()).exec(Exec::echo());
    let keys = [HostKey::ed25519(), HostKey::ecdsa(), HostKey::rsa(2048).unwrap()];
    let server = keys.into_iter().fold(server, mock_core::Builder::host_key).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    (server, ssh)
}

/// Logs in with each of these for an option, and returns how often.
fn each(
    names: &[String],
    options: impl Fn(&str) -> Vec<String>,
    used: impl Fn(&event::Negotiated) -> &str,
) -> usize {
    let (server, ssh) = everything();
    for name in names {
        let mut command = ssh.ssh(options(name).iter().flat_map(|option| ["-o", option]));
        let finished = Client::run(command.args(["anna", "true"]));
        assert_eq!(finished.stdout(), "REMOTE_OK:true\n", "{name}: {finished}");
        let negotiated = server.events().last(event::negotiated()).unwrap();
        assert_eq!(used(&negotiated), name);
    }
    server.shutdown().blocking().unwrap();
    names.len()
}

#[test]
fn every_shared_key_exchange() {
    let option = |name: &str| vec![format!("KexAlgorithms={name}")];
    assert!(each(&shared("kex", "kex"), option, |negotiated| &negotiated.kex) >= 11);
}

#[test]
fn every_shared_cipher() {
    let option = |name: &str| vec![format!("Ciphers={name}")];
    assert!(each(&shared("ciphers", "cipher"), option, |negotiated| &negotiated.cipher_out) >= 10);
}

#[test]
fn every_shared_mac() {
    let option = |name: &str| vec!["Ciphers=aes128-ctr".to_owned(), format!("MACs={name}")];
    assert!(each(&shared("macs", "mac"), option, |negotiated| &negotiated.mac_in) >= 6);
}

#[test]
fn every_shared_host_key_algorithm() {
    let keys = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];
    let option = |name: &str| vec![format!("HostKeyAlgorithms={name}")];
    let names = keys.map(str::to_owned);
    assert_eq!(each(&names, option, |negotiated| &negotiated.host_key), names.len());
}

#[test]
fn nothing_in_common_is_the_clients_own_error() {
    let algorithms = Algorithms::modern().ciphers(["aes256-gcm@openssh.com"]);
    let server = open_server().algorithms(algorithms).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = ssh.run(["-o", "Ciphers=aes128-ctr", "anna", "true"]);
    finished.failed(255, "no matching cipher found. Their offer: aes256-gcm@openssh.com");
    server.shutdown().blocking().unwrap();
}

#[test]
fn strict_key_exchange_can_be_left_out() {
    for strict in [true, false] {
        let algorithms = Algorithms::modern().strict_kex(strict);
        let server = open_server().algorithms(algorithms).exec(Exec::echo()).start_blocking().unwrap();
        let ssh = OpenSsh::new(&server, "anna");
        let finished = ssh.run(["-o", "Ciphers=aes256-gcm@openssh.com", "anna", "true"]);
        assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
        // Only a client that knows it takes part.
        let negotiated = server.events().first(event::negotiated()).unwrap();
        assert!(strict || !negotiated.strict, "{negotiated:?}");
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn a_host_key_that_has_changed_is_refused_until_it_is_back() {
    let (known, other) = (HostKey::ed25519(), HostKey::ed25519());
    let server = open_server()
        .host_key(known.clone())
        .host_key_sequence([known.clone(), other.clone(), known])
        .exec(Exec::echo())
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    assert_eq!(ssh.run(["anna", "true"]).succeeded(), "REMOTE_OK:true\n");
    let deceived = ssh.run(["anna", "true"]);
    deceived.failed(255, "REMOTE HOST IDENTIFICATION HAS CHANGED");
    assert!(deceived.stderr().contains(&other.sha256()), "{deceived}");
    assert_eq!(ssh.run(["anna", "true"]).succeeded(), "REMOTE_OK:true\n");
    // Who knows the other key by its line is not surprised by it.
    let line = other.known_hosts_line(server.addr());
    let known_hosts = ssh.home().file("other", line + "\n");
    let option = format!("UserKnownHostsFile={}", known_hosts.display());
    ssh.run(["-o", &option, "anna", "true"]).failed(255, "REMOTE HOST IDENTIFICATION HAS CHANGED");
    server.shutdown().blocking().unwrap();
}

/// A server with a command that sends back what it got.
fn cat(builder: mock_core::Builder) -> MockSshServer {
    let cat = async |mut session: Session| {
        while let Some(data) = session.read().await {
            session.write(data).await?;
        }
        std::io::Result::Ok(())
    };
    builder.exec(Exec::on("cat").run(cat)).start_blocking().unwrap()
}

/// Sends so much through `cat`, and returns how often keys were exchanged anew.
fn there_and_back(server: &MockSshServer, size: usize, options: &[&str]) -> usize {
    let ssh = OpenSsh::new(server, "anna");
    let data = noise(size);
    let file = std::fs::File::open(ssh.home().file("data", &data)).unwrap();
    let mut command = ssh.ssh(options);
    let finished = Client::start_with(command.args(["-v", "anna", "cat"]).stdin(Stdio::from(file))).finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr());
    assert!(finished.stdout == data, "{} bytes came back", finished.stdout.len());
    finished.stderr().matches("SSH2_MSG_NEWKEYS received").count() - 1
}

#[test]
fn the_client_exchanges_keys_every_64_kib_both_ways() {
    let server = cat(open_server());
    let exchanges = there_and_back(&server, 64 * MIB, &["-o", "RekeyLimit=64K"]);
    assert!(exchanges > 1000, "{exchanges} exchanges");
    server.shutdown().blocking().unwrap();
}

#[test]
fn the_server_exchanges_keys_every_mebibyte_both_ways() {
    let server = cat(open_server().rekey_after_bytes(MIB));
    let exchanges = there_and_back(&server, 16 * MIB, &[]);
    assert!(exchanges > 10, "{exchanges} exchanges");
    server.shutdown().blocking().unwrap();
}

#[test]
fn either_side_exchanges_keys_after_some_time_and_nothing_is_lost() {
    // A second is the shortest time that OpenSSH takes.
    let by_server = cat(open_server().rekey_after(Duration::from_millis(20)));
    let by_client = cat(open_server());
    for (server, options) in [(by_server, &[][..]), (by_client, &["-o", "RekeyLimit=default 1"])] {
        let ssh = OpenSsh::new(&server, "anna");
        let mut client = Client::start_with_input(ssh.ssh(options).args(["-v", "anna", "cat"]));
        let data = noise(MIB);
        let mut sent = Vec::new();
        for exchange in 0..2 {
            client.send(&data);
            sent.extend_from_slice(&data);
            client.wait_for_bytes(sent.len());
            if exchange == 0 {
                client.wait_for_complaint("rekeying in, ");
            }
        }
        client.end_input();
        let finished = client.finish();
        assert_eq!(finished.code(), 0, "{}", finished.stderr());
        assert!(finished.stdout == sent, "{} bytes came back", finished.stdout.len());
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn compressed_data_comes_back_as_it_was() {
    let server = cat(open_server());
    there_and_back(&server, 4 * MIB, &["-C"]);
    let negotiated = server.events().first(event::negotiated()).unwrap();
    assert_eq!(
        (&*negotiated.compression_in, &*negotiated.compression_out),
        ("zlib@openssh.com", "zlib@openssh.com")
    );
    server.shutdown().blocking().unwrap();
}

#[test]
fn the_smallest_window_and_the_smallest_packets_lose_nothing() {
    let server = cat(open_server().window(2).max_packet(1));
    there_and_back(&server, 2000, &[]);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_server_announces_that_it_takes_extensions_or_does_not() {
    for announced in [true, false] {
        let algorithms = Algorithms::compatible().ext_info(announced);
        let server = open_server().algorithms(algorithms).exec(Exec::echo()).start_blocking().unwrap();
        let finished = OpenSsh::new(&server, "anna").run(["-vv", "anna", "uname -r"]);
        assert_eq!(finished.stdout(), "REMOTE_OK:uname -r\n", "{finished}");
        let told = finished.stderr();
        let (_, proposal) = told.split_once("peer server KEXINIT proposal").unwrap();
        let kex = proposal.lines().find_map(|line| line.trim_end().strip_prefix("debug2: KEX algorithms: "));
        assert_eq!(kex.unwrap().split(',').any(|name| name == "ext-info-s"), announced, "{finished}");
        server.shutdown().blocking().unwrap();
    }
}

/// A server with a command that lasts.
fn lasting(builder: mock_core::Builder) -> MockSshServer {
    let last = async |mut session: Session| while session.control().await.is_some() {};
    builder.exec(Exec::on("last").run(last)).start_blocking().unwrap()
}

#[test]
fn a_client_that_asks_whether_the_server_is_there_is_answered() {
    let server = lasting(open_server());
    let ssh = OpenSsh::new(&server, "anna");
    let client = Client::start(&mut ssh.ssh(["-vvv", "-o", "ServerAliveInterval=1", "anna", "last"]));
    server.events().wait_for(event::exec()).blocking().unwrap();
    // SSH_MSG_REQUEST_FAILURE, which is an answer (RFC 4254 section 4).
    client.wait_for_complaint("receive packet: type 82");
    server.shutdown().blocking().unwrap();
    let _ended = client.finish();
}

#[test]
fn a_client_that_does_not_answer_is_disconnected() {
    let server = lasting(open_server().keepalive(Duration::from_millis(100), 3));
    let ssh = OpenSsh::new(&server, "anna");
    let client = Client::start(&mut ssh.ssh(["-vvv", "anna", "last"]));
    client.wait_for_complaint("rtype keepalive@openssh.com");
    assert_eq!(server.events().count(event::disconnected()), 0);
    client.signal(Signal::SIGSTOP);
    let over = server.events().wait_for(event::disconnected()).within(support::DEADLINE).blocking().unwrap();
    assert_eq!((over.by, &*over.reason), (ClosedBy::Server, "keepalive requests were not answered"));
    client.signal(Signal::SIGCONT);
    let _ended = client.finish();
    server.shutdown().blocking().unwrap();
}

#[test]
fn only_environment_that_is_accepted_reaches_a_program() {
    let server = open_server().accept_env("LANG").accept_env(glob("LC_*").unwrap());
    let server = server.exec(
        Exec::on("env").reply(|request: &mock_core::Request| Reply::from(format!("{:?}", request.env))),
    );
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna")]);
    let mut command = ssh.ssh(["-o", "SendEnv=LANG SECRET LC_TIME", "anna", "env"]);
    let finished = Client::run(command.env("LANG", "C").env("SECRET", "x").env("LC_TIME", "C"));
    let said = finished.succeeded();
    assert!(said.contains("LANG") && said.contains("LC_TIME") && !said.contains("SECRET"), "{said}");
    let refused = server.events().first(event::env().name("SECRET")).unwrap();
    assert!(!refused.accepted);
    server.shutdown().blocking().unwrap();
}
