//! Which lines of a long timeline are worth their place: its begin, its end, and what stands around the cited events.
//!
//! The begin says who it was and the end what went wrong; neither helps if the one line that matters is left out.

use std::{collections::BTreeSet, ops::Range};

/// Lines that are kept at the begin and at the end.
const HEAD: usize = 3;
const TAIL: usize = 4;
/// Lines that are kept before and after a cited one, while there is room.
const AROUND: usize = 2;
/// Lines left out that are not worth a line that says so.
const SMALL: usize = 1;

/// Ranges of `0..total` to show, in order and apart, at most about `room` lines of them.
pub(super) fn excerpt(total: usize, cited: &[usize], room: usize) -> Vec<Range<usize>> {
    if total <= room {
        return Vec::from_iter((total > 0).then_some(0..total));
    }
    let mut kept: BTreeSet<usize> = cited.iter().copied().filter(|line| *line < total).take(room).collect();
    let ends = (0..HEAD).chain(total.saturating_sub(TAIL)..total);
    let near = cited.iter().flat_map(|line| line.saturating_sub(AROUND)..=line + AROUND);
    // What is left of the room goes to the end.
    let rest = (0..total).rev();
    for line in ends.chain(near).chain(rest) {
        if kept.len() >= room {
            break;
        }
        if line < total {
            kept.insert(line);
        }
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for line in kept {
        match ranges.last_mut() {
            Some(last) if line <= last.end + SMALL => last.end = line + 1,
            _ => ranges.push(line..line + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_shown_whole() {
        assert!(excerpt(0, &[], 20).is_empty());
        assert!(matches!(&excerpt(20, &[7], 20)[..], [all] if *all == (0..20)));
    }

    #[test]
    fn cited_lines_are_never_left_out() {
        assert_eq!(excerpt(100, &[50], 16), [0..3, 48..53, 92..100]);
        assert_eq!(excerpt(100, &[0, 99], 10), [0..3, 93..100]);
        let cited = [10, 20, 30, 40, 50, 60];
        let shown = excerpt(100, &cited, 8);
        assert!(cited.iter().all(|line| shown.iter().any(|range| range.contains(line))), "{shown:?}");
    }

    #[test]
    fn the_end_gets_what_room_is_left() {
        assert_eq!(excerpt(100, &[], 10), [0..3, 93..100]);
    }
}
