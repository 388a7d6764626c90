//! `scp -t`, in golden transcripts: what a client says, what it is answered, and what arrives.

use std::time::{Duration, UNIX_EPOCH};

use mock_sftp::{
    FsError, Limits, MemFs, ScpCause, ScpEvents as _, ScpOperation, User, received, scp_uploaded,
};

use crate::scp_client::{home, run};

#[tokio::test]
async fn a_file_arrives_in_a_directory() {
    let fs = home();
    let ended = run(fs.clone(), "scp -t .", "C0640 5 notes\nhello\0").await;
    let ended = ended.is(0, r"\x00\x00\x00");
    assert_eq!(fs.read("/home/anna/notes").unwrap(), "hello");
    assert_eq!(fs.metadata("/home/anna/notes").unwrap().mode, 0o640);
    let [op] = &ended.ops()[..] else { panic!("one file is one record") };
    assert_eq!((op.operation, &op.path[..], op.mode), (ScpOperation::Upload, &b"./notes"[..], Some(0o640)));
    assert_eq!((op.size, op.bytes, op.cause), (5, 5, None));
    assert_eq!(op.content.as_ref().unwrap(), &"hello");
    assert_eq!(op.full_path(), "/home/anna/notes");
    assert_eq!(ended.events.scp_uploads(), std::slice::from_ref(op));
    assert_eq!(ended.events.received()[0].content.as_ref().unwrap(), &"hello");
}

#[tokio::test]
async fn a_target_that_is_no_directory_is_the_name() {
    let fs = home();
    let ended = run(fs.clone(), "scp -t 'new name'", "C0666 0 ignored\n\0").await;
    let ended = ended.is(0, r"\x00\x00\x00");
    assert_eq!(fs.metadata("/home/anna/new name").unwrap().mode, 0o644, "the umask");
    assert_eq!(ended.events.count(received("/home/anna/new name")), 1);
    assert_eq!(ended.events.count(scp_uploaded("new name")), 1);
    // What is there is written over, and cut off.
    run(fs.clone(), "scp -t 'new name'", "C0600 4 x\nlong\0").await.is(0, r"\x00\x00\x00");
    run(fs.clone(), "scp -t 'new name'", "C0600 2 x\nab\0").await.is(0, r"\x00\x00\x00");
    assert_eq!(fs.read("/home/anna/new name").unwrap(), "ab");
    assert_eq!(fs.metadata("/home/anna/new name").unwrap().mode, 0o644, "it keeps its mode");
}

#[tokio::test]
async fn a_tree_arrives_with_times_and_modes() {
    let fs = home();
    let says = "T1000000000 500000 1000000001 0\nD0555 0 tree\nT1000000002 0 1000000003 0\nC4755 1 run\nx\0\
                D0700 0 empty\nE\nE\n";
    let ended = run(fs.clone(), "scp -r -p -t /home/anna", says).await;
    let ended = ended.is(0, &r"\x00".repeat(9));
    let at = |micros| UNIX_EPOCH + Duration::from_micros(micros);
    let found = fs.metadata("/home/anna/tree").unwrap();
    assert_eq!((found.mode, found.modified), (0o555, at(1_000_000_000_500_000)));
    assert_eq!(found.accessed, at(1_000_000_001_000_000));
    let found = fs.metadata("/home/anna/tree/run").unwrap();
    assert_eq!((found.mode, found.modified), (0o4755, at(1_000_000_002_000_000)));
    assert_eq!(fs.list("/home/anna/tree").unwrap(), ["empty", "run"]);
    assert_eq!(
        ended.journal(),
        [
            r#"scp upload-dir path="/home/anna/tree" mode="0555" modified=1000000000 accessed=1000000001 status="Success""#,
            r#"scp upload path="/home/anna/tree/run" mode="4755" size=1 bytes=1 modified=1000000002 accessed=1000000003 status="Success""#,
            r#"scp upload-dir path="/home/anna/tree/empty" mode="0700" status="Success""#,
        ]
    );
}

