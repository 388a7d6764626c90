//! Key exchange, login and a channel with the subsystem `sftp`: `curve25519-sha256`, AES-256-GCM and an Ed25519 key.
//!
//! Nothing is verified of the server, which this benchmark has just started.

use std::net::SocketAddr;

use aws_lc_rs::{
    agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral},
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};

use crate::connection::{Cipher, Connection, number, put, put_number, string};

const IDENTIFICATION: &str = "SSH-2.0-bench";

/// What the client may be sent before it asks for more, and at once: OpenSSH's numbers.
pub(crate) const WINDOW: usize = 2 << 20;
pub(crate) const PACKET: usize = 32 * 1024;

/// A channel that was opened.
pub(crate) struct Channel {
    /// The server's number for it.
    pub(crate) number: usize,
    pub(crate) window: usize,
    pub(crate) packet: usize,
}

/// The key that logs in everywhere.
pub(crate) fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[42; 32]).unwrap()
}

/// The key as it is named on the wire.
pub(crate) fn key_blob() -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, b"ssh-ed25519");
    put(&mut blob, key().public_key().as_ref());
    blob
}

/// A connection on which this user is logged in.
pub(crate) fn connect(address: SocketAddr, user: &str) -> Connection {
    let mut connection = Connection::open(address);
    let session = exchange_keys(&mut connection);
    connection.send(|out| {
        out.push(5);
        put(out, b"ssh-userauth");
    });
    connection.flush();
    expect(&mut connection, 6);
    let mut request = vec![50];
    for field in [user, "ssh-connection", "publickey"] {
        put(&mut request, field.as_bytes());
    }
    request.push(1);
    put(&mut request, b"ssh-ed25519");
    put(&mut request, &key_blob());
    let mut signed = Vec::new();
    put(&mut signed, &session);
    signed.extend(&request);
    let mut signature = Vec::new();
    put(&mut signature, b"ssh-ed25519");
    put(&mut signature, key().sign(&signed).as_ref());
    put(&mut request, &signature);
    connection.send(|out| out.extend(request));
    connection.flush();
    expect(&mut connection, 52);
    connection
}

/// Opens a session channel.
pub(crate) fn open_channel(connection: &mut Connection) -> Channel {
    connection.send(|out| {
        out.push(90);
        put(out, b"session");
        put_number(out, 0);
        put_number(out, WINDOW);
        put_number(out, PACKET);
    });
    connection.flush();
    let confirmed = expect(connection, 91);
    Channel { number: number(&confirmed, 5), window: number(&confirmed, 9), packet: number(&confirmed, 13) }
}

/// Starts the subsystem on it.
pub(crate) fn start_sftp(connection: &mut Connection, channel: &mut Channel) {
    connection.send(|out| {
        out.push(98);
        put_number(out, channel.number);
        put(out, b"subsystem");
        out.push(1);
        put(out, b"sftp");
    });
    connection.flush();
    loop {
        let message = connection.receive();
        match message[0] {
            93 => channel.window += number(message, 5),
            99 => return,
            other => assert_eq!(other, 80, "the subsystem is refused"),
        }
    }
}

/// Returns the exchange hash, which is the session's id.
fn exchange_keys(connection: &mut Connection) -> Vec<u8> {
    let theirs = connection.identify(IDENTIFICATION);
    let mut offer = vec![20];
    offer.extend([7; 16]);
    let cipher = "aes256-gcm@openssh.com";
    let lists = [
        "curve25519-sha256",
        "ssh-ed25519",
        cipher,
        cipher,
        "hmac-sha2-256",
        "hmac-sha2-256",
        "none",
        "none",
    ];
    for list in lists.into_iter().chain(["", ""]) {
        put(&mut offer, list.as_bytes());
    }
    offer.extend([0; 5]);
    let secret = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()).unwrap();
    let public = secret.compute_public_key().unwrap();
    connection.send(|out| out.extend(&offer));
    connection.send(|out| {
        out.push(30);
        put(out, public.as_ref());
    });
    connection.flush();
    let their_offer = expect(connection, 20);
    let reply = expect(connection, 31);
    let host_key = string(&reply, 1);
    let their_public = string(&reply, 5 + host_key.len());
    let shared = UnparsedPublicKey::new(&X25519, their_public);
    let shared = agree_ephemeral(secret, shared, (), |shared| Ok(mpint(shared))).unwrap();
    let mut exchange = Vec::new();
    for part in
        [IDENTIFICATION.as_bytes(), &theirs, &offer, &their_offer, host_key, public.as_ref(), their_public]
    {
        put(&mut exchange, part);
    }
    exchange.extend(&shared);
    let hash = digest(&SHA256, &exchange).as_ref().to_vec();
    // RFC 4253 section 7.2; each is at most as long as a hash.
    let derive = |letter: u8| digest(&SHA256, &[&shared[..], &hash, &[letter], &hash].concat());
    connection.send(|out| out.push(21));
    connection.flush();
    connection.seal_with(Cipher::new(derive(b'C').as_ref(), &derive(b'A').as_ref()[..12]));
    expect(connection, 21);
    connection.open_with(Cipher::new(derive(b'D').as_ref(), &derive(b'B').as_ref()[..12]));
    hash
}

/// A number that is not negative (RFC 4251 section 5).
fn mpint(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut number = Vec::new();
    let sign: &[u8] = if bytes.first().is_some_and(|first| first & 0x80 != 0) { &[0] } else { &[] };
    put(&mut number, &[sign, bytes].concat());
    number
}

/// The next message of this type. Others that a server may send before it mean nothing here.
fn expect(connection: &mut Connection, wanted: u8) -> Vec<u8> {
    loop {
        let message = connection.receive();
        if message[0] == wanted {
            return message.to_vec();
        }
        // Ignore, debug, extension info, banner, global request.
        let message_type = message[0];
        assert!(matches!(message_type, 2 | 4 | 7 | 53 | 80), "message {message_type} instead of {wanted}");
    }
}
