//! One client: a request, its answer, the next request.

use serde_json::Value;
use tokio::{
    io::{AsyncBufRead, AsyncWriteExt as _},
    net::unix::OwnedWriteHalf,
    task::spawn_blocking,
};

use super::{
    Shared, Target,
    answer::{self, Answer, Code, Done, Failure},
    line::{self, LONGEST, Line},
    request,
};
use crate::{output, signals::Reason};

/// Where answers go.
pub(super) enum Writer {
    /// Shared with other lines of JSON, so each is written at once.
    Stdout,
    Socket(OwnedWriteHalf),
}

/// Why no request comes any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByClient,
    /// The server stops.
    ByServer,
}

/// Serves until either side ends it.
pub(super) async fn serve<T: Target>(
    mut reader: impl AsyncBufRead + Unpin,
    mut writer: Writer,
    shared: &Shared<T>,
) -> Ended {
    loop {
        let line = tokio::select! {
            // What has come is answered.
            biased;
            line = line::next(&mut reader) => line.unwrap_or(Line::End),
            () = shared.stop() => return Ended::ByServer,
        };
        let (answer, asks_to_stop) = match line {
            Line::End => return Ended::ByClient,
            Line::Whole(text) if text.trim_ascii().is_empty() => continue,
            Line::Whole(text) => answer_to(&text, shared).await,
            Line::TooLong => {
                let text = format!("a request is at most {LONGEST} bytes long");
                (answer::line(None, Err(Failure::new(Code::TooLong, text))), false)
            }
        };
        if writer.write(answer).await.is_err() {
            return Ended::ByClient;
        }
        if asks_to_stop {
            shared.give(Reason::Requested);
        }
    }
}

/// The answer to a line, and whether it stops whom it asks.
async fn answer_to<T: Target>(line: &[u8], shared: &Shared<T>) -> (String, bool) {
    let mut request: Value = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => return (answer::line(None, Err(Failure::not_json(&error))), false),
    };
    let id = request.as_object_mut().and_then(|fields| fields.shift_remove("id"));
    match request::read::<T::Request>(request) {
        Ok(request) if T::asks_to_stop(&request) => {
            let result = match shared.reasons {
                Some(_) => Ok(Answer::Done(Done {})),
                None => Err(Failure::new(Code::BadRequest, T::ENDS_OTHERWISE)),
            };
            let stops = result.is_ok();
            (answer::line(id, result), stops)
        }
        Ok(request) => {
            let result = tokio::select! {
                biased;
                result = shared.target.obey(request) => result,
                () = shared.stop() => Err(Failure::new(Code::Stopping, "the server stops")),
            };
            (answer::line(id, result), false)
        }
        Err(failure) => (answer::line(id, Err(failure)), false),
    }
}

impl Writer {
    async fn write(&mut self, line: String) -> std::io::Result<()> {
        match self {
            Self::Socket(socket) => socket.write_all(line.as_bytes()).await,
            Self::Stdout => {
                // As for every other line there: a reader that has gone is no error.
                spawn_blocking(move || output::to_program(&line)).await.map_err(std::io::Error::other)
            }
        }
    }
}
