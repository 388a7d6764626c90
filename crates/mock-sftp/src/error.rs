//! What a file system refuses, one variant for each reason, and what each is called elsewhere.

/// Why a file operation failed: the errors of POSIX, by their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FsError {
    /// `ENOENT`: no such file, or a parent is missing.
    #[error("No such file or directory")]
    NotFound,
    /// `EACCES`: the mode bits do not allow it.
    #[error("Permission denied")]
    PermissionDenied,
    /// `EPERM`: only the owner or root may do it.
    #[error("Operation not permitted")]
    NotPermitted,
    /// `EEXIST`: something has this name already.
    #[error("File exists")]
    Exists,
    /// `ENOTDIR`: a parent is not a directory.
    #[error("Not a directory")]
    NotADirectory,
    /// `EISDIR`: a directory cannot be read or written as a file.
    #[error("Is a directory")]
    IsADirectory,
    /// `ENOTEMPTY`: a directory with entries cannot be removed or replaced.
    #[error("Directory not empty")]
    NotEmpty,
    /// `ELOOP`: too many symbolic links.
    #[error("Too many levels of symbolic links")]
    Loop,
    /// `ENAMETOOLONG`: a name of more than 255 or a path of more than 4,095 bytes.
    #[error("File name too long")]
    NameTooLong,
    /// `EINVAL`: an argument that makes no sense.
    #[error("Invalid argument")]
    Invalid,
    /// `EROFS`: the file system is read-only.
    #[error("Read-only file system")]
    ReadOnly,
    /// `ENOSPC`: no bytes or no inodes are left.
    #[error("No space left on device")]
    NoSpace,
    /// `EDQUOT`: the caller's quota is used up.
    #[error("Disk quota exceeded")]
    QuotaExceeded,
    /// `EFBIG`: the file would be larger than allowed.
    #[error("File too large")]
    TooLarge,
    /// `EMLINK`: too many hard links.
    #[error("Too many links")]
    TooManyLinks,
    /// `EXDEV`: a link or rename between two file systems.
    #[error("Invalid cross-device link")]
    CrossDevice,
    /// `EBADF`: the file was not opened for this, or its handle is gone.
    #[error("Bad file descriptor")]
    BadHandle,
    /// `EOPNOTSUPP`: this file system cannot do it.
    #[error("Operation not supported")]
    Unsupported,
    /// `EBUSY`: in use in a way that forbids it.
    #[error("Device or resource busy")]
    Busy,
    /// `EIO`: the backend failed in a way of its own.
    #[error("Input/output error")]
    Io,
}

/// What an error is called elsewhere: name and number of Linux, and the code in a status reply of SFTP version 3.
type Names = (&'static str, i32, u32);

const NO_SUCH_FILE: u32 = 2;
const PERMISSION_DENIED: u32 = 3;
const FAILURE: u32 = 4;
const BAD_MESSAGE: u32 = 5;

impl FsError {
    /// Every error there is.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter()
    }

    /// Its number on Linux.
    ///
    /// ```
    /// use mock_sftp::FsError;
    ///
    /// assert_eq!(FsError::NotEmpty.errno(), 39);
    /// assert_eq!(FsError::from_errno(39), FsError::NotEmpty);
    /// ```
    #[must_use]
    pub fn errno(self) -> i32 {
        self.names().1
    }

    /// Its name in C.
    ///
    /// ```
    /// assert_eq!(mock_sftp::FsError::NotEmpty.errno_name(), "ENOTEMPTY");
    /// ```
    #[must_use]
    pub fn errno_name(self) -> &'static str {
        self.names().0
    }

    /// The code that OpenSSH's server sends for it in a status reply of SFTP version 3.
    ///
    /// ```
    /// assert_eq!(mock_sftp::FsError::NotFound.sftp_status(), 2);
    /// assert_eq!(mock_sftp::FsError::NotEmpty.sftp_status(), 4);
    /// ```
    #[must_use]
    pub fn sftp_status(self) -> u32 {
        self.names().2
    }

    /// The error that has this number on Linux; [`FsError::Io`] for a number that no file operation here has.
    #[must_use]
    pub fn from_errno(errno: i32) -> Self {
        Self::all().find(|error| error.errno() == errno).unwrap_or(Self::Io)
    }

    /// The table. The codes are those of OpenSSH's `errno_to_portable`: version 3 has few, so most are a plain failure.
    const fn names(self) -> Names {
        match self {
            Self::NotFound => ("ENOENT", 2, NO_SUCH_FILE),
            Self::PermissionDenied => ("EACCES", 13, PERMISSION_DENIED),
            Self::NotPermitted => ("EPERM", 1, PERMISSION_DENIED),
            Self::Exists => ("EEXIST", 17, FAILURE),
            Self::NotADirectory => ("ENOTDIR", 20, NO_SUCH_FILE),
            Self::IsADirectory => ("EISDIR", 21, FAILURE),
            Self::NotEmpty => ("ENOTEMPTY", 39, FAILURE),
            Self::Loop => ("ELOOP", 40, NO_SUCH_FILE),
            Self::NameTooLong => ("ENAMETOOLONG", 36, BAD_MESSAGE),
            Self::Invalid => ("EINVAL", 22, BAD_MESSAGE),
            Self::ReadOnly => ("EROFS", 30, FAILURE),
            Self::NoSpace => ("ENOSPC", 28, FAILURE),
            Self::QuotaExceeded => ("EDQUOT", 122, FAILURE),
            Self::TooLarge => ("EFBIG", 27, FAILURE),
            Self::TooManyLinks => ("EMLINK", 31, FAILURE),
            Self::CrossDevice => ("EXDEV", 18, FAILURE),
            Self::BadHandle => ("EBADF", 9, NO_SUCH_FILE),
            Self::Unsupported => ("EOPNOTSUPP", 95, FAILURE),
            Self::Busy => ("EBUSY", 16, FAILURE),
            Self::Io => ("EIO", 5, FAILURE),
        }
    }
}

const ALL: [FsError; 20] = [
    FsError::NotFound,
    FsError::PermissionDenied,
    FsError::NotPermitted,
    FsError::Exists,
    FsError::NotADirectory,
    FsError::IsADirectory,
    FsError::NotEmpty,
    FsError::Loop,
    FsError::NameTooLong,
    FsError::Invalid,
    FsError::ReadOnly,
    FsError::NoSpace,
    FsError::QuotaExceeded,
    FsError::TooLarge,
    FsError::TooManyLinks,
    FsError::CrossDevice,
    FsError::BadHandle,
    FsError::Unsupported,
    FsError::Busy,
    FsError::Io,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_names_of_its_own() {
        for error in FsError::all() {
            assert_eq!(FsError::from_errno(error.errno()), error);
            let same = FsError::all().filter(|other| other.errno_name() == error.errno_name());
            assert_eq!(same.count(), 1, "{error}");
        }
        assert_eq!(FsError::from_errno(4), FsError::Io);
    }
}
