//! The journal of a session: one record for each operation, sums at the close, what was uploaded.

use mock_sftp::{
    FileContent, FsError, MemFs, Sftp, SftpEvents as _, SftpOp, User, sftp_op, uploaded,
    wire::{Attributes, Call, ExtendedCall, OpenFlags, Operation, StatusCode},
};

use crate::sftp_client::Client;

const NEW: OpenFlags = OpenFlags(0x1a);

fn client() -> (MemFs, Client) {
    let fs = MemFs::builder()
        .user(User::new("anna").start("/home/anna"))
        .file("/home/anna/notes", "hello")
        .build()
        .unwrap();
    (fs.clone(), Client::of(fs))
}

fn ops(client: &Client) -> Vec<SftpOp> {
    client.events().sftp_ops()
}

#[test]
fn an_upload_is_one_open_and_one_close() {
    let (_, mut client) = client();
    let handle = client.open("report.csv", NEW);
    for offset in 0..10 {
        client.write(&handle, offset * 3, b"a,b");
    }
    client.close(&handle);
    let ops = ops(&client);
    let operations: Vec<_> = ops.iter().map(|op| op.operation).collect();
    assert_eq!(operations, [Operation::Init, Operation::Open, Operation::Close]);
    let (open, close) = (&ops[1], &ops[2]);
    assert_eq!((open.handle, open.flags, open.status), (Some(1), Some(NEW), Some(StatusCode::Ok)));
    assert_eq!((close.handle, close.written, close.read), (Some(1), 30, 0));
    assert_eq!(
        (&close.path[..], &close.full_path()[..]),
        (&b"report.csv"[..], &b"/home/anna/report.csv"[..])
    );
    assert_eq!(close.content.as_ref().unwrap(), &"a,b".repeat(10).as_str());

    let events = client.events();
    assert_eq!(events.uploads(), std::slice::from_ref(close));
    assert_eq!(events.count(uploaded("/home/anna/report.csv")), 1);
    assert_eq!(events.count(uploaded("report.csv")), 1);
    assert_eq!(events.count(uploaded("/report.csv")), 0);
}

#[test]
fn a_content_is_as_it_was_at_the_close() {
    let (fs, mut client) = client();
    let handle = client.open("a", NEW);
    client.write(&handle, 0, b"first");
    client.close(&handle);
    fs.write("/home/anna/a", "second").unwrap();
    let handle = client.open("a", NEW);
    client.close(&handle);
    let contents: Vec<_> = client.events().uploads().into_iter().map(|op| op.content.unwrap()).collect();
    assert_eq!(contents, [FileContent::from(vec!["fi".into(), "rst".into()]), FileContent::default()]);

    let sftp = Sftp::new(fs).without_contents();
    let mut client = Client::begin(sftp);
    let handle = client.open("a", NEW);
    client.close(&handle);
    assert_eq!(client.events().uploads()[0].content, None);
}

#[test]
fn a_download_is_no_upload() {
    let (_, mut client) = client();
    let handle = client.open("notes", OpenFlags::READ);
    client.read(&handle, 0, 3);
    client.read(&handle, 3, 100);
    client.close(&handle);
    let close = ops(&client).pop().unwrap();
    assert_eq!((close.read, close.written, close.content), (5, 0, None));
    assert_eq!(client.events().uploads(), []);
}

#[test]
fn a_listing_is_one_open_and_one_close() {
    let (_, mut client) = client();
    let handle = client.ask(Call::OpenDir { path: b"." }).handle();
    client.ask(Call::ReadDir { handle: &handle });
    client.ask(Call::ReadDir { handle: &handle });
    client.close(&handle);
    let close = ops(&client).pop().unwrap();
    assert_eq!((close.listed, &close.full_path()[..]), (3, &b"/home/anna/."[..]));
}

#[test]
fn what_was_refused_says_why() {
    let (_, mut client) = client();
    client.ask(Call::Stat { path: b"missing" });
    let attributes = Attributes { permissions: Some(0o600), ..Attributes::default() };
    client.ask(Call::SetStat { path: b"missing", attributes });
    client.ask(Call::Rename { from: b"a", to: b"b" });
    client.extended(ExtendedCall::Unknown { name: b"check-file", body: b"" });
    client.ask(Call::Read { handle: b"none", offset: 0, length: 1 });
    let ops = ops(&client);
    assert!(ops[1..].iter().all(|op| !op.succeeded()));
    assert_eq!(ops[1].cause, Some(FsError::NotFound.into()));
    assert_eq!(ops[2].attributes.as_ref().unwrap().mode(), Some(0o600));
    assert_eq!(ops[3].full_to().unwrap(), "/home/anna/b");
    assert_eq!(ops[4].extension.as_ref().unwrap(), "check-file");
    let timeline = client.events().timeline().to_string();
    for line in [
        r#"sftp init version=3 status="Success""#,
        r#"sftp stat path="missing" status="No such file" cause="No such file or directory""#,
        r#"sftp setstat path="missing" attributes="mode=0600" status="No such file""#,
        r#"sftp rename path="a" to="b" status="No such file""#,
        r#"sftp unknown-extension extension="check-file" status="Operation unsupported" cause="not supported""#,
        r#"sftp read status="Failure" cause="no such handle""#,
    ] {
        assert!(timeline.contains(line), "{line}\n{timeline}");
    }
}

#[test]
fn links_have_two_paths() {
    let (_, mut client) = client();
    client.ask(Call::SymLink { target: b"notes", path: b"link" });
    client.extended(ExtendedCall::HardLink { existing: b"notes", path: b"hard" });
    let ops = ops(&client);
    assert_eq!((&ops[1].path[..], ops[1].to.as_deref()), (&b"link"[..], Some(&b"notes"[..])));
    assert_eq!((&ops[2].path[..], ops[2].to.as_deref()), (&b"notes"[..], Some(&b"hard"[..])));
}

#[test]
fn what_is_open_at_the_end_is_closed_without_a_status() {
    let (_, mut client) = client();
    let handle = client.open("partial", NEW);
    client.write(&handle, 0, b"half");
    let _second = client.open("notes", OpenFlags::READ);
    let events = client.events();
    drop(client);
    let closed = events.query(sftp_op().operation(Operation::Close));
    let paths: Vec<_> = closed.iter().map(|op| (&op.path[..], op.status, op.written)).collect();
    assert_eq!(paths, [(&b"partial"[..], None, 4), (&b"notes"[..], None, 0)]);
    assert_eq!(closed[0].content.as_ref().unwrap(), &"half");
    assert_eq!(events.uploads(), [], "it was not finished");
}
