//! `scp -f`, in golden transcripts: what is sent to a client that says `yes` to everything, and to others.

use std::time::{Duration, UNIX_EPOCH};

use mock_sftp::{FsError, MemFs, ScpCause, ScpError, ScpEvents as _, ScpOperation, scp_op};

use crate::scp_client::{home, run};

/// Says `yes` more often than anybody asks.
const YES: [u8; 64] = [0; 64];

fn tree() -> MemFs {
    let fs = home();
    let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for (path, content) in [("notes", "hello"), ("empty", ""), ("dir/a", "1"), ("dir/sub/b", "22")] {
        fs.write(format!("/home/anna/{path}"), content).unwrap();
    }
    fs.set_mode("/home/anna/notes", 0o4640).unwrap();
    for path in ["dir/sub", "dir", "notes"] {
        fs.set_modified(format!("/home/anna/{path}"), time).unwrap();
    }
    fs
}

#[tokio::test]
async fn files_are_sent() {
    let ended = run(tree(), "scp -f notes empty", YES).await;
    let ended = ended.is(0, r"C4640 5 notes\nhello\x00C0644 0 empty\n\x00");
    let ops = ended.ops();
    assert_eq!((ops[0].operation, &ops[0].path[..]), (ScpOperation::Download, &b"notes"[..]));
    assert_eq!((ops[0].mode, ops[0].size, ops[0].bytes, ops[0].cause), (Some(0o4640), 5, 5, None));
    assert_eq!(ended.events.count(scp_op().path("/home/anna/empty")), 1);
    assert_eq!(ended.events.scp_uploads(), []);
}

#[tokio::test]
async fn trees_are_sent() {
    let ended = run(tree(), "scp -rf dir/", YES).await;
    let ended = ended.is(0, r"D0755 0 dir\nC0644 1 a\n1\x00D0755 0 sub\nC0644 2 b\n22\x00E\nE\n");
    let paths: Vec<_> = ended.ops().iter().map(|op| op.path.clone()).collect();
    assert_eq!(paths, ["dir", "dir/a", "dir/sub", "dir/sub/b"]);
}

#[tokio::test]
async fn times_are_sent_before_what_has_them() {
    let ended = run(tree(), "scp -p -r -f notes dir/sub", YES).await;
    let pieces: Vec<_> = ended.answers.split('T').collect();
    assert_eq!(pieces.len(), 4, "{}", ended.answers);
    assert!(pieces[1].starts_with("1000000000 0 ") && pieces[1].contains(r" 0\nC4640 5 notes\nhello"));
    assert!(pieces[2].ends_with(r" 0\nD0755 0 sub\n"), "{}", ended.answers);
}

#[tokio::test]
async fn patterns_quotes_and_homes_are_those_of_a_shell() {
    let fs = home();
    for name in ["a.txt", "b.txt", "a b", "*", "it's"] {
        fs.write(format!("/home/anna/{name}"), "").unwrap();
    }
    for (command, names) in [
        ("scp -f *.txt", &["a.txt", "b.txt"][..]),
        ("scp -f 'a b' \\* \"it's\"", &["a b", "*", "it's"]),
        ("scp -f ~/a* /home/*/[b].txt", &["a b", "a.txt", "b.txt"]),
        ("scp -f -- a.txt", &["a.txt"]),
    ] {
        let sent = |name: &&str| format!(r"C0644 0 {}\n\x00", name.replace('\'', r"\'"));
        let sent = names.iter().map(sent).collect::<Vec<_>>().concat();
        run(fs.clone(), command, YES).await.is(0, &sent);
    }
    run(fs, "scp -f a b", YES)
        .await
        .is(1, r"\x01scp: a: No such file or directory\n\x01scp: b: No such file or directory\n");
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_and_the_rest_is_sent() {
    let fs = tree();
    fs.symlink("loop", "/home/anna/loop").unwrap();
    let ended = run(fs, "scp -f missing dir x* loop notes", YES).await;
    let told = [
        r"\x01scp: missing: No such file or directory\n",
        r"\x01scp: dir: not a regular file\n",
        r"\x01scp: x*: No such file or directory\n",
        r"\x01scp: loop: Too many levels of symbolic links\n",
        r"C4640 5 notes\nhello\x00",
    ];
    let ended = ended.is(1, &told.concat());
    let causes: Vec<_> = ended.ops().iter().map(|op| op.cause).collect();
    assert_eq!(causes[..2], [Some(FsError::NotFound.into()), Some(ScpCause::NotRegular)]);
}

#[tokio::test]
async fn names_with_line_feeds_are_written_visibly() {
    let fs = home();
    fs.write("/home/anna/a\nb", "x").unwrap();
    run(fs, "scp -f 'a\nb'", YES).await.is(0, r"C0644 1 a\\^Jb\nx\x00");
}

#[tokio::test]
async fn links_are_followed_and_lead_nowhere_else() {
    let fs = tree();
    fs.symlink("..", "/home/anna/dir/up").unwrap();
    let ended = run(fs.clone(), "scp -r -f dir/up/notes", YES).await;
    ended.is(0, r"C4640 5 notes\nhello\x00");
    // A link to a parent is a directory for as long as Linux counts links.
    let ended = run(fs, "scp -r -f dir", vec![0; 10_000]).await;
    assert!(ended.answers.contains("Too many levels of symbolic links"));
    assert_eq!(ended.status.unwrap(), 1);
}

#[tokio::test]
async fn a_client_may_refuse_a_file_or_all() {
    let says = "\0\u{1}no room\n\0\0\0";
    let ended = run(tree(), "scp -f notes empty", says).await;
    let ended = ended.is(1, r"C4640 5 notes\nC0644 0 empty\n\x00");
    assert_eq!(ended.ops()[0].cause, Some(ScpCause::Client));
    assert!(ended.ops()[1].succeeded());
    run(tree(), "scp -r -f dir notes", "\0\u{1}no\n\0\0\0")
        .await
        .is(1, r"D0755 0 dir\nC4640 5 notes\nhello\x00");
    run(tree(), "scp -f notes empty", "\0\u{2}no\n\0\0\0").await.is(1, r"C4640 5 notes\n");
    let ended = run(tree(), "scp -f notes", "\0\0").await;
    let ended = ended.is(1, r"C4640 5 notes\nhello\x00");
    assert_eq!(ended.ops()[0].cause, Some(ScpCause::ChannelEnded));
}

#[tokio::test]
async fn a_client_that_ends_at_once_is_sent_nothing() {
    run(tree(), "scp -f notes", "").await.is(1, "");
}

#[tokio::test]
async fn other_commands_are_not_run() {
    for command in ["ls", "scp a b", "scp -t .; ls", "scp -t 'a"] {
        assert!(matches!(run(tree(), command, "").await.status, Err(ScpError::NotScp)), "{command}");
    }
}

#[tokio::test]
async fn large_files_are_sent_in_step_with_the_client() {
    let fs = home();
    let data: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    fs.write("/home/anna/large", &data).unwrap();
    let ended = run(fs, "scp -f large", YES).await;
    assert!(ended.answers.starts_with(r"C0644 4000000 large\n\x00\x00\x00\x00\x01"));
    assert_eq!(ended.ops()[0].bytes, 4_000_000);
    assert_eq!(ended.status.unwrap(), 0);
}
