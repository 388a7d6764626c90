//! Whatever a client says, `scp` ends, and nothing is made but below the target.

use mock_sftp::MemFs;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::scp_client::{home, run};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_ends(command in command(), says in vec(any::<u8>(), 0..500)) {
        check(&command, &says)?;
    }

    #[test]
    fn lines_that_are_almost_right_end(command in command(), pieces in vec(piece(), 0..30)) {
        check(&command, &pieces.concat())?;
    }

    #[test]
    fn any_command_line_ends(command in "scp -[ft]r? [-a-z'\"\\\\*?\\[\\] ~/.$;|]{0,40}", says in vec(0..2_u8, 0..50)) {
        check(&command, &says)?;
    }
}

fn command() -> impl Strategy<Value = String> {
    const COMMANDS: &[&str] =
        &["scp -t in", "scp -r -t in", "scp -rpt in", "scp -d -t in", "scp -f in", "scp -rpf in/.. *"];
    select(COMMANDS).prop_map(str::to_owned)
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&str] = &[
        "\0",
        "\u{1}",
        "\u{2}",
        "\n",
        "E\n",
        "T1 0 1 0\n",
        "C0644 3 a\nabc\0",
        "C0644 3 ../a\n",
        "D0755 0 d\n",
        "D0000 0 ..\n",
        "D4755 0 d\n",
        "C0000 9 b\n",
        "C0644 18446744073709551615 c\n",
        "C0644 99999999999 d\n",
        "C",
        "0644",
        " ",
        "../../x",
        "T-1 0 0 0\n",
        "T99999999999999 0 99999999999999 0\n",
        "abc",
    ];
    prop_oneof![8 => select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..9)]
}

fn check(command: &str, says: &[u8]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fs: MemFs = home();
    fs.write("/home/anna/in/x/y", "").unwrap();
    fs.write("/etc/passwd", "root").unwrap();
    let ended = runtime.block_on(run(fs.clone(), command, says));
    if let Ok(status) = ended.status {
        prop_assert!(status <= 1);
    }
    if command.starts_with("scp -t in") || command.contains("t in") {
        prop_assert_eq!(fs.list("/").unwrap(), ["etc", "home"]);
        prop_assert_eq!(fs.list("/home/anna").unwrap(), ["in"]);
    }
    Ok(())
}
