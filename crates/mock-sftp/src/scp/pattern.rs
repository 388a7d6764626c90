//! Patterns of a shell (POSIX 2.13) against one name: `*`, `?`, `[…]`.

use super::words::Letter;

/// Whether unquoted letters make it a pattern.
pub(super) fn is_pattern(letters: &[Letter]) -> bool {
    letters.iter().any(|letter| letter.is(b'*') || letter.is(b'?') || letter.is(b'['))
}

/// Whether a name matches. A leading dot is matched by a dot only.
pub(super) fn matches(pattern: &[Letter], name: &[u8]) -> bool {
    let dotted = pattern.first().is_some_and(|letter| letter.byte == b'.');
    if name.first() == Some(&b'.') && !dotted {
        return false;
    }
    let (mut pattern, mut name) = (pattern, name);
    // Where the last `*` was, and what of the name it has not taken yet: no more than this is ever tried again.
    let mut again: Option<(&[Letter], &[u8])> = None;
    loop {
        let step = match (pattern.split_first(), name.split_first()) {
            (None, None) => return true,
            (Some((star, rest)), _) if star.is(b'*') => {
                again = Some((rest, name));
                Some((rest, name))
            }
            (Some(_), Some((byte, left))) => one(pattern, *byte).map(|rest| (rest, left)),
            _ => None,
        };
        (pattern, name) = match step {
            Some(step) => step,
            None => match again {
                Some((after, [_, left @ ..])) => {
                    again = Some((after, left));
                    (after, left)
                }
                _ => return false,
            },
        };
    }
}

/// What of the pattern is left once its first part, which is no `*`, has matched this byte.
fn one(pattern: &[Letter], byte: u8) -> Option<&[Letter]> {
    let (first, rest) = pattern.split_first()?;
    if first.is(b'?') {
        return Some(rest);
    }
    if first.is(b'[')
        && let Some((hit, rest)) = bracket(rest, byte)
    {
        return hit.then_some(rest);
    }
    (first.byte == byte).then_some(rest)
}

/// A bracket expression without its `[`: whether it has this byte, and what follows it. `None` if it never ends, and
/// then `[` stands for itself.
fn bracket(pattern: &[Letter], byte: u8) -> Option<(bool, &[Letter])> {
    let negated = pattern.first().is_some_and(|first| first.is(b'!') || first.is(b'^'));
    let set = if negated { pattern.get(1..)? } else { pattern };
    // A `]` in the first place is one of the set.
    let end = 1 + set.get(1..)?.iter().position(|letter| letter.is(b']'))?;
    let mut members = set.get(..end)?;
    let mut hit = false;
    while let Some((low, rest)) = members.split_first() {
        members = match rest {
            [dash, high, rest @ ..] if dash.is(b'-') => {
                hit |= (low.byte..=high.byte).contains(&byte);
                rest
            }
            rest => {
                hit |= low.byte == byte;
                rest
            }
        };
    }
    Some((hit != negated, set.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scp::words::split;

    fn hit(pattern: &str, name: &str) -> bool {
        matches(&split(pattern.as_bytes()).unwrap()[0].0, name.as_bytes())
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.txt", "a.txt"),
            ("a*b*c", "aXbYbZc"),
            ("?b", "ab"),
            ("[abc]x", "bx"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[^a]", "b"),
            ("[]a]", "]"),
            ("[a-]", "-"),
            ("[a", "[a"),
            (".*", ".hidden"),
            ("'*'", "*"),
            ("a\\?", "a?"),
            ("**a", "ba"),
        ] {
            assert!(hit(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*.txt", "a.txt~"),
            ("?", ""),
            ("?", "ab"),
            ("[a-c]", "d"),
            ("[!a]", "a"),
            ("*", ".hidden"),
            ("?hidden", ".hidden"),
            ("'*'", "a"),
            ("a*b", "ac"),
        ] {
            assert!(!hit(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(1000) + "b";
        assert!(!hit(&pattern, &"a".repeat(2000)));
    }
}
