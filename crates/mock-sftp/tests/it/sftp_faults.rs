//! Faults of SFTP: what a client gets, what is in the file system then, and what the journal says.

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use mock_base::{Journal, event};
use mock_sftp::{
    Ending, MemFs, Progress, Sftp,
    wire::{Answer, Attributes, Call, Init, OpenFlags, StatusCode},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::sftp_client::{Client, Packet};

fn fs() -> MemFs {
    MemFs::builder()
        .file("/data", "0123456789")
        .dir("/dir")
        .file("/dir/a", "")
        .file("/dir/b", "")
        .build()
        .unwrap()
}

fn troubled(faults: &[&str]) -> (MemFs, Client) {
    let fs = fs();
    let sftp = Sftp::new(fs.clone());
    for fault in faults {
        sftp.faults().add(fault.parse().unwrap()).unwrap();
    }
    (fs, Client::begin(sftp))
}

fn open(client: &mut Client, path: &[u8]) -> Vec<u8> {
    let flags = OpenFlags::READ | OpenFlags::WRITE | OpenFlags::CREATE;
    let packet = client.ask(Call::Open { path, flags, attributes: Attributes::default() });
    let Answer::Handle(handle) = packet.reply().answer else { panic!("no handle: {packet:?}") };
    handle.to_vec()
}

fn read(handle: &[u8], length: u32) -> Call<'_> {
    Call::Read { handle, offset: 0, length }
}

fn write<'a>(handle: &'a [u8], offset: u64, data: &'a [u8]) -> Call<'a> {
    Call::Write { handle, offset, data }
}

/// Stages and actions of the faults that struck.
fn struck(client: &Client) -> Vec<String> {
    client.events().faults().into_iter().map(|fault| format!("{}: {}", fault.stage, fault.action)).collect()
}

fn data(packet: &Packet) -> Vec<u8> {
    let Answer::Data(data) = packet.reply().answer else { panic!("no data: {packet:?}") };
    data.to_vec()
}

#[test]
fn a_status_is_answered_and_nothing_is_done() {
    let (fs, mut client) = troubled(&["sftp remove /data: status failure \"disk on fire\"; nth 2"]);
    assert_eq!(client.status(Call::Remove { path: b"/dir/a" }), StatusCode::Ok);
    assert_eq!(client.status(Call::Remove { path: b"data/none" }), StatusCode::NoSuchFile);
    fs.write("/data", "again").unwrap();
    assert_eq!(client.status(Call::Remove { path: b"data" }), StatusCode::Ok, "the first");
    fs.write("/data", "again").unwrap();
    let packet = client.ask(Call::Remove { path: b"/data" });
    let Answer::Status { code, explanation } = packet.reply().answer else { panic!("{packet:?}") };
    assert_eq!((code, explanation.unwrap().message), (StatusCode::Failure, &b"disk on fire"[..]));
    assert!(fs.exists("/data"));
    assert_eq!(struck(&client), ["sftp remove /data: status failure \"disk on fire\""]);
    let timeline = client.events().timeline().to_string();
    assert!(
        timeline.contains("sftp remove path=\"/data\" status=\"Failure\" cause=\"a fault\""),
        "{timeline}"
    );
}

#[test]
fn a_disk_is_full_after_so_many_bytes_of_each_file() {
    let (fs, mut client) = troubled(&["sftp write: no-space after 6; first 1"]);
    let handle = open(&mut client, b"/one");
    assert_eq!(client.status(write(&handle, 0, b"1234")), StatusCode::Ok);
    assert_eq!(client.status(write(&handle, 4, b"56")), StatusCode::Ok);
    assert_eq!(client.status(write(&handle, 6, b"7")), StatusCode::Failure);
    assert_eq!(client.status(write(&handle, 7, b"8")), StatusCode::Failure);
    assert_eq!(fs.read("/one").unwrap(), "123456");
    let other = open(&mut client, b"/two");
    assert_eq!(client.status(write(&other, 0, b"123456789")), StatusCode::Ok, "the first file only");
    assert_eq!(struck(&client), ["sftp write: no-space after 6"]);
}

