//! `scp -O`, the protocol of old, with files in memory: both directions, trees, and names that a shell would split.

use std::{
    ffi::OsStr,
    fs::{self, FileTimes},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, PermissionsExt as _},
    },
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mock_core::{MockSshServer, event};
use mock_sftp::{
    Directory, FsError, MemFs, Scp, ScpCause, ScpEvents as _, ScpOperation, User, scp_op, scp_uploaded,
};
use nix::{sys::stat::Mode, unistd::mkfifo};
use support::{Client, Finished, Home, OpenSsh, noise};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::open_server;

const MIB: usize = 1 << 20;

/// Files in memory, a server for them, and the programs of a user.
struct Lab {
    fs: MemFs,
    server: MockSshServer,
    ssh: OpenSsh,
}

impl Lab {
    fn new() -> Self {
        let fs = MemFs::builder().user(User::new("anna").start("/home/anna")).dir("/home/anna").build();
        let fs = fs.unwrap();
        let server = open_server().exec(Scp::exec(fs.clone())).start_blocking().unwrap();
        let ssh = OpenSsh::new(&server, "anna");
        Self { fs, server, ssh }
    }

    fn scp(&self, args: &[impl AsRef<OsStr>]) -> Finished {
        let mut command = self.ssh.command("scp", ["-O", "-q"]);
        Client::run(command.args(args).stdin(Stdio::null()))
    }

    fn local(&self, name: impl AsRef<Path>) -> std::path::PathBuf {
        self.ssh.home().join(name)
    }

    /// Waits until the connections are gone, and stops.
    fn end(self) {
        self.server.events().wait_for(event::disconnected()).blocking().unwrap();
        assert_eq!(
            self.server.events().query(event::problem()).len(),
            0,
            "{}",
            self.server.events().timeline()
        );
        self.server.shutdown().blocking().unwrap();
    }
}

/// `scp -t` and `scp -f` of this host are asked the same, in a directory with the same files.
#[test]
fn the_far_end_says_what_openssh_says() {
    for (command, says) in ASKED {
        let (theirs, ours) = (far_end(), far_end());
        fs::write(theirs.join(".says"), says).unwrap();
        let input = fs::File::open(theirs.join(".says")).unwrap();
        let finished = Client::start_with(theirs.command("sh").args(["-c", command]).stdin(input)).finish();
        let (answers, status) = ask(Directory::open(ours.path()).unwrap(), command, says);
        let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
        assert_eq!(shown(&answers), shown(&finished.stdout), "{command}: {says:?}\n{finished}");
        assert_eq!(status, finished.code().cast_unsigned(), "{command}: {says:?}\n{finished}");
        assert_eq!(tree_of(ours.path()), tree_of(theirs.path()), "{command}: {says:?}");
    }
}

const YES: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const TREE: &str = "D0750 0 new\nC0640 3 one\n123\0D0700 0 sub\nE\nC0600 0 two\n\0E\n";

