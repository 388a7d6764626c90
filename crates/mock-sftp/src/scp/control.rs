//! Lines of the protocol, as `scp` has them: what announces a file, a directory, its end, and times.
//!
//! There is no specification. What is taken and what is refused, and in which words, is what OpenSSH's `scp.c` does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Metadata;

/// What a line announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Control {
    /// `T`: of what comes next. `None` where they cannot be represented.
    Times(Option<Times>),
    /// `C`: a file, whose content follows.
    File { mode: u32, size: u64, name: Vec<u8> },
    /// `D`: a directory; what follows up to its end is in it.
    Directory { mode: u32, name: Vec<u8> },
    /// `E`.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) modified: SystemTime,
    pub(super) accessed: SystemTime,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// What it says is not of the protocol.
    Protocol(&'static str),
    /// It names something that is not just below.
    Name,
    /// It is no line of the protocol at all.
    Unknown,
}

impl Control {
    /// A line without its line feed.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Wrong> {
        match line.split_first() {
            Some((b'E', _)) => Ok(Self::End),
            Some((b'T', rest)) => times(rest).map(Self::Times).map_err(Wrong::Protocol),
            Some((b'C', rest)) => {
                let (mode, size, name) = file(rest)?;
                Ok(Self::File { mode, size, name })
            }
            Some((b'D', rest)) => {
                let (mode, _, name) = file(rest)?;
                Ok(Self::Directory { mode, name })
            }
            None => Err(Wrong::Protocol("unexpected <newline>")),
            Some(_) => Err(Wrong::Unknown),
        }
    }
}

fn file(line: &[u8]) -> Result<(u32, u64, Vec<u8>), Wrong> {
    let wrong = |why| move || Wrong::Protocol(why);
    let (mode, rest) = line.split_first_chunk::<4>().ok_or_else(wrong("bad mode"))?;
    let octal = |mode: u32, digit: &u8| match digit {
        b'0'..=b'7' => Some(mode << 3 | u32::from(digit - b'0')),
        _ => None,
    };
    let mode = mode.iter().try_fold(0, octal).ok_or_else(wrong("bad mode"))?;
    let rest = rest.strip_prefix(b" ").ok_or_else(wrong("mode not delimited"))?;
    let (size, rest) = number(rest).ok_or_else(wrong("size not present"))?;
    let name = rest.strip_prefix(b" ").ok_or_else(wrong("size not delimited"))?;
    // No file is longer, and no offset.
    let size = size.filter(|size| i64::try_from(*size).is_ok()).ok_or_else(wrong("size out of range"))?;
    let climbs = matches!(name, b"" | b"." | b"..") || name.contains(&b'/');
    if climbs { Err(Wrong::Name) } else { Ok((mode, size, name.to_vec())) }
}

fn times(line: &[u8]) -> Result<Option<Times>, &'static str> {
    let (modified, line) = number(line).ok_or("mtime.sec not present")?;
    let line = line.strip_prefix(b" ").ok_or("mtime.sec not delimited")?;
    let (modified_micros, line) = micros(line).ok_or("mtime.usec not delimited")?;
    let line = line.strip_prefix(b" ").ok_or("mtime.usec not delimited")?;
    let (accessed, line) = number(line).ok_or("atime.sec not present")?;
    let line = line.strip_prefix(b" ").ok_or("atime.sec not delimited")?;
    let (accessed_micros, line) = micros(line).ok_or("atime.usec not delimited")?;
    if !line.is_empty() {
        return Err("atime.usec not delimited");
    }
    let time = |seconds: Option<u64>, micros| {
        let since = Duration::from_secs(seconds?).checked_add(Duration::from_micros(micros))?;
        // As many seconds as a file system can keep.
        i64::try_from(since.as_secs()).ok()?;
        UNIX_EPOCH.checked_add(since)
    };
    let both = time(modified, modified_micros).zip(time(accessed, accessed_micros));
    Ok(both.map(|(modified, accessed)| Times { modified, accessed }))
}

/// A decimal number, which is `None` where it is too large, and what follows it.
fn number(text: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let value = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    (!digits.is_empty()).then(|| (value(digits), rest))
}

