//! From a word to the paths that it stands for: tildes and patterns, against the file system.
//!
//! A pattern that matches nothing stands for itself, as in a shell, so that the client is told what does not exist.

use super::{
    pattern::{is_pattern, matches},
    words::{Letter, Word},
};
use crate::{Caller, FileSystem, FsError};

/// Bytes of all paths together that one command may have on Linux (`ARG_MAX`).
const LONGEST: usize = 2 << 20;

/// A command that would have had too many words.
#[derive(Debug)]
pub(super) struct TooMany;

/// The paths, those of each word sorted.
pub(super) fn expand(fs: &dyn FileSystem, caller: &Caller, words: &[Word]) -> Result<Vec<Vec<u8>>, TooMany> {
    let mut paths = Vec::new();
    let mut left = LONGEST;
    for word in words {
        let letters = without_tilde(fs, caller, &word.0);
        let mut found = if is_pattern(&letters) { glob(fs, caller, &letters, left)? } else { Vec::new() };
        if found.is_empty() {
            found.push(letters.iter().map(|letter| letter.byte).collect());
        }
        for path in &found {
            left = left.checked_sub(path.len() + 1).ok_or(TooMany)?;
        }
        found.sort();
        paths.append(&mut found);
    }
    Ok(paths)
}

/// With a home directory for an unquoted `~` or `~user` at the beginning, if there is one.
fn without_tilde(fs: &dyn FileSystem, caller: &Caller, letters: &[Letter]) -> Vec<Letter> {
    let end = letters.iter().position(|letter| letter.byte == b'/').unwrap_or(letters.len());
    let (prefix, rest) = letters.split_at_checked(end).unwrap_or((letters, &[]));
    let Some((_, user)) = prefix.split_first().filter(|(first, _)| first.is(b'~')) else {
        return letters.to_vec();
    };
    let home = if user.is_empty() {
        Some(caller.start.clone())
    } else if user.iter().any(|letter| letter.quoted) {
        None
    } else {
        let user: Vec<u8> = user.iter().map(|letter| letter.byte).collect();
        std::str::from_utf8(&user).ok().and_then(|user| fs.home(user))
    };
    let Some(home) = home else { return letters.to_vec() };
    let quoted = |byte| Letter { byte, quoted: true };
    let home = if rest.is_empty() { &home } else { home.strip_suffix(b"/").unwrap_or(&home) };
    home.iter().copied().map(quoted).chain(rest.iter().copied()).collect()
}

/// Every path that exists and matches.
fn glob(
    fs: &dyn FileSystem,
    caller: &Caller,
    letters: &[Letter],
    most: usize,
) -> Result<Vec<Vec<u8>>, TooMany> {
    let mut found: Vec<Vec<u8>> = vec![Vec::new()];
    let mut parts = letters.split(|letter| letter.byte == b'/').peekable();
    let mut patterns = false;
    while let Some(part) = parts.next() {
        let directory = parts.peek().is_some();
        if is_pattern(part) {
            patterns = true;
            let mut next = Vec::new();
            let mut left = most;
            for place in &found {
                for name in names(fs, caller, place, part, left)? {
                    left = left.checked_sub(place.len() + name.len() + 1).ok_or(TooMany)?;
                    next.push([&place[..], &name].concat());
                }
            }
            found = next;
        } else {
            let text: Vec<u8> = part.iter().map(|letter| letter.byte).collect();
            for place in &mut found {
                place.extend_from_slice(&text);
            }
        }
        if patterns {
            found.retain(|place| exists(fs, caller, place, directory));
        }
        if directory {
            for place in &mut found {
                place.push(b'/');
            }
        }
    }
    Ok(found)
}

fn exists(fs: &dyn FileSystem, caller: &Caller, path: &[u8], directory: bool) -> bool {
    let follow = directory || path.ends_with(b"/");
    let found = fs.metadata(caller, path, follow);
    found.is_ok_and(|found| !directory || found.kind == crate::FileKind::Directory)
}

/// Names in a directory that match, as many as fit. A directory that cannot be listed has none.
fn names(
    fs: &dyn FileSystem,
    caller: &Caller,
    place: &[u8],
    pattern: &[Letter],
    most: usize,
) -> Result<Vec<Vec<u8>>, TooMany> {
    let mut names = Vec::new();
    let mut left = most;
    let mut list = || -> Result<(), FsError> {
        let mut directory = fs.open_dir(caller, if place.is_empty() { b"." } else { place })?;
        while let Some(entry) = directory.next()? {
            let dots = matches!(&entry.name[..], b"." | b"..");
            if !dots && matches(pattern, &entry.name) {
                left = left.checked_sub(entry.name.len() + 1).ok_or(FsError::TooLarge)?;
                names.push(entry.name.to_vec());
            }
        }
        Ok(())
    };
    match list() {
        Err(FsError::TooLarge) => Err(TooMany),
        _ => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemFs, User, scp::words::split};

    fn paths(line: &str) -> Vec<String> {
        let fs = MemFs::builder()
            .user(User::new("anna").start("/home/anna"))
            .user(User::new("bob").start("/home/bob"))
            .file("/home/anna/a.txt", "")
            .file("/home/anna/b c.txt", "")
            .file("/home/anna/*", "")
            .file("/home/anna/.hidden", "")
            .file("/home/anna/dir/a.txt", "")
            .file("/home/bob/x", "")
            .build()
            .unwrap();
        let found = expand(&fs, &fs.caller("anna"), &split(line.as_bytes()).unwrap()).unwrap();
        found.into_iter().map(|path| String::from_utf8(path).unwrap()).collect()
    }

    #[test]
    fn words_stand_for_paths() {
        for (line, expected) in [
            ("*", &["*", "a.txt", "b c.txt", "dir"][..]),
            ("*.txt dir/*", &["a.txt", "b c.txt", "dir/a.txt"]),
            ("*/a.txt", &["dir/a.txt"]),
            ("*/", &["dir/"]),
            ("'*' \\*", &["*", "*"]),
            ("x* .h*", &["x*", ".hidden"]),
            (
                "~ ~/a* ~bob/x '~' ~nobody/x",
                &["/home/anna", "/home/anna/a.txt", "/home/bob/x", "~", "~nobody/x"],
            ),
            ("/home/*/x /h*", &["/home/bob/x", "/home"]),
            ("../b*/[w-z]", &["../bob/x"]),
        ] {
            assert_eq!(paths(line), expected, "{line}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_a_pattern_matches() {
        let files = (0..10_000).map(|number| (format!("/{number:0200}"), ""));
        let fs = MemFs::builder().files(files).build().unwrap();
        let words = split(b"* *").unwrap();
        assert_eq!(expand(&fs, &fs.caller("anna"), &words[..1]).unwrap().len(), 10_000);
        assert!(matches!(expand(&fs, &fs.caller("anna"), &words), Err(TooMany)));
    }
}
