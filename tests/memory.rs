//! What a large upload and an idle channel need, counted by the allocator: the server and a client, which is a task of the same
//! process. What `cargo xtask bench sftp memory` measures from outside, with a gigabyte, stands in `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use bytes::BytesMut;
use mock_auth::AcceptAny;
use mock_core::MockSshServer;
use mock_sftp::{
    MemFs, Sftp, SftpEvents as _,
    wire::{Attributes, Call, Init, OpenFlags, Request},
};
use peak_alloc::PeakAlloc;
use russh::{Channel, ChannelMsg, client, keys::PublicKeyOrCertificate};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Bytes of the upload, and of each request.
const UPLOAD: usize = 64 * MIB;
const PIECE: usize = 32 * KIB;

/// Requests whose answers are not waited for.
const AHEAD: usize = 32;

struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

async fn login(server: &MockSshServer) -> client::Handle<Trusting> {
    let mut client = client::connect_stream(Arc::default(), server.connect(), Trusting).await.unwrap();
    assert!(client.authenticate_password("anna", "").await.unwrap().success());
    client
}

/// SFTP over a channel, as far as it is needed here.
struct Files(Channel<client::Msg>);

impl Files {
    async fn begin(client: &client::Handle<Trusting>) -> Self {
        let channel = client.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "sftp").await.unwrap();
        let mut files = Self(channel);
        let mut init = BytesMut::new();
        Init { version: 3, extensions: Vec::new() }.encode(&mut init);
        files.0.data(&init[..]).await.unwrap();
        files.answers(1).await;
        files
    }

    async fn send(&self, call: Call<'_>) {
        let mut frame = BytesMut::new();
        Request { id: 1, call }.encode(&mut frame);
        self.0.data(&frame[..]).await.unwrap();
    }

    /// Waits for so many answers, and returns the last.
    async fn answers(&mut self, mut count: usize) -> Vec<u8> {
        let mut received = Vec::new();
        loop {
            if let ChannelMsg::Data { data } = self.0.wait().await.unwrap() {
                received.extend_from_slice(&data);
            }
            while let Some((length, rest)) = received.split_first_chunk() {
                let length = u32::from_be_bytes(*length) as usize;
                let Some(packet) = rest.get(..length) else { break };
                count -= 1;
                if count == 0 {
                    return packet.to_vec();
                }
                received.drain(..4 + length);
            }
        }
    }

    async fn upload(&mut self, path: &str, length: usize) {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE;
        self.send(Call::Open { path: path.as_bytes(), flags, attributes: Attributes::default() }).await;
        // Type, id, length of the handle.
        let handle = self.answers(1).await.split_off(9);
        let data = vec![7; PIECE];
        for batch in 0..length / PIECE / AHEAD {
            for number in batch * AHEAD..(batch + 1) * AHEAD {
                let offset = (number * PIECE) as u64;
                self.send(Call::Write { handle: &handle, offset, data: &data }).await;
            }
            self.answers(AHEAD).await;
        }
        self.send(Call::Close { handle: &handle }).await;
        self.answers(1).await;
    }
}

/// One test, because what others allocate meanwhile would be counted as well.
#[tokio::test]
async fn an_upload_takes_its_size_and_an_idle_channel_next_to_nothing() {
    let fs = MemFs::new();
    let server = MockSshServer::builder().auth(AcceptAny).subsystem("sftp", Sftp::new(fs.clone()));
    let server = server.start_in_memory().unwrap();
    let client = login(&server).await;
    let mut files = Files::begin(&client).await;
    // The first make what is kept: buffers for packets, at both ends.
    files.upload("/warm", AHEAD * PIECE).await;

    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    files.upload("/large", UPLOAD).await;
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(peak <= UPLOAD / 100 * 105, "{peak} bytes for {UPLOAD}");
    assert_eq!(fs.metadata("/large").unwrap().size, UPLOAD as u64);
    let uploads = server.events().uploads();
    assert!(uploads[1].content.as_ref().is_some_and(|content| *content == vec![7; UPLOAD]), "it is kept");

    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(login(&server).await);
    }
    // What logins leave is freed by the server's tasks, which all run on this thread.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let before = ALLOCATOR.current_usage();
    let mut idle = Vec::new();
    for client in &clients {
        idle.push(Files::begin(client).await);
    }
    let each = ALLOCATOR.current_usage().saturating_sub(before) / clients.len();
    // The half of the client is in it. Nothing at all would mean that something else was freed meanwhile.
    assert!((1..16 * KIB).contains(&each), "{each} bytes for an idle channel");
    drop(idle);
    server.shutdown().await.unwrap();
}