/// Commands, and what the client says to them.
const ASKED: &[(&str, &str)] = &[
    ("scp -t .", "C0640 5 a b\nhello\0"),
    ("scp -t fresh", "C0644 2 ignored\nhi\0"),
    ("scp -p -t .", "T1000000000 0 1000000001 5\nC4711 1 x\nx\0"),
    ("scp -t .", "C4444 1 x\nx\0"),
    ("scp -r -t .", TREE),
    ("scp -r -p -t fresh", TREE),
    ("scp -rp -t .", "T1000000000 0 1000000001 0\nD0500 0 new\nC0640 3 one\n123\0E\n"),
    ("scp -t .", TREE),
    ("scp -t .", "C0644 1 ../x\nx\0"),
    ("scp -t .", "C0644 1 ..\nx\0"),
    ("scp -t .", "C0644 1 dir\nC0644 1 next\nx\0"),
    ("scp -r -t .", "D0755 0 file\nD0755 0 dir\nC0644 1 in\ny\0E\n"),
    ("scp -t missing/x", "C0644 1 x\n"),
    ("scp -d -t file", ""),
    ("scp -d -t missing", ""),
    ("scp -t a b", ""),
    ("scp -t .", "\n"),
    ("scp -t .", "hello\n"),
    ("scp -t .", "C0644 0 z\n\0hello\n"),
    ("scp -t .", "C06x4 1 a\n"),
    ("scp -t .", "C0644x1 a\n"),
    ("scp -t .", "C0644 x a\n"),
    ("scp -t .", "C0644 1"),
    ("scp -t .", "T1 0\n"),
    ("scp -t .", "T1 0 x 0\n"),
    ("scp -t .", "\u{1}oh no\nC0644 1 q\nq\u{1}bad disk\n"),
    ("scp -t .", "\u{2}over\nC0644 1 q\nq\0"),
    ("scp -t .", "C0644 1 q\nq"),
    ("scp -t .", "E\n"),
    ("scp -f file dir/inner", YES),
    ("scp -f missing file", YES),
    ("scp -f dir", YES),
    ("scp -f pipe file", YES),
    ("scp -r -f dir/", YES),
    ("scp -rf dir/.", YES),
    ("scp -p -f file", YES),
    ("scp -r -p -f dir", YES),
    ("scp -f fi* d*/* nothing*", YES),
    (r#"scp -f 'fi'* "dir/inner" \f\i\l\e"#, YES),
    ("scp -f file dir/inner", "\0\u{1}no\n\0\0\0"),
    ("scp -f file dir/inner", "\0\u{2}no\n"),
    ("scp -f file dir/inner", "\0\0\u{1}full\n\0\0"),
    ("scp -f file", "\0"),
    ("scp -f file", ""),
];

/// A directory with a few files, old ones all of them.
fn far_end() -> Home {
    let home = Home::new();
    fs::create_dir(home.join("dir")).unwrap();
    mkfifo(&home.join("pipe"), Mode::S_IRWXU).unwrap();
    for (path, content) in [("file", "content"), ("dir/inner", "inner"), ("dir", "")] {
        if !content.is_empty() {
            fs::write(home.join(path), content).unwrap();
        }
        let times = FileTimes::new().set_accessed(time(5)).set_modified(time(1_234_567_890));
        fs::File::open(home.join(path)).unwrap().set_times(times).unwrap();
    }
    home
}

/// What our `scp` answers, and its exit status.
fn ask(directory: Directory, command: &str, says: &str) -> (Vec<u8>, u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (client, server) = tokio::io::duplex(1024);
        let (mut reader, mut writer) = tokio::io::split(client);
        let saying = async move {
            // It may have ended before it has heard all.
            let _ = writer.write_all(says.as_bytes()).await;
            let _ = writer.shutdown().await;
        };
        let (scp, mut answers) = (Scp::new(directory), Vec::new());
        let serving = scp.serve(server, command.as_bytes(), "anna");
        let (status, (), read) = tokio::join!(serving, saying, reader.read_to_end(&mut answers));
        read.unwrap();
        (answers, status.unwrap())
    })
}

