//! A client for tests: it asks a session directly, or sends bytes as they are.

use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use mock_base::{Events, Journal};
use mock_sftp::{
    FileSystem, Progress, ReplySink, SessionError, Sftp, SftpSession,
    wire::{
        Answer, Attributes, Call, Explanation, ExtendedCall, Init, OpenFlags, Reply, Request, StatusCode,
    },
};

/// Where the session's replies are kept.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) sent: BytesMut,
    pub(crate) capacity: usize,
    pub(crate) woken: bool,
    /// When it wants to be woken.
    pub(crate) wake_after: Option<Duration>,
    /// Pieces as they were sent.
    pub(crate) pieces: Vec<Bytes>,
}

impl ReplySink for Sink {
    fn room(&self) -> usize {
        self.capacity.saturating_sub(self.sent.len())
    }

    fn send(&mut self, bytes: Bytes) {
        self.sent.extend_from_slice(&bytes);
        self.pieces.push(bytes);
    }

    fn wake(&mut self) {
        self.woken = true;
    }

    fn wake_after(&mut self, delay: Duration) {
        self.wake_after = Some(delay);
    }
}

/// A client of one session.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) session: SftpSession,
    pub(crate) sink: Sink,
    journal: Journal,
    id: u32,
}

/// A packet without its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet(pub(crate) Bytes);

impl Client {
    /// Before init, as `anna`.
    pub(crate) fn connect(sftp: Sftp) -> Self {
        let journal = Journal::new();
        let session = sftp.record_to(journal.recorder("sftp")).session("anna");
        let sink = Sink {
            sent: BytesMut::new(),
            capacity: 1 << 20,
            woken: false,
            wake_after: None,
            pieces: Vec::new(),
        };
        Self { session, sink, journal, id: 0 }
    }

    /// After init.
    pub(crate) fn begin(sftp: Sftp) -> Self {
        let mut client = Self::connect(sftp);
        let mut init = BytesMut::new();
        Init { version: 3, extensions: Vec::new() }.encode(&mut init);
        client.receive(&init).unwrap();
        assert_eq!(client.packet().0[..5], *b"\x02\0\0\0\x03");
        client
    }

    pub(crate) fn of(fs: impl FileSystem + 'static) -> Self {
        Self::begin(Sftp::new(fs))
    }

    pub(crate) fn events(&self) -> Events {
        self.journal.events()
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<Progress, SessionError> {
        self.session.receive(bytes, &mut self.sink)
    }

    /// The session's next turn, for as long as it asks for one.
    pub(crate) fn run(&mut self) {
        while std::mem::take(&mut self.sink.woken) {
            self.session.resume(&mut self.sink).unwrap();
        }
    }

    /// The bytes of a request, with the next id.
    pub(crate) fn frame(&mut self, call: Call<'_>) -> BytesMut {
        self.id += 1;
        let mut frame = BytesMut::new();
        Request { id: self.id, call }.encode(&mut frame);
        frame
    }

    /// The next reply.
    pub(crate) fn packet(&mut self) -> Packet {
        self.next_packet().expect("there should be a reply")
    }

    pub(crate) fn next_packet(&mut self) -> Option<Packet> {
        let length = u32::from_be_bytes(*self.sink.sent.first_chunk()?) as usize;
        assert!(self.sink.sent.len() >= 4 + length, "a whole reply");
        self.sink.sent.advance(4);
        Some(Packet(self.sink.sent.split_to(length).freeze()))
    }

    /// Asks, and expects one reply, with the right id.
    pub(crate) fn ask(&mut self, call: Call<'_>) -> Packet {
        let frame = self.frame(call);
        self.receive(&frame).unwrap();
        self.run();
        let packet = self.packet();
        assert_eq!(packet.reply().id, self.id);
        assert!(self.sink.sent.is_empty(), "one reply to one request");
        packet
    }

    #[track_caller]
    pub(crate) fn status(&mut self, call: Call<'_>) -> StatusCode {
        self.ask(call).status()
    }

    pub(crate) fn extended(&mut self, call: ExtendedCall<'_>) -> Packet {
        self.ask(Call::Extended(call))
    }

    #[track_caller]
    pub(crate) fn open(&mut self, path: &str, flags: OpenFlags) -> Bytes {
        let attributes = Attributes::default();
        self.ask(Call::Open { path: path.as_bytes(), flags, attributes }).handle()
    }

    pub(crate) fn read(&mut self, handle: &[u8], offset: u64, length: u32) -> Bytes {
        self.ask(Call::Read { handle, offset, length }).data()
    }

    pub(crate) fn write(&mut self, handle: &[u8], offset: u64, data: &[u8]) -> StatusCode {
        self.status(Call::Write { handle, offset, data })
    }

    pub(crate) fn close(&mut self, handle: &[u8]) {
        assert_eq!(self.status(Call::Close { handle }), StatusCode::Ok);
    }

    pub(crate) fn attributes(&mut self, path: &str) -> Attributes {
        self.ask(Call::LStat { path: path.as_bytes() }).attributes()
    }
}

impl Packet {
    pub(crate) fn reply(&self) -> Reply<'_> {
        Reply::decode(&self.0).unwrap()
    }

    #[track_caller]
    pub(crate) fn status(&self) -> StatusCode {
        match self.reply().answer {
            Answer::Status { code, explanation } => {
                let expected = Explanation { message: code.message().as_bytes(), language: b"" };
                assert_eq!(explanation, Some(expected));
                code
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn handle(&self) -> Bytes {
        match self.reply().answer {
            Answer::Handle(handle) => Bytes::copy_from_slice(handle),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn data(&self) -> Bytes {
        match self.reply().answer {
            Answer::Data(data) => Bytes::copy_from_slice(data),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn attributes(&self) -> Attributes {
        match self.reply().answer {
            Answer::Attributes(attributes) => attributes,
            other => panic!("{other:?}"),
        }
    }

    /// Names and long names.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self.reply().answer {
            Answer::Names(names) => {
                names.iter().map(|name| (text(name.name), text(name.long_name))).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    /// The one path of the answer.
    #[track_caller]
    pub(crate) fn path(&self) -> String {
        let mut names = self.names();
        assert_eq!(names.len(), 1);
        let (name, long_name) = names.remove(0);
        assert_eq!(name, long_name);
        name
    }

    #[track_caller]
    pub(crate) fn extended(&self) -> Bytes {
        match self.reply().answer {
            Answer::Extended(data) => Bytes::copy_from_slice(data),
            other => panic!("{other:?}"),
        }
    }
}