#[tokio::test]
async fn modes_without_p_are_bound_by_the_umask() {
    let fs = home();
    run(fs.clone(), "scp -r -t .", "D7777 0 d\nC6444 0 f\n\0E\n").await.is(0, &r"\x00".repeat(5));
    assert_eq!(fs.metadata("/home/anna/d").unwrap().mode, 0o755);
    assert_eq!(fs.metadata("/home/anna/d/f").unwrap().mode, 0o444);
}

#[tokio::test]
async fn nothing_arrives_outside_the_target() {
    for name in ["../../x", "/x", "..", ".", "", "a/b", "../x"] {
        let fs = home();
        let before = fs.snapshot();
        let ended = run(fs.clone(), "scp -t .", format!("C0644 1 {name}\nx\0")).await;
        let ended = ended.is(1, &format!(r"\x00\x01scp: error: unexpected filename: {name}\n"));
        assert_eq!(ended.ops()[0].cause, Some(ScpCause::UnexpectedName), "{name}");
        assert_eq!(ended.events.scp_uploads(), []);
        assert!(fs.diff(&before).is_empty(), "{name}");
        run(fs, "scp -r -t .", format!("D0755 0 {name}\n")).await;
    }
}

#[tokio::test]
async fn what_a_root_is_cannot_be_left() {
    let fs = MemFs::builder()
        .user(User::new("anna").root("/jail"))
        .dir("/jail")
        .symlink("../../..", "/jail/up")
        .symlink("/", "/jail/top")
        .build()
        .unwrap();
    for target in ["..", "up", "top", "../../up/../top"] {
        run(fs.clone(), &format!("scp -t {target}"), "C0644 1 x\n1\0").await.is(0, r"\x00\x00\x00");
        assert_eq!(fs.list("/").unwrap(), ["jail"]);
        fs.remove_all("/jail/x").unwrap();
    }
}

#[tokio::test]
async fn names_may_be_unusual() {
    let fs = home();
    let name = "a  b'\"\\*$;|\u{e4}";
    run(fs.clone(), "scp -t .", format!("C0644 1 {name}\n1\0")).await.is(0, r"\x00\x00\x00");
    run(fs.clone(), "scp -t .", b"C0644 1 \xff\x01 \n1\0").await.is(0, r"\x00\x00\x00");
    assert_eq!(fs.read(format!("/home/anna/{name}")).unwrap(), "1");
    assert_eq!(fs.read(b"/home/anna/\xff\x01 ").unwrap(), "1");
    let long = "n".repeat(256);
    let ended = run(fs.clone(), "scp -t .", format!("C0644 1 {long}\n")).await;
    assert_eq!(ended.ops()[0].cause, Some(FsError::NameTooLong.into()));
    let ended = run(fs, "scp -t .", b"C0644 1 a\0b\n".as_slice()).await;
    ended.is(1, r"\x00\x01scp: ./a\x00b: Invalid argument\n");
}

#[tokio::test]
async fn what_cannot_be_written_is_told_and_the_next_file_arrives() {
    let fs = home();
    fs.create_dir_all("/home/anna/taken").unwrap();
    let ended = run(fs.clone(), "scp -t .", "C0644 1 taken\nC0644 1 free\n1\0").await;
    let ended = ended.is(1, r"\x00\x01scp: ./taken: Is a directory\n\x00\x00");
    assert_eq!(ended.ops()[0].cause, Some(FsError::IsADirectory.into()));
    assert_eq!(fs.read("/home/anna/free").unwrap(), "1");

    let full = MemFs::builder().limits(Limits { bytes: Some(3), ..Limits::default() }).build().unwrap();
    let ended = run(full.clone(), "scp -t .", "C0644 5 big\n12345\0C0644 0 empty\n\0").await;
    let ended = ended.is(1, r"\x00\x00\x01scp: ./big: No space left on device\n\x00\x00");
    assert_eq!(ended.ops()[0].cause, Some(FsError::NoSpace.into()));
    assert_eq!(full.list("/").unwrap(), ["big", "empty"]);
}

