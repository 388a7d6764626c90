//! Memory of our server: a large upload, and channels on which nothing happens.

use crate::{handshake::open_channel, process::Server, scenario::upload, sftp::Client};

const UPLOAD: usize = 1 << 30;
const CONNECTIONS: u64 = 100;

pub(crate) fn print() {
    println!("\nmemory of our server, resident");
    let server = Server::start("serve-ours");
    let mut client = server.client();
    upload(&mut client, "/warm", 0xa, 1 << 20, 32 << 10);
    let before = server.resident();
    // In four parts, because after a gigabyte on one connection keys would be exchanged again.
    for part in 0..4 {
        upload(&mut server.client(), &format!("/large-{part}"), 0xa, UPLOAD / 4, 32 << 10);
    }
    let grown = server.resident().saturating_sub(before);
    let relation = grown as f64 / UPLOAD as f64;
    println!("  an upload of 1 GiB takes {relation:.3} of its size, the aim is 1.05");

    let server = Server::start("serve-ours");
    let _warm = server.client();
    let mut before = server.resident();
    let mut connections: Vec<_> = (0..CONNECTIONS).map(|_| server.connect()).collect();
    let mut per = |what: &str| {
        let now = server.resident();
        println!("  {what}: {:.1} KiB each", now.saturating_sub(before) as f64 / CONNECTIONS as f64 / 1024.0);
        before = now;
    };
    per("connections, logged in");
    let channels: Vec<_> = connections.iter_mut().map(open_channel).collect();
    per("an open channel on each");
    let clients = connections.into_iter().zip(channels);
    let _clients: Vec<_> = clients.map(|(connection, channel)| Client::start(connection, channel)).collect();
    per("SFTP on each, the aim is below 16 KiB");
}
