//! A session as the handler of `russh_sftp::server`, with the client of that crate at the other end.

use mock_base::Journal;
use mock_sftp::{MemFs, Sftp, SftpEvents as _, User, uploaded, wire::Operation};
use russh_sftp::{
    client::{RawSftpSession, SftpSession, error::Error},
    protocol::{FileAttributes, OpenFlags, Packet, StatusCode},
    server,
};
use tokio::io::DuplexStream;

async fn serve(sftp: Sftp) -> DuplexStream {
    let (client, stream) = tokio::io::duplex(64 * 1024);
    server::run(stream, sftp.session("anna")).await;
    client
}

fn code(result: Result<impl std::fmt::Debug, Error>) -> StatusCode {
    match result {
        Err(Error::Status(status)) => status.status_code,
        other => panic!("{other:?}"),
    }
}

async fn extended(client: &RawSftpSession, name: &str, data: Vec<u8>) -> StatusCode {
    match client.extended(name, data).await {
        Ok(Packet::Status(status)) => status.status_code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_works_on_the_tree_and_the_journal_has_what_it_did() {
    let fs = MemFs::builder().user(User::new("anna").start("/home/anna")).dir("/home/anna").build().unwrap();
    let journal = Journal::new();
    let sftp = Sftp::new(fs.clone()).record_to(journal.recorder("russh"));
    let client = SftpSession::new(serve(sftp).await).await.unwrap();

    client.create_dir("docs").await.unwrap();
    drop(client.create("docs/a").await.unwrap());
    client.write("docs/a", b"hello").await.unwrap();
    client.rename("docs/a", "docs/b").await.unwrap();
    assert!(client.hardlink("docs/b", "docs/c").await.unwrap());
    assert_eq!(client.read("docs/c").await.unwrap(), b"hello");
    assert_eq!(client.canonicalize(".").await.unwrap(), "/home/anna");
    let mut names: Vec<_> = client.read_dir("docs").await.unwrap().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["b", "c"]);
    let metadata = client.metadata("docs/b").await.unwrap();
    assert_eq!((metadata.size, metadata.permissions), (Some(5), Some(0o100_644)));
    client
        .set_metadata("docs/b", FileAttributes { permissions: Some(0o600), ..FileAttributes::empty() })
        .await
        .unwrap();
    client.remove_file("docs/c").await.unwrap();
    assert!(client.fs_info("/").await.unwrap().is_some());

    assert_eq!(fs.read("/home/anna/docs/b").unwrap(), "hello");
    assert_eq!(fs.metadata("/home/anna/docs/b").unwrap().mode, 0o600);
    let events = journal.events();
    let upload = events.first(uploaded("/home/anna/docs/a").filter(|op| op.written > 0)).unwrap();
    assert_eq!(upload.content.unwrap(), "hello");
    assert_eq!(events.sftp_ops().iter().filter(|op| op.operation == Operation::Remove).count(), 1);
}

#[tokio::test]
async fn a_copy_is_answered_when_it_is_done() {
    let fs = MemFs::builder().file("/a", vec![7; 3 << 20]).build().unwrap();
    let client = RawSftpSession::new(serve(Sftp::new(fs.clone())).await);
    client.init().await.unwrap();
    let from = client.open("/a", OpenFlags::READ, FileAttributes::empty()).await.unwrap().handle;
    let to = OpenFlags::WRITE | OpenFlags::CREATE;
    let to = client.open("/b", to, FileAttributes::empty()).await.unwrap().handle;
    let handle = |handle: &str| [&16_u32.to_be_bytes(), handle.as_bytes()].concat();
    let call = [handle(&from), vec![0; 16], handle(&to), vec![0; 8]].concat();
    assert_eq!(extended(&client, "copy-data", call).await, StatusCode::Ok);
    assert_eq!(fs.read("/b").unwrap(), fs.read("/a").unwrap());
}

#[tokio::test]
async fn every_refusal_has_the_status_of_the_server_itself() {
    let fs = MemFs::builder().dir("/full/of").build().unwrap();
    let client = RawSftpSession::new(serve(Sftp::new(fs)).await);
    client.init().await.unwrap();
    let open = client.open("/missing", OpenFlags::READ, FileAttributes::empty()).await;
    assert_eq!(code(open), StatusCode::NoSuchFile);
    assert_eq!(code(client.stat("/a\0b").await), StatusCode::BadMessage);
    assert_eq!(code(client.rmdir("/full").await), StatusCode::Failure);
    assert_eq!(code(client.read("no handle", 0, 10).await), StatusCode::Failure);
    assert_eq!(code(client.close("0123456789abcdef").await), StatusCode::NoSuchFile);
    assert_eq!(extended(&client, "unknown@example.org", Vec::new()).await, StatusCode::OpUnsupported);
    assert_eq!(extended(&client, "hardlink@openssh.com", vec![0]).await, StatusCode::BadMessage);
    assert_eq!(extended(&client, "fsync@openssh.com", b"\0\0\0\x01h".to_vec()).await, StatusCode::NoSuchFile);
}

#[tokio::test]
async fn extensions_and_versions_are_those_of_the_settings() {
    let client = RawSftpSession::new(serve(Sftp::new(MemFs::new()).without_extensions()).await);
    assert!(client.init().await.unwrap().extensions.is_empty());
    assert_eq!(extended(&client, "limits@openssh.com", Vec::new()).await, StatusCode::OpUnsupported);
    let client = RawSftpSession::new(serve(Sftp::new(MemFs::new()).max_version(2)).await);
    assert_eq!(client.init().await.unwrap().version, 2);
    assert_eq!(code(client.readlink("/").await), StatusCode::OpUnsupported);
}

#[tokio::test]
async fn faults_do_not_strike() {
    let journal = Journal::new();
    let sftp = Sftp::new(MemFs::builder().file("/a", "hello").build().unwrap());
    let sftp = sftp.record_to(journal.recorder("russh")).fault("sftp any: status failure".parse().unwrap());
    let client = SftpSession::new(serve(sftp.unwrap()).await).await.unwrap();
    assert_eq!(client.read("/a").await.unwrap(), b"hello");
    assert_eq!(journal.events().faults().len(), 0);
}
