//! `--env`: variables for a shell, from a server that goes on in the background.

use crate::support::{PROGRAM, command, filters, is_empty, temporary, text};

/// What a shell prints that runs this script; `$0` is the program. It ends when the server has ended too, which
/// holds standard error open.
fn shell(script: &str) -> (Option<i32>, String, String) {
    let temporary = temporary();
    let output = command("sh", temporary.path()).args(["-c", script, PROGRAM]).output().unwrap();
    assert!(is_empty(temporary.path()), "nothing is left behind");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_shell_evaluates_the_variables_and_goes_on_with_the_server() {
    let (status, stdout, stderr) = shell(
        r#"eval "$("$0" serve --env &)"
           env | grep -E '^(MOCK_SSH|SSH_AUTH)' | sort
           test -S "$SSH_AUTH_SOCK" && test -f "$MOCK_SSH_CONFIG" && echo "files are there"
           kill "$MOCK_SSH_PID""#,
    );
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    filters().bind(|| insta::assert_snapshot!("env", stdout));
}

#[test]
fn a_start_that_fails_fails_the_evaluation() {
    let (status, stdout, stderr) =
        shell(r#"set -e; eval "$("$0" serve --env --host-key /nonexistent &)"; echo not reached"#);
    assert_eq!((status, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("cannot read host key"), "{stderr}");
    let (status, stdout, stderr) = shell(r#"set -e; eval "$("$0" serve --env --nope &)"; echo not reached"#);
    assert_eq!((status, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("unexpected argument"), "{stderr}");
}
