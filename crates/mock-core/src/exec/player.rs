//! Plays a reply on a session: piece by piece, with its pauses, as fast as its bandwidth and the client's window let it.

use std::io;

use bytes::Bytes;
use tokio::time::sleep;

use super::reply::{Content, Piece, Reply, Stream};
use crate::{Exit, Program, Request, Run, Session, Start, pace::Pace};

/// Plays a reply as the program of a command.
pub(crate) fn reply(reply: Reply, start: Start) -> Run {
    let mut session = start.session();
    Run::reply(async move { Player::new(&reply, &mut session).play(&reply).await })
}

/// Plays it for whoever starts it, whatever was asked for.
impl Program for Reply {
    fn start(&self, start: Start) -> Run {
        reply(self.clone(), start)
    }
}

/// Plays a reply to the line of a shell with this number to its end. What it is made of is that of the line.
pub(crate) async fn play_line(reply: &Reply, line: &Request, number: u32, session: &mut Session) -> Exit {
    let terminal = session.request().pty.is_some();
    // Each line draws chances of its own.
    let pauses = u64::from(number) << 32;
    Player { line: Some(line), terminal, pauses, ..Player::new(reply, session) }.play(reply).await
}

enum PlayError {
    /// The channel is closed.
    Gone,
    /// What is to be printed is not there.
    Failed(String),
}

impl From<io::Error> for PlayError {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

struct Player<'a> {
    session: &'a mut Session,
    /// The line of a shell, where it is one that is answered.
    line: Option<&'a Request>,
    /// The client has a pseudo-terminal: one screen for both streams, and line feeds become CR LF.
    terminal: bool,
    bandwidth: Option<u64>,
    /// Pauses so far, so that each draws a chance of its own.
    pauses: u64,
}

impl<'a> Player<'a> {
    fn new(reply: &Reply, session: &'a mut Session) -> Self {
        Self { session, line: None, terminal: false, bandwidth: reply.bandwidth, pauses: 0 }
    }

    fn request(&self) -> &Request {
        self.line.unwrap_or_else(|| self.session.request())
    }

    /// A client that is gone cannot be told anything; what goes wrong on this side is the exit.
    async fn play(&mut self, reply: &Reply) -> Exit {
        match self.pieces(&reply.pieces).await {
            Ok(()) => reply.exit.clone(),
            Err(PlayError::Gone) => Exit::Silent,
            Err(PlayError::Failed(text)) => Exit::Failed(text),
        }
    }

    async fn pieces(&mut self, pieces: &[Piece]) -> Result<(), PlayError> {
        for piece in pieces {
            match piece {
                Piece::Print(stream, content) => {
                    let bytes = content.bytes(self.request()).await?;
                    self.print(*stream, bytes).await?;
                }
                Piece::Pause(delay) => {
                    self.pauses += 1;
                    let time = delay.sample(&mut self.request().rng(self.pauses));
                    sleep(time).await;
                }
                Piece::ReadStdin => while self.session.read().await.is_some() {},
                Piece::ReadUntil(text) => {
                    let read = self.session.read_until(text).await;
                    read.map_err(|error| PlayError::Failed(error.to_string()))?;
                }
                Piece::EchoStdin => {
                    while let Some(bytes) = self.session.read().await {
                        self.print(Stream::Stdout, bytes).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn print(&mut self, stream: Stream, bytes: Bytes) -> io::Result<()> {
        let mut bytes = if self.terminal { on_terminal(&bytes) } else { bytes };
        let stream = if self.terminal { Stream::Stdout } else { stream };
        let Some(bandwidth) = self.bandwidth else {
            return self.send(stream, bytes).await;
        };
        let beat = usize::try_from(Pace::burst(bandwidth)).unwrap_or(usize::MAX);
        while !bytes.is_empty() {
            let piece = bytes.split_to(beat.min(bytes.len()));
            // What it takes to send so much: of a slow line, the last piece too.
            let time = Pace::time(piece.len(), bandwidth);
            self.send(stream, piece).await?;
            sleep(time).await;
        }
        Ok(())
    }

    async fn send(&mut self, stream: Stream, bytes: Bytes) -> io::Result<()> {
        match stream {
            Stream::Stdout => self.session.write(bytes).await,
            Stream::Stderr => self.session.write_err(bytes).await,
        }
    }
}

impl Content {
    async fn bytes(&self, request: &Request) -> Result<Bytes, PlayError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Template(template) => {
                template.fill(request).map(Bytes::from).map_err(|error| PlayError::Failed(error.to_string()))
            }
            Self::File(path) => {
                let name = path.clone();
                // A disk may be slow, and the connection must not wait for it.
                let read = tokio::task::spawn_blocking(move || std::fs::read(name)).await;
                let failed = |error: &dyn std::fmt::Display| {
                    PlayError::Failed(format!("cannot read `{}`: {error}", path.display()))
                };
                read.map_err(|error| failed(&error))?.map(Bytes::from).map_err(|error| failed(&error))
            }
        }
    }
}

/// Line feeds become CR LF where there is a terminal to show them (`ONLCR`).
pub(crate) fn on_terminal(text: &Bytes) -> Bytes {
    if !text.contains(&b'\n') {
        return text.clone();
    }
    let mut shown = Vec::with_capacity(text.len() + 16);
    let mut before = 0;
    for byte in text {
        if *byte == b'\n' && before != b'\r' {
            shown.push(b'\r');
        }
        shown.push(*byte);
        before = *byte;
    }
    shown.into()
}
