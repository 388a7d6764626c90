//! The command that a client runs at the far end: `scp -t` to receive files, `scp -f` to send some.

use super::words::{Word, split};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) role: Role,
    pub(super) options: Options,
    /// Before tildes and patterns are expanded.
    pub(super) paths: Vec<Word>,
}

/// What the far end does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Sends files: `-f`.
    Source,
    /// Receives files: `-t`.
    Sink,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Directories with what is in them: `-r`.
    pub(super) recursive: bool,
    /// Times and all mode bits: `-p`.
    pub(super) preserve: bool,
    /// The target must be a directory: `-d`.
    pub(super) directory: bool,
}

/// Options of OpenSSH's `scp` that change nothing at the far end.
const IGNORED: &[u8] = b"12346ABCORTqsv";
/// Those that have an argument.
const WITH_ARGUMENT: &[u8] = b"DFJMPSXcilo";

impl Command {
    /// The command, or `None` if it is not one of `scp` at the far end.
    pub(super) fn parse(command: &[u8]) -> Option<Self> {
        let mut words = split(command)?.into_iter();
        let program = words.next()?.text();
        if program != b"scp" && !program.ends_with(b"/scp") {
            return None;
        }
        let mut words = words.peekable();
        let (mut role, mut options) = (None, Options::default());
        while let Some(word) = words.next_if(|word| word.text().starts_with(b"-") && word.0.len() > 1) {
            let text = word.text();
            if text == b"--" {
                break;
            }
            let mut letters = text.iter().copied().skip(1);
            while let Some(letter) = letters.next() {
                match letter {
                    b'f' => role = Some(Role::Source),
                    b't' => role = Some(Role::Sink),
                    b'r' => options.recursive = true,
                    b'p' => options.preserve = true,
                    b'd' => options.directory = true,
                    letter if IGNORED.contains(&letter) => {}
                    letter if WITH_ARGUMENT.contains(&letter) => {
                        if letters.next().is_none() {
                            words.next()?;
                        }
                        break;
                    }
                    _ => return None,
                }
            }
        }
        Some(Self { role: role?, options, paths: words.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(command: &str) -> Option<String> {
        let Command { role, options: Options { recursive, preserve, directory }, paths } =
            Command::parse(command.as_bytes())?;
        let flag = |set, letter| if set { letter } else { "" };
        let paths: Vec<_> = paths.iter().map(|path| String::from_utf8(path.text()).unwrap()).collect();
        let flags = [flag(recursive, "r"), flag(preserve, "p"), flag(directory, "d")].concat();
        Some(format!("{role:?} {flags} {}", paths.join(",")))
    }

    #[test]
    fn commands_of_clients_are_understood() {
        for (command, expected) in [
            ("scp -t /tmp", "Sink  /tmp"),
            ("scp -f -- -odd", "Source  -odd"),
            ("scp -v -r -p -d -t .", "Sink rpd ."),
            ("scp -qrpf 'a b' c", "Source rp a b,c"),
            ("/usr/bin/scp -pt x", "Sink p x"),
            ("scp -l 100 -P22 -f x", "Source  x"),
            ("scp -t -", "Sink  -"),
            ("scp -f", "Source  "),
        ] {
            assert_eq!(shown(command).as_deref(), Some(expected), "{command}");
        }
    }

    #[test]
    fn other_commands_are_not_taken_for_it() {
        for command in
            ["", "ls", "scpx -t a", "scp a b", "scp -Z -t a", "scp -t a; ls", "scp -l", "echo scp -t a"]
        {
            assert_eq!(shown(command), None, "{command}");
        }
    }
}
