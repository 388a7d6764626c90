//! SFTP over streams: without an SSH server, with a file system that waits, and with clients that read late.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use mock_base::Journal;
use mock_sftp::{
    Caller, Cause, FileSystem, FsError, MemFs, Metadata, OpenDir, OpenFile, OpenOptions, Rename, ServeError,
    SessionError, SetAttributes, Sftp, SftpEvents as _, Space,
    wire::{Answer, Attributes, Call, Init, OpenFlags, Reply, Request},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    task::JoinHandle,
};

/// A file system that may wait, and only on threads where that is allowed.
#[derive(Debug)]
struct Disk(MemFs);

impl Disk {
    fn fs(&self) -> &MemFs {
        // On a thread of the runtime there is no blocking: this would panic.
        tokio::runtime::Handle::current().block_on(async {});
        &self.0
    }
}

impl FileSystem for Disk {
    fn caller(&self, user: &str) -> Caller {
        self.fs().caller(user)
    }
    fn blocks(&self) -> bool {
        true
    }
    fn now(&self) -> SystemTime {
        self.fs().now()
    }
    fn open(&self, by: &Caller, path: &[u8], options: &OpenOptions) -> Result<Box<dyn OpenFile>, FsError> {
        FileSystem::open(self.fs(), by, path, options)
    }
    fn open_dir(&self, by: &Caller, path: &[u8]) -> Result<Box<dyn OpenDir>, FsError> {
        FileSystem::open_dir(self.fs(), by, path)
    }
    fn metadata(&self, by: &Caller, path: &[u8], follow: bool) -> Result<Metadata, FsError> {
        FileSystem::metadata(self.fs(), by, path, follow)
    }
    fn set_attributes(
        &self,
        by: &Caller,
        path: &[u8],
        set: &SetAttributes,
        follow: bool,
    ) -> Result<(), FsError> {
        self.fs().set_attributes(by, path, set, follow)
    }
    fn remove_file(&self, by: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.fs().remove_file(by, path)
    }
    fn create_dir(&self, by: &Caller, path: &[u8], mode: u32) -> Result<(), FsError> {
        self.fs().create_dir(by, path, mode)
    }
    fn remove_dir(&self, by: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.fs().remove_dir(by, path)
    }
    fn rename(&self, by: &Caller, from: &[u8], to: &[u8], existing: Rename) -> Result<(), FsError> {
        FileSystem::rename(self.fs(), by, from, to, existing)
    }
    fn read_link(&self, by: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        FileSystem::read_link(self.fs(), by, path)
    }
    fn symlink(&self, by: &Caller, target: &[u8], path: &[u8]) -> Result<(), FsError> {
        FileSystem::symlink(self.fs(), by, target, path)
    }
    fn hard_link(&self, by: &Caller, existing: &[u8], path: &[u8]) -> Result<(), FsError> {
        FileSystem::hard_link(self.fs(), by, existing, path)
    }
    fn canonicalize(&self, by: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        self.fs().canonicalize(by, path)
    }
    fn space(&self, by: &Caller, path: &[u8]) -> Result<Space, FsError> {
        self.fs().space(by, path)
    }
}