#[tokio::test]
async fn targets_are_checked() {
    let fs = home();
    fs.write("/home/anna/file", "").unwrap();
    for (command, complaint) in [
        ("scp -d -t file", "file: Not a directory"),
        ("scp -d -t missing", "missing: No such file or directory"),
        ("scp -t a b", "ambiguous target"),
        ("scp -t", "ambiguous target"),
    ] {
        run(fs.clone(), command, "").await.is(1, &format!(r"\x01scp: {complaint}\n"));
    }
    run(fs.clone(), "scp -t missing/x", "C0644 1 x\n")
        .await
        .is(1, r"\x00\x01scp: missing/x: No such file or directory\n");
    run(fs.clone(), "scp -r -t file", "D0755 0 x\n").await.is(1, r"\x00\x01scp: file: Not a directory\n");
    run(fs, "scp -t .", "D0755 0 x\n")
        .await
        .is(1, r"\x00\x01scp: protocol error: received directory without -r\n");
}

#[tokio::test]
async fn a_client_may_complain_and_give_up() {
    let fs = home();
    let says = "\u{1}scp: a: No such file\nC0644 2 b\nxx\u{1}read error\nC0644 0 c\n\0";
    let ended = run(fs.clone(), "scp -t .", says).await;
    let ended = ended.is(1, r"\x00\x00\x00\x00\x00");
    assert_eq!(ended.ops()[0].cause, Some(ScpCause::Client));
    assert_eq!(ended.events.scp_uploads().len(), 1);
    run(fs, "scp -t .", "\u{2}out of order\nC0644 0 d\n\0").await.is(1, r"\x00");
}

#[tokio::test]
async fn a_file_that_never_ends_is_recorded_as_far_as_it_came() {
    let fs = home();
    let ended = run(fs.clone(), "scp -t .", "C0644 9223372036854775807 huge\nsome").await;
    let ended = ended.is(1, r"\x00\x00");
    let op = &ended.ops()[0];
    assert_eq!((op.bytes, op.cause), (4, Some(ScpCause::ChannelEnded)));
    assert_eq!(fs.read("/home/anna/huge").unwrap(), "some");
    assert_eq!(ended.events.received(), []);
}

#[tokio::test]
async fn a_file_that_is_complete_has_arrived_though_its_client_does_not_say_so() {
    let fs = home();
    let ended = run(fs.clone(), "scp -p -t .", "T1000000000 0 1000000000 0\nC0640 3 a\none").await;
    let ended = ended.is(1, r"\x00\x00\x00");
    assert_eq!(ended.events.count(received("/home/anna/a")), 1);
    assert_eq!(fs.metadata("/home/anna/a").unwrap().mode, 0o640);
}

#[tokio::test]
async fn what_is_no_protocol_is_told() {
    for (says, complaint) in [
        ("\n", "protocol error: unexpected <newline>"),
        ("C06x4 1 a\n", "protocol error: bad mode"),
        ("C0644 1", "protocol error: lost connection"),
        ("bash: no\n", "bash: no"),
        ("T1 0 1 0\nbash: no\n", r"protocol error: expected control record"),
        (&*("C0644 1 ".to_owned() + &"x".repeat(20_000)), "protocol error: line too long"),
    ] {
        let ended = run(home(), "scp -t .", says).await;
        let answers = ended.answers.trim_start_matches(r"\x00");
        assert_eq!(answers, format!(r"\x01scp: {complaint}\n"));
        assert_eq!(ended.status.unwrap(), 1);
    }
}

#[tokio::test]
async fn there_is_an_end_to_directories_in_directories() {
    let ended = run(home(), "scp -r -t .", "D0755 0 d\n".repeat(3000)).await;
    assert!(ended.answers.contains(r"File name too long\n"));
    let made = ended.ops().iter().filter(|op| op.succeeded()).count();
    assert_eq!(made, 1024);
}
