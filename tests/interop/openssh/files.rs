//! Files of the binary `mock-ssh`: `scp` and `sftp` as its users run them, and `sftp -D` with no server around it.

use std::fs;

use serde_json::Value;
use support::{Client, Home, MockSshBinary, noise};

/// Operations of a journal that was written to a file: their names and paths.
fn operations(journal: &str) -> Vec<(String, String)> {
    let text = |event: &Value, field: &str| event.get(field).and_then(Value::as_str).map(str::to_owned);
    let events = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let named = events.filter_map(|event| {
        let source = text(&event, "source")?;
        let fields = event.get("fields").unwrap_or(&event);
        Some((format!("{source}.{}", text(&event, "name")?), text(fields, "path").unwrap_or_default()))
    });
    named.collect()
}

#[test]
fn scp_of_any_mode_and_sftp_find_the_same_files() {
    let home = Home::new();
    let journal = home.join("journal");
    let server = MockSshBinary::start(&["--events", &journal.display().to_string()]);
    assert_eq!(server.text("/sftp_root"), "/");
    let data = noise((1 << 20) + 7);
    let _local = server.home().file("local", &data);
    let run = |program: &str, args: &[&str], input: &str| {
        let mut command = server.home().command(program);
        command.args(["-F", server.text("/ssh_config")]).args(args);
        Client::run_with_input(&mut command, input.as_bytes())
    };
    // Without a mode, which means SFTP since OpenSSH 9.0, and in each of both.
    for (mode, target) in [(&[][..], "plain"), (&["-s"], "sftp"), (&["-O"], "scp")] {
        let target = format!("none:/{target}");
        let put = [mode, &["local", &target]].concat();
        assert_eq!(run("scp", &put, "").succeeded(), "");
    }
    let listed = run("sftp", &["-b", "-", "pubkey"], "ls -1\nget scp back\nrename plain renamed\n");
    assert!(listed.succeeded().contains("plain\nscp\nsftp\n"), "{listed}");
    assert!(fs::read(server.home().join("back")).unwrap() == data);
    server.process().signal(nix::sys::signal::Signal::SIGTERM);
    let (finished, _home) = server.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    let seen = operations(&fs::read_to_string(journal).unwrap());
    for (name, path) in [
        ("sftp.close", "/sftp"),
        ("scp.upload", "/scp"),
        ("sftp.close", "/scp"),
        ("sftp.posix-rename", "/plain"),
    ] {
        assert!(seen.contains(&(name.to_owned(), path.to_owned())), "{name} {path}: {seen:?}");
    }
}

#[test]
fn sftp_runs_the_binary_instead_of_a_connection() {
    let home = Home::new();
    fs::create_dir(home.join("fixtures")).unwrap();
    fs::write(home.join("fixtures/there"), "content").unwrap();
    let _local = home.file("local", noise(3 << 20));
    let binary = MockSshBinary::command(&home).get_program().to_string_lossy().into_owned();
    for (what, changed) in [("--root fixtures", false), ("--dir fixtures", true)] {
        let server = format!("{binary} sftp-server {what} --events journal");
        let mut sftp = home.command("sftp");
        sftp.args(["-b", "-", "-D", &server]);
        let commands = "ls -1\nput local new\nget new back\nget there\nmkdir made\n";
        let finished = Client::run_with_input(&mut sftp, commands.as_bytes());
        assert_eq!(finished.code(), 0, "{finished}");
        assert!(fs::read(home.join("back")).unwrap() == noise(3 << 20));
        assert_eq!(fs::read_to_string(home.join("there")).unwrap(), "content");
        assert_eq!(home.join("fixtures/made").is_dir(), changed, "{what}");
        let seen = operations(&fs::read_to_string(home.join("journal")).unwrap());
        assert!(seen.iter().any(|(name, path)| name == "sftp.mkdir" && path == "/made"), "{seen:?}");
    }
}