#[test]
fn what_was_written_stays_written() {
    let (fs, mut client) = troubled(&["sftp write: no-space after 6", "sftp write /part: partial 2"]);
    let handle = open(&mut client, b"/full");
    assert_eq!(client.status(write(&handle, 0, b"123456789")), StatusCode::Failure);
    assert_eq!(fs.read("/full").unwrap(), "123456");
    let handle = open(&mut client, b"/part");
    assert_eq!(client.status(write(&handle, 0, b"123")), StatusCode::Failure);
    assert_eq!(fs.read("/part").unwrap(), "12");
}

#[test]
fn reads_and_listings_are_short() {
    let (_fs, mut client) = troubled(&["sftp read: short 3; once", "sftp readdir: short 3"]);
    let handle = open(&mut client, b"/data");
    assert_eq!(data(&client.ask(read(&handle, 100))), b"012");
    assert_eq!(data(&client.ask(read(&handle, 100))), b"0123456789");
    let packet = client.ask(Call::OpenDir { path: b"/dir" });
    let Answer::Handle(dir) = packet.reply().answer else { panic!("{packet:?}") };
    let counts: Vec<_> = (0..2).map(|_| names(&mut client, dir)).collect();
    assert_eq!(counts, [3, 1], "with both dots");
    assert_eq!(client.status(Call::ReadDir { handle: dir }), StatusCode::Eof);
}

fn names(client: &mut Client, handle: &[u8]) -> usize {
    let packet = client.ask(Call::ReadDir { handle });
    let Answer::Names(names) = packet.reply().answer else { panic!("{packet:?}") };
    names.len()
}

#[test]
fn a_listing_does_not_end() {
    let (_fs, mut client) = troubled(&["sftp readdir: endless"]);
    let packet = client.ask(Call::OpenDir { path: b"/dir" });
    let Answer::Handle(dir) = packet.reply().answer else { panic!("{packet:?}") };
    assert_eq!(names(&mut client, dir), 4);
    for _ in 0..1000 {
        assert_eq!(names(&mut client, dir), 100);
    }
    assert_eq!(client.status(Call::Close { handle: dir }), StatusCode::Ok);
    assert_eq!(struck(&client), ["sftp readdir: endless"]);
}

#[test]
fn a_handle_is_gone_all_at_once() {
    let (_fs, mut client) = troubled(&["sftp read: invalid-handle; nth 2"]);
    let handle = open(&mut client, b"/data");
    assert_eq!(data(&client.ask(read(&handle, 1))), b"0");
    assert_eq!(client.status(read(&handle, 1)), StatusCode::Failure);
    assert_eq!(client.status(read(&handle, 1)), StatusCode::Failure);
    let timeline = client.events().timeline().to_string();
    assert!(timeline.contains("sftp close path=\"/data\""), "{timeline}");
    assert_eq!(struck(&client).len(), 1);
}

#[test]
fn replies_are_broken_in_every_way() {
    let reply = |fault: &str| {
        let (_fs, mut client) = troubled(&[fault]);
        let frame = client.frame(Call::Stat { path: b"/data" });
        client.receive(&frame).unwrap();
        assert_eq!(struck(&client), [fault]);
        client.sink.sent.to_vec()
    };
    let (_fs, mut client) = troubled(&[]);
    let frame = client.frame(Call::Stat { path: b"/data" });
    client.receive(&frame).unwrap();
    let right = client.sink.sent.to_vec();
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = right.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    assert_eq!(reply("sftp stat: silence"), b"");
    assert_eq!(reply("sftp stat: duplicate"), [&right[..], &right[..]].concat());
    assert_eq!(reply("sftp any: wrong-id"), changed(5, &[0x40]));
    assert_eq!(reply("sftp stat /data: wrong-type"), changed(4, &[102]));
    assert_eq!(reply("sftp stat: wrong-length"), changed(0, &[0x7f, 0xff, 0xff, 0xff]));
    assert_eq!(reply("sftp stat: say \"hi\\n\""), [b"hi\n", &right[..]].concat());
    let cut = reply("sftp stat: truncate");
    assert_eq!(cut.len(), 9 + (right.len() - 9) / 2);
    assert_eq!((&cut[..4]).get_u32() as usize, cut.len() - 4);
    assert_eq!(cut[4..], right[4..cut.len()]);
    assert_eq!(reply("sftp stat: garbage 7").len(), 7);
}