fn micros(text: &[u8]) -> Option<(u64, &[u8])> {
    let (micros, rest) = number(text)?;
    micros.filter(|micros| *micros < 1_000_000).map(|micros| (micros, rest))
}

/// The line that announces a file or, with a size of 0, a directory.
pub(super) fn announce(kind: char, metadata: &Metadata, size: u64, name: &[u8]) -> Vec<u8> {
    let mut line = format!("{kind}{:04o} {size} ", metadata.mode & 0o7777).into_bytes();
    line.extend_from_slice(&on_one_line(name));
    line.push(b'\n');
    line
}

/// The line with the times, in whole seconds.
pub(super) fn announce_times(metadata: &Metadata) -> Vec<u8> {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("T{} 0 {} 0\n", seconds(metadata.modified), seconds(metadata.accessed)).into_bytes()
}

/// A name with a line feed as OpenSSH sends it: what is not visible is written as `vis(3)` does. Others stay as they
/// are.
pub(super) fn on_one_line(name: &[u8]) -> Vec<u8> {
    if !name.contains(&b'\n') {
        return name.to_vec();
    }
    let mut shown = Vec::new();
    for byte in name {
        match *byte {
            b'\\' => shown.extend_from_slice(b"\\\\"),
            b' ' | b'\t' | 0x21..=0x7e => shown.push(*byte),
            0xa0 => shown.extend_from_slice(b"\\240"),
            byte => {
                let low = byte & 0x7f;
                shown.extend_from_slice(if byte >= 0x80 { b"\\M" } else { b"\\" });
                if low < 0x20 || low == 0x7f {
                    shown.extend_from_slice(&[b'^', low ^ 0x40]);
                } else {
                    shown.extend_from_slice(&[b'-', low]);
                }
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_openssh_reads_them() {
        let file = Control::File { mode: 0o644, size: 12, name: b"a b".to_vec() };
        assert_eq!(Control::parse(b"C0644 12 a b"), Ok(file));
        let directory = Control::Directory { mode: 0o4755, name: b" ".to_vec() };
        assert_eq!(Control::parse(b"D4755 0  "), Ok(directory));
        assert_eq!(Control::parse(b"E"), Ok(Control::End));
        let at = |micros| UNIX_EPOCH + Duration::from_micros(micros);
        let times = Times { modified: at(5_000_001), accessed: at(7_000_000) };
        assert_eq!(Control::parse(b"T5 1 7 0"), Ok(Control::Times(Some(times))));
        assert_eq!(Control::parse(b"T99999999999999999999 0 7 0"), Ok(Control::Times(None)));
    }

    #[test]
    fn what_is_wrong_is_told_as_openssh_tells_it() {
        for (line, why) in [
            ("", "unexpected <newline>"),
            ("C064", "bad mode"),
            ("C0689 1 a", "bad mode"),
            ("C06441 1 a", "mode not delimited"),
            ("C0644  a", "size not present"),
            ("C0644 -1 a", "size not present"),
            ("C0644 1", "size not delimited"),
            ("C0644 9223372036854775808 a", "size out of range"),
            ("T", "mtime.sec not present"),
            ("T1", "mtime.sec not delimited"),
            ("T1 1000000 1 0", "mtime.usec not delimited"),
            ("T1 0 x", "atime.sec not present"),
            ("T1 0 1", "atime.sec not delimited"),
            ("T1 0 1 0 ", "atime.usec not delimited"),
        ] {
            assert_eq!(Control::parse(line.as_bytes()), Err(Wrong::Protocol(why)), "{line}");
        }
        for name in ["", ".", "..", "/", "a/b", "../x", "../../x", "/etc/passwd"] {
            assert_eq!(Control::parse(format!("C0644 1 {name}").as_bytes()), Err(Wrong::Name), "{name}");
        }
        assert_eq!(Control::parse(b"Hello"), Err(Wrong::Unknown));
    }

    #[test]
    fn names_with_line_feeds_are_written_visibly() {
        assert_eq!(on_one_line(b"a\\b\x01 \xff"), b"a\\b\x01 \xff");
        assert_eq!(on_one_line(b"a\nb\\c \x01\x7f\xe4\xff\x80\xa0"), br"a\^Jb\\c \^A\^?\M-d\M^?\M^@\240");
    }
}
