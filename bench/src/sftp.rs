//! Requests of SFTP over one channel, as many at once as the caller likes.

use crate::{
    connection::{Connection, number, put, put_number, string},
    handshake::{Channel, PACKET, WINDOW, start_sftp},
};

/// What may wait to be written before it is.
const GATHERED: usize = 192 * 1024;

pub(crate) struct Client {
    connection: Connection,
    channel: Channel,
    /// Data received since the window was last topped up.
    consumed: usize,
    received: Vec<u8>,
    taken: usize,
}

pub(crate) type Handle = Vec<u8>;

impl Client {
    pub(crate) fn start(mut connection: Connection, mut channel: Channel) -> Self {
        start_sftp(&mut connection, &mut channel);
        let mut client = Self { connection, channel, consumed: 0, received: Vec::new(), taken: 0 };
        client.send_data(&[0, 0, 0, 5, 1, 0, 0, 0, 3], &[]);
        client.reply(|version| assert_eq!(version[0], 2));
        client
    }

    pub(crate) fn open(&mut self, path: &str, flags: usize) -> Handle {
        self.request(3, 0, |out| {
            put(out, path.as_bytes());
            put_number(out, flags);
            put_number(out, 0);
        });
        self.reply(handle)
    }

    pub(crate) fn open_dir(&mut self, path: &str) -> Handle {
        self.on_path(11, path);
        self.reply(handle)
    }

    pub(crate) fn close(&mut self, handle: &Handle) {
        self.request(4, 0, |out| put(out, handle));
        self.done();
    }

    /// A request that has nothing but a path.
    pub(crate) fn on_path(&mut self, kind: u8, path: &str) {
        self.request(kind, 0, |out| put(out, path.as_bytes()));
    }

    pub(crate) fn make_dir(&mut self, path: &str) {
        self.request(14, 0, |out| {
            put(out, path.as_bytes());
            put_number(out, 0);
        });
        self.done();
    }

    pub(crate) fn read(&mut self, handle: &Handle, offset: usize, length: usize) {
        // The id says where the data belong: every offset is a multiple of less than four KiB.
        self.request(5, offset >> 10, |out| {
            put(out, handle);
            out.extend((offset as u64).to_be_bytes());
            put_number(out, length);
        });
    }

    pub(crate) fn read_dir(&mut self, handle: &Handle) {
        self.request(12, 0, |out| put(out, handle));
    }

    pub(crate) fn write(&mut self, handle: &Handle, offset: usize, data: &[u8]) {
        let mut head = Vec::with_capacity(64);
        put_number(&mut head, 1 + 4 + 4 + handle.len() + 8 + 4 + data.len());
        head.push(6);
        put_number(&mut head, 0);
        put(&mut head, handle);
        head.extend((offset as u64).to_be_bytes());
        put_number(&mut head, data.len());
        self.send_data(&head, data);
    }

    /// Waits for a status, which must be a success.
    pub(crate) fn done(&mut self) {
        self.reply(|reply| assert_eq!((reply[0], number(reply, 5)), (101, 0), "a failure"));
    }

    /// Waits for the next reply: type, id, and so on.
    pub(crate) fn reply<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> T {
        while !self.has_reply() {
            if !self.connection.has_packet() {
                self.connection.flush();
            }
            self.receive();
        }
        let begin = self.taken + 4;
        let end = begin + number(&self.received, self.taken);
        let looked = look(&self.received[begin..end]);
        self.taken = end;
        if end == self.received.len() {
            self.received.clear();
            self.taken = 0;
        }
        looked
    }

    fn has_reply(&self) -> bool {
        let waiting = &self.received[self.taken..];
        waiting.len() >= 4 && waiting.len() >= 4 + number(waiting, 0)
    }

    fn request(&mut self, kind: u8, id: usize, body: impl FnOnce(&mut Vec<u8>)) {
        let mut packet = vec![0; 4];
        packet.push(kind);
        put_number(&mut packet, id);
        body(&mut packet);
        let length = u32::try_from(packet.len() - 4).unwrap();
        packet[..4].copy_from_slice(&length.to_be_bytes());
        self.send_data(&packet, &[]);
    }

    /// Sends both parts in packets that the server takes, within its window.
    fn send_data(&mut self, mut head: &[u8], mut data: &[u8]) {
        while !head.is_empty() || !data.is_empty() {
            while self.channel.window == 0 {
                self.connection.flush();
                self.receive();
            }
            let room = self.channel.window.min(self.channel.packet);
            let (first, rest) = head.split_at(head.len().min(room));
            head = rest;
            let (second, rest) = data.split_at(data.len().min(room - first.len()));
            data = rest;
            let length = first.len() + second.len();
            self.channel.window -= length;
            let number = self.channel.number;
            let waiting = self.connection.send(|out| {
                out.push(94);
                put_number(out, number);
                put_number(out, length);
                out.extend_from_slice(first);
                out.extend_from_slice(second);
            });
            if waiting > GATHERED {
                self.connection.flush();
            }
        }
    }

    fn receive(&mut self) {
        let message = self.connection.receive();
        match message[0] {
            93 => self.channel.window += number(message, 5),
            94 => {
                let data = string(message, 5);
                // What was taken goes when it is in the way.
                if self.taken > 8 * PACKET {
                    self.received.drain(..self.taken);
                    self.taken = 0;
                }
                self.received.extend_from_slice(data);
                self.consumed += data.len();
            }
            message_type => assert!(matches!(message_type, 2 | 80), "message {message_type}"),
        }
        if self.consumed > WINDOW / 2 {
            let (number, consumed) = (self.channel.number, self.consumed);
            self.consumed = 0;
            self.connection.send(|out| {
                out.push(93);
                put_number(out, number);
                put_number(out, consumed);
            });
        }
    }
}

fn handle(reply: &[u8]) -> Handle {
    assert_eq!(reply[0], 102, "no handle");
    string(reply, 5).to_vec()
}
