//! Terminals: what `ssh` tells about the one it sits at, and what it shows of the one at the other end.

use mock_core::{Exec, Shell, any, event};
use mock_process::HostProcess;
use support::{DEADLINE, OpenSsh, Terminal};

use super::open_server;

#[test]
fn size_type_and_modes_are_recorded() {
    let server = open_server().exec(Exec::echo()).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let terminal = Terminal::start(&ssh.ssh(["-t", "anna", "true"]), 101, 37);
    let finished = terminal.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    let pty = server.events().first(event::pty()).unwrap();
    assert_eq!((&*pty.term, pty.columns, pty.rows), ("xterm-256color", 101, 37));
    // A new terminal of Linux: echo and line feeds as one expects, ^C is 3, ^H or DEL erases.
    for (mode, value) in
        [("ECHO", 1), ("ICANON", 1), ("ISIG", 1), ("ONLCR", 1), ("VINTR", 3), ("VERASE", 127)]
    {
        assert_eq!(pty.mode(mode), Some(value), "{mode}: {:?}", pty.modes);
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_terminal_without_one_on_this_side_has_no_size() {
    let server = open_server().exec(Exec::echo()).start_blocking().unwrap();
    let finished = OpenSsh::new(&server, "anna").run(["-tt", "anna", "true"]);
    assert_eq!(finished.code(), 0, "{finished}");
    let pty = server.events().first(event::pty()).unwrap();
    assert_eq!((pty.columns, pty.rows, pty.accepted), (0, 0, true));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_new_size_is_recorded() {
    let server = open_server().shell(Shell::echo("$ ")).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let mut terminal = Terminal::start(&ssh.ssh(["anna"]), 80, 24);
    terminal.wait_for("$ ");
    terminal.resize(132, 43);
    // `stty` sets one after the other.
    let both = event::window_change().filter(|size| (size.columns, size.rows) == (132, 43));
    server.events().wait_for(both).within(DEADLINE).blocking().unwrap();
    terminal.type_in("exit\r");
    assert_eq!(terminal.finish().code(), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_scripted_shell_echoes_edits_and_answers() {
    let server = open_server().shell(Shell::echo("$ ")).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let mut terminal = Terminal::start(&ssh.ssh(["anna"]), 80, 24);
    terminal.wait_for("$ ");
    terminal.type_in("unamx\x7fe -r\r");
    let screen = terminal.wait_for("REMOTE_OK:uname -r\r\n$ ");
    assert_eq!(screen, "$ unamx\x08 \x08e -r\r\nREMOTE_OK:uname -r\r\n$ ");
    terminal.type_in("\x04");
    let finished = terminal.finish();
    assert_eq!(finished.code(), 0, "{finished}");
    assert_eq!(server.events().first(event::shell_line()).unwrap().line, "uname -r");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_shell_without_a_terminal_reads_lines_to_the_end() {
    let server = open_server().shell(Shell::echo("$ ")).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = support::Client::run_with_input(&mut ssh.ssh(["-T", "anna"]), b"one\ntwo\n");
    assert_eq!(finished.succeeded(), "$ REMOTE_OK:one\n$ REMOTE_OK:two\n$ ");
    assert_eq!(server.events().count(event::pty()), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_process_of_the_host_has_the_size_of_the_terminal() {
    let server = open_server().exec(Exec::on(any()).run(HostProcess::command())).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = Terminal::start(&ssh.ssh(["-t", "anna", "stty size; echo $TERM"]), 97, 31).finish();
    assert_eq!(finished.stdout(), "31 97\r\nxterm-256color\r\n", "{finished}");
    assert_eq!(finished.code(), 0, "{finished}");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_process_of_the_host_is_told_a_new_size() {
    let server = open_server().exec(Exec::on(any()).run(HostProcess::command())).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    // `read` goes on after the trap, and ends with the line that is typed then.
    let script = "trap 'stty size' WINCH; echo ready; while ! read line; do :; done; echo \"got $line\"";
    let mut terminal = Terminal::start(&ssh.ssh(["-t", "anna", script]), 80, 24);
    terminal.wait_for("ready");
    terminal.resize(132, 43);
    terminal.wait_for("43 132");
    terminal.type_in("words\r");
    terminal.wait_for("got words");
    assert_eq!(terminal.finish().code(), 0);
    server.shutdown().blocking().unwrap();
}

#[test]
fn an_interrupt_typed_at_the_terminal_reaches_the_process() {
    let server = open_server().exec(Exec::on(any()).run(HostProcess::command())).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let script = "trap 'echo caught; exit 3' INT; echo ready; while :; do read line; done";
    let mut terminal = Terminal::start(&ssh.ssh(["-t", "anna", script]), 80, 24);
    terminal.wait_for("ready");
    terminal.type_in("\x03");
    let finished = terminal.finish();
    assert!(finished.stdout().contains("caught"), "{finished}");
    assert_eq!(finished.code(), 3, "{finished}");
    server.shutdown().blocking().unwrap();
}
