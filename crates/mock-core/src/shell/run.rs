//! The shell's loop: prompt, line, answer.

use std::io;

use mock_base::event::ShellLine;

use super::{
    Shell,
    line::{Editor, Input},
};
use crate::{
    Exit, Session, Wanted,
    exec::{on_terminal, play},
};

pub(super) async fn run(shell: Shell, mut session: Session) -> io::Result<Exit> {
    let terminal = session.request().pty.is_some();
    let greeting = if terminal { on_terminal(&shell.greeting) } else { shell.greeting.clone() };
    session.write(greeting).await?;
    session.write(shell.prompt.clone()).await?;
    if shell.silent {
        while session.read().await.is_some() {}
        return Ok(Exit::Status(0));
    }
    let mut editor = Editor::new(terminal);
    let mut last = Exit::Status(0);
    while let Some(data) = session.read().await {
        for input in editor.feed(&data) {
            match input {
                Input::Echo(bytes) => session.write(bytes).await?,
                Input::Line(line) => match enter(&shell, &mut session, terminal, line, &mut last).await? {
                    Some(exit) => return Ok(exit),
                    None => session.write(shell.prompt.clone()).await?,
                },
                Input::Interrupt => session.write(shell.prompt.clone()).await?,
                Input::End => return leave(&mut session, terminal, last).await,
            }
        }
    }
    if let Some(line) = editor.finish()
        && let Some(exit) = enter(&shell, &mut session, terminal, line, &mut last).await?
    {
        return Ok(exit);
    }
    Ok(last)
}

/// Answers one line; `Some` when it ends the shell.
async fn enter(
    shell: &Shell,
    session: &mut Session,
    terminal: bool,
    line: Vec<u8>,
    last: &mut Exit,
) -> io::Result<Option<Exit>> {
    session.recorder().record(ShellLine::new(line.clone()));
    let trimmed = line.trim_ascii();
    if trimmed.is_empty() {
        return Ok(None);
    }
    if let Some(exit) = leaves(trimmed, last) {
        return Ok(Some(exit));
    }
    let mut request = session.request().clone();
    request.wanted = Wanted::Exec(line.into());
    let reply = shell.answer(&request);
    *last = match play(reply, session, terminal).await {
        Exit::Silent => return Err(io::ErrorKind::BrokenPipe.into()),
        exit => exit,
    };
    Ok(None)
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

async fn leave(session: &mut Session, terminal: bool, last: Exit) -> io::Result<Exit> {
    if terminal {
        session.write(&b"exit\r\n"[..]).await?;
    }
    Ok(last)
}
