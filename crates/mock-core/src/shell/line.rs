//! Line editing: bytes from a client in, echo and finished lines out. No I/O, so that it can be tested by itself.

/// Longest line; what is typed beyond it is dropped with a bell.
const LONGEST_LINE: usize = 64 * 1024;

const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const KILL: u8 = 0x15;
const WORD_ERASE: u8 = 0x17;
const DELETE: u8 = 0x7f;
const ESCAPE: u8 = 0x1b;

/// What became of the bytes that were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// To be shown to the client.
    Echo(Vec<u8>),
    /// A line was entered.
    Line(Vec<u8>),
    /// ^C: the line was dropped.
    Interrupt,
    /// ^D on an empty line.
    End,
}

/// The line being typed.
#[derive(Debug)]
pub(super) struct Editor {
    terminal: bool,
    line: Vec<u8>,
    /// A CR was taken as the end of a line, so a LF right after it belongs to it.
    after_cr: bool,
    /// Within a control sequence of a function or arrow key, which is swallowed.
    escape: Escape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    No,
    Begun,
    Sequence,
}

impl Editor {
    pub(super) fn new(terminal: bool) -> Self {
        Self { terminal, line: Vec::new(), after_cr: false, escape: Escape::No }
    }

    pub(super) fn feed(&mut self, data: &[u8]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for byte in data {
            if self.terminal {
                self.typed(*byte, &mut inputs);
            } else {
                self.plain(*byte, &mut inputs);
            }
        }
        inputs
    }

    /// The last line, if the data ended without a line feed.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.line.is_empty()).then(|| std::mem::take(&mut self.line))
    }

    fn plain(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        match byte {
            b'\n' => {
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                inputs.push(Input::Line(std::mem::take(&mut self.line)));
            }
            _ if self.line.len() < LONGEST_LINE => self.line.push(byte),
            _ => {}
        }
    }

    fn typed(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        let after_cr = std::mem::take(&mut self.after_cr);
        if self.in_escape(byte) {
            return;
        }
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => {
                self.after_cr = byte == b'\r';
                echo(inputs, b"\r\n");
                inputs.push(Input::Line(std::mem::take(&mut self.line)));
            }
            BACKSPACE | DELETE => {
                let erased = self.erase_character();
                echo(inputs, if erased { b"\x08 \x08" } else { b"" });
            }
            KILL => self.erase_while(inputs, |_| true),
            WORD_ERASE => {
                self.erase_while(inputs, |last| last == b' ');
                self.erase_while(inputs, |last| last != b' ');
            }
            INTERRUPT => {
                self.line.clear();
                echo(inputs, b"^C\r\n");
                inputs.push(Input::Interrupt);
            }
            END if self.line.is_empty() => inputs.push(Input::End),
            ESCAPE => self.escape = Escape::Begun,
            b'\t' | b' '.. if self.line.len() < LONGEST_LINE => {
                self.line.push(byte);
                echo(inputs, &[byte]);
            }
            b'\t' | b' '.. => echo(inputs, &[BELL]),
            _ => {}
        }
    }

    /// Swallows the control sequences that cursor and function keys send.
    fn in_escape(&mut self, byte: u8) -> bool {
        let (within, next) = match (self.escape, byte) {
            (Escape::No, _) => (false, Escape::No),
            (Escape::Begun, b'[' | b'O') => (true, Escape::Sequence),
            (Escape::Begun, _) | (Escape::Sequence, 0x40..=0x7e) => (true, Escape::No),
            (Escape::Sequence, _) => (true, Escape::Sequence),
        };
        self.escape = next;
        within
    }

    /// Erases the last character, of however many bytes.
    fn erase_character(&mut self) -> bool {
        while let Some(byte) = self.line.pop() {
            let continuation = byte & 0b1100_0000 == 0b1000_0000;
            if !continuation {
                return true;
            }
        }
        false
    }

    fn erase_while(&mut self, inputs: &mut Vec<Input>, condition: impl Fn(u8) -> bool) {
        while self.line.last().is_some_and(|last| condition(*last)) {
            self.erase_character();
            echo(inputs, b"\x08 \x08");
        }
    }
}

/// Adds to the echo, which goes out in as few pieces as possible.
fn echo(inputs: &mut Vec<Input>, bytes: &[u8]) {
    if let Some(Input::Echo(last)) = inputs.last_mut() {
        last.extend_from_slice(bytes);
    } else {
        inputs.push(Input::Echo(bytes.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(text: &[u8]) -> (Vec<String>, String) {
        let mut lines = Vec::new();
        let mut screen = Vec::new();
        for input in Editor::new(true).feed(text) {
            match input {
                Input::Echo(bytes) => screen.extend(bytes),
                Input::Line(line) => lines.push(String::from_utf8(line).unwrap()),
                Input::Interrupt => lines.push("<interrupt>".into()),
                Input::End => lines.push("<end>".into()),
            }
        }
        (lines, String::from_utf8(screen).unwrap())
    }

    #[test]
    fn each_kind_of_line_end_ends_one_line() {
        assert_eq!(type_in(b"a\rb\nc\r\nd\r\r").0, ["a", "b", "c", "d", ""]);
    }

    #[test]
    fn editing_changes_the_line_and_the_screen() {
        assert_eq!(type_in(b"lz\x7fs\r"), (vec!["ls".into()], "lz\x08 \x08s\r\n".into()));
        assert_eq!(type_in(b"oops\x15ls\r").0, ["ls"]);
        assert_eq!(type_in(b"ls -l  \x17\x08a\r").0, ["lsa"]);
        assert_eq!(type_in("gr\u{fc}\x7fu\r".as_bytes()).0, ["gru"]);
        assert_eq!(type_in(b"\x7fx\r").0, ["x"]);
    }

    #[test]
    fn interrupt_drops_the_line_and_end_counts_on_an_empty_line_only() {
        assert_eq!(type_in(b"abc\x03\x04").0, ["<interrupt>", "<end>"]);
        assert_eq!(type_in(b"ab\x04c\r").0, ["abc"]);
    }

    #[test]
    fn cursor_keys_are_swallowed() {
        assert_eq!(type_in(b"a\x1b[Ab\x1bOPc\x1b[1;5Dd\r").0, ["abcd"]);
    }

    #[test]
    fn without_a_terminal_nothing_is_echoed_or_edited() {
        let mut editor = Editor::new(false);
        let inputs = editor.feed(b"a\x7f\r\nb");
        assert_eq!(inputs, [Input::Line(b"a\x7f".to_vec())]);
        assert_eq!(editor.finish(), Some(b"b".to_vec()));
    }

    #[test]
    fn a_line_does_not_grow_without_bound() {
        for terminal in [true, false] {
            let mut editor = Editor::new(terminal);
            editor.feed(&vec![b'x'; LONGEST_LINE + 10]);
            assert_eq!(editor.finish().map(|line| line.len()), Some(LONGEST_LINE));
        }
    }
}
