//! Lines of bounded length: a client that never ends its line must not take the memory of the server.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// Bytes of a request at most.
pub(super) const LONGEST: usize = 1024 * 1024;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// It was too long, and was thrown away to its end.
    TooLong,
    /// There is none any more.
    End,
}

/// Reads the next line. What is behind the last line feed is one too. Once begun, it is to be awaited to its end.
pub(super) async fn next(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok(match (too_long, line.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Whole(line),
            });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = available.split_at(end.unwrap_or(available.len())).0;
        if line.len() + piece.len() > LONGEST {
            too_long = true;
            line = Vec::new();
        } else if !too_long {
            line.extend_from_slice(piece);
        }
        let taken = piece.len() + usize::from(end.is_some());
        reader.consume(taken);
        if end.is_some() {
            return Ok(if too_long { Line::TooLong } else { Line::Whole(line) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_read_up_to_the_limit_and_the_last_needs_no_end() {
        let longest = "x".repeat(LONGEST);
        let text = format!("one\n\n{longest}\n{longest}y\nlast");
        let mut reader = text.as_bytes();
        for expected in [
            Line::Whole(b"one".to_vec()),
            Line::Whole(Vec::new()),
            Line::Whole(longest.clone().into_bytes()),
            Line::TooLong,
            Line::Whole(b"last".to_vec()),
            Line::End,
            Line::End,
        ] {
            assert!(next(&mut reader).await.unwrap() == expected);
        }
        assert_eq!(next(&mut format!("{longest}y").as_bytes()).await.unwrap(), Line::TooLong);
    }
}
