//! The shell's loop: prompt, line, answer.

use std::io;

use mock_base::event::{Problem, ShellLine};

use super::{
    Running,
    line::{Editor, Input},
};
use crate::{
    Exit, Session, Wanted,
    exec::{on_terminal, play_line},
};

pub(super) async fn run(shell: &Running, mut session: Session) -> io::Result<Exit> {
    let terminal = session.request().pty.is_some();
    let greeting = &shell.script.greeting;
    let greeting = if terminal { on_terminal(greeting) } else { greeting.clone() };
    session.write(greeting).await?;
    let mut dialogue = Dialogue { shell, session, terminal, lines: 0, last: Exit::Status(0) };
    dialogue.prompt().await?;
    if shell.script.silent {
        while dialogue.session.read().await.is_some() {}
        return Ok(Exit::Status(0));
    }
    dialogue.run().await
}

struct Dialogue<'a> {
    shell: &'a Running,
    session: Session,
    terminal: bool,
    /// Lines so far.
    lines: u32,
    /// How the last answer ended.
    last: Exit,
}

impl Dialogue<'_> {
    async fn run(mut self) -> io::Result<Exit> {
        let mut editor = Editor::new(self.terminal);
        while let Some(data) = self.session.read().await {
            for input in editor.feed(&data) {
                match input {
                    Input::Echo(bytes) => self.session.write(bytes).await?,
                    Input::Line(line) => match self.enter(line).await {
                        Some(exit) => return Ok(exit),
                        None => self.prompt().await?,
                    },
                    Input::Interrupt => self.prompt().await?,
                    Input::End => return self.leave().await,
                }
            }
        }
        if let Some(line) = editor.finish()
            && let Some(exit) = self.enter(line).await
        {
            return Ok(exit);
        }
        Ok(self.last)
    }

    async fn prompt(&mut self) -> io::Result<()> {
        let prompt = self.shell.prompt(self.session.request());
        self.session.write(prompt).await
    }

    /// Answers one line; `Some` when it ends the shell.
    async fn enter(&mut self, line: Vec<u8>) -> Option<Exit> {
        self.lines = self.lines.wrapping_add(1);
        let rules = &self.shell.rules;
        let mut request = self.session.request().clone();
        request.wanted = Wanted::Exec(line.clone().into());
        let trimmed = line.trim_ascii();
        let leaves = leaves(trimmed, &self.last);
        if (trimmed.is_empty() || leaves.is_some()) && !rules.name_exactly(&request) {
            self.session.recorder().record(ShellLine::new(line));
            return leaves;
        }
        let answer = rules.line(&mut request);
        let event = ShellLine::new(line).answered_by(answer.rule.clone()).hint(answer.hint.clone());
        self.session.recorder().record(event);
        let reply = rules.answer_line(&answer, &request, self.session.recorder());
        self.last = match play_line(&reply, &request, self.lines, &mut self.session).await {
            // The client is gone, or the answer is to end the shell so.
            exit @ (Exit::Silent | Exit::Cut) => return Some(exit),
            Exit::Failed(why) => {
                let problem = Problem::new(format!("the answer to a line failed: {why}"));
                self.session.recorder().record(problem);
                Exit::Status(1)
            }
            exit => exit,
        };
        None
    }

    async fn leave(mut self) -> io::Result<Exit> {
        if self.terminal {
            self.session.write(&b"exit\r\n"[..]).await?;
        }
        Ok(self.last)
    }
}

/// How the shell ends if this line ends it.
fn leaves(line: &[u8], last: &Exit) -> Option<Exit> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split_ascii_whitespace();
    match (words.next()?, words.next(), words.next()) {
        ("exit" | "logout" | "quit", None, _) => Some(last.clone()),
        ("exit" | "logout", Some(status), None) => {
            status.parse::<u8>().ok().map(|status| Exit::from(u32::from(status)))
        }
        _ => None,
    }
}
