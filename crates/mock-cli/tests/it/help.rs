//! Help texts, as snapshots: they are documentation, and changes to them are seen.

use crate::support::{filters, run, text};

#[test]
fn help_of_the_program_and_of_each_subcommand() {
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_short", &["-h"]),
        ("help_serve", &["serve", "--help"]),
        ("help_verify", &["verify", "--help"]),
        ("help_sftp_server", &["sftp-server", "--help"]),
    ] {
        let output = run(args);
        assert!(output.status.success());
        filters().bind(|| insta::assert_snapshot!(name, text(&output.stdout)));
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let output = run(&["--version"]);
    assert_eq!(text(&output.stdout), concat!("mock-ssh ", env!("CARGO_PKG_VERSION"), "\n"));
}
