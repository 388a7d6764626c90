//! Lines as `ls -l` writes them, which is what clients show that do not write their own: OpenSSH's `ls_file`.
//!
//! Times are UTC: a listing must be the same on every machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{DirEntry, FileKind, FileSystem, Metadata};

/// Times older than this are shown with their year, as are none of the future: half of 365 days.
const RECENT: Duration = Duration::from_secs(365 * 24 * 60 * 60 / 2);

/// The line for an entry: `-rw-r--r--    1 anna     users           5 Jan 13 18:39 notes.txt`.
pub(super) fn long_name(entry: &DirEntry, fs: &dyn FileSystem, now: SystemTime) -> Vec<u8> {
    let metadata = &entry.metadata;
    let user = fs.user_name(metadata.uid).unwrap_or_else(|| metadata.uid.to_string());
    let group = fs.group_name(metadata.gid).unwrap_or_else(|| metadata.gid.to_string());
    let mut line = format!(
        "{}  {:>3} {user:<8} {group:<8} {:>8} {} ",
        mode(metadata),
        metadata.links,
        metadata.size,
        date(metadata.modified, now),
    )
    .into_bytes();
    line.extend_from_slice(&entry.name);
    line
}

/// The first column, as `strmode(3)` has it: `drwxr-xr-t`.
fn mode(metadata: &Metadata) -> String {
    let kind = match metadata.kind {
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::File => '-',
        FileKind::Other => '?',
    };
    let has = |bit| metadata.mode & bit != 0;
    let flag = |bit, letter| if has(bit) { letter } else { '-' };
    let run = |bit, special, letters: [char; 2]| match (has(bit), has(special)) {
        (run, false) => {
            if run {
                'x'
            } else {
                '-'
            }
        }
        (true, true) => letters[0],
        (false, true) => letters[1],
    };
    String::from_iter([
        kind,
        flag(0o400, 'r'),
        flag(0o200, 'w'),
        run(0o100, 0o4000, ['s', 'S']),
        flag(0o040, 'r'),
        flag(0o020, 'w'),
        run(0o010, 0o2000, ['s', 'S']),
        flag(0o004, 'r'),
        flag(0o002, 'w'),
        run(0o001, 0o1000, ['t', 'T']),
    ])
}

/// `Jan 13 18:39` of a recent time, `Jan 13  2019` of others.
fn date(time: SystemTime, now: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = calendar_day(seconds / 86_400);
    let recent = now.duration_since(time).is_ok_and(|age| age < RECENT) || time > now;
    if recent {
        let minutes = seconds / 60 % (24 * 60);
        format!("{month} {day:>2} {:02}:{:02}", minutes / 60, minutes % 60)
    } else {
        format!("{month} {day:>2}  {year}")
    }
}

/// Year, month and day of a day since 1970, in the calendar that began in 1582: years are counted from March, so that
/// the day that some of them have more is their last.
fn calendar_day(days: u64) -> (u64, &'static str, u64) {
    const MONTHS: [&str; 12] =
        ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    // Days since the first of March of the year 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    let month = usize::try_from(month).ok().and_then(|month| MONTHS.get(month));
    (year, month.copied().unwrap_or_default(), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn days_have_their_names() {
        let days = [
            (0, (1970, "Jan", 1)),
            (58, (1970, "Feb", 28)),
            (59, (1970, "Mar", 1)),
            (11_016, (2000, "Feb", 29)),
            (11_017, (2000, "Mar", 1)),
            (20_819, (2027, "Jan", 1)),
            (47_540, (2100, "Feb", 28)),
            (47_541, (2100, "Mar", 1)),
        ];
        for (day, expected) in days {
            assert_eq!(calendar_day(day), expected, "{day}");
        }
    }

    #[test]
    fn older_times_have_a_year() {
        let now = at(1_700_000_000);
        assert_eq!(date(at(1_700_000_000), now), "Nov 14 22:13");
        assert_eq!(date(at(1_700_000_000 - 15_767_999), now), "May 16 10:13");
        assert_eq!(date(at(1_700_000_000 - 15_768_000), now), "May 16  2023");
        assert_eq!(date(at(1_800_000_000), now), "Jan 15 08:00");
        assert_eq!(date(at(1_699_000_000), now), "Nov  3 08:26");
    }
}
