//! Metadata as the system has them, and setting them: by name in an open directory, or of an open file.

use std::{
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, Uid, chmodat, chownat,
    fchmod, fchown, fstat, ftruncate, futimens, openat, utimensat,
};

use super::walk::{Last, Walk, is};
use crate::{FileKind, FsError, Metadata, SetAttributes};

#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "the types of the fields differ from system to system"
)]
pub(super) fn metadata(stat: &Stat) -> Metadata {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        _ => FileKind::Other,
    };
    Metadata {
        kind,
        mode: u32::from(stat.st_mode) & 0o7777,
        links: u64::from(stat.st_nlink),
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        accessed: time(stat.st_atime, stat.st_atime_nsec as u64),
        modified: time(stat.st_mtime, stat.st_mtime_nsec as u64),
        changed: time(stat.st_ctime, stat.st_ctime_nsec as u64),
        inode: u64::from(stat.st_ino),
    }
}

fn time(seconds: i64, nanoseconds: u64) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    whole.and_then(|time| time.checked_add(Duration::from_nanos(nanoseconds))).unwrap_or(UNIX_EPOCH)
}

/// Sets attributes of something that is there. It is not a link, unless the link itself is meant.
pub(super) fn set_by_name(
    walk: &Walk,
    last: &Last,
    stat: &Stat,
    attributes: &SetAttributes,
) -> Result<(), FsError> {
    let (dir, name) = (walk.dir(), last.name.within());
    if let Some(size) = attributes.size {
        if is(stat, FileType::Directory) {
            return Err(FsError::IsADirectory);
        }
        if !is(stat, FileType::RegularFile) {
            return Err(FsError::Invalid);
        }
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::empty())?;
        // Unlike `ftruncate`, `truncate` does not take the same size for a change.
        if u64::try_from(fstat(&file)?.st_size) != Ok(size) {
            resize(file.as_fd(), size)?;
        }
    }
    if let Some(mode) = attributes.mode {
        if is(stat, FileType::Symlink) {
            return Err(FsError::Unsupported);
        }
        set_mode(dir, name, mode)?;
    }
    if let Some(times) = times(attributes) {
        utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    if let Some((uid, gid)) = owner(attributes) {
        chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// Sets attributes of an open file.
pub(super) fn set_by_file(file: impl AsFd, attributes: &SetAttributes) -> Result<(), FsError> {
    if let Some(size) = attributes.size {
        resize(file.as_fd(), size)?;
    }
    if let Some(mode) = attributes.mode {
        fchmod(&file, bits(mode))?;
    }
    if let Some(times) = times(attributes) {
        futimens(&file, &times)?;
    }
    if let Some((uid, gid)) = owner(attributes) {
        fchown(&file, uid, gid)?;
    }
    Ok(())
}

fn resize(file: BorrowedFd<'_>, size: u64) -> Result<(), FsError> {
    if i64::try_from(size).is_err() {
        return Err(FsError::Invalid);
    }
    Ok(ftruncate(file, size)?)
}

/// Linux has no `chmod` that does not follow links, so the file is held and named by what it is held by.
#[cfg(target_os = "linux")]
fn set_mode(dir: BorrowedFd<'_>, name: &[u8], mode: u32) -> Result<(), FsError> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::CWD;

    let held = openat(dir, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if is(&fstat(&held)?, FileType::Symlink) {
        return Err(FsError::Unsupported);
    }
    let itself = format!("/proc/self/fd/{}", held.as_raw_fd());
    Ok(chmodat(CWD, itself, bits(mode), AtFlags::empty())?)
}

#[cfg(not(target_os = "linux"))]
fn set_mode(dir: BorrowedFd<'_>, name: &[u8], mode: u32) -> Result<(), FsError> {
    Ok(chmodat(dir, name, bits(mode), AtFlags::SYMLINK_NOFOLLOW)?)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the type of a mode differs from system to system; twelve bits fit all of them"
)]
pub(super) fn bits(mode: u32) -> Mode {
    Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode)
}

fn times(attributes: &SetAttributes) -> Option<Timestamps> {
    if attributes.accessed.is_none() && attributes.modified.is_none() {
        return None;
    }
    let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let at = |time: Option<SystemTime>| time.map_or(omitted, timespec);
    Some(Timestamps { last_access: at(attributes.accessed), last_modification: at(attributes.modified) })
}

fn timespec(time: SystemTime) -> Timespec {
    let seconds = |since: Duration| i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => Timespec { tv_sec: seconds(since), tv_nsec: since.subsec_nanos().into() },
        Err(before) => {
            let before = before.duration();
            match before.subsec_nanos() {
                0 => Timespec { tv_sec: -seconds(before), tv_nsec: 0 },
                nanos => Timespec { tv_sec: -1 - seconds(before), tv_nsec: (1_000_000_000 - nanos).into() },
            }
        }
    }
}

/// Who is to own it. The highest number means that it stays.
fn owner(attributes: &SetAttributes) -> Option<(Option<Uid>, Option<Gid>)> {
    let known = |id: Option<u32>| id.filter(|id| *id != u32::MAX);
    let (uid, gid) = (known(attributes.uid), known(attributes.gid));
    (uid.is_some() || gid.is_some()).then(|| (uid.map(Uid::from_raw), gid.map(Gid::from_raw)))
}