/// Paths with modes, contents, and times that are not of today.
fn tree_of(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if entry.file_name() == ".says" {
                continue;
            }
            let modified = Some(metadata.mtime()).filter(|modified| *modified < 1_500_000_000);
            let content = if metadata.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            let name = entry.path().strip_prefix(path).unwrap().display().to_string();
            found.push(format!("{name} {:o} {modified:?} {}", metadata.mode(), content.escape_ascii()));
            if metadata.is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn a_large_file_goes_there_and_back() {
    let lab = Lab::new();
    let data = noise(24 * MIB + 12_345);
    let _local = lab.ssh.home().file("local", &data);
    assert_eq!(lab.scp(&["local", "anna:remote"]).succeeded(), "");
    assert_eq!(lab.scp(&["anna:remote", "back"]).succeeded(), "");
    assert!(fs::read(lab.local("back")).unwrap() == data);
    let events = lab.server.events();
    let upload = events.first(scp_uploaded("/home/anna/remote")).unwrap();
    assert!(*upload.content.as_ref().unwrap() == data);
    let download = events.first(scp_op().operation(ScpOperation::Download)).unwrap();
    assert_eq!((download.bytes, download.mode), (data.len() as u64, Some(0o600)));
    lab.end();
}

#[test]
fn trees_keep_times_and_modes() {
    let lab = Lab::new();
    let home = lab.ssh.home();
    fs::create_dir_all(home.join("tree/sub/empty")).unwrap();
    fs::write(home.join("tree/run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(home.join("tree/run"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::write(home.join("tree/sub/nothing"), "").unwrap();
    for name in ["tree/run", "tree/sub/nothing", "tree/sub", "tree"] {
        fs::File::open(home.join(name)).unwrap().set_modified(time(1_000_000_000)).unwrap();
    }
    assert_eq!(lab.scp(&["-r", "-p", "tree", "anna:copy"]).succeeded(), "");
    for (path, mode) in [("run", 0o751), ("sub/nothing", 0o644), ("sub/empty", 0o755), ("", 0o755)] {
        let found = lab.fs.metadata(format!("/home/anna/copy/{path}")).unwrap();
        let local = fs::metadata(home.join("tree").join(path)).unwrap();
        assert_eq!(found.mode, local.mode() & 0o7777, "{path} {mode:o}");
        // With `-p`, times travel in seconds.
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(seconds(found.modified), seconds(local.modified().unwrap()), "{path}");
    }
    // And back; a directory that is there gets the tree as a child.
    fs::create_dir(home.join("in")).unwrap();
    assert_eq!(lab.scp(&["-rp", "anna:copy", "in"]).succeeded(), "");
    let back = fs::metadata(home.join("in/copy/run")).unwrap();
    assert_eq!((back.mode() & 0o7777, back.modified().unwrap()), (0o751, time(1_000_000_000)));
    assert_eq!(fs::read(home.join("in/copy/sub/nothing")).unwrap(), b"");
    assert!(home.join("in/copy/sub/empty").is_dir());
    lab.end();
}

#[test]
fn names_are_what_a_shell_makes_of_them() {
    let lab = Lab::new();
    for name in ["a b", "it's", "say \"hi\"", "x.txt", "y.txt", "*", "$HOME", "-v", "\u{e4}"] {
        lab.fs.write(format!("/home/anna/{name}"), name).unwrap();
    }
    fs::create_dir(lab.local("in")).unwrap();
    let remote = [r"anna:a\ b", r"anna:it\'s", r"anna:[xy].*", r"anna:\*", r"anna:\$HOME"];
    for remote in remote {
        assert_eq!(lab.scp(&[remote, "in"]).succeeded(), "", "{remote}");
    }
    // What is quoted in another way, the client's own check does not understand.
    assert_eq!(lab.scp(&["-T", r#"anna:'say "hi"'"#, "in"]).succeeded(), "");
    assert_eq!(lab.scp(&["anna:-v", "anna:\u{e4}", "in"]).succeeded(), "");
    let mut names: Vec<_> = fs::read_dir(lab.local("in"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["$HOME", "*", "-v", "a b", "it's", "say \"hi\"", "x.txt", "y.txt", "\u{e4}"]);
    for name in names {
        assert_eq!(fs::read_to_string(lab.local("in").join(&name)).unwrap(), name);
    }
    // What is not quoted is two words.
    lab.scp(&["anna:a b", "in"]).failed(1, "scp: a: No such file or directory");
    lab.end();
}

#[test]
fn uploads_may_have_any_name() {
    let lab = Lab::new();
    let names: [&[u8]; 5] = [b"a b", b"it's \"x\" *?[", b"new\nline", b"\xff\xfe", b"$(touch x);"];
    for name in names {
        fs::write(lab.local(OsStr::from_bytes(name)), name).unwrap();
    }
    let mut args: Vec<_> = names.iter().map(|name| OsStr::from_bytes(name)).collect();
    args.push(OsStr::new("anna:."));
    assert_eq!(lab.scp(&args).succeeded(), "");
    for name in [names[0], names[1], b"new\\^Jline", names[3], names[4]] {
        assert!(lab.fs.exists([b"/home/anna/", name].concat()), "{}", name.escape_ascii());
    }
    // The target goes through the shell.
    assert_eq!(lab.scp(&["a b", "anna:'other name'"]).succeeded(), "");
    assert_eq!(lab.fs.read("/home/anna/other name").unwrap(), "a b");
    lab.end();
}

#[test]
fn names_with_line_feeds_come_back_visibly() {
    let lab = Lab::new();
    lab.fs.write("/home/anna/dir/new\nline", "x").unwrap();
    assert_eq!(lab.scp(&["-r", "anna:dir", "."]).succeeded(), "");
    assert_eq!(fs::read(lab.local("dir/new\\^Jline")).unwrap(), b"x");
    lab.end();
}

#[test]
fn failures_are_told() {
    let lab = Lab::new();
    let _local = lab.ssh.home().file("local", "x");
    let _other = lab.ssh.home().file("other", "y");
    lab.fs.create_dir_all("/home/anna/dir/local").unwrap();
    lab.fs.write("/home/anna/file", "").unwrap();
    lab.scp(&["anna:missing", "."]).failed(1, "scp: missing: No such file or directory");
    lab.scp(&["anna:dir", "."]).failed(1, "scp: dir: not a regular file");
    lab.scp(&["local", "other", "anna:file"]).failed(1, "scp: file: Not a directory");
    lab.scp(&["local", "anna:missing/x"]).failed(1, "scp: missing/x: No such file or directory");
    // One fails, the next arrives.
    lab.scp(&["local", "other", "anna:dir"]).failed(1, "scp: dir/local: Is a directory");
    assert_eq!(lab.fs.read("/home/anna/dir/other").unwrap(), "y");
    let causes: Vec<_> = lab.server.events().scp_ops().into_iter().map(|op| op.cause).collect();
    let file = |error: FsError| Some(ScpCause::File(error));
    let expected = [
        file(FsError::NotFound),
        Some(ScpCause::NotRegular),
        file(FsError::NotFound),
        file(FsError::IsADirectory),
        None,
    ];
    assert_eq!(causes, expected, "{}", lab.server.events().timeline());
    lab.end();
}

#[test]
fn from_one_host_to_itself_through_the_client() {
    let lab = Lab::new();
    lab.fs.write("/home/anna/from/file", "content").unwrap();
    assert_eq!(lab.scp(&["-3", "-r", "anna:from", "anna:to"]).succeeded(), "");
    assert_eq!(lab.fs.read("/home/anna/to/file").unwrap(), "content");
    lab.end();
}
