//! Packets of SSH over a blocking socket (RFC 4253 section 6), in clear text and with AES-256-GCM (RFC 5647).
//!
//! Whole packets are gathered before they are written, and read ahead as far as the socket has them, so that the
//! client costs as little as it can.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    ops::Range,
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// What the socket is asked for at once.
const AHEAD: usize = 256 * 1024;

/// Length and padding length.
const HEAD: usize = 5;

const TAG: usize = 16;

pub(crate) struct Connection {
    socket: TcpStream,
    input: Vec<u8>,
    /// What of `input` was read and not looked at.
    unread: Range<usize>,
    output: Vec<u8>,
    sealing: Option<Cipher>,
    opening: Option<Cipher>,
}

pub(crate) struct Cipher {
    key: LessSafeKey,
    nonce: [u8; 12],
}

impl Cipher {
    pub(crate) fn new(key: &[u8], nonce: &[u8]) -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
        Self { key, nonce: nonce.try_into().unwrap() }
    }

    /// The last eight bytes count up with each packet.
    fn next_nonce(&mut self) -> Nonce {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let counter = u64::from_be_bytes(self.nonce[4..].try_into().unwrap()).wrapping_add(1);
        self.nonce[4..].copy_from_slice(&counter.to_be_bytes());
        nonce
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, input: vec![0; AHEAD], unread: 0..0, output: Vec::new(), sealing: None, opening: None }
    }

    pub(crate) fn seal_with(&mut self, cipher: Cipher) {
        self.sealing = Some(cipher);
    }

    pub(crate) fn open_with(&mut self, cipher: Cipher) {
        self.opening = Some(cipher);
    }

    /// Sends a line and returns the server's, without its end.
    pub(crate) fn identify(&mut self, line: &str) -> Vec<u8> {
        self.socket.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        loop {
            let waiting = &self.input[self.unread.clone()];
            if let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let line = waiting[..end].trim_ascii_end().to_vec();
                self.unread.start += end + 1;
                return line;
            }
            self.fill(self.unread.len() + 1);
        }
    }

    /// Puts a packet behind those that wait for [`flush`](Self::flush). Returns how many bytes wait.
    pub(crate) fn send(&mut self, payload: impl FnOnce(&mut Vec<u8>)) -> usize {
        let start = self.output.len();
        self.output.extend([0; HEAD]);
        payload(&mut self.output);
        let (block, covered) = if self.sealing.is_some() { (16, 4) } else { (8, 0) };
        let unpadded = self.output.len() - start - covered;
        let padding = block + 3 - (unpadded + 3) % block;
        self.output.resize(self.output.len() + padding, 0);
        let length = u32::try_from(self.output.len() - start - 4).unwrap().to_be_bytes();
        self.output[start..start + 4].copy_from_slice(&length);
        self.output[start + 4] = u8::try_from(padding).unwrap();
        if let Some(cipher) = &mut self.sealing {
            let (nonce, body) = (cipher.next_nonce(), &mut self.output[start + 4..]);
            let tag = cipher.key.seal_in_place_separate_tag(nonce, Aad::from(length), body).unwrap();
            self.output.extend(tag.as_ref());
        }
        self.output.len()
    }

    pub(crate) fn flush(&mut self) {
        self.socket.write_all(&self.output).unwrap();
        self.output.clear();
    }

    /// Whether a packet can be read without asking the socket.
    pub(crate) fn has_packet(&self) -> bool {
        let waiting = &self.input[self.unread.clone()];
        let length = waiting.first_chunk().map(|length| u32::from_be_bytes(*length) as usize);
        length.is_some_and(|length| waiting.len() >= 4 + length + TAG)
    }

    /// The payload of the next packet, which lies in the buffer until the next call.
    pub(crate) fn receive(&mut self) -> &[u8] {
        self.fill(4);
        let at = self.unread.start;
        let length: [u8; 4] = self.input[at..at + 4].try_into().unwrap();
        let size = u32::from_be_bytes(length) as usize;
        let tag = if self.opening.is_some() { TAG } else { 0 };
        self.fill(4 + size + tag);
        let body = self.unread.start + 4..self.unread.start + 4 + size;
        self.unread.start = body.end + tag;
        if let Some(cipher) = &mut self.opening {
            let (nonce, sealed) = (cipher.next_nonce(), &mut self.input[body.start..body.end + tag]);
            cipher.key.open_in_place(nonce, Aad::from(length), sealed).unwrap();
        }
        let padding = usize::from(self.input[body.start]);
        &self.input[body.start + 1..body.end - padding]
    }

    /// Reads until so many bytes wait.
    fn fill(&mut self, needed: usize) {
        if self.unread.start + needed > self.input.len() || self.unread.is_empty() {
            self.input.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        while self.unread.len() < needed {
            let read = self.socket.read(&mut self.input[self.unread.end..]).unwrap();
            assert_ne!(read, 0, "the server closed the connection");
            self.unread.end += read;
        }
    }
}

pub(crate) fn put(out: &mut Vec<u8>, string: &[u8]) {
    put_number(out, string.len());
    out.extend(string);
}

pub(crate) fn put_number(out: &mut Vec<u8>, number: usize) {
    out.extend(u32::try_from(number).unwrap().to_be_bytes());
}

/// The number at this place of a message.
pub(crate) fn number(message: &[u8], at: usize) -> usize {
    u32::from_be_bytes(message[at..at + 4].try_into().unwrap()) as usize
}

/// The string at this place of a message.
pub(crate) fn string(message: &[u8], at: usize) -> &[u8] {
    &message[at + 4..at + 4 + number(message, at)]
}