struct Client {
    stream: DuplexStream,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Client {
    async fn begin(sftp: Sftp) -> Self {
        let (stream, server) = duplex(10_000);
        let serving = tokio::spawn(async move { sftp.serve(server, "anna").await });
        let mut client = Self { stream, serving };
        let mut init = BytesMut::new();
        Init { version: 3, extensions: Vec::new() }.encode(&mut init);
        client.stream.write_all(&init).await.unwrap();
        assert_eq!(client.packet().await[0], 2);
        client
    }

    async fn packet(&mut self) -> Bytes {
        let length = self.stream.read_u32().await.unwrap();
        let mut packet = vec![0; length as usize];
        self.stream.read_exact(&mut packet).await.unwrap();
        packet.into()
    }

    async fn ask(&mut self, call: Call<'_>) -> Bytes {
        let mut frame = BytesMut::new();
        Request { id: 1, call }.encode(&mut frame);
        self.stream.write_all(&frame).await.unwrap();
        self.packet().await
    }

    async fn open(&mut self, path: &str, flags: OpenFlags) -> Vec<u8> {
        let attributes = Attributes::default();
        let packet = self.ask(Call::Open { path: path.as_bytes(), flags, attributes }).await;
        match Reply::decode(&packet).unwrap().answer {
            Answer::Handle(handle) => handle.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    async fn end(mut self) -> Result<(), ServeError> {
        self.stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
        self.serving.await.unwrap()
    }
}

/// Everything that is asked for is asked for before anything is read.
async fn reads_late(sftp: Sftp, megabytes: u64) {
    let mut client = Client::begin(sftp).await;
    let handle = client.open("/big", OpenFlags::READ).await;
    let requests = megabytes * 32;
    let mut frames = BytesMut::new();
    for number in 0..requests {
        let call = Call::Read { handle: &handle, offset: number * 32_768, length: 32_768 };
        Request { id: u32::try_from(number).unwrap(), call }.encode(&mut frames);
    }
    client.stream.write_all(&frames).await.unwrap();
    for number in 0..requests {
        let packet = client.packet().await;
        let reply = Reply::decode(&packet).unwrap();
        assert_eq!(u64::from(reply.id), number);
        assert!(matches!(reply.answer, Answer::Data(data) if data.len() == 32_768));
    }
    client.end().await.unwrap();
}

#[tokio::test]
async fn replies_wait_until_they_are_read() {
    let fs = MemFs::new();
    fs.set_time(std::time::UNIX_EPOCH);
    fs.write("/big", vec![1; 64 << 20]).unwrap();
    reads_late(Sftp::new(fs), 64).await;
}

#[tokio::test]
async fn a_file_system_that_waits_has_threads_of_its_own() {
    let fs = MemFs::new();
    fs.write("/big", vec![1; 8 << 20]).unwrap();
    let journal = Journal::new();
    let sftp = Sftp::new(Disk(fs.clone())).record_to(journal.recorder("disk"));
    reads_late(sftp.clone(), 8).await;
    let mut client = Client::begin(sftp).await;
    let handle = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE).await;
    client.ask(Call::Write { handle: &handle, offset: 0, data: &vec![5; 100_000] }).await;
    client.ask(Call::Close { handle: &handle }).await;
    client.end().await.unwrap();
    assert!(fs.read("/new").unwrap() == vec![5; 100_000]);
    assert_eq!(journal.events().uploads().len(), 1);
}

#[tokio::test]
async fn what_is_no_sftp_ends_the_stream() {
    let mut client = Client::begin(Sftp::new(MemFs::new())).await;
    client.stream.write_all(b"hello, world").await.unwrap();
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).await.unwrap();
    let ended = client.serving.await.unwrap();
    assert!(matches!(ended, Err(ServeError::Protocol(SessionError::PacketTooLong(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_ends_with_its_client() {
    let disk = Disk(MemFs::new());
    for sftp in [Sftp::new(disk.0.clone()), Sftp::new(disk)] {
        let journal = Journal::new();
        let sftp = sftp.record_to(journal.recorder("sftp"));
        let sftp = sftp.fault("sftp stat: stall; once".parse().unwrap()).unwrap();
        let mut client = Client::begin(sftp).await;
        client.open("/file", OpenFlags::WRITE | OpenFlags::CREATE).await;
        let mut frames = BytesMut::new();
        // More than is kept of what nobody works on.
        while frames.len() < 3 << 20 {
            Request { id: 2, call: Call::Stat { path: b"/file" } }.encode(&mut frames);
        }
        client.stream.write_all(&frames).await.unwrap();
        let hour = std::time::Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, client.packet()).await.is_err());
        assert!(!client.serving.is_finished());
        client.end().await.unwrap();
        let events = journal.events();
        assert_eq!(events.faults().len(), 1);
        assert_eq!(events.sftp_ops().last().unwrap().cause, Some(Cause::ChannelEnded));
    }
}

#[tokio::test]
async fn a_client_that_vanishes_ends_the_server() {
    let fs = MemFs::new();
    fs.write("/big", vec![1; 8 << 20]).unwrap();
    let mut client = Client::begin(Sftp::new(fs)).await;
    let handle = client.open("/big", OpenFlags::READ).await;
    let mut frames = BytesMut::new();
    for _ in 0..100 {
        let call = Call::Read { handle: &handle, offset: 0, length: 100_000 };
        Request { id: 1, call }.encode(&mut frames);
    }
    client.stream.write_all(&frames).await.unwrap();
    drop(client.stream);
    assert!(matches!(client.serving.await.unwrap(), Err(ServeError::Stream(_))));
}
