//! Listings: lines as `ls -l` has them, in replies as long as a packet of SSH.

use std::time::{Duration, UNIX_EPOCH};

use mock_sftp::{
    File, MemFs, User,
    wire::{Answer, Call, StatusCode},
};

use crate::sftp_client::Client;

/// All replies to readdir requests, to the end.
fn list(client: &mut Client, path: &str) -> Vec<Vec<(String, String)>> {
    let handle = client.ask(Call::OpenDir { path: path.as_bytes() }).handle();
    let mut replies = Vec::new();
    loop {
        let packet = client.ask(Call::ReadDir { handle: &handle });
        if matches!(packet.reply().answer, Answer::Status { .. }) {
            assert_eq!(packet.status(), StatusCode::Eof);
            client.close(&handle);
            return replies;
        }
        assert!(packet.0.len() <= 32 * 1024 - 4);
        replies.push(packet.names());
    }
}

#[test]
fn lines_are_those_of_ls() {
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let recently = UNIX_EPOCH + Duration::from_secs(1_699_000_000);
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let fs = MemFs::builder()
        .time(now)
        .user(User::new("anna"))
        .user(User::new("a-long-user-name").uid(2000))
        .file("/d/new", File::new("hello").owner("anna").group("users").modified(recently))
        .file("/d/old", File::new(vec![0; 123_456]).mode(0o4755).modified(long_ago))
        .file("/d/long", File::new("").owner("a-long-user-name").group(77).mode(0o1002))
        .symlink("new", "/d/link")
        .hard_link("/d/new", "/d/second")
        .dir("/d/sub")
        .build()
        .unwrap();
    let mut client = Client::of(fs);
    let replies = list(&mut client, "/d");
    assert_eq!(replies.len(), 1);
    let mut lines: Vec<_> = replies.into_iter().flatten().collect();
    lines.sort();
    let line = |name: &str| &lines.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(line("new"), "-rw-r--r--    2 anna     users           5 Nov  3 08:26 new");
    assert_eq!(line("second"), "-rw-r--r--    2 anna     users           5 Nov  3 08:26 second");
    assert_eq!(line("old"), "-rwsr-xr-x    1 root     root       123456 Sep  9  2001 old");
    assert_eq!(line("long"), "--------wT    1 a-long-user-name 77              0 Nov 14 22:13 long");
    assert_eq!(line("link"), "lrwxrwxrwx    1 root     root            3 Nov 14 22:13 link");
    assert_eq!(line("sub"), "drwxr-xr-x    2 root     root         4096 Nov 14 22:13 sub");
    assert_eq!(line("."), "drwxr-xr-x    3 root     root         4096 Nov 14 22:13 .");
    assert_eq!(line(".."), "drwxr-xr-x    3 root     root         4096 Nov 14 22:13 ..");
}

#[test]
fn many_names_fill_their_replies() {
    let fs = MemFs::new();
    for number in 0..2000 {
        fs.write(format!("/{number:04}-{}", "x".repeat(number % 200)), "").unwrap();
    }
    let mut client = Client::of(fs);
    let replies = list(&mut client, "/");
    let sizes: Vec<_> = replies.iter().map(Vec::len).collect();
    assert!(replies.len() < 30, "{sizes:?}");
    let mut names: Vec<_> = replies.into_iter().flatten().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 2002);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 2002, "each once");
}

#[test]
fn what_is_no_directory_is_not_listed() {
    let fs = MemFs::builder().file("/file", "").build().unwrap();
    let mut client = Client::of(fs);
    assert_eq!(client.status(Call::OpenDir { path: b"/file" }), StatusCode::NoSuchFile);
    assert_eq!(client.status(Call::OpenDir { path: b"/missing" }), StatusCode::NoSuchFile);
}
