//! A client that sits at a terminal.
//!
//! The test types at the other end. `setsid --ctty` makes the terminal the client's controlling one, as it is for
//! somebody who works there, so that a change of its size reaches the client as a signal. What the client prints goes
//! into a pipe all the same: clients ask their input for its size and modes.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use nix::pty::{Winsize, openpty};

use crate::{Client, Finished};

/// A client at a terminal.
#[derive(Debug)]
pub struct Terminal {
    /// The end of the one who types.
    keyboard: File,
    /// The client's end, as others can open it.
    device: PathBuf,
    client: Client,
}

impl Terminal {
    /// Starts a client at a terminal of this size, of the type `xterm-256color`.
    #[must_use]
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).expect("a terminal can be made");
        let device = nix::unistd::ttyname(&pair.slave).expect("it has a name");
        let mut leading = leading_a_session(command);
        leading.stdin(Stdio::from(pair.slave));
        Self { client: Client::start_in_its_group(&mut leading), keyboard: File::from(pair.master), device }
    }

    /// Types.
    pub fn type_in(&mut self, keys: &str) {
        let typed = self.keyboard.write_all(keys.as_bytes());
        typed.expect("the terminal is open");
    }

    /// Waits until this text was shown, and returns all that was.
    #[expect(clippy::must_use_candidate, reason = "waiting is what it is for")]
    pub fn wait_for(&self, text: &str) -> String {
        self.client.wait_for_output(text)
    }

    /// Gives the terminal another size, as a window manager does.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut stty = Command::new("stty");
        stty.arg("-F").arg(&self.device);
        stty.args(["cols", &columns.to_string(), "rows", &rows.to_string()]);
        let _silent = Client::run(&mut stty).succeeded();
    }

    /// Waits for the end of the client.
    #[must_use]
    pub fn finish(self) -> Finished {
        self.client.finish()
    }
}

/// The same command, as the leader of a session with its input as controlling terminal.
fn leading_a_session(command: &Command) -> Command {
    let mut wrapped = Command::new("setsid");
    wrapped.arg("--ctty").arg(command.get_program());
    wrapped.args(command.get_args()).env_clear();
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        wrapped.current_dir(directory);
    }
    wrapped.env("TERM", "xterm-256color");
    wrapped
}
