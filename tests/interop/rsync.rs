//! rsync, whose far end is a program of this machine: `--exec process`, in the directory that SFTP shows as well.

use std::fs;

use support::{Client, Home, MockSshBinary};

#[test]
fn a_tree_is_synchronised_into_the_directory_that_sftp_serves() {
    let shown = Home::new();
    let server =
        MockSshBinary::start(&["--exec", "process", "--sftp-dir", &shown.path().display().to_string()]);
    let tree = server.home().join("tree");
    fs::create_dir_all(tree.join("sub dir")).unwrap();
    let content = support::noise(1 << 20);
    fs::write(tree.join("sub dir/large"), &content).unwrap();
    fs::write(tree.join("small"), "one\n").unwrap();
    let ssh = format!("ssh -F {}", server.text("/ssh_config"));
    let rsync = |args: &[&str]| {
        let mut rsync = server.home().command("rsync");
        rsync.args(["--archive", "--delete", "--stats", "--no-inc-recursive", "--rsh", &ssh]).args(args);
        Client::run(&mut rsync).succeeded()
    };
    rsync(&["tree/", "none:site"]);
    assert!(fs::read(shown.join("site/sub dir/large")).unwrap() == content);

    // Only what was changed goes over the wire, and what is gone is removed.
    fs::write(tree.join("small"), "changed\n").unwrap();
    fs::remove_file(tree.join("sub dir/large")).unwrap();
    let told = rsync(&["tree/", "none:site"]);
    assert!(told.contains("Number of regular files transferred: 1\n"), "{told}");
    assert_eq!(fs::read(shown.join("site/small")).unwrap(), b"changed\n");
    assert!(!shown.join("site/sub dir/large").exists());

    // And back, from what an SFTP client put there.
    let batch = server.home().file("batch", "put tree/small site/put\n");
    let mut sftp = server.home().command("sftp");
    sftp.args(["-F", server.text("/ssh_config"), "-b"]).arg(batch).arg("none");
    let _printed = Client::run(&mut sftp).succeeded();
    rsync(&["none:site/", "back"]);
    assert_eq!(fs::read(server.home().join("back/put")).unwrap(), b"changed\n");
}
