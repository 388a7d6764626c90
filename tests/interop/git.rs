//! git over SSH: `git-receive-pack` and `git-upload-pack` of this machine, in the directory that `--sftp-dir` serves.

use std::fs;

use support::{Client, Home, MockSshBinary};

#[test]
fn a_repository_is_pushed_to_and_cloned_from() {
    let shown = Home::new();
    let server =
        MockSshBinary::start(&["--exec", "process", "--sftp-dir", &shown.path().display().to_string()]);
    let ssh = format!("ssh -F {}", server.text("/ssh_config"));
    let git = |args: &[&str]| {
        let mut git = server.home().command("git");
        git.env("GIT_SSH_COMMAND", &ssh).env("GIT_CONFIG_NOSYSTEM", "1");
        git.args([
            "-c",
            "user.name=anna",
            "-c",
            "user.email=anna@example.org",
            "-c",
            "init.defaultBranch=main",
        ]);
        Client::run(git.args(args)).succeeded()
    };
    git(&["init", "--quiet", "--bare", &shown.join("site.git").display().to_string()]);
    git(&["init", "--quiet", "work"]);
    let content = support::noise(1 << 20);
    fs::write(server.home().join("work/large"), &content).unwrap();
    git(&["-C", "work", "add", "large"]);
    git(&["-C", "work", "commit", "--quiet", "--message", "One"]);
    git(&["-C", "work", "push", "--quiet", "none:site.git", "HEAD:main"]);
    let listed = git(&["ls-remote", "none:site.git", "main"]);
    assert_eq!(listed.split_whitespace().next_back(), Some("refs/heads/main"), "{listed}");
    git(&["clone", "--quiet", "--branch", "main", "none:site.git", "back"]);
    assert!(fs::read(server.home().join("back/large")).unwrap() == content);
}