#[test]
fn a_reply_is_overtaken_by_the_next() {
    let (_fs, mut client) = troubled(&["sftp stat: reorder; once"]);
    let frames = [client.frame(Call::Stat { path: b"/data" }), client.frame(Call::LStat { path: b"/data" })];
    client.receive(&frames.concat()).unwrap();
    assert_eq!([client.packet().reply().id, client.packet().reply().id], [2, 1]);
    assert_eq!(struck(&client).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_nothing_overtakes_is_sent_all_the_same() {
    let (_fs, mut client) = troubled(&["sftp stat: reorder"]);
    let frame = client.frame(Call::Stat { path: b"/data" });
    client.receive(&frame).unwrap();
    assert!(client.sink.sent.is_empty());
    tokio::time::advance(client.sink.wake_after.unwrap()).await;
    client.session.resume(&mut client.sink).unwrap();
    assert_eq!(client.packet().reply().id, 1);
    assert!(struck(&client).is_empty(), "nothing was reordered");
}

#[tokio::test(start_paused = true)]
async fn a_reply_does_not_wait_for_a_later_request_that_waits_longer() {
    let (_fs, mut client) = troubled(&["sftp stat: reorder", "sftp lstat: delay 10m"]);
    let frames = [client.frame(Call::Stat { path: b"/data" }), client.frame(Call::LStat { path: b"/data" })];
    client.receive(&frames.concat()).unwrap();
    for (id, waits) in [(1, 100), (2, 599_900)] {
        assert!(client.sink.sent.is_empty());
        let asked = client.sink.wake_after.take().unwrap();
        assert_eq!(asked, Duration::from_millis(waits), "on a clock that stands still");
        tokio::time::advance(asked).await;
        client.session.resume(&mut client.sink).unwrap();
        assert_eq!(client.packet().reply().id, id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_comes_late_also_where_the_next_one_is_swallowed() {
    let faults = ["sftp stat: reorder", "sftp lstat: delay 10ms", "sftp lstat: silence"];
    let (_fs, mut client) = troubled(&faults);
    let frames = [client.frame(Call::Stat { path: b"/data" }), client.frame(Call::LStat { path: b"/data" })];
    client.receive(&frames.concat()).unwrap();
    for waits in [10, 90] {
        assert!(client.sink.sent.is_empty());
        let asked = client.sink.wake_after.take().unwrap();
        assert_eq!(asked, Duration::from_millis(waits));
        tokio::time::advance(asked).await;
        client.session.resume(&mut client.sink).unwrap();
    }
    assert_eq!(client.packet().reply().id, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stall_keeps_a_reply_that_was_to_come_later() {
    let (_fs, mut client) = troubled(&["sftp stat: reorder", "sftp lstat: stall"]);
    let frames = [client.frame(Call::Stat { path: b"/data" }), client.frame(Call::LStat { path: b"/data" })];
    assert_eq!(client.receive(&frames.concat()).unwrap(), Progress::Stalled);
    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(client.session.resume(&mut client.sink).unwrap(), Progress::Stalled);
    assert!(client.sink.sent.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_delay_holds_up_what_follows_and_nothing_is_lost() {
    let (_fs, mut client) = troubled(&["sftp stat: delay 10m; once", "sftp stat: status failure; once"]);
    let frames = [client.frame(Call::Stat { path: b"/data" }), client.frame(Call::LStat { path: b"/data" })];
    client.receive(&frames.concat()).unwrap();
    assert_eq!((client.sink.sent.len(), struck(&client).len()), (0, 1), "told at its begin");
    for _ in 0..2 {
        let left = client.sink.wake_after.unwrap();
        assert!(left > Duration::from_secs(290));
        tokio::time::advance(Duration::from_secs(300)).await;
        client.session.resume(&mut client.sink).unwrap();
    }
    let Answer::Status { code, .. } = client.packet().reply().answer else { panic!("no status") };
    assert_eq!(code, StatusCode::Failure, "both faults strike at one request");
    assert_eq!(client.packet().reply().id, 2);
}

#[test]
fn a_channel_ends_within_a_file() {
    for (fault, ending) in [
        ("sftp read: close-channel after 4", Ending::Channel),
        ("sftp read: close after 4", Ending::Connection),
    ] {
        let (_fs, mut client) = troubled(&[fault]);
        let handle = open(&mut client, b"/data");
        assert_eq!(data(&client.ask(read(&handle, 3))), b"012");
        let frame = client.frame(read(&handle, 3));
        assert_eq!(client.receive(&frame).unwrap(), Progress::Ended(ending));
        // The reply promises three bytes and has one.
        assert_eq!((client.sink.sent.len(), client.sink.sent[13]), (14, b'0'));
        assert_eq!(client.session.resume(&mut client.sink).unwrap(), Progress::Ended(ending));
        assert_eq!(struck(&client), [fault]);
    }
    let (fs, mut client) = troubled(&["sftp write: close after 4"]);
    let handle = open(&mut client, b"/new");
    let frame = client.frame(write(&handle, 0, b"123456"));
    assert_eq!(client.receive(&frame).unwrap(), Progress::Ended(Ending::Connection));
    assert!(client.sink.sent.is_empty());
    assert_eq!(fs.read("/new").unwrap(), "1234");
}

#[test]
fn a_stall_answers_nothing_more_and_holds_what_comes() {
    let (_fs, mut client) = troubled(&["sftp stat: stall"]);
    let frame = client.frame(Call::Stat { path: b"/data" });
    for _ in 0..3 {
        assert_eq!(client.receive(&frame).unwrap(), Progress::Stalled);
    }
    assert!(client.sink.sent.is_empty());
    assert_eq!(client.session.held(), 3 * frame.len());
    assert_eq!(client.session.eof(&mut client.sink).unwrap(), Progress::Stalled);
    assert_eq!(struck(&client).len(), 1);
}

#[test]
fn the_begin_fails_as_well() {
    let sftp = Sftp::new(fs()).fault("sftp init: say \"Welcome\\n\"".parse().unwrap()).unwrap();
    let mut client = Client::connect(sftp);
    let mut init = BytesMut::new();
    Init { version: 3, extensions: Vec::new() }.encode(&mut init);
    client.receive(&init).unwrap();
    assert!(client.sink.sent.starts_with(b"Welcome\n\0\0"));
}

#[test]
fn faults_are_added_and_removed_while_a_client_is_there() {
    let sftp = Sftp::new(fs());
    let mut client = Client::begin(sftp.clone());
    let stat = || Call::Stat { path: b"/data" };
    {
        let _down = sftp.faults().scoped("sftp stat: status connection-lost".parse().unwrap()).unwrap();
        assert_eq!(client.status(stat()), StatusCode::ConnectionLost);
    }
    assert!(matches!(client.ask(stat()).reply().answer, Answer::Attributes(_)));
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_and_ends_as_a_channel_does() {
    let journal = Journal::new();
    let sftp = Sftp::new(fs()).record_to(journal.recorder("sftp"));
    sftp.faults().add("sftp init: delay 10m".parse().unwrap()).unwrap();
    sftp.faults().add("sftp stat: close".parse().unwrap()).unwrap();
    let (mut client, server) = tokio::io::duplex(4096);
    let serving = tokio::spawn(async move { sftp.serve(server, "anna").await });
    client.write_all(b"\0\0\0\x05\x01\0\0\0\x03").await.unwrap();
    let mut greeting = [0; 9];
    let begun = tokio::time::Instant::now();
    client.read_exact(&mut greeting).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(600));
    client.write_all(b"\0\0\0\x0e\x11\0\0\0\x01\0\0\0\x05/data").await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    // All that is left is the rest of the greeting.
    let length = (&greeting[..4]).get_u32() as usize;
    assert_eq!(rest.len(), length - 5);
    serving.await.unwrap().unwrap();
    assert_eq!(journal.events().count(event::fault()), 2);
}
